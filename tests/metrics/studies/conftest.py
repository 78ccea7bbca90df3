import numpy as np
import pandas as pd
import pytest

from metrics import ScoreOptions, score


@pytest.fixture
def make_run():
    """Scores of one training: ``shift`` is how well its first method finds lesions."""

    def make(seed, shift=0.0, images=24, each=2, names=("one", "two", "three"), **kw):
        fixed = np.random.default_rng(7)
        masks = np.zeros((images, 9, 14), bool)
        for mask in masks[: images - 4]:
            top, left = fixed.integers((0, 0), (5, 9))
            mask[top : top + 4, left : left + 5] = True
        generator = np.random.default_rng(seed)
        maps = {}
        for place, name in enumerate(names):
            weight = 1.0 + 0.2 * place + (shift if place == 0 else 0)
            maps[name] = weight * masks + generator.normal(size=masks.shape)
        frame = pd.DataFrame(
            {
                "image_id": [f"{index:06d}" for index in range(images)],
                "subject": [f"s{index // each}" for index in range(images)],
                "lesion": [
                    "none" if index >= images - 4 else "ab"[index % 2]
                    for index in range(images)
                ],
                "correct": generator.random(images) < 0.8,
            }
        )
        options = ScoreOptions(resamples=100, **kw)
        return score(maps, masks, frame, options)

    return make
