"""Write the pages of methods, commands and functions."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer
from _reference import API
from _rst import escaped, heading, shown, table

from hrcam.cli import app
from hrcam.methods import METHODS


def methods() -> str:
    """Describe the saliency methods."""
    parts = [heading("Methods"), "``hrcam explain MODEL DATASET --methods NAME,NAME``"]
    for name, entry in METHODS.items():
        rows = [
            ("label", entry.label),
            ("kind", entry.kind),
            ("source", escaped(entry.source)),
            ("layers", ", ".join(entry.layers)),
            ("needs", ", ".join(sorted(entry.needs)) or "the image"),
            ("post-processing", entry.postprocessing),
        ]
        module = inspect.cleandoc(import_module(f"hrcam.methods.{name}").__doc__ or "")
        parts += [
            "",
            heading(name, 1),
            escaped(module),
            "",
            table(("Property", "Value"), rows),
        ]
    return "\n".join(parts)


def commands() -> str:
    """Describe the commands and their options."""
    parts = [heading("Commands")]
    root: Any = typer.main.get_command(app)
    for name, command in _leaves(root.commands):
        rows = []
        for option in command.params:
            words = ", ".join(f"``{word}``" for word in option.opts)
            argument = option.param_type_name == "argument"
            words = f"``{option.name.upper()}``" if argument else words
            default = f"``{shown(option.default)}``"
            default = "required" if option.required else default
            rows.append((words, default, (option.help or "").replace("`", "``")))
        heads = ("Parameter", "Default", "Meaning")
        parts += [
            heading(f"hrcam {name}", 1),
            command.help or "",
            "",
            table(heads, rows),
        ]
    return "\n".join(parts)


def _leaves(commands: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command, those of groups under both names."""
    for name, command in commands.items():
        if hasattr(command, "commands"):
            for part, inner in _leaves(command.commands):
                yield f"{name} {part}", inner
        else:
            yield name, command


def reference() -> str:
    """Name what autodoc is to describe."""
    parts = [heading("Python reference")]
    for title, modules in API.items():
        parts.append(heading(title, 1))
        for module, members in modules.items():
            listed = f"   :members: {', '.join(members)}\n   :undoc-members:"
            parts.append(f".. automodule:: {module}\n{listed}\n")
    return "\n".join(parts)
