"""What methods need to be known, and what they say where it is not."""

import difflib
from collections.abc import Callable

from hrcam.methods import METHODS, Method

#: What is missing, and what helps, by the word of what must be known.
_MISSING = {
    "truth": "simulated images with a known effect",
    "heads": "labelled training and validation images to fit its head on; give them, "
    "or use a method without a fitted head, such as grad_cam",
    "head:base": "a network that ends in global average pooling and one dense layer; "
    "use grad_cam, or hr_cam, which fits a head of its own",
    "calls": "a network that can be asked again; use grad_cam or gradient",
    "slope:plain": "derivatives by the pixels; use a method of feature maps, such as "
    "grad_cam",
    "slope:guided": "rectifiers whose backward pass can be changed; use gradient",
    "slope:deconvnet": "rectifiers whose backward pass can be changed; use gradient",
    "biases": "a network whose biases can be read; use gradient",
}

#: All that can be known of a network and its images; ``network:VARIANT`` stands for a
#: variant of the network that can be made.
EVERYTHING = frozenset(_MISSING) | {
    f"network:{m.network}" for m in METHODS.values() if m.network
}

#: What one look into the network does not find.
_BEYOND_ONE_PASS = frozenset({"calls", "slope:guided", "slope:deconvnet"})


def in_one_pass(method: Method) -> bool:
    """Say whether one forward and backward pass of the network itself is enough."""
    return not method.network and not method.needs & _BEYOND_ONE_PASS


def is_standard(method: Method) -> bool:
    """Say whether every report shows it: baselines, ceilings, and what is cheap."""
    return method.kind != "model" or in_one_pass(method)


#: Names for many methods at once: which of those that can run are meant.
GROUPS: dict[str, Callable[[Method], bool]] = {
    "all": lambda _: True,
    "standard": is_standard,
}


def required(method: Method) -> frozenset[str]:
    """Return what must be known: its needs, but what every network gives.

    All heads but the network's own are fitted, so they need the one word ``heads``.
    """
    given = {"features", "gradients"}
    fitted = {n for n in method.needs if n.startswith("head:")} - {"head:base"}
    words = {*method.needs} - given - fitted
    variant = {f"network:{method.network}"} if method.network else set()
    return frozenset(words | variant | ({"heads"} if fitted else set()))


def refusal(method: Method, known: frozenset[str]) -> str:
    """Say what a method must have that is not known; empty if it can run."""
    missing = sorted(required(method) - known)
    if not missing:
        return ""
    word = missing[0]
    variant = word.removeprefix("network:")
    what = _MISSING.get(word, f"a network whose variant {variant!r} can be made")
    return f"method {method.name!r} must have {what}"


def find(name: str) -> Method:
    """Return the method of that name.

    Raises
    ------
    ValueError
        If there is none; with the nearest name.
    """
    if name not in METHODS:
        near = difflib.get_close_matches(name, [*METHODS, *GROUPS], 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; see `hrcam list methods`"
        msg = f"method must be one of the table, got {name!r}{hint}"
        raise ValueError(msg)
    return METHODS[name]
