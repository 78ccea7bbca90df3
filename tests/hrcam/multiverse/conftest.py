"""A small grid and a made-up cell of it."""

import numpy as np
import pytest

from hrcam.pipeline.multiverse.axes import RANKED, axes, measures
from hrcam.pipeline.multiverse.cell import Cell
from hrcam.pipeline.multiverse.plan import Plan


def plan_of(**changes):
    options = {
        "network": ["compact"],
        "data_seed": ["7"],
        "training_seed": ["0"],
        "head": ["hotelling", "paper, Adam 0.001 x 60"],
        "layers": ["all", "last"],
        "alignment": ["receptive_field", "corners"],
        "rectifier": ["none", "each layer", "sum"],
        "target": ["true", "predicted"],
        "lesion": ["all", "focal", "swap"],
    }
    return Plan(axes({**options, **changes}), ("cam", "grad_cam last"))


def cell_of(plan, images=12, seed=0):
    """Values between 0 and 1; every third image is classified wrong."""
    rng = np.random.default_rng(seed)
    wrong = np.arange(0, images, 3)
    place = np.stack([np.arange(images)] * 2, axis=1)
    place[wrong, 1] = images + np.arange(len(wrong))
    shape = [len(plan.options(x)) for x in ("head", "layers", "alignment", "rectifier")]
    rows = images + len(wrong)
    correct = np.ones(images, bool)
    correct[wrong] = False
    return Cell(
        np.array([f"{k:04d}" for k in range(images)]),
        np.array([f"s{k // 2}" for k in range(images)]),
        np.array(["focal", "swap"] * (images // 2)),
        correct,
        place,
        rng.random((rows, *shape, len(measures()))).astype(np.float32),
        rng.random((rows, len(plan.rivals), *shape[2:], len(measures()))).astype(
            np.float32
        ),
    )


@pytest.fixture(scope="session")
def make_plan():
    return plan_of


@pytest.fixture(scope="session")
def make_cell():
    return cell_of


@pytest.fixture
def plan():
    return plan_of()


@pytest.fixture
def cell(plan):
    return cell_of(plan)


@pytest.fixture
def primary():
    return RANKED.index("average_precision")
