import jaxtyping
import numpy as np
import pandas as pd
import pytest

from metrics import ScoreOptions, score


@pytest.fixture
def unchecked():
    """Let our own message come before jaxtyping's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def make_scene():
    """Masks of 9 x 14 pixels, every third without lesion, and maps that find them."""

    def make(images=24, methods=("hr_cam", "cam", "grad_cam"), seed=0):
        generator = np.random.default_rng(seed)
        masks = np.zeros((images, 9, 14), bool)
        for index in range(images):
            top, left = generator.integers(0, (5, 9))
            masks[index, top : top + 4, left : left + 5] = index % 3 != 2
        maps = {
            name: (masks * strength + generator.normal(size=masks.shape))
            for strength, name in zip((2.0, 1.5, 0.5, 0.2), methods, strict=False)
        }
        return maps, masks

    return make


@pytest.fixture
def make_strata():
    def make(images=24, per_subject=1):
        rows = np.arange(images)
        return pd.DataFrame(
            {
                "image_id": [f"{row:06d}" for row in rows],
                "subject": [f"s{row // per_subject}" for row in rows],
                "label": (rows % 3 != 2).astype(int),
                "lesion": np.array(["focal", "texture", "none"])[rows % 3],
                "correct": rows % 7 != 0,
                "contrast": rows / images,
            }
        )

    return make


@pytest.fixture
def scores(make_scene, make_strata):
    maps, masks = make_scene()
    return score(maps, masks, make_strata(), ScoreOptions(resamples=200))
