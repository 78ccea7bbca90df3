"""Ask for known vulnerabilities of locked versions, and say so where nobody answers.

Usage: python requirements/audit.py LOCK

Exit status: 0 if none is known, 1 if some are, 2 if the database did not answer for
every package. pip-audit itself calls packages that it knows nothing of a success.
"""

import json
import subprocess
import sys
from typing import Any

_COMMAND = ("pip_audit", "--disable-pip", "--require-hashes", "--format", "json")


def audit(lock: str) -> tuple[int, list[str]]:
    """Return the exit status and what to print."""
    words = [sys.executable, "-m", *_COMMAND, "--progress-spinner", "off", "-r", lock]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return 2, [f"not audited: {last}"]
    return judge(rows)


def judge(rows: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Judge what was found for each package."""
    skipped = [row for row in rows if row.get("skip_reason")]
    found = [(row, v) for row in rows for v in row.get("vulns", ())]
    lines = [
        f"{row['name']} {row['version']}: {v['id']}, mended in "
        f"{', '.join(v['fix_versions']) or 'no version yet'}"
        for row, v in found
    ]
    if skipped or not rows:
        reason = skipped[0]["skip_reason"] if skipped else "no packages"
        lines.append(f"not audited: {len(skipped)} of {len(rows)} packages: {reason}")
    known = len(rows) - len(skipped)
    lines.append(f"{len(found)} known vulnerabilities in {known} packages audited")
    return 1 if found else 2 if skipped or not rows else 0, lines


if __name__ == "__main__":
    status, said = audit(sys.argv[1])
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(status)
