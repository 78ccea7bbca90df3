"""Captures, recipes and datasets that need no deep-learning library."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from hrcam.capture import Capture, Layer, Truth

#: Name, rows, columns and channels of the layers of a made-up network on 24 x 36.
LAYERS = (("shallow", 12, 18, 5), ("middle", 6, 9, 7), ("deep", 3, 4, 6))
HEADS = ("base", "hotelling", "convex", "pattern", "centroid", "paper", "filter")


@pytest.fixture
def unchecked():
    """Let our own message come before jaxtyping's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def load_beside(name):
    """Import a module of this folder; tests are no package."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NUMPY_NETWORK = load_beside("numpy_network")


def draw_calls(seed, batch, channels):
    """Draw a network with the layers of :data:`LAYERS`, to be asked a few times."""
    network = NUMPY_NETWORK.draw_network(
        seed, channels, tuple(c for *_, c in LAYERS), 4, ("max", "max", "average")
    )
    target = NUMPY_NETWORK.contrast(np.arange(batch) % 4, 4)
    return NUMPY_NETWORK.Asked(network, target, limit=20)


def draw_capture(seed=0, batch=5, layers=LAYERS, size=(24, 36), channels=2):
    """Make a capture of random NumPy arrays that holds all that methods may need.

    What it says of a network fits nothing but its shapes; for a network that was really
    run see the fixture ``recorded``.
    """
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    tapped = tuple(
        Layer(name, (h, w), normal(batch, h, w, c), normal(batch, h, w, c))
        for name, h, w, c in layers
    )
    heads = {head: {n: normal(batch, c) for n, _, _, c in layers} for head in HEADS}
    heads["filter"] = {"filters": normal(batch, 8)}
    tissue = np.zeros((batch, *size), np.float32)
    tissue[:, 2:-3, 4:-1] = 1
    mask = np.zeros((batch, *size), np.float32)
    mask[:, 5:12, 7:21] = 1
    rules = ("plain", "guided", "deconvnet")
    return Capture(
        size=size,
        ops=np,
        images=rng.integers(0, 256, (batch, *size)).astype(np.float32),
        layers=tapped,
        heads=heads,
        tissue=tissue,
        tissue_median=rng.integers(60, 180, batch).astype(np.float32),
        noise=rng.random((batch, *size)).astype(np.float32),
        truth=Truth(mask, mask * rng.random((batch, *size)).astype(np.float32)),
        pixels=(255 * rng.random((batch, *size, channels))).astype(np.float32),
        slopes={rule: normal(batch, *size, channels) for rule in rules},
        biases=(normal(batch, 12, 18, 5), normal(batch, 3, 4, 6), normal(batch, 4)),
        logits=normal(batch),
        calls=draw_calls(seed, batch, channels),
    )


@pytest.fixture(scope="session")
def make_capture():
    return draw_capture


@pytest.fixture(scope="session")
def tiny_toml():
    """Return the text of quickstart's recipe, shrunk to 40 images of 48 x 40."""
    from simbench.recipe import load

    text = load("quickstart").toml()
    for key, value in {
        "name": '"tiny"',
        "size": "[48, 40]",
        "train": "16",
        "validation": "8",
        "test": "16",
        "budget": "1.0",
    }.items():
        lines = text.splitlines()
        at = next(n for n, x in enumerate(lines) if x.startswith(f"{key} = "))
        lines[at] = f"{key} = {value}"
        text = "\n".join(lines) + "\n"
    return text


@pytest.fixture(scope="session")
def tiny(tiny_toml):
    """Return a dataset in memory."""
    import hrcam
    from simbench.recipe import parse

    return hrcam.generate(parse(tiny_toml, "tiny.toml"))


@pytest.fixture(scope="session")
def tiny_folder(tiny, tmp_path_factory):
    """Return the folder of the same dataset; tests that damage it copy it first."""
    import hrcam

    folder = tmp_path_factory.mktemp("tiny") / "data"
    hrcam.generate(tiny.recipe, folder)
    return folder


@pytest.fixture(scope="session")
def listed():
    """Return all names below a folder: what a failure must leave as it was."""

    def names(folder):
        return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*"))

    return names
