"""Other libraries' maps on the same weights (tests/goldens/make_calls.py).

captum 0.9 and torchcam 0.5; torch alone for what no library computes as published.
"""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.methods import METHODS, cameras
from hrcam.methods.ablation_cam import explain as ablation_cam
from hrcam.methods.occlusion import occlude, spans


def close(found, expected):
    """Agree to 1e-5 of the map's largest value."""
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    "name",
    [
        "gradient",
        "integrated_gradients",
        "guided_backprop",
        "deconvnet",
        "guided_grad_cam",
        "full_grad",
    ],
)
def test_maps_of_the_image(name, goldens):
    close(METHODS[name].explain(goldens.capture)["image"], goldens.maps[f"map_{name}"])


def test_occlusion_averages_overlaps(goldens):
    """Windows of 4 x 6 every 2 x 3, each image its own fill."""
    rows, columns = spans(16, 4, 2), spans(24, 6, 3)
    fill = goldens.maps["fills"]
    found = occlude(goldens.capture, rows, columns, fill)
    close(found, goldens.maps["map_occlusion"])


@pytest.mark.parametrize("layer", ["shallow", "deep"])
def test_score_cam(layer, goldens):
    """Of torchcam where a layer has the image's size, else of torch."""
    found = METHODS["score_cam"].explain(goldens.capture.at((layer,)))
    close(found[layer], goldens.maps[f"map_score_cam_{layer}"])


def test_ablation_cam_weighs_by_captum_s_drops(goldens):
    capture = goldens.capture.at(("deep",))
    weights = goldens.maps["map_ablated"] / np.abs(capture.logits)[:, None]
    expected = np.einsum("nhwk,nk->nhw", capture.layers[0].features, weights)
    close(ablation_cam(capture)["deep"], expected)


def test_poly_cam(goldens):
    found = METHODS["poly_cam"].explain(goldens.capture)
    assert list(found) == ["shallow"]
    close(found["shallow"], goldens.maps["map_poly_cam"])


def test_cameras(goldens, monkeypatch):
    """At three sizes, the factors of which round to the golden's."""
    sizes = goldens.maps["sizes"]
    monkeypatch.setattr(cameras, "SCALES", tuple(sizes[:, 1] / 24))
    capture = replace(goldens.capture, layers=goldens.capture.layers[-1:])
    rounded = [(round(16 * s), round(24 * s)) for s in cameras.SCALES]
    np.testing.assert_array_equal(rounded, sizes)
    close(cameras.explain(capture)["image"], goldens.maps["map_cameras"])
