"""Damage files as an accident or an enemy would: bytes, and what stands behind them.

Every change takes content and a :class:`random.Random`, so that Hypothesis can choose
and shrink, and a plain loop can repeat. Where a format guards its content by a checksum
or packs it, the change is made inside and the guard made right again.
"""

import gzip
import io
import json
import struct
import zipfile
import zlib
from typing import Any

NUMBERS = (0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63)
WORDS = (
    *("", "../up", "/etc/passwd", "a\nb", "\x00", "x" * 200, "é" * 70, "\ud800"),
    *("none", "NaN", "<script>", "1e999", "-1", "null", "😀", "%s%n", "a/../../b"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 10**9, 10**30, -(10**30), 1e308, -0.0, 0.5),
    *(float("nan"), float("inf"), [], {}, [[]], [None], {"": None}, [1] * 50),
    *WORDS,
)
WRONG = (zlib.error, EOFError, OSError, RuntimeError, ValueError, KeyError)
DEEP = b"[" * 100_000 + b"]" * 100_000


def cut(content, random):
    return content[: random.randrange(len(content) + 1)]


def flip(content, random):
    changed = bytearray(content)
    for _ in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwrite(content, random):
    """Write a number where the format may keep a size, in one of its forms."""
    form = random.choice(["<B", "<H", ">H", "<I", ">I", "<Q", ">Q"])
    number = random.choice(NUMBERS) % (1 << (8 * struct.calcsize(form)))
    place = random.randrange(min(len(content), 2000) + 1)
    part = struct.pack(form, number)
    return content[:place] + part + content[place + len(part) :]


def remove(content, random):
    start = random.randrange(len(content) + 1)
    return content[:start] + content[start + random.randint(1, 40) :]


def repeat(content, random):
    start = random.randrange(len(content) + 1)
    part = content[start : start + random.randint(1, 60)]
    return content[:start] + part * random.choice([2, 3, 200]) + content[start:]


def insert(content, random):
    start = random.randrange(len(content) + 1)
    part = random.choice([b"\0" * 9, b"\xff" * 9, b"\n", b"nan", b"9" * 5000, b"\x80"])
    return content[:start] + part + content[start:]


BYTES = (cut, flip, flip, overwrite, overwrite, overwrite, remove, repeat, insert)


def damage(name, content, random):
    """Damage one file once or more, by what its name says or as mere bytes."""
    for _ in range(random.choice([1, 1, 2, 4])):
        inside = next((f for end, f in INSIDE.items() if name.endswith(end)), None)
        changes = (inside,) if inside and random.random() < 0.7 else BYTES
        content = random.choice(changes)(content, random)
    return content


def _json(content, random):
    """Change one value, key or list of a JSON text."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return random.choice(BYTES)(content, random)
    if random.random() < 0.03:
        return random.choice([DEEP, b'{"a":' * 50_000, b"1" * 5000, b"\xff\xfe", b""])
    holder = {"": whole}
    holders = [(holder, "")]
    for parent, key in holders:  # grows while it is walked
        child = parent[key]
        if isinstance(child, dict | list) and len(holders) < 3000:
            keys = [*child] if isinstance(child, dict) else range(len(child))
            holders += [(child, key) for key in keys]
    parent, key = random.choice(holders)
    act = random.random()
    if act < 0.6:
        parent[key] = random.choice(VALUES)
    elif act < 0.8:
        del parent[key]
    elif isinstance(parent, dict):
        parent[random.choice(WORDS)] = parent.pop(key)
    else:
        parent.insert(key, parent[key])
    return json.dumps(holder.get("", next(iter(holder.values()), None))).encode()


def _toml(content, random):
    """Change the value or the key of one line."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    number = random.randrange(len(lines))
    key, _, value = lines[number].partition(" = ")
    if value and random.random() < 0.8:
        told = json.dumps(random.choice(VALUES)).replace("NaN", "nan")
        told = told.replace("Infinity", "inf").replace("null", "{}")
        value = random.choice(
            [
                told,
                told,
                "1979-05-27",
                "[" * 5000,
                "9" * 5000,
                "{a.b.c = 1}",
                value[:-1],
            ]
        )
    else:
        key = random.choice(['"a\\nb"', "x" * 200, "[[a]]", "[" * 3000, '""', "a.b.c"])
    lines[number] = f"{key} = {value}" if value else key
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _table(content, random):
    """Change one cell, or repeat one line, of a CSV text."""
    rows = [line.split(b",") for line in content.split(b"\n")]
    row = rows[random.randrange(len(rows))]
    word = random.choice([*WORDS, "9" * 400, '"', '"a\nb"', "nan", "inf", "1e308"])
    row[random.randrange(len(row))] = word.encode("utf-8", "surrogatepass")
    if random.random() < 0.2:
        rows.append(random.choice(rows))
    return b"\n".join(b",".join(row) for row in rows)


def _zip(content, random):
    """Change one member, or its name, and leave the archive whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, *WRONG):
        return flip(content, random)
    if not members:
        return content
    number = random.randrange(len(members))
    name, inner = members[number]
    if random.random() < 0.85:
        members[number] = name, damage(name, inner, random)
    else:
        word = random.choice(WORDS).encode("utf-8", "replace").decode()
        members[number] = f"{word}{name[name.rfind('.') :]}", inner
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name), inner)
    return stream.getvalue()


def _gzip(content, random):
    try:
        inner = gzip.decompress(content)
    except WRONG:
        return flip(content, random)
    return gzip.compress(damage("", inner, random), mtime=0)


def _png(content, random):
    """Change the content of one chunk and make its checksum right."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        (size,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 :][:size]))
        place += 12 + size
    if not chunks:
        return flip(content, random)
    number = random.randrange(len(chunks))
    name, inner = chunks[number]
    if name == b"IDAT" and random.random() < 0.5:
        inner = zlib.compress(random.choice([b"", b"\0" * 10**5, b"\xff" * 100]))
    elif random.random() < 0.2:
        chunks.insert(number, (b"IHDR", struct.pack(">II", 3, 60000) + b"\x08\0\0\0\0"))
    else:
        inner = random.choice(BYTES)(inner, random) if inner else b"x"
    chunks[number] = name, inner
    made = content[:8]
    for name, inner in chunks:
        check = struct.pack(">I", zlib.crc32(name + inner))
        made += struct.pack(">I", len(inner)) + name + inner + check
    return made


def _npy(content, random):
    """Change the header and make its length right."""
    head = random.choice(
        [
            "{'descr': '<f8', 'fortran_order': False, 'shape': "
            f"({random.choice(NUMBERS)}, 5)}}",
            "{'descr': '|O', 'fortran_order': False, 'shape': (2, 5)}",
            "{'descr': '<U99999', 'fortran_order': False, 'shape': (2, 5)}",
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 5)}",
            "{'descr': '<f8', 'fortran_order': 7, 'shape': (2, -5)}",
            "{'descr': '<f8', 'shape': (2, 5)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 5]}",
            "{'descr': ('<f8', (2**3,)), 'fortran_order': False, 'shape': (2, 5)}",
            "(" * 200 + ")" * 200,
            "__import__('os').abort()",
            "{'descr': '<M8[ns]', 'fortran_order': True, 'shape': (2, 5)}",
        ]
    ).encode()
    kind = random.choice([b"\1\0", b"\2\0", b"\3\0", b"\x63\0"])
    long = struct.pack("<H" if kind == b"\1\0" else "<I", len(head) + 1)
    return b"\x93NUMPY" + kind + long + head + b"\n" + content[128:]


INSIDE = {
    "json": _json,
    ".zarray": _json,
    ".zgroup": _json,
    ".zattrs": _json,
    ".toml": _toml,
    ".csv": _table,
    ".npz": _zip,
    ".keras": _zip,
    ".nii.gz": _gzip,
    ".png": _png,
    ".npy": _npy,
}
"""How to change what stands behind the bytes, by how the name ends."""
