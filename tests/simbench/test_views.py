import numpy as np
import pytest

from simbench.dataset import SPLITS
from simbench.views import samples, view
from simbench.writer import write


@pytest.fixture(scope="module")
def recipe(tiny_with):
    return tiny_with({"size": [24, 32]})


@pytest.fixture(scope="module")
def written(recipe, tmp_path_factory):
    return write(recipe, tmp_path_factory.mktemp("views") / "dataset")


@pytest.mark.parametrize("split", SPLITS)
def test_a_recipe_s_view_gives_the_bytes_on_disk(recipe, written, split):
    disk, drawn = view(written, split), view(recipe, split)
    assert disk.ids == drawn.ids == tuple(written.ids(split))
    assert (disk.labels == drawn.labels).all()
    places = list(range(len(disk)))[::-3]
    assert (disk.read(places) == drawn.read(places)).all()
    expected = written.read("image", [disk.ids[i] for i in places])
    assert (disk.read(places) == expected).all()


def test_a_view_is_a_sequence_of_pairs(recipe):
    drawn = view(recipe, "validation")
    assert len(drawn) == 8
    image, label = drawn[-1]
    assert image.shape == (24, 32)
    assert label == int(drawn.labels[7])
    assert (image == drawn[7][0]).all()
    assert len(list(drawn)) == 8  # ends by IndexError
    with pytest.raises(IndexError, match=r"place must lie in -8 to 7, got 8"):
        drawn[8]


def test_samples_come_in_order(recipe, written):
    found = list(samples(recipe, "test"))
    assert [sample.case.image_id for sample in found] == written.ids("test")
    images = np.stack([sample.image for sample in found])
    assert (images == written.read("image", written.ids("test"))).all()
    assert len(list(samples(recipe))) == recipe.images


def test_torch_s_loader_takes_a_view(recipe):
    data = pytest.importorskip("torch.utils.data")
    drawn = view(recipe, "validation")
    images, labels = next(iter(data.DataLoader(drawn, batch_size=5)))
    assert (images.numpy() == drawn.read(range(5))).all()
    assert labels.tolist() == drawn.labels[:5].tolist()
