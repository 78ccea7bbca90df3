"""NIfTI files: an image and a mask each, gray or RGB."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.dataset import Dataset
from simbench.exports.export import Export, batches

_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def write(dataset: Dataset, folder: Path) -> None:
    """Write ``images/ID.nii.gz`` and ``masks/ID.nii.gz``, (w, h, 1), 1 mm a pixel.

    NIfTI's first axis is the column, so arrays are transposed; the affine says that
    columns go to the patient's left and rows to the back, as in radiology. Which split
    and class an image has says ``index.csv``.

    Raises
    ------
    ImportError
        If nibabel is not installed: ``pip install hrcam-bench[medical]``.
    """
    nibabel = _nibabel()
    for tree in ("images", "masks"):
        (folder / tree).mkdir(parents=True, exist_ok=True)
    for batch in batches(dataset):
        for name, image, mask in zip(batch.ids, batch.images, batch.masks, strict=True):
            pictures = {"images": image, "masks": mask.astype(np.uint8)}
            for tree, picture in pictures.items():
                file = nibabel.Nifti1Image(_volume(picture), np.diag([-1, -1, 1, 1]))
                nibabel.save(file, folder / tree / f"{name}.nii.gz")
    columns = ["image_id", "split", "label", "class", "subject", "lesion"]
    dataset.index[columns].to_csv(folder / "index.csv", index=False)


def _volume(picture: Shaped[np.ndarray, "h w *rgb"]) -> Shaped[np.ndarray, "w h 1"]:
    if picture.ndim == 3:
        picture = np.ascontiguousarray(picture).view(_RGB)[..., 0]
    return picture.T[..., None]


def _nibabel() -> Any:
    try:
        import nibabel
    except ImportError as error:
        msg = "NIfTI needs nibabel; pip install 'hrcam-bench[medical]'"
        raise ImportError(msg) from error
    return nibabel


EXPORT = Export("nifti", "a NIfTI file an image, with an index.csv", write)
