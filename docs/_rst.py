"""Set the tables of recipes, kinds and commands in reStructuredText."""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

UNDERLINES = "=-~"
#: Which page lists the kinds that a key of a recipe may name.
KINDS = {
    "anatomy": "anatomies",
    "lesions": "lesions",
    "confounders": "confounders",
    "noise": "noises",
    "artifacts": "artifacts",
}
BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
}


def escaped(text: str) -> str:
    """Keep the signs of formulae from being read as markup; literals stay."""
    parts = re.split(r"(``.*?``)", text)
    return "".join(
        part
        if part.startswith("``")
        else part.replace("**", r"\*\*").replace("|", r"\|")
        for part in parts
    )


def heading(text: str, level: int = 0) -> str:
    """Underline a heading of level 0, 1 or 2."""
    return f"{text}\n{UNDERLINES[level] * max(len(text), 1)}\n"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "auto"
) -> str:
    """Set a table; cells are reStructuredText."""
    options = ("header-rows: 1", "align: left", f"widths: {widths}")
    lines = [".. list-table::", *(f"   :{option}" for option in options), ""]
    for row in (heads, *rows):
        for i, cell in enumerate(row):
            first, *rest = cell.splitlines() or [""]
            lines.append(f"   {'*' if i == 0 else ' '} - {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in rest]
    return "\n".join([*lines, ""])


def keys(
    model: type[BaseModel],
    skipped: Sequence[str] = (),
    meanings: Mapping[str, str] | None = None,
) -> str:
    """Set the table of a model's keys: type, default, meaning.

    Parameters
    ----------
    model
        A table of a recipe.
    skipped
        Keys to leave out.
    meanings
        Of keys whose names speak for themselves in the source.
    """
    schema = model.model_json_schema()
    rows = []
    for name, field in model.model_fields.items():
        if name in skipped:
            continue
        default = "required"
        if not field.is_required():
            default = f"``{shown(field.get_default(call_default_factory=True))}``"
        kind = type_text(schema["properties"][name])
        if name in KINDS:
            kind = kind.replace("a kind", f":doc:`a kind <{KINDS[name]}>`")
        meaning = (meanings or {}).get(name) or _meaning(model, name)
        rows.append((f"``{name}``", kind, default, escaped(meaning)))
    return table(("Key", "Type", "Default", "Meaning"), rows, "18 24 18 40")


def _meaning(model: type[BaseModel], name: str) -> str:
    """Return a field's docstring, or its base's, or the one of the table it takes."""
    for base in model.__mro__:
        field = getattr(base, "model_fields", {}).get(name)
        if field is not None and field.description:
            return str(field.description)
    for inner in _models_in(model.model_fields[name].annotation):
        if inner.__name__ != "KindParameters":
            return (inspect.getdoc(inner) or "").splitlines()[0]
    msg = f"{model.__name__}.{name} must have a docstring; add one below the field"
    raise ValueError(msg)


def type_text(node: Mapping[str, Any]) -> str:
    """Say in words what a node of a JSON schema takes."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        known = name != "KindParameters"
        return f":ref:`{name} <table-{name}>`" if known else "a kind"
    if "anyOf" in node:
        able = [entry for entry in node["anyOf"] if entry.get("type") != "null"]
        return " or ".join(type_text(entry) for entry in able)
    if "const" in node:
        return f"``{shown(node['const'])}``"
    if "enum" in node:
        return ", ".join(f"``{shown(value)}``" for value in node["enum"])
    if node.get("type") == "array":
        return _array_text(node)
    if node.get("type") == "object":
        inner = node.get("additionalProperties")
        return f"by name: {type_text(inner)}" if isinstance(inner, dict) else "table"
    words = {"integer": "whole number", "boolean": "``true`` or ``false``"}
    word = words.get(node.get("type", ""), node.get("type", "any value"))
    bounds = [
        f"{sign} {_bound(node[key])}" for key, sign in BOUNDS.items() if key in node
    ]
    return " ".join([word.replace("string", "text"), ", ".join(bounds)]).strip()


def shown(value: object) -> str:
    """Write a value as TOML does, a table by what differs from its own defaults."""
    if value is None:
        return "unset"
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_none=True, exclude_defaults=True)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {shown(entry)}" for key, entry in value.items())
        return f"{{ {inner} }}" if inner else "{ }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(entry) for entry in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def module_text(thing: Any) -> str:
    """Return the docstring of the module that defines a class or function."""
    return escaped(inspect.cleandoc(sys.modules[thing.__module__].__doc__ or ""))


def inner_models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models of a model's keys, and theirs, outer ones first."""
    for field in model.model_fields.values():
        for found in _models_in(field.annotation):
            if found.__name__ != "KindParameters":
                yield found
                yield from inner_models(found)


def _array_text(node: Mapping[str, Any]) -> str:
    entries = [type_text(entry) for entry in node.get("prefixItems", ())]
    if not entries:
        inner = type_text(node.get("items", {}))
        return f"array of {inner.replace('number', 'numbers', 1)}"
    if len(set(entries)) == 1 and "number" in entries[0]:
        return f"{len(entries)} {entries[0].replace('number', 'numbers', 1)}"
    return f"array: {', '.join(entries)}"


def _bound(value: float) -> str:
    return f"{value:g}" if value < 1e15 else f"2^{int(value).bit_length() - 1}"


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
