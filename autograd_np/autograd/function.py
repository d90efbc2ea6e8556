"""Function: users' own operations with a forward and a backward, in PyTorch's form."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_np.core import GraphNode, Node, Op, Tensor, is_grad_enabled, no_grad, wrap
from autograd_np.core.modes import RECORD, modes
from autograd_np.core.mutation import check_writable, rewire
from autograd_np.core.node import port_of, remember
from autograd_np.core.op import positional
from autograd_np.core.tensor import View
from autograd_np.core.versions import VersionCell
from autograd_np.errors import GraphError

__all__ = ["Function", "FunctionContext", "once_differentiable"]


class FunctionContext:
    """Carries what a Function's forward leaves for its backward.

    Attributes may be set freely; tensors belong into `save_for_backward`, which notices later writes to them.
    """

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._to_save: tuple[Tensor | None, ...] = ()
        self._unpacked: tuple[Tensor | None, ...] | None = None
        self._dirty: tuple[Tensor, ...] = ()
        self._fixed: tuple[Tensor, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for backward; call it once, in forward."""
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """Return the tensors kept by `save_for_backward`, on their nodes where gradients are differentiated again."""
        return self._to_save if self._unpacked is None else self._unpacked

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Name the inputs that forward changed in place and returns."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Name the outputs that have no gradient."""
        self._fixed = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Choose whether backward gets zeros (the default) or None for outputs nobody used."""
        self._materialize = value


class _Saved:
    """One saved tensor: its array and where it came from; outputs are told from inputs without pointing at a node."""

    __slots__ = ("array", "node", "output")

    def __init__(self, tensor: Tensor, output: int | None) -> None:
        self.array = tensor._array
        self.node: GraphNode | None = None if output is not None else tensor._node
        self.output = output

    def unpack(self, owner: Node, many: bool) -> Tensor:
        if self.output is None:
            return wrap(self.array, self.node)
        return wrap(self.array, port_of(owner, self.output, self.array) if many else owner)


class FunctionOp(Op):
    """The row of a user's Function: its rules are one method, so it answers for all operands at once."""

    __slots__ = ("function",)

    def __init__(self, function: type[Function]) -> None:
        self.function = function
        self.name = function.__name__
        self.kernel = function.forward
        self.rules = ()
        self.broadcasts = False
        self.promotion = None
        self.lifts = False
        self.outputs = 1
        self.by_products = {}
        self.single = False
        self.pullback = None
        self.plans = {}
        self.keeps = ()
        self.keeps_output = ()
        # A forward of the newer form has no context before its arguments.
        own = function.setup_context is Function.setup_context
        self.operand_names = tuple(positional(function.forward)[1 if own else 0 :])
        self.fresh = False

    def run(self, arrays: Sequence[Any], static: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        args = [wrap(a, None) if isinstance(a, np.ndarray) else a for a in arrays]
        function = self.function
        with no_grad():
            own = function.setup_context is Function.setup_context
            returned = function.forward(FunctionContext(), *args) if own else function.forward(*args)
        many = isinstance(returned, (tuple, list))
        return (tuple(y._array for y in returned) if many else returned._array), ()

    def saved_name(self, saved: tuple[Any, ...], position: int) -> str:
        return f"tensor {position} of save_for_backward, of shape {saved[1][1][position].array.shape},"

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        context, kept, many = saved[1]
        context._unpacked = tuple(None if s is None else s.unpack(node, many) for s in kept)
        gs = g if many else (g,)
        if context._materialize:
            shapes = node.shape if many else (node.shape,)
            gs = tuple(np.zeros(s, node.dtype) if h is None else h for h, s in zip(gs, shapes, strict=True))
        wrapped: Any = [h if h is None or isinstance(h, Tensor) else wrap(h, None) for h in gs]
        try:
            results = self.function.backward(context, *wrapped)
        finally:
            context._unpacked = None
        results = results if isinstance(results, (tuple, list)) else (results,)
        # More may be returned than forward was given, as for arguments that have a default.
        if len(results) > len(node.edges) and all(r is None for r in results[len(node.edges) :]):
            results = results[: len(node.edges)]
        if len(results) != len(node.edges):
            raise GraphError(
                f"{self.name}.backward: expected one gradient per argument of forward, that is {len(node.edges)}, "
                f"got {len(results)}\n  fix: return None for arguments that are no tensors"
            )
        if not is_grad_enabled():
            return tuple(r._array if isinstance(r, Tensor) else r for r in results)
        return tuple(results)


class Function:
    """Base class for operations with a hand-written backward.

    Subclasses give two static methods, `forward(ctx, *args)` and `backward(ctx, *gradients)` (or PyTorch's newer
    form, `forward(*args)` with `setup_context(ctx, inputs, output)`), and are called by `apply`. A backward written
    with differentiable operations can itself be differentiated.

    Source: torch.autograd.Function.

    Example:
        >>> import autograd_np as ag
        >>> class Cube(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x ** 3
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return g * 3 * x ** 2
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x).backward(); x.grad
        tensor(12.)
    """

    _row: ClassVar[FunctionOp | None] = None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; operations in here are not recorded."""
        raise GraphError("Function: a subclass must define forward(ctx, *args) as a static method")

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: Any) -> None:
        """Leave in `ctx` what backward needs; only for a forward that does not take `ctx`."""

    @staticmethod
    def backward(*args: Any, **kwargs: Any) -> Any:
        """Return the gradient of each argument of forward, None where there is none."""
        raise GraphError("Function: a subclass must define backward(ctx, *gradients) as a static method")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward and record the call."""
        context = FunctionContext()
        for arg in args:
            if isinstance(arg, Tensor):
                arg._live()
        nodes = tuple(arg._node if isinstance(arg, Tensor) else None for arg in args)
        context.needs_input_grad = tuple(node is not None for node in nodes)
        with no_grad():
            if cls.setup_context is not Function.setup_context:
                returned = cls.forward(*args)
                cls.setup_context(context, args, returned)
            else:
                returned = cls.forward(context, *args)
        if not is_grad_enabled() or not any(context.needs_input_grad):
            return returned
        return cls._recorded(context, args, nodes, returned)

    @classmethod
    def _recorded(
        cls, context: FunctionContext, args: Sequence[Any], nodes: tuple[GraphNode | None, ...], returned: Any
    ) -> Any:
        many = isinstance(returned, (tuple, list))
        listed = list(returned) if many else [returned]
        if not all(isinstance(y, Tensor) for y in listed):
            raise GraphError(f"{cls.__name__}.forward: expected Tensors to be returned, got {returned!r}")
        if cls.__dict__.get("_row") is None:
            cls._row = FunctionOp(cls)
        for t in context._dirty:
            check_writable(t, cls.__name__)
            # Before the node, which may save what forward has written.
            t._shared_cell().written(cls.__name__)
        looks_into = [None if any(y is t for t in context._dirty) else _looked_into(y, args) for y in listed]
        kept = tuple(None if t is None else _Saved(t, _position(t, listed)) for t in context._to_save)
        cells: tuple[VersionCell | None, ...] = tuple(
            t._shared_cell() if isinstance(t, Tensor) else None for t in context._to_save
        )
        shown: Any = _Shapes(listed) if many else listed[0]._array
        # The outputs' own tensors would close a cycle through the node.
        context._to_save = ()
        row: Any = cls._row
        node = Node(row, shown, nodes, (None, (context, kept, many)), {}, cells)
        if modes.level == RECORD:
            remember(node, tuple(args), tuple(y._array for y in listed) if many else listed[0]._array)
        results = []
        for k, (y, base) in enumerate(zip(listed, looks_into, strict=True)):
            if any(y is t for t in context._fixed) or y.dtype.kind != "f":
                results.append(y.detach())
                continue
            place: GraphNode = port_of(node, k, y._array) if many else node
            if any(y is t for t in context._dirty):
                results.append(rewire(y, place))
                continue
            # An argument returned as it is becomes a tensor of its own, which this operation has made.
            result = wrap(y._array, place)
            result._cell = y._cell
            if base is not None:
                own = f"made by {cls.__name__}, whose backward is its own,"
                result._view = View(base, None, {}, base._shared_cell().rewired, own)
            results.append(result)
        context._dirty = context._fixed = ()
        return tuple(results) if many else results[0]


class _Shapes:
    """What a node of several outputs has for a shape and a type."""

    def __init__(self, outputs: Sequence[Tensor]) -> None:
        self.shape = tuple(y.shape for y in outputs)
        self.dtype = outputs[0].dtype


def _looked_into(output: Tensor, args: Sequence[Any]) -> Tensor | None:
    """Return the argument whose memory an output looks into; from now on both count each other's writes."""
    for arg in args:
        if isinstance(arg, Tensor) and np.may_share_memory(arg._array, output._array):
            output._cell = arg._shared_cell()
            return arg
    return None


def _position(tensor: Tensor, outputs: Sequence[Tensor]) -> int | None:
    return next((k for k, y in enumerate(outputs) if y is tensor), None)


def _no_second_order(*_: Any) -> Any:
    raise GraphError(
        "once_differentiable: this backward was declared to be differentiable once only\n"
        "  fix: write it with differentiable operations and drop the decorator"
    )


_once = Op("once_differentiable", lambda result, _source: result.copy(), None, _no_second_order)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a Function's backward as not differentiable itself: a second order raises instead of being wrong.

    Source: torch.autograd.function.once_differentiable.

    Example:
        >>> class Double(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        ...     @staticmethod
        ...     @once_differentiable
        ...     def backward(ctx, g):
        ...         return g * 2
    """

    @functools.wraps(backward)
    def once(context: FunctionContext, *gradients: Any) -> Any:
        if not is_grad_enabled():
            return backward(context, *gradients)
        with no_grad():
            results = backward(context, *gradients)
        results = results if isinstance(results, (tuple, list)) else (results,)
        known = [t for t in (*gradients, *context.saved_tensors) if isinstance(t, Tensor) and t.requires_grad]
        if not known:
            return results
        return tuple(_once(r, known[0]) if isinstance(r, Tensor) else r for r in results)

    return once
