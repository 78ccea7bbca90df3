"""Arrays that are kept for those who ask next, up to a limit of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import numpy as np
from jaxtyping import Shaped

Array = Shaped[np.ndarray, "..."]


class Shelf:
    """The arrays asked for last; those asked for longest ago make room.

    Parameters
    ----------
    limit
        Bytes of all arrays together; the last one is kept even if it has more.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many arrays are kept."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for array in self._kept.values())

    def take(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the array of a key; it is made once, even for many threads."""
        with self._lock:
            if key not in self._kept:
                made = make()
                made.flags.writeable = False  # it is not the caller's alone
                self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and self.size > self.limit:
                self._kept.popitem(last=False)
            return self._kept[key]


#: Decoded volumes: the slices of a subject are asked for together.
VOLUMES = Shelf(2**28)
#: Slices and masks as they are shown: training asks for all of them again and again.
SLICES = Shelf(2**26)
