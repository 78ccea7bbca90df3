"""Write the pages that follow from the tables, and the pictures of the gallery."""

import inspect
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from _conformance import conformance
from _gallery import Picture, recipe_strip, strips
from _programs import commands, methods, reference
from _rst import escaped, heading, inner_models, keys, module_text, table
from _scores import scores
from PIL import Image
from pydantic import BaseModel

from hrcam.run_recipe import names as runs
from metrics.sources.formats import FORMATS
from simbench.anatomies import ANATOMIES
from simbench.artifacts import ARTIFACTS
from simbench.body import Anatomy
from simbench.confounders import CONFOUNDERS
from simbench.exports import EXPORTS
from simbench.lesions import LESIONS
from simbench.noises import NOISES
from simbench.readers import READERS
from simbench.recipe import Recipe, load, names

#: Page: title, what its kinds are, and their table.
KINDS: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "anatomies": (
        "Anatomies",
        "Named by the key ``kind`` of ``[anatomy]``.",
        ANATOMIES,
    ),
    "lesions": (
        "Lesions",
        "Named by the key ``kind`` of ``[lesions.NAME]``. Every lesion has the key "
        "``sham`` beside its own. Pictures: the image; its mask; four times what the "
        "lesion changes, which is the image minus its counterfactual.",
        LESIONS,
    ),
    "confounders": (
        "Confounders",
        "Named by the key ``kind`` of ``[confounders.NAME]``.",
        CONFOUNDERS,
    ),
    "noises": (
        "Noises",
        "Named by the key ``kind`` of ``[acquisition.noise]``. Pictures: with it, and "
        "with hardly any noise.",
        NOISES,
    ),
    "artifacts": (
        "Artifacts",
        "Named by the key ``kind`` of each ``[[acquisition.artifacts]]``. Pictures: "
        "with it, and without.",
        ARTIFACTS,
    ),
}


def write_all(folder: Path) -> None:
    """Write everything into a folder; what is unchanged keeps its date."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, kind, picture in strips():
        _save(pictures / f"{name}-{kind}.png", picture)
    for name in names():
        _save(pictures / f"recipes-{name}.png", recipe_strip(load(name)))
    from _alignment import alignment  # needs a deep-learning library

    for name, text in (*pages(), ("alignment", alignment())):
        _put(folder / f"{name}.rst", text)


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every page."""
    yield "recipe", _recipe()
    for name, (title, about, kinds) in KINDS.items():
        yield name, _kinds(name, title, about, kinds)
    yield "gallery", _gallery()
    yield "recipes", _recipes()
    yield "exports", _exports()
    yield "readers", _readers()
    yield "datasets", _datasets()
    yield "methods", methods()
    yield "conformance", conformance()
    yield "scores", scores()
    yield "commands", commands()
    yield "reference", reference()


def _recipe() -> str:
    """Describe every table that is not of one kind alone."""
    parts = [
        ".. py:currentmodule:: simbench.recipe\n",
        heading("The tables of a recipe"),
        "A recipe is a TOML file with these keys. Unknown keys and values out of range "
        "are refused with the rule, the value and the nearest valid key.\n",
        _model(Recipe),
    ]
    found = dict.fromkeys(inner_models(Recipe))
    for _, _, kinds in KINDS.values():
        for entry in kinds.values():
            found |= dict.fromkeys(inner_models(entry.parameters))
    return "\n".join([*parts, *map(_model, found)])


def _model(model: type[BaseModel]) -> str:
    splits = dict.fromkeys(("train", "validation", "test"), "In this split.")
    name = model.__name__
    title = f".. _table-{name}:\n\n{heading(name, 1)}"
    about = escaped(inspect.getdoc(model) or "")
    return f"{title}\n{about}\n\n{keys(model, meanings=splits)}\n"


def _kinds(name: str, title: str, about: str, kinds: Mapping[str, Any]) -> str:
    parts = [heading(title), about, ""]
    for kind, entry in kinds.items():
        plain = _tissues(entry) if name == "anatomies" else {}
        parts += [
            f".. _{name}-{kind}:\n",
            heading(kind, 1),
            module_text(entry.parameters),
        ]
        parts += [
            "",
            _picture(name, kind),
            keys(entry.parameters, ("kind", "sham"), plain),
        ]
        if name == "anatomies":
            parts.append(f"Tissues, from 1: {', '.join(entry.tissues)}.")
            removable = ", ".join(entry.structures) or "none"
            parts.append(f"Structures that a lesion may take away: {removable}.\n")
    return "\n".join(parts)


def _tissues(anatomy: Anatomy) -> dict[str, str]:
    """Say what the keys are that bear the name of a tissue."""
    named = [word.replace(" ", "_") for word in anatomy.tissues]
    return dict.fromkeys(named, "Intensity of this tissue.")


def _gallery() -> str:
    parts = [heading("Gallery"), "All of it drawn by the generator.", ""]
    for name, (title, about, kinds) in KINDS.items():
        parts += [heading(title, 1), about, ""]
        for kind in kinds:
            parts += [f":ref:`{kind} <{name}-{kind}>`\n", _picture(name, kind)]
    return "\n".join(parts)


def _recipes() -> str:
    parts = [heading("Recipes"), "``hrcam generate NAME --out FOLDER`` draws them.", ""]
    for name in names():
        recipe = load(name)
        height, width = recipe.size
        sizes = ", ".join(f"{n} {split}" for split, n in recipe.splits.sizes().items())
        text = (resources.files("simbench") / "recipes" / f"{name}.toml").read_text()
        source = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
        parts += [
            heading(name, 1),
            f"{recipe.images} images of {height} x {width} pixels ({sizes}).\n",
            _picture("recipes", name),
            f".. code-block:: toml\n\n{source}\n",
        ]
    parts += [heading("Recipes of runs"), "See :doc:`/recipes`.", ""]
    for name in runs():
        text = (resources.files("hrcam") / "recipes" / f"{name}.toml").read_text()
        source = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
        parts += [heading(f"run {name}", 1), f".. code-block:: toml\n\n{source}\n"]
    return "\n".join(parts)


def _exports() -> str:
    parts = [heading("Exports"), "``hrcam export DATASET --to NAME --out FOLDER``", ""]
    for name, entry in EXPORTS.items():
        about = escaped(inspect.getdoc(entry.write) or "")
        parts += [heading(name, 1), module_text(entry.write), "", about, ""]
    return "\n".join(parts)


def _readers() -> str:
    """Describe every format that maps and masks are read from."""
    about = (
        "What ``hrcam score --maps`` and ``--masks`` take: a folder with one file per "
        "image, or a file with many. Nothing is resized and no value is rounded."
    )
    rows = [
        (
            f"``{entry.name}``",
            ", ".join(f"``{suffix}``" for suffix in entry.suffixes),
            "masks" if entry.masks_only else "maps and masks",
            escaped(entry.about),
            f"``{entry.extra}``" if entry.extra else "none",
        )
        for entry in FORMATS.values()
    ]
    heads = ("Format", "Suffixes", "Holds", "What is read", "Extra to install")
    return "\n".join([heading("Readers"), about, "", table(heads, rows)])


def _datasets() -> str:
    """Describe every real dataset that is read: layout and options."""
    about = "``hrcam read NAME ROOT --out DATASET --option KEY=VALUE``"
    parts = [heading("Datasets"), about, ""]
    for name, entry in READERS.items():
        tree = "\n".join(f"   {line}".rstrip() for line in entry.layout.splitlines())
        parts += [
            heading(name, 1),
            module_text(entry.options),
            "",
            f".. code-block:: text\n\n{tree}\n",
            keys(entry.options) if entry.options.model_fields else "",
        ]
    return "\n".join(parts)


def _picture(name: str, kind: str) -> str:
    return f".. image:: pictures/{name}-{kind}.png\n   :alt: {name}: {kind}\n"


def _save(path: Path, picture: Picture) -> None:
    Image.fromarray(picture).save(path)


def _put(path: Path, text: str) -> None:
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
