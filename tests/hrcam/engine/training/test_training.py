import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.engine.training import Samples, Training, Watch, fit, predict, train
from hrcam.engine.training.augmentation import Augmentation, transforms
from hrcam.engine.training.batches import Order, batches, class_weights
from hrcam.engine.training.checkpoints import Checkpoint

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


class StoppedError(Exception):
    """What a kill is in these tests."""


def stopper(images):
    """Return a progress callback that raises after so many images."""
    seen = []

    def progress(count):
        seen.append(count)
        if sum(seen) >= images:
            raise StoppedError

    return progress


def parts(data, count=40, held=30):
    images, labels = data
    chosen = Samples(images[:count], labels[:count], 2)
    return chosen, Samples(images[-held:], labels[-held:], 2)


def same_weights(one, two):
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("stop", "how"),
    [
        (90, {}),
        (120, {"patience": 2, "class_weights": "balanced"}),
        (50, {"freeze": 2}),
        (90, {"freeze": 2}),
        (90, {"precision": "mixed_float16"}),
    ],
)
def test_an_interrupted_training_ends_with_the_weights_of_a_whole_one(
    data, tmp_path, stop, how
):
    """Bit for bit on a CPU; stopped in the second to fourth of four epochs."""
    settings = Training(epochs=4, batch=12, seed=2, **how)
    whole = train(*parts(data), settings)
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", {"seed": 2})
    with pytest.raises(StoppedError):
        train(*parts(data), settings, Watch(stopper(stop), checkpoint=checkpoint))
    done = (stop - 1) // 40  # it stops in the midst of a pass
    assert len(checkpoint.read().rows) == done
    seen, logged = [], []
    watch = Watch(seen.append, lambda rows: logged.append(len(rows)), checkpoint)
    again = train(*parts(data), settings, watch)
    assert same_weights(again.model, whole.model)
    plain = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in found.rows]
        for found in (whole, again)
    ]
    assert plain[0] == plain[1]
    assert again.best == whole.best
    assert seen[0] == done * 40
    assert sum(seen) == len(whole.rows) * 40
    assert logged == list(range(done + 1, len(whole.rows) + 1))


def test_a_training_that_was_done_but_not_written_is_only_read(data, tmp_path):
    settings = Training(epochs=2, batch=20)
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", {})
    first = train(*parts(data), settings, Watch(checkpoint=checkpoint))
    seen = []
    again = train(*parts(data), settings, Watch(seen.append, checkpoint=checkpoint))
    assert same_weights(again.model, first.model)
    assert seen == [80]


def test_validation_images_and_logs_leave_the_weights_alone(data):
    settings = Training(epochs=2, batch=20)
    samples, validation = parts(data)
    bare, _ = fit(samples.images, samples.labels, 2, settings)
    judged = train(samples, validation, settings)
    assert same_weights(bare, judged.model)
    alone = train(samples, None, settings)
    assert np.isnan(alone.rows[0]["validation_loss"])
    names = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]
    assert list(judged.rows[0]) == [*names, "validation_auroc", "rate", "seconds"]
    assert [row["epoch"] for row in judged.rows] == [1, 2]
    assert judged.best == 2


def test_the_loss_of_an_epoch_is_the_mean_over_its_images(data):
    """One step of the whole set, at so small a rate that nothing moves."""
    samples, _ = parts(data)
    how = Training(epochs=1, batch=40, rate=1e-12)
    one = train(samples, None, how).rows[0]
    assert 0 <= one["accuracy"] <= 1
    assert one["accuracy"] * 40 == pytest.approx(round(one["accuracy"] * 40))


def test_the_rate_that_is_logged_is_that_of_the_last_step(data):
    """Two steps a pass: 0.05, 1 and then along the cosine 0.75, 0.25 of the peak."""
    samples, _ = parts(data)
    rows = train(samples, None, Training(epochs=2, batch=20, rate=1e-3)).rows
    assert [row["rate"] for row in rows] == pytest.approx([1e-3, 2.5e-4], rel=1e-4)


def test_training_stops_early_with_the_best_weights(data):
    """What is learned makes validation images of swapped classes ever worse."""
    samples, right = parts(data)
    wrong = Samples(right.images, 1 - right.labels, 2)
    found = train(samples, wrong, Training(epochs=9, batch=8, patience=2))
    losses = [row["validation_loss"] for row in found.rows]
    assert found.best == 1 + int(np.argmin(losses))
    assert len(losses) == found.best + 2 < 9
    chances = predict(found.model, wrong.images).astype(float)
    likely = chances[np.arange(30), wrong.labels]
    loss = -np.log(np.maximum(likely, 1e-7)).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)
    assert loss < 0.9 * losses[-1]


def test_a_frozen_network_learns_its_head_alone(data):
    samples, _ = parts(data)
    start = train(samples, None, Training(epochs=1, batch=40, rate=1e-30)).model
    found = train(samples, None, Training(epochs=2, batch=8, rate=0.1, freeze=5)).model
    assert all(layer.trainable for layer in found.layers)
    *kept, kernel, bias = found.get_weights()
    *first, other, _ = start.get_weights()
    assert not np.array_equal(kernel, other)
    assert bias.any()
    for one, two in zip(kept, first, strict=True):
        if one.ndim == 4:
            np.testing.assert_array_equal(one, two)
    statistics = [x.get_weights()[2] for x in found.layers if "batch_norm" in x.name]
    assert all((mean == 0).all() for mean in statistics)


def test_after_the_frozen_passes_every_layer_learns(data):
    samples, _ = parts(data)
    frozen = train(samples, None, Training(epochs=1, batch=8, freeze=1)).model
    free = train(samples, None, Training(epochs=2, batch=8, freeze=1)).model
    one, two = (
        [w for w in model.get_weights() if w.ndim == 4] for model in (frozen, free)
    )
    assert not any(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 5))
def test_balanced_classes_weigh_the_same_and_images_one_on_average(seed, classes):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, rng.integers(1, classes + 1), 40)
    samples = Samples(np.zeros((40, 4, 6)), labels, classes)
    weights = class_weights(samples, "balanced")
    sums = np.bincount(labels, weights[labels], classes)
    held = np.unique(labels)
    np.testing.assert_allclose(sums[held], 40 / len(held), rtol=1e-5)
    assert (np.delete(weights, held) == 0).all()
    assert class_weights(samples, "none") is None


def test_batches_carry_the_weight_of_each_image_s_class():
    labels = np.array([0, 1, 1, 2, 1])
    samples = Samples(np.arange(120.0).reshape(5, 4, 6), labels, 3)
    weights = np.array([3.0, 1.0, 2.0], np.float32)
    order = Order(0, 1, 2, Augmentation(), weights)
    found = list(batches(samples, order))
    assert [len(b.pixels) for b in found] == [2, 2, 1]
    for batch in found:
        np.testing.assert_array_equal(batch.weights, weights[batch.labels])
        for pixels, label in zip(batch.pixels, batch.labels, strict=True):
            assert labels[int(pixels[0, 0, 0]) // 24] == label


def test_weighted_classes_change_what_is_learned(data):
    images, labels = data
    rows = np.r_[np.flatnonzero(labels == 0)[:30], np.flatnonzero(labels == 1)[:6]]
    samples = Samples(images[rows], labels[rows], 2)
    plain, balanced = (
        train(samples, None, Training(epochs=1, batch=12, class_weights=kind))
        for kind in ("none", "balanced")
    )
    assert not same_weights(plain.model, balanced.model)
    means = [predict(f.model, samples.images)[:, 1].mean() for f in (plain, balanced)]
    assert means[1] > means[0]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_and_leaves_the_policy_as_it_was(data, policy):
    before = keras.config.dtype_policy().name
    found = train(*parts(data), Training(epochs=1, batch=8, precision=policy))
    assert keras.config.dtype_policy().name == before == "float32"
    assert np.isfinite([row["loss"] for row in found.rows]).all()
    assert all(w.dtype == np.float32 for w in found.model.get_weights())
    assert found.model.get_layer("stage5").compute_dtype == policy[6:]


def test_the_policy_is_put_back_after_a_problem_too(data):
    how = Training("resnet50", "nowhere.keras", precision="mixed_bfloat16")
    with pytest.raises(ValueError, match="existing"):
        train(*parts(data), how)
    assert keras.config.dtype_policy().name == "float32"


def test_a_loss_that_is_no_longer_finite_is_said(data):
    samples, _ = parts(data)
    images = samples.images.astype(np.float32)
    images[3] = np.nan
    broken = Samples(images, samples.labels, 2)
    with pytest.raises(
        RuntimeError, match=r"^loss must stay finite, got nan in epoch 1"
    ):
        train(broken, None, Training(epochs=1))


def test_patience_needs_validation_images(data):
    samples, _ = parts(data)
    with pytest.raises(ValueError, match="patience must be 0 without validation"):
        train(samples, None, Training(patience=2))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"patience": -1}, "patience must be at least 0, got -1"),
        ({"freeze": -1}, "freeze must be at least 0, got -1"),
        ({"rate": 0.0}, "rate must be positive and finite, got 0.0"),
        ({"rate": float("nan")}, "rate must be positive and finite, got nan"),
        (
            {"precision": "float16"},
            "precision must be one of float32, mixed_float16, mixed_bfloat16, "
            "got 'float16'",
        ),
        (
            {"class_weights": "equal"},
            "class_weights must be one of none, balanced, got 'equal'",
        ),
    ],
)
def test_settings_that_cannot_be_are_said_in_one_line(how, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message is tested
        Training(**how)
    assert str(caught.value) == message
