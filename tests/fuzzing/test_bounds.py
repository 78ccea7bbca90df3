"""Small files that ask for much: refused by what they say, before room is made for it.

All are read in one process of little memory, which tells how much it took.
"""

import gzip
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

MOST = 200
"""Megabytes that reading all of them may take on top of what the libraries take."""

READ = """
import resource, sys
from pathlib import Path
import zarr, h5py, nibabel, pydicom, tifffile, PIL.PngImagePlugin, skimage.draw
from metrics import FolderMasks
def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
begin = taken()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        source = FolderMasks(path)
        source.read(source.ids)
    except ValueError as error:
        print(path.name, taken() - begin, error, sep="|")
    else:
        print(path.name, taken() - begin, "READ", sep="|")
"""


def _zeros(megabytes):
    """Pack zeros, a thousandth of their size."""
    packer = zlib.compressobj(9)
    piece = bytes(2**20)
    parts = [packer.compress(piece) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def _png(width, height):
    def chunk(name, inner):
        check = struct.pack(">I", zlib.crc32(name + inner))
        return struct.pack(">I", len(inner)) + name + inner + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return head, chunk


def _write_png(path):
    head, chunk = _png(60_000, 60_000)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head))


def _write_png_of_two_headers(path):
    small, chunk = _png(3, 2)
    large, _ = _png(60_000, 60_000)
    inside = chunk(b"IDAT", _zeros(1)) + chunk(b"IEND", b"")
    heads = chunk(b"IHDR", small) + chunk(b"IHDR", large)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + heads + inside)


def _write_npz_of_a_long_header(path):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1))
        for _ in range(300):
            stream.write(b" " * 2**20)


def _write_tiff(path):
    """Make a strip of 300 MB for 6 x 9 pixels."""
    import tifffile

    stream = io.BytesIO()
    tifffile.imwrite(stream, np.ones((6, 9), np.uint8), compression="zlib")
    content, strip = bytearray(stream.getvalue()), _zeros(300)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        tags = file.pages[0].tags
        places = {
            tags[n].valueoffset: v for n, v in ((273, len(content)), (279, len(strip)))
        }
    for place, value in places.items():
        content[place : place + 4] = struct.pack("<I", value)
    path.write_bytes(bytes(content) + strip)


def _write_nifti(path):
    """Make an extension of 300 MB."""
    import nibabel

    head = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.eye(4)).header
    head["vox_offset"], head["magic"] = 300 * 2**20, b"n+1"
    extension = b"\1\0\0\0" + struct.pack("<ii", 300 * 2**20 - 352, 6)
    with gzip.open(path, "wb") as stream:
        stream.write(head.binaryblock + extension)
        for _ in range(300):
            stream.write(bytes(2**20))


def _write_coco(path):
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 8000, 8000]}
    image = {"id": 1, "file_name": "a.png", "height": 8000, "width": 8000}
    content = {"images": [image], "annotations": [box] * 500, "categories": []}
    path.write_text(json.dumps(content))


def _write_boxes(path):
    lines = ["image_id,x,y,width,height,rows,columns", *["a,0,0,9,9,8000,8000"] * 500]
    path.write_text("\n".join(lines))


def _write_deep(path):
    path.write_text("[" * 10**6)


def _write_hdf5(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("x", (10**9, 2, 2), chunks=(1, 2, 2), dtype="u1")


def _write_hdf5_of_many_ids(path):
    import h5py

    with h5py.File(path, "w") as file:
        file["x"] = np.zeros((2, 3, 4))
        file.create_dataset("ids", (10**9,), chunks=(10**6,), dtype="u1")


def _write_hdf5_of_large_chunks(path):
    import h5py

    with h5py.File(path, "w") as file:
        options = {"maxshape": (None, None, 2**10), "chunks": (2**10, 2**10, 2**9)}
        file.create_dataset("x", (2, 3, 4), dtype="u1", **options)


def _write_hdf5_that_never_ends(path):
    """Make an object without a name that takes no room, in a heap of text."""
    import h5py

    with h5py.File(path, "w") as file:
        file["x"], file["ids"] = np.zeros((2, 3, 4)), ["a", "b"]
    content = bytearray(path.read_bytes())
    free = content.find(b"GCOL") + 16 + 2 * 24
    assert content[free : free + 2] == b"\0\0"
    content[free + 8 : free + 16] = bytes(8)
    path.write_bytes(content)


def _write_zarr(path):
    import zarr

    zarr.create_array(path, shape=(10**9, 2, 2), chunks=(10**9, 2, 2), dtype="u1")


def _write_zarr_of_large_chunks(path):
    import zarr

    zarr.create_array(path, shape=(9, 2, 2), chunks=(10**9, 2, 2), dtype="u1")


BOMBS = {
    "a.png": (_write_png, r"\(60000, 60000\); set HRCAM_MAX_PIXELS to allow more"),
    "b.png": (_write_png_of_two_headers, r"must have one size, got \(2, 3\) and"),
    "c.npz": (_write_npz_of_a_long_header, "a header of at most 10000 bytes, got"),
    "d.tif": (_write_tiff, "must unpack to its size, got more than 54 bytes"),
    "e.nii.gz": (_write_nifti, "must have pixels after its header"),
    "f.json": (_write_coco, r"500 on \(8000, 8000\); set HRCAM_MAX_MARKED to allow"),
    "g.csv": (_write_boxes, r"500 on \(8000, 8000\); set HRCAM_MAX_MARKED to allow"),
    "h.json": (_write_deep, "must be a complete file, got 'maximum recursion depth"),
    "i.h5": (_write_hdf5, "images, got 1000000000; set HRCAM_MAX_IMAGES to allow"),
    "j.h5": (_write_hdf5_of_many_ids, r"got shape \(1000000000,\) for \(2,\) images"),
    "k.h5": (_write_hdf5_of_large_chunks, "must have chunks of at most 268435456"),
    "l.h5": (_write_hdf5_that_never_ends, "must have sound heaps, got a broken one"),
    "m.zarr": (_write_zarr, "images, got 1000000000; set HRCAM_MAX_IMAGES to allow"),
    "n.zarr": (_write_zarr_of_large_chunks, "must have chunks of at most 268435456"),
}
"""How to write each, and what is said of it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Read all of them: what was said, and the megabytes taken until then."""
    for library in ("h5py", "nibabel", "pydicom"):
        pytest.importorskip(library)
    folder = tmp_path_factory.mktemp("bombs")
    for name, (write, _) in BOMBS.items():
        write(folder / name)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
        cwd=Path(__file__).parents[2],
    )
    rows = [line.split("|", 2) for line in done.stdout.splitlines()]
    return {name: (int(taken), text, folder / name) for name, taken, text in rows}


@pytest.mark.parametrize("name", BOMBS)
def test_what_asks_for_much_is_refused_in_little_memory(name, told):
    taken, text, path = told[name]
    assert str(path) in text
    assert re.search(BOMBS[name][1], text), text
    assert taken < MOST


def test_limits_can_be_raised_by_their_names(tmp_path, monkeypatch):
    from metrics import FolderMaps
    from metrics.sources.formats.limits import LIMITS

    path = tmp_path / "a.npy"
    np.save(path, np.ones((4, 6)))
    monkeypatch.setenv("HRCAM_MAX_PIXELS", "23")
    with pytest.raises(ValueError, match="must have 1 to 23 pixels"):
        FolderMaps(tmp_path, "x").read(["a"])
    monkeypatch.setenv("HRCAM_MAX_PIXELS", "24")
    assert FolderMaps(tmp_path, "x").read(["a"]).shape == (1, 4, 6)
    for limit in LIMITS:
        for word in ("0", "-1", "many", "1e9", "²"):
            monkeypatch.setenv(limit.name, word)
            message = f"{limit.name} must be a whole number above 0, got {word!r}"
            with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
                limit.most  # noqa: B018  the access is what is tested
        monkeypatch.setenv(limit.name, "")
        assert limit.most == limit.usual


def test_names_in_messages_steer_no_terminal(tmp_path, capsys):
    from hrcam.console import complain
    from metrics import FolderMasks

    (tmp_path / "m.csv").write_text("image_id,\x1b[2J\x1b]0;x\x07\n")
    with pytest.raises(ValueError, match="must have the columns") as caught:
        FolderMasks(tmp_path / "m.csv")
    assert str(caught.value).isprintable()
    complain("a\x1b[2J\nb")
    assert capsys.readouterr().err == "hrcam: a\\x1b[2J b\n"


def test_the_docs_name_every_limit():
    from metrics.sources.formats.limits import LIMITS

    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    for limit in LIMITS:
        assert (
            f"| `{limit.name}` | {limit.usual} (2^{limit.usual.bit_length() - 1})"
            in page
        )
