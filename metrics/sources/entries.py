"""Name what is compared: one entry is one method at one layer, read one way."""

from collections import Counter
from collections.abc import Mapping, Sequence

KEYS = ("method", "layer", "head", "alignment", "architecture", "seed")
"""What tells entries apart, in the order of the long table's columns."""


def name_entries(sources: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], ...]:
    """Complete each source's names and give it one unique name.

    The name is ``method``, with ``@layer`` unless the layer is empty or ``all``, and
    ``/alignment`` unless that is empty or the first one scored.

    Returns
    -------
    tuple of dict
        Per source: ``name``, the :data:`KEYS` (empty where not said), ``label`` and
        ``kind`` (``model``, ``baseline``, ``ceiling`` or ``external``).

    Raises
    ------
    ValueError
        If a method has no name or two entries have one name.

    Examples
    --------
    >>> name_entries([{"method": "cam", "layer": "stage4"}])[0]["name"]
    'cam@stage4'
    """
    aligned = [names["alignment"] for names in sources if names.get("alignment")]
    entries = tuple(_complete(names, aligned[:1]) for names in sources)
    name, times = Counter(entry["name"] for entry in entries).most_common(1)[0]
    if times > 1:
        msg = (
            f"entries must have unique names, got {name!r} {times} times; "
            "give them another method, layer or alignment"
        )
        raise ValueError(msg)
    return entries


def _complete(names: Mapping[str, str], usual: Sequence[str]) -> dict[str, str]:
    """Fill an entry's names; ``usual`` holds the alignment that goes unnamed."""
    entry = {key: str(names.get(key, "")) for key in KEYS}
    name = entry["method"]
    if not name:
        msg = f"names of a source must hold its method, got {dict(names)}"
        raise ValueError(msg)
    if entry["layer"] not in ("", "all"):
        name += f"@{entry['layer']}"
    if entry["alignment"] not in ("", *usual):
        name += f"/{entry['alignment']}"
    label = str(names.get("label", "")) or name
    return {
        "name": name,
        **entry,
        "label": label,
        "kind": names.get("kind", "external"),
    }
