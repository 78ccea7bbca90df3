"""Maps in memory and in the store are the same maps."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.capture import IDENTITY, Geometry
from hrcam.entries import EVERYTHING, Entry, plan
from hrcam.fusion import compose
from hrcam.maps import Explained, LayerMaps, facts, gather
from hrcam.maps_folder import SHARD, read_maps, write_maps
from hrcam.methods import METHODS
from hrcam.statuses import STATUSES

SIZE = (8, 12)
#: A layer that half-pixel places alike, and one that it does not.
PLACES = {
    "b_shallow": Geometry((2.0, 2.0), (0.5, 0.5)),
    "a_deep": Geometry((4.0, 4.0), (0.0, 0.0)),
}
SIZES = {"b_shallow": (4, 6), "a_deep": (2, 3), "image": SIZE}
ENTRIES = (
    Entry(METHODS["hr_cam"], ("b_shallow", "a_deep")),
    Entry(METHODS["grad_cam"], ("a_deep",)),
    Entry(METHODS["cam"], ("b_shallow",)),
    Entry(METHODS["sobel"]),
)
EXTRA = {"architecture": "compact", "seed": "3"}
TABLE = {entry.name: facts(entry, SIZE, PLACES, EXTRA) for entry in ENTRIES}


def draw_batches(count, batch):
    rng = np.random.default_rng(count)
    for start in range(0, count, batch):
        rows = min(batch, count - start)
        yield {
            e.name: {
                layer: rng.normal(size=(rows, *SIZES[layer])).astype(np.float32)
                for layer in e.layers or ("image",)
            }
            for e in ENTRIES
        }


@pytest.fixture(scope="module", params=[(300, 37), (256, 32), (5, 7)], ids=str)
def both(request, tmp_path_factory):
    """The same maps in memory and from the store: across a shard, one, and less."""
    count, batch = request.param
    ids = [f"{n:06d}" for n in range(count)]
    folder = tmp_path_factory.mktemp("maps")
    write_maps(folder, TABLE, draw_batches(count, batch))
    memory = gather(TABLE, draw_batches(count, batch), ids)
    return memory, read_maps(folder, ids), ids


def test_the_store_gives_the_maps_of_memory(both):
    memory, stored, ids = both
    assert list(stored) == list(memory) == [entry.name for entry in ENTRIES]
    for name, source in memory.items():
        assert stored[name].ids == tuple(ids)
        found = stored[name].read(ids)
        assert found.shape == (len(ids), *SIZE)
        np.testing.assert_allclose(found, source.read(ids), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_maps_are_read_in_any_order(both, data):
    memory, stored, ids = both
    some = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=9))
    rows = [ids.index(image) for image in some]
    for name, source in memory.items():
        whole = source.read(ids)
        np.testing.assert_allclose(source.read(some), whole[rows], atol=1e-6)
        np.testing.assert_allclose(stored[name].read(some), whole[rows], atol=1e-6)


def test_a_run_of_rows_across_the_border_of_two_files(tmp_path):
    ids = [f"{n:06d}" for n in range(300)]
    write_maps(tmp_path, TABLE, draw_batches(300, 50))
    memory = gather(TABLE, draw_batches(300, 50), ids)
    some = ids[SHARD - 3 : SHARD + 4]
    found = read_maps(tmp_path, ids)["hr_cam"].read(some)
    np.testing.assert_allclose(found, memory["hr_cam"].read(some), atol=1e-6)


def test_reading_composes_the_parts():
    memory = gather(TABLE, draw_batches(4, 4), list("wxyz"))
    (batch,) = draw_batches(4, 4)
    found = memory["grad_cam@a_deep"].read(["y", "w"])
    part = {"a_deep": batch["grad_cam@a_deep"]["a_deep"][[2, 0]]}
    expected = compose(part, PLACES, SIZE, ("relu", "receptive_field", "sum"))
    np.testing.assert_array_equal(found, expected)


def test_layers_keep_the_network_s_order(tmp_path):
    """Not the alphabet's: the report prints shallow to deep."""
    write_maps(tmp_path, TABLE, draw_batches(3, 2))
    source = read_maps(tmp_path, list("abc"))["hr_cam"]
    assert list(source.parts) == ["b_shallow", "a_deep"]


def test_a_file_that_vanished_reads_as_nan(tmp_path):
    """Never as zero: a map of zeros would be scored."""
    ids = [f"{n:06d}" for n in range(300)]
    write_maps(tmp_path, TABLE, draw_batches(300, 50))
    folder = tmp_path / "maps.zarr" / "sobel" / "image" / "c"
    assert sorted(p.name for p in folder.iterdir()) == ["0", "1"]
    shutil.rmtree(folder / "0")
    found = read_maps(tmp_path, ids)["sobel"].read(ids)
    assert np.isnan(found[:SHARD]).all()
    assert np.isfinite(found[SHARD:]).all()


def test_a_part_that_vanished_makes_the_sum_nan(tmp_path):
    ids = list("abcde")
    write_maps(tmp_path, TABLE, draw_batches(5, 5))
    shutil.rmtree(tmp_path / "maps.zarr" / "hr_cam" / "a_deep" / "c")
    assert np.isnan(read_maps(tmp_path, ids)["hr_cam"].read(ids)).all()


def test_facts_survive_the_store(both):
    memory, stored, _ = both
    for name, source in memory.items():
        assert stored[name].facts == source.facts == TABLE[name]


def test_a_layer_without_geometry_survives_the_store(tmp_path):
    entry = Entry(METHODS["cam"], ("b_shallow",))
    table = {entry.name: facts(entry, SIZE, {"b_shallow": None}, EXTRA)}
    batch = {entry.name: {"b_shallow": np.zeros((2, 4, 6), np.float32)}}
    write_maps(tmp_path, table, [batch])
    assert read_maps(tmp_path, ["a", "b"])[entry.name].facts == table[entry.name]


def test_facts_of_a_model_s_entry_and_of_a_baseline():
    assert TABLE["grad_cam@a_deep"].names == {
        "method": "grad_cam",
        "layer": "a_deep",
        "head": "",
        "alignment": "receptive_field",
        "label": "Grad-CAM, a_deep",
        "kind": "model",
        "architecture": "compact",
        "seed": "3",
    }
    assert TABLE["sobel"].names == {
        "method": "sobel",
        "layer": "",
        "head": "",
        "alignment": "",
        "label": "Sobel",
        "kind": "baseline",
        "architecture": "",
        "seed": "",
    }
    assert TABLE["hr_cam"].names["layer"] == "all"
    assert TABLE["hr_cam"].names["head"] == "hotelling"
    assert TABLE["hr_cam"].geometry == {"image": IDENTITY, **PLACES}
    assert TABLE["grad_cam@a_deep"].postprocessing == "relu"
    assert TABLE["cam@b_shallow"].postprocessing == "none"


def test_another_alignment_only_where_it_changes_the_maps():
    memory = gather(TABLE, draw_batches(4, 4), list("wxyz"))
    assert memory["sobel"].aligned("half_pixel") is None
    assert memory["cam@b_shallow"].aligned("half_pixel") is None
    for name in ("hr_cam", "grad_cam@a_deep"):
        other = memory[name].aligned("half_pixel")
        assert other.names == {
            **memory[name].names,
            "alignment": "half_pixel",
            "label": f"{memory[name].names['label']}, half-pixel",
        }
        parts = {k: v[:2] for k, v in memory[name].parts.items()}
        how = (other.facts.postprocessing, "half_pixel", "sum")
        expected = compose(parts, PLACES, SIZE, how)
        np.testing.assert_array_equal(other.read(["w", "x"]), expected)
        assert not np.allclose(other.read(["w", "x"]), memory[name].read(["w", "x"]))


def test_the_layers_of_a_method_add_up_to_it():
    source = gather(TABLE, draw_batches(4, 4), list("wxyz"))["hr_cam"]
    layers = [source.layer(name) for name in ("b_shallow", "a_deep")]
    assert [list(x.parts) for x in layers] == [["b_shallow"], ["a_deep"]]
    total = sum(x.read(["z", "w"]) for x in layers)
    np.testing.assert_allclose(total, source.read(["z", "w"]), atol=1e-6)


def test_the_store_is_described_in_json(tmp_path):
    write_maps(tmp_path, TABLE, draw_batches(3, 2))
    text = (tmp_path / "maps.json").read_text()
    content = json.loads(text)
    assert content["schema"] == 2
    assert [row["name"] for row in content["entries"]] == list(TABLE)
    assert text.endswith("}\n")
    files = sorted(p.name for p in tmp_path.iterdir())
    assert files == ["maps.json", "maps.zarr", "status.parquet"]


def test_parts_are_stored_raw_at_their_own_size(tmp_path):
    import zarr

    write_maps(tmp_path, TABLE, draw_batches(3, 2))
    array = zarr.open_group(tmp_path / "maps.zarr", mode="r")["grad_cam@a_deep/a_deep"]
    assert array.shape == (3, 2, 3)
    assert array.dtype == np.float32
    assert array.shards == (SHARD, 2, 3)
    assert np.isnan(array.fill_value)
    assert (array[:] < 0).any()  # the published ReLU waits until a map is read


def test_explained_is_a_mapping_that_prints_what_it_holds():
    memory = gather(TABLE, draw_batches(4, 4), list("wxyz"))
    found = Explained(memory)
    assert list(found) == list(TABLE)
    assert len(found) == 4
    assert isinstance(found["hr_cam"], LayerMaps)
    assert repr(found) == (
        "Explained(4 entries, 4 images: hr_cam, grad_cam@a_deep, cam@b_shallow, sobel)"
    )
    assert repr(Explained({})) == "Explained(0 entries, 0 images: )"


# Status of every map


def bad_batches():
    """Five images: the fourth has no gradient, of the fifth nothing is positive."""
    (batch,) = draw_batches(5, 5)
    for part in batch["grad_cam@a_deep"].values():
        part[3], part[4] = 0, -1 - np.abs(part[4])
    batch["hr_cam"]["b_shallow"][1, 0, 0] = np.nan
    batch["sobel"]["image"][:] = 7
    for start in (0, 2):
        yield {
            n: {k: v[start : start + 2] for k, v in p.items()} for n, p in batch.items()
        }
    yield {n: {k: v[4:] for k, v in p.items()} for n, p in batch.items()}


STATUS = {
    "hr_cam": ("ok", "nonfinite", "ok", "ok", "ok"),
    "grad_cam@a_deep": ("ok", "ok", "ok", "zero_gradient", "all_negative"),
    "cam@b_shallow": ("ok",) * 5,
    "sobel": ("constant_map",) * 5,
}


def test_every_map_has_a_status_in_memory_and_in_the_store(tmp_path):
    memory = gather(TABLE, bad_batches(), list("abcde"))
    write_maps(tmp_path, TABLE, bad_batches())
    stored = read_maps(tmp_path, list("abcde"))
    for name, status in STATUS.items():
        assert memory[name].status == stored[name].status == status
        assert memory[name].aligned("half_pixel") is None or (
            memory[name].aligned("half_pixel").status == status
        )


def test_statuses_cross_the_border_of_two_files(both):
    memory, stored, ids = both
    for name in memory:
        assert len(stored[name].status) == len(ids)
        assert stored[name].status == memory[name].status


def test_a_layer_of_a_method_is_not_judged_by_the_whole():
    source = gather(TABLE, bad_batches(), list("abcde"))["hr_cam"]
    assert source.layer("a_deep").status == ()


def test_what_is_wrong_is_counted():
    found = Explained(gather(TABLE, bad_batches(), list("abcde")))
    assert repr(found) == (
        "Explained(4 entries, 5 images: hr_cam, grad_cam@a_deep, cam@b_shallow, sobel; "
        "of the model's maps 1 nonfinite, 1 zero_gradient, 1 all_negative)"
    )
    table = found.statuses()
    assert list(table.columns) == list(STATUSES)
    assert list(table.index) == list(TABLE)
    assert table.loc["grad_cam@a_deep"].to_dict() == {
        "nonfinite": 0,
        "zero_gradient": 1,
        "all_negative": 1,
        "constant_map": 0,
        "ok": 3,
    }
    assert table.loc["sobel", "constant_map"] == 5
    assert (table.sum(axis=1) == 5).all()


def test_the_store_says_status_in_a_table(tmp_path):
    write_maps(tmp_path, TABLE, bad_batches())
    frame = pd.read_parquet(tmp_path / "status.parquet")
    assert {n: tuple(frame[n]) for n in frame} == STATUS


# What else is known of an entry

TOLD = {
    "target": "contrast logit: lesion minus the mean of the others",
    "definition": "coefficients on the logits",
    "penalties": {"pattern@all": 0.01, "pattern@a_deep": float("nan"), "base": 3.0},
    "calls": 40,
}


def fact_of(text, told=TOLD):
    (entry,) = plan([text], tuple(PLACES), known=EVERYTHING)
    return facts(entry, SIZE, PLACES, EXTRA, told)


def test_provenance_of_an_entry():
    assert fact_of("hr_cam_pattern").provenance == {
        "source": METHODS["hr_cam_pattern"].source,
        "layers": ["b_shallow", "a_deep"],
        "needs": ["features", "head:pattern"],
        "network": "",
        "postprocessing": "none",
        "fusion": "sum",
        "target": TOLD["target"],
        "definition": TOLD["definition"],
        "heads": {"pattern@all": 0.01},
    }


def test_provenance_keeps_what_concerns_the_entry():
    fused = fact_of("hr_cam_pattern@all-max")
    assert fused.fusion == fused.provenance["fusion"] == "max"
    assert fused.names["layer"] == "all-max"
    assert fused.geometry == {"image": IDENTITY, **PLACES}
    assert fused.provenance["heads"] == {
        "pattern@b_shallow": None,
        "pattern@a_deep": None,
    }
    assert fact_of("rise").provenance["calls"] == 40
    assert fact_of("rise", {}).provenance["calls"] is None
    assert "calls" not in fact_of("grad_cam@a_deep").provenance
    assert "target" not in fact_of("sobel").provenance
    assert fact_of("layer_cam@all-tanh_max").postprocessing == "relu"


def test_provenance_survives_the_store_as_plain_json(tmp_path):
    table = {name: fact_of(name) for name in ("hr_cam", "hr_cam@all-max")}
    (batch,) = draw_batches(3, 3)
    write_maps(tmp_path, table, [dict.fromkeys(table, batch["hr_cam"])])
    text = (tmp_path / "maps.json").read_text()
    assert "NaN" not in text
    stored = read_maps(tmp_path, list("abc"))
    assert {name: x.facts for name, x in stored.items()} == table


def test_a_folder_of_the_first_schema_still_opens(tmp_path):
    """Without statuses and provenance, with the maps it has."""
    write_maps(tmp_path, TABLE, draw_batches(3, 3))
    expected = read_maps(tmp_path, list("abc"))["hr_cam"].read(list("abc"))
    content = json.loads((tmp_path / "maps.json").read_text())
    content["schema"] = 1
    for row in content["entries"]:
        del row["provenance"]
    (tmp_path / "maps.json").write_text(json.dumps(content))
    (tmp_path / "status.parquet").unlink()
    old = read_maps(tmp_path, list("abc"))
    assert old["hr_cam"].status == ()
    assert old["hr_cam"].facts.provenance == {}
    np.testing.assert_array_equal(old["hr_cam"].read(list("abc")), expected)
    assert repr(Explained(old)).endswith("sobel)")
    assert not Explained(old).statuses().to_numpy().any()


def test_a_folder_of_a_newer_schema_is_refused(tmp_path):
    write_maps(tmp_path, TABLE, draw_batches(3, 3))
    content = json.loads((tmp_path / "maps.json").read_text())
    (tmp_path / "maps.json").write_text(json.dumps({**content, "schema": 3}))
    message = f"{tmp_path}/maps.json must have schema 1..2, got 3; update hrcam-bench"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_maps(tmp_path, list("abc"))


def test_layers_of_nested_models_may_have_slashes_in_their_names(tmp_path):
    """One of them is the part of the other before the slash."""
    places = {"block": None, "block/conv": None, "a%2Fb": None, "a/b": None}
    entry = Entry(METHODS["hr_cam"], tuple(places))
    single = Entry(METHODS["grad_cam"], ("block/conv",))
    table = {e.name: facts(e, SIZE, places, EXTRA) for e in (entry, single)}
    rng = np.random.default_rng(0)
    parts = {name: rng.normal(size=(2, 4, 6)).astype(np.float32) for name in places}
    batch = {entry.name: parts, single.name: {"block/conv": parts["block/conv"]}}
    write_maps(tmp_path, table, [batch])
    memory, stored = gather(table, [batch], ["x", "y"]), read_maps(tmp_path, ["x", "y"])
    for name in table:
        found, expected = stored[name].read(["y", "x"]), memory[name].read(["y", "x"])
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_places_of_ids_are_looked_up_once():
    source = gather(TABLE, draw_batches(4, 4), list("wxyz"))["sobel"]
    assert source._place is source._place
    assert source.layer("image")._place == {"w": 0, "x": 1, "y": 2, "z": 3}
