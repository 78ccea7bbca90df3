"""What the workers of a cluster are asked to explain: paths, names and choices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hrcam.pipeline.choices import Choices

if TYPE_CHECKING:
    from hrcam.pipeline.views import View


@dataclass(frozen=True, eq=False)
class Asking:
    """What is explained, by its paths; ``call`` tells one call from the next."""

    model: str
    dataset: str
    methods: tuple[str, ...]
    choices: Choices
    call: str = field(default_factory=lambda: uuid4().hex)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asking) and other.call == self.call

    def __hash__(self) -> int:
        return hash(self.call)

    def __call__(self) -> "View":
        """Open and look, in a worker."""
        from hrcam.pipeline.explaining import look
        from hrcam.pipeline.opening import open_data, open_model

        opened = open_model(self.model), open_data(self.dataset)
        return look(*opened, self.methods, self.choices)


def ask(
    paths: tuple[Any, Any, Any], methods: Sequence[Any], choices: Choices, address: str
) -> Asking | None:
    """Return what workers of a cluster are asked; None where there is no cluster.

    Raises
    ------
    ValueError
        If something is in memory, which they do not see.
    """
    if not address:
        return None
    if not all(isinstance(x, str | Path) for x in (*paths, *methods)):
        msg = (
            "model, dataset, out and methods must be paths and names for --scheduler, "
            "got some in memory; save them, or leave the scheduler out"
        )
        raise ValueError(msg)
    model, dataset = (str(Path(path).absolute()) for path in paths[:2])
    return Asking(model, dataset, tuple(methods), choices)
