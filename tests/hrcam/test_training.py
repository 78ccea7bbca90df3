import re
from dataclasses import asdict

import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

LETTER = """
[confounders.letter]
kind = "letters"
"""


@pytest.fixture(scope="module")
def lettered(tiny_toml):
    import hrcam
    from simbench.recipe import parse

    text = re.sub(r"(?ms)^\[confounders\].*?(?=^\[|\Z)", "", tiny_toml)
    return hrcam.generate(parse(text + LETTER, "lettered.toml"))


def trained(dataset, **how):
    import hrcam
    from hrcam.engine.augmentation import Augmentation
    from hrcam.engine.training import Training

    settings = Training(epochs=1, batch=4, augmentation=Augmentation(**how))
    return hrcam.train(dataset, settings=settings).facts


def test_images_are_mirrored_unless_they_may_show_letters(tiny, lettered):
    assert trained(tiny)["settings"]["augmentation"]["flip"] is True
    assert trained(lettered)["settings"]["augmentation"]["flip"] is False


def test_what_the_user_asks_for_is_done(tiny, lettered):
    assert trained(lettered, flip=True)["settings"]["augmentation"]["flip"] is True
    assert trained(tiny, flip=False)["settings"]["augmentation"]["flip"] is False


def test_letters_are_trained_on_as_if_flips_had_been_switched_off(lettered):
    by_default = trained(lettered)
    assert by_default["weights"] == trained(lettered, flip=False)["weights"]
    assert by_default["weights"] != trained(lettered, flip=True)["weights"]


def test_images_without_letters_are_trained_on_as_if_flips_had_been_asked_for(tiny):
    assert trained(tiny)["weights"] == trained(tiny, flip=True)["weights"]


def test_nothing_else_of_the_settings_changes(lettered):
    from hrcam.engine.training import Training
    from hrcam.pipeline.training import settled

    before = Training(epochs=3, seed=5)
    after = asdict(settled(before, lettered))
    assert after["augmentation"].pop("flip") is False
    expected = asdict(before)
    del expected["augmentation"]["flip"]
    assert after == expected
