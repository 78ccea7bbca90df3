import numpy as np
import pytest

from hrcam.engine.augmentation import Augmentation, transforms
from hrcam.engine.training import Training, fit, predict

pytestmark = pytest.mark.engine


def test_the_network_learns(network, data):
    images, labels = data
    chances = predict(network, images, batch=7)
    assert (chances.argmax(axis=1) == labels).mean() > 0.9


def test_one_step_is_enough_to_train(data):
    images, labels = data
    _, losses = fit(images[:8], labels[:8], 2, Training(epochs=1, batch=8))
    assert np.isfinite(losses).all()


def test_the_same_seed_gives_the_same_weights(data):
    images, labels = data
    settings = Training(epochs=1, batch=11, seed=3)
    first, losses = fit(images, labels, 2, settings)
    second, again = fit(images, labels, 2, settings)
    assert losses == again
    for one, two in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_another_seed_gives_other_weights(data):
    images, labels = data
    first, _ = fit(images, labels, 2, Training(epochs=1, batch=40, seed=0))
    other, _ = fit(images, labels, 2, Training(epochs=1, batch=40, seed=1))
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_progress_counts_every_image(data):
    images, labels = data
    seen = []
    fit(images, labels, 2, Training(epochs=2, batch=50), seen.append)
    assert seen == [50, 50, 20] * 2


def test_predictions_do_not_depend_on_the_batch(network, data):
    images, _ = data
    whole, parts = (
        predict(network, images, batch=120),
        predict(network, images, batch=7),
    )
    np.testing.assert_allclose(whole, parts, atol=1e-6)


def points(warp, x, y):
    a0, a1, a2, b0, b1, b2, *_ = warp
    return a0 * x + a1 * y + a2, b0 * x + b1 * y + b2


def test_warps_turn_about_the_center_and_keep_lengths():
    how = Augmentation(shift=0.0, rotation=20.0, rotated=1.0)
    warps = transforms(np.random.default_rng(0), 50, (20, 31), how).astype(float)
    for warp in warps:
        assert points(warp, 15.0, 9.5) == pytest.approx((15.0, 9.5), abs=1e-5)
        x, y = points(warp, 18.0, 13.5)
        assert np.hypot(x - 15, y - 9.5) == pytest.approx(5.0, abs=1e-5)
    assert set(np.sign(np.linalg.det(warps[:, [[0, 1], [3, 4]]]))) == {-1.0, 1.0}


def test_images_that_are_only_shifted_and_flipped_stay_sharp():
    import keras

    how = Augmentation(shift=0.2, rotated=0.0)
    image = np.random.default_rng(1).random((40, 12, 15, 1)).astype(np.float32)
    warps = transforms(np.random.default_rng(0), 40, (12, 15), how)
    moved = keras.ops.image.affine_transform(image, warps, fill_mode="nearest")
    for before, after in zip(image, np.asarray(moved), strict=True):
        values = np.unique(before)
        near = np.abs(after.ravel()[:, None] - values).min(axis=1)
        assert near.max() < 1e-5


@pytest.mark.parametrize(("flip", "signs"), [(None, 2), (True, 2), (False, 1)])
def test_warps_mirror_unless_told_not_to(flip, signs):
    how = Augmentation(flip=flip)
    warps = transforms(np.random.default_rng(0), 50, (20, 31), how).astype(float)
    found = set(np.sign(np.linalg.det(warps[:, [[0, 1], [3, 4]]])))
    assert len(found) == signs
    if flip is not False:
        rng = np.random.default_rng(0)
        np.testing.assert_array_equal(
            warps, transforms(rng, 50, (20, 31), Augmentation(flip=True))
        )
