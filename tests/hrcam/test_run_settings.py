"""What a run is made of, and where its images come from."""

import re

import pytest

from hrcam.pipeline.run_images import Copied, Drawn, find_images
from hrcam.pipeline.run_settings import Settings, settle
from hrcam.run_recipe import find, parse
from simbench.recipe import load

MINE = {
    "name": "mine",
    "reader": "mura",
    "training": {"network": "vgg19", "epochs": 3, "patience": 2, "batch": 4},
    "explain": {"methods": ["cam"]},
}


def test_what_is_given_replaces_what_the_recipe_says():
    recipe = parse(MINE)
    said = Settings(("cam",), network="vgg19", epochs=3, patience=2, batch=4)
    assert settle(recipe, {}) == said
    given = {"network": "resnet50", "epochs": 0, "patience": 0, "methods": None}
    found = settle(recipe, {**given, "batch": 8})
    assert found == Settings(("cam",), network="resnet50", epochs=3, batch=8)


def test_without_a_recipe_of_a_run_the_defaults_stay():
    given = {"network": None, "rate": 0.0, "patience": None}
    assert settle(None, given) == Settings()
    assert settle(find("paper"), {}) == Settings()


def test_simulated_images_are_drawn_and_known_as_before():
    images, own = find_images("quickstart", seed=5)
    assert isinstance(images, Drawn)
    assert own is None
    assert images.recipe.seed == 5
    assert images.identity == {"recipe": images.recipe.identity}
    assert (images.name, images.count, images.published) == ("quickstart", 5000, None)


def test_the_paper_s_run_is_on_the_simulated_images_of_its_name():
    images, own = find_images("paper")
    assert images.recipe == load("paper")
    assert own.name == "paper"
    assert images.published["networks"]["resnet50"]["auroc"] == 0.99


def test_a_copy_is_told_apart_by_recipe_place_and_seed(tmp_path):
    images, own = find_images("mura", tmp_path)
    assert isinstance(images, Copied)
    assert own == find("mura")
    assert images.identity == {
        "recipe": own.identity,
        "data": str(tmp_path.resolve()),
    }
    again, _ = find_images(own, str(tmp_path), 7)
    assert again.identity == {**images.identity, "seed": "7"}
    assert images.text == own.toml()


def test_a_recipe_that_reads_must_be_told_where():
    message = (
        "recipe 'isic' must have --data, the folder of your copy of the images "
        "(reader 'isic'), got none"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        find_images("isic")


def test_a_recipe_that_draws_must_not(tmp_path):
    for name in ("quickstart", "paper"):
        message = (
            f"recipe '{name}' must not have --data, got {str(tmp_path)!r}: its images "
            "are drawn; leave --data out"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            find_images(name, tmp_path)


def test_the_copy_must_be_there(tmp_path):
    message = re.escape(f"--data must be a folder, got no {tmp_path / 'no'}")
    with pytest.raises(FileNotFoundError, match=f"^{message}$"):
        find_images("mura", tmp_path / "no")
