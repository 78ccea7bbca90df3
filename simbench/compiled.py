"""Compile the inner loops of drawing: the same numbers on every machine.

No fast math, no threads: a sum is taken in the written order. What is compiled is kept
beside the source, so that workers and later runs load it.
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
    compiler = numba.njit(cache=True, fastmath=False, error_model="numpy")
    made: Any = compiler(inspect.unwrap(loop))
    return made
