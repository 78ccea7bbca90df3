"""What is explained and how: layers, fusions, split, target, calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hrcam.pipeline.targets import Target


@dataclass(frozen=True)
class Choices:
    """What is explained and how, besides the methods.

    Parameters
    ----------
    layers
        ``default``, ``all`` (every method also at every layer), or names of layers:
        they are tapped, and every method is shown at each of them.
    fusions
        Fusions over the layers that every method is also shown with, see
        :data:`hrcam.fusion.FUSIONS`.
    split
        Whose images are explained.
    target
        What is explained of each image.
    calls
        Images that a method may put through the network per explained image; None
        leaves each method's published number.
    seed
        Of the paper's head.
    """

    layers: str | Sequence[str] = "default"
    fusions: tuple[str, ...] = ()
    split: str = "test"
    target: Target = field(default_factory=Target)
    calls: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the number of calls."""
        if self.calls is not None and self.calls < 1:
            msg = f"calls must be at least 1, got {self.calls}"
            raise ValueError(msg)

    @property
    def taps(self) -> Sequence[str] | None:
        """Names of the layers to tap, None to find them."""
        return None if isinstance(self.layers, str) else tuple(self.layers)

    @property
    def shown(self) -> str:
        """The layers that methods are shown at, as ``plan`` takes it."""
        return self.layers if isinstance(self.layers, str) else "all"
