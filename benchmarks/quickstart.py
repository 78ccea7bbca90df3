"""Time `hrcam run` on the default recipe, and print what it is frozen on.

Usage: python benchmarks/quickstart.py [FOLDER]
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simbench.audit import table


def main(folder: Path) -> None:
    """Run the line once, from nothing, and report its parts."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "hrcam", "run", "--out", folder, "--quiet"], check=True
    )
    wall = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    seconds = json.loads((folder / "run.json").read_text())["seconds"]
    python = platform.python_version()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {python}")
    for stage, value in seconds.items():
        print(f"{stage:10} {value:6.1f} s")
    print(f"{'all':10} {wall:6.1f} s, largest process {peak:.2f} GiB")
    evidence = folder / "scores" / "evidence"
    test = json.loads((evidence / "classifier.json").read_text())["splits"]["test"]
    print(f"test AUROC {test['auroc']:.3f}, accuracy {test['accuracy']:.3f}")
    audit = json.loads((folder / "dataset" / "audit.json").read_text())
    print(table(audit))
    results = json.loads((folder / "scores" / "results.json").read_text())
    kinds = {entry["name"]: entry["kind"] for entry in results["entries"]}
    for row in results["summary"]:
        lesion = row["stratum"].startswith("lesion=")
        if lesion and row["score"] == "average_precision":
            name = row["name"]
            print(f"AP {kinds[name]} {name} {row['stratum']}: {row['mean']:.3f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary) / "run")
