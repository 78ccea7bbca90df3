import numpy as np
import pytest

from simbench.audit import sampling
from simbench.audit.sampling import batches, choose, levels_of, limit


@pytest.fixture
def grouped(make):
    """300 images of 100 subjects, a third of them in class 1, two lesions."""
    subjects = np.repeat([f"s{n:03d}" for n in range(100)], 3)
    labels = np.repeat(np.arange(100) % 3 == 0, 3).astype(int)
    lesions = np.where(labels == 0, "none", np.repeat(["a", "b"], 150))
    return make.dataset(
        make.clouds(300, (16, 20)), labels, subject=subjects, lesion=lesions
    )


def test_few_images_are_all_taken(grouped):
    chosen = choose(grouped, 5)
    assert chosen.ids == tuple(grouped.ids())
    assert (chosen.places == np.arange(300)).all()


def test_of_many_images_whole_subjects_of_every_stratum_are_taken(grouped, monkeypatch):
    monkeypatch.setattr(sampling, "LIMIT", 90)
    monkeypatch.setattr(sampling, "LEAST", 1)
    chosen = choose(grouped, 5)
    assert len(chosen.ids) == pytest.approx(90, abs=9)
    assert (np.bincount(chosen.subjects) == 3).all()
    for lesion in ("none", "a", "b"):
        share = (chosen.lesions == lesion).sum() / (
            grouped.index["lesion"] == lesion
        ).sum()
        assert share == pytest.approx(0.3, abs=0.06)
    assert (grouped.index["image_id"].iloc[chosen.places] == list(chosen.ids)).all()
    again = choose(grouped, 5)
    assert again.ids == chosen.ids
    spread = np.diff(chosen.places[::3])
    assert spread.max() > 2 * spread.min() > 0  # drawn, not the first ones


def test_folds_hold_subjects_and_equal_parts_of_every_stratum(grouped):
    chosen = choose(grouped, 4)
    for subject in np.unique(chosen.subjects):
        assert np.unique(chosen.folds[chosen.subjects == subject]).size == 1
    for lesion in ("none", "a", "b"):
        counts = np.bincount(chosen.folds[chosen.lesions == lesion], minlength=4)
        assert np.ptp(counts) <= 3


def test_folds_do_not_follow_the_order(make):
    dataset = make.dataset(make.clouds(400, (16, 20)), np.arange(400) % 2)
    folds = choose(dataset, 5).folds
    for turn in (2, 5, 10):
        table = [np.bincount(folds[k::turn], minlength=5) for k in range(turn)]
        assert np.min(table) > 0


def test_large_images_are_fewer(make, monkeypatch):
    dataset = make.dataset(make.clouds(30, (16, 20)), np.arange(30) % 2)
    assert limit(dataset) == sampling.LIMIT
    monkeypatch.setattr(sampling, "PIXELS", 320 * 1000)
    assert limit(dataset) == 1000
    monkeypatch.setattr(sampling, "PIXELS", 320)
    assert limit(dataset) == sampling.LEAST


def test_batches_hold_a_set_number_of_pixels(make, monkeypatch):
    dataset = make.dataset(make.clouds(30, (16, 20), channels=3), np.arange(30) % 2)
    monkeypatch.setattr(sampling, "_BATCH", 16 * 20 * 3 * 7)
    parts = list(batches(dataset, dataset.ids()))
    assert [len(part) for part in parts] == [7, 7, 7, 7, 2]
    assert [name for part in parts for name in part] == dataset.ids()
    monkeypatch.setattr(sampling, "_BATCH", 1)
    assert len(list(batches(dataset, dataset.ids()))) == 30


@pytest.mark.parametrize(
    ("dtype", "count"), [(np.uint8, 256), (np.uint16, 4001), (np.float32, 65536)]
)
def test_gray_levels_are_those_of_the_type_or_of_the_images(make, dtype, count):
    images = np.random.default_rng(0).integers(0, 200, (6, 16, 20)).astype(dtype)
    images[2, 3, 4] = 255 if dtype == np.uint8 else 4000
    if dtype == np.float32:
        images -= 1000
    dataset = make.dataset(images, np.arange(6) % 2)
    levels = levels_of(dataset, dataset.ids())
    assert levels.count == count
    read = levels.read(dataset, dataset.ids())
    if dtype == np.float32:
        assert read.dtype == np.uint16
        assert read[2, 3, 4] == 65535
        assert read.min() == 0
        assert np.corrcoef(read.ravel(), images.ravel())[0, 1] > 1 - 1e-6
    else:
        assert (read == images).all()


def test_gray_levels_of_a_phantom_are_those_of_its_recipe(tiny_with):
    from simbench.generation import generate

    dataset = generate(tiny_with({"acquisition.bits": 12}))
    assert levels_of(dataset, dataset.ids()).count == 4096
