"""Difficulty as columns of the table of lesions."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from simbench.difficulty.cnr import contrast
from simbench.difficulty.ideal import ideal, nonprewhitening
from simbench.difficulty.location import found
from simbench.difficulty.setting import Setting, setting
from simbench.exams import Exam
from simbench.noises import NOISES
from simbench.truth import Kept

NUMBERS = (
    "cnr_requested",
    "cnr_noise",
    "cnr_local",
    "cnr_image",
    "d_ideal",
    "d_npw",
    "p_location",
)


def columns(exam: Exam, kept: Sequence[Kept]) -> list[dict[str, float | str | None]]:
    """Grade each lesion of an image as if it were alone in it.

    Parameters
    ----------
    exam
        The image.
    kept
        All its lesions, as they were put in one after the other.

    Returns
    -------
    For each lesion the numbers :data:`NUMBERS`, None where undefined, and ``d_basis``:
    what ``d_ideal`` rests on (``mean``, ``texture``, ``mean+texture``) or, in
    parentheses, why it is undefined.
    """
    rows, before = [], exam.scene
    for lesion in kept:
        name, place = exam.lesions[lesion.lesion_id - 1]
        cut = setting(
            exam.recipe,
            exam.conditions,
            exam.scene,
            before,
            lesion.change,
            exam.recipe.lesions[name],
        )
        rows.append(_graded(exam, cut, place.get("amplitude")))
        before = lesion.change.scene
    return rows


def _graded(
    exam: Exam, lesion: Setting, amplitude: float | None
) -> dict[str, float | str | None]:
    entry = exam.recipe.acquisition.noise
    law = NOISES[entry.kind]
    ratios = contrast(lesion, partial(law.moments, entry, exam.conditions.level))
    noise = float(np.sqrt((lesion.noise**2).mean()))
    d_prime = ideal(lesion)
    room = np.count_nonzero(exam.scene.body.home) / max(lesion.mask.sum(), 1)
    row: dict[str, Any] = {
        "cnr_requested": abs(amplitude) / noise if amplitude and noise else None,
        "cnr_noise": ratios.noise,
        "cnr_local": ratios.local,
        "cnr_image": ratios.image,
        "d_ideal": d_prime,
        "d_npw": nonprewhitening(lesion),
        "p_location": found(d_prime, max(float(room), 1.0)),
    }
    row = {k: None if v is None or not np.isfinite(v) else v for k, v in row.items()}
    return {**row, "d_basis": _basis(lesion)}


def _basis(lesion: Setting) -> str:
    if lesion.unknown:
        return f"({lesion.unknown})"
    parts = {"mean": lesion.signal.any(), "texture": lesion.retexture is not None}
    return "+".join(name for name, present in parts.items() if present)
