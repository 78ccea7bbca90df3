"""Compile the loops over pixels: the same numbers for any number of threads.

No fast math: a sum is taken in the written order. What is compiled is kept beside the
source, and leaves the interpreter free for other threads.
"""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numba

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """Compile a function of arrays and numbers.

    Run-time checkers of annotations wrap functions; what they wrapped is compiled.
    """
    compiler = numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)
    made: Any = compiler(inspect.unwrap(loop))
    return made
