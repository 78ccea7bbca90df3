"""One npz file in the layout of MedMNIST, with masks beside images and labels."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.dataset import SPLITS, Dataset
from simbench.exports.export import BATCH, Export

NAMES = {"train": "train", "validation": "val", "test": "test"}  # as MedMNIST says


def write(dataset: Dataset, folder: Path) -> None:
    """Write ``dataset.npz`` with ``SPLIT_images``, ``SPLIT_labels``, ``SPLIT_masks``.

    Labels are (n, 1), splits are train, val and test, as in MedMNIST v2. Images are
    copied batch by batch, so that memory does not grow with their number.
    """
    labels = dataset.index.set_index("image_id")["label"]
    with zipfile.ZipFile(folder / "dataset.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for split in SPLITS:
            ids = dataset.ids(split)
            if not ids:
                continue
            name = NAMES[split]
            for key, array in (("images", "image"), ("masks", "mask")):
                with archive.open(f"{name}_{key}.npy", "w", force_zip64=True) as file:
                    _copy(dataset, array, ids, file)
            with archive.open(f"{name}_labels.npy", "w") as file:
                column = labels.loc[ids].to_numpy().astype(np.uint8)[:, None]
                np.lib.format.write_array(file, column, allow_pickle=False)


def _copy(dataset: Dataset, array: str, ids: list[str], file: Any) -> None:
    """Write an array to a binary file of NumPy's format, batch by batch."""
    first = _read(dataset, array, ids[:1])
    header = {
        "descr": np.lib.format.dtype_to_descr(first.dtype),
        "fortran_order": False,
        "shape": (len(ids), *first.shape[1:]),
    }
    np.lib.format.write_array_header_1_0(file, header)
    for start in range(0, len(ids), BATCH):
        file.write(_read(dataset, array, ids[start : start + BATCH]).tobytes())


def _read(dataset: Dataset, array: str, ids: list[str]) -> Shaped[np.ndarray, "n ..."]:
    values = dataset.read(array, ids)
    return values.astype(np.uint8) if array == "mask" else values


EXPORT = Export("npz", "one npz file in the layout of MedMNIST, with masks", write)
