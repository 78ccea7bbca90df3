"""Grids: stated, hashed, and what is refused."""

import copy
import random
import re
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrics
from hrcam.pipeline.studies.confirmatory import refuse_confirmatory, refuse_scores
from hrcam.pipeline.studies.derivation import derive
from hrcam.pipeline.studies.endpoints import ROLES
from hrcam.pipeline.studies.grid import (
    CONFIRMATORY,
    FOLDER,
    GRIDS,
    load_grid,
    parse_grid,
)
from hrcam.pipeline.studies.hashing import canonical, digest
from hrcam.pipeline.studies.running import methods_of
from metrics import SCORES
from simbench.recipe import load

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def shuffled(content, seed):
    """Return equal content whose keys come in another order."""
    if isinstance(content, dict):
        names = list(content)
        random.Random(seed).shuffle(names)
        return {name: shuffled(content[name], seed + 1) for name in names}
    return (
        [shuffled(x, seed) for x in content] if isinstance(content, list) else content
    )


@settings(max_examples=40)
@given(PLAIN, st.integers(0, 99))
def test_the_hash_does_not_know_the_order_of_keys(content, seed):
    assert digest(content) == digest(shuffled(content, seed))


@settings(max_examples=40)
@given(PLAIN, PLAIN)
def test_equal_hashes_are_of_equal_content(one, other):
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))


def tables(stage="quick"):
    names = f"{stage}.toml", "claims.toml"
    return [tomllib.loads((FOLDER / name).read_text("utf-8")) for name in names]


@pytest.mark.parametrize("name", GRIDS)
def test_a_shipped_grid_is_what_it_says(name):
    grid = load_grid(name)
    assert grid.plan.name == name
    assert grid.plan.stage == name.partition("-")[0]
    assert len({cell.name for cell in grid.cells}) == len(grid.cells)
    for contrast in grid.claims.contrasts():
        score = SCORES[contrast.score]
        assert score.at_thresholds == bool(contrast.thresholds)
    assert {"hr_cam", "cam@stage5", "filter_cam", "hr_cam@stage1"} <= set(
        methods_of(grid)
    )


@pytest.mark.parametrize("names", [("quick",), ("development",), CONFIRMATORY])
def test_every_claim_has_its_recipes_in_every_stage(names):
    grids = [load_grid(name) for name in names]
    every = tables()[1]["claims"]
    for claim in every:
        mine = [
            len(c.contrasts) + len(c.shares)
            for grid in grids
            for c in grid.claims.claims
            if c.number == claim["number"]
        ]
        wanted = len(claim.get("contrasts", ())) + len(claim.get("shares", ()))
        assert mine
        assert set(mine) == {wanted}
    for role in ROLES:
        assert any(grid.keys_of(role) for grid in grids)


@pytest.mark.parametrize("name", ["development", *CONFIRMATORY])
def test_a_whole_study_has_the_seeds_and_networks_asked_for(name):
    plan = load_grid(name).plan
    assert len(plan.training_seeds) >= 5
    assert len(plan.data_seeds) >= 2
    assert plan.networks == ("compact", "compact_residual", "compact_vgg")


def test_whatever_changes_a_grid_changes_its_hash():
    plan, claims = tables()
    whole = parse_grid(plan, claims).digest
    assert parse_grid(*tables()).digest == whole
    found = {whole}
    for change in (
        lambda p, _: p.update(margin=0.03),
        lambda p, _: p.update(training_seeds=[11, 13]),
        lambda p, _: p["recipes"]["nigra"].update(base="quickstart"),
        lambda p, _: p["recipes"]["nigra"]["change"].update(size=[48, 64]),
        lambda p, _: p.update(epochs=4),
        lambda _, c: c["claims"][0]["contrasts"][0].update(thresholds=[0.3]),
        lambda _, c: c["claims"][3]["shares"][0].update(bound=0.2),
    ):
        mine = copy.deepcopy((plan, claims))
        change(*mine)
        found.add(parse_grid(*mine).digest)
    assert len(found) == 8


def test_no_stage_shares_a_recipe_with_the_confirmatory_one():
    free = [
        *(r for s in ("quick", "development") for r in load_grid(s).recipes.values()),
        *(load(n) for n in ("quickstart", "nigra", "bone-lr", "skin8", "paper")),
    ]
    kept = [r for name in CONFIRMATORY for r in load_grid(name).recipes.values()]
    for recipe in free:
        assert refuse_confirmatory(recipe) is None
    assert {r.seed for r in free}.isdisjoint(r.seed for r in kept)


def test_confirmatory_anatomies_are_others_but_for_the_midbrain():
    chosen, *reported = (
        {r.anatomy.kind for r in load_grid(name).recipes.values()}
        for name in ("development", *CONFIRMATORY)
    )
    assert reported == [{"bone"}, {"skin", "midbrain"}]
    assert chosen & set().union(*reported) == {"midbrain"}


@pytest.mark.parametrize("study", ["bone", "soft"])
def test_a_confirmatory_recipe_is_refused_by_any_name_and_size(study):
    for (key, _), recipe in load_grid(f"confirmatory-{study}").recipes.items():
        small = recipe.splits.model_copy(update={"train": 70})
        disguised = recipe.model_copy(update={"name": "mine", "splits": small})
        told = (
            f"recipe must be free to choose on, got 'mine' of seed {recipe.seed}, "
            f"which is {key!r} of a confirmatory study; take another seed, or `hrcam "
            f"claims --confirm {study}`"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
            refuse_confirmatory(disguised)
        refuse_confirmatory(recipe.model_copy(update={"seed": 5}))


def test_scores_of_a_confirmatory_recipe_are_refused():
    masks = np.zeros((6, 4, 5), bool)
    masks[:, 1:3, 2:4] = True
    scores = metrics.score({"mine": masks.astype(float)}, masks)
    recipe = load_grid("confirmatory-soft").recipes["skin", 907001]
    for text in ("", load("nigra").toml()):
        refuse_scores(metrics.with_evidence(scores, {"provenance": {"recipe": text}}))
    mine = metrics.with_evidence(scores, {"provenance": {"recipe": recipe.toml()}})
    with pytest.raises(ValueError, match="which is 'skin' of a confirmatory study"):
        refuse_scores(mine)


def test_a_derived_recipe_has_the_changes_and_nothing_else():
    recipe = derive(
        "mine", "nigra", 4, {"acquisition": {"noise": {"sigma": [0.1, 0.1]}}}
    )
    base = load("nigra")
    assert (recipe.name, recipe.seed) == ("mine", 4)
    assert recipe.acquisition.noise.model_dump()["sigma"] == (0.1, 0.1)
    same = recipe.model_copy(
        update={"name": "nigra", "seed": base.seed, "acquisition": base.acquisition}
    )
    assert same == base
    with pytest.raises(ValueError, match="contrasts") as error:
        derive("mine", "nigra", 4, {"anatomy": {"contrasts": 1.0}})
    assert str(error.value) == (
        "recipe 'mine' after 'nigra': anatomy.contrasts is not a key; did you mean "
        "'contrast'?"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"training_seeds": [1, 1]},
            "quick: training_seeds must differ, got 1, 1",
        ),
        ({"networks": []}, "quick: networks must not be empty, got []"),
    ],
)
def test_a_wrong_grid_says_what_is_wrong(change, told):
    plan, claims = tables()
    with pytest.raises(ValueError, match="quick: ") as error:
        parse_grid({**plan, **change}, claims, "quick")
    assert str(error.value) == told


def test_endpoints_without_a_recipe_are_left_out():
    plan, claims = tables()
    every = {c["number"] for c in claims["claims"]}
    del plan["recipes"]["nigra"]
    grid = parse_grid(plan, claims, "general")
    assert {claim.number for claim in grid.claims.claims} == every - {3, 5}
    plan["recipes"]["head"]["roles"] = ["general"]
    fourth = parse_grid(plan, claims, "unpaired").claims.claims[2]
    assert fourth.number == 4
    assert [share.without for share in fourth.shares] == [None]
    assert len(fourth.contrasts) == 1
