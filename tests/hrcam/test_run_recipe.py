"""Recipes of runs: what they hold, what is refused, what was published."""

import re
import tomllib

import pytest

from hrcam.run_recipe import PUBLISHED, find, names, parse, published_of
from simbench.readers import READERS
from simbench.readers.choices import parse_options
from simbench.recipe import load
from simbench.recipe import names as simulated

REAL = {"isic": "skin8", "mura": "bone-lr", "nigra-mri": "nigra"}


@pytest.mark.parametrize("name", names())
def test_a_shipped_recipe_is_called_like_its_file_and_can_be_read_back(name):
    recipe = find(name)
    assert recipe.name == name
    again = parse(tomllib.loads(recipe.toml()))
    assert again == recipe
    assert again.identity == recipe.identity


@pytest.mark.parametrize("name", names())
def test_what_a_shipped_recipe_names_is_there(name):
    recipe = find(name)
    assert set(recipe.analogues) <= set(simulated())
    if recipe.recipe:
        assert recipe.recipe in simulated()
    else:
        reader = READERS[recipe.reader]
        parse_options(reader, recipe.options)
    assert set(recipe.published.networks) <= {"resnet50", "vgg19"}


@pytest.mark.parametrize("name", REAL)
def test_the_paper_s_settings(name):
    settings = find(name).settings()
    assert (settings["network"], settings["weights"]) == ("resnet50", "imagenet")
    moved = settings["augmentation"]
    assert moved["flip"] is True
    assert min(moved["shift"], moved["rotation"], moved["rotated"]) > 0


def test_the_figures_are_those_of_the_paper_s_text():
    """Each number with its name stands in the sentences of the paper."""
    found = {n: find(n).published.networks for n in ("isic", "mura", "nigra-mri")}
    assert found == {
        "isic": {
            "resnet50": {"accuracy": 0.7535, "f1_micro": 0.75},
            "vgg19": {"accuracy": 0.7795, "f1_macro": 0.73},
        },
        "mura": {
            "resnet50": {
                "balanced_accuracy": 0.7635,
                "f1_positive": 0.72,
                "auroc": 0.83,
            },
            "vgg19": {"accuracy": 0.7191, "f1_positive": 0.70, "auroc": 0.77},
        },
        "nigra-mri": {
            "resnet50": {"accuracy": 0.7602, "f1_positive": 0.81, "auroc": 0.84}
        },
    }
    paper = find("paper").published.networks
    assert paper == {"resnet50": {"accuracy": 0.95, "auroc": 0.99}}


def test_split_sizes_of_the_neuromelanin_study():
    """55 subjects to train on, of which some select the head, and 25 to test on."""
    options = find("nigra-mri").options
    assert options["test_subjects"] == 25
    assert 0 < options["validation_subjects"] < 55


@pytest.mark.parametrize(("real", "analogue"), REAL.items())
def test_an_analogue_shows_the_real_figures_as_not_comparable(real, analogue):
    own = published_of(find(real).reader, "")
    other = published_of("", analogue)
    assert own["networks"] == other["networks"]
    told = "the simulated ones stand in for: the two are not comparable."
    assert told in other["note"]
    assert told not in own["note"]


def test_of_other_images_nothing_was_published():
    assert published_of("", "quickstart") == published_of("table", "") == {}
    assert published_of("", "") == {}
    assert "not public" in published_of("", "paper")["note"]


def test_names_of_simulated_recipes_are_left_to_them(tmp_path):
    assert find("quickstart") is None
    assert find(tmp_path / "nothing.toml") is None
    file = tmp_path / "mine.toml"
    file.write_text(load("quickstart").toml())
    assert find(file) is None
    file.write_text("= broken")
    assert find(file) is None


def test_a_file_of_one_s_own(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\nreader = "mura"\noptions = { regions = ["WRIST"] }\n'
        "[reading]\nsize = [64, 64]\ntest = 20\n"
        '[explain]\nmethods = ["cam", "hr_cam"]\n'
        "[training]\nepochs = 3\nrate = 1e-3\n"
    )
    recipe = find(file)
    assert recipe.options == {"regions": ("WRIST",)}
    assert recipe.reading.size == (64, 64)
    assert recipe.settings() == {
        "epochs": 3,
        "rate": 0.001,
        "augmentation": {},
        "methods": ("cam", "hr_cam"),
    }


WRONG = {
    "name is missing": 'reader = "mura"',
    "a recipe must have either a reader or a simulated recipe": 'name = "x"\n'
    'reader = "mura"\nrecipe = "paper"',
    "options and reading must go with a reader, got a simulated recipe": 'name = "x"\n'
    'recipe = "paper"\n[reading]\ntest = 9',
    "training.epoch is not a key; did you mean 'epochs'?": 'name = "x"\n'
    'reader = "mura"\n[training]\nepoch = 3',
    "training.epochs must be >= 1, got 0; "
    "training.augmentation.shift must be <= 1, got 3.0": 'name = "x"\n'
    'reader = "mura"\n[training]\nepochs = 0\naugmentation = { shift = 3.0 }',
    "published published scores must be of "
    f"{', '.join(PUBLISHED)}, got 'f1', got {{'source': 'a', 'data': 'b', "
    "'networks': {'resnet50': {'f1': 0.5}}}": 'name = "x"\nreader = "mura"\n'
    '[published]\nsource = "a"\ndata = "b"\n[published.networks.resnet50]\nf1 = 0.5',
}


@pytest.mark.parametrize(("message", "text"), WRONG.items())
def test_wrong_recipes_are_told_what_is_wrong(message, text):
    with pytest.raises(ValueError, match=f"^{re.escape(f'mine.toml: {message}')}$"):
        parse(tomllib.loads(text), "mine.toml")
