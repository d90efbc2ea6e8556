"""The arrays that a recording meets: which entries they are, and what stands for them at a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from autograd_np.core import Leaf, Tensor
from autograd_np.replaying.guards import Guards
from autograd_np.replaying.plan import AsTensor
from autograd_np.replaying.runtime import arrays_in
from autograd_np.replaying.tape import RefusedError, Tape
from autograd_np.tracing.logged import Logged

__all__ = ["Known", "arguments"]

_VARARGS, _VARKEYWORDS = 0x04, 0x08


def arguments(frame: FrameType) -> tuple[list[Any], dict[str, Any]]:
    """Return what a function that begins was given."""
    code, values = frame.f_code, frame.f_locals
    names, at = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
    args = [values[name] for name in names[: code.co_argcount]]
    kwargs = {name: values[name] for name in names[code.co_argcount : at]}
    if code.co_flags & _VARARGS:
        args += values[names[at]]
        at += 1
    if code.co_flags & _VARKEYWORDS:
        kwargs.update(values[names[at]])
    return args, kwargs


class Known:
    """A tape, the state it was recorded from, and the entries of what came from outside.

    Args:
        function: whose call is recorded.
        inputs: Tensors and arrays among its arguments, in order.
        others: objects among its arguments.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], others: Sequence[Any]) -> None:
        self.tape = Tape()
        self.guards = Guards(function)
        #: Tensors from outside whose gradient, computed before the call, is read; by id.
        self.gradients_read: dict[int, Tensor] = {}
        #: Tensors that got a gradient in the call, by id.
        self.differentiated: dict[int, Tensor] = {}
        self._inputs = {id(x) for x in inputs}
        #: What the writes in place that are under way write to.
        self._targets: list[Logged] = []
        for x in others:
            self.guards.persists(x)
        for k, x in enumerate(inputs):
            array = getattr(x, "_array", x)
            if self.tape.entry_of(array) is None:
                self.tape.source("input", (k, isinstance(x, Tensor)), array)

    def _during(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        """See nothing until this function ends; then its result."""
        raise NotImplementedError

    def _after(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        """See what this function does, and then its result."""
        raise NotImplementedError

    def _from_outside(self, x: Any) -> bool:
        """Tell whether this very object was there before the call, and is watched."""
        return id(x) in self._inputs or id(x) in self.guards.reached

    def _know(self, part: Any) -> None:
        """Give every array among arguments an entry, if its origin is known."""
        for x in arrays_in(part):
            array = getattr(x, "_array", x)
            known = self.tape.entry_of(array)
            if known is not None:
                own = id(x) in self._inputs or (known.form == "external" and known.head is x)
                if isinstance(x, Tensor) and id(x) in self.guards.reached and not own:
                    message = "two tensors share one array\n  fix: use one of them, or clone() the other"
                    raise RefusedError(message)
            elif isinstance(x, Tensor) and self._is_owned(x):
                pass
            elif id(x) in self.guards.reached:
                self.tape.source("array", x, x)
            elif self._targets:
                self._copied(array)

    def _is_owned(self, x: Tensor) -> bool:
        """Give a Tensor from outside, or the gradient of one, its entry; tell whether it is one."""
        if id(x) in self.guards.reached:
            self._external(x)
            return True
        for owner in self.guards.reached.values():
            if isinstance(owner, Tensor) and owner._grad is x:
                if id(owner) not in self.differentiated:
                    self.gradients_read[id(owner)] = owner
                self.tape.source("gradient", owner, x._array)
                return True
            if isinstance(owner, Tensor) and owner._array is x._array:
                self._external(owner)
                return True
        return False

    def _external(self, x: Tensor) -> None:
        if x._view is not None:
            message = "a view from outside the call is used\n  fix: make the view inside, or pass it as an argument"
            raise RefusedError(message)
        self.tape.source("external", x, x._array)

    def _copied(self, array: Any) -> None:
        """Note the copy that a write in place takes of what it writes to."""
        target = self._targets[-1]
        if array.shape == target.shape and array.dtype == target.dtype and array.tobytes() == target.value.tobytes():
            copied = target.copy()
            copied.value = array
            self.tape.bind(array, copied)

    def _at_replay(self, part: Any, *, graphs: bool) -> Any:
        """Return arguments of a function that is called again, with what then stands for Tensors and arrays.

        Args:
            part: an argument, or several.
            graphs: Tensors may have a graph, which the function does not look at.
        """
        if isinstance(part, Tensor):
            if self._from_outside(part):
                return AsTensor(part, None)
            if part._node is not None and not isinstance(part._node, Leaf) and not graphs:
                message = "a function that is called again was given a tensor with a graph\n  fix: detach() it"
                raise RefusedError(message)
            entry: Any = self.tape.symbol(part._array, "a function that is called again")
            owner = entry.head if entry.form == "gradient" and entry.head._grad is part else None
            return AsTensor(None, entry, owner)
        if isinstance(part, np.ndarray):
            return self.tape.symbol(part, "a function that is called again")
        if type(part) in (tuple, list):
            return type(part)(self._at_replay(item, graphs=graphs) for item in part)
        if type(part) is dict:
            return {key: self._at_replay(item, graphs=graphs) for key, item in part.items()}
        if isinstance(part, (Iterator, FunctionType)):
            kind = "function" if isinstance(part, FunctionType) else "iterator, which is used up"
            message = f"a function that is called again was given a {kind}\n  fix: give it what it needs as values"
            raise RefusedError(message)
        return part
