"""What fuzzing has found, by the change that shows it; each is refused as promised."""

import json
import re
import struct
import zipfile

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")


def replace(name, old, new):
    """Replace bytes in the file of that name."""

    def change(folder):
        (path,) = folder.rglob(name)
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    return change


def edit(name, act):
    """Change what a JSON file holds."""

    def change(folder):
        (path,) = folder.rglob(name)
        content = json.loads(path.read_text())
        act(content)
        path.write_text(json.dumps(content))

    return change


def append(name, text):
    def change(folder):
        (path,) = folder.rglob(name)
        path.write_text(f"{path.read_text()}\n{text}\n")

    return change


def damage_shard(folder):
    (path,) = folder.rglob("image/c/0/0/0")
    content = bytearray(path.read_bytes())
    content[9] ^= 255
    path.write_bytes(content)


def rezip(head):
    """Write an archive of one array that has this header and nothing behind it."""

    def change(folder):
        (path,) = folder.rglob("*.npz")
        with zipfile.ZipFile(path, "w") as archive:
            size = struct.pack("<H", len(head))
            archive.writestr("a.npy", b"\x93NUMPY\1\0" + size + head)

    return change


def overgrow(folder):
    """Write a table whose words take thousands of times their room in the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("image_id", pa.string())])
    with pq.ParquetWriter(folder / "strata.parquet", schema) as writer:
        word = pa.array(["x" * 2**20] * 64)
        for _ in range(17):
            writer.write_table(pa.table({"image_id": word}))


def rekey(folder):
    """Give the arrays of a checkpoint a name that breaks the line."""
    (path,) = folder.rglob("*.npz")
    with np.load(path) as arrays:
        changed = {name.replace("best/", "a\nb/"): x for name, x in arrays.items()}
    np.savez(path, **changed)


def climb(folder):
    (path,) = folder.rglob("MANIFEST.sha256")
    text = path.read_text().replace("audit.json", "../../audit.json")
    path.write_text(text)


UNKNOWN = b"\x08\0\x16\0UI", b"\x08\0\x16\0UA"
FINDINGS = {
    "a kind of element that DICOM does not have": (
        "dicom",
        replace("*.dcm", *UNKNOWN),
        "Unknown Value Representation 'UA'",
    ),
    "the same in a segmentation": (
        "dicom_seg",
        replace("*.dcm", *UNKNOWN),
        "Unknown Value Representation 'UA'",
    ),
    "a size that is none": (
        "categories",
        edit("m.json", lambda c: c["a"]["lesion"].update(size=None)),
        "'NoneType' object is not iterable",
    ),
    "columns that break the line": (
        "boxes",
        replace("m.csv", b"image_id", b'"a\nb"'),
        r"got a\\nb, x",
    ),
    "columns of a reader's table that break the line": (
        "reader table",
        lambda folder: next(folder.rglob("labels.csv")).write_text('"a\nb"\n1\n'),
        r"got labels.csv without path, label, site among its columns \(a\\nb\)",
    ),
    "tables within tables": (
        "recipe",
        append("r.toml", "deep = " + "[" * 5000),
        "must be TOML: maximum recursion depth",
    ),
    "a number too long": (
        "recipe",
        append("r.toml", "long = " + "9" * 5000),
        "must be TOML: Exceeds the limit",
    ),
    "a kind that is a table": (
        "recipe",
        replace("r.toml", b'kind = "uniform"', b"kind = {}"),
        "anatomy.kind must be one of .*, got '{}'",
    ),
    "a key that breaks the line": (
        "recipe",
        append("r.toml", '"a\\nb" = 1'),
        r"audit.a\\nb is not a key",
    ),
    "a chunk of an image": ("dataset", damage_shard, "arrays.zarr/image is damaged: "),
    "a manifest that leads elsewhere": (
        "dataset",
        climb,
        "must be a dataset's manifest, and is damaged",
    ),
    "names without a word": (
        "maps folder",
        edit("maps.json", lambda c: c["entries"][0]["names"].pop("alignment")),
        "names of an entry without alignment",
    ),
    "places without two numbers": (
        "maps folder",
        edit(
            "maps.json",
            lambda c: c["entries"][0]["geometry"]["one"].update(stride=[4.0]),
        ),
        "not enough values to unpack",
    ),
    "rows that are none": (
        "scores folder of a report",
        edit("results.json", lambda c: c["summary"].insert(0, 0.5)),
        "results.json must be whole, got",
    ),
    "words of a table that are no text": (
        "scores folder of a report",
        replace("scores.parquet", b"\3\0\0\0one", b"\3\0\0\0\xffne"),
        "scores.parquet must be whole, got: ",
    ),
    "results that are nested too deep": (
        "scores folder of a report",
        lambda folder: next(folder.rglob("results.json")).write_text("[" * 10**5),
        "results.json must be whole, got",
    ),
    "checks that are nested too deep": (
        "sanity folder",
        lambda folder: (folder / "sanity.json").write_text("[" * 10**5),
        "must be a complete folder of `hrcam sanity`, got",
    ),
    "attributes that are no table": (
        "scores folder",
        replace(
            "curves.zarr/zarr.json", b'"attributes": {', b'"attributes": "", "b": {'
        ),
        "must be a complete scores folder, got",
    ),
    "a header that is no Python": (
        "arrays",
        rezip(b"(((((((((((((((\n"),
        "must be a complete file, got",
    ),
    "an array of objects": (
        "arrays",
        rezip(b"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}"),
        "must hold numbers or words, got dtype object",
    ),
    "an alignment that there is not": (
        "maps folder",
        edit(
            "maps.json", lambda c: c["entries"][0]["names"].update(alignment="\ud800")
        ),
        r"an entry with alignment '\\ud800'",
    ),
    "a fusion that there is not": (
        "maps folder",
        edit("maps.json", lambda c: c["entries"][0].update(fusion="none")),
        "an entry with fusion 'none'",
    ),
    "a misspelled key of a table that may be left out": (
        "run recipe",
        replace("r.toml", b"note = ", b"nota = "),
        "published.nota is not a key; did you mean 'note'",
    ),
    "a recipe within a recipe that there is not": (
        "run recipe",
        replace("r.toml", b'recipe = "quickstart"', b'recipe = "%s%n"'),
        "r.toml: recipe must be one of .* got '%s%n', which is neither",
    ),
    "a recipe of a run that is nested too deep": (
        "run recipe",
        append("r.toml", "deep = " + "[" * 5000),
        "r.toml must be TOML: maximum recursion depth",
    ),
    "an input that lies outside a run": (
        "run folder",
        edit("run.json", lambda c: c["done"]["maps"]["inputs"].update({"/": "a"})),
        "run.json must be the record of a run, got something else than a stage with",
    ),
    "a record of a run that is nested too deep": (
        "run folder",
        lambda folder: (folder / "run.json").write_text("[" * 10**5),
        "run.json must be the record of a run, got maximum recursion depth",
    ),
    "classes that are none": (
        "model folder",
        edit("training.json", lambda c: c.update(classes=None)),
        "is damaged: training.json with classes None; train the model again",
    ),
    "a model's facts that are no table": (
        "model folder",
        lambda folder: (folder / "training.json").write_text("[]"),
        "training.json must hold a JSON object, got list",
    ),
    "scores of a classifier that are none": (
        "model folder",
        edit("classifier.json", lambda c: c["test"].update(auroc={})),
        "is damaged: classifier.json with {'accuracy': 0.5, 'auroc': {}} for 'test'",
    ),
    "predictions of other classes": (
        "model folder",
        edit("training.json", lambda c: c["classes"].append("third")),
        "is damaged: predictions.parquet without p2",
    ),
    "arrays of a checkpoint that break the line": (
        "checkpoint",
        rekey,
        "must be a whole checkpoint, got: .* keyword argument 'a.*b'; remove it",
    ),
    "words that unpack to a gigabyte": (
        "strata.parquet",
        overgrow,
        r"must unpack to at most 1073741824 bytes, got \d+; set HRCAM_MAX_BYTES",
    ),
    "an array larger than its file": (
        "arrays",
        rezip(b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999,)}"),
        r"must be whole, got less than shape \(99999999,\) of float64",
    ),
}


def _marked(name):
    """Mark what needs the engine."""
    engine = FINDINGS[name][0] in ("checkpoint", "model folder")
    return pytest.param(name, marks=[pytest.mark.engine] if engine else [])


@pytest.mark.parametrize("name", [_marked(name) for name in FINDINGS])
def test_found_once_and_refused_since(name, targets, attempt, tmp_path):
    key, change, said = FINDINGS[name]
    target = targets.TARGETS[key]
    if target.needs:
        pytest.importorskip(target.needs)
    path = target.make(tmp_path)
    target.read(path)
    change(tmp_path)
    found = attempt(target, path)
    assert found.refused
    assert re.search(said, found.text), found.text
