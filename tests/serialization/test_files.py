"""Files: replaced whole or not at all, readable by other programs, and loaded to the CPU."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DeviceError
from autograd_np.serialization import _container
from tests.serialization.trees import assert_same, written

TREE = {"w": [1.5, {"x": np.arange(3)}]}


@pytest.mark.parametrize("kind", [str, Path, lambda path: io.BytesIO], ids=["str", "Path", "stream"])
def test_paths_and_streams(tmp_path: Path, kind: Any) -> None:
    f = kind(tmp_path / "state")
    f = f() if f is io.BytesIO else f
    ag.save(TREE, f)
    if isinstance(f, io.BytesIO):
        f.seek(0)
    assert_same(ag.load(f), TREE)


def test_a_stream_is_written_and_read_from_where_it_is() -> None:
    file = io.BytesIO()
    file.write(b"before")
    ag.save(TREE, file)
    assert file.getvalue() == b"before" + written(TREE)
    file.seek(6)
    assert_same(ag.load(file), TREE)


def test_a_stream_need_not_know_its_place() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        ag.save(TREE, file)
    with os.fdopen(read, "rb") as file:
        assert_same(ag.load(file), TREE)


def test_path_and_stream_hold_the_same_bytes(tmp_path: Path) -> None:
    ag.save(TREE, tmp_path / "state")
    assert (tmp_path / "state").read_bytes() == written(TREE)


@pytest.mark.parametrize("f", [3, None, io.StringIO()], ids=lambda f: type(f).__name__)
def test_what_is_no_file(f: Any) -> None:
    with pytest.raises(ArgumentError, match="save: expected a path or a file that is open in binary mode"):
        ag.save(1, f)
    with pytest.raises(ArgumentError, match="load: expected a path or a file that is open in binary mode"):
        ag.load(f)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ag.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        ag.save(1, tmp_path / "no" / "folder")


# --- replaced whole or not at all -------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    ag.save({"epoch": 1}, path)
    return path


def assert_untouched(path: Path) -> None:
    assert ag.load(path) == {"epoch": 1}
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_saved_leaves_the_old_file(saved: Path) -> None:
    with pytest.raises(ArgumentError):
        ag.save({"epoch": {2}}, saved)
    assert_untouched(saved)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError], ids=lambda e: e.__name__)
@pytest.mark.parametrize("place", ["write", "fsync"])
def test_an_interruption_leaves_the_old_file(
    saved: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], place: str
) -> None:
    def interrupted(target: Any, *_: Any) -> None:
        if place == "write":
            Path(target).write_bytes(b"half a file")
        raise error

    monkeypatch.setattr(_container if place == "write" else os, place, interrupted)
    with pytest.raises(error):
        ag.save({"epoch": 2}, saved)
    monkeypatch.undo()
    assert_untouched(saved)


def python(code: str, *args: str) -> str:
    """Return what a program prints in a process of its own."""
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our own code)


FULL_DISK = """
import resource, signal, sys
import autograd_np as ag
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    ag.save({"w": ag.zeros(100_000)}, sys.argv[1])
except OSError as error:
    print("OSError", error)
"""


def test_a_full_disk_leaves_the_old_file(saved: Path) -> None:
    # A limit on the size of files stands for the end of the disk.
    assert python(FULL_DISK, str(saved)).startswith("OSError save: the file could not be written: ")
    assert_untouched(saved)


def test_the_new_file_is_on_the_disk_before_the_old_one_goes(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        kind = os.fstat(descriptor).st_mode
        steps.append(f"sync folder {ag.load(saved)}" if stat.S_ISDIR(kind) else f"sync file {ag.load(saved)}")
        sync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("replace")
        assert self.parent == target.parent
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replaced)
    ag.save({"epoch": 2}, saved)
    assert steps == ["sync file {'epoch': 1}", "replace", "sync folder {'epoch': 2}"]


def test_links_and_permissions_stay(saved: Path) -> None:
    saved.chmod(0o640)
    link = saved.with_name("link")
    link.symlink_to(saved.name)
    ag.save({"epoch": 2}, link)
    assert link.is_symlink()
    assert ag.load(saved) == {"epoch": 2}
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    ag.save(1, tmp_path / "state")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "state").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_folders_and_devices_are_not_replaced(tmp_path: Path) -> None:
    for path in (tmp_path, os.devnull):
        with pytest.raises(ArgumentError, match="is a folder or a device, not a file"):
            ag.save(1, path)


# --- other programs ---------------------------------------------------------------------------------------------------


def test_other_programs_read_the_tensors_by_the_names_of_their_places(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    ag.save(model.state_dict(), tmp_path / "model.safetensors")
    arrays = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    assert arrays.keys() == model.state_dict().keys()
    assert arrays["0.weight"].tolist() == model[0].weight.tolist()


def test_names_are_told_apart() -> None:
    x = np.arange(6.0)
    tree = {"a.b": x[:1], "a": {"b": x[1:2], "b#2": x[2:3]}, "__metadata__": x[3:4], "\ud800": x[4:5], 1: [x[5:]]}
    arrays = safetensors.numpy.load(written(tree))
    assert {name: value.item() for name, value in arrays.items()} == {
        "a.b": 0,
        "a.b#2": 1,
        "a.b#2#2": 2,
        "__metadata__#2": 3,
        "?": 4,
        "1.0": 5,
    }
    assert list(safetensors.numpy.load(written(x))) == ["value"]


def test_a_safetensors_file_of_another_program_gives_its_tensors_in_order() -> None:
    arrays = {"w": np.ones((2, 3), np.float32), "a": np.arange(3), "flag": np.array([True])}
    data = safetensors.numpy.save(arrays, {"format": "np"})
    header = data[8 : 8 + int.from_bytes(data[:8], "little")].decode()
    loaded = ag.load(io.BytesIO(data))
    assert list(loaded) == sorted(arrays, key=lambda name: header.index(f'"{name}"'))
    assert_same({name: loaded[name] for name in arrays}, {name: ag.as_tensor(a) for name, a in arrays.items()})
    loaded["w"].zero_()


def test_a_header_whose_length_looks_like_a_pickle() -> None:
    data = safetensors.numpy.save({"w": np.ones(1, np.float32)})
    size = int.from_bytes(data[:8], "little")
    # Spaces may follow; 0x0280 begins as a pickle of protocol 2 does.
    data = (0x0280).to_bytes(8, "little") + data[8 : 8 + size].ljust(0x0280) + data[8 + size :]
    assert data[:2] == b"\x80\x02"
    assert ag.load(io.BytesIO(data))["w"].tolist() == [1]


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location",
    [None, "cpu", "cpu:0", ag.device("cpu"), lambda storage, _: storage, {"cuda:0": "cpu"}],
    ids=["none", "cpu", "cpu:0", "device", "function", "mapping"],
)
def test_everything_is_loaded_to_the_cpu(location: Any) -> None:
    loaded = ag.load(io.BytesIO(written({"w": ag.ones(1)})), map_location=location)
    assert loaded["w"].device == "cpu"


@pytest.mark.parametrize("location", ["cuda", "mps", {"cuda:1": "cuda:0"}], ids=repr)
def test_other_devices_are_not_there(location: Any) -> None:
    with pytest.raises(DeviceError):
        ag.load(io.BytesIO(written(1)), location)


def test_arguments_of_torch_load_change_nothing() -> None:
    assert ag.load(io.BytesIO(written(TREE["w"][:1])), weights_only=False, mmap=True) == [1.5]


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ag.errors.UnsupportedError, match="pip install safetensors"):
        ag.save(1, tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_engine_does_not_import_the_package() -> None:
    assert python("import sys, autograd_np; print('safetensors' in sys.modules)") == "False\n"
