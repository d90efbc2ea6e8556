"""Files of torch.save: an archive with a pickle of the tree and an entry per storage, or, before 1.6, one stream.

The pickle names storages, and functions that make tensors of them. Here these become records (`_Storage`, `_View`),
and tensors are made once the whole tree is known to hold nothing else.
"""

from __future__ import annotations

import errno
import io
import os
import struct
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, wrap
from autograd_np.errors import ArgumentError
from autograd_np.serialization._container import widened
from autograd_np.serialization._pickled import Made, unpickled
from autograd_np.serialization._tree import DEPTH, place, shortened

__all__ = ["read"]

_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
#: The axes that NumPy's arrays may have.
_RANK = 64
#: What zipfile raises for archives whose lengths and places make no sense.
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError, OverflowError, struct.error)


# --- records ----------------------------------------------------------------------------------------------------------

_TYPES = {
    "Float": "float32",
    "Double": "float64",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}
_DTYPES = (*_TYPES.values(), "uint16", "uint32", "uint64")


class _Type(Made):
    """An element type, or a storage class that stands for one; None where a tensor names it."""

    __slots__ = ("name",)

    def __init__(self, name: str | None) -> None:
        self.name = name


class _Storage(Made):
    """A block of elements that tensors look into."""

    __slots__ = ("key", "length", "type")

    def __init__(self, key: str, kind: str | None, length: int) -> None:
        self.key = key
        self.type = kind
        self.length = length


class _View(Made):
    """A tensor: where in a storage its elements are."""

    __slots__ = ("offset", "requires_grad", "shape", "steps", "storage", "type")

    def __init__(
        self, storage: Any, offset: Any, shape: Any, steps: Any, requires_grad: bool = False, kind: str | None = None
    ) -> None:
        if type(storage) is not _Storage or type(requires_grad) is not bool or not len(shape) == len(steps) <= _RANK:
            raise TypeError("a tensor is made of a storage, an offset, sizes and steps")
        sizes = (offset, *shape, *steps)
        if not all(type(n) is int and 0 <= n < 2**62 for n in sizes):
            raise ValueError(f"a tensor has sizes and steps {sizes[:8]}")
        self.storage = storage
        self.offset = offset
        self.shape = tuple(shape)
        self.steps = tuple(steps)
        self.requires_grad = requires_grad
        self.type = storage.type if kind is None else kind


def _typed(storage: Any, offset: Any, shape: Any, steps: Any, requires_grad: Any, _hooks: Any, kind: Any) -> _View:
    """Return a tensor that names its element type itself."""
    return _View(storage, offset, shape, steps, requires_grad, _name_of(kind))


def _parameter(view: Any, requires_grad: Any, *_: Any) -> _View:
    if type(view) is not _View:
        raise TypeError("a parameter is made of a tensor")
    return _View(view.storage, view.offset, view.shape, view.steps, requires_grad, view.type)


def _attributed(function: Any, _kind: Any, args: Any, _state: Any) -> Any:
    """Return a tensor with attributes of its own, without these."""
    if not function.name.startswith("torch._utils._rebuild_"):
        raise TypeError("attributes are given to what is no tensor")
    return function.call(*args)


def _name_of(kind: Any) -> str | None:
    """Return the type's name: a name on the stack is the entry of a table, which gives it when called."""
    made = kind.call()
    if type(made) is not _Type:
        raise TypeError("an element type is expected")
    return made.name


def _constant(name: str | None) -> Callable[[], _Type]:
    return lambda: _Type(name)


def _unheld(name: str) -> Callable[[], _Type]:
    def refuse() -> _Type:
        raise ArgumentError(
            f"load: the file holds tensors of {name}, and tensors here hold floats, integers and booleans\n"
            "  fix: convert them before saving; of complex numbers save real and imaginary part"
        )

    return refuse


def _nothing(*_: Any) -> Any:
    raise TypeError("a class is called that is only named")


_TABLE: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _View,
    "torch._utils._rebuild_tensor_v2": lambda storage, offset, shape, steps, requires_grad=False, *_: _View(
        storage, offset, shape, steps, requires_grad
    ),
    "torch._utils._rebuild_tensor_v3": lambda storage, offset, shape, steps, requires_grad, hooks, kind, *_: _typed(
        storage, offset, shape, steps, requires_grad, hooks, kind
    ),
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": _attributed,
    "torch.Tensor": _nothing,
    "torch.nn.parameter.Parameter": _nothing,
    "torch.nn.parameter.Buffer": _nothing,
    "torch.Size": tuple,
    "torch.storage.UntypedStorage": _constant(None),
    **{f"torch.{name}Storage": _constant(dtype) for name, dtype in _TYPES.items()},
    **{f"torch.{name}": _constant(name) for name in _DTYPES},
    "torch.ComplexFloatStorage": _unheld("complex64"),
    "torch.ComplexDoubleStorage": _unheld("complex128"),
}


def _stored(reference: Any) -> _Storage:
    """Return the storage that a reference out of the pickle means."""
    what, kind, key, _location, length, *view = reference
    if what != "storage" or type(key) is not str or type(length) is not int or length < 0 or any(view):
        raise ValueError(f"a reference to a {what!r} of length {length!r}")
    return _Storage(key, _name_of(kind), length)


# --- tensors ----------------------------------------------------------------------------------------------------------


class _Storages:
    """The storages of one file, each read once, when a tensor first looks into it.

    Args:
        read: the bytes of a storage, by its key.
        swapped: whether the bytes of an element are in the order of big-endian machines.
    """

    def __init__(self, read: Callable[[str], bytes], swapped: bool) -> None:
        self.read = read
        self.swapped = swapped
        self.known: dict[tuple[str, str], tuple[Array, Tensor]] = {}

    def elements(self, storage: _Storage, kind: str) -> tuple[Array, Tensor]:
        """Return a storage's elements, and the tensor through which those that look into it share a count of writes."""
        if (storage.key, kind) not in self.known:
            native = np.dtype("uint16" if kind == "bfloat16" else kind)
            stored = native.newbyteorder(">" if self.swapped else "<")
            data = self.read(storage.key)
            if len(data) != storage.length * _size_of(storage):
                raise ValueError(f"storage {storage.key} has {len(data)} bytes, not {storage.length} elements")
            values = np.frombuffer(bytearray(data), stored)
            values = values.astype(native, copy=False)
            values = widened(values) if kind == "bfloat16" else values
            self.known[storage.key, kind] = values, wrap(values, None)
        return self.known[storage.key, kind]

    def tensor(self, view: _View) -> Tensor:
        """Return a tensor."""
        if view.type is None:
            raise ValueError("a tensor without an element type")
        elements, base = self.elements(view.storage, view.type)
        steps = tuple(n * elements.itemsize for n in view.steps)
        # NumPy checks that all of it lies within the elements.
        array: Array = np.ndarray(
            view.shape, elements.dtype, buffer=elements, offset=view.offset * elements.itemsize, strides=steps
        )
        array.flags.writeable = not _overlaps(view)
        result = wrap(array, None)
        result._cell = base._shared_cell()
        return result.requires_grad_(view.requires_grad)


def _overlaps(view: _View) -> bool:
    """Tell whether several indices may lead to the same element, as after expand."""
    reach = 0
    for step, size in sorted((step, size) for step, size in zip(view.steps, view.shape, strict=True) if size > 1):
        if step <= reach:
            return True
        reach += step * (size - 1)
    return False


class _Finisher:
    """Makes the tree of what was unpickled: tensors of views, and nothing but what a tree may hold."""

    def __init__(self, storages: _Storages) -> None:
        self.storages = storages
        #: What was made of an object, which is kept so that its identity stays its own.
        self.made: dict[int, tuple[Any, Any]] = {}
        self.halves: list[str] = []

    def value(self, obj: Any, path: tuple[Any, ...]) -> Any:
        """Return what an object becomes; shared ones stay shared."""
        if obj is None or type(obj) in (bool, int, float, str, bytes):
            return obj
        if len(path) > DEPTH:
            raise ArgumentError(f"load: {place(path[:3])}... is nested more than {DEPTH} deep, or in itself")
        if id(obj) not in self.made:
            self.made[id(obj)] = obj, self.container(obj, path)
        return self.made[id(obj)][1]

    def container(self, obj: Any, path: tuple[Any, ...]) -> Any:
        """Return what a view or a container becomes."""
        kind = type(obj)
        if kind is _View:
            if obj.type == "bfloat16":
                self.halves.append(place(path))
            return self.storages.tensor(obj)
        if kind in (dict, OrderedDict, Counter):
            return kind({key: self.value(item, (*path, key)) for key, item in obj.items()})
        if kind in (list, tuple):
            return kind(self.value(item, (*path, i)) for i, item in enumerate(obj))
        if kind in (set, frozenset):
            return obj
        name = getattr(obj, "name", None) or kind.__name__.strip("_")
        raise ArgumentError(f"load: {place(path)} is {name}, which is neither a tensor nor a builtin container")


def _finished(obj: Any, read: Callable[[str], bytes], swapped: bool) -> tuple[Any, list[str]]:
    """Return the tree with its tensors, and the places of those that were bfloat16."""
    finisher = _Finisher(_Storages(read, swapped))
    try:
        return finisher.value(obj, ()), finisher.halves
    except ArgumentError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"load: a tensor of the file is damaged: {str(error)[:200]}") from error


# --- files ------------------------------------------------------------------------------------------------------------


def read(file: BinaryIO) -> tuple[Any, list[str]]:
    """Return the tree in a file of torch.save, and the places of tensors that were bfloat16.

    Raises: ArgumentError for another archive or pickle, a damaged one, and for names that are not in the table.
    """
    start = file.read(2)
    file.seek(-len(start), os.SEEK_CUR)
    return _from_zip(file) if start == b"PK" else _from_stream(file)


def _from_zip(file: BinaryIO) -> tuple[Any, list[str]]:
    """Return what an archive holds."""
    try:
        size = file.seek(0, os.SEEK_END)
        with zipfile.ZipFile(file) as archive:
            return _from_archive(archive, size)
    except ArgumentError:
        raise
    except _DAMAGED as error:
        raise ArgumentError(f"load: the archive is damaged: {str(error)[:200]}") from error
    except OSError as error:
        # Places before the file's beginning; all else is the system's to tell.
        if error.errno != errno.EINVAL:
            raise
        raise ArgumentError("load: the archive is damaged: it refers to a place before its beginning") from error


def _from_archive(archive: zipfile.ZipFile, size: int) -> tuple[Any, list[str]]:
    names = archive.namelist()
    folder = next((name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")), None)
    if folder is None:
        raise ArgumentError(
            "load: this is an archive, but torch.save did not write it: it has no data.pkl\n"
            "  fix: load reads what save wrote, safetensors files, and files of torch.save; numpy.load reads .npz"
        )
    if f"{folder}constants.pkl" in names:
        raise ArgumentError(
            "load: this is a TorchScript program, not a file of torch.save\n"
            "  fix: in PyTorch, load it with torch.jit.load and save its state_dict()"
        )
    left = [size]

    def entry(name: str) -> bytes:
        """Return an entry; together they are no longer than the file, because none is compressed or read twice."""
        try:
            info = archive.getinfo(folder + name)
        except KeyError:
            raise ArgumentError(f"load: the archive is damaged: {name[:80]!r} is missing") from None
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ArgumentError(f"load: the archive's entry {name[:80]!r} is compressed, which torch.save does not do")
        left[0] -= info.file_size
        if left[0] < 0:
            raise ArgumentError("load: the archive is damaged: its entries overlap")
        return archive.read(info)

    order = entry("byteorder") if f"{folder}byteorder" in names else b"little"
    if order not in (b"little", b"big"):
        raise ArgumentError(f"load: the archive is damaged: its byte order is {order[:20]!r}")
    obj = unpickled(io.BytesIO(entry("data.pkl")), _TABLE, _stored)
    return _finished(obj, lambda key: entry(f"data/{key}"), order == b"big")


def _from_stream(file: BinaryIO) -> tuple[Any, list[str]]:
    """Return what a stream holds, as PyTorch wrote it before 1.6: pickles, and then the storages."""
    stream = io.BytesIO(file.read())
    size = len(stream.getbuffer())
    if unpickled(stream, {}) != _MAGIC:
        raise ArgumentError(
            "load: this is a pickle, but torch.save did not write it; pickles are not loaded, since they run code\n"
            "  fix: load it with pickle if you trust it, and save its tensors with autograd_np.save"
        )
    version, system = unpickled(stream, {}), unpickled(stream, {})
    if type(version) is not int or version != _LEGACY_VERSION or type(system) is not dict:
        told = shortened(version) if type(version) is int else "unknown"
        raise ArgumentError(f"load: the stream has version {told}, and {_LEGACY_VERSION} is known")
    storages: dict[str, _Storage] = {}

    def refer(reference: Any) -> _Storage:
        storage = _stored(reference)
        return storages.setdefault(storage.key, storage)

    obj = unpickled(stream, _TABLE, refer)
    keys = unpickled(stream, {})
    blocks: dict[str, bytes] = {}
    for key in keys if type(keys) is list else ():
        if type(key) is not str or key not in storages:
            raise ArgumentError("load: the stream is damaged: it has a storage that no tensor looks into")
        # Its length comes once more before it.
        stream.seek(8, os.SEEK_CUR)
        blocks[key] = stream.read(min(storages[key].length * _size_of(storages[key]), size))
    return _finished(obj, blocks.__getitem__, not system.get("little_endian", True))


def _size_of(storage: _Storage) -> int:
    """Return the bytes of an element; an untyped storage counts bytes."""
    kind = {None: "uint8", "bfloat16": "uint16"}.get(storage.type, storage.type)
    return np.dtype(kind).itemsize
