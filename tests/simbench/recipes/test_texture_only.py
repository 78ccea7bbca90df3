import numpy as np
import pytest

from simbench.exams import examine
from simbench.phantoms import take
from simbench.recipe import load


@pytest.fixture(scope="module")
def recipe():
    return load("texture-only")


def test_no_lesion_adds_brightness(recipe):
    assert {entry.kind for entry in recipe.lesions.values()} == set(recipe.lesions)
    assert recipe.lesions["local_variance"].sign == "balanced"
    assert recipe.lesions["micro_lesions"].sign == "mixed"
    assert "spectrum" in recipe.audit.intended
    assert recipe.images == 2400


def test_lesions_keep_the_mean_of_their_images(recipe):
    shifts, effects = [], []
    for index in range(160):
        exam = examine(recipe, index, 1)
        ill, healthy = take(exam), take(exam, "none")
        shifts.append(ill.image.mean() - healthy.image.mean())
        effects.append(ill.effect.max())
    error = np.std(shifts) / np.sqrt(len(shifts))
    assert abs(np.mean(shifts)) < 4 * error
    assert error < 0.1  # gray levels
    assert min(effects) > 0.01
