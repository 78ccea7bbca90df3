"""PNG files: a folder a split and class, masks in a tree of their own."""

from pathlib import Path

import numpy as np
from PIL import Image

from simbench.dataset import Dataset
from simbench.exports.export import Export, batches


def write(dataset: Dataset, folder: Path) -> None:
    """Write ``images/SPLIT/CLASS/ID.png`` and ``masks/SPLIT/CLASS/ID.png``.

    Masks are 0 and 255. Images of more than 8 bits become 16-bit PNG.
    """
    for batch in batches(dataset):
        rows = zip(batch.ids, batch.labels, batch.images, batch.masks, strict=True)
        for name, label, image, mask in rows:
            place = Path(batch.split) / dataset.classes[label] / f"{name}.png"
            pictures = {"images": image, "masks": mask.astype(np.uint8) * 255}
            for tree, picture in pictures.items():
                path = folder / tree / place
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(path)


EXPORT = Export("png", "a PNG file an image, a folder a split and class", write)
