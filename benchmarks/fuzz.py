"""Fuzz readers of foreign files, guided by the lines of ours that a file reaches.

Usage: python benchmarks/fuzz.py SECONDS [TARGET ...]

Targets are those of ``tests/fuzzing/targets.py``; if none is named, all whose library
is installed. Each runs in a process of its own, for so many seconds, within 4 GB. A
file that raises anything but an error of ours, or keeps the reader busy for 25 seconds,
is kept in the working folder as ``crash-TARGET-*``; its first byte says which file of
the target it stands for. Needs atheris (``tox -e fuzz``).
"""

import subprocess
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT / "tests" / "fuzzing")  # this folder holds a statistics.py


def run_one(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import logging
    import os
    import shutil

    import atheris

    os.environ["NUMBA_DISABLE_JIT"] = "1"  # it cannot compile what is instrumented
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    ours = ["metrics", "simbench", "hrcam", "reports"]
    with atheris.instrument_imports(include=ours):
        import damage
        from targets import TARGETS, attempt

        target = TARGETS[name]
        folder = Path(tempfile.mkdtemp())
        path = target.make(folder)
        target.read(path)  # imports what it needs
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    sound = {file: file.read_bytes() for file in files}
    seeds = Path(tempfile.mkdtemp())
    for number, file in enumerate(files):
        (seeds / f"{number}").write_bytes(bytes([number % 256]) + sound[file])

    def read(content: bytes) -> None:
        if not content:
            return
        file = files[content[0] % len(files)]
        file.write_bytes(content[1:])
        try:
            if target.mend is not None:
                target.mend(path)
            attempt(target, path)
        except ValueError:  # the manifest itself, in mending
            attempt(target, path)
        finally:
            for each, kept in sound.items():
                if each == file or each.name.startswith("MANIFEST"):
                    each.write_bytes(kept)

    def change(content: bytes, largest: int, seed: int) -> bytes:
        """Damage as the tests do, or as libFuzzer does."""
        import random

        chance = random.Random(seed)
        if not content or chance.random() < 0.5:
            return bytes(atheris.Mutate(content, largest))
        file = files[content[0] % len(files)]
        changed = damage.damage(file.name, content[1:], chance)
        return (content[:1] + changed)[:largest]

    words = [
        sys.argv[0],
        str(seeds),
        f"-max_total_time={seconds}",
        "-timeout=25",
        "-rss_limit_mb=4096",
        "-max_len=200000",
        "-verbosity=0",
        "-print_final_stats=1",
        f"-artifact_prefix=crash-{name.replace(' ', '-')}-",
    ]
    atheris.Setup(words, read, custom_mutator=change)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has(target: Any) -> bool:
    """Say whether the library that a target needs is installed, if it needs one."""
    return not target.needs or find_spec(target.needs) is not None


def main() -> None:
    """Fuzz targets one after another; the exit status is 1 if any file was kept."""
    seconds, names = int(sys.argv[1]), sys.argv[2:]
    if len(names) == 2 and names[0] == "--one":
        run_one(names[1], seconds)
        return
    from targets import TARGETS

    failed = []
    there = [name for name, target in TARGETS.items() if _has(target)]
    for name in names or there:
        print(f"== {name}", flush=True)
        words = [sys.executable, __file__, str(seconds), "--one", name]
        failed += [name] if subprocess.run(words, check=False).returncode else []
    print("kept files of: " + (", ".join(failed) or "none"))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
