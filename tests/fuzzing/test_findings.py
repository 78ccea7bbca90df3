"""What fuzzing has found, by the change that shows it; each is refused as promised."""

import json
import re
import struct
import zipfile

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
    "an array larger than its file": (
        "arrays",
        rezip(b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999,)}"),
        r"must be whole, got less than shape \(99999999,\) of float64",
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
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
