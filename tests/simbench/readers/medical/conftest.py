"""What the tests of volumes share."""

import numpy as np
import pytest

from simbench.readers.root import Root


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path)


@pytest.fixture(scope="session")
def volume():
    """Slices, rows and columns of signed numbers of 16 bits."""
    return np.random.default_rng(0).integers(-900, 4000, (4, 7, 9)).astype(np.int16)
