"""Commands in which something is chosen refuse the confirmatory recipes."""

import re

import pytest

from hrcam.pipeline.multiverse.asked import Asked, Place
from hrcam.pipeline.multiverse.sources import Source
from hrcam.pipeline.running import unwatched
from hrcam.pipeline.studies.grid import load_grid


def told(seed):
    return (
        f"recipe must be free to choose on, got 'skin' of seed {seed}, which is 'skin' "
        "of a confirmatory study; take another seed, or `hrcam claims --confirm soft`"
    )


@pytest.fixture
def skin(tmp_path):
    recipe = load_grid("confirmatory-soft").recipes["skin", 907001]
    path = tmp_path / "skin.toml"
    path.write_text(recipe.toml())
    return path


@pytest.mark.parametrize(("seeds", "which"), [((), 907001), ((5, 907002), 907002)])
def test_a_multiverse_of_a_confirmatory_recipe(skin, tmp_path, seeds, which):
    source = Source(str(skin), Asked(data_seeds=seeds), Place(tmp_path), unwatched)
    with pytest.raises(ValueError, match=f"^{re.escape(told(which))}$"):
        _ = source.seeds


def test_a_multiverse_of_other_seeds(skin, tmp_path):
    source = Source(str(skin), Asked(data_seeds=(5, 6)), Place(tmp_path), unwatched)
    assert source.seeds == ("5", "6")
