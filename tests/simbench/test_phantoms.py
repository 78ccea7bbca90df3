from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench import streams
from simbench.assignment import assign
from simbench.phantoms import Sample, draw
from simbench.recipe import load

ARRAYS = ("image", "mask", "distinctive", "instances", "effect", "tissue", "confounder")


def same(first: Sample, second: Sample) -> bool:
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name))
        if f.name in ARRAYS
        else getattr(first, f.name) == getattr(second, f.name)
        for f in fields(Sample)
    )


def first(recipe, lesion):
    return next(i for i in range(99) if assign(recipe, i).lesion == lesion)


@pytest.fixture(params=["focal", "texture_swap"])
def abnormal(request, tiny):
    return first(tiny, request.param)


@given(st.lists(st.integers(0, 43), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_draw_does_not_depend_on_what_was_drawn_before(order):
    recipe = load("quickstart")
    alone = draw(recipe, 5)
    for index in order:
        draw(recipe, index)
    assert same(draw(recipe, 5), alone)


@pytest.mark.parametrize("size", [[40, 56], [33, 20], [64, 64]])
def test_every_size_gives_arrays_of_that_size(tiny_with, size):
    recipe = tiny_with({"size": size})
    sample = draw(recipe, first(recipe, "focal"))
    for name in ARRAYS:
        assert getattr(sample, name).shape == tuple(size)
    assert sample.mask.any()


def test_image_and_counterfactual_differ_only_near_the_lesion(tiny, abnormal):
    sample, healthy = draw(tiny, abnormal), draw(tiny, abnormal, lesions="none")
    touched = ndimage.binary_dilation(sample.effect > 0, iterations=4)
    assert 0 < touched.mean() < 0.9
    assert (sample.image[~touched] == healthy.image[~touched]).all()
    assert (sample.image[sample.mask] != healthy.image[sample.mask]).mean() > 0.7
    assert (sample.tissue == healthy.tissue).all()
    assert sample.factors == healthy.factors
    assert not healthy.mask.any()
    assert not healthy.effect.any()
    assert not healthy.instances.any()
    assert healthy.lesions == ()


def test_noise_is_the_same_with_and_without_the_lesion(tiny_with):
    changes = {
        "acquisition.noise.sigma": [0.02, 0.02],
        "acquisition.window": [0.0, 1.2],
    }
    recipe = tiny_with(changes)
    index = first(recipe, "focal")
    sample, healthy = draw(recipe, index), draw(recipe, index, lesions="none")
    difference = sample.image.astype(float) - healthy.image
    signs = np.sign([lesion["amplitude"] for lesion in sample.lesions])
    signed = sample.effect * signs[np.maximum(sample.instances, 1) - 1]
    inside = sample.mask
    residual = difference[inside] / 255 * 1.2 - signed[inside] * sample.factors["gain"]
    # noise of the two images cancels: what is left is bias field and rounding
    assert np.abs(residual).mean() < 0.25 * sample.effect[inside].mean()
    assert residual.std() < 0.02


def test_the_mask_is_half_the_maximum_of_each_lesion(tiny):
    index = next(
        i
        for i in range(44)
        if assign(tiny, i).lesion == "focal" and len(draw(tiny, i).lesions) > 1
    )
    sample = draw(tiny, index)
    assert (sample.mask == (sample.instances > 0)).all()
    assert set(np.unique(sample.instances)) == set(range(len(sample.lesions) + 1))
    for lesion in sample.lesions:
        alone = draw(tiny, index, lesions=[lesion["lesion_id"]])
        expected = alone.effect >= alone.effect.max() / 2
        assert (alone.mask == expected).all()
        assert (alone.instances[expected] == lesion["lesion_id"]).all()
        assert lesion["area"] == expected.sum()
        assert (sample.instances[expected] == lesion["lesion_id"]).mean() > 0.95


def test_a_subset_keeps_just_its_lesions(tiny):
    index = next(i for i in range(44) if len(draw(tiny, i).lesions) == 3)
    everything = draw(tiny, index)
    assert same(everything, draw(tiny, index, lesions={1, 2, 3}))
    assert same(draw(tiny, index, lesions="none"), draw(tiny, index, lesions=()))
    pair = draw(tiny, index, lesions=[3, 1])
    assert [lesion["lesion_id"] for lesion in pair.lesions] == [1, 3]
    removed = everything.instances == 2
    healthy = draw(tiny, index, lesions="none")
    center = removed & (everything.effect > 0.9 * everything.effect[removed].max())
    assert (pair.image[center] == healthy.image[center]).all()
    assert pair.lesions == (everything.lesions[0], everything.lesions[2])


def test_joined_lesions_are_both_there(tiny_with):
    mix = [{"name": "a"}, {"name": "b", "lesions": {"focal+texture_swap": 1}}]
    recipe = tiny_with({"classes": mix})
    index = first(recipe, "focal+texture_swap")
    sample = draw(recipe, index)
    kinds = [lesion["kind"] for lesion in sample.lesions]
    assert set(kinds) == {"focal", "texture_swap"}
    swap = kinds.index("texture_swap") + 1
    alone = draw(recipe, index, lesions=[swap])
    assert alone.effect.max() <= sample.effect.max() + 1e-6


def test_equal_lesions_under_two_names_lie_at_two_places(tiny_with, tiny_table):
    table = tiny_table({})["lesions"]["focal"]
    mix = [{"name": "a"}, {"name": "b", "lesions": {"one+two": 1}}]
    recipe = tiny_with({"lesions": {"one": table, "two": table}, "classes": mix})
    lesions = draw(recipe, first(recipe, "one+two")).lesions
    one, two = (next(s for s in lesions if s["name"] == n) for n in ("one", "two"))
    assert one["angle"] != two["angle"]


def test_another_label_keeps_anatomy_and_noise(tiny):
    index = first(tiny, "none")
    normal, ill = draw(tiny, index), draw(tiny, index, label=1)
    assert ill.case.label == 1
    assert ill.mask.any()
    assert (normal.tissue == ill.tissue).all()
    assert same(normal, draw(tiny, index, label=0))
    untouched = ~ndimage.binary_dilation(ill.effect > 0, iterations=4)
    assert (normal.image[untouched] == ill.image[untouched]).all()


def test_an_image_s_subjects_share_the_anatomy_only(tiny_with):
    recipe = tiny_with({"images_per_subject": 2})
    one, two, other = (draw(recipe, i) for i in (0, 1, 2))
    assert (one.tissue == two.tissue).all()
    assert (one.tissue != other.tissue).any()
    assert (one.image != two.image).any()


def test_a_subject_s_lesions_are_the_same_when_the_recipe_says_so(tiny_with):
    changes = {
        "images_per_subject": 4,
        "subject_lesions": True,
        "classes": [{"name": "a"}, {"name": "b", "lesions": {"focal": 1}}],
    }
    recipe = tiny_with(changes)
    ill = [i for i in range(0, 44, 4) if assign(recipe, i).label]
    signs = []
    for start in ill:
        images = [draw(recipe, start + copy) for copy in range(4)]
        for image in images[1:]:
            assert (image.mask == images[0].mask).all()
            assert (image.image != images[0].image).any()
        signs.append(np.sign(images[0].lesions[0]["amplitude"]))
    assert set(signs) == {-1, 1}
    places = {draw(recipe, start).lesions[0]["y"] for start in ill}
    assert len(places) == len(ill)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ("noise", ("mask", "effect", "tissue")),
        ("exposure", ("mask", "effect", "tissue")),
        ("bias", ("mask", "effect", "tissue")),
        ("texture", ("tissue",)),
        ("lesion", ("tissue",)),
    ],
)
def test_more_draws_in_one_stage_change_no_other(tiny, monkeypatch, changed, kept):
    index = first(tiny, "focal")
    before = draw(tiny, index)
    healthy = draw(tiny, index, lesions="none")

    def opened(seed, stage, *rest):
        source = streams.stream(seed, stage, *rest)
        if stage == changed:
            source.uniform(17)
        return source

    monkeypatch.setattr("simbench.exams.stream", opened)
    after = draw(tiny, index)
    assert (after.image != before.image).any()
    for name in kept:
        assert (getattr(after, name) == getattr(before, name)).all()
    if changed == "lesion":
        again = draw(tiny, index, lesions="none")
        assert (again.image == healthy.image).all()


def test_masks_do_not_depend_on_the_acquisition(tiny, tiny_with):
    index = first(tiny, "focal")
    loud = tiny_with({"acquisition.noise.sigma": [0.3, 0.3], "acquisition.gain": 0.5})
    assert (draw(tiny, index).mask == draw(loud, index).mask).all()
    assert (draw(tiny, index).effect == draw(loud, index).effect).all()


@pytest.mark.parametrize(
    ("lesions", "message"),
    [
        ("some", "lesions must be 'all', 'none' or lesion ids, got 'some'"),
        ({9}, "lesions must be among the image's 0 lesions, 1 first, got [9]"),
    ],
)
def test_lesions_that_do_not_exist_are_refused(tiny, lesions, message):
    with pytest.raises(ValueError, match="lesions must") as error:
        draw(tiny, first(tiny, "none"), lesions=lesions)
    assert str(error.value) == message


def test_no_image_of_quickstart_is_cut_off_by_the_window():
    recipe = load("quickstart")
    images = np.stack([draw(recipe, i).image for i in range(60)])
    assert (images == 0).mean() < 0.002
    assert (images == 255).mean() < 0.002
