"""Which rows a comparison has: methods at layers, each with the heads it needs."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hrcam.methods import METHODS, Method

#: Layer choices by the word a method uses: names of the layers it sees at a time.
CHOICES: dict[str, Callable[[Sequence[str]], list[tuple[str, ...]]]] = {
    "image": lambda _: [()],
    "last": lambda names: [(names[-1],)],
    "before_last": lambda names: [(names[max(len(names) - 2, 0)],)],
    "each": lambda names: [(name,) for name in names],
    "all": lambda names: [tuple(names)],
}


@dataclass(frozen=True)
class Entry:
    """One row of the comparison: a method at a choice of layers, with its heads.

    Parameters
    ----------
    method
        The method's record.
    layers
        Names of the layers it sees; empty for methods of the image.
    heads
        By head name, the key of the fitted head (see :func:`head_key`).
    """

    method: Method
    layers: tuple[str, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)

    @property
    def layer(self) -> str:
        """Name of the one layer, ``all``, or the empty string for the image."""
        return self.layers[0] if len(self.layers) == 1 else "all" * bool(self.layers)

    @property
    def name(self) -> str:
        """The method, and ``@layer`` where it looks at one layer."""
        single = len(self.layers) == 1
        return f"{self.method.name}@{self.layer}" if single else self.method.name

    @property
    def label(self) -> str:
        """What reports print."""
        single = len(self.layers) == 1
        return f"{self.method.label}, {self.layer}" if single else self.method.label


def plan(
    methods: Sequence[str],
    taps: Sequence[str],
    layers: str = "default",
    known: frozenset[str] = frozenset(),
) -> tuple[Entry, ...]:
    """Say which entries a comparison has.

    Parameters
    ----------
    methods
        Names of methods, or ``all``.
    taps
        Names of the tapped layers, shallow to deep.
    layers
        ``default`` (each method at the layers it is published for) or ``all`` (every
        method also at every layer it can look at).
    known
        What is known beyond the network: ``truth``. Methods that need what is not
        known are left out of ``all`` and refused by name.

    Raises
    ------
    ValueError
        If a method or a layer choice is unknown, or a method needs the truth.
    """
    if layers not in ("default", "all"):
        msg = f"layers must be 'default' or 'all', got {layers!r}"
        raise ValueError(msg)
    chosen = list(METHODS) if "all" in methods else list(dict.fromkeys(methods))
    entries: list[Entry] = []
    for name in chosen:
        method = _method(name)
        if "truth" in method.needs and "truth" not in known:
            if "all" in methods:
                continue
            msg = f"method {name!r} must have simulated images with a known effect"
            raise ValueError(msg)
        entries += [
            _entry(method, seen, taps)
            for choice in _choices(method, layers)
            for seen in CHOICES[choice](taps)
        ]
    return tuple({entry.name: entry for entry in entries}.values())


def head_key(head: str, layers: Sequence[str], taps: Sequence[str]) -> str:
    """Name a head fitted on a set of layers, such as ``pattern@all``."""
    if head in ("base", "filter"):
        return head
    return f"{head}@{'all' if tuple(layers) == tuple(taps) else '+'.join(layers)}"


def _choices(method: Method, layers: str) -> tuple[str, ...]:
    """Return a method's layer choices; every layer if ``all`` and if it can."""
    fixed = method.layers == ("image",) or method.head == "base"
    if layers == "default" or fixed:
        return method.layers
    return tuple(dict.fromkeys((*method.layers, "each")))


def _entry(method: Method, seen: tuple[str, ...], taps: Sequence[str]) -> Entry:
    wanted = [need.split(":")[1] for need in method.needs if need.startswith("head:")]
    return Entry(method, seen, {head: head_key(head, seen, taps) for head in wanted})


def _method(name: str) -> Method:
    if name not in METHODS:
        near = difflib.get_close_matches(name, METHODS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; see `hrcam list methods`"
        msg = f"method must be one of the table, got {name!r}{hint}"
        raise ValueError(msg)
    return METHODS[name]
