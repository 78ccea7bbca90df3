"""Running an entry: what a method is shown, and what comes of fused layers."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.capture import Capture
from hrcam.entries import EVERYTHING, narrow, plan, run
from hrcam.methods import METHODS, Method

TAPS = ("shallow", "middle", "deep")


def entry_of(text, taps=TAPS):
    (entry,) = plan([text], taps, known=EVERYTHING)
    return entry


@pytest.fixture
def capture(make_capture):
    """Return a capture with heads by key, as the engine has them."""
    plain = make_capture(1)
    keys = {}
    for head, table in plain.heads.items():
        if head in ("base", "filter"):
            keys[head] = table
            continue
        keys[f"{head}@all"] = table
        for tap in TAPS:
            keys[f"{head}@{tap}"] = {tap: 2 * table[tap]}
    return replace(plain, heads=keys)


def test_an_entry_sees_its_layers_and_its_heads_alone(capture):
    seen = narrow(entry_of("hr_cam@middle"), capture)
    assert [x.name for x in seen.layers] == ["middle"]
    assert list(seen.heads) == ["hotelling"]
    np.testing.assert_array_equal(
        seen.heads["hotelling"]["middle"], capture.heads["hotelling@middle"]["middle"]
    )
    assert narrow(entry_of("grad_cam@last"), capture).heads == {}
    assert narrow(entry_of("sobel"), capture).layers == ()


def test_a_head_fitted_on_one_layer_is_not_the_head_of_all(capture):
    alone = run(entry_of("hr_cam@middle"), capture)["middle"]
    together = run(entry_of("hr_cam"), capture)
    assert list(together) == list(TAPS)
    np.testing.assert_allclose(alone, 2 * together["middle"], rtol=1e-6)


@pytest.mark.parametrize("name", ["grad_cam", "layer_cam", "eigen_cam", "hr_cam"])
def test_fused_layers_are_each_looked_at_alone(name, capture):
    found = run(entry_of(f"{name}@all-max"), capture)
    assert list(found) == list(TAPS)
    for tap in TAPS:
        (alone,) = run(entry_of(f"{name}@{tap}"), capture).values()
        np.testing.assert_array_equal(found[tap], alone)


def test_fused_maps_of_the_image_s_grid_stay_apart(capture):
    found = run(entry_of("guided_grad_cam@all-mean"), capture)
    assert list(found) == [f"image@{tap}" for tap in TAPS]
    for tap in TAPS:
        (alone,) = run(entry_of(f"guided_grad_cam@{tap}"), capture).values()
        np.testing.assert_array_equal(found[f"image@{tap}"], alone)
    assert not np.allclose(found["image@shallow"], found["image@deep"])


def test_a_capture_without_the_head_is_no_silent_zero(capture):
    with pytest.raises(KeyError, match="hotelling@all"):
        run(entry_of("hr_cam"), replace(capture, heads={}))


def test_methods_of_others_may_return_several_parts(capture):
    """Fused, each part is told by the layer it was drawn at."""

    def explain(capture: Capture):
        layer = capture.layers[-1]
        return {layer.name: layer.features[..., 0], "image": capture.images}

    two = Method("two", "Two", explain, "made up", layers=("last",))
    entry = replace(entry_of("grad_cam@all-mean"), method=two)
    found = run(entry, capture)
    assert list(found) == [name for tap in TAPS for name in (tap, f"image@{tap}")]


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_runs_at_every_row_that_is_planned(name, capture):
    sizes = {x.name: x.size for x in capture.layers}
    for entry in plan([name], TAPS, "all", EVERYTHING, ("max",)):
        heads = {
            key: capture.heads[key.split("/")[0]]
            for member in entry.members
            for key in member.heads.values()
        }
        for layer, part in run(entry, replace(capture, heads=heads)).items():
            assert part.shape == (5, *sizes.get(layer, capture.size))
            assert np.isfinite(part).all()
