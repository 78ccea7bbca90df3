"""Write the page that compares our methods with other libraries."""

import json
from pathlib import Path

from _rst import heading, table

FILE = Path(__file__).parents[1] / "benchmarks" / "conformance.json"


def conformance() -> str:
    """Describe what ``benchmarks/conformance.py`` measured."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    versions = ", ".join(f"{name} {x}" for name, x in content["versions"].items())
    about = (
        "One small network, three images, four classes, three layers, maps at the "
        "layer's own size: the largest difference between a library's map and ours, "
        "over the largest value of its map, at the layer where that is largest. Maps "
        f"agree up to {content['tolerance']:.0e}; where they do not, the last column "
        "says why. Measured by ``python benchmarks/conformance.py`` with "
        f"{versions}.\n"
    )
    rows = [
        (
            row["library"],
            f"``{row['method']}``",
            "yes" if row["agrees"] else "no",
            f"{row['deviation']:.1e}",
            row["remark"].replace("*", "\\*"),
        )
        for row in content["rows"]
    ]
    heads = ("Library", "Method", "Agrees", "Deviation", "Compared how, or why not")
    return f"{heading('Conformance')}\n{about}\n{table(heads, rows)}"
