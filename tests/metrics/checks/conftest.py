import numpy as np
import pytest
from scipy import ndimage

from metrics.checks.look import look
from metrics.checks.sample import draw
from metrics.sources.source import ArrayMaps, ArrayMasks


@pytest.fixture
def make_masks():
    """Masks with one ellipse each, anywhere in the image, of two or three axes."""

    def make(images=40, size=(48, 64), seed=0):
        generator = np.random.default_rng(seed)
        places = np.stack(np.indices(size), axis=-1)
        masks = np.zeros((images, *size), bool)
        for mask in masks:
            radius = generator.uniform(0.05, 0.12, len(size)) * min(size)
            center = generator.uniform(radius, size - radius)
            mask[((places - center) ** 2 / radius**2).sum(axis=-1) <= 1] = True
        return masks

    return make


@pytest.fixture
def find():
    """Maps that find the lesion of each mask, in smooth noise."""

    def make(masks, weight=3.0, width=3.0, seed=1):
        axes = tuple(range(1, masks.ndim))
        noise = np.random.default_rng(seed).normal(size=masks.shape)
        parts = [
            ndimage.gaussian_filter(part, width, axes=axes)
            for part in (masks.astype(float), noise)
        ]
        spread = [part.std(axis=axes, keepdims=True) for part in parts]
        maps = weight * parts[0] / spread[0] + parts[1] / spread[1]
        return maps.astype(np.float32)

    return make


@pytest.fixture
def as_sources():
    """Arrays as sources, their images numbered."""

    def make(maps, masks, kind="external"):
        ids = [f"{index:04d}" for index in range(len(masks))]
        names = {"method": "mine", "kind": kind}
        return ArrayMaps(maps, ids, names), ArrayMasks(masks, ids)

    return make


@pytest.fixture
def look_at(as_sources):
    """Arrays as one check sees them."""

    def make(maps, masks, images=64):
        source, truth = as_sources(maps, masks)
        return look("mine", source, draw(truth, truth.ids, images))

    return make
