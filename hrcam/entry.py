"""One row of a comparison: a method at a choice of layers, with the heads it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hrcam.capture import Capture, Parts
from hrcam.methods import Method


@dataclass(frozen=True)
class Entry:
    """One row of the comparison.

    Parameters
    ----------
    method
        The method's record.
    layers
        Names of the layers it sees; empty for methods of the image.
    heads
        By head name, the key of the fitted head (see :func:`head_key`); empty where
        layers are fused, see ``members``.
    fusion
        A name of :data:`hrcam.fusion.FUSIONS`: the method looks at each of the layers
        alone and the maps are fused. Empty: it sees the layers together, and its
        record says how its parts become one map.
    """

    method: Method
    layers: tuple[str, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    fusion: str = ""

    @property
    def layer(self) -> str:
        """Name of the one layer, ``all``, ``all-FUSION``, or empty for the image."""
        if self.fusion:
            return f"all-{self.fusion}"
        return self.layers[0] if len(self.layers) == 1 else "all" * bool(self.layers)

    @property
    def name(self) -> str:
        """The method, and ``@layer`` unless it sees all layers or none."""
        return f"{self.method.name}@{self.layer}" if self._marked else self.method.name

    @property
    def label(self) -> str:
        """What reports print."""
        label = self.method.label
        return f"{label}, {self.layer}" if self._marked else label

    @property
    def members(self) -> tuple["Entry", ...]:
        """What is run: the entry itself, or one entry per layer that is fused."""
        if not self.fusion:
            return (self,)
        return tuple(
            together(self.method, (name,), self.layers) for name in self.layers
        )

    @property
    def _marked(self) -> bool:
        return bool(self.fusion) or len(self.layers) == 1


def together(method: Method, layers: tuple[str, ...], taps: Sequence[str]) -> Entry:
    """Return the entry of a method that sees some of the tapped layers together."""
    needed = [need.split(":")[1] for need in method.needs if need.startswith("head:")]
    keys = {head: head_key(head, layers, taps, method.network) for head in needed}
    return Entry(method, layers, keys)


def head_key(
    head: str, layers: Sequence[str], taps: Sequence[str], network: str = ""
) -> str:
    """Name a head fitted on a set of layers, such as ``pattern@all``.

    One fitted on a variant of the network ends in ``/VARIANT``. The network's own head
    and the one on fixed filters have one key wherever they are.
    """
    if head in ("base", "filter"):
        return head
    where = "all" if tuple(layers) == tuple(taps) else "+".join(layers)
    return f"{head}@{where}" + (f"/{network}" if network else "")


def run(entry: Entry, capture: Capture) -> Parts:
    """Run an entry on a capture of all its layers, with heads by key.

    Returns raw parts, (n, h, w), by layer name or ``image``; where layers are fused and
    the method draws on the image's grid, by ``image@LAYER``.
    """
    if not entry.fusion:
        return entry.method.explain(narrow(entry, capture))
    parts: Parts = {}
    for member in entry.members:
        for name, part in run(member, capture).items():
            own = name == member.layer
            parts[name if own else f"{name}@{member.layer}"] = part
    return parts


def narrow(entry: Entry, capture: Capture) -> Capture:
    """Return the capture with the entry's layers and its heads, by name, alone."""
    heads = {name: capture.heads[key] for name, key in entry.heads.items()}
    return replace(capture.at(entry.layers), heads=heads)
