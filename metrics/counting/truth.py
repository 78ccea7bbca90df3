"""What is lesion in an image, what is healthy, and what does not count."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Num, UInt8
from scipy import ndimage

HEALTHY, LESION, IGNORED = 0, 1, 2
"""What a pixel may count as."""


@dataclass(frozen=True, eq=False)
class Truth:
    """Ground truth of images of one size, 2-D or 3-D.

    Attributes
    ----------
    lesion
        Ground-truth masks: True on lesion pixels, (n, ...).
    soft
        How much of each pixel is lesion, [0, 1], where the truth is not a yes or no:
        the expected effect, or the share of raters who marked it. Scores that count
        pixels then count this share as lesion and the rest as healthy; scores of
        shapes use the mask.
    ignored
        Pixels that count neither as lesion nor as healthy.
    numbered
        Number of the lesion that a pixel belongs to, 0 for none, if it is known; not
        0 on lesion pixels, and of no matter elsewhere.
    spacing
        Distance of neighboring pixels along each axis, in the unit of distances; 1 if
        it is not known.

    Raises
    ------
    ValueError
        If shapes differ, shares leave [0, 1], a lesion pixel has no number or a
        spacing is not positive.
    """

    lesion: Bool[np.ndarray, "n ..."]
    soft: Float[np.ndarray, "n ..."] | None = None
    ignored: Bool[np.ndarray, "n ..."] | None = None
    numbered: Int[np.ndarray, "n ..."] | None = None
    spacing: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("soft", "ignored", "numbered"):
            given = getattr(self, name)
            if given is not None and given.shape != self.lesion.shape:
                msg = (
                    f"{name} and lesion must have one shape, got {given.shape} and "
                    f"{self.lesion.shape}"
                )
                raise ValueError(msg)
        if self.soft is not None and not ((self.soft >= 0) & (self.soft <= 1)).all():
            odd = self.soft[~((self.soft >= 0) & (self.soft <= 1))][0]
            msg = f"soft must lie in [0, 1], got {odd:g}"
            raise ValueError(msg)
        if self.numbered is not None and (self.numbered[self.lesion] < 1).any():
            odd = self.numbered[self.lesion].min()
            msg = (
                f"numbered must be 1 or more on lesion pixels, got {odd}; leave it out "
                "and connected parts are numbered"
            )
            raise ValueError(msg)
        axes = self.lesion.ndim - 1
        spacing = self.spacing or (1.0,) * axes
        if len(spacing) != axes or not all(0 < s < np.inf for s in spacing):
            msg = f"spacing must be {axes} positive numbers, got {spacing}"
            raise ValueError(msg)
        object.__setattr__(self, "spacing", tuple(map(float, spacing)))

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.lesion)

    @cached_property
    def codes(self) -> UInt8[np.ndarray, "n p"]:
        """What each pixel counts as, image by image: :data:`HEALTHY` and so on."""
        codes = self.lesion.reshape(len(self), -1).astype(np.uint8)
        if self.ignored is not None:
            codes[self.ignored.reshape(len(self), -1)] = IGNORED
        return codes

    @cached_property
    def shares(self) -> Float[np.ndarray, "n p"]:
        """Lesion share of each pixel: of the soft truth if there is one."""
        given = self.lesion if self.soft is None else self.soft
        return given.reshape(len(self), -1).astype(np.float64)

    @cached_property
    def lesion_size(self) -> Num[np.ndarray, " n"]:
        """Lesion pixels of each image that count; of a soft truth, their shares."""
        if self.soft is None:
            return (self.codes == LESION).sum(axis=1)
        return np.where(self.codes == IGNORED, 0.0, self.shares).sum(axis=1)

    @cached_property
    def counted(self) -> Int[np.ndarray, " n"]:
        """Pixels of each image that count."""
        return (self.codes != IGNORED).sum(axis=1)

    @property
    def healthy_size(self) -> Num[np.ndarray, " n"]:
        """Healthy pixels of each image that count; of a soft truth, their shares."""
        return self.counted - self.lesion_size

    @cached_property
    def prevalence(self) -> Float[np.ndarray, " n"]:
        """Share of the counted pixels that is lesion; NaN where none counts."""
        result = np.full(len(self), np.nan)
        np.divide(self.lesion_size, self.counted, out=result, where=self.counted > 0)
        return result

    @property
    def size(self) -> tuple[int, ...]:
        """Size of one image."""
        return self.lesion.shape[1:]

    @cached_property
    def marked(self) -> Bool[np.ndarray, "n ..."]:
        """Lesion pixels that count."""
        return self.lesion if self.ignored is None else self.lesion & ~self.ignored

    @cached_property
    def lesions(self) -> Int[np.ndarray, "n ..."]:
        """Number of the lesion at each counted pixel, from 1; 0 for none.

        Where lesions came without numbers they are the connected parts of the mask,
        corners included.
        """
        if self.numbered is not None:
            return np.where(self.marked, self.numbered, 0)
        whole = np.ones((3,) * (self.marked.ndim - 1), bool)
        parts = [ndimage.label(mask, whole)[0] for mask in self.marked]
        return np.stack(parts) if parts else np.zeros(self.marked.shape, np.int32)


def as_truth(masks: Truth | Bool[np.ndarray, "n ..."]) -> Truth:
    """Take a truth as it is; masks alone make one."""
    return masks if isinstance(masks, Truth) else Truth(masks)
