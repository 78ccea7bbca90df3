import numpy as np
import pytest
from scipy import stats

from hrcam.pipeline.counterfactuals import counterfactuals, regions
from hrcam.pipeline.masses import mass
from hrcam.pipeline.reliance import relate
from hrcam.pipeline.responding import Responses
from simbench.phantoms import draw


@pytest.fixture(scope="module")
def ids(several):
    rows = several.index[
        (several.index["split"] == "test") & (several.index["label"] == 1)
    ]
    return [str(k) for k in rows["image_id"]]


@pytest.fixture(scope="module")
def found(several, ids):
    return counterfactuals(several, ids)


def bending(pixels, _):
    """A network that is no sum of parts: logit by the spread of the pixels."""
    logit = pixels.astype(np.float64).std(axis=(1, 2))
    return Responses(logit, 1 / (1 + np.exp(-logit)))


def test_counterfactuals_are_what_the_generator_draws_without_one_lesion(
    several, ids, found
):
    counts = several.lesions["image_id"].value_counts()
    assert {int(counts[k]) for k in ids} == {2, 3}
    assert len(found.lesions) == sum(int(counts[k]) for k in ids)
    for row, lesion in enumerate(found.lesions.itertuples()):
        every = range(1, int(counts[lesion.image_id]) + 1)
        rest = [k for k in every if k != lesion.lesion_id]
        sample = draw(several.recipe, int(lesion.image_id), rest)
        np.testing.assert_array_equal(found.without[row], sample.image)
        assert ids[lesion.row] == lesion.image_id
    for image, bare in zip(ids, found.healthy, strict=True):
        np.testing.assert_array_equal(
            bare, draw(several.recipe, int(image), "none").image
        )


def test_progress_counts_images(several, ids):
    told = []
    counterfactuals(several, ids[:3], told.append)
    assert told == [1, 1, 1]


def test_images_that_are_no_simulation_have_no_counterfactual(several, ids):
    from dataclasses import replace

    assert counterfactuals(replace(several, recipe=None), ids) is None
    assert counterfactuals(several, []) is None


def test_healthy_images_have_no_lesions_to_take_out(several):
    healthy = several.index[several.index["label"] == 0]["image_id"].tolist()[:2]
    bare = counterfactuals(several, healthy)
    assert bare.lesions.empty
    np.testing.assert_array_equal(bare.healthy, several.read("image", healthy))


def test_another_generator_than_the_dataset_s_is_noticed(several, ids):
    from dataclasses import replace

    other = replace(several, recipe=several.recipe.model_copy(update={"seed": 5}))
    with pytest.raises(
        ValueError, match="must hold what its recipe draws, got another"
    ):
        counterfactuals(other, ids)


def test_drops_and_masses_equal_a_plain_loop(several, ids, found):
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(len(ids), 48, 40))
    table = relate(several, ids, found, bending, {"noise": maps}).lesions
    images = dict(zip(ids, several.read("image", ids).astype(float), strict=True))
    instances = dict(zip(ids, several.read("instances", ids), strict=True))
    for row, lesion in enumerate(table.itertuples()):
        less = found.without[row].astype(float)
        drop = images[lesion.image_id].std() - less.std()
        assert lesion.drop == pytest.approx(drop)
        own = maps[ids.index(lesion.image_id)]
        where = instances[lesion.image_id] == lesion.lesion_id
        positive = sum(v for v in own[where] if v > 0)
        total = sum(v for v in own.ravel() if v > 0)
        assert table["noise/share"].iloc[row] == pytest.approx(positive / total)
        scaled = (own - own.min()) / (own.max() - own.min())
        assert table["noise/mean"].iloc[row] == pytest.approx(scaled[where].mean())
        assert lesion.area == pytest.approx(where.mean())


def told(results, entry, kind="share"):
    return next(
        row
        for row in results["entries"]
        if (row["entry"], row["mass"]) == (entry, kind)
    )


def test_a_map_that_shows_the_drops_goes_with_them_and_its_reverse_against(
    several, ids, found
):
    blank = {"none": np.zeros((len(ids), 48, 40))}
    drops = relate(several, ids, found, bending, blank).lesions["drop"].to_numpy()
    where = regions(several, found.lesions)
    maps = {
        "with": np.zeros((len(ids), 48, 40)),
        "against": np.zeros((len(ids), 48, 40)),
    }
    heights = (drops - drops.min() + 1) / (np.ptp(drops) + 1)
    for row, image in enumerate(found.lesions["row"]):
        maps["with"][image][where[row]] = heights[row]
        maps["against"][image][where[row]] = 1.2 - heights[row]
    results = relate(several, ids, found, bending, maps).results
    inside = [told(results, name, "mean")["within"] for name in ("with", "against")]
    assert inside[0]["mean"] == pytest.approx(1)
    assert inside[1]["mean"] == pytest.approx(-1)
    assert inside[0]["n"] == len(ids)
    assert results["several"] == len(ids)


def test_pooled_correlation_equals_scipy_over_all_lesions(several, ids, found):
    maps = {"noise": np.random.default_rng(0).normal(size=(len(ids), 48, 40))}
    relation = relate(several, ids, found, bending, maps)
    table = relation.lesions
    for kind in ("share", "mean"):
        row = told(relation.results, "noise", kind)["pooled"]
        slow = stats.spearmanr(table["drop"], table[f"noise/{kind}"]).statistic
        assert row["estimate"] == pytest.approx(slow)
        assert row["count"] == len(table)
        assert row["clusters"] == table["subject"].nunique()
    area = told(relation.results, "area")["pooled"]["estimate"]
    assert area == pytest.approx(
        stats.spearmanr(table["drop"], table["area"]).statistic
    )


def test_single_lesions_cannot_be_ranked_and_are_counted(tiny):
    rows = tiny.index[(tiny.index["split"] == "test") & (tiny.index["label"] == 1)]
    ids = [str(k) for k in rows["image_id"]]
    alone = counterfactuals(tiny, ids)
    np.testing.assert_array_equal(alone.without, alone.healthy)
    maps = {"noise": np.random.default_rng(0).normal(size=(len(ids), 48, 40))}
    results = relate(tiny, ids, alone, bending, maps).results
    within = told(results, "noise")["within"]
    assert np.isnan(within["mean"])
    assert (within["n"], within["undefined"]) == (0, len(ids))
    assert results["several"] == 0


def test_maps_without_anything_to_share_have_no_mass():
    maps = np.stack([np.full((4, 7), v) for v in (-1.0, 0.0, 2.0)])
    maps = np.concatenate([maps, -np.arange(28.0).reshape(1, 4, 7) - 1])
    maps = np.concatenate([maps, np.full((2, 4, 7), np.nan)])
    where = np.zeros(maps.shape, bool)
    where[:, 1:3, 2:4] = True
    where[5] = False
    found = mass(maps, where)
    np.testing.assert_allclose(found["share"], [np.nan, np.nan, 4 / 28, *[np.nan] * 3])
    assert np.isfinite(found["mean"]).tolist() == [False] * 3 + [True] + [False] * 2


def test_an_empty_region_has_no_mass():
    maps = np.random.default_rng(0).normal(size=(1, 4, 7))
    found = mass(maps, np.zeros((1, 4, 7), bool))
    assert np.isnan([found["share"][0], found["mean"][0]]).all()
