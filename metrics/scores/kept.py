"""Compute once what several scores need of the same truth or the same maps."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

Owner = TypeVar("Owner")
Result = TypeVar("Result")
More = ParamSpec("More")


def kept(
    find: Callable[Concatenate[Owner, More], Result],
) -> Callable[Concatenate[Owner, More], Result]:
    """Keep what a function finds as long as its first argument lives.

    The first argument is told apart by identity, the others by value. Two threads that
    ask at once may both compute it: the results are the same.
    """
    found: WeakKeyDictionary[Owner, dict[Hashable, Result]] = WeakKeyDictionary()

    @wraps(find)
    def look_up(owner: Owner, *args: More.args, **kwargs: More.kwargs) -> Result:
        results = found.setdefault(owner, {})
        key = (args, tuple(kwargs.items()))
        if key not in results:
            results[key] = find(owner, *args, **kwargs)
        return results[key]

    return look_up  # type: ignore[return-value]  # wraps says less than it keeps
