"""Say which rows a comparison has, from the words that users write.

``NAME`` is a method at the layers it is shown at by default, ``NAME@LAYER`` at a tapped
layer, ``NAME@each`` at each of them, ``NAME@all-FUSION`` at each of them alone and then
fused. ``all`` and ``standard`` are groups (:data:`hrcam.requirements.GROUPS`).
"""

import difflib
from collections.abc import Callable, Sequence

from hrcam.entry import Entry, head_key, narrow, run, together
from hrcam.fusion import FUSIONS, INCOMPARABLE
from hrcam.methods import METHODS, Method
from hrcam.requirements import EVERYTHING, GROUPS, find, refusal

__all__ = [
    "CHOICES",
    "EVERYTHING",
    "Entry",
    "check",
    "head_key",
    "narrow",
    "plan",
    "refusal",
    "run",
]

#: Layer choices by the word for them: names of the layers that are seen at a time.
CHOICES: dict[str, Callable[[Sequence[str]], list[tuple[str, ...]]]] = {
    "image": lambda _: [()],
    "last": lambda names: [(names[-1],)],
    "before_last": lambda names: [(names[max(len(names) - 2, 0)],)],
    "each": lambda names: [(name,) for name in names],
    "all": lambda names: [tuple(names)],
}


def plan(
    methods: Sequence[str],
    taps: Sequence[str],
    layers: str = "default",
    known: frozenset[str] = frozenset(),
    fusions: Sequence[str] = (),
) -> tuple[Entry, ...]:
    """Say which entries a comparison has; no two have one name.

    Parameters
    ----------
    methods
        ``all``, ``standard`` (what one pass of the network gives), or methods with or
        without a place, see above.
    taps
        Names of the tapped layers, shallow to deep.
    layers
        ``default`` (each method at the layers it is published for) or ``all`` (every
        method also at every layer it can look at).
    known
        What is known: ``truth``, ``heads`` (images to fit them on), ``head:base``,
        ``calls``, ``biases``, ``slope:RULE``, ``network:VARIANT``. Methods that need
        what is not known are left out of groups and refused by name.
    fusions
        Fusions over all layers that every method is also shown with: names of
        :data:`hrcam.fusion.FUSIONS`, or ``all`` for those that make layers comparable.

    Raises
    ------
    ValueError
        If a method, a layer, a fusion or a choice of layers is unknown, a method cannot
        look there, or something that it needs is not known.
    """
    check(methods, layers, fusions)
    _check_taps(taps)
    fused = _fusions(fusions)
    entries: list[Entry] = []
    for text in methods:
        if text in GROUPS:
            some = [m for m in METHODS.values() if GROUPS[text](m)]
            chosen = [m for m in some if not refusal(m, known)]
            entries += [e for m in chosen for e in _shown(m, taps, layers, fused)]
            continue
        name, _, place = text.partition("@")
        method = find(name)
        if reason := refusal(method, known):
            raise ValueError(reason)
        if place:
            _check_place(method, place, taps)
            entries += _placed(method, place, taps)
        else:
            entries += _shown(method, taps, layers, fused)
    return tuple({entry.name: entry for entry in entries}.values())


def check(
    methods: Sequence[str], layers: str = "default", fusions: Sequence[str] = ()
) -> None:
    """Refuse what can be refused before the network's layers are known.

    Raises
    ------
    ValueError
        If a method, a fusion or a choice of layers is unknown, or a layer is named for
        a method that looks at the image.
    """
    if layers not in ("default", "all"):
        msg = f"layers must be 'default' or 'all', got {layers!r}"
        raise ValueError(msg)
    _fusions(fusions)
    for text in methods:
        if text in GROUPS:
            continue
        name, _, place = text.partition("@")
        method = find(name)
        if "@" in text and (not place or method.layers == ("image",)):
            hint = "it looks at the image" if place else "name a layer after the @"
            msg = f"method {name!r} must be named without a place, got {text!r}; {hint}"
            raise ValueError(msg)
        fusion = place.removeprefix("all-")
        if place.startswith("all-") and fusion not in FUSIONS:
            msg = f"fusion must be one of {', '.join(FUSIONS)}, got {fusion!r}"
            raise ValueError(msg)


def _shown(
    method: Method, taps: Sequence[str], layers: str, fusions: Sequence[str]
) -> list[Entry]:
    """Return a method's default entries, and those at every layer where asked for."""
    words = list(method.layers)
    if method.layers != ("image",) and not method.last_only:
        words += ["each"] if layers == "all" else []
        words += [f"all-{fusion}" for fusion in fusions]
    return [e for word in dict.fromkeys(words) for e in _at(method, word, taps)]


def _placed(method: Method, place: str, taps: Sequence[str]) -> list[Entry]:
    """Return the entries of a method where a user says; layers go before words."""
    if place in taps:
        return [together(method, (place,), taps)]
    return _at(method, place, taps)


def _at(method: Method, word: str, taps: Sequence[str]) -> list[Entry]:
    """Return the entries of a method at a choice of layers, or fused over all."""
    if word.startswith("all-"):
        return [Entry(method, tuple(taps), fusion=word.removeprefix("all-"))]
    return [together(method, layers, taps) for layers in CHOICES[word](taps)]


def _check_place(method: Method, place: str, taps: Sequence[str]) -> None:
    """Check that a method can look where a user says."""
    words = ("last", "before_last", "each", "all")
    fused = place.startswith("all-")
    if place not in (*taps, *words) and not fused:
        near = difflib.get_close_matches(place, [*taps, *words], 1)
        hint = f"did you mean {near[0]!r}?" if near else "or 'each', or 'all-FUSION'"
        msg = f"layer must be one of {', '.join(taps)}, got {place!r}; {hint}"
        raise ValueError(msg)
    if place == "all" and "all" not in method.layers:
        msg = (
            f"method {method.name!r} must look at one layer at a time, got 'all'; fuse "
            f"the layers, as in {method.name}@all-max"
        )
        raise ValueError(msg)
    if method.last_only and place not in ("last", taps[-1]):
        msg = (
            f"method {method.name!r} must look at the last layer, {taps[-1]!r}, got "
            f"{place!r}; {method.last_only}: use hr_cam@{place}"
        )
        raise ValueError(msg)


def _check_taps(taps: Sequence[str]) -> None:
    """Refuse layers whose names are words of the plan."""
    words = [t for t in taps if t in ("image", "all") or t.startswith("all-")]
    if words:
        msg = (
            "tapped layers must not be named image, all or all-FUSION, got "
            f"{words[0]!r}; rename the layer"
        )
        raise ValueError(msg)


def _fusions(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of fusions, with ``all`` spelled out."""
    for name in names:
        if name not in (*FUSIONS, "all"):
            msg = f"fusion must be one of {', '.join(FUSIONS)} or all, got {name!r}"
            raise ValueError(msg)
    comparable = [name for name in FUSIONS if name not in INCOMPARABLE]
    spelled = [n for name in names for n in (comparable if name == "all" else [name])]
    return tuple(dict.fromkeys(spelled))
