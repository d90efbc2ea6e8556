"""Looks on while a call runs eagerly, as a profiler does, and writes what it does on a tape.

`sys.setprofile` shows every Python function that begins and ends in this thread; rows, backward, writes in place and
the few functions of policies.py are known by their code. So the engine knows nothing of replay, and eager calls pay
nothing for it. What cannot be done again refuses replay with a reason; the call itself is never disturbed.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_np import kernels
from autograd_np.autograd.function import Function
from autograd_np.core import Leaf, Op, Tensor, as_array, as_tensor, backward, gradients, mutation, registry
from autograd_np.kernels import indexing
from autograd_np.ops import class_losses
from autograd_np.replaying.changes import Changes
from autograd_np.replaying.guards import is_watched
from autograd_np.replaying.known import arguments
from autograd_np.replaying.policies import AGAIN, CONSTANTS, VALUES, code_of, hands_on, reads_values
from autograd_np.replaying.runtime import Arrays, arrays_in
from autograd_np.replaying.tape import RefusedError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Watch"]

_KERNELS = str(Path(kernels.__file__).parent) + os.sep
_SHEETS = str(Path(class_losses.__file__).parent) + os.sep


def _row_codes() -> set[CodeType]:
    """Return the code of every way to call a row on Tensors."""
    found = {code_of(Op.unpromoted)}
    for row in registry.values():
        found.add(code_of(type(row).__call__))
        function = getattr(row, "function", None)
        if isinstance(function, FunctionType):
            found.add(function.__code__)
    return found


class Watch(Changes):
    """One recording: the call is made inside a `with` block.

    Args:
        function: whose call is recorded.
        inputs: Tensors and arrays among its arguments, in order.
        others: objects among its arguments.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], others: Sequence[Any] = ()) -> None:
        super().__init__(function, inputs, others)
        #: Why the call cannot be replayed, if so.
        self.reason: str | None = None
        #: The function that is seen as a whole, and what to do with its result.
        self._whole: tuple[FrameType, Callable[[Any], None]] | None = None
        #: Functions that are seen inside as well, by the id of their frame.
        self._ends: dict[int, tuple[FrameType, Callable[[Any], None]]] = {}
        properties: Any = vars(Tensor)
        self._begin: dict[CodeType, Callable[[FrameType], None]] = {
            **dict.fromkeys(_row_codes(), self._row),
            **dict.fromkeys(CONSTANTS, self._made),
            **{code: self._values(name) for code, name in VALUES.items()},
            code_of(backward): self._backward,
            code_of(gradients): self._gradients,
            code_of(mutation.write): self._write,
            code_of(mutation.overwrite): self._overwrite,
            code_of(as_array): self._as_array,
            code_of(as_tensor): self._made,
            code_of(Tensor.__init__): self._made,
            code_of(properties["grad"].fset): self._grad_set,
            code_of(properties["data"].fset): self._refused(
                "data is assigned inside the call\n  fix: write in place inside no_grad(), as in p -= lr * p.grad"
            ),
            code_of(Tensor.register_hook): self._refused("a hook is registered"),
            code_of(Tensor.retain_grad): self._refused("retain_grad() keeps a gradient"),
            code_of(Tensor.requires_grad_): self._requires_grad,
            code_of(Function.apply): self._refused("a user's Function is called\n  fix: define it as a row, Op"),
            code_of(class_losses._samples): self._samples,
            code_of(class_losses._shares): self._shares,
        }

    def __enter__(self) -> Self:
        # What a collection calls is no part of this call.
        self._collects = gc.isenabled()
        gc.disable()
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        if self._collects:
            gc.enable()

    # --- events ----------------------------------------------------------------------------------------------------

    def _seen(self, frame: FrameType, event: str, result: Any) -> None:
        try:
            if event == "call":
                if self._whole is None:
                    self._called(frame)
            elif event == "return":
                if self._whole is None:
                    _, end = self._ends.pop(id(frame), (frame, None))
                    if end is not None:
                        end(result)
                elif self._whole[0] is frame:
                    (_, end), self._whole = self._whole, None
                    end(result)
        except RefusedError as error:
            self._refuse(str(error))
        except Exception as error:  # noqa: BLE001 (the call goes on, whatever fails in here)
            self._refuse(f"recording failed: {type(error).__name__}: {error}")

    def _refuse(self, reason: str) -> None:
        """Note why this call cannot be replayed, and look on no longer."""
        self.reason = reason
        sys.setprofile(None)

    def _called(self, frame: FrameType) -> None:
        code = frame.f_code
        begin = self._begin.get(code)
        if begin is not None:
            begin(frame)
        elif code in AGAIN:
            self._again(frame, AGAIN[code])
        elif code.co_filename.startswith(_KERNELS):
            self._on_arrays(frame)
        elif code.co_filename.startswith(_SHEETS) and not reads_values(code):
            self._sheet(frame)
        else:
            if is_watched(code):
                self.guards.called(frame)
            if reads_values(code):
                self._reader(frame, code.co_name)

    def _during(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        self._whole = (frame, end)

    def _after(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        self._ends[id(frame)] = (frame, end)

    # --- rows and kernels ------------------------------------------------------------------------------------------

    def _row(self, frame: FrameType) -> None:
        args, static = arguments(frame)
        # Operators are functions that have their row around them.
        row, operands = (args[0], args[1:]) if args and isinstance(args[0], Op) else (frame.f_locals["op"], args)
        self._know((operands, static))

        def end(result: Any) -> None:
            if result is not None:
                self.tape.row_called(row, operands, static, result)

        self._during(frame, end)

    def _sheet(self, frame: FrameType) -> None:
        """Note what a function of the sheets makes of arrays alone, or of numbers alone."""
        given, code = arrays_in(arguments(frame)), frame.f_code
        if not given:
            if not code.co_freevars and not code.co_name.startswith("<"):
                self._after(frame, self._constants)
        elif not any(isinstance(x, Tensor) for x in given):
            self._on_arrays(frame, inside=True)

    def _constants(self, result: Any) -> None:
        """Note what was made of numbers as constants."""
        for x in arrays_in(result):
            array = getattr(x, "_array", x)
            if self.tape.entry_of(array) is None:
                self.tape.source("constant", None, array)

    def _on_arrays(self, frame: FrameType, *, inside: bool = False) -> None:
        """Log a function that is called on arrays themselves: a kernel, or one of the sheets', seen inside."""
        args, kwargs = arguments(frame)
        self._know((args, kwargs))
        arrays, name = arrays_in((args, kwargs)), frame.f_code.co_name
        if not arrays:
            self._during(frame, self._constants)
            return
        watch = self._after if inside else self._during
        function = frame.f_globals.get(name)
        if function is None or any(self.tape.entry_of(x) is None for x in arrays):
            watch(frame, lambda _: None)
            return
        parts = (tuple(self.tape.lifted(args, name)), self.tape.lifted(kwargs, name))
        # Of an index of integers nothing depends on values but its arrays.
        is_index = frame.f_globals["__name__"] == indexing.__name__
        keyed = is_index and all(x.ndim and x.dtype.kind in "iu" for x in arrays)

        def end(result: Any) -> None:
            found = arrays_in(result)
            only = _only_arrays(result)
            if only and all(self.tape.entry_of(x) is not None for x in found):
                return
            if isinstance(result, np.ndarray):
                self.tape.bind(result, self.tape.result("call", function, parts, result))
            elif only or (keyed and isinstance(result, tuple)):
                entry = self.tape.entry("call", Arrays(function), parts, tuple(found))
                for array, item in zip(found, self.tape.items(entry), strict=True):
                    self.tape.bind(array, item)
            elif not inside or not isinstance(result, (Tensor, str)):
                message = f"{name} decides by values"
                if is_index:
                    message = "indexing by a mask, or by a tensor without axes, decides by values\n  fix: use where()"
                raise RefusedError(message)

        watch(frame, end)

    # --- values ----------------------------------------------------------------------------------------------------

    def _reader(self, frame: FrameType, name: str) -> None:
        """Refuse a function that reads arrays, unless they are constants."""
        given = arguments(frame)
        self._know(given)
        for x in arrays_in(given):
            entry = self.tape.entry_of(getattr(x, "_array", x))
            if entry is None or entry.form != "constant" or entry in self.tape.written:
                message = f"{name} reads values, or its result depends on them beyond what rows record"
                raise RefusedError(message)

    def _as_array(self, frame: FrameType) -> None:
        """Let functions take the array of a Tensor to hand it on; others may decide by it."""
        if frame.f_back is not None and not hands_on(frame.f_back):
            self._reader(frame, frame.f_back.f_code.co_name)

    def _values(self, name: str) -> Callable[[FrameType], None]:
        return lambda frame: self._reader(frame, f"{name.strip('_')}()")

    def _refused(self, reason: str) -> Callable[[FrameType], None]:
        def begin(_: FrameType) -> None:
            raise RefusedError(reason)

        return begin

    def _made(self, frame: FrameType) -> None:
        """Note a tensor made of plain numbers as a constant."""
        args, kwargs = arguments(frame)
        is_class = frame.f_code is code_of(Tensor.__init__)
        # Of the first argument of zeros_like and the like only the shape is looked at.
        given = args[1:] if is_class or frame.f_code.co_name.endswith("_like") else args
        self._know((args, kwargs))
        plain = not arrays_in((given, kwargs))

        def end(result: Any) -> None:
            made = args[0] if is_class else result
            if plain:
                self._constants(made)
            for x in arrays_in(made):
                if isinstance(x, Tensor) and isinstance(x._node, Leaf) and not self._from_outside(x):
                    message = "a leaf that requires gradients is made inside the call\n  fix: make it outside"
                    raise RefusedError(message)

        self._after(frame, end)

    # --- functions that are called again ---------------------------------------------------------------------------

    def _again(self, frame: FrameType, function: Callable[..., Any]) -> None:
        args, kwargs = arguments(frame)
        self._know((args, kwargs))
        # Those of the engine look at values alone.
        ours = frame.f_code.co_filename.startswith(_SHEETS)
        parts = (self._at_replay(tuple(args), graphs=ours), self._at_replay(kwargs, graphs=ours))

        def end(result: Any) -> None:
            entry = self.tape.entry("effect", function, parts, getattr(result, "_array", result))
            if isinstance(result, (Tensor, np.ndarray)):
                entry.key = "tensor" if isinstance(result, Tensor) else "array"
                self.tape.bind(entry.value, entry)
            elif result is not None:
                message = f"{function.__name__} returned a {type(result).__name__}, which the call may decide by"
                raise RefusedError(message)

        self._during(frame, end)

    def _samples(self, frame: FrameType) -> None:
        """Have the classes of a loss checked at every replay, before anything else is done."""
        name, x, target, axis, ignored = arguments(frame)[0]
        self._know(target)
        entry = self.tape.symbol(target._array, name)

        def end(result: Any) -> None:
            classes, counts = result
            if classes is not target or counts is not None:
                message = f"{name}: classes that are ignored, or not int64\n  fix: target.long(), without ignored ones"
                raise RefusedError(message)
            self.tape.entry("check", (name, x.shape, x.dtype, axis, ignored), (entry,), None)

        self._during(frame, end)

    def _shares(self, frame: FrameType) -> None:
        _, _, counts, weight, _ = arguments(frame)[0]
        if counts is not None or weight is not None:
            message = "the weights of classes are summed to a number"
            raise RefusedError(message)


def _only_arrays(result: Any) -> bool:
    """Tell whether a result consists of arrays and nothing else but None."""
    if isinstance(result, (tuple, list)):
        return all(map(_only_arrays, result))
    return result is None or isinstance(result, np.ndarray)
