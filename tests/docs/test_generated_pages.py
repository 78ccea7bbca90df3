"""The pages that follow from the tables, and the papers that docstrings cite."""

import ast
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import create_model

from simbench.phantoms import draw

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CITED = (
    re.compile(r"([A-Z][\w'-]+) et al\."),
    re.compile(r"([A-Z][a-z]\w+) (?:&\s+([A-Z][a-z]\w+) )?(?:19|20)\d\d\b"),
    re.compile(r"([A-Z][a-z]{2,}), [A-Z][^()]{2,70}\(?(?:19|20)\d\d\b"),
    re.compile(r"([A-Z][a-z]{2,}) &\s+([A-Z][a-z]{2,})\b"),
)


@pytest.fixture
def module(monkeypatch):
    """Import a module of the docs folder, and forget it."""
    monkeypatch.syspath_prepend(str(DOCS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in {
        "_rst",
        "_gallery",
        "_pages",
        "_programs",
        "_reference",
        "_conformance",
    } - before:
        sys.modules.pop(name, None)


def test_every_kind_and_every_key_is_described(module):
    pages = dict(module("_pages").pages())
    from simbench.confounders import CONFOUNDERS
    from simbench.lesions import LESIONS
    from simbench.recipe import Recipe

    for kinds, name in ((LESIONS, "lesions"), (CONFOUNDERS, "confounders")):
        for kind, entry in kinds.items():
            _, found = pages[name].split(f".. _{name}-{kind}:")
            section = found.split("\n.. _")[0]
            for key in set(entry.parameters.model_fields) - {"kind", "sham"}:
                assert f"   * - ``{key}``\n" in section
    for key in Recipe.model_fields:
        assert f"   * - ``{key}``\n" in pages["recipe"]
    for text in pages.values():
        cells = re.findall(r"^     - (.*)$", text, re.MULTILINE)
        assert "" not in cells


def test_types_are_said_in_words(module):
    text = module("_rst").type_text
    number = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    assert text(number) == "number > 0, ≤ 1"
    assert text({"type": "array", "prefixItems": [number] * 2}) == "2 numbers > 0, ≤ 1"
    assert text({"anyOf": [{"type": "integer"}, {"type": "null"}]}) == "whole number"
    assert text({"enum": ["a", "b"]}) == '``"a"``, ``"b"``'
    assert text({"$ref": "#/$defs/Shape"}) == ":ref:`Shape <table-Shape>`"
    assert text({"type": "integer", "exclusiveMaximum": 2**63}) == "whole number < 2^63"


def test_a_key_without_a_docstring_is_refused(module):
    from simbench.parameters import Parameters

    bare = create_model("Bare", __base__=Parameters, number=(int, ...))
    with pytest.raises(ValueError, match=r"^Bare\.number must have a doc"):
        module("_rst").keys(bare)


def test_formulae_are_no_markup(module):
    escaped = module("_rst").escaped
    assert escaped("|S|**2 and ``a**b``") == r"\|S\|\*\*2 and ``a**b``"


def test_lesions_are_shown_with_their_mask_and_what_they_change(module):
    gallery = module("_gallery")
    shown = {(table, kind): picture for table, kind, picture in gallery.strips()}
    row, top = gallery.SIZE[0] + gallery.GAP, gallery.CAPTION
    picture = shown["lesions", "fracture"]
    assert picture.shape == (3 * row + top, 5 * row, 3)
    plain, marked, change = (
        picture[top + i * row : top + i * row + gallery.SIZE[0], : gallery.SIZE[1]]
        for i in range(3)
    )
    table = {"lesions": {"shown": gallery.read("lesions", "fracture")}}
    recipe = gallery.example("head", table)
    sample, without = draw(recipe, 0), draw(recipe, 0, lesions="none")
    assert (plain == sample.image[..., None]).all()
    drawn = (marked != plain).any(axis=-1)
    assert drawn.any()
    assert not drawn[~sample.mask].any()
    darker = without.image.astype(int) - sample.image
    assert darker.max() > 20  # a fracture is dark
    assert (change == np.maximum(128 - 4 * darker, 0)[..., None]).all()
    empty = shown["lesions", "nuclei_loss"][top + 5, 5]
    assert (empty == 240).all()  # a head has no nuclei to lose


def test_papers_that_docstrings_cite_are_in_the_bibliography():
    papers = (DOCS / "bibliography.md").read_text(encoding="utf-8")
    cited = set()
    for package in ("simbench", "hrcam", "metrics", "reports"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    for pattern in CITED:
                        for found in pattern.findall(node.value):
                            names = [found] if isinstance(found, str) else found
                            cited |= {n.removesuffix("'s") for n in names if n}
    missing = sorted(name for name in cited if name not in papers)
    assert not missing
    assert len(cited) > 20
