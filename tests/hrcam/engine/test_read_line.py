"""Real images all the way: read, trained on batch by batch, explained, scored."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")

import hrcam
from hrcam.engine.training import Samples, Training, train
from hrcam.pipeline.scenes import labels_of
from metrics import ScoreOptions
from simbench.readers.decoded import Decoded
from simbench.rows import View

pytestmark = pytest.mark.engine

SIZE = (32, 40)
SETTINGS = Training(epochs=1, batch=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    rng = np.random.default_rng(0)
    for name in ("normal", "sick"):
        for k in range(20):
            pixels = rng.normal(90, 12, (36, 30))
            mask = np.zeros((36, 30), bool)
            if name == "sick":
                row, column = rng.integers(3, 24, 2)
                mask[row : row + 7, column : column + 5] = True
                pixels[mask] += 100
                path = root / "masks" / name / f"{k:02d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                if k % 4:
                    Image.fromarray(mask).save(path)
            path = root / "images" / name / f"{k:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    options = {"images": "images", "masks": "masks", "healthy": ["normal"]}
    return hrcam.read("folders", root, size=SIZE, test=0.4, **options)


@pytest.fixture(scope="module")
def training(dataset, tmp_path_factory):
    """A trained model, and how many images were held at a time meanwhile."""
    held = []
    whole = Decoded.rows

    def rows(self, places):
        held.append(len(places))
        return whole(self, places)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decoded, "rows", rows)
        out = tmp_path_factory.mktemp("m") / "m"
        return hrcam.train(dataset, out, settings=SETTINGS), held


@pytest.fixture(scope="module")
def model(training):
    return training[0]


def test_training_reads_no_more_than_a_batch_at_a_time(dataset, training):
    count, held = len(dataset.ids("train")), training[1]
    assert isinstance(dataset.images(dataset.ids("train")), View)
    assert held[0] == count  # the scaling is measured on at most 512 images
    steps = -(-count // SETTINGS.batch)
    assert sum(held[1 : 1 + steps]) == count
    assert max(held[1 : 1 + steps]) == SETTINGS.batch


def test_weights_are_those_of_the_same_images_in_memory(dataset, model):
    found = {}
    for split in ("train", "validation"):
        ids = dataset.ids(split)
        pixels = dataset.read("image", ids)
        found[split] = Samples(pixels, labels_of(dataset, ids), 2)
    other = train(found["train"], found["validation"], SETTINGS).model
    for mine, same in zip(model.network.weights, other.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(same))


def test_the_line_ends_in_scores_of_the_images_with_known_masks(dataset, model):
    maps = hrcam.explain(model, dataset, methods=["cam", "hr_cam", "sobel"])
    ids = dataset.ids("test")
    assert all(list(source.ids) == ids for source in maps.values())
    options = ScoreOptions(resamples=100)
    scores = hrcam.score(maps, dataset, options=options)
    known = dataset.known(ids)
    assert list(scores.ids) == known
    assert 0 < len(known) < len(ids)
    auroc = scores.values_of("sobel", "auroc")
    sick = np.array([name.startswith("sick") for name in known])
    assert np.isfinite(auroc[sick]).all()
    assert np.isnan(auroc[~sick]).all()
    assert set(model.evaluation) == {"train", "validation", "test"}
    assert scores.evidence["data"]["mask_area"].keys() == {"sick"}
