from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import shutil
import struct
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from nn.datasets import (
    MNIST,
    DatasetError,
    Digits,
    FashionMNIST,
    cache_folder,
    fetching,
    read_idx,
)
from nn.datasets.__main__ import main
from nn.utils.data import DataLoader


@pytest.fixture(autouse=True)
def _no_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MNIST_DIR", "FASHION_MNIST_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AUTOGRAD_NP_DATA", str(tmp_path / "cache"))


def idx(array: np.ndarray[Any, Any], kind: int = 8) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.tobytes()


# --- IDX files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "dtype"), [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (2, 3, 4)])
def test_idx_files(tmp_path: Path, kind: int, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    for data in (idx(array, kind), gzip.compress(idx(array, kind))):
        (tmp_path / "file").write_bytes(data)
        read = read_idx(tmp_path / "file")
        assert read.dtype == array.dtype.newbyteorder("=")
        assert read.dtype.isnative
        assert read.flags.writeable
        np.testing.assert_array_equal(read, array)


FIX = r"\n  fix: download it again"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"not an IDX file \(it starts with b''\)" + FIX),
        (b"<html>", r"not an IDX file \(it starts with b'<htm'\)"),
        (b"\0\0\x07\x01", "not an IDX file"),
        (b"\0\0\x08\x03\0\0", "the header ends after 6 of 16 bytes" + FIX),
        (idx(np.zeros((2, 3), np.uint8))[:-1], r"expected 6 bytes for shape \(2, 3\), got 5" + FIX),
        (idx(np.zeros((2, 3), np.uint8)) + b"\0", r"expected 6 bytes for shape \(2, 3\), got more"),
        (gzip.compress(idx(np.zeros((2, 3), np.uint8)))[:-9], "the file cannot be read .*" + FIX),
        (gzip.compress(bytes(1000))[:-8] + bytes(8), "not an IDX file"),
        (gzip.compress(idx(np.zeros(9, np.uint8)))[:-8] + bytes(8), "cannot be read .*CRC"),
        (b"\x1f\x8b" + bytes(30), "cannot be read"),
        (gzip.compress(b"")[:10] + b"\xff" * 20, "cannot be read .*invalid block type"),
        (b"\0\0\x0e\x20" + b"\xff" * 128, r"claims the shape \(4294967295, .*more than 1073741824 bytes"),
        (b"\0\0\x08\x21" + b"\0\0\0\x01" * 33 + b"\0", "claims the shape"),
        (b"\0\0\x08\x02" + b"\0\0\0\0" + b"\xff" * 4, "claims the shape"),
    ],
    ids=[
        "empty",
        "a page",
        "another type",
        "half a header",
        "too short",
        "too long",
        "half a gzip",
        "zeros",
        "another checksum",
        "no gzip",
        "no block",
        "too large",
        "too many axes",
        "empty but huge",
    ],
)
def test_damaged_and_hostile_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=message):
        read_idx(path)


def test_memory_is_bounded_by_what_the_file_has(tmp_path: Path) -> None:
    path = tmp_path / "file"
    small = struct.pack(">BBBBI", 0, 0, 8, 1, 10)
    bomb = gzip.compress(small + bytes(50_000_000))
    liar = struct.pack(">BBBBI", 0, 0, 8, 1, 1 << 29) + bytes(1000)
    for data in (bomb, liar, gzip.compress(liar)):
        path.write_bytes(data)
        tracemalloc.start()
        with pytest.raises(DatasetError, match="expected"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 5_000_000
    path.write_bytes(idx(np.zeros(1000, np.uint8)))
    with pytest.raises(DatasetError, match="more than 999 bytes may hold"):
        read_idx(path, limit=999)
    assert read_idx(path, limit=1000).size == 1000
    with pytest.raises(DatasetError, match="there is no such file"):
        read_idx(tmp_path / "none")


# --- MNIST ------------------------------------------------------------------------------------------------------------


def write_pair(folder: Path, part: str, count: int, *, compressed: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images = np.arange(count * 6).reshape(count, 2, 3) % 256
    for name, array in (("images-idx3", images), ("labels-idx1", np.arange(count) % 10)):
        data = idx(array.astype(np.uint8))
        path = folder / f"{part}-{name}-ubyte{'.gz' if compressed else ''}"
        path.write_bytes(gzip.compress(data) if compressed else data)


def test_samples_as_in_torchvision(tmp_path: Path) -> None:
    write_pair(tmp_path / "MNIST/raw", "train", 12)
    write_pair(tmp_path / "MNIST/raw", "t10k", 5)
    train, test = MNIST(tmp_path), MNIST(tmp_path, train=False)
    assert (len(train), len(test)) == (12, 5)
    assert train.split == test.split == "official split, 12 to train, 5 held out"
    image, label = train[-1]
    assert image.shape == (1, 2, 3)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image.numpy().ravel(), np.arange(66, 72) / 255, rtol=1e-6)
    assert (type(label), label) == (int, 1)
    assert train.data.shape == (12, 2, 3)
    assert train.targets.dtype == np.int64
    assert train.class_to_idx["7"] == 7
    assert repr(test) == "MNIST(5 images of 2×3; official split, 12 to train, 5 held out)"
    images, labels = next(iter(DataLoader(train, 4)))
    assert images.shape == (4, 1, 2, 3)
    assert labels.tolist() == [0, 1, 2, 3]


def test_options(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", 4)
    plain = MNIST(tmp_path)
    data = MNIST(
        tmp_path,
        transform=lambda image: image * 0,
        target_transform=lambda code: code * 2,
        normalize=True,
        flatten=True,
        one_hot=True,
    )
    image, code = data[3]
    np.testing.assert_allclose(image.numpy(), np.full(6, -0.1307 / 0.3081), rtol=1e-6)
    assert code.tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
    images, codes = data.arrays()
    assert (images.shape, images.dtype, codes.dtype) == ((4, 6), np.float32, np.float32)
    expected = (plain.arrays()[0].reshape(4, 6) - 0.1307) / 0.3081
    np.testing.assert_allclose(images, expected, rtol=1e-5)
    np.testing.assert_array_equal(codes, np.eye(10)[:4])
    x, y = plain.tensors()[:2]
    assert isinstance(x, ag.Tensor)
    assert (x.shape, y.tolist()) == ((2, 1, 2, 3), [0, 1])
    plain.arrays()[1][:] = 9
    assert plain.targets.tolist() == [0, 1, 2, 3]
    assert len(pickle.loads(pickle.dumps(plain))) == 4  # noqa: S301 - our own; workers get it so


def test_the_test_files_alone_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pair(tmp_path, "t10k", 10, compressed=True)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    train, test = MNIST(), MNIST(train=False)
    assert train.split == test.split == "the test files alone, 8 to train, 2 held out"
    assert (train.targets.tolist(), test.targets.tolist()) == (list(range(8)), [8, 9])
    assert train.data[7, 0, 0].item() == 42


def test_where_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        DatasetError, match=r"are all in .*cache.MNIST.raw\n  fix: let MNIST_DIR .* -m nn.datasets mnist"
    ):
        MNIST()
    write_pair(cache_folder() / "MNIST/raw", "train", 3)
    assert MNIST().split == "official split, 3 to train, 0 held out"
    with pytest.raises(DatasetError, match=r"FashionMNIST: .*\n  fix: let FASHION_MNIST_DIR"):
        FashionMNIST()
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    with pytest.raises(DatasetError, match=r"all in .*named and .*raw\n"):
        MNIST()
    write_pair(tmp_path / "given", "train", 1)
    assert MNIST(tmp_path / "given").folder == tmp_path / "given"
    write_pair(tmp_path / "named", "train", 2)
    (tmp_path / "named/train-labels-idx1-ubyte").rename(tmp_path / "named/train-labels.idx1-ubyte")
    assert len(MNIST()) == 2


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    write_pair(tmp_path, "t10k", 10)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx(np.zeros(9, np.uint8)))
    with pytest.raises(DatasetError, match=r"images \(10, 2, 3\) and labels \(9,\), which do not match"):
        MNIST(tmp_path)
    labels.write_bytes(idx(np.full(10, 10, np.uint8)))
    with pytest.raises(DatasetError, match="does not hold bytes with classes below 10"):
        MNIST(tmp_path)
    with pytest.raises(DatasetError, match=r"the SHA-256 checksum is .*, expected 0fa7898d"):
        MNIST(tmp_path, verify=True)
    write_pair(tmp_path / "raw", "train", 2)
    with pytest.raises(DatasetError, match=r"no checksum of this form .*\n  fix: use train-images-idx3-ubyte.gz"):
        MNIST(tmp_path / "raw", verify=True)
    write_pair(tmp_path / "gz", "train", 2, compressed=True)
    with pytest.raises(DatasetError, match=r"the SHA-256 checksum is .*, expected 440fcabf"):
        MNIST(tmp_path / "gz", verify=True)


REAL = os.environ.get("MNIST_DIR")  # read before the fixture above takes it away


def test_files_that_are_what_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if REAL:
        assert MNIST(REAL, train=False, verify=True).data.shape[1:] == (28, 28)
    contents = {}
    for compressed in (True, False):
        folder = tmp_path / str(compressed)
        write_pair(folder, "t10k", 5, compressed=compressed)
        write_pair(folder, "train", 6, compressed=True)
    for path in (tmp_path / "False").glob("t10k*"):
        contents[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    published = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "True").iterdir()}
    monkeypatch.setattr(MNIST, "contents", contents)
    monkeypatch.setattr(MNIST, "checksums", {name: published[name] for name in published if "train" in name})
    for folder in ("True", "False"):
        assert len(MNIST(tmp_path / folder, train=False, verify=True)) == 5
        assert len(MNIST(tmp_path / folder, verify=True)) == 6


def test_downloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    for part, count in (("train", 6), ("t10k", 3)):
        write_pair(source, part, count, compressed=True)
    checksums = {name: hashlib.sha256((source / name).read_bytes()).hexdigest() for name in MNIST.checksums}
    asked: list[str] = []

    def transfer(url: str, part: Path, *_: Any) -> None:
        asked.append(url)
        if "ossci" in url:
            raise OSError("no route")
        shutil.copy(source / url.rpartition("/")[2], part)

    monkeypatch.setattr(MNIST, "checksums", checksums)
    monkeypatch.setattr(fetching, "_transfer", transfer)
    # The test files alone would do for a split of their own, but not where the whole is asked for.
    write_pair(tmp_path / "root", "t10k", 5)
    assert len(MNIST(tmp_path / "root", download=True)) == 6
    assert len(asked) == 4 * (3 + 1)
    assert all(url.startswith("https://") for url in asked)
    assert len(MNIST(tmp_path / "root", train=False, download=True)) == 3
    assert len(asked) == 16
    # What was downloaded once is checked whenever it is used.
    fetched = tmp_path / "root/MNIST/raw/train-labels-idx1-ubyte.gz"
    right = fetched.read_bytes()
    fetched.write_bytes(gzip.compress(idx(np.ones(6, np.uint8))))
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte.gz: the SHA-256 checksum is .*\n  fix: remove"):
        MNIST(tmp_path / "root/MNIST/raw")
    fetched.write_bytes(right)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "root"))
    assert MNIST(download=True).folder == tmp_path / "root/MNIST/raw"
    assert main(["mnist"]) == 0
    assert capsys.readouterr().out == f"mnist: {tmp_path / 'cache/MNIST/raw'}\n"
    monkeypatch.setattr(MNIST, "mirrors", ("https://ossci-datasets.invalid/",))
    assert main(["mnist", "--folder", str(tmp_path / "none")]) == 1
    assert "train-images-idx3-ubyte.gz could not be downloaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"AUTOGRAD_NP_DATA": "/data"}, "/data"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/autograd_np"),
        ("linux", {}, "/home/me/.cache/autograd_np"),
        ("darwin", {}, "/home/me/Library/Caches/autograd_np"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/autograd_np/Cache"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the paths above are POSIX paths")
def test_the_folder_of_downloads(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], expected: str
) -> None:
    for name in ("AUTOGRAD_NP_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == Path(expected)


# --- digits -----------------------------------------------------------------------------------------------------------


def test_digits() -> None:
    from sklearn.datasets import load_digits

    train, test = Digits(normalize=True, flatten=True), Digits(train=False)
    assert (len(train), len(test)) == (1437, 360)
    assert train.split == "random split with seed 7, 1437 to train, 360 held out"
    images, _ = train.arrays()
    assert images.shape == (1437, 64)
    assert abs(images.mean()) < 1e-6
    assert abs(images.std() - 1) < 1e-6
    # Together they are scikit-learn's, each once.
    theirs: Any = load_digits()
    rows = np.concatenate([np.c_[part.data.numpy().reshape(-1, 64), part.targets.numpy()] for part in (train, test)])
    expected = np.c_[theirs.data, theirs.target].astype(int)
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])
    assert not np.array_equal(Digits(seed=8).targets.numpy(), train.targets.numpy())


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Found:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DatasetError, match=r"scikit-learn, .*, is not there\n  fix: pip install"):
        Digits()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: Found)
    (tmp_path / "datasets/data").mkdir(parents=True)
    (tmp_path / "datasets/data/digits.csv.gz").write_bytes(gzip.compress(b"1,2,3\n"))
    with pytest.raises(DatasetError, match="not the file of the 1797 digits"):
        Digits()
