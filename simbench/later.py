"""Fields of records that are read when they are first asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

Record = TypeVar("Record")
if TYPE_CHECKING:
    Table = pd.DataFrame
else:  # what it is given as; what is got is always a table
    Table = pd.DataFrame | Callable[[], pd.DataFrame]


def later(*names: str) -> Callable[[type[Record]], type[Record]]:
    """Let fields of a dataclass be given as a table or as the function that reads it.

    What opens a dataset, or writes it, needs no row of its tables, and of many images
    they are large.
    """

    def add(record: type[Record]) -> type[Record]:
        for name in names:
            setattr(record, name, _Field(f"_{name}"))
        return record

    return add


class _Field:
    """A table that stays what was given until somebody looks."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __get__(self, record: object, _: type) -> Any:
        if record is None:
            raise AttributeError(self._place)
        found = record.__dict__[self._place]
        if callable(found):
            found = record.__dict__[self._place] = found()
        return found

    def __set__(self, record: object, given: Table) -> None:
        record.__dict__[self._place] = given
