"""Trees as text: containers and numbers become JSON, arrays become names.

In the text a list is a list, and what JSON has not is an object with one tag: {"tuple": [...]}, {"dict": {...}} or,
where a key is no text, {"dict": [[key, value], ...]}, {"float": "nan"}, {"int": "0x..."}, {"tensor": "name"}.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Size, Tensor, wrap
from autograd_np.errors import ArgumentError, AutogradError

__all__ = ["DEPTH", "as_tensors", "decoded", "encoded", "place", "shortened"]

VERSION = 1
#: How deeply containers may be nested; a tree that is deeper is a mistake, or made to exhaust the stack.
DEPTH = 100

#: How what JSON knows is written; readers in other languages have 64 bits for whole numbers.
_PLAIN: dict[Any, Callable[[Any], Any]] = {
    type(None): lambda _: None,
    bool: lambda flag: flag,
    str: lambda text: text,
    int: lambda n: n if -(2**63) <= n < 2**63 else {"int": hex(n)},
    float: lambda x: x if math.isfinite(x) else {"float": str(x)},
}
_DICTS: dict[Any, str] = {dict: "dict", OrderedDict: "OrderedDict"}


def place(path: tuple[Any, ...]) -> str:
    """Return how a place in the tree is written, such as obj['layers'][0].

    Example:
        >>> place(("layers", 0))
        "obj['layers'][0]"
    """
    return "obj" + "".join(f"[{shortened(key)}]" for key in path)


def shortened(name: Any) -> str:
    """Return a name as it stands in messages: a file may hold names of any length.

    Example:
        >>> shortened("weight"), len(shortened("w" * 1000))
        ("'weight'", 80)
    """
    text = hex(name) if type(name) is int and abs(name) >= 2**64 else repr(name)
    return text if len(text) <= 80 else f"{text[:38]}...{text[-39:]}"


# --- writing ----------------------------------------------------------------------------------------------------------


def encoded(obj: Any) -> tuple[str, dict[str, Array]]:
    """Return the text of a tree, and its arrays by name.

    Raises: ArgumentError naming the place and the type of what cannot be saved.
    """
    writer = _Writer()
    tree = writer.node(obj, ())
    text = json.dumps({"version": VERSION, "tree": tree}, allow_nan=False, separators=(",", ":"))
    return text, writer.arrays


class _Writer:
    """One tree on its way to text."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        #: The array's name by where its elements lie; the array itself, so that nothing else can come to lie there.
        self.names: dict[Any, tuple[str, Array]] = {}
        #: The nodes of tensors by identity, and how many tensors each array has.
        self.tensors: dict[int, dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        self.open: set[int] = set()

    def node(self, obj: Any, path: tuple[Any, ...]) -> Any:
        """Return what stands for an object in JSON."""
        kind = tuple if type(obj) is Size else type(obj)
        if kind in _PLAIN:
            return _PLAIN[kind](obj)
        if isinstance(obj, Tensor):
            return self.tensor(obj, path)
        if kind is np.ndarray:
            return {"array": self.name(obj, path)}
        if isinstance(obj, np.generic):
            return {"scalar": self.name(np.asarray(obj), path)}
        if kind is list or kind is tuple or kind in _DICTS:
            with self.inside(obj, path):
                return self.container(obj, kind, path)
        raise ArgumentError(_refusal(obj, path))

    @contextmanager
    def inside(self, obj: Any, path: tuple[Any, ...]) -> Iterator[None]:
        """Enter a container.

        Raises: ArgumentError if it is its own ancestor, or if there are too many of them.
        """
        if id(obj) in self.open:
            raise ArgumentError(f"save: {place(path)} is the container that it stands in, and a tree has no cycles")
        if len(path) >= DEPTH:
            raise ArgumentError(f"save: {place(path[:3])}... is nested more than {DEPTH} deep")
        self.open.add(id(obj))
        yield
        self.open.discard(id(obj))

    def container(self, obj: Any, kind: type, path: tuple[Any, ...]) -> Any:
        """Return what stands for a list, a tuple or a dictionary."""
        if kind is list:
            return [self.node(item, (*path, i)) for i, item in enumerate(obj)]
        if kind is tuple:
            return {"tuple": [self.node(item, (*path, i)) for i, item in enumerate(obj)]}
        tag = _DICTS[kind]
        if all(type(key) is str for key in obj):
            return {tag: {key: self.node(value, (*path, key)) for key, value in obj.items()}}
        return {tag: [[self.key(key, path), self.node(value, (*path, key))] for key, value in obj.items()]}

    def key(self, key: Any, path: tuple[Any, ...]) -> Any:
        """Return what stands for a key."""
        if type(key) not in _PLAIN and type(key) is not tuple:
            what = "a Tensor as a key" if isinstance(key, Tensor) else f"the key {key!r} of type {type(key).__name__}"
            raise ArgumentError(
                f"save: {place(path)} has {what}; keys can be text, numbers, bool, None and tuples of them"
                + ("\n  fix: save an optimiser's state_dict(), not its state" if isinstance(key, Tensor) else "")
            )
        if type(key) is tuple:
            return {"tuple": [self.key(item, path) for item in key]}
        return _PLAIN[type(key)](key)

    def tensor(self, tensor: Tensor, path: tuple[Any, ...]) -> dict[str, Any]:
        """Return the node of a tensor: the same for the same tensor, with a number of its own for a second one."""
        if id(tensor) in self.tensors:
            return self.tensors[id(tensor)]
        try:
            name = self.name(tensor._array, path)
        except ArgumentError:
            raise
        except AutogradError as error:
            raise ArgumentError(f"save: {place(path)} cannot be saved: {error}") from error
        node: dict[str, Any] = {"tensor": name}
        number = self.counts.get(name, 0)
        self.counts[name] = number + 1
        if number:
            node["number"] = number
        if tensor.requires_grad:
            node["requires_grad"] = True
        self.tensors[id(tensor)] = node
        return node

    def name(self, array: Array, path: tuple[Any, ...]) -> str:
        """Return the name of an array, under which it is stored once however often it comes."""
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise ArgumentError(
                f"save: {place(path)} has the element type {array.dtype}, which the format cannot hold\n"
                f"  fix: {_TYPE_FIXES.get(array.dtype.kind, 'convert it to numbers')}"
            )
        seen = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
        if seen in self.names:
            return self.names[seen][0]
        # A lone surrogate, which Python's text may have, has no bytes.
        wanted = ".".join(map(str, path)).encode("utf-8", "replace").decode() or "value"
        name, count = wanted, 1
        while name in self.arrays or name == "__metadata__":
            count += 1
            name = f"{wanted}#{count}"
        self.arrays[name] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
        self.names[seen] = name, array
        return name


_TYPE_FIXES = {
    "c": "save the real and the imaginary part",
    "f": "convert it to float64",
    "S": "text goes into the tree as str",
    "U": "text goes into the tree as str",
    "O": "convert it to numbers, or keep its items in a list",
}


def _refusal(obj: Any, path: tuple[Any, ...]) -> str:
    """Return the message for an object that cannot be saved."""
    kind = type(obj)
    fix = "convert it to one of these"
    if callable(getattr(obj, "state_dict", None)):
        fix = "save its state_dict()"
    elif callable(getattr(obj, "get_state", None)):
        fix = "save its get_state()"
    elif isinstance(obj, complex):
        fix = "save the real and the imaginary part"
    elif isinstance(obj, np.random.Generator):
        fix = "save its bit_generator.state"
    elif isinstance(obj, (dict, list, tuple, str, int, float, np.ndarray)):
        base = next(b for b in kind.__mro__ if b.__module__ in ("builtins", "numpy"))
        fix = f"convert it to {base.__name__}, or save its parts"
    elif isinstance(obj, (set, frozenset)):
        fix = "convert it to a list"
    return (
        f"save: {place(path)} is of type {_name(kind)}; a tree holds dict, OrderedDict, list, "
        f"tuple, str, numbers, bool, None, Tensors and NumPy arrays\n  fix: {fix}"
    )


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


# --- reading ----------------------------------------------------------------------------------------------------------


def as_tensors(arrays: Mapping[str, Array]) -> dict[str, Tensor]:
    """Return arrays as tensors, by name."""
    return {name: wrap(array, None) for name, array in arrays.items()}


def decoded(text: str, arrays: Mapping[str, Array]) -> Any:
    """Return the tree that a text describes.

    Raises: ArgumentError for a text that `encoded` did not write.
    """
    try:
        document = json.loads(text, parse_int=_whole)
        version, tree = document["version"], document["tree"]
        if version == VERSION:
            return _Reader(arrays).value(tree, 0)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, AutogradError) as error:
        raise ArgumentError(
            f"load: the tree beside the tensors is damaged ({type(error).__name__}: {str(error)[:100]})"
        ) from error
    told = version if type(version) is int else "unknown"
    raise ArgumentError(
        f"load: the tree has version {told}, and this release of autograd_np reads {VERSION}\n"
        "  fix: install a newer autograd_np"
    )


def _whole(digits: str) -> int:
    """Return the number of these digits; longer ones are written in another way, and would take long to read."""
    if len(digits) > 20:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


class _Reader:
    """One text on its way to a tree."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = arrays
        self.bases: dict[str, Tensor] = {}
        self.tensors: dict[tuple[str, int], Tensor] = {}

    def value(self, node: Any, depth: int) -> Any:
        """Return what a JSON value stands for."""
        if depth > DEPTH:
            raise ValueError(f"nested more than {DEPTH} deep")
        if isinstance(node, list):
            return [self.value(item, depth + 1) for item in node]
        if not isinstance(node, dict):
            return node
        if "tensor" in node:
            return self.tensor(**node)
        if len(node) != 1 or not node.keys() <= _READERS.keys():
            raise ValueError(f"{list(node)[:3]} is no tag")
        ((tag, content),) = node.items()
        return _READERS[tag](self, content, depth + 1)

    def tensor(self, tensor: str, number: int = 0, requires_grad: bool = False) -> Tensor:
        """Return a tensor over an array: one for each number."""
        if tensor not in self.bases:
            self.bases[tensor] = wrap(self.arrays[tensor], None)
        if (tensor, number) not in self.tensors:
            # Detached from one base, they notice each other's writes.
            self.tensors[tensor, number] = self.bases[tensor].detach().requires_grad_(requires_grad)
        return self.tensors[tensor, number]

    def dictionary(self, kind: type, content: Any, depth: int) -> Any:
        """Return a dictionary from an object, or from a list of pairs."""
        if isinstance(content, dict):
            return kind((key, self.value(item, depth)) for key, item in content.items())
        result = kind((self.value(key, depth), self.value(item, depth)) for key, item in content)
        if len(result) != len(content):
            raise ValueError("a key comes twice")
        return result


_READERS: dict[str, Callable[[_Reader, Any, int], Any]] = {
    "tuple": lambda reader, content, depth: tuple(reader.value(content, depth)),
    "dict": lambda reader, content, depth: reader.dictionary(dict, content, depth),
    "OrderedDict": lambda reader, content, depth: reader.dictionary(OrderedDict, content, depth),
    "int": lambda _reader, content, _depth: int(content, 16),
    "float": lambda _reader, content, _depth: float(content),
    "array": lambda reader, content, _depth: reader.arrays[content],
    "scalar": lambda reader, content, _depth: reader.arrays[content][()],
}
