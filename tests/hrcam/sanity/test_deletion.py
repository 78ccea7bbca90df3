import numpy as np
import pytest

from hrcam.pipeline.responding import Responses
from hrcam.pipeline.sanity.deletion import (
    Perturbation,
    blend,
    draw_ties,
    median_fill,
    perturb,
)
from metrics.likeness.perturbation import FRACTIONS, removal_order

SIZE = (8, 13)
IDS = tuple(f"{k:06d}" for k in range(6))


def images(seed=0, colors=()):
    rng = np.random.default_rng(seed)
    return rng.uniform(10, 250, (6, *SIZE, *colors)).astype(np.float32)


@pytest.mark.parametrize("colors", [(), (3,)])
def test_both_ends_are_the_image_and_the_fill(colors):
    picture, fill = images(0, colors), images(1, colors)
    order = removal_order(
        np.random.default_rng(2).normal(size=(6, *SIZE)), draw_ties(IDS, SIZE, 0)
    )
    for kind, first, last in (
        ("deletion", picture, fill),
        ("insertion", fill, picture),
    ):
        np.testing.assert_array_equal(blend(picture, fill, order, 0.0, kind), first)
        np.testing.assert_array_equal(blend(picture, fill, order, 1.0, kind), last)
    # Taking the last pixels away leaves what giving the first ones brings.
    one = blend(picture, fill, order, 0.25, "insertion")
    other = blend(picture, fill, order[:, ::-1].copy(), 0.75, "deletion")
    np.testing.assert_array_equal(one, other)


def weighing(weights):
    """Return a network whose logit is a weighted sum of the pixels."""

    def respond(pixels, aims):
        logit = (
            (pixels.reshape(len(pixels), *SIZE, -1).mean(axis=-1) * weights)
            .sum(axis=(1, 2))
            .astype(np.float64)
        )
        return Responses(logit * np.where(aims == 1, 1, -1), 1 / (1 + np.exp(-logit)))

    return respond


def given_with(fills, aims=None):
    return Perturbation(
        images(),
        fills,
        draw_ties(IDS, SIZE, 0),
        np.ones(6, np.int64) if aims is None else aims,
        np.arange(6),
    )


def test_curves_equal_a_plain_loop_that_takes_pixel_after_pixel():
    weights = np.random.default_rng(3).normal(size=SIZE) / 100
    maps = images() * weights
    fill = np.zeros_like(images())
    _, curves, _ = perturb(
        weighing(weights), given_with({"nothing": fill}), {"m": maps}
    )
    pixels = SIZE[0] * SIZE[1]
    slow = []
    for fraction in FRACTIONS:
        total = 0.0
        for own in maps.astype(np.float64):
            rest = sorted(own.ravel(), reverse=True)[round(fraction * pixels) :]
            total += sum(rest) / 6
        slow.append(total)
    np.testing.assert_allclose(
        curves["entries"]["m/deletion/nothing"]["logit"], slow, atol=1e-3
    )


def test_the_true_order_has_the_least_deletion_and_the_most_insertion():
    weights = np.abs(np.random.default_rng(3).normal(size=SIZE)) / 1000
    maps = {"true": images() * weights, "reverse": -images() * weights}
    maps["random"] = np.random.default_rng(4).normal(size=maps["true"].shape)
    given = given_with({"nothing": np.zeros_like(images())})
    areas, _, _ = perturb(weighing(weights), given, maps)
    found = {
        (a["entry"], a["order"]): a["mean"] for a in areas if a["response"] == "logit"
    }
    for order, sign in (("deletion", 1), ("insertion", -1)):
        values = [sign * found[name, order] for name in ("true", "random", "reverse")]
        assert values[0] < values[1] < values[2]


def test_a_constant_map_is_judged_by_a_random_order_not_by_place():
    weights = np.zeros(SIZE)
    weights[0] = 1.0  # the first row, which an order by place takes first
    fill = {"nothing": np.zeros_like(images())}
    _, curves, _ = perturb(
        weighing(weights), given_with(fill), {"flat": np.ones((6, *SIZE))}
    )
    logit = curves["entries"]["flat/deletion/nothing"]["logit"]
    half = FRACTIONS.index(0.5)
    assert 0.3 < logit[half] / logit[0] < 0.7


def test_maps_that_are_not_finite_have_no_area_and_touch_no_other():
    weights = np.random.default_rng(3).normal(size=SIZE) / 100
    whole = images() * weights
    broken = whole.copy()
    broken[2, 0, 0] = np.nan
    given = given_with({"nothing": np.zeros_like(images())})
    areas, _, rows = perturb(
        weighing(weights), given, {"whole": whole, "broken": broken}
    )
    assert {a["undefined"] for a in areas if a["entry"] == "broken"} == {1}
    tables = {
        r["entry"].iloc[0] + r["check"].iloc[0] + r["measure"].iloc[0]: r for r in rows
    }
    one, other = (tables[f"{n}deletionarea_logit"] for n in ("whole", "broken"))
    assert other["status"].tolist()[2] == "nonfinite"
    known = [0, 1, 3, 4, 5]
    assert (one["value"].iloc[known] == other["value"].iloc[known]).all()


def test_ties_have_a_stream_per_image_and_seed():
    one = draw_ties(IDS, SIZE, 0)
    np.testing.assert_array_equal(one[3:4], draw_ties(IDS[3:4], SIZE, 0))
    assert not np.isclose(one[3:4], draw_ties(IDS[3:4], SIZE, 1)).any()
    assert len(np.unique(one)) == one.size


def test_the_fill_is_the_median_of_the_tissue(tiny):
    ids = tiny.ids("test")[:3]
    fill = median_fill(tiny, ids)
    for image, tissue, own in zip(
        tiny.read("image", ids), tiny.read("tissue", ids), fill, strict=True
    ):
        values = sorted(image[tissue > 0].tolist())
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        assert (own == middle).all()
