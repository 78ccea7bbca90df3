import numpy as np
import pytest
from scipy import ndimage

from simbench.confounders.marker import CONFOUNDER
from simbench.streams import stream

SIZE = (90, 120)


def put(example, form, index=0, tissue=None, **changes):
    exact = {"edge": 1.0, "opacity": [1.0, 1.0]} | changes
    parameters = example("confounders", "marker", forms=[form], **exact)
    tissue = np.zeros(SIZE, np.uint8) if tissue is None else tissue
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


@pytest.mark.parametrize("form", ["bar", "dot", "arrow"])
def test_markers_have_the_area_of_their_form(example, form):
    for index in range(10):
        layer = put(example, form, index)
        length = layer.factors["scale"] * 90
        width = 0.2 * length
        areas = {
            "bar": length * width + np.pi * width**2 / 4,
            "dot": np.pi * width**2,
            "arrow": (1 + 2 * np.hypot(0.25, 0.28)) * length * width,
        }
        assert layer.opacity.sum() == pytest.approx(areas[form], rel=0.15)
        y, x = (np.average(grid, weights=layer.opacity) for grid in np.indices(SIZE))
        assert np.hypot(y - layer.factors["y"], x - layer.factors["x"]) < 0.2 * length


def test_an_arrow_points_where_its_angle_says(example):
    layer = put(example, "arrow", rotation=0.0, scale=[0.3, 0.3])
    x = np.flatnonzero(layer.opacity.sum(axis=0))
    widths = (layer.opacity > 0.5).sum(axis=0)[x]
    assert widths[: len(x) // 2].max() < widths[len(x) // 2 :].max() / 2


def test_bars_point_everywhere(example):
    angles = np.array([put(example, "bar", i).factors["angle"] for i in range(300)])
    quarters = np.bincount((angles % np.pi / (np.pi / 4)).astype(int), minlength=4)
    assert quarters.min() > 50


def test_an_obstruction_crosses_the_frame(example, scene_of):
    tissue = scene_of(size=SIZE).body.tissue
    for index in range(10):
        layer = put(example, "obstruction", index, tissue, where="over", rotation=0.3)
        mask = layer.mask
        edges = mask[0], mask[-1], mask[:, 0], mask[:, -1]
        assert sum(edge.any() for edge in edges) >= 2
        assert ndimage.label(mask)[1] == 1
        assert (tissue[layer.mask] > 0).any()
