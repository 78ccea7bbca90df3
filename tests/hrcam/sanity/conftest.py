"""A dataset whose images have several lesions, and a network trained on it."""

import pytest


@pytest.fixture(scope="session")
def several(tiny_toml):
    """Return a dataset of 40 images of 48 x 40; the ill ones have two focal lesions."""
    import hrcam
    from simbench.recipe import parse

    text = tiny_toml
    for old, new in (
        ("count = [1, 1]", "count = [2, 3]"),
        ("texture_swap = 1.0\n", ""),
        ('"tiny"', '"several"'),
    ):
        text = text.replace(old, new)
    return hrcam.generate(parse(text, "several.toml"))


@pytest.fixture(scope="session")
def model(several):
    """Return a small trained model."""
    pytest.importorskip("keras", reason="the engine needs Keras")
    import hrcam
    from hrcam.engine.training import Training

    return hrcam.train(several, settings=Training(epochs=2, batch=8))
