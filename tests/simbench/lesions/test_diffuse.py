"""What the kinds of diffuse lesions have in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.geometry.regions import softness
from simbench.lesions import LESIONS
from simbench.psf import REACH
from simbench.scene import effect
from simbench.streams import stream

KINDS = ["blotches", "local_variance", "micro_lesions", "texture_swap", "widespread"]


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.integers(0, 2**40),
    st.tuples(st.integers(32, 72), st.integers(32, 72)),
    st.floats(0.3, 2.0),
    st.sampled_from([1, -1]),
)
@settings(deadline=None, max_examples=20)
def test_the_effect_is_nonnegative_and_within_the_region_widened_by_the_blur(
    kind, example, scene_of, index, size, psf, sign
):
    lesion, parameters = LESIONS[kind], example("lesions", kind)
    before = scene_of("uniform", psf=psf, size=size)
    place = lesion.place(parameters, before.body, stream(1, "lesion", index), sign)[0]
    source = stream(1, "lesion_texture", index)
    change = lesion.change(parameters, place, before, source)
    found = effect(change.mean, change.variance)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    support = softness(place, size, parameters.shape.edge) > 0
    spot = np.hypot(getattr(parameters, "spot", 0.0), psf) + 0.3
    reach = int(REACH * spot + 1.5)
    near = ndimage.binary_dilation(support, np.ones((3, 3)), iterations=reach)
    assert (found[~near] == 0).all()
    assert found[support].max() == found.max() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_regions_stay_apart_and_are_at_most_as_many_as_asked_for(
    kind, example, scene_of
):
    shape = {"radius": (0.06, 0.08), "inside": 0.7}
    parameters = example("lesions", kind, count=4, shape=shape)
    body = scene_of().body
    for index in range(5):
        places = LESIONS[kind].place(parameters, body, stream(0, "lesion", index), 1)
        assert 1 <= len(places) <= 4
        for i, one in enumerate(places):
            for other in places[:i]:
                apart = np.hypot(one["y"] - other["y"], one["x"] - other["x"])
                assert apart >= 2.5 * one["radius"]
    assert len(places) > 1
