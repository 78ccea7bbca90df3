import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench import recipe as module
from simbench.anatomies import ANATOMIES
from simbench.lesions import LESIONS
from simbench.recipe import build, load, names, parse


@pytest.mark.parametrize("name", names())
def test_shipped_recipes_survive_their_canonical_text(name):
    recipe = load(name)
    assert recipe.name == name
    again = parse(recipe.toml())
    assert again == recipe
    assert again.toml() == recipe.toml()
    assert again.identity == recipe.identity


def test_quickstart_is_what_the_readme_says():
    recipe = load("quickstart")
    assert recipe.size == (96, 96)
    assert recipe.splits.sizes() == {"train": 4000, "validation": 400, "test": 600}
    assert [c.name for c in recipe.classes] == ["normal", "abnormal"]
    assert recipe.audit.budget == 0.6


def test_order_of_tables_comments_and_integers_for_floats_do_not_matter(
    tiny_table, tiny
):
    table = tiny_table({"acquisition.window": [-0.2, 1.4]})
    table["lesions"] = dict(reversed(table["lesions"].items()))
    table["classes"][1]["lesions"] = {"texture_swap": 1.0, "focal": 1.0}
    assert build(table).identity == tiny.identity


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"acquisition.psf": 0.71},
        {"splits.train": 28},
        {"lesions.focal.count": [1, 2]},
    ],
)
def test_every_change_changes_the_identity(tiny, tiny_with, changes):
    assert tiny_with(changes).identity != tiny.identity


def test_the_generator_s_version_is_part_of_the_identity(tiny, monkeypatch):
    before = tiny.identity
    monkeypatch.setattr(module, "GENERATOR", module.GENERATOR + 1)
    assert tiny.identity != before


@given(st.integers(0, 2**63 - 1), st.floats(0, 3), st.text(min_size=1))
def test_any_values_survive_the_canonical_text(seed, psf, name):
    recipe = load("quickstart")
    acquisition = recipe.acquisition.model_copy(update={"psf": psf})
    changes = {"seed": seed, "acquisition": acquisition, "name": name}
    changed = recipe.model_copy(update=changes)
    assert parse(changed.toml()) == changed


ANATOMY_KINDS, LESION_KINDS = ", ".join(ANATOMIES), ", ".join(LESIONS)
PROBLEMS = [
    (
        {"acquisition.pfs": 1.0},
        "tiny.toml: acquisition.pfs is not a key; did you mean 'psf'?",
    ),
    (
        {"lesions.focal.amplitud": [0.1, 0.2]},
        "tiny.toml: lesions.focal.amplitud is not a key; did you mean 'amplitude'?",
    ),
    (
        {"lesions.focal.shape.egde": 0.5},
        "tiny.toml: lesions.focal.shape.egde is not a key; did you mean 'edge'?",
    ),
    (
        {"splits.holdout": 5},
        "tiny.toml: splits.holdout is not a key; keys here are train, validation, test",
    ),
    (
        {"sise": [4, 4]},
        "tiny.toml: sise is not a key; did you mean 'size'?",
    ),
    (
        {"anatomy.kind": "haed"},
        f"tiny.toml: anatomy.kind must be one of {ANATOMY_KINDS}, got 'haed'; "
        "did you mean 'head'?",
    ),
    (
        {"lesions.focal": {"amplitude": [0.1, 0.2]}},
        f"tiny.toml: lesions.focal.kind must be one of {LESION_KINDS}, got nothing",
    ),
    (
        {"acquisition.noise.sigma": [0.3, 0.1]},
        "tiny.toml: acquisition.noise.sigma must be [low, high] with low <= high, "
        "got [0.3, 0.1]",
    ),
    (
        {"acquisition.noise.sigma": [-0.3, 0.1]},
        "tiny.toml: acquisition.noise.sigma[0] must be >= 0, got -0.3",
    ),
    (
        {"acquisition.window": [1.0, 0.0]},
        "tiny.toml: acquisition.window must be [black, white] with black < white, "
        "got [1.0, 0.0]",
    ),
    (
        {"acquisition.psf": "wide"},
        "tiny.toml: acquisition.psf must be a valid number, got 'wide'",
    ),
    (
        {"seed": 1.5},
        "tiny.toml: seed must be a valid integer, got 1.5",
    ),
    (
        {"size": 96},
        "tiny.toml: size must be an array, got 96",
    ),
    (
        {"lesions.focal.count": [2, 1]},
        "tiny.toml: lesions.focal.count must be [fewest, most] with "
        "1 <= fewest <= most <= 200, got [2, 1]",
    ),
    (
        {"images_per_subject": 5},
        "tiny.toml: splits must hold whole subjects and at least one, got {'train': "
        "24, 'validation': 8, 'test': 12} with images_per_subject = 5",
    ),
    (
        {"classes": [{"name": "a"}, {"name": "b", "lesions": {"ring": 1}}]},
        "tiny.toml: classes must name lesions of the recipe (focal, texture_swap), "
        "got ring",
    ),
    (
        {
            "lesions.loss": {"kind": "nuclei_loss"},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"loss": 1}}],
        },
        "tiny.toml: lesions of kind nuclei_loss must have an anatomy with structures "
        "(midbrain), got 'head'",
    ),
    (
        {
            "anatomy": {"kind": "uniform"},
            "lesions.loss": {"kind": "atrophy"},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"loss": 1}}],
        },
        "tiny.toml: lesions of kind atrophy must have an anatomy with borders "
        "(head, bone, midbrain, skin), got 'uniform'",
    ),
    (
        {"lesions.a+b": {"kind": "focal", "amplitude": [0.1, 0.2]}},
        "tiny.toml: lesions must have names without '+' and not 'none', got a+b",
    ),
    (
        {"classes": [{"name": "a"}, {"name": "a"}]},
        "tiny.toml: classes must have different names",
    ),
    (
        {"acquisition.pfs": 1.0, "seed": -1, "lesions.focal.kind": "spot"},
        f"tiny.toml: lesions.focal.kind must be one of {LESION_KINDS}, got 'spot'; "
        "seed must be >= 0, got -1; "
        "acquisition.pfs is not a key; did you mean 'psf'?",
    ),
]


@pytest.mark.parametrize(("changes", "message"), PROBLEMS)
def test_every_problem_is_named_in_one_line(tiny_with, changes, message):
    with pytest.raises(ValueError, match="tiny") as error:
        tiny_with(changes)
    assert str(error.value) == message


def test_a_missing_key_is_named(tiny_table):
    table = tiny_table({})
    del table["acquisition"]["psf"]
    with pytest.raises(ValueError, match="psf") as error:
        build(table, "x.toml")
    assert str(error.value) == "x.toml: acquisition.psf is missing"


def test_an_unknown_recipe_names_the_shipped_ones():
    with pytest.raises(ValueError, match="neither") as error:
        load("quikstart")
    assert str(error.value) == (
        f"recipe must be one of {', '.join(names())} or a TOML file, "
        "got 'quikstart', which is neither"
    )


def test_files_are_loaded_and_named_in_errors(tiny, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(tiny.toml(), encoding="utf-8")
    assert load(path) == load(str(path)) == tiny
    path.write_text("size = [", encoding="utf-8")
    with pytest.raises(ValueError, match="TOML") as error:
        load(path)
    assert str(error.value) == (
        f"{path} must be TOML: Invalid value (at end of document)"
    )
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="UTF-8") as error:
        load(path)
    assert str(error.value) == f"{path} must be UTF-8 text; save it as such"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([{"name": "a"}, {"name": "b", "lesions": {"focal": 1}}], {"none", "focal"}),
        (
            [
                {"name": "a", "lesions": {"focal": 1}},
                {"name": "b", "lesions": {"focal+texture_swap": 1}},
            ],
            {"focal", "texture_swap"},
        ),
        (
            [
                {"name": "a", "lesions": {"focal": 1, "none": 1}},
                {"name": "b", "lesions": {"focal+texture_swap": 1}},
            ],
            {"focal", "none", "focal+texture_swap"},
        ),
    ],
)
def test_lesions_that_all_images_have_are_not_shown(tiny_with, classes, expected):
    recipe = tiny_with({"classes": classes})
    mixes = [mix for c in recipe.classes for mix in c.lesions or ["none"]]
    assert {recipe.shown(mix) for mix in mixes} == expected
