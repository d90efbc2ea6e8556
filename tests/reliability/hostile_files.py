"""Hostile files: each is refused with an error of ours, in little memory and time, and nothing is run or written"""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from nn import optim
from nn.datasets import DatasetError, read_idx
from nn.training import Callback, EarlyStopping, Trainer
from tests.reliability import fuzzing
from tests.reliability.mutations import (
    NUMBERS,
    PICKLED_OBJECT,
    bytes_changed,
    gzipped,
    header_changed,
    npy,
    pickle_changed,
    tree_changed,
    zip_changed,
)
from tests.reliability.rows import Row, stopwatch
from tests.serialization.pickles import archive, entries, zipped
from tests.serialization.torch_files import FOLDER
from tests.serialization.trees import written

__all__ = ["FORMATS", "rows"]


def _load(data: bytes, folder: Path) -> None:
    """Read a file, as a stream or, where its length is even, by its path."""
    if len(data) % 2:
        ag.load(io.BytesIO(data))
    else:
        ag.load(folder / "file")


# --- safetensors ------------------------------------------------------------------------------------------------------

OURS = written({"a": [1, 2.5, 2**80, float("nan"), (None, {2: {"x": True}})], "w": ag.arange(6.0), "n": np.ones(2)})
STATE = written(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict())


def _safetensors(rng: random.Random) -> bytes:
    data = rng.choice((OURS, STATE))
    return header_changed(data, rng) if rng.random() < 0.6 else bytes_changed(data, rng, (OURS, STATE))


# --- files of torch.save ----------------------------------------------------------------------------------------------

TORCH = [entries(name) for name in ("plain.pt", "views.pt", "numbers.pt", "plain_protocol_5.pt", "training.pt")]
ARCHIVES = [zipped(parts) for parts in TORCH]
LEGACY = (FOLDER / "legacy.pt").read_bytes()


def _torch_archive(rng: random.Random) -> bytes:
    if rng.random() < 0.75:
        return zip_changed(rng.choice(TORCH), rng)
    return bytes_changed(rng.choice(ARCHIVES), rng, ARCHIVES)


def _torch_stream(rng: random.Random) -> bytes:
    return pickle_changed(LEGACY, rng) if rng.random() < 0.6 else bytes_changed(LEGACY, rng)


# --- npz --------------------------------------------------------------------------------------------------------------


def _npz_of(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


NPZ = _npz_of(w=np.arange(6.0), n=np.ones((2, 3), np.int64))


def _npz(rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return bytes_changed(NPZ, rng, ARCHIVES)
    shape = tuple(rng.choice(NUMBERS) for _ in range(rng.randint(0, 3)))
    description = {"descr": rng.choice(("<f8", "|O", "<U9", "V1", "x")), "fortran_order": False, "shape": shape}
    parts = {"w.npy": npy(description, PICKLED_OBJECT), "a/data.pkl": PICKLED_OBJECT if rng.random() < 0.3 else b""}
    return zip_changed(parts, rng, "w.npy")


# --- IDX --------------------------------------------------------------------------------------------------------------

IDX = bytes([0, 0, 8, 3]) + struct.pack(">III", 4, 3, 2) + bytes(range(24))


def _idx(rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        data = bytes_changed(IDX, rng)
    else:
        rank = rng.choice((0, 1, 2, 3, 4, 33, 255))
        sizes = b"".join(struct.pack(">I", rng.choice((0, 1, 2, 24, *NUMBERS)) % 2**32) for _ in range(rank))
        content = rng.choice((b"", bytes(24), bytes(1 << 20)))
        data = bytes([0, 0, rng.choice((8, 9, 11, 12, 13, 14, 7)), rank]) + sizes + content
    return gzipped(data, rng) if rng.random() < 0.3 else data


def _read_idx(data: bytes, folder: Path) -> None:
    read_idx(folder / "file", 1 << 24)


# --- checkpoints ------------------------------------------------------------------------------------------------------


class _Trained:
    """A small trainer with every part that a checkpoint keeps, and one of its checkpoints."""

    def __init__(self) -> None:
        ag.manual_seed(5)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        optimizer = optim.Adam(model.parameters(), lr=0.05, amsgrad=True)
        schedule = optim.lr_scheduler.StepLR(optimizer, 2)
        callbacks: list[Callback] = [EarlyStopping(monitor="loss")]
        self.trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, callbacks=callbacks)
        self.batches = [(ag.randn(8, 3), ag.randint(2, (8,)))]
        self.trainer.fit(self.batches, 3)
        self.checkpoint = written(self.trainer.state_dict())

    def state(self) -> bytes:
        return written(self.trainer.state_dict())


TRAINED = _Trained()
CHECKPOINT = TRAINED.checkpoint
TREE = ag.load(io.BytesIO(CHECKPOINT))


def _checkpoint(rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.3:
        return bytes_changed(CHECKPOINT, rng)
    if kind < 0.5:
        return header_changed(CHECKPOINT, rng)
    return written(tree_changed(TREE, rng))


def _load_checkpoint(data: bytes, folder: Path) -> None:
    """Load a checkpoint: all of it or nothing."""
    trainer = TRAINED.trainer
    compared = len(data) % 16 == 0  # which takes longer than to load
    before = TRAINED.state() if compared else b""
    try:
        trainer.load(folder / "file")
    except ArgumentError:
        assert not compared or TRAINED.state() == before, "a checkpoint that was refused has changed the trainer"
        raise
    trainer.load_state_dict(TREE)


FORMATS = {
    "safetensors": fuzzing.Format(_safetensors, _load, (ArgumentError,), [OURS, STATE]),
    "torch archive": fuzzing.Format(_torch_archive, _load, (ArgumentError,), ARCHIVES),
    "torch stream": fuzzing.Format(_torch_stream, _load, (ArgumentError,), [LEGACY]),
    "npz": fuzzing.Format(_npz, _load, (ArgumentError,), []),
    "IDX": fuzzing.Format(_idx, _read_idx, (DatasetError,), [IDX]),
    "checkpoint": fuzzing.Format(_checkpoint, _load_checkpoint, (ArgumentError,), [CHECKPOINT], longest=20_000),
}

#: Pickles of what takes most memory for a byte, and of lists that are named again and again.
DENSE = {
    "sets": lambda n: b"(" + b"\x8f" * n + b"t.",
    "dictionaries": lambda n: b"(" + b"}" * n + b"t.",
    "lists": lambda n: b"(" + b"]" * n + b"t.",
    "calls": lambda n: b"ccollections\nOrderedDict\nq\x00(" + b"h\x00)R" * n + b"t.",
    "shared arguments": lambda n: (
        b"c__builtin__\nset\nq\x00]q\x01(" + b"K\x01" * n + b"e0h\x01\x85q\x020(h\x00h\x02Rt."
    ),
}


def _memory(count: int) -> float:
    """Return the most bytes of memory that a byte of such a file takes."""
    worst = 0.0
    for make in DENSE.values():
        data = archive(b"\x80\x04" + make(count))
        tracemalloc.start()
        try:
            ag.load(io.BytesIO(data))
            worst = max(worst, tracemalloc.get_traced_memory()[1] / len(data))
        finally:
            tracemalloc.stop()
    assert worst < 1000, f"a byte of the file takes {worst:.0f} bytes of memory"
    return worst


FOUND = {
    "safetensors": "mended: messages were as long as the names in the file",
    "torch archive": "mended: a key of tuples in tuples, 500 bytes of file, was hashed for ever; a list that was named "
    "again and again was copied each time, 1 MB of file into all memory; messages were as long as the file's names",
    "torch stream": "mended: a bare TypeError, OverflowError or RecursionError for keys, lengths and versions",
    "npz": "nothing: each is refused, and numpy.load is named",
    "IDX": "nothing; mended: MNIST's files could claim 1 GB, now 64 MB",
    "checkpoint": "mended: a bare KeyError, TypeError, … for what is no checkpoint, and one that did not fit was "
    "loaded in part; accepted: settings of odd values are loaded, and fail when they are used",
}


def rows(full: bool) -> Iterator[Row]:
    """Read 100 000 broken files of each format, or a few."""
    count = 100_000 if full else 150
    for name in FORMATS:
        with stopwatch() as seconds:
            outcomes = fuzzing.run(__name__, name, count)
        told = f"{sum(outcomes.values()):,} files: {', '.join(f'{n:,} {what}' for what, n in sorted(outcomes.items()))}"
        yield Row(f"broken {name} files", told, FOUND.get(name, "nothing"), seconds())
    with stopwatch() as seconds:
        count = 300_000 if full else 3_000
        found = (
            f"accepted: up to {_memory(count):.0f} bytes of memory for a byte of the file, which are empty containers"
        )
        yield Row("pickles that take much memory", f"{len(DENSE)} of {count:,} instructions", found, seconds())
