"""What a dataset holds: images of each kind, and confounders against what was asked."""

from collections import Counter
from typing import Any

import numpy as np
from jaxtyping import Bool

from simbench.audit.contrasts import DIGITS
from simbench.audit.sampling import Images, column


def counts(dataset: Images) -> list[dict[str, Any]]:
    """Count the images of every split, class and lesion."""
    index = dataset.index
    kinds = zip(
        column(index, "split", "all").astype(str),
        index["label"].astype(int),
        column(index, "lesion", "none").astype(str),
        strict=True,
    )
    return [
        {
            "split": split,
            "label": label,
            "class": dataset.classes[label],
            "lesion": lesion,
            "images": images,
        }
        for (split, label, lesion), images in sorted(Counter(kinds).items())
    ]


def confounders(dataset: Images) -> list[dict[str, Any]]:
    """Tell, for every confounder and split, how it goes with the class.

    ``phi`` is the correlation of having it with being of the positive class: the one
    that the recipe names, else all but the first. ``asked`` is what the recipe asks for
    (None without one); ``negative`` and ``positive`` count images [without, with] it.
    """
    table, index = dataset.confounders, dataset.index
    asked = dataset.recipe.confounders if dataset.recipe else {}
    names = [*asked, *sorted({str(n) for n in table.get("name", ())} - set(asked))]
    splits = column(index, "split", "all").astype(str)
    labels = index["label"].to_numpy()
    rows = []
    for name in names:
        having = table.loc[table["name"] == name, "image_id"] if len(table) else ()
        present = index["image_id"].isin(list(having)).to_numpy()
        entry: Any = asked.get(name)
        own = entry.with_class if entry else None
        positive = labels == dataset.classes.index(own) if own else labels != 0
        for split in dict.fromkeys(splits):
            part = splits == split
            rows.append(
                {
                    "name": name,
                    "split": split,
                    "phi": phi(present[part], positive[part]),
                    "asked": entry.correlation.of(split) if entry else None,
                    "prevalence": round(float(present[part].mean()), DIGITS),
                    "negative": _split(present[part & ~positive]),
                    "positive": _split(present[part & positive]),
                }
            )
    return rows


def phi(first: Bool[np.ndarray, " n"], second: Bool[np.ndarray, " n"]) -> float | None:
    """Return the correlation of two yes-or-no variables, None where one is constant."""
    count, both = first.size, int((first & second).sum())
    ones, twos = int(first.sum()), int(second.sum())
    spread = ones * (count - ones) * twos * (count - twos)
    if spread == 0:
        return None
    return round((count * both - ones * twos) / float(spread) ** 0.5, DIGITS)


def _split(present: Bool[np.ndarray, " n"]) -> list[int]:
    return [int((~present).sum()), int(present.sum())]
