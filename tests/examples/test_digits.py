from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from examples import digits


def write_pair(folder: Path, part: str, count: int, *, compressed: bool) -> None:
    images = np.arange(count * 4).reshape(count, 2, 2) % 256
    for name, array in (("images-idx3", images), ("labels-idx1", np.arange(count) % 10)):
        data = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
        path = folder / f"{part}-{name}-ubyte{'.gz' if compressed else ''}"
        path.write_bytes(gzip.compress(data) if compressed else data)


def test_the_test_files_alone_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pair(tmp_path, "t10k", 10_000, compressed=True)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    data = digits.load()
    assert data.split == "the test files alone, 8000 to train, 2000 held out"
    assert data.train_images.shape == (8000, 1, 2, 2)
    assert data.test_labels[:3].tolist() == [0, 1, 2]
    assert data.train_images.max() == 1


def test_the_official_split(tmp_path: Path) -> None:
    write_pair(tmp_path, "t10k", 20, compressed=False)
    write_pair(tmp_path, "train", 60, compressed=True)
    data = digits.mnist(tmp_path)
    assert data.split == "official split, 60 to train, 20 held out"
    assert data.train_labels.dtype == np.int64


def test_without_mnist_the_small_digits_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    assert digits.load().name == "scikit-learn's digits (8×8)"


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither .* are all in .*\n  fix: let MNIST_DIR name the folder"):
        digits.mnist(tmp_path)
