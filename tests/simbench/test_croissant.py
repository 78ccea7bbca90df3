"""What mlcroissant, the reference implementation, says of our description."""

import json

import mlcroissant
import pandas as pd
import pytest

from simbench.writer import write

pytestmark = [  # of rdflib's and mlcroissant's own code
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def folder(tiny_with, tmp_path_factory):
    changes = {
        "size": [24, 32],
        "confounders.corners": {"kind": "corners", "prevalence": 0.5},
    }
    path = tmp_path_factory.mktemp("croissant") / "dataset"
    write(tiny_with(changes), path)
    return path


def test_the_description_is_valid(folder):
    card = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not card.metadata.ctx.issues.errors
    # a date would make the same recipe give other bytes
    (missing,) = card.metadata.ctx.issues.warnings
    assert "datePublished" in missing


@pytest.mark.parametrize("name", ["index", "lesions", "confounders"])
def test_records_are_the_tables(folder, name):
    card = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    table = pd.read_parquet(folder / f"{name}.parquet")
    records = list(card.records(name))
    assert len(records) == len(table) > 0
    first = {key.split("/", 1)[1]: value for key, value in records[0].items()}
    assert set(first) == set(table)
    assert first["image_id"] == table["image_id"].iloc[0].encode()


def test_the_description_names_what_it_is_of(folder):
    card = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    assert card["identifier"] in (folder / "recipe.toml").read_text(encoding="utf-8")
