"""Looks on while a call runs eagerly, as a profiler does, and writes what it does on a tape.

`sys.setprofile` shows every Python function that begins and ends in this thread; rows, backward, writes in place and
the few functions of policies.py are known by their code. So the engine knows nothing of replay, and eager calls pay
nothing for it. What cannot be done again refuses replay with a reason; the call itself is never disturbed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FrameType, FunctionType, GeneratorType
from typing import Any

import numpy as np

from autograd_np import kernels
from autograd_np.autograd import function as functions
from autograd_np.autograd import graph
from autograd_np.core import Leaf, Op, Tensor, as_tensor, backward, gradients, registry
from autograd_np.core import mutation
from autograd_np.ops import class_losses, in_place
from autograd_np.replaying.derivatives import Backward
from autograd_np.replaying.guards import Guards, is_watched
from autograd_np.replaying.policies import AGAIN, CONSTANTS, VALUES, code_of, reads_values
from autograd_np.replaying.program import AsTensor
from autograd_np.replaying.tape import RefusedError, Tape, arrays_in
from autograd_np.tracing.logged import Logged

__all__ = ["Watch"]

_KERNELS = os.path.dirname(os.path.abspath(kernels.__file__)) + os.sep
_VARARGS, _VARKEYWORDS = 0x04, 0x08


def _arguments(frame: FrameType) -> tuple[list[Any], dict[str, Any]]:
    """Return what a function that begins was given."""
    code, values = frame.f_code, frame.f_locals
    names = code.co_varnames
    count, only = code.co_argcount, code.co_kwonlyargcount
    args = [values[name] for name in names[:count]]
    kwargs = {name: values[name] for name in names[count : count + only]}
    at = count + only
    if code.co_flags & _VARARGS:
        args += values[names[at]]
        at += 1
    if code.co_flags & _VARKEYWORDS:
        kwargs.update(values[names[at]])
    return args, kwargs


def _row_codes() -> set[CodeType]:
    """Return the code of every way to call a row on Tensors."""
    found = {code_of(Op.unpromoted)}
    for row in registry.values():
        found.add(code_of(type(row).__call__))
        function = getattr(row, "function", None)
        if isinstance(function, FunctionType):
            found.add(function.__code__)
    found.discard(code_of(functions.FunctionOp.__call__) if "__call__" in vars(functions.FunctionOp) else None)
    return found


class Watch:
    """One recording.

    Args:
        function: whose call is recorded.
        inputs: Tensors and arrays among its arguments, in order.
        others: objects among its arguments.
    """

    def __init__(self, function: Callable[..., Any], inputs: list[Any], others: Sequence[Any] = ()) -> None:
        self.tape = Tape()
        self.guards = Guards()
        self.reason: str | None = None
        #: Tensors from outside whose own arrays the program reads, and those whose gradient it reads, by id.
        self.externals: dict[int, Tensor] = {}
        self.gradients_read: dict[int, Tensor] = {}
        self.requiring: dict[int, Tensor] = {}
        self.touched = False
        self._function = function
        self._inputs = {id(x): x for x in inputs}
        self._rows = _row_codes()
        self._active: FrameType | None = None
        self._end: Callable[[Any], None] | None = None
        self._ends: dict[int, tuple[FrameType, Callable[[Any], None]]] = {}
        self._copied: list[Logged] = []
        self._leaves: dict[int, Tensor] = {}
        for x in others:
            self.guards.persists(x)
        for k, x in enumerate(inputs):
            array = getattr(x, "_array", x)
            if self.tape.entry_of(array) is None:
                self.tape.source("input", (k, isinstance(x, Tensor)), array)
        self._begin: dict[CodeType, Callable[[FrameType], None]] = {
            code_of(backward): self._backward,
            code_of(gradients): self._gradients,
            code_of(mutation.write): self._write,
            code_of(mutation.overwrite): self._overwrite,
            code_of(as_tensor): self._made,
            code_of(Tensor.__init__): self._made,
            code_of(Tensor.grad.fset): self._grad_set,  # type: ignore[attr-defined]  # a property has its functions
            code_of(Tensor.data.fset): self._data_set,  # type: ignore[attr-defined]
            code_of(Tensor.register_hook): self._refused("a hook is registered"),
            code_of(Tensor.retain_grad): self._refused("retain_grad() keeps a gradient"),
            code_of(Tensor.requires_grad_): self._requires_grad,
            code_of(functions.Function.apply.__func__): self._refused("a user's Function is called"),  # type: ignore[attr-defined]
            code_of(class_losses._samples): self._samples,
            code_of(class_losses._shares): self._shares,
        }
        for code in self._rows:
            self._begin[code] = self._row
        for code in CONSTANTS:
            self._begin[code] = self._made
        for code, name in VALUES.items():
            self._begin[code] = self._values(name)

    def __enter__(self) -> Watch:
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def refuse(self, reason: str) -> None:
        """Note why this call cannot be replayed, and look on no longer."""
        if self.reason is None:
            self.reason = reason
        sys.setprofile(None)

    # --- events ----------------------------------------------------------------------------------------------------

    def _seen(self, frame: FrameType, event: str, result: Any) -> None:
        if event not in ("call", "return"):
            return
        try:
            if event == "call":
                if self._active is None:
                    self._called(frame)
            elif frame is self._active:
                end, self._active, self._end = self._end, None, None
                if end is not None:
                    end(result)
            elif self._active is None and id(frame) in self._ends:
                self._ends.pop(id(frame))[1](result)
        except RefusedError as error:
            self.refuse(str(error))
        except Exception as error:  # noqa: BLE001 (the call goes on, whatever fails in here)
            self.refuse(f"recording failed: {type(error).__name__}: {error}")

    def _called(self, frame: FrameType) -> None:
        code = frame.f_code
        begin = self._begin.get(code)
        if begin is not None:
            begin(frame)
        elif code in AGAIN:
            self._again(frame, AGAIN[code])
        elif code.co_filename.startswith(_KERNELS):
            self._kernel(frame)
        elif is_watched(code):
            if code.co_flags & 0x20 and not code.co_name.startswith("<"):
                pass
            self.guards.called(frame)
            if reads_values(code):
                self._reader(frame)
        elif reads_values(code):
            self._reader(frame)

    def _during(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        """See nothing until this function ends."""
        self._active, self._end = frame, end

    def _after(self, frame: FrameType, end: Callable[[Any], None]) -> None:
        """See what this function does, and its result."""
        self._ends[id(frame)] = (frame, end)

    # --- arrays from outside ---------------------------------------------------------------------------------------

    def _know(self, part: Any) -> None:
        """Give every array among arguments an entry, if it is one that is watched."""
        for x in arrays_in(part):
            array = getattr(x, "_array", x)
            if self.tape.entry_of(array) is not None:
                continue
            if isinstance(x, Tensor):
                self._know_tensor(x)
            elif id(x) in self.guards.reached:
                self.tape.source("array", x, x)
            elif self._copied and self._is_copy(array):
                pass

    def _know_tensor(self, x: Tensor) -> None:
        array = x._array
        if id(x) in self.guards.reached or id(x) in self._leaves:
            self._external(x)
            return
        for owner in [*self.externals.values(), *self.guards.reached.values()]:
            if isinstance(owner, Tensor) and owner._grad is x:
                self._gradient_of(owner)
                return
            if isinstance(owner, Tensor) and owner._array is array:
                self._external(owner)
                return
        if self._copied:
            self._is_copy(array)

    def _is_copy(self, array: Any) -> bool:
        """Note a copy that a write in place takes of what it writes to."""
        target = self._copied[-1]
        if array.shape == target.shape and array.dtype == target.dtype and array.tobytes() == target.value.tobytes():
            copied = target.copy()
            copied.value = array
            self.tape.bind(array, copied)
            return True
        return False

    def _external(self, x: Tensor) -> None:
        if x._view is not None:
            message = "a view from outside the call is used\n  fix: make the view inside, or pass it as an argument"
            raise RefusedError(message)
        self.externals[id(x)] = x
        self.tape.source("external", x, x._array)

    def _gradient_of(self, owner: Tensor) -> Logged:
        grad: Any = owner._grad
        if id(owner) not in self._leaves:
            self.gradients_read[id(owner)] = owner
        return self.tape.source("gradient", owner, grad._array)

    # --- rows ------------------------------------------------------------------------------------------------------

    def _row(self, frame: FrameType) -> None:
        args, static = _arguments(frame)
        row = args[0] if args and isinstance(args[0], Op) else None
        operands = args[1:]
        if row is None:
            row, operands = frame.f_locals["op"], args
        self._know(operands)
        self._know(static)
        for index in arrays_in(tuple(static.values())):
            if getattr(index, "dtype", None) == np.bool_ and row.name in _SELECTING:
                message = f"{row.name} by a mask: the shape of its result depends on values\n  fix: use where()"
                raise RefusedError(message)
        # Arrays that a key was made of lists are constants.
        for array in arrays_in(tuple(static.values())):
            if isinstance(array, np.ndarray) and self.tape.entry_of(array) is None and self._constant_key:
                self.tape.source("constant", None, array)

        def end(result: Any) -> None:
            if result is not None:
                self.tape.row_called(row, operands, static, result)

        self._during(frame, end)

    _constant_key = False

    def _kernel(self, frame: FrameType) -> None:
        """Log a kernel that a function calls on arrays itself."""
        args, kwargs = _arguments(frame)
        self._know((args, kwargs))
        arrays = list(arrays_in((args, kwargs)))
        if frame.f_code.co_name == "parsed":
            self._constant_key = not arrays
        function = getattr(sys.modules.get(frame.f_globals["__name__"]), frame.f_code.co_name, None)
        if not arrays or any(self.tape.entry_of(a) is None for a in arrays) or function is None:
            self._during(frame, lambda _: None)
            return
        parts = (tuple(self.tape.lifted(args, "a kernel")), self.tape.lifted(kwargs, "a kernel"))

        def end(result: Any) -> None:
            if isinstance(result, np.ndarray):
                self.tape.bind(result, self.tape.result("call", function, parts, result))
            elif isinstance(result, (bool, int, float, np.generic, tuple, list)):
                message = f"{function.__name__} decides by values"
                raise RefusedError(message)

        self._during(frame, end)

    def _reader(self, frame: FrameType) -> None:
        args, kwargs = _arguments(frame)
        self._know((args, kwargs))
        for x in arrays_in((args, kwargs)):
            entry = self.tape.entry_of(getattr(x, "_array", x))
            if entry is None or entry.form != "constant":
                message = f"{frame.f_code.co_name} reads values, or its result depends on them beyond what rows record"
                raise RefusedError(message)

    def _values(self, name: str) -> Callable[[FrameType], None]:
        def begin(frame: FrameType) -> None:
            args, _ = _arguments(frame)
            self._know(args[:1])
            entry = self.tape.entry_of(args[0]._array)
            if entry is None or entry.form != "constant" or entry in self.tape.written:
                message = f"{name.strip('_')}() reads the values of a recorded tensor of shape {args[0].shape}"
                raise RefusedError(message)

        return begin

    def _refused(self, reason: str) -> Callable[[FrameType], None]:
        def begin(_: FrameType) -> None:
            raise RefusedError(reason)

        return begin

    def _made(self, frame: FrameType) -> None:
        """Note a tensor made of plain numbers as a constant."""
        args, kwargs = _arguments(frame)
        is_class = frame.f_code is code_of(Tensor.__init__)
        given = args[1:] if is_class else args
        like = frame.f_code.co_name.endswith("_like")
        self._know((given, kwargs))
        plain = not any(True for _ in arrays_in((given[1:] if like else given, kwargs)))

        def end(result: Any) -> None:
            made = args[0] if is_class else result
            for x in arrays_in(made):
                array = getattr(x, "_array", x)
                if plain and self.tape.entry_of(array) is None:
                    self.tape.source("constant", None, array)
                outside = id(x) in self.guards.reached or id(x) in self._inputs
                if isinstance(x, Tensor) and isinstance(x._node, Leaf) and not outside:
                    self._leaves[id(x)] = x
                    message = "a leaf that requires gradients is made inside the call\n  fix: make it outside"
                    raise RefusedError(message)

        self._after(frame, end)

    # --- functions that are called again ---------------------------------------------------------------------------

    def _tensors(self, part: Any) -> Any:
        """Return arguments with what stands for Tensors and arrays at a replay."""
        if isinstance(part, Tensor):
            if id(part) in self._inputs or id(part) in self.guards.reached:
                return AsTensor(part, None)
            if part._node is not None and not isinstance(part._node, Leaf):
                message = "a function that is called again was given a tensor with a graph\n  fix: detach() it"
                raise RefusedError(message)
            entry = self.tape.symbol(part._array, "a function that is called again")
            own = entry.form == "gradient" and entry.head._grad is part
            return AsTensor(None, entry, entry.head if own else None)
        if isinstance(part, np.ndarray):
            return self.tape.symbol(part, "a function that is called again")
        if type(part) in (tuple, list):
            return type(part)(self._tensors(item) for item in part)
        if type(part) is dict:
            return {key: self._tensors(item) for key, item in part.items()}
        if isinstance(part, (GeneratorType, Iterator)):
            message = "a function that is called again was given an iterator, which is used up\n  fix: pass a list"
            raise RefusedError(message)
        return part

    def _again(self, frame: FrameType, function: Callable[..., Any]) -> None:
        args, kwargs = _arguments(frame)
        self._know((args, kwargs))
        parts = (tuple(self._tensors(tuple(args))), self._tensors(kwargs))
        if any(callable(x) and isinstance(x, FunctionType) for x in (*args, *kwargs.values())):
            message = f"{function.__name__} was given a closure"
            raise RefusedError(message)
        # The entries inside are what the tape sees.
        shown = tuple(_shown(p) for p in parts)

        def end(result: Any) -> None:
            entry = self.tape._entry("effect", function, parts, getattr(result, "_array", result))
            entry.comment = shown
            if isinstance(result, Tensor):
                entry.key = "tensor"
                self.tape.bind(result._array, entry)
            elif isinstance(result, np.ndarray):
                entry.key = "array"
                self.tape.bind(result, entry)
            elif result is not None:
                message = f"{function.__name__} returned {type(result).__name__}: replay could not give it back"
                raise RefusedError(message)

        self._during(frame, end)

    def _samples(self, frame: FrameType) -> None:
        """Check the classes at every replay, before anything else is done."""
        args, _ = _arguments(frame)
        name, x, target, axis, ignored = args
        self._know(target)
        entry = self.tape.symbol(target._array, name)

        def end(result: Any) -> None:
            classes, counts = result
            if classes is not target or counts is not None:
                message = f"{name}: labels that are ignored, or converted\n  fix: give int64 classes, all of them counted"
                raise RefusedError(message)
            self.tape._entry("check", (name, x.shape, x.dtype, axis, ignored), (entry,), None)

        self._during(frame, end)

    def _shares(self, frame: FrameType) -> None:
        x, t, counts, weight, _ = _arguments(frame)[0]
        del x, t
        if counts is not None or weight is not None:
            message = "the weights of classes are summed to a number"
            raise RefusedError(message)

    # --- writes in place -------------------------------------------------------------------------------------------

    def _owner(self, target: Tensor) -> Any:
        """Return the Tensor from outside whose storage a write to this Tensor changes, if there is one."""
        entry = self.tape.symbol(target._array, "a write in place")
        root = self.tape.roots[entry]
        if root.form == "input":
            message = "an argument is written in place\n  fix: write to a clone() of it"
            raise RefusedError(message)
        if root.form == "array":
            message = "an array from outside is written in place"
            raise RefusedError(message)
        return root.head if root.form in ("external", "gradient") else None

    def _written(self, target: Tensor, value: Logged, writer: str) -> None:
        owner = self._owner(target)
        entry = self.tape.symbol(target._array, writer)
        self.tape.changed(entry)
        self.tape._entry("do", np.copyto, ((entry, value), {"casting": "same_kind"}), None)
        if owner is not None:
            form = self.tape.roots[entry].form
            if form == "external":
                self.tape._entry("stamp", (owner, writer), (), None)

    def _write(self, frame: FrameType) -> None:
        args, _ = _arguments(frame)
        target, operation = args[:2]
        self._know((target, *args[2:]))
        self._copied.append(self.tape.symbol(target._array, "a write in place"))
        writer = f"{getattr(operation, 'name', getattr(operation, '__name__', 'write'))}_"

        def end(result: Any) -> None:
            self._copied.pop()
            if result is not None:
                value = self.tape.symbol(frame.f_locals["result"]._array, writer)
                self._written(target, value, writer)

        self._after(frame, end)

    def _overwrite(self, frame: FrameType) -> None:
        (target, op, _, *others), static = _arguments(frame)
        self._know((target, others, static))
        entry = self.tape.symbol(target._array, op.name)
        if self._constant_key:
            for array in arrays_in(tuple(static.values())):
                if isinstance(array, np.ndarray) and self.tape.entry_of(array) is None:
                    self.tape.source("constant", None, array)
        operands = [entry, *(self.tape._operand(op, x) for x in others)]
        value, _ = self.tape.kernel(op, operands, self.tape.lifted(static, op.name))

        def end(result: Any) -> None:
            if result is None:
                return
            if value.value.astype(target.dtype).tobytes() != target._array.tobytes():
                message = f"{op.name} wrote something else than its row computes"
                raise RefusedError(message)
            self._written(target, value, f"{op.name}_")

        self._during(frame, end)

    def _grad_set(self, frame: FrameType) -> None:
        (tensor, value), _ = _arguments(frame)
        self._owned_outside(tensor)
        if value is None:
            self.tape._entry("grad", tensor, (), None)
            return
        self._know(value)
        self.tape._entry("grad", tensor, (self.tape.symbol(value._array, "grad ="),), None)

    def _owned_outside(self, tensor: Tensor) -> None:
        if id(tensor) not in self.guards.reached and id(tensor) not in self._inputs:
            message = "a tensor that replay does not watch is assigned to"
            raise RefusedError(message)

    def _data_set(self, frame: FrameType) -> None:
        (tensor, value), _ = _arguments(frame)
        self._owned_outside(tensor)
        self._know(value)
        if not isinstance(value, Tensor):
            message = "data = an array that is no Tensor"
            raise RefusedError(message)
        message = "data is assigned inside the call\n  fix: write in place inside no_grad(), as in p -= lr * p.grad"
        raise RefusedError(message)

    def _requires_grad(self, frame: FrameType) -> None:
        args, _ = _arguments(frame)
        tensor = args[0]
        wanted = args[1] if len(args) > 1 else True
        if (tensor._node is not None) != bool(wanted):
            message = "requires_grad changes inside the call\n  fix: change it outside"
            raise RefusedError(message)

    # --- backward --------------------------------------------------------------------------------------------------

    def _backward(self, frame: FrameType) -> None:
        values = frame.f_locals
        outputs = values["tensors"]
        outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        if values["create_graph"] or values["inputs"] is not None or values.get("check"):
            message = "backward(create_graph=True), or with inputs= or check="
            raise RefusedError(message)
        arrived = Backward(self.tape, set()).run(self._roots(outputs, values["grad_tensors"]))
        leaves: list[tuple[Tensor, Logged]] = []
        for node, g in arrived.items():
            tensor = node.tensor() if isinstance(node, Leaf) else None
            if tensor is None:
                continue
            if id(tensor) not in self._inputs and id(tensor) not in self.guards.reached:
                message = f"a leaf of shape {tensor.shape} that replay does not watch receives a gradient"
                raise RefusedError(message)
            leaves.append((tensor, g))
        before = [None if t._grad is None else t._grad._array.copy() for t, _ in leaves]
        shared: list[Any] = []
        for tensor, g in leaves:
            own = (
                g.form in ("operator", "call", "method", "item")
                and self.tape.roots[g] is g
                and g.value.base is None
                and not any(np.may_share_memory(g.value, other) for other in shared)
            )
            shared.append(g.value)
            self.tape._entry("deposit", (tensor, own), (g,), None)

        def end(_: Any) -> None:
            for (tensor, g), old in zip(leaves, before, strict=True):
                grad = tensor._grad
                expected = g.value if old is None else old + g.value
                if grad is None or grad._array.tobytes() != expected.tobytes():
                    message = f"backward gave another gradient of shape {tensor.shape} when it was run again"
                    raise RefusedError(message)
                self._leaves[id(tensor)] = tensor
                self.tape.source("gradient", tensor, grad._array)

        self._during(frame, end)

    def _gradients(self, frame: FrameType) -> None:
        values = frame.f_locals
        outputs, inputs = values["outputs"], values["inputs"]
        outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if values["create_graph"] or values["allow_unused"] or values["materialize_grads"]:
            message = "grad() with create_graph, allow_unused or materialize_grads"
            raise RefusedError(message)
        nodes = [x._node for x in inputs]
        roots = self._roots(outputs, values["grad_outputs"])
        arrived = Backward(self.tape, {n for n in nodes if n is not None}).run(roots)

        def end(result: Any) -> None:
            for node, g in zip(nodes, result or (), strict=False):
                entry = arrived[node]
                if entry.value.tobytes() != g._array.tobytes():
                    message = "grad() gave another gradient when it was run again"
                    raise RefusedError(message)
                # What a user gets aliases nothing.
                made = entry.copy()
                made.value = g._array
                self.tape.bind(g._array, made)

        self._during(frame, end)

    def _roots(self, outputs: list[Tensor], given: Any) -> list[tuple[Any, Logged]]:
        gs = [None] * len(outputs) if given is None else [given] if isinstance(given, (Tensor, np.ndarray)) else given
        roots = []
        for y, g in zip(outputs, gs, strict=True):
            y._live()
            self._know(y)
            if g is None:
                entry = self.tape.source("constant", None, np.ones(y.shape, y.dtype))
            else:
                self._know(g)
                if not isinstance(g, Tensor) or g.dtype != y.dtype:
                    message = "backward() with a gradient of another type"
                    raise RefusedError(message)
                entry = self.tape.symbol(g._array, "backward")
            roots.append((y._node, entry))
        return roots


def _shown(part: Any) -> Any:
    return part


#: Rows whose result has as many elements as a mask has True.
_SELECTING = frozenset({"index", "pick", "take", "index_select", "masked_select", "place", "gather"})
_ = graph, in_place
