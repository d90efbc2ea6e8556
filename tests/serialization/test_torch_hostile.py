"""A pickle can ask for anything; of what it asks for, only tensors and plain containers are made, in little memory."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from tests.serialization.pickles import Assembler, archive, entries, load, zipped
from tests.serialization.torch_files import FOLDER


def test_the_assembler_makes_a_tensor() -> None:
    data = np.arange(4, dtype="<f4").tobytes()
    assert Assembler().tensor(offset=1, shape=(3,)).loaded(data).tolist() == [1, 2, 3]


@pytest.fixture(autouse=True)
def _nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test in which a file gets a command to the system, or reaches Python's own unpickler."""

    def run(*_: Any, **__: Any) -> Any:
        pytest.fail("something was run")

    for owner, name in ((os, "system"), (os, "popen"), (subprocess, "Popen"), (pickle, "Unpickler"), (pickle, "loads")):
        monkeypatch.setattr(owner, name, run)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *(
            ("os", "system"),
            ("posix", "system"),
            ("builtins", "eval"),
            ("__builtin__", "eval"),
            ("builtins", "getattr"),
        ),
        *(
            ("subprocess", "Popen"),
            ("torch", "load"),
            ("torch.hub", "load"),
            ("torch._utils", "_rebuild_sparse_tensor"),
        ),
        *(("numpy._core.multiarray", "_reconstruct"), ("collections", "defaultdict"), ("functools", "partial")),
        *(("autograd_np", "load"), ("torch.storage", "_load_from_bytes"), ("torch", "FloatStorage.__init__")),
        *(("operator", "attrgetter"), ("webbrowser", "open"), ("torch", "float8_e5m2"), ("copyreg", "_reconstructor")),
    ],
)
def test_other_names_are_refused_without_being_imported(module: str, name: str) -> None:
    before = set(sys.modules)
    named = Assembler().name(module, name)
    called = Assembler().name(module, name).value(("true",)).raw(b"R")
    stacked = Assembler().value(module).value(name).raw(b"\x93")
    for code in (named, called, stacked):
        with pytest.raises(ArgumentError, match=f"the file names {module}.{name}, which is neither a tensor"):
            code.loaded()
    assert set(sys.modules) - before == set()


def test_instances_of_other_classes_are_refused() -> None:
    for obj, name in (
        (nn.Linear(1, 1), "nn.layers.linear.Linear"),
        (slice(1), "slice"),
        (os.getcwd, "getcwd"),
        (1j, "complex"),
    ):
        for protocol in (2, 3, 4, 5):
            with pytest.raises(ArgumentError, match=f"names [a-z_.]*{name}"):
                load(archive(pickle.dumps(obj, protocol)))


@pytest.mark.parametrize(
    "code",
    [
        Assembler().name("torch", "Tensor").value({"sum": 3}).raw(b"b"),
        Assembler().name("torch", "Tensor").value((None, {"sum": 3})).raw(b"b"),
        Assembler().name("torch._utils", "_rebuild_tensor_v2").value((None, {"__code__": 3})).raw(b"b"),
        Assembler().tensor().value({"shape": 3}).raw(b"b"),
        Assembler().tensor().value((None, {"shape": 3})).raw(b"b"),
        Assembler().value([]).value({}).raw(b"b"),
        Assembler().name("torch", "Tensor").value(()).raw(b"R"),
        Assembler().name("torch", "Tensor").value(()).raw(b"\x81"),
        Assembler().value(1).value(()).raw(b"R"),
        Assembler().name("collections", "OrderedDict").value([1]).raw(b"R"),
        Assembler().name("collections", "OrderedDict").value(([1],)).raw(b"R"),
        Assembler().name("collections", "OrderedDict").value((1, 2)).raw(b"R"),
        Assembler().name("_codecs", "encode").value(("x", "rot13")).raw(b"R"),
        Assembler().raw(b"ios\nsystem\n"),
        Assembler().raw(b"(cos\nsystem\no"),
        Assembler().raw(b"\x82\x01"),
        Assembler().raw(b"Pos.system\n"),
        Assembler().raw(b"I1\n"),
        Assembler().raw(b"\x95" + bytes(7) + b"\xff"),
        Assembler().raw(b"0"),
        Assembler().raw(b"h\x05"),
        Assembler().raw(b"q\x05"),
        Assembler().raw(b"t"),
        Assembler().raw(b"(("),
        Assembler().raw(b"]N(a"),
        Assembler().name("torch", "Size").raw(b"]R"),
        Assembler().raw(b"]N(s"),
        Assembler().raw(b"Na"),
        Assembler().raw(b"NNNs"),
        Assembler().raw(b"\x8fN(N\x90").raw(b"N(N\x90"),
        Assembler().raw(b"}(Nu"),
        Assembler().raw(b"}]Ns"),
        Assembler().raw(b"}").tensor().raw(b"Ns"),
        Assembler().value("0").raw(b"Q"),
        Assembler().value(("module", 1, 2, 3, 4)).raw(b"Q"),
        Assembler().value(("storage", 1, "0", "cpu", 4)).raw(b"Q"),
        Assembler().storage(key=0),
        Assembler().storage(length=-1),
        Assembler().storage(length=2.0),
        Assembler().storage(),
        Assembler().name("torch", "float32"),
        Assembler().name("torch", "float32").value(()).raw(b"R"),
        Assembler().name("torch._utils", "_rebuild_parameter").value((1, True, {})).raw(b"R"),
        Assembler().name("torch._tensor", "_rebuild_from_type_v2").value((1, 2, (), {})).raw(b"R"),
    ],
    ids=lambda code: repr(code.code[2:60]),
)
def test_instructions_that_build_no_plain_data(code: Assembler) -> None:
    with pytest.raises(ArgumentError, match="load: "):
        code.loaded()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"\x80\x06N.", "written in pickle protocol 6, and 5 is known"),
        (b"\x80\x02N)R.", "only what the file names can be called"),
        (b"\x80\x02NNa.", "values are added to a NoneType"),
        (b"\x80\x02NNNs.", "items are added to a NoneType"),
        (b"\x80\x04N(N\x90.", "members are added to a NoneType"),
        (b"\x80\x02I1\n.", "uses the pickle instruction INT, which builds no plain data"),
        (b"\x80\x02N}b.", "a NoneType cannot be given attributes"),
    ],
)
def test_what_an_instruction_is_refused_for(code: bytes, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        load(archive(code))


@pytest.mark.parametrize(
    "code",
    [
        Assembler().tensor(shape=(5,)),
        Assembler().tensor(offset=1),
        Assembler().tensor(offset=2**61),
        Assembler().tensor(offset=-1),
        Assembler().tensor(offset=True, shape=(3,)),
        Assembler().tensor(offset=3, steps=(-1,)),
        Assembler().tensor(shape=(-4,)),
        Assembler().tensor(shape=(4.0,)),
        Assembler().tensor(shape=4),
        Assembler().tensor(shape=(2, 2)),
        Assembler().tensor(shape=(2**61,), steps=(1,)),
        Assembler().tensor(shape=(2**40, 2**40), steps=(0, 0)),
        Assembler().tensor(shape=(0, 2**61), steps=(1, 1)),
        Assembler().tensor(shape=(1,) * 100, steps=(1,) * 100),
        Assembler().tensor(steps=(2,)),
        Assembler().tensor(steps=(-1,)),
        Assembler().tensor(steps=(2**60,)),
        Assembler().tensor(wanted=1),
        Assembler().tensor(kind="LongStorage", length=2, shape=(2,), wanted=True),
        Assembler().tensor(length=5),
        Assembler().tensor(length=2**60),
        Assembler().tensor(kind="DoubleStorage"),
        Assembler().tensor(key="1"),
        Assembler().tensor(key="../data.pkl"),
        Assembler().name("torch._utils", "_rebuild_tensor_v2").value((1, 0, (4,), (1,), False, {})).raw(b"R"),
    ],
    ids=lambda code: repr(code.code[60:140]),
)
def test_tensors_that_do_not_fit_their_storage(code: Assembler) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError, match="load: "):
            code.loaded()
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_expanded_tensors_take_no_memory_and_cannot_be_written() -> None:
    tensor = Assembler().tensor(shape=(2**30, 4), steps=(0, 1)).loaded()
    assert tensor.shape == (2**30, 4)
    with pytest.raises(ag.errors.MutationError):
        tensor.zero_()
    overlapping = Assembler().tensor(shape=(2, 3), steps=(1, 1)).loaded()
    with pytest.raises(ag.errors.MutationError):
        overlapping.zero_()
    Assembler().tensor(shape=(2, 1, 2), steps=(2, 7, 1)).loaded().zero_()


def test_trees_that_multiply_or_never_end() -> None:
    shared = b"\x80\x02]q\x00" + b"".join(b"](h%ch%ceq%c" % (i, i, i + 1) for i in range(60)) + b"."
    tree, depth = load(archive(shared)), 0
    while tree:
        assert tree[0] is tree[1]
        tree, depth = tree[0], depth + 1
    assert depth == 60
    with pytest.raises(ArgumentError, match="nested more than 100 deep, or in itself"):
        load(archive(b"\x80\x02]q\x00h\x00a."))
    with pytest.raises(ArgumentError, match="nested more than 100 deep"):
        load(archive(b"\x80\x02" + b"]" * 1000 + b"a" * 999 + b"."))
    with pytest.raises(ArgumentError, match="a tuple of more than 32 elements is used as a key"):
        load(archive(b"\x80\x02})" + b"\x85" * 100_000 + b"Ns."))


def test_what_is_written_once_is_not_multiplied() -> None:
    # Each tuple holds the one before it thirty times: eight of them are a key of 30^8 elements in 500 bytes.
    tuples = b"(" + b"N" * 30 + b"tq\x00" + b"".join(b"0(" + b"h%c" % i * 30 + b"tq%c" % (i + 1) for i in range(7))
    with pytest.raises(ArgumentError, match="a tuple of more than 32 elements is used as a key"):
        load(archive(b"\x80\x02" + tuples + b"0}h\x07Ns."))
    count = 100_000
    listed = b"\x80\x02]q\x00(" + b"K\x01" * count + b"e0"
    for name in ("torch\nSize", "__builtin__\nset"):
        called = b"c" + name.encode() + b"\nq\x01(h\x00tq\x02](" + b"h\x01h\x02R" * count
        with pytest.raises(ArgumentError, match="it copies the same elements over and over"):
            load(archive(listed + called + b"e."))
    view = (
        Assembler().storage().code[2:] + b"q\x03ctorch._utils\n_rebuild_tensor_v2\nq\x01(h\x03K\x00h\x00h\x00tq\x02]("
    )
    with pytest.raises(ArgumentError, match="damaged"):
        load(archive(listed + view + b"h\x01h\x02R" * count + b"e."))
    with pytest.raises(ArgumentError, match="attributes are given to what is no tensor"):
        load(
            archive(
                Assembler().name("torch._tensor", "_rebuild_from_type_v2").raw(b"(").name("torch", "Size").code
                + b"N)NtR."
            )
        )


def test_errors_stay_short() -> None:
    long = "a" * 1_000_000
    for code in (
        Assembler().name(long, "b"),
        Assembler().raw(b"(").value(long).raw(b"NNNNtQ"),
        Assembler().raw(b"}").value(long).name("torch", "Tensor").raw(b"s"),
        Assembler().tensor(key=long),
    ):
        with pytest.raises(ArgumentError) as caught:
            load(archive(code.code + b"."))
        assert len(str(caught.value)) < 1000


def test_a_place_in_memory_is_not_memory_for_all_places_before_it() -> None:
    tracemalloc.start()
    try:
        assert load(archive(b"\x80\x02Nr\xff\xff\xff\xff.")) is None
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


# --- archives ---------------------------------------------------------------------------------------------------------

NONE = b"\x80\x02N."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped({"model.json": b"{}"}), "torch.save did not write it"),
        (zipped({"data.pkl": NONE}), "torch.save did not write it"),
        (archive(NONE, byteorder=b"middle"), "byte order is b'middle'"),
        (zipped({"a/data.pkl": NONE}, zipfile.ZIP_DEFLATED), "'data.pkl' is compressed"),
        (archive(NONE)[:-30], "the archive is damaged"),
        (archive(NONE).replace(NONE, b"\x80\x02\x88.", 1), "the archive is damaged: Bad CRC-32"),
        (b"PK\x03\x04", "the archive is damaged"),
    ],
)
def test_archives(data: bytes, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        load(data)


def test_entries_that_overlap_do_not_multiply_the_file() -> None:
    # Each entry holds all entries after it: together they are 20 times as long as the file.
    keys = [f"{i:03}" for i in range(20)]
    contents, directory = bytes(2**18), b""
    code = Assembler().raw(b"(")
    places = []
    for key in reversed(keys):
        code.tensor(key=key, length=len(contents) // 4, shape=(1,))
        name, check = f"a/data/{key}".encode(), zlib.crc32(contents)
        numbers = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, check, len(contents), len(contents), len(name), 0)
        contents = b"PK\x03\x04" + numbers + name + contents
        places.append((numbers, name, len(contents)))
    for numbers, name, left in places:
        place = struct.pack("<HHHII", 0, 0, 0, 0, len(contents) - left)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + numbers + place + name
    tail = zipped({"a/data.pkl": code.code + b"t."})
    end = tail.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", tail[end + 16 : end + 20])[0]
    entry = bytearray(tail[start:end])
    entry[42:46] = struct.pack("<I", len(contents))
    before = contents + tail[:start]
    directory += bytes(entry)
    total = struct.pack("<HHHHIIH", 0, 0, 21, 21, len(directory), len(before), 0)
    data = before + directory + b"PK\x05\x06" + total
    assert len(zipfile.ZipFile(io.BytesIO(data)).namelist()) == 21
    tracemalloc.start()
    try:
        # Newer versions of zipfile notice it themselves.
        with pytest.raises(ArgumentError, match=r"[Oo]verlap"):
            load(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


# --- streams before 1.6 -----------------------------------------------------------------------------------------------


def stream(*parts: Any) -> bytes:
    return b"".join(part if isinstance(part, bytes) else pickle.dumps(part, 2) for part in parts)


MAGIC, SYSTEM = 0x1950A86A20F9469CFC6C, {"little_endian": True}


def test_a_stream_of_a_big_endian_machine() -> None:
    code = Assembler().tensor().code.replace(b"tQ", b"NtQ") + b"."
    data = stream(MAGIC, 1001, {"little_endian": False}, code, ["0"], bytes(8), np.arange(4, dtype=">f4").tobytes())
    assert load(data).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (stream({"w": 1}), "this is a pickle, but torch.save did not write it"),
        (stream(os.system), "the file names (posix|nt).system"),
        (stream(MAGIC, 1002, SYSTEM), "version 1002"),
        (stream(MAGIC, 1001, None), "version 1001"),
        (stream(MAGIC), "damaged"),
        (stream(MAGIC, 1001, SYSTEM, nn.Linear(1, 1), []), "names nn.layers.linear.Linear"),
        (stream(MAGIC, 1001, SYSTEM, Assembler().tensor().code + b".", [], bytes(24)), "damaged"),
        (
            stream(MAGIC, 1001, SYSTEM, Assembler().tensor().code + b".", ["0"], bytes(20)),
            "has 12 bytes, not 4 elements",
        ),
        (stream(MAGIC, 1001, SYSTEM, Assembler().tensor(length=2**60).code + b".", ["0"], bytes(24)), "has 16 bytes"),
        (stream(MAGIC, 1001, SYSTEM, Assembler().tensor().code + b".", ["1"], bytes(24)), "no tensor looks into"),
        (stream(MAGIC, 1001, SYSTEM, NONE, [["1"]], bytes(24)), "no tensor looks into"),
        (stream(MAGIC, 1001, SYSTEM, Assembler().tensor(length=2**80).code + b".", ["0"], bytes(24)), "has 16 bytes"),
        (stream(MAGIC, b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".", SYSTEM), "version unknown, and 1001 is known"),
        (stream(MAGIC, 10**5000, SYSTEM), "version 0x.*, and 1001 is known"),
    ],
)
def test_streams(data: bytes, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        load(data)


# --- damage anywhere --------------------------------------------------------------------------------------------------

LEGACY = (FOLDER / "legacy.pt").read_bytes()
PARTS = {name: entries(name) for name in ("plain.pt", "views.pt", "numbers.pt", "plain_protocol_5.pt")}
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)


def changed(data: bytes, changes: list[tuple[float, int]]) -> bytes:
    result = bytearray(data)
    for place, value in changes:
        result[int(place * len(result))] = value
    return bytes(result)


@pytest.mark.filterwarnings("ignore:.* stored as bfloat16")
@given(CHANGES)
def test_changed_streams_give_another_tree_or_an_error_of_ours(changes: list[tuple[float, int]]) -> None:
    with suppress(ArgumentError):
        load(changed(LEGACY, changes))


@pytest.mark.filterwarnings("ignore:.* stored as bfloat16")
@given(st.sampled_from(list(PARTS)), CHANGES)
def test_changed_pickles_give_another_tree_or_an_error_of_ours(file: str, changes: list[tuple[float, int]]) -> None:
    parts = dict(PARTS[file])
    name = next(name for name in parts if name.endswith("data.pkl"))
    parts[name] = changed(parts[name], changes)
    with suppress(ArgumentError):
        load(zipped(parts))


@given(CHANGES)
def test_changed_archives_give_an_error_of_ours(changes: list[tuple[float, int]]) -> None:
    with suppress(ArgumentError):
        load(changed((FOLDER / "plain.pt").read_bytes(), changes))
