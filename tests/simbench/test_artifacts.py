"""What every entry of the table of artifacts must do."""

import numpy as np
import pytest
from scipy import fft

from simbench.artifacts import ARTIFACTS
from simbench.assignment import assign
from simbench.phantoms import draw
from simbench.streams import stream

SIZES = [(40, 56), (33, 20), (27, 45)]


@pytest.fixture(params=ARTIFACTS.values(), ids=list(ARTIFACTS))
def artifact(request):
    return request.param


@pytest.fixture
def parameters(artifact, example):
    return example("artifacts", artifact.name)


@pytest.fixture(params=SIZES, ids=str)
def size(request):
    return request.param


def planned(artifact, parameters, size, index=0):
    return artifact.plan(parameters, size, stream(0, "artifact", index))


def spectra_of(size, index=0, channels=2):
    source = stream(1, "texture", index)
    return fft.fft2(source.normal(channels, *size)).astype(np.complex64)


def test_spectra_keep_shape_and_kind(artifact, parameters, size):
    spectra = spectra_of(size)
    before = spectra.copy()
    changed = planned(artifact, parameters, size).apply(spectra)
    assert changed.shape == spectra.shape
    assert changed.dtype == np.complex64
    assert (spectra == before).all()
    difference = np.abs(changed - spectra).max()
    assert difference > 1e-3 * np.abs(spectra).max()


def test_what_is_drawn_depends_on_the_stream_only(artifact, parameters, size):
    spectra = spectra_of(size)
    plans = [planned(artifact, parameters, size, index) for index in (0, 0, 1)]
    changed = [plan.apply(spectra) for plan in plans]
    assert (changed[0] == changed[1]).all()
    assert (changed[0] != changed[2]).any()
    assert plans[0].factors == plans[1].factors
    assert plans[0].factors != plans[2].factors


def test_factors_are_numbers_of_the_same_names(artifact, parameters, size):
    plans = [planned(artifact, parameters, size, index) for index in range(20)]
    for plan in plans:
        assert list(plan.factors) == list(plans[0].factors)
        assert all(type(value) is float for value in plan.factors.values())
        assert np.isfinite(list(plan.factors.values())).all()


def test_strength_lies_in_the_recipe_s_range(artifact, parameters, size):
    plans = [planned(artifact, parameters, size, index) for index in range(40)]
    for name in set(plans[0].factors) & set(type(parameters).model_fields):
        low, high = getattr(parameters, name)
        found = [plan.factors[name] for plan in plans]
        assert low <= min(found) < low + (high - low) / 2 < max(found) <= high


def test_image_and_counterfactual_differ_by_a_linear_map(artifact, parameters, size):
    """What is added is added to both: A(a) - A(b) = A(a - b) - A(0)."""
    plan = planned(artifact, parameters, size)
    one, two = spectra_of(size, 0), spectra_of(size, 1)
    scale = np.abs(one).max()
    difference = plan.apply(one) - plan.apply(two)
    expected = plan.apply(one - two) - plan.apply(np.zeros_like(one))
    assert difference / scale == pytest.approx(expected / scale, abs=1e-5)
    twice = plan.apply(2 * one) - plan.apply(one)
    expected = plan.apply(one) - plan.apply(np.zeros_like(one))
    assert twice / scale == pytest.approx(expected / scale, abs=1e-5)


def test_all_channels_are_changed_alike(artifact, parameters, size):
    plan = planned(artifact, parameters, size)
    spectra = np.repeat(spectra_of(size, channels=1), 3, axis=0)
    changed = plan.apply(spectra)
    assert (changed == changed[:1]).all()
    assert (changed[:1] == plan.apply(spectra[:1])).all()


def test_masks_do_not_depend_on_the_artifact(artifact, parameters, tiny, tiny_with):
    table = parameters.model_dump(exclude_none=True)
    recipe = tiny_with({"acquisition.artifacts": [table]})
    index = next(i for i in range(44) if assign(tiny, i).lesion == "focal")
    sample, plain = draw(recipe, index), draw(tiny, index)
    for name in ("mask", "distinctive", "instances", "effect", "tissue", "confounder"):
        assert (getattr(sample, name) == getattr(plain, name)).all()
    assert (sample.image != plain.image).mean() > 0.05
    healthy = draw(recipe, index, lesions="none")
    assert (healthy.image != sample.image).any()
    assert healthy.factors == sample.factors
    drawn = {k for k in sample.factors if k.startswith(f"{artifact.name}_")}
    assert drawn == set(sample.factors) - set(plain.factors)
    assert drawn
