"""Which part of a model is being computed: names for drawings, looked up only while recording everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import Any

from autograd_np import scope

__all__ = ["called_by_name"]


class _Calls(threading.local):
    """The modules whose forward is running in this thread, outermost first."""

    stack: tuple[Any, ...] = ()


_calls = _Calls()


@contextmanager
def called_by_name(module: Any) -> Iterator[None]:
    """Name the operations of this call after the module's place in its caller, or after its class."""
    before = _calls.stack
    name = type(module).__name__
    if before:
        name = next((path for path, m in before[-1].named_modules() if m is module and path), name)
    _calls.stack = (*before, module)
    try:
        with scope(name, type(module).__name__), nullcontext() if before else _tensors_named(module):
            yield
    finally:
        _calls.stack = before


@contextmanager
def _tensors_named(module: Any) -> Iterator[None]:
    """Let parameters and buffers without a name carry their dotted path, for as long as operations note it."""
    named = []
    for path, tensor in chain(module.named_parameters(), module.named_buffers()):
        if tensor.name is None:
            tensor.name = path
            named.append(tensor)
    try:
        yield
    finally:
        for tensor in named:
            tensor.name = None
