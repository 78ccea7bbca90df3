"""Lesions cut out of uniform media, where theory is exact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simbench.difficulty.setting import Background, Setting
from simbench.psf import blur
from simbench.recipe import Recipe, build
from simbench.texture import Spectrum

CLASSIC = Spectrum(slope=3.0, length=6.0)


def disc(size: tuple[int, int], radius: float, edge: float = 0.6) -> Any:
    """Draw a soft disc, off the grid."""
    y, x = np.ogrid[: size[0], : size[1]]
    far = np.hypot(y - size[0] / 2 + 0.2, x - size[1] / 2 - 0.3) / radius
    return np.clip((1 - far) / edge + 0.5, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def lesion_of() -> Callable[..., Setting]:
    """Make a blurred disc of amplitude 1 in a medium, tightly boxed."""

    def made(
        radius: float = 3.0,
        noise: Any = 0.1,
        texture: Any = 0.0,
        amplitude: Any = 1.0,
        spectrum: Spectrum = CLASSIC,
        frame: tuple[int, int] = (56, 60),
        psf: float = 0.7,
        grain: Spectrum | None = None,
    ) -> Setting:
        imaged = blur(disc(frame, radius), psf)
        rows, columns = (np.flatnonzero(imaged.any(axis=a)) for a in (1, 0))
        box = imaged[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        factors = np.atleast_1d(np.asarray(amplitude, np.float32))
        return Setting(
            signal=factors[:, None, None] * box,
            mask=box >= box.max() / 2,
            level=np.ones(factors.size),
            texture=np.broadcast_to(np.float64(texture), factors.size),
            noise=np.broadcast_to(np.float64(noise), factors.size),
            background=Background(frame, spectrum, psf, grain),
        )

    return made


UNIFORM: dict[str, Any] = {
    "size": [56, 60],
    "splits": {"train": 4000, "validation": 0, "test": 0},
    "anatomy": {"kind": "uniform", "intensity": 1.0, "spread": 0.0, "margin": 0.3},
    "texture.contrast": [0.1, 0.1],
    "lesions": {
        "spot": {
            "kind": "focal",
            "d_prime": [3.0, 3.0],
            "sign": "positive",
            "shape": {"radius": [0.05, 0.05]},
        }
    },
    "classes": [{"name": "normal"}, {"name": "abnormal", "lesions": {"spot": 1.0}}],
    "acquisition.bias": {"degree": 1, "strength": 0.0},
    "acquisition.noise": {"kind": "gaussian", "sigma": [0.05, 0.05]},
    "acquisition.gain": 0.0,
    "acquisition.offset": 0.0,
    "acquisition.window": [0.0, 2.0],
    "acquisition.bits": 16,
}


@pytest.fixture(scope="session")
def uniform_with(tiny_table: Callable[..., dict[str, Any]]) -> Callable[..., Recipe]:
    """Make recipes of a uniform medium without nuisances: texture, noise, one spot."""
    return lambda changes: build(tiny_table({**UNIFORM, **changes}), "uniform.toml")
