"""Saving and loading: trees of containers, numbers and tensors, in files that hold data and no code.

`save` writes the safetensors format: the tensors under the names of their places in the tree, readable by every
program that knows the format, and beside them the tree itself as JSON. `load` reads it back; it also reads safetensors
files of other programs and the files of torch.save. Nothing that a file says is ever executed.
"""

from __future__ import annotations

import importlib
import io
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeAlias

from autograd_np.core import device
from autograd_np.errors import ArgumentError
from autograd_np.serialization import _container, _tree
from autograd_np.serialization._replacement import replacing

__all__ = ["load", "save"]

#: A path, or a file that is open in binary mode.
File: TypeAlias = str | os.PathLike[str] | BinaryIO
Location: TypeAlias = str | device | Mapping[str, str] | Callable[..., Any] | None


def save(obj: Any, f: File) -> None:
    """Write a tree of dict, OrderedDict, list, tuple, str, numbers, bool, None, Tensors and NumPy arrays to a file.

    A path is replaced whole or not at all: the new file is written beside it, brought to the disk, and then put in
    its place, so that a full disk or an interruption leaves the old file.

    Tensors are saved without graph, gradient and hooks; whether they require gradients is kept. Parameters come back
    as Tensors. Tensors that look at the same elements are stored once and share them again; a view of a part is
    stored by itself, without the rest of its base, and comes back by itself.

    Args:
        obj: the tree; dictionary keys may be text, numbers, bool, None and tuples of them.
        f: a path, or a file that is open for writing in binary mode.

    Raises: ArgumentError for anything else in the tree, naming its type and place, and for what is no file.
    Source: torch.save; the format is safetensors.

    Example:
        >>> import io
        >>> from autograd_np import tensor
        >>> file = io.BytesIO()
        >>> save({"epoch": 3, "weights": {"w": tensor([1.0, 2.0])}}, file)
        >>> _ = file.seek(0); load(file)
        {'epoch': 3, 'weights': {'w': tensor([1., 2.])}}
    """
    text, arrays = _tree.encoded(obj)
    if isinstance(f, (str, os.PathLike)):
        with replacing(f) as temporary:
            _container.write(temporary, arrays, text)
    elif hasattr(f, "write") and not isinstance(f, io.TextIOBase):
        f.write(_container.packed(arrays, text))
    else:
        raise ArgumentError(
            f"save: expected a path or a file that is open in binary mode, got {type(f).__name__}\n"
            "  fix: save(obj, path), or open the file with mode 'wb'"
        )


def load(f: File, map_location: Location = None, *, weights_only: bool = True, mmap: bool | None = None) -> Any:
    """Read what `save` wrote, a safetensors file of another program, or a file of torch.save.

    A safetensors file without our tree gives a dictionary of its tensors. Of PyTorch's files tensors, Parameters
    (which come back as Tensors) and builtin containers are read; any class or function that a file names beside them
    is refused by its name. bfloat16 becomes float32, which holds it exactly, with a warning that says so.

    Reading takes up to twice the memory of the file. A file that claims more than it has, in sizes, offsets or shapes,
    is refused before memory is taken for it.

    Args:
        f: a path, or a file that is open for reading in binary mode.
        map_location: the CPU, in any of PyTorch's forms; files saved on other devices load without it, too.
        weights_only: accepted for PyTorch's sake; False changes nothing, since no file's code is ever run.
        mmap: accepted for PyTorch's sake; changes nothing.

    Raises:
        ArgumentError: for a file that is damaged, of no known format, or holds what cannot be read.
        DeviceError: for a location that is not the CPU.
        FileNotFoundError: if there is no such file.
    Source: torch.load.

    Example:
        >>> import tempfile, os
        >>> from autograd_np import tensor
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "state")
        ...     save([tensor([1, 2]), (True, None)], path)
        ...     load(path)
        [tensor([1, 2]), (True, None)]
    """
    _check_location(map_location)
    with _opened(f) as file:
        start = file.read(9)
        file.seek(-len(start), os.SEEK_CUR)
        if _is_pytorchs(start):
            # Imported here, because it brings zipfile and pickletools, which few programs need.
            tree, halves = importlib.import_module("autograd_np.serialization._archive").read(file)
        else:
            text, arrays, halves = _container.read(file)
            tree = _tree.as_tensors(arrays) if text is None else _tree.decoded(text, arrays)
    if halves:
        many = f"{len(halves)} tensors were ({halves[0]} first)" if len(halves) > 1 else f"{halves[0]} was"
        warnings.warn(f"load: {many} stored as bfloat16; float32 holds the same values", stacklevel=2)
    return tree


def _is_pytorchs(start: bytes) -> bool:
    """Tell whether a file that begins like this is an archive or a pickle; of safetensors the ninth byte is a brace."""
    return start[:4] == b"PK\x03\x04" or (start[:1] == b"\x80" and start[1:2] <= b"\x08" and start[8:] != b"{")


@contextmanager
def _opened(f: Any) -> Iterator[BinaryIO]:
    """Yield a file that can be read at any place."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:  # noqa: PTH123 (a path of any kind)
            yield file
        return
    if not hasattr(f, "read") or isinstance(f, io.TextIOBase):
        raise ArgumentError(
            f"load: expected a path or a file that is open in binary mode, got {type(f).__name__}\n"
            "  fix: load(path), or open the file with mode 'rb'"
        )
    # What comes before the present place is not ours, and a stream may know no places at all.
    yield io.BytesIO(f.read())


def _check_location(location: Any) -> None:
    """Raise DeviceError unless tensors are to be loaded to the CPU; a function has one device to choose from."""
    if isinstance(location, Mapping):
        for target in location.values():
            device(target)
    elif location is not None and not callable(location):
        device(location)
