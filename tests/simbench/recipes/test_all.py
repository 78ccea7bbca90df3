"""Every shipped recipe generates, keeps its leak budget and can be read again."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from simbench.assignment import assign
from simbench.difficulty.columns import NUMBERS
from simbench.manifest import verify
from simbench.phantoms import draw
from simbench.recipe import load, names
from simbench.writer import write

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "recipes"


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_a_recipe_generates_and_audits_clean(name, tmp_path):
    recipe = load(name)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        dataset = write(recipe, tmp_path / name, executor)
    assert dataset.audit["within_budget"]
    assert not verify(tmp_path / name)
    assert len(dataset.index) == recipe.images
    counts = dataset.index["split"].value_counts()
    assert counts.to_dict() == {k: n for k, n in recipe.splits.sizes().items() if n}
    assert (tmp_path / name / "preview.png").stat().st_size > 10_000
    for index in range(0, recipe.images, recipe.images // 5):
        image_id = f"{index:06d}"
        sample = draw(recipe, index)
        for array in ("image", "mask", "distinctive", "effect", "confounder"):
            found = dataset.read(array, [image_id])[0]
            assert (found == getattr(sample, array)).all()


@pytest.mark.parametrize("name", names())
def test_images_of_a_recipe_are_what_it_says(name):
    recipe = load(name)
    seen = set()
    for index in range(40):
        case = assign(recipe, index)
        if case.lesion in seen:
            continue
        seen.add(case.lesion)
        sample = draw(recipe, index)
        assert sample.image.shape[:2] == recipe.size
        assert sample.image.ndim == (2 if recipe.channels == 1 else 3)
        shams = {name for name, entry in recipe.lesions.items() if entry.sham}
        assert sample.mask.any() == bool(set(case.lesion_names) - shams)
        assert not (sample.distinctive & ~sample.mask).any()
        assert len(sample.confounders) == len(case.confounders)
        dark, bright = (sample.image == 0).mean(), (sample.image == 255).mean()
        assert dark + bright < 0.6  # the window holds what is to be seen
    assert len(seen) > 1


def test_difficulty_has_a_column_each():
    assert len(set(NUMBERS)) == len(NUMBERS) >= 7


@pytest.mark.parametrize(
    "path", sorted(BENCHMARKS.glob("*.toml")), ids=lambda p: p.stem
)
def test_recipes_of_the_benchmarks_are_valid(path):
    assert load(path).name == path.stem
    assert draw(load(path), 0).image.shape == load(path).size
