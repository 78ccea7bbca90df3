import pickle

import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.pickles import SUFFIXES


class Trap:
    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", [lambda path: FolderMaps(path, "x"), FolderMasks])
def test_pickles_are_refused_unread_with_the_page_that_helps(
    source, suffix, tmp_path, message
):
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        path.write_bytes(pickle.dumps(Trap()))
    why = (
        ", which run code when they are loaded; convert them to .npy as "
        "docs/converting-pickles.md tells"
    )
    assert message(lambda: source(paths[0])) == (
        f"{paths[0]} must hold images, got pickles (a{suffix}){why}"
    )
    assert message(lambda: source(tmp_path)) == (
        f"{tmp_path} must hold images, got pickles (a{suffix} and 1 more){why}"
    )
