"""How each library does a row: `prepare(row)` returns a function without arguments that does it once."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, NamedTuple


class Library(NamedTuple):
    """A column of the table.

    Args:
        title: its heading.
        package: what is imported, and whose version is stated.
        module: the module of this package that prepares rows.
    """

    title: str
    package: str
    module: str


#: Ours is first; the order is that of the columns.
LIBRARIES = {
    "autograd_np": Library("autograd_np", "autograd_np", "ours"),
    "replayed": Library("autograd_np replayed", "autograd_np", "ours_replayed"),
    "numpy": Library("NumPy by hand", "numpy", "hand"),
    "torch": Library("PyTorch", "torch", "pytorch"),
    "mygrad": Library("MyGrad", "mygrad", "mygrad_peer"),
    "autograd": Library("HIPS autograd", "autograd", "hips"),
    "jax": Library("JAX", "jax", "jax_eager"),
    "jax_jit": Library("JAX compiled", "jax", "jax_compiled"),
}


class Absent(Exception):  # noqa: N818 (not an error: the row has no such cell)
    """This library cannot express the row; the text says why."""


def is_installed(name: str) -> bool:
    """Tell whether this interpreter has a library."""
    return importlib.util.find_spec(LIBRARIES[name].package) is not None


def load(name: str) -> Any:
    """Import the module that prepares the rows of a library."""
    return importlib.import_module(f"benchmarks.libraries.{LIBRARIES[name].module}")
