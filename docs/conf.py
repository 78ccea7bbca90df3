"""Sphinx settings; the pages under ``generated`` are written before Sphinx reads."""

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
project = "hrcam-bench"
author = "The hrcam-bench authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["images"]
highlight_language = "none"
smartquotes = False  # options begin with two hyphens
html_show_copyright = False
html_theme = "alabaster"
html_theme_options = {"page_width": "1060px", "sidebar_width": "240px"}
myst_heading_anchors = 3
napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_default_options = {"exclude-members": "model_config, model_post_init"}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"


def prepare(what: str, lines: list[str]) -> None:
    """Escape formulae, and make a field of a section *Returns* of free text."""
    lines[:] = map(escaped, lines)
    if what == "attribute":
        lines.insert(0, "")  # a colon in the first line would begin a type
    rules = [i for i, line in enumerate(lines) if line and not line.strip("-")]
    start = next((i for i in rules if lines[i - 1] == "Returns"), None)
    if start is None:
        return
    end = next((i - 1 for i in rules if i > start), len(lines))
    body = lines[start + 1 : end]
    if len(body) > 1 and body[1].startswith("    "):  # names above their description
        body = [line.removeprefix("    ") for line in body[1:]]
    text = [f":returns: {body[0]}", *(f"   {line}".rstrip() for line in body[1:])]
    lines[start - 1 : end] = ["", "", *text, "", ""]


def setup(app: Any) -> None:
    """Write the generated pages, and read our docstrings."""

    def described(_app: Any, what: str, *given: Any) -> None:
        prepare(what, given[-1])

    app.connect("autodoc-process-docstring", described, priority=100)
    app.connect("builder-inited", lambda _app: write_all(HERE / "generated"))


sys.path.insert(0, str(HERE))
from _pages import write_all  # noqa: E402  found by the line above
from _rst import escaped  # noqa: E402
