import pytest

from simbench.budget import CHECKS, Budget


def test_every_check_may_be_intended(tiny_with):
    recipe = tiny_with({"audit.intended": list(CHECKS)})
    assert recipe.audit.intended == tuple(CHECKS)
    assert Budget().intended == ()
    assert Budget().budget == 0.6


@pytest.mark.parametrize(
    ("name", "hint"), [("spectrun", " (did you mean 'spectrum'?)"), ("xyz", "")]
)
def test_an_unknown_check_is_refused_with_the_nearest(tiny_with, name, hint):
    with pytest.raises(ValueError, match="audit") as error:
        tiny_with({"audit.intended": ["size", name]})
    assert str(error.value) == (
        "tiny.toml: audit.intended[1] must be one of histogram, bins, border, tissues, "
        "spectrum, thumbnail, size, order, boosted, blanked, outside"
        f"{hint}, got '{name}'"
    )


@pytest.mark.parametrize("value", [0.49, 1.01])
def test_a_budget_is_an_auroc(tiny_with, value):
    with pytest.raises(ValueError, match=r"audit\.budget must be"):
        tiny_with({"audit.budget": value})
