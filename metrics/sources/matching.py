"""Match maps with masks by their names, and say what did not match and why."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

Missing = Literal["refuse", "drop", "worst"]
Extra = Literal["refuse", "ignore"]

_AFFIXES = 4
"""So many beginnings and ends are tried, shortest first."""


@dataclass(frozen=True)
class Match:
    """Which maps of one entry have masks.

    Attributes
    ----------
    name
        The entry.
    matched
        Images with both, in the order of the masks.
    missing
        Masks without a map, in their order.
    extra
        Maps without a mask, in their order.
    hint
        How the names would match, if something they share is in the way; else empty.
    """

    name: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    hint: str = ""

    def as_dict(self, most: int = 20) -> dict[str, Any]:
        """Return counts and the first ids, for the results."""
        return {
            "entry": self.name,
            "matched": len(self.matched),
            "missing": len(self.missing),
            "missing_ids": list(self.missing[:most]),
            "extra": len(self.extra),
            "extra_ids": list(self.extra[:most]),
            "hint": self.hint,
        }

    def check(self, missing: Missing = "refuse", extra: Extra = "refuse") -> None:
        """Refuse what did not match, unless it was said how to treat it.

        Parameters
        ----------
        missing
            Masks without a map: ``refuse``, ``drop`` them for this entry, or count
            them as ``worst``.
        extra
            Maps without a mask: ``refuse`` or ``ignore`` them.

        Raises
        ------
        ValueError
            Naming the first ones and how many there are. If nothing matches, always.
        """
        hint = f"; {self.hint}" if self.hint else ""
        if not self.matched:
            msg = (
                f"maps of {self.name!r} must match masks by image_id, got no match: "
                f"maps {some(self.extra)} and masks {some(self.missing)}"
                f"{hint or '; name both alike'}"
            )
            raise ValueError(msg)
        if self.extra and extra == "refuse":
            msg = (
                f"every map of {self.name!r} must have a mask, got none for "
                f"{some(self.extra)}{hint}; add the masks (all 0 for an image without "
                "lesion), remove the maps, or let extra be ignore"
            )
            raise ValueError(msg)
        if self.missing and missing == "refuse":
            whole = len(self.matched) + len(self.missing)
            msg = (
                f"every mask must have a map of {self.name!r}, got none for "
                f"{some(self.missing)} ({len(self.missing)} of {whole}){hint}; add the "
                "maps, or let missing be drop or worst"
            )
            raise ValueError(msg)


def match(name: str, maps: Sequence[str], masks: Sequence[str]) -> Match:
    """Match the ids of an entry's maps with those of the masks.

    Raises
    ------
    ValueError
        If an id occurs twice on one side.
    """
    check_unique(f"maps of {name!r}", maps)
    check_unique("masks", masks)
    have, want = frozenset(maps), frozenset(masks)
    missing = tuple(key for key in masks if key not in have)
    extra = tuple(key for key in maps if key not in want)
    both = tuple(key for key in masks if key in have)
    return Match(name, both, missing, extra, _explain(extra, missing))


def check_unique(name: str, ids: Sequence[str]) -> None:
    """Refuse ids that occur twice.

    Raises
    ------
    ValueError
        Naming the first of them.
    """
    twice = [key for key, times in Counter(ids).items() if times > 1]
    if twice:
        msg = f"ids of {name} must be unique, got {twice[0]!r} more than once"
        raise ValueError(msg)


def some(ids: Sequence[str]) -> str:
    """Name up to three ids."""
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return (", ".join(ids[:3]) or "none") + more


def _explain(maps: Sequence[str], masks: Sequence[str]) -> str:
    """Say what is in the way of names that would match but for it."""
    if not maps or not masks:
        return ""
    for words, change in _CHANGES.items():
        count = _count([change(key) for key in maps], [change(key) for key in masks])
        if count:
            return f"{count} names would match but for {words}: write both alike"
    best, found = 0, ""
    for ours, theirs in product(_affixes(maps), _affixes(masks)):
        count = _count(_strip(maps, ours), _strip(masks, theirs))
        if count > best:
            best, found = count, _describe(ours, theirs)
    if not best:
        return ""
    return (
        f"{best} names would match without {found}: rename them, or name the pattern "
        "(prefix and suffix; --map-names, --mask-names)"
    )


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "upper and lower case": str.casefold,
    "leading zeros": lambda key: key.lstrip("0") or "0",
}


def _count(maps: Sequence[str], masks: Sequence[str]) -> int:
    """Count names on both sides; 0 if they are few or names would become alike."""
    one, other = set(maps), set(masks)
    if len(one) < len(maps) or len(other) < len(masks):
        return 0
    both = len(one & other)
    return both if 2 * both >= min(len(one), len(other)) else 0


def _affixes(ids: Sequence[str]) -> list[tuple[str, str]]:
    """List beginnings and ends that most of the names share, shortest first."""
    models = {ids[0], ids[len(ids) // 2], ids[-1]}
    cuts = [(key, at) for key in models for at in range(1, len(key))]
    starts = {key[:at] for key, at in cuts if _parts(key[at], key[at - 1])}
    ends = {key[at:] for key, at in cuts if _parts(key[at - 1], key[at])}
    most = len(ids) / 2
    shared = [x for x in sorted(starts, key=len) if sum(map(_begins(x), ids)) > most]
    closing = [x for x in sorted(ends, key=len) if sum(map(_stops(x), ids)) > most]
    return list(product(["", *shared[:_AFFIXES]], ["", *closing[:_AFFIXES]]))


def _begins(start: str) -> Callable[[str], bool]:
    return lambda key: key.startswith(start)


def _stops(end: str) -> Callable[[str], bool]:
    return lambda key: key.endswith(end)


def _parts(kept: str, off: str) -> bool:
    """Say whether a name may be cut between two signs: the one kept, the one cut off.

    Words and numbers part anywhere; what joins them goes with what is cut off.
    """
    if not kept.isalnum():
        return False
    return not off.isalnum() or kept.isalpha() != off.isalpha()


def _strip(ids: Sequence[str], ends: tuple[str, str]) -> list[str]:
    return [key.removeprefix(ends[0]).removesuffix(ends[1]) for key in ids]


def _describe(ours: tuple[str, str], theirs: tuple[str, str]) -> str:
    """Name what stands before and after the ids of maps and masks."""
    named = []
    for (before, after), whose in ((ours, "maps"), (theirs, "masks")):
        named += [f"{before!r} before the {whose}' ids"] if before else []
        named += [f"{after!r} after the {whose}' ids"] if after else []
    return " and ".join(named)
