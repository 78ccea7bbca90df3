"""Check a recipe's tables and say everything that is wrong with them in one line."""

import difflib
from collections.abc import Mapping
from types import UnionType
from typing import Any, Protocol, TypeVar, get_args, get_origin, runtime_checkable

from pydantic import BaseModel, ValidationError

from simbench.parameters import KindParameters

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@runtime_checkable
class Entry(Protocol):
    """What an entry of a table of kinds has."""

    @property
    def parameters(self) -> type[KindParameters]: ...


class Parser:
    """Collects the problems of one source, to be raised together."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[str] = []
        self._failed: set[Path] = set()

    def kind(self, kinds: Mapping[str, Entry], content: object, path: Path) -> object:
        """Validate a table whose key ``kind`` names its model."""
        if not isinstance(content, dict):
            return content
        kind = content.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            got = "nothing" if kind is None else f"'{kind}'"
            rule = f"must be one of {', '.join(kinds)}, got {got}"
            self._note((*path, "kind"), rule + _nearest(str(kind), kinds), path)
            return content
        model = kinds[kind].parameters
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self._collect(model, error, path)
            return content

    def finish(self, model: type[Model], content: object) -> Model:
        """Validate the whole, or raise all problems as one ``ValueError``."""
        result: Model | None = None
        try:
            result = model.model_validate(content)
        except ValidationError as error:
            self._collect(model, error, ())
        if result is None or self.problems:
            msg = f"{self.source}: " + "; ".join(self.problems)
            raise ValueError(on_one_line(msg))
        return result

    def _collect(
        self, model: type[BaseModel], error: ValidationError, prefix: Path
    ) -> None:
        for problem in error.errors(include_url=False):
            path = (*prefix, *problem["loc"])
            if any(path[: len(failed)] == failed for failed in self._failed - {prefix}):
                continue
            self._note(path, _rule(model, problem), prefix)

    def _note(self, path: Path, rule: str, failed: Path) -> None:
        self.problems.append(f"{_dotted(path)} {rule}" if path else rule)
        if failed:
            self._failed.add(failed)


def on_one_line(text: str) -> str:
    """Escape what would break a message, or steer the terminal it is printed on."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def frozen(value: Any) -> Any:
    """Copy nested tables, with tuples for arrays."""
    if isinstance(value, Mapping):
        return {key: frozen(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(entry) for entry in value)
    return value


def _rule(model: type[BaseModel], problem: Any) -> str:
    loc = problem["loc"]
    if problem["type"] == "extra_forbidden":
        valid = _keys(model, loc[:-1])
        near = _nearest(str(loc[-1]), valid)
        return "is not a key" + (near or f"; keys here are {', '.join(valid)}")
    if problem["type"] == "missing":
        return "is missing"
    text = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return text if not loc else f"{text}, got {_shown(problem['input'])}"
    text = text.replace("Input should", "must").replace("should have", "must have")
    text = text.replace("greater than or equal to", ">=").replace("greater than", ">")
    text = text.replace("less than or equal to", "<=").replace("less than", "<")
    text = text.replace("a valid tuple", "an array").replace(
        "a valid dictionary", "a table"
    )
    return f"{text}, got {_shown(problem['input'])}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(entry) for entry in value) + "]"
    return repr(value)


def _keys(model: Any, loc: Path) -> tuple[str, ...]:
    """Return the keys that the table at ``loc`` may have."""
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = _given(model.model_fields[str(part)].annotation)
        elif get_origin(model) is dict:
            model = _given(get_args(model)[1])
        else:
            model = _given(get_args(model)[0])
    return tuple(model.model_fields)


def _given(annotation: Any) -> Any:
    """Return the kind of a value that may also be left out."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    optional = isinstance(annotation, UnionType) and len(kinds) == 1
    return kinds[0] if optional else annotation


def _nearest(name: str, valid: Any) -> str:
    close = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
