"""Readers of what others may send, each with a sound file to be damaged.

A target makes its files in an empty folder and returns what a user would name; reading
takes that path and reads everything behind it.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

PIXELS = np.arange(1, 36, dtype=np.uint16).reshape(5, 7)
MASKS = {"a": PIXELS > 20, "b": PIXELS < 9}
RECIPE = """name = "small"
seed = 7
size = [16, 20]
counterfactual = false

[splits]
train = 2
validation = 2
test = 4

[[classes]]
name = "normal"

[[classes]]
name = "abnormal"
lesions = { focal = 1.0 }

[anatomy]
kind = "uniform"

[texture]
contrast = [0.08, 0.12]
spectrum = { slope = 3.0, length = 6.0 }

[lesions.focal]
kind = "focal"
amplitude = [0.2, 0.3]
count = [1, 1]
shape = { radius = [0.2, 0.3] }

[confounders.mark]
kind = "marker"

[acquisition]
psf = 0.7
bias = { degree = 2, strength = 0.05 }
noise = { kind = "rician", sigma = [0.02, 0.04] }
gain = 0.05
offset = 0.03
window = [-0.2, 1.4]

[audit]
budget = 1.0
"""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes
    ----------
    make
        Writes sound files into an empty folder and returns the path to open.
    read
        Reads everything behind that path.
    needs
        Library that is not in every environment.
    whole
        Whether messages name the file with its folder; readers of datasets may name it
        as it is called in the user's copy.
    mend
        What an enemy would do after a change: checksums made right, for example.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    needs: str = ""
    whole: bool = True
    mend: Callable[[Path], Any] | None = None


def _load(path):
    spec = spec_from_file_location(f"{path.parent.name}_written", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TESTS = Path(__file__).parents[1]
WRITTEN = _load(TESTS / "metrics" / "sources" / "conftest.py")
TREES = _load(TESTS / "simbench" / "readers" / "conftest.py").TREES
OWN = _load(TESTS / "fuzzing" / "own_files.py")


def _read_maps(path):
    """Read maps, as far as they are maps."""
    from metrics import FolderMaps

    source = FolderMaps(path, "x")
    for key in source.ids:
        assert source.header(key).size == next(source.each([key])).shape


def _read_masks(path):
    from metrics import FolderMasks, MaskReading

    for reading in (MaskReading(), MaskReading(soft=True)):
        source = FolderMasks(path, reading)
        for key in source.ids:
            assert source.header(key).size == next(source.each([key])).size


def _pixels(kind, images=None):
    def make(folder):
        found = WRITTEN.WRITERS[kind](folder / "in", images or {"a": PIXELS})
        place, _, inner = str(found).partition("::")
        many = kind.partition(" ")[2] in ("archive", "stack", "members")
        if not many or not Path(place).is_dir():
            return found
        whole = Path(place).rename(folder / "in.zarr")
        return Path(f"{whole}::{inner}") if inner else whole

    return make


def _masks(kind):
    return lambda folder: WRITTEN.MASK_WRITERS[kind](folder, MASKS)


def _polygons(folder):
    path = folder / "m.json"
    square = [[1.0, 1.0, 4.0, 1.0, 4.0, 4.0]]
    runs = {"size": [5, 7], "counts": [3, 4, 28]}
    content = {
        "images": [{"id": 1, "file_name": "a.png", "height": 5, "width": 7}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": square},
            {"id": 2, "image_id": 1, "category_id": 1, "segmentation": runs},
            {"id": 3, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2]},
            {"id": 4, "image_id": 1, "iscrowd": 1, "segmentation": runs},
        ],
        "categories": [{"id": 1, "name": "lesion"}],
    }
    path.write_text(json.dumps(content))
    return path


def _segmentation(folder):
    """Write a DICOM-SEG of two frames on two slices by hand."""
    from pydicom.dataset import Dataset

    def item(**elements):
        made = Dataset()
        for name, value in elements.items():
            setattr(made, name, value)
        return made

    bits = np.zeros((2, 4, 8), np.uint8)
    bits[:, 1:3, 2:5] = 1
    data = WRITTEN.dicom(bits, f"{WRITTEN.UID}9")
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.BitsAllocated, data.BitsStored, data.HighBit = 1, 1, 0
    data.PixelData = np.packbits(bits, bitorder="little").tobytes()
    data.SegmentationType = "BINARY"
    data.SegmentSequence = [item(SegmentNumber=1, SegmentLabel="Lesion")]
    data.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
            PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=2)],
        )
    ]
    data.PerFrameFunctionalGroupsSequence = [
        item(
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=1)],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 2 * place])],
            DerivationImageSequence=[
                item(
                    SourceImageSequence=[item(ReferencedSOPInstanceUID=f"1.2.{place}")]
                )
            ],
        )
        for place in range(2)
    ]
    return WRITTEN.save(data, folder / "a.dcm")


def _read_segmentation(path):
    from metrics import FolderMasks, MaskReading

    _read_masks(path.parent)
    source = FolderMasks(path, MaskReading(ids="uid"))
    for key in source.ids:
        source.header(key)
    source.read(source.ids)


def _recipe(folder):
    (folder / "r.toml").write_text(RECIPE)
    return folder / "r.toml"


def _read_recipe(path):
    from simbench.recipe import load

    load(path).toml()


def _dataset(folder):
    from simbench.recipe import parse
    from simbench.writer import write

    write(parse(RECIPE), folder / "data")
    return folder / "data"


def _read_dataset(path):
    from simbench.manifest import verify
    from simbench.opening import open_dataset

    verify(path)
    data = open_dataset(path)
    repr(data)
    for name in data.arrays:
        data.read(name, data.ids("test"))


def _seal(path):
    """Write the manifest anew, as an enemy would; a damaged one is left damaged."""
    from simbench.manifest import NAME, quick_problems, read_manifest, seal

    manifest = read_manifest(path)
    if quick_problems(path, manifest) or (path / NAME).stat().st_mtime_ns:
        seal(path, manifest.identity)


def _maps(folder):
    """Write a maps folder of one method at two layers."""
    import pandas as pd

    from hrcam.capture import Geometry
    from hrcam.description import Facts
    from hrcam.maps_folder import write_maps

    names = dict.fromkeys(("layer", "architecture", "seed"), "")
    names |= {"method": "cam", "head": "base", "label": "CAM", "kind": "model"}
    names["alignment"] = "receptive_field"
    places = {"one": Geometry((4.0, 4.0), (1.5, 1.5)), "two": None}
    facts = Facts(names, (8, 12), places, "relu", "mean", {"needs": []})
    parts = {"one": np.ones((3, 2, 3), "f4"), "two": np.ones((3, 4, 6), "f4")}
    where = folder / "maps"
    where.mkdir()
    write_maps(where, {"cam": facts}, [{"cam": parts}])
    ids = pd.DataFrame({"image_id": ["a", "b", "c"]})
    ids.to_parquet(where / "index.parquet", index=False)
    ids.assign(correct=True).to_parquet(where / "predictions.parquet", index=False)
    for name in ("classifier", "heads", "provenance"):
        (where / f"{name}.json").write_text('{"a": 1}')
    return where


def _read_maps_folder(path):
    from hrcam.pipeline.explaining import open_maps

    for maps in open_maps(path).values():
        maps.read(maps.ids)
        dict(maps.names)


def _scores(folder):
    from metrics import ScoreOptions, score
    from metrics.storage.folder import write

    rng = np.random.default_rng(0)
    masks = np.zeros((6, 5, 7), bool)
    masks[:5, 1:3, 2:5] = True
    maps = {name: rng.random(masks.shape) + masks for name in ("one", "two")}
    found = score(maps, masks, options=ScoreOptions(resamples=100))
    maps = {"ids": np.array(["a"]), "names": np.array(["one"])}
    maps |= {"masks": masks[:1], "maps": np.zeros((1, 1, 5, 7))}
    found.evidence.update({"panels": maps, "provenance": {"a": [1]}})
    write(found, folder / "scores")
    for name in ("results.json", "scores.csv"):  # smaller, so that more is hit
        path = folder / "scores" / name
        if name == "scores.csv":
            path.write_text("")
    return folder / "scores"


def _read_scores(path):
    from metrics.storage.folder import read

    read(path)


def _read_scores_for_report(path):
    from reports.folder import load

    found = load(path)
    dict(found.summaries), dict(found.contrasts)


def _sanity(folder):
    import pandas as pd

    from hrcam.pipeline.sanity.storage import _FILES, SCHEMA

    for name in _FILES[:2]:
        (folder / name).write_text(json.dumps({"schema": SCHEMA, "entries": []}))
    pd.DataFrame({"a": [1, 2]}).to_parquet(folder / _FILES[2])
    return folder


def _read_sanity(path):
    from hrcam.pipeline.sanity.storage import open_sanity

    open_sanity(path)


def _strata(suffix):
    def make(folder):
        import pandas as pd

        rows = {"image_id": ["a", "b"], "subject": ["s", "t"], "d_prime": [1.5, 2.5]}
        frame = pd.DataFrame(rows | {"correct": [True, False], "lesion": ["x", "none"]})
        path = folder / f"strata{suffix}"
        if suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
        return path

    return make


def _read_strata(path):
    from hrcam.pipeline.strata_files import read_strata

    read_strata(path)


def _arrays(folder):
    from metrics.storage.archives import write_arrays

    write_arrays(folder / "a.npz", {"a": PIXELS, "names": np.array(["x", "y"])})
    return folder / "a.npz"


def _read_arrays(path):
    from metrics.storage.archives import read_arrays

    read_arrays(path)


def _keras(folder):
    OWN.network().save(folder / "m.keras")
    with zipfile.ZipFile(folder / "m.keras") as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / "m.keras", "w") as archive:
        for name, content in kept.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return folder / "m.keras"


def _read_keras(path):
    from hrcam.engine.networks import read

    read(path)


def _copy_of(name):
    """Make a reader's copy of a dataset, and what reads every image of it."""
    options = {}

    def make(folder):
        options.update(TREES[name](folder / name))
        return folder / name

    def read(path):
        from simbench.readers.choices import Choices
        from simbench.readers.folder import read_dataset

        data = read_dataset(name, path, Choices(options, size=(8, 8)))
        data.read("image", data.ids())
        if "mask" in data.arrays:
            data.read("mask", data.known(data.ids()))

    return Target(make, read, whole=False)


TWO = {"a": PIXELS, "b": PIXELS + 1}
DEEP = {"a": np.stack([PIXELS, PIXELS])}

TARGETS = {
    **{
        kind: Target(_pixels(kind), _read_maps)
        for kind in ("npy", "npz", "png", "tiff", "zarr")
    },
    "npz archive": Target(_pixels("npz archive", TWO), _read_maps),
    "tiff volume": Target(_pixels("tiff", DEEP), _read_masks),
    "zarr stack": Target(_pixels("zarr stack", TWO), _read_maps),
    "zarr members": Target(_pixels("zarr members", TWO), _read_masks),
    "nifti": Target(_pixels("nifti", DEEP), _read_maps, "nibabel"),
    "nifti gz": Target(_pixels("nifti gz", DEEP), _read_masks, "nibabel"),
    "dicom": Target(_pixels("dicom"), _read_maps, "pydicom"),
    "dicom frames": Target(_pixels("dicom", DEEP), _read_masks, "pydicom"),
    "dicom_seg": Target(_segmentation, _read_segmentation, "pydicom"),
    "hdf5": Target(_pixels("hdf5"), _read_maps, "h5py"),
    "hdf5 stack": Target(_pixels("hdf5 stack", TWO), _read_maps, "h5py"),
    "hdf5 members": Target(_pixels("hdf5 members", TWO), _read_masks, "h5py"),
    "coco": Target(_polygons, _read_masks),
    "coco runs": Target(_masks("coco runs"), _read_masks),
    "categories": Target(_masks("categories"), _read_masks),
    "boxes": Target(_masks("boxes"), _read_masks),
    "recipe": Target(_recipe, _read_recipe),
    "dataset": Target(_dataset, _read_dataset, mend=_seal),
    "maps folder": Target(_maps, _read_maps_folder),
    "scores folder": Target(_scores, _read_scores),
    "scores folder of a report": Target(_scores, _read_scores_for_report),
    "sanity folder": Target(_sanity, _read_sanity),
    "strata.csv": Target(_strata(".csv"), _read_strata),
    "strata.parquet": Target(_strata(".parquet"), _read_strata),
    "arrays": Target(_arrays, _read_arrays),
    **{f"reader {name}": _copy_of(name) for name in TREES},
    **{name: Target(*row) for name, row in OWN.FILES.items()},
    "keras": Target(_keras, _read_keras, "keras"),
}


def attempt(target: Target, path: Path) -> SimpleNamespace:
    """Read, or be refused as promised: a kind of ours, in one line that names the file.

    Anything else is raised.
    """
    try:
        target.read(path)
    except (ValueError, OSError, ImportError) as error:
        text = str(error).removesuffix(getattr(error, "layout", "")).strip()
        place = str(path).partition("::")[0] if target.whole else ""
        if "\n" in text or place not in text:
            msg = f"{type(error).__name__} without one line that names it: {text!r}"
            raise AssertionError(msg) from error
        return SimpleNamespace(refused=True, text=text)
    return SimpleNamespace(refused=False, text="")
