"""Files that our commands write, and a colleague or an accident may have changed.

Each name has what writes sound files into an empty folder and returns the path to open,
what reads everything behind that path, and which library it needs.
"""

import json
import zlib
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1]
REPORTS = TESTS / "reports" / "conftest.py"
SUITES = TESTS / "hrcam" / "studies" / "test_suite.py"
RUN_RECIPE = """name = "mine"
recipe = "quickstart"

[training]
network = "compact"
epochs = 3

[published]
source = "a study"
data = "somebody's images"
note = "of another study"

[published.networks.vgg19]
accuracy = 0.9
"""
KEY = {"dataset": "abc", "epochs": 3}


def _load(path):
    spec = spec_from_file_location(f"{path.stem}_written", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def network():
    """Return a small network; made once, as many files are read into it."""
    import keras

    image = keras.Input((8, 8, 1))
    last = keras.layers.Conv2D(2, 3)(image)
    pooled = keras.layers.GlobalAveragePooling2D()(last)
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(pooled))


def _model(folder):
    import pandas as pd

    from hrcam.pipeline.model import Model, hash_weights, save

    facts = {
        "settings": {"network": "compact", "seed": 0, "epochs": 2},
        "classes": ["normal", "abnormal"],
        "dataset": "abc",
        "weights": hash_weights(network()),
        "parameters": 26,
    }
    rows = {"image_id": ["a", "b"], "label": [0, 1], "predicted": [0, 0]}
    rows |= {"correct": [True, False], "p0": [0.9, 0.6], "p1": [0.1, 0.4]}
    table = pd.DataFrame({**rows, "split": ["train", "test"]})
    found = Model(network(), facts, {"test": {"auroc": 0.5, "accuracy": 0.5}}, table)
    save(found, folder)
    return folder


def _read_model(path):
    """Read a model and ask it what explaining asks."""
    from hrcam.pipeline.model import load

    found = load(path)
    repr(found)
    assert found.classes
    assert found.facts["settings"]["seed"] is not None
    rows = found.predictions.set_index("image_id")
    rows[rows["split"] == "test"]["predicted"].to_numpy().astype(int)


def _run(folder):
    from hrcam.pipeline.ledger import INPUTS, REPORT, enter
    from hrcam.pipeline.run_record import write_record

    for stage in ("dataset", "model", "maps", "scores"):
        (folder / stage).mkdir()
        (folder / stage / "file").write_text(stage)
    for name in REPORT:
        (folder / name).write_text(name)
    done = {stage: enter(folder, stage) for stage in INPUTS}
    record = {"recipe": "abc", "settings": {"epochs": 2}, "seconds": {"dataset": 1.5}}
    write_record(folder, {**record, "done": done})
    return folder


def _read_run(path):
    """Look at every stage, as a run that is continued does."""
    from hrcam.pipeline.ledger import INPUTS, is_done
    from hrcam.pipeline.run_record import read_record

    record = read_record(path)
    for stage in INPUTS:
        is_done(path, stage, record.get("done", {}).get(stage))


def _checkpoint(folder):
    from hrcam.engine.training.checkpoints import Checkpoint, State, values

    held = values(network().variables)
    row = {"epoch": 1, "loss": 0.5}
    Checkpoint(folder / "c.npz", KEY).write(State([row], held, held[:2], held))
    return folder / "c.npz"


def _read_checkpoint(path):
    from hrcam.engine.training.checkpoints import Checkpoint

    state = Checkpoint(path, KEY).read()
    assert state is None or len(state.rows) < 10**6


def _map_shard(folder):
    from hrcam.pipeline.map_shards import Store

    Store(folder, "abc").write(0, {"cam": {"one": np.ones((2, 3, 4), np.float32)}})
    return folder


def _read_map_shard(path):
    """Read a shard; one that is not whole is none, and is made again."""
    import logging

    from hrcam.pipeline.map_shards import Store

    logging.getLogger("hrcam.pipeline.map_shards").disabled = True
    found = Store(path, "abc").read(0)
    assert found is None or isinstance(found, dict)


def _weights(name):
    def make(folder):
        path = folder / name
        if name.endswith(".weights.h5"):
            network().save_weights(path)
        else:
            network().save(path)
        return path

    return make


def _read_weights(path):
    import keras

    from hrcam.engine.networks.weights import load

    load(keras.models.clone_model(network()), path, "the network")


def _run_recipe(folder):
    (folder / "r.toml").write_text(RUN_RECIPE)
    return folder / "r.toml"


def _read_run_recipe(path):
    from hrcam.pipeline.run_images import find_images

    find_images(path, None, None)


def _suite_scores(folder):
    """Write the scores of a made-up method on a suite."""
    content = _load(SUITES).make_scores("me", 0.1, 1)
    (folder / "s.json").write_text(json.dumps(content))
    return folder / "s.json"


def _read_suite_scores(path):
    from hrcam.pipeline.studies.suites.comparing import compare_suites

    compare_suites([path])


def _scores(folder):
    """Write a scores folder with everything that a report tells."""
    written = _load(REPORTS)
    rows = [written.EVERYTHING[k] for k in (0, 1, 4, 5, 7, 8, 15, 19)]
    path = written.write_scores(folder / "scores", rows, images=20, size=16)
    for file in path.rglob("*.json"):  # without blanks, so that more is hit
        file.write_text(json.dumps(json.loads(file.read_text())))
    return path


def _read_for_a_section(path):
    """Tell one section of a report, another one for every content."""
    from reports.folder import load
    from reports.sections import SECTIONS
    from reports.understanding import understood

    found = load(path)
    files = sorted(p for p in path.rglob("*") if p.is_file())
    chosen = zlib.crc32(b"".join(p.read_bytes() for p in files)) % len(SECTIONS)
    with understood(path):
        SECTIONS[chosen](found)


FILES = {
    "model folder": (_model, _read_model, "keras"),
    "run folder": (_run, _read_run, ""),
    "checkpoint": (_checkpoint, _read_checkpoint, "keras"),
    "map shard": (_map_shard, _read_map_shard, ""),
    "weights.h5": (_weights("m.weights.h5"), _read_weights, "keras"),
    "weights by order": (_weights("m.h5"), _read_weights, "keras"),
    "scores of a suite": (_suite_scores, _read_suite_scores, ""),
    "run recipe": (_run_recipe, _read_run_recipe, ""),
    "section of a report": (_scores, _read_for_a_section, ""),
}
