"""Maps that were done before a kill are not made again."""

import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import hrcam
from hrcam.pipeline import explaining, map_shards
from hrcam.pipeline.map_shards import Store

pytestmark = pytest.mark.engine
METHODS = ("cam", "hr_cam", "random", "rise")


class StopError(Exception):
    pass


@pytest.fixture(scope="module")
def network():
    from hrcam.engine.networks import Plan, build

    return build("compact", Plan((48, 40, 1), 2, 100.0, 900.0))


@pytest.fixture
def explain(network, tiny, tmp_path, monkeypatch):
    """Return a function that explains in shards of 6 images, and counts images."""
    monkeypatch.setattr(map_shards, "shard_size", lambda _: 6)
    looked = []
    real = map_shards.View.batches

    def count(view, start=0, stop=None):
        looked.append((start, stop))
        return real(view, start, stop)

    monkeypatch.setattr(map_shards.View, "batches", count)

    def explain(**changes):
        looked.clear()
        arguments = {"methods": METHODS, "calls": 4, "out": tmp_path / "maps"}
        found = hrcam.explain(network, tiny, **{**arguments, **changes})
        return found, list(looked)

    return explain


def interrupt_after(images):
    seen = []

    def progress(n):
        seen.append(n)
        if sum(seen) > images:
            raise StopError

    return progress


def test_an_interrupted_explanation_continues(explain, tiny, tmp_path):
    whole, looked = explain(out=None)
    with pytest.raises(StopError):
        explain(progress=interrupt_after(6))
    kept = sorted(p.name for p in (tmp_path / "maps.partial" / ".shards").iterdir())
    assert kept == ["000000.npz"]
    done = []
    again, looked = explain(progress=done.append)
    assert looked == [(6, 12), (12, 16)]
    assert sum(done) == 16
    assert not (tmp_path / "maps" / ".shards").exists()
    ids = tiny.ids("test")
    for name in whole:
        np.testing.assert_allclose(
            again[name].read(ids), whole[name].read(ids), atol=1e-5
        )


@pytest.mark.parametrize(
    "change", [{"calls": 5}, {"methods": METHODS[:2]}, {"seed": 3}]
)
def test_maps_of_something_else_are_made_again(explain, change):
    with pytest.raises(StopError):
        explain(progress=interrupt_after(6))
    _, looked = explain(**change)
    assert looked == [(0, 6), (6, 12), (12, 16)]


def test_a_damaged_shard_is_made_again(tmp_path):
    store = Store(tmp_path / "kept", "me")
    batch = {"cam": {"deep": np.ones((3, 2, 2), np.float32)}}
    assert store.read(0) is None
    store.write(0, batch)
    np.testing.assert_array_equal(store.read(0)["cam"]["deep"], batch["cam"]["deep"])
    assert Store(store.folder, "another").read(0) is None
    content = bytearray(store.path(0).read_bytes())
    for place in (0, len(content) // 2, len(content) - 1):
        damaged = content.copy()
        damaged[place] ^= 255
        store.path(0).write_bytes(damaged)
        found = store.read(0)
        assert found is None or json.dumps(list(found)) == '["cam"]'
    store.path(0).write_bytes(content[:40])
    assert store.read(0) is None
    for about in ({"identity": "me", "names": [[None, "deep"]]}, ["me"], "[" * 10**5):
        text = about if isinstance(about, str) else json.dumps(about)
        np.savez(store.path(0), about=np.array(text), **{"00000": batch["cam"]["deep"]})
        assert store.read(0) is None
    about = json.dumps({"identity": "me", "names": [["cam", "deep"]]})
    np.savez(store.path(0), about=np.array(about), **{"00000": batch["cam"]["deep"]})
    assert store.read(0) is not None
    np.savez(store.path(0), about=np.array(about))
    with zipfile.ZipFile(store.path(0), "a") as file:
        file.writestr("00000.npy", b"no array")
    assert store.read(0) is None


def test_a_limit_on_memory_changes_no_map(network, tiny):
    how = {"methods": METHODS, "calls": 4}
    whole = hrcam.explain(network, tiny, **how)
    part = hrcam.explain(network, replace(tiny, most=0), memory="2GB", **how)
    for name, source in whole.items():
        assert (part[name].read(source.ids) == source.read(source.ids)).all()


def test_too_little_memory_for_a_shard_is_refused_before_heads_are_fitted(
    network, tiny, monkeypatch
):
    monkeypatch.setattr(explaining, "lookouts", None)
    with pytest.raises(ValueError, match="memory") as error:
        hrcam.explain(network, tiny, METHODS, memory="1GB")
    found = re.fullmatch(
        r"memory must be at least (\d+)MB to explain, got 1GB", str(error.value)
    )
    assert 1101 <= int(found[1]) <= 1200


def test_predictions_are_of_the_images_explained_not_of_those_trained_on(tiny):
    from hrcam.engine.training import Training

    model = hrcam.train(tiny, settings=Training(epochs=1))
    others = hrcam.generate(tiny.recipe.model_copy(update={"seed": 77}))
    known = model.predictions[model.predictions["split"] == "test"]
    own, found = (
        hrcam.explain(model, data, ["cam"]).predictions for data in (tiny, others)
    )
    assert own.equals(known)
    assert found["image_id"].tolist() == others.ids("test")
    fresh = hrcam.explain(model.network, others, ["cam"]).predictions
    assert found.equals(fresh)
