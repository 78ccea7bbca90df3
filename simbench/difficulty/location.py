"""What a detectability is worth: known place, or one of many."""

import numpy as np
from jaxtyping import Float
from scipy.special import log_ndtr, ndtr

_REACH = 9.0  # standard deviations
_STEP = 0.05


def area(d_prime: float) -> float:
    """Return the area under the ROC curve for a known place, Phi(d' / sqrt 2)."""
    return float(ndtr(d_prime / np.sqrt(2)))


def found(d_prime: float, places: float) -> float:
    """Return how often the greatest response is at the lesion's place.

    Parameters
    ----------
    d_prime
        Detectability where the place is known.
    places
        Number of independent places, >= 1, the lesion's one among them; need not be
        whole.

    Notes
    -----
    Integral of phi(t - d') Phi(t)**(places - 1) dt.

    Raises
    ------
    ValueError
        If ``places`` < 1.
    """
    _check(places)
    z = _line()
    with_others = np.exp((places - 1) * log_ndtr(z + d_prime))
    return min(float((_density(z) * with_others).sum()), 1.0)


def area_unknown(d_prime: float, places: float) -> float:
    """Return the area under the ROC curve of the greatest response of all places.

    Notes
    -----
    One minus the integral of P(greatest <= t with a lesion) over the law of the
    greatest response without one, M phi(t) Phi(t)**(M - 1).

    Raises
    ------
    ValueError
        If ``places`` < 1.
    """
    _check(places)
    z = np.append(_line(), _REACH + _STEP * np.arange(1, 201))
    logs = log_ndtr(z)
    without = places * _density(z) * np.exp((places - 1) * logs)
    with_one = np.exp((places - 1) * logs + log_ndtr(z - d_prime))
    return float(np.clip(1 - (without * with_one).sum(), 0, 1))


def _line() -> Float[np.ndarray, " n"]:
    return np.arange(-_REACH, _REACH + _STEP / 2, _STEP)


def _density(z: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Weigh points evenly spaced by the normal law; a sum is then an integral."""
    return np.exp(-(z**2) / 2) * (_STEP / np.sqrt(2 * np.pi))


def _check(places: float) -> None:
    if not places >= 1:
        msg = f"places must be >= 1, got {places}"
        raise ValueError(msg)
