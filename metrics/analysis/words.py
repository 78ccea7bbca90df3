"""Number words in their order, without a Python object for each."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from metrics.storage.allocation import release_tables


def number(words: pd.Series | Sequence[str]) -> Int[np.ndarray, " n"]:
    """Give each word the number of different words that come before it.

    Words are in the order of their code points, as :func:`sorted` has them.

    Examples
    --------
    >>> number(["b", "a", "b", "c"])
    array([1, 0, 1, 2])
    """
    ranks = pc.rank(pa.array(words, pa.large_string()), tiebreaker="dense")
    numbers = ranks.to_numpy().astype(np.int64) - 1
    del ranks
    release_tables()
    return numbers
