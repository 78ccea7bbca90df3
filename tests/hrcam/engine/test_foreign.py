"""Functions of users and objects of other libraries as methods."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from hrcam.engine.foreign import adopt, is_torch_module

PIXELS = np.random.default_rng(0).normal(size=(3, 8, 6, 2)).astype(np.float32)
TARGET = np.eye(4, dtype=np.float32)[[1, 0, 3]]
AIMS = np.array([1, 0, 3])


def test_a_function_is_given_images_and_classes():
    seen = []

    def mean(pixels, labels):
        seen.append(labels.tolist())
        return pixels.mean(axis=-1)

    method = adopt("theirs", mean, SimpleNamespace())
    found = method.explain(PIXELS, AIMS, TARGET)
    assert (method.library, method.raw, method.layer) == ("callable", False, "")
    np.testing.assert_array_equal(found.maps, PIXELS.mean(axis=-1))
    assert found.status == ("ok", "ok", "ok")
    assert seen == [[1, 0, 3]]


def test_bad_maps_are_told_by_their_status():
    maps = np.ones((3, 2, 2))
    maps[0, 1, 0] = 2
    maps[2, 0, 0] = np.nan
    found = adopt("theirs", lambda *_: maps, None).explain(PIXELS, AIMS, TARGET)
    assert found.status == ("ok", "constant_map", "nonfinite")
    assert found.maps.dtype == np.float32


@pytest.mark.parametrize("shape", [(2, 4, 4), (3, 4), (3, 4, 4, 1), (3, 0, 4)])
def test_another_shape_is_refused(shape):
    method = adopt("theirs", lambda *_: np.zeros(shape), None)
    message = f"must return one map per image, (3, rows, columns), got shape {shape}"
    with pytest.raises(ValueError, match=re.escape(message)):
        method.explain(PIXELS, AIMS, TARGET)


@pytest.mark.parametrize("name", ["cam", "", "a@b"])
def test_a_name_must_be_free(name):
    with pytest.raises(ValueError, match="must be free, without @ or /"):
        adopt(name, lambda *_: None, None)


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="or a function of images and classes, got int"):
        adopt("theirs", 3, None)
    assert not is_torch_module(3)
