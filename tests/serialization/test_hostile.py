"""Damaged and hostile files in the safetensors format are refused with an error, in little memory."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError
from autograd_np.serialization._tree import DEPTH
from tests.serialization.trees import written


def packed(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def load(data: bytes) -> Any:
    return ag.load(io.BytesIO(data))


def test_the_helpers_make_a_file_that_loads() -> None:
    assert load(packed({"a": entry()}, struct.pack("<f", 1.5)))["a"].tolist() == [1.5]


FOUR = bytes(4)
TWICE = b'{"a":' + json.dumps(entry()).encode() + b',"a":' + json.dumps(entry("I32")).encode() + b"}"

HEADERS = {
    "empty": b"",
    "shorter than a length": b"abc",
    "a header of 2^60 bytes": packed({}, length=2**60),
    "a header of 2^64 - 1 bytes": packed({}, length=2**64 - 1),
    "a header longer than the file": packed({}, length=100),
    "a header above the limit": packed({}, length=100_000_001),
    "no JSON": packed(b"{"),
    "no UTF-8": packed(b"\xff\xff"),
    "a list": packed([1]),
    "deep": packed(b"[" * 100_000),
    "deep in an unknown field": packed(b'{"a":{"x":' + b"[" * 10_000 + b"}}"),
    "a name twice": packed(TWICE, FOUR),
    "metadata twice": packed(b'{"__metadata__":{"a":"1","a":"2"}}'),
    "metadata of numbers": packed({"__metadata__": {"autograd_np": 1}}),
    "no offsets": packed({"a": {"dtype": "F32", "shape": [1]}}, FOUR),
    "an unknown type": packed({"a": entry("F31")}, FOUR),
    "overlapping": packed({"a": entry(shape=[2], offsets=[0, 8]), "b": entry(shape=[2], offsets=[4, 12])}, bytes(12)),
    "the same place twice": packed({"a": entry(), "b": entry()}, FOUR),
    "a hole": packed({"a": entry(offsets=[4, 8])}, bytes(8)),
    "out of range": packed({"a": entry(shape=[100], offsets=[0, 400])}, FOUR),
    "far out of range": packed({"a": entry(shape=[2**58], offsets=[0, 2**60])}, FOUR),
    "backwards": packed({"a": entry(offsets=[4, 0])}, FOUR),
    "bytes left over": packed({"a": entry()}, bytes(8)),
    "cut off": packed({"a": entry()}, FOUR)[:-1],
    "offsets that do not fit the shape": packed({"a": entry(shape=[2])}, FOUR),
    "a shape that overflows": packed({"a": entry(shape=[2**32, 2**32], offsets=[0, 0])}),
    "a negative size": packed({"a": entry(shape=[-1])}, FOUR),
    "a fractional size": packed({"a": entry(shape=[1.0])}, FOUR),
    "nothing in a space too large": packed({"a": entry(shape=[0, 2**62], offsets=[0, 0])}),
    "a hundred axes": packed({"a": entry(shape=[1] * 100)}, FOUR),
    "many axes": packed({"a": entry(shape=[1] * 50_000)}, FOUR),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers(case: str) -> None:
    data = HEADERS[case]
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError) as caught:
            load(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("load: ")
    assert len(str(caught.value)) < 500
    assert peak < 100_000 + 120 * len(data)


def test_a_name_that_comes_twice_is_named() -> None:
    with pytest.raises(ArgumentError, match="names 'a' twice"):
        load(HEADERS["a name twice"])


@pytest.mark.parametrize("dtype", ["C64", "F8_E5M2"])
def test_types_that_tensors_cannot_hold(dtype: str) -> None:
    size = {"C64": 8, "F8_E5M2": 1}[dtype]
    with pytest.raises(ArgumentError, match=f"'w' has the element type {dtype}, which tensors cannot hold"):
        load(packed({"w": entry(dtype, offsets=[0, size])}, bytes(size)))


def test_bfloat16_becomes_float32_with_a_note() -> None:
    values = np.array([1.0, -2.5, 3.0e38, 1e-40, np.inf, 0.15625], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    data = packed({"w": entry("BF16", [2, 3], [0, 12]), "v": entry("BF16", [0], [12, 12])}, halves.tobytes())
    with pytest.warns(UserWarning, match=r"2 tensors were \(w first\) stored as bfloat16; float32 holds the same"):
        loaded = load(data)
    assert loaded["w"].dtype == np.float32
    assert loaded["w"].numpy().view(np.uint32).ravel().tolist() == (halves.astype(np.uint32) << 16).tolist()
    assert loaded["v"].shape == (0,)


# --- the tree beside the tensors --------------------------------------------------------------------------------------


def with_tree(text: str) -> bytes:
    return packed({"__metadata__": {"autograd_np": text}, "w": entry()}, FOUR)


def tree(node: Any, version: Any = 1) -> bytes:
    return with_tree(json.dumps({"version": version, "tree": node}))


def test_the_helpers_make_a_tree_that_loads() -> None:
    assert load(tree({"tuple": [1, {"tensor": "w"}]}))[1].tolist() == [0.0]


@pytest.mark.parametrize(
    "data",
    [
        with_tree(""),
        with_tree("3"),
        with_tree("{}"),
        with_tree('{"version":1}'),
        with_tree('{"version":1,"tree":' + "[" * 100_000),
        with_tree('{"version":1,"tree":' + "1" * 30 + "}"),
        tree({}),
        tree({"os.system": "true"}),
        tree({"tuple": 3}),
        tree({"tuple": [], "list": []}),
        tree({"dict": 3}),
        tree({"dict": [[1]]}),
        tree({"dict": [[1, 2], [True, 3]]}),
        tree({"dict": [[[], 2]]}),
        tree({"dict": [[{"tensor": "w"}, 2], [{"array": "w"}, 2]]}),
        tree({"int": 3}),
        tree({"int": "x"}),
        tree({"float": "x"}),
        tree({"float": None}),
        tree({"tensor": "nothing"}),
        tree({"tensor": ["w"]}),
        tree({"tensor": "w", "color": 3}),
        tree({"tensor": "w", "number": [1]}),
        tree({"array": "nothing"}),
        tree({"array": {}}),
        tree({"scalar": 0}),
    ],
    ids=lambda data: data[8:].decode()[30:100],
)
def test_trees(data: bytes) -> None:
    with pytest.raises(ArgumentError, match="load: the tree beside the tensors is damaged"):
        load(data)


def test_trees_that_are_too_deep() -> None:
    node: Any = 1
    for _ in range(DEPTH):
        node = [node]
    load(tree(node))
    with pytest.raises(ArgumentError, match="nested more than 100 deep"):
        load(tree([node]))


def test_trees_of_a_later_version() -> None:
    with pytest.raises(ArgumentError, match=r"the tree has version 2, [\s\S]*fix: install a newer autograd_np"):
        load(tree([], version=2))


def test_a_tree_with_too_long_a_header_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("autograd_np.serialization._container.LIMIT", 1000)
    long = list(range(1000))
    for f in (tmp_path / "state", io.BytesIO()):
        with pytest.raises(ArgumentError, match=r"readers of the format accept 1000\n  fix: keep long lists"):
            ag.save(long, f)
    assert list(tmp_path.iterdir()) == []


# --- other formats, and damage anywhere -------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"\x93NUMPY\x01\x00", b"{}", b"\x89HDF\r\n\x1a\n", b"GIF89a", bytes(100)])
def test_other_formats_are_named_as_unknown(data: bytes) -> None:
    with pytest.raises(ArgumentError, match=r"no safetensors file, or a damaged one[\s\S]*files of torch.save"):
        load(data)


INTACT = written({"a": [1, 2.5, 2**80, float("nan"), (None, {2: {"x": True}})], "w": ag.arange(6.0), "n": np.ones(2)})


@given(st.lists(st.tuples(st.integers(0, len(INTACT) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_give_another_tree_or_an_error_of_ours(changes: list[tuple[int, int]]) -> None:
    data = bytearray(INTACT)
    for place, value in changes:
        data[place] = value
    with suppress(ArgumentError):
        load(bytes(data))


@given(st.integers(0, len(INTACT) - 1), st.binary(max_size=9))
def test_cut_and_lengthened_files_are_refused(end: int, more: bytes) -> None:
    for data in (INTACT[:end], INTACT + more + b"x"):
        with pytest.raises(ArgumentError, match="load: "):
            load(data)
