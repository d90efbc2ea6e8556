"""Real handwritten digits: MNIST where `MNIST_DIR` names a folder with its files, else scikit-learn's 8×8 images."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

Array = npt.NDArray[Any]

SEED = 7
_TYPES = {0x08: np.uint8, 0x09: np.int8, 0x0B: np.int16, 0x0C: np.int32, 0x0D: np.float32, 0x0E: np.float64}


class Digits(NamedTuple):
    """Images (N, 1, H, W) with values from 0 to 1 and classes (N,), to train on and held out."""

    name: str
    split: str
    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def read_idx(path: Path) -> Array:
    """Return the array that an IDX file holds, compressed or not.

    Raises: ValueError, saying what is wrong with the file.
    Source: the format at the end of LeCun's MNIST page: two zero bytes, type, rank, sizes, then the values.
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file\n  fix: let MNIST_DIR name the folder that has it") from None
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: the file cannot be read ({error})\n  fix: download it again") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        raise ValueError(f"{path}: not an IDX file (it starts with {data[:4]!r})\n  fix: download it again")
    rank = data[3]
    start = 4 + 4 * rank
    if len(data) < start:
        raise ValueError(f"{path}: the header ends after {len(data)} of {start} bytes\n  fix: download it again")
    shape = struct.unpack(f">{rank}I", data[4:start])
    dtype = np.dtype(_TYPES[data[2]]).newbyteorder(">")
    expected = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if len(data) - start != expected:
        raise ValueError(
            f"{path}: expected {expected} bytes for shape {shape}, got {len(data) - start}\n  fix: download it again"
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape)


def _pair(folder: Path, part: str) -> tuple[Array, Array]:
    """Return images and labels of one part ('train' or 't10k')."""
    found = []
    for kind in ("images-idx3", "labels-idx1"):
        names = [f"{part}-{kind}-ubyte", f"{part}-{kind}-ubyte.gz", f"{part}-{kind.replace('-idx', '.idx')}-ubyte"]
        path = next((folder / name for name in names if (folder / name).exists()), folder / names[1])
        found.append(read_idx(path))
    images, labels = found
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"{folder}: {part} has images {images.shape} and labels {labels.shape}, which do not match")
    return images, labels


def _has(folder: Path, part: str) -> bool:
    return any(folder.glob(f"{part}-images*"))


def load() -> Digits:
    """Return the digits: MNIST if `MNIST_DIR` is set, else scikit-learn's.

    Raises: ValueError if `MNIST_DIR` is set but its files are missing or damaged.
    """
    folder = os.environ.get("MNIST_DIR")
    return mnist(Path(folder)) if folder else small()


def mnist(folder: Path) -> Digits:
    """Return MNIST; with the 10 000 test images alone, the first 8 000 of them are to train on."""
    test_images, test_labels = _pair(folder, "t10k")
    if _has(folder, "train"):
        images, labels = _pair(folder, "train")
        split = f"official split, {len(labels)} to train, {len(test_labels)} held out"
    else:
        images, labels = test_images[:8000], test_labels[:8000]
        test_images, test_labels = test_images[8000:], test_labels[8000:]
        split = f"the test files alone, {len(labels)} to train, {len(test_labels)} held out"
    return _scaled("MNIST (28×28)", split, (images, labels), (test_images, test_labels), 255)


def small() -> Digits:
    """Return the 1797 images that come with scikit-learn, split at random with a fixed seed."""
    data: Any = load_digits()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    train, test = order[:1437], order[1437:]
    split = f"random split with seed {SEED}, {len(train)} to train, {len(test)} held out"
    pairs = [(data.images[part], data.target[part]) for part in (train, test)]
    return _scaled("scikit-learn's digits (8×8)", split, pairs[0], pairs[1], 16)


def _scaled(name: str, split: str, train: tuple[Array, Array], test: tuple[Array, Array], brightest: int) -> Digits:
    (a, b), (c, d) = train, test
    scaled = [np.asarray(images[:, None] / brightest, np.float32) for images in (a, c)]
    return Digits(name, split, scaled[0], b.astype(np.int64), scaled[1], d.astype(np.int64))
