import numpy as np
import pytest

from simbench.confounders.patch import CONFOUNDER
from simbench.streams import stream

SIZE = (120, 160)


def stick(example, form, index=0, **changes):
    parameters = example("confounders", "patch", forms=[form], **changes)
    tissue = np.zeros(SIZE, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


@pytest.mark.parametrize(("form", "share"), [("round", np.pi / 4), ("rectangle", 1.0)])
def test_patches_have_the_area_of_their_form(example, form, share):
    exact = {"flatness": 1.0, "opacity": [1.0, 1.0], "margin": 0.05}
    for index in range(10):
        layer = stick(example, form, index, **exact)
        side = layer.factors["scale"] * 120
        assert layer.opacity.sum() == pytest.approx(share * side**2, rel=0.02)


def test_the_angle_turns_a_patch_clockwise(example):
    exact = {"scale": [0.4, 0.4], "flatness": 4.0, "margin": 0.05, "rotation": 0.4}
    for form in ("round", "rectangle"):
        for index in range(8):
            layer = stick(example, form, index, **exact)
            rows, columns = np.nonzero(layer.mask)
            spread = np.cov(rows, columns)
            long = np.linalg.eigh(spread)[1][:, 1]
            ratio = np.divide(*np.sqrt(np.linalg.eigvalsh(spread)[::-1]))
            angle = np.arctan2(long[0], long[1])
            if ratio > 1.5:
                off = (angle - layer.factors["angle"] + np.pi / 2) % np.pi - np.pi / 2
                assert abs(off) < 0.06


def test_patches_may_be_cut_off_by_the_border_but_are_seen(example):
    cut = 0
    for index in range(20):
        layer = stick(example, "rectangle", index, margin=-5.0)
        edges = [layer.mask[0], layer.mask[-1], layer.mask[:, 0], layer.mask[:, -1]]
        cut += any(edge.any() for edge in edges)
        assert layer.mask.sum() > 20
    assert cut == 20


def test_one_of_several_colors_is_drawn(example):
    colors = [[0.1], [0.9]]
    layers = [stick(example, "round", i, colors=colors) for i in range(60)]
    for layer in layers:
        chosen = colors[int(layer.factors["color"])]
        assert layer.color.tolist() == pytest.approx(chosen)
    assert 15 < sum(layer.factors["color"] for layer in layers) < 45


def test_every_color_must_fit_the_anatomy(tiny_with):
    colors = [[0.5], [0.1, 0.2, 0.3]]
    with pytest.raises(ValueError, match="color") as error:
        tiny_with({"confounders.a": {"kind": "patch", "colors": colors}})
    assert str(error.value) == (
        "tiny.toml: confounders.a must have a color of 1 number, as the anatomy has "
        "1 channel, got [0.1, 0.2, 0.3]"
    )
