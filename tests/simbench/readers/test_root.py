"""The folder of a dataset: nothing outside of it is ever opened."""

import hashlib

import pytest

from simbench.readers import root as module
from simbench.readers.root import NAMED, Root, several


@pytest.fixture
def root(tmp_path):
    inside = tmp_path / "inside"
    (inside / "a").mkdir(parents=True)
    (inside / "a" / "b.txt").write_bytes(b"content")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return Root(inside)


ESCAPES = [
    "../secret.txt",
    "a/../../secret.txt",
    "/etc/passwd",
    "",
    "C:/x",
    "a\\b",
    "a\0",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_names_that_lead_out_are_refused(root, name):
    for use in (root.find, root.read):
        with pytest.raises(ValueError, match="must name a file under") as caught:
            use(name)
        assert str(caught.value) == (
            f"{name!r} must name a file under {root.folder}, got a way out of it"
        )


def test_links_that_lead_out_are_refused(root, tmp_path):
    (root.folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root.folder / "deep").symlink_to(tmp_path, target_is_directory=True)
    for name in ("link.txt", "deep/secret.txt"):
        with pytest.raises(ValueError, match="got a link to") as caught:
            root.read(name)
        assert str(caught.value) == (
            f"{root.folder / name} must lie under {root.folder}, got a link to "
            f"{tmp_path / 'secret.txt'}; copy the file, or read the folder that holds "
            "it"
        )
    with pytest.raises(
        ValueError, match="must be a folder, got a link to one; copy it"
    ):
        root.scan()
    (root.folder / "deep").unlink()
    with pytest.raises(ValueError, match="got a link to"):
        root.scan()


def test_what_is_read_is_noted_and_compared(root):
    assert root.read("a/b.txt") == b"content"
    checksum = hashlib.sha256(b"content").hexdigest()
    assert root.seen == {"a/b.txt": checksum}
    other = Root(root.folder, expected={"a/b.txt": "0" * 64})
    with pytest.raises(ValueError, match="must be as it was") as caught:
        other.read("a/b.txt")
    assert str(caught.value) == (
        f"{root.folder / 'a/b.txt'} must be as it was when the dataset was read, got "
        "other bytes; read the dataset again"
    )


def test_a_file_of_several_pictures_is_read_once(root):
    parsed = [root.load("a/b.txt", bytes.decode) for _ in range(3)]
    assert parsed == ["content"] * 3
    (root.folder / "a" / "b.txt").write_bytes(b"changed")
    assert root.load("a/b.txt", bytes.decode) == "content"
    (root.folder / "c.txt").write_bytes(b"c")
    assert root.load("c.txt", bytes.decode) == "c"  # and lets the other go
    assert root.load("a/b.txt", bytes.decode) == "changed"


def test_huge_files_are_not_read_into_memory(root, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 6)
    with pytest.raises(ValueError, match="at most 6 bytes, got 7"):
        root.read("a/b.txt")


def test_missing_files_are_told_together(root):
    names = ["a/b.txt", *(f"x{k}.png" for k in range(7)), "../y.png"]
    with pytest.raises(ValueError, match="got nothing") as caught:
        root.require(names)
    first = "; ".join(
        f"{root.folder / f'x{k}.png'} must be a file, got nothing; complete the dataset"
        for k in range(NAMED)
    )
    assert str(caught.value) == f"{first}; and 3 more (8 in all)"
    root.require(["a/b.txt"])


def test_names_are_listed_in_order_without_hidden_files(root):
    for name in ("z.PNG", "a/c.png", ".hidden.png", "a/._c.png", ".git/d.png"):
        path = root.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert root.scan() == ["a/b.txt", "a/c.png", "z.PNG"]
    assert root.scan("", (".png",)) == ["a/c.png", "z.PNG"]
    assert root.scan("a") == ["a/b.txt", "a/c.png"]


def test_few_problems_are_all_told():
    assert several(["one", "two"]) == "one; two"
    assert several(list("abcdefg")) == "a; b; c; d; e; and 2 more (7 in all)"
