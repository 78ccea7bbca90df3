"""Describe a dataset in Croissant 1.1, the JSON-LD vocabulary for machine learning."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from simbench.manifest import checksum
from simbench.recipe import GENERATOR, Recipe

CITATION = (
    "@misc{hrcam_bench, title = {hrcam-bench: phantoms, class-activation maps and "
    "their scores}, note = {dataset drawn from recipe.toml}}"
)
_TERMS = (  # of Croissant 1.1, as its specification's context has them
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject "
    "fileProperty fileSet format includes isArray isLiveDataset jsonPath key md5 "
    "parentField path recordSet references regex repeated replace samplingRate "
    "separator source subField transform"
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}


def described(
    recipe: Recipe, folder: Path, tables: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    """Return the JSON-LD of a dataset whose tables lie in ``folder`` as Parquet."""
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": recipe.name,
        "description": (
            f"Simulated images ({recipe.size[0]} x {recipe.size[1]} pixels) of "
            f"{len(recipe.classes)} classes with pixelwise lesion masks, drawn from "
            "recipe.toml."
        ),
        "license": "https://spdx.org/licenses/Apache-2.0.html",
        "identifier": recipe.identity,
        "version": f"{GENERATOR}.0.0",
        "citeAs": CITATION,
        "rai:dataCollectionType": "Synthetic data",
        "distribution": [
            *(_file(folder, f"{name}.parquet") for name in tables),
            {
                "@type": "cr:FileSet",
                "@id": "arrays",
                "name": "arrays",
                "description": "Zarr v3 group; every array is (images, height, width).",
                "encodingFormat": "application/vnd.zarr",
                "includes": "arrays.zarr/**",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "field": list(_fields(name, table)),
            }
            for name, table in tables.items()
        ],
    }


def _file(folder: Path, name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": "application/x-parquet",
        "sha256": checksum(folder / name),
    }


def _fields(name: str, table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for column, dtype in table.dtypes.items():
        kinds = {"i": "sc:Integer", "f": "sc:Float", "b": "sc:Boolean"}
        yield {
            "@type": "cr:Field",
            "@id": f"{name}/{column}",
            "name": str(column),
            "dataType": kinds.get(dtype.kind, "sc:Text"),
            "source": {
                "fileObject": {"@id": f"{name}.parquet"},
                "extract": {"column": str(column)},
            },
        }
