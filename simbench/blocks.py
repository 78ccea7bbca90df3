"""Draw a run of images: the unit that one worker makes and one shard holds."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Shaped

from simbench.phantoms import Sample, draw
from simbench.recipe import Recipe

LENGTH = 256  # images; also the length of a shard
DTYPES: dict[str, np.dtype[Any]] = {
    "image": np.dtype("uint8"),
    "mask": np.dtype("uint8"),
    "instances": np.dtype("uint8"),
    "effect": np.dtype("float32"),
    "confounder": np.dtype("uint8"),
    "tissue": np.dtype("uint8"),
}
Result = TypeVar("Result")


@dataclass(frozen=True)
class Block:
    """Consecutive images and their rows in the tables."""

    start: int
    arrays: dict[str, Shaped[np.ndarray, "n h w"]]
    index: list[dict[str, Any]]
    lesions: list[dict[str, Any]]


def starts(recipe: Recipe) -> range:
    """Return the first image of every block of a dataset."""
    return range(0, recipe.images, LENGTH)


def draw_block(recipe: Recipe, start: int) -> Block:
    """Draw the block that starts at an image."""
    samples = [
        draw(recipe, i) for i in range(start, min(start + LENGTH, recipe.images))
    ]
    arrays = {
        name: np.stack([getattr(sample, name) for sample in samples]).astype(dtype)
        for name, dtype in DTYPES.items()
    }
    return Block(
        start=start,
        arrays=arrays,
        index=[_row(recipe, sample) for sample in samples],
        lesions=[dict(lesion) for sample in samples for lesion in sample.lesions],
    )


def mapped(
    work: Callable[[int], Result], items: list[int], workers: int
) -> Iterator[tuple[int, Result]]:
    """Apply ``work`` to items, in order, in this process or in ``workers`` others.

    Raises
    ------
    ValueError
        If ``workers`` < 1.
    """
    if workers < 1:
        msg = f"workers must be >= 1, got {workers}"
        raise ValueError(msg)
    if workers == 1 or len(items) < 2:
        for item in items:
            yield item, work(item)
        return
    with ProcessPoolExecutor(
        min(workers, len(items)), mp_context=get_context("spawn")
    ) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for item, future in zip(items, futures, strict=True):
                yield item, future.result()
        except BrokenProcessPool as error:
            msg = (
                "a worker process ended by itself; in a script, put the call under "
                "if __name__ == '__main__', or use workers=1"
            )
            raise RuntimeError(msg) from error
        finally:
            for future in futures:
                future.cancel()


def _row(recipe: Recipe, sample: Sample) -> dict[str, Any]:
    case = sample.case
    return {
        "image_id": case.image_id,
        "split": case.split,
        "label": case.label,
        "class": recipe.classes[case.label].name,
        "subject": case.subject,
        "lesion": case.lesion,
        "lesions": len(sample.lesions),
        "area": int(sample.mask.sum()),
        **sample.factors,
        "image_sha256": hashlib.sha256(sample.image.tobytes()).hexdigest(),
        "mask_sha256": hashlib.sha256(sample.mask.tobytes()).hexdigest(),
    }
