"""A real network in NumPy for methods that ask it again."""

from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest


def load_numpy_network():
    """Import the module beside this folder; tests are no package."""
    path = Path(__file__).parents[1] / "numpy_network.py"
    spec = spec_from_file_location("numpy_network", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NUMPY_NETWORK = load_numpy_network()


@pytest.fixture(scope="session")
def numpy_network():
    """Return the module of the network."""
    return NUMPY_NETWORK


@pytest.fixture(scope="session")
def recorded():
    """Return a function that draws a network and records three images of 16 x 24."""

    def record(seed=0, batch=3, size=(16, 24), limit=None, network=None):
        rng = np.random.default_rng(seed + 1000)
        network = network or NUMPY_NETWORK.draw_network(seed)
        channels = network.stages[0].kernel.shape[2]
        pixels = rng.normal(0.4, 1, (batch, *size, channels))
        target = NUMPY_NETWORK.contrast(np.arange(batch) % 4, 4)
        return NUMPY_NETWORK.capture(network, pixels, target, limit)

    return record


@dataclass(frozen=True)
class Goldens:
    """What other libraries found: arrays by name, the network, and its capture."""

    maps: dict[str, np.ndarray]
    network: object
    capture: object


@pytest.fixture(scope="session")
def goldens():
    """Return the maps of torch, captum and torchcam on the network of seed 7."""
    path = Path(__file__).parents[2] / "goldens" / "calls.npz"
    with np.load(path) as file:
        maps = dict(file)
    stages = tuple(
        NUMPY_NETWORK.Stage(name, pool, maps[f"{name}_kernel"], maps[f"{name}_bias"])
        for name, pool in (
            ("shallow", "none"),
            ("middle", "max"),
            ("deep", "average"),
        )
    )
    network = NUMPY_NETWORK.Network(stages, maps["weights"], maps["bias"])
    target = np.eye(4)[maps["targets"]]
    capture = NUMPY_NETWORK.capture(network, maps["pixels"], target)
    return Goldens(maps, network, capture)
