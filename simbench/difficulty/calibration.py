"""Give lesions the amplitude that makes them as detectable as a recipe asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from scipy.optimize import brentq

from simbench.acquisition import Conditions
from simbench.difficulty.ideal import ideal
from simbench.difficulty.setting import setting
from simbench.lesions import LESIONS
from simbench.recipe import Recipe
from simbench.scene import Place, Scene
from simbench.streams import Stream

EXACT = 1e-6  # relative; of a d' that is asked for
_DOUBLINGS = 40


@dataclass(frozen=True)
class View:
    """What makes a lesion of an image hard to see."""

    recipe: Recipe
    healthy: Scene
    conditions: Conditions
    opened: Callable[..., Stream]
    """``opened(stage, part)``: a stream of the image."""


def calibrated(
    view: View, lesions: Iterable[tuple[str, Place]]
) -> tuple[tuple[str, Place], ...]:
    """Replace +1 and -1 by the true amplitude in places that have a ``d_prime``.

    Parameters
    ----------
    view
        The image; lesions are calibrated as if each were alone in it.
    lesions
        Names in the recipe and places; the first has id 1.

    Raises
    ------
    ValueError
        If no amplitude has that detectability.
    """
    return tuple(
        (name, place)
        if "d_prime" not in place
        else (name, _calibrated(view, name, place, number))
        for number, (name, place) in enumerate(lesions, start=1)
    )


def solved(view: View, name: str, place: Place, number: int, d_prime: float) -> float:
    """Return the size of the amplitude at which a lesion has a detectability.

    Where d' is proportional to the amplitude, as for everything that adds a pattern,
    one quotient gives it; else it is looked for from that quotient on.

    Parameters
    ----------
    view
        The image.
    name
        The lesion's name in the recipe.
    place
        Where it lies; the sign of its ``amplitude`` counts.
    number
        Its id, from 1.
    d_prime
        Detectability by the ideal observer, > 0.

    Raises
    ------
    ValueError
        If ``d_prime`` is not positive or no amplitude has it.
    """
    if not d_prime > 0:
        msg = f"d_prime must be > 0, got {d_prime}"
        raise ValueError(msg)
    sign = 1.0 if place["amplitude"] >= 0 else -1.0

    def excess(amplitude: float) -> float:
        tried = {**place, "amplitude": sign * amplitude}
        return _detectability(view, name, tried, number) / d_prime - 1

    unit = excess(1.0) + 1
    amplitude = 1 / unit if unit > 0 else 1.0
    if abs(excess(amplitude)) <= EXACT:
        return amplitude
    low, high = 0.0, amplitude
    for _ in range(_DOUBLINGS):
        if excess(high) >= 0:
            break
        low, high = high, 2 * high
    if not excess(low or high / 2**_DOUBLINGS) < 0 <= excess(high):
        msg = f"lesion '{name}' has d' = {d_prime} at no amplitude; change its shape"
        raise ValueError(msg)
    return float(brentq(excess, low or high / 2**_DOUBLINGS, high, rtol=EXACT / 8))


def _calibrated(view: View, name: str, place: Place, number: int) -> Place:
    size = solved(view, name, place, number, place["d_prime"])
    return {**place, "amplitude": size * place["amplitude"]}


def _detectability(view: View, name: str, place: Place, number: int) -> float:
    parameters: Any = view.recipe.lesions[name]
    change = LESIONS[parameters.kind].change(
        parameters, place, view.healthy, view.opened("lesion_texture", number)
    )
    lesion = setting(
        view.recipe, view.conditions, view.healthy, view.healthy, change, parameters
    )
    if lesion.unknown:
        msg = f"lesion '{name}' must have a d' to be given one, got {lesion.unknown}"
        raise ValueError(msg)
    return ideal(lesion)
