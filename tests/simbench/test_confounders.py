"""What every entry of the table of confounders must do."""

import numpy as np
import pytest

from simbench.confounders import CONFOUNDERS
from simbench.exams import examine
from simbench.phantoms import draw
from simbench.streams import stream

SIZES = [(16, 16), (33, 20), (20, 160), (96, 96), (129, 97)]


@pytest.fixture(params=CONFOUNDERS.values(), ids=list(CONFOUNDERS))
def confounder(request):
    return request.param


@pytest.fixture
def parameters(confounder, example):
    return example("confounders", confounder.name)


def tissues(size):
    """No body, a body that fills the frame, and one that leaves a border."""
    partly = np.zeros(size, np.uint8)
    partly[size[0] // 5 : -size[0] // 5, size[1] // 5 : -size[1] // 5] = 3
    return np.zeros(size, np.uint8), np.ones(size, np.uint8), partly


def drawn(confounder, parameters, tissue, index=0):
    return confounder.draw(parameters, tissue, stream(0, "confounder", index))


@pytest.mark.parametrize("size", SIZES)
def test_layers_cover_part_of_a_frame_of_any_size(confounder, parameters, size):
    for tissue in tissues(size):
        for index in range(40):
            layer = drawn(confounder, parameters, tissue, index)
            assert layer.opacity.shape == size
            assert layer.opacity.dtype == np.float32
            assert layer.opacity.min() >= 0
            assert 0 < layer.opacity.max() <= 1
            assert 0 < layer.mask.mean() < 0.75
            assert (layer.opacity[layer.mask] >= layer.opacity.max() / 2).all()


def test_factors_are_flat_and_the_same_again(confounder, parameters):
    tissue = tissues((60, 44))[2]
    for index in range(20):
        layer = drawn(confounder, parameters, tissue, index)
        again = drawn(confounder, parameters, tissue, index)
        assert (layer.opacity == again.opacity).all()
        assert layer.factors == again.factors
        assert all(type(value) in (float, str) for value in layer.factors.values())


def test_images_differ(confounder, parameters):
    tissue = tissues((60, 44))[2]
    layers = [drawn(confounder, parameters, tissue, i).opacity for i in range(6)]
    assert len({layer.tobytes() for layer in layers}) == 6


def test_as_many_numbers_are_drawn_whatever_the_body_and_the_frame(
    confounder, parameters
):
    for index in range(10):
        following = set()
        for size in SIZES:
            for tissue in tissues(size):
                source = stream(0, "confounder", index)
                confounder.draw(parameters, tissue, source)
                following.add(float(source.uniform(1)[0]))
        assert len(following) == 1


@pytest.mark.parametrize("color", [[0.3], [0.2, 0.4, 0.9]])
def test_colors_have_the_length_that_the_recipe_gives(confounder, example, color):
    parameters = example("confounders", confounder.name, color=color)
    layer = drawn(confounder, parameters, tissues((30, 40))[2])
    assert layer.color.dtype == np.float32
    assert layer.color.tolist() == pytest.approx(color)


def test_images_are_covered_where_the_layer_is_and_nowhere_else(confounder, tiny_with):
    table = {"kind": confounder.name, "prevalence": 1.0}
    recipe = tiny_with({"confounders.thing": table})
    for index in range(4):
        (name, layer), *others = examine(recipe, index).layers
        assert (name, others) == ("thing", [])
        sample, bare = draw(recipe, index), draw(recipe, index, confounder=False)
        clear = layer.opacity == 0
        assert clear.any()
        assert (sample.image[clear] == bare.image[clear]).all()
        assert (sample.image != bare.image).any()
        assert ((sample.confounder == 1) == layer.mask).all()
        assert not bare.confounder.any()
        assert (sample.mask == bare.mask).all()
        assert (sample.effect == bare.effect).all()
        opaque = layer.opacity >= 0.999
        expected = np.rint(layer.color[0] * 255)
        assert np.abs(sample.image[opaque] - expected).max(initial=0) <= 1
        (row,) = sample.confounders
        assert row == {
            "image_id": sample.case.image_id,
            "confounder_id": 1,
            "name": "thing",
            "kind": confounder.name,
            "area": int(layer.mask.sum()),
            **layer.factors,
        }


def test_only_letters_are_chiral(tiny_with):
    chiral = [name for name, entry in CONFOUNDERS.items() if entry.chiral]
    assert chiral == ["letters"]
    letters = {"confounders.a.kind": "letters", "confounders.b.kind": "hair"}
    assert tiny_with(letters).chiral
    assert not tiny_with({"confounders.b.kind": "hair"}).chiral
    assert not tiny_with({}).chiral
