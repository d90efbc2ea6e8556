"""How files are broken: bytes anywhere, lengths, the JSON in a header, entries of archives, pickles, whole trees."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import autograd_np as ag

__all__ = ["bytes_changed", "header_changed", "json_changed", "pickle_changed", "tree_changed", "zip_changed"]

NUMBERS = (0, 1, 2, 127, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, 2**64 - 1)
NAMES = ("../../outside", "/etc/passwd", "..\\..\\outside", "", "a" * 5000, "\0", "__metadata__", "\u202e", "data.pkl")
#: What a reader may find in the place of a value.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, 2**64, -(2**70), 10**19),
    *("", "x", "nan", "inf", "0x" + "f" * 500, "BF16", "F64", "C64", "F8_E4M3", *NAMES),
    *([], {}, [0, 2**63], [2**31, 2**31], [1] * 100, [[[[]]]], {"tuple": []}, {"tensor": "w"}, {"float": "x"}),
    *({"dict": [[{"tuple": [1]}, 2], [[], 3]]}, {"int": "x"}, {"array": "w"}, {"scalar": "w"}, {"a": {"b": {}}}),
)


def bytes_changed(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """Flip, overwrite, cut, repeat, insert or splice, one to four times."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(result) + 1)
        piece = min(rng.choice((1, 2, 8, 64, 1000)), len(result) - place)
        kind = rng.randrange(8)
        if kind == 0 and piece:
            result[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and piece:
            result[place] = rng.randrange(256)
        elif kind == 2:
            form = rng.choice(("<I", ">I", "<Q", ">Q", "<H"))
            packed = struct.pack(form, rng.choice(NUMBERS) % 256 ** struct.calcsize(form))
            result[place : place + len(packed)] = packed
        elif kind == 3:
            del result[place:]
        elif kind == 4:
            del result[place : place + piece]
        elif kind == 5:
            result[place:place] = result[place : place + piece] * rng.choice((1, 2, 50))
        elif kind == 6:
            result[place:place] = rng.randbytes(piece)
        else:
            other = rng.choice(others) if others else data
            start = rng.randrange(len(other) + 1)
            result[place : place + piece] = other[start : start + rng.choice((4, 64, 1000))]
    return bytes(result)


def json_changed(value: Any, rng: random.Random) -> Any:
    """Put something else in the place of one value or name, anywhere in a tree of lists and dictionaries."""
    places = list(_places(value))
    for container, key in rng.sample(places, min(len(places), rng.randint(1, 3))):
        kind = rng.randrange(5)
        if kind == 0 and isinstance(container, dict) and key in container:
            container[rng.choice(NAMES)] = container.pop(key)
        elif kind == 1 and isinstance(container, dict):
            container.pop(key, None)
        elif kind == 2:
            container[rng.choice(list(container)) if isinstance(container, dict) and container else key] = value
            return json.loads(json.dumps(rng.choice(VALUES)))  # it has become its own part
        elif not isinstance(container, list) or key < len(container):
            container[key] = json.loads(json.dumps(rng.choice(VALUES)))
    return value


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def header_changed(data: bytes, rng: random.Random) -> bytes:
    """Edit the JSON header of a safetensors file, or the tree in it, and put the length right, mostly."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    metadata = header.get("__metadata__", {})
    if "autograd_np" in metadata and rng.random() < 0.6:
        metadata["autograd_np"] = json.dumps(json_changed(json.loads(metadata["autograd_np"]), rng))
        if rng.random() < 0.2:
            metadata["autograd_np"] = bytes_changed(metadata["autograd_np"].encode(), rng).decode("utf-8", "replace")
    else:
        header = json_changed(header, rng)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")
    length = len(text) if rng.random() < 0.95 else rng.choice(NUMBERS)
    return struct.pack("<Q", length % 2**64) + text + data[8 + size :]


# --- pickles ----------------------------------------------------------------------------------------------------------

#: Instructions by themselves: names of what would run or open something, calls, marks, memory, and nonsense.
PIECES = (
    *(b"cos\nsystem\n(X\x04\x00\x00\x00truetR", b"cbuiltins\neval\n(X\x01\x00\x00\x001tR", b"cbuiltins\nexec\n"),
    *(b"\x8c\x05posix\x8c\x06system\x93", b"ios\nsystem\n", b"(cos\nsystem\no", b"\x82\x01", b"\x83\x01\x00", b"Px\n"),
    *(b"ctorch\nFloatStorage\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nSize\n", b"ctorch\nfloat32\n"),
    *(
        b"ccollections\nOrderedDict\n",
        b"c__builtin__\nset\n",
        b"c_codecs\nencode\n",
        b"ctorch\nload\n",
        b"ccopyreg\n_r\n",
    ),
    *(
        b")R",
        b"R",
        b"(",
        b"t",
        b"l",
        b"d",
        b"0",
        b"1",
        b"2",
        b"]",
        b"}",
        b")",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x8f",
        b"\x90",
    ),
    *(
        b"a",
        b"e",
        b"s",
        b"u",
        b"b",
        b"Q",
        b"N",
        b"\x88",
        b"\x89",
        b"K\x01",
        b"J\xff\xff\xff\xff",
        b"M\xff\xff",
        b"\x91",
    ),
    *(
        b"G\x7f\xf0\x00\x00\x00\x00\x00\x00",
        b"\x8a\x08" + b"\xff" * 8,
        b"\x8b\xff\xff\xff\x7f",
        b"h\x00",
        b"q\x00",
        b"h\x01",
    ),
    *(
        b"r\xff\xff\xff\xff",
        b"j\xff\xff\xff\xff",
        b"\x94",
        b"X\xff\xff\xff\xff",
        b"\x8d" + b"\xff" * 8,
        b"\x8e" + b"\x7f" * 8,
    ),
    *(
        b"\x80\x05",
        b"\x80\xff",
        b"\x95" + b"\xff" * 8,
        b".",
        b"I1\n",
        b"L" + b"9" * 99 + b"L\n",
        b"S'x'\n",
        b"F1\n",
        b"\x96",
    ),
)


def pickle_changed(data: bytes, rng: random.Random) -> bytes:
    """Put instructions between those of a pickle, or change its bytes."""
    if rng.random() < 0.3:
        return bytes_changed(data, rng, PIECES)
    result = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(2, len(result)) if len(result) > 2 else 0
        piece = rng.choice(PIECES) * rng.choice((1, 1, 1, 2, 30))
        result[place : place + rng.choice((0, 0, 1, 2, 20))] = piece
    return bytes(result)


# --- archives ---------------------------------------------------------------------------------------------------------


def zip_changed(parts: dict[str, bytes], rng: random.Random, pickled: str = "data.pkl") -> bytes:
    """Change entries of an archive and write it anew, so that its checksums are right; or change its bytes."""
    entries = list(parts.items())
    kind = rng.randrange(8)
    if kind < 4:
        entries = [(name, pickle_changed(data, rng) if name.endswith(pickled) else data) for name, data in entries]
    elif kind == 4:
        i = rng.randrange(len(entries))
        entries[i] = entries[i][0], bytes_changed(entries[i][1], rng)
    elif kind == 5:
        i = rng.randrange(len(entries))
        folder = entries[i][0].rpartition("/")[0]
        entries[i] = (
            rng.choice((f"{folder}/{rng.choice(NAMES)}", rng.choice(NAMES))).replace("\0", "") or "x",
            entries[i][1],
        )
    elif kind == 6:
        entries += rng.choices(entries, k=rng.randint(1, 3))
    bomb = kind == 7
    if bomb:
        i = rng.randrange(len(entries))
        entries[i] = entries[i][0], bytes(1 << 21)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if bomb else zipfile.ZIP_STORED, compresslevel=1) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    result = file.getvalue()
    if rng.random() < 0.3:
        # Places and sizes in the directory at the end.
        tail = max(0, len(result) - rng.choice((22, 100, 400)))
        result = result[:tail] + bytes_changed(result[tail:], rng)
    return result


# --- trees ------------------------------------------------------------------------------------------------------------


def tree_changed(tree: Any, rng: random.Random) -> Any:
    """Return a copy of a tree with something else in one or another place: values, names, keys, missing parts."""
    if rng.random() < 0.02:
        return rng.choice(VALUES) if rng.random() < 0.7 else ag.zeros(rng.choice(((), (1,), (3, 4), (0,), (2, 0, 5))))
    if isinstance(tree, dict):
        result = {}
        for key, value in tree.items():
            chance = rng.random()
            if chance < 0.02:
                continue
            name = rng.choice((*NAMES[:4], 0, 1, -1, None, (1, 2))) if chance < 0.04 else key
            result[name] = tree_changed(value, rng)
        return result
    if isinstance(tree, (list, tuple)):
        kept = [tree_changed(value, rng) for value in tree if rng.random() > 0.02]
        return type(tree)(kept)
    return tree


def npy(description: Any, data: bytes = b"") -> bytes:
    """Return a .npy entry with this header."""
    text = (description if isinstance(description, str) else repr(description)).encode("latin1", "replace") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) % 65536) + text + data


def gzipped(data: bytes, rng: random.Random) -> bytes:
    """Compress as gzip does, one byte of the head or the tail changed now and then."""
    packed = zlib.compressobj(1, zlib.DEFLATED, 31)
    result = bytearray(packed.compress(data) + packed.flush())
    if rng.random() < 0.3:
        result[rng.choice((*range(10), *range(-8, 0)))] = rng.randrange(256)
    return bytes(result)


PICKLED_OBJECT = pickle.dumps([print], 2)
