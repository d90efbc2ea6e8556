"""Writes in place: the values change, versions count it, and the graph of the tensor and of its base follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core.arities import ViewOp
from autograd_np.core.modes import RECORD, modes
from autograd_np.core.node import GraphNode, Leaf
from autograd_np.core.op import Op
from autograd_np.core.tensor import Tensor, wrap
from autograd_np.core.versions import next_serial
from autograd_np.errors import DTypeError, MutationError, ShapeError, aligned_shapes

__all__ = ["check_writable", "overwrite", "rewire", "write"]


def _through_view(view_of: ViewOp, static: dict[str, Any], array: Array) -> Array:
    """Return the part of `array` that a view made by this row looks at."""
    return view_of.on_arrays(array, **static)


def _rest_of(g: Any, view_of: ViewOp, static: dict[str, Any]) -> Any:
    """Return the base's cotangent with zeros where a view of it was written."""
    if isinstance(g, Tensor):
        return _write_view(g, wrap(np.zeros((), g.dtype), None), view_of=view_of, static=static)
    rest = g.copy()
    _through_view(view_of, static, rest)[...] = 0
    return rest


def _write_view_kernel(base: Array, value: Array, view_of: ViewOp, static: dict[str, Any]) -> Array:
    result = base.copy()
    _through_view(view_of, static, result)[...] = value
    return result


#: A base after a write through one of its views: outside the view it is the old base, inside it is the new value.
_write_view = Op(
    "write_view",
    _write_view_kernel,
    lambda g, _y, _base, _value, view_of, static: _rest_of(g, view_of, static),
    lambda g, _y, _base, _value, view_of, static: view_of(g, **static),
    broadcasts=True,
)


def check_writable(target: Tensor, writer: str, others: Iterable[Any] = ()) -> None:
    """Raise MutationError where a write in place would be wrong or impossible.

    Args:
        target: the tensor to be written.
        writer: what writes, for messages.
        others: what else takes part in the operation.
    """
    if modes.level:
        _check_recordable(target, writer, others)
    array = target._array
    if not array.flags.writeable:
        message = (
            f"{writer}: the memory behind this tensor of shape {array.shape} is read-only or shared by several "
            "elements, as expand makes it\n  fix: clone() it before writing"
        )
        raise MutationError(message)


def _check_recordable(target: Tensor, writer: str, others: Iterable[Any]) -> None:
    """Raise MutationError where the graph could not say what a write did to the tensor and to its bases."""
    part, loose = target, ""
    while part._view is not None and not isinstance(part._node, Leaf):
        base = part._view.base_now()
        if base is None:
            loose = loose or "of a tensor that was given other memory by `.data =`"
            break
        loose = loose or part._view.loose
        part = base
    if isinstance(part._node, Leaf):
        what = "a leaf" if part is target else "a view of a leaf"
        message = (
            f"{writer}: {what} that requires gradients cannot be changed in place while operations are recorded\n"
            "  fix: do it inside no_grad() (as an optimiser does), or use the out-of-place form"
        )
        raise MutationError(message)
    if loose and any(isinstance(t, Tensor) and t.requires_grad for t in (target, part, *others)):
        message = (
            f"{writer}: a view {loose} cannot be changed in place by a recorded operation, since its base would not "
            "know\n  fix: write to the base itself, to a view made while recording, or to a clone()"
        )
        raise MutationError(message)


def _check_result(target: Array, shape: tuple[int, ...], dtype: np.dtype[Any], writer: str) -> None:
    if shape != target.shape:
        message = (
            f"{writer}: the result does not have the shape of the tensor written to\n"
            f"{aligned_shapes({'tensor': target.shape, 'result': shape})}\n  fix: use the out-of-place form"
        )
        raise ShapeError(message)
    if not np.can_cast(dtype, target.dtype, "same_kind"):
        message = (
            f"{writer}: a result of {dtype} cannot be stored in a tensor of {target.dtype} without losing its kind\n"
            "  fix: convert the tensor first, for example x.float()"
        )
        raise DTypeError(message)


def write(target: Tensor, operation: Callable[..., Tensor], *others: Any, **options: Any) -> Tensor:
    """Replace a tensor's values by `operation(target, *others)` in its own memory, and return the tensor.

    Args:
        target: the tensor written to; also the operation's first operand.
        operation: a row, or a function of Tensors.
        others: its further operands.
        options: its keywords.

    Raises:
        MutationError: for a leaf that requires gradients while recording, or memory that cannot be written.
        ShapeError: if the result has another shape.
        DTypeError: if the result's type does not fit.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([1.0, 2.0])
        >>> write(x, ag.exp) is x, x
        (True, tensor([2.7183, 7.3891]))
    """
    writer = f"{operation.name if isinstance(operation, Op) else operation.__name__}_"
    target._live()
    check_writable(target, writer, (*others, *options.values()) if options else others)
    array = target._array
    if modes.level and not (isinstance(operation, Op) and not any(row and row[0] for row in operation.keeps)):
        # Rules may name the old values, and their memory is about to change.
        array = array.copy()
    before = _before(target)
    old = wrap(array, target._node)
    result = operation(old, *(old if other is target else other for other in others), **options)
    _check_result(target._array, result.shape, result.dtype, writer)
    np.copyto(target._array, result._array, casting="same_kind")
    return _settled(target, result._node if modes.level else target._node, writer, before)


def overwrite(target: Tensor, op: Op, assign: Callable[[Array], None], *others: Any, **static: Any) -> Tensor:
    """Write part of a tensor directly, for rows whose rules keep neither the target nor the output.

    Args:
        target: the tensor written to; the row's first operand.
        op: the row that this write is; recorded without running its kernel.
        assign: writes the new values into the target's array.
        others: the row's further operands.
        static: the row's keywords.

    Raises: MutationError, as `write`.
    """
    writer = f"{op.name}_"
    target._live()
    check_writable(target, writer, others)
    before = _before(target)
    node = target._node
    # Before the write: what cannot take part must leave the values alone.
    edges = op.edges_of((target, *others)) if modes.level else ()
    assign(target._array)
    if modes.level:
        operands = (wrap(before.get(id(target), target._array), node), *others)
        if any(edge is not None for edge in edges):
            arrays = [getattr(operand, "_array", operand) for operand in operands]
            node = op.node(target._array, operands, arrays, edges, static)
    return _settled(target, node, writer, before)


def _before(target: Tensor) -> dict[int, Array]:
    """Return, where drawings are recorded, the values of a tensor and of the bases it is a view of, by identity."""
    values: dict[int, Array] = {}
    part: Tensor | None = target if modes.level == RECORD else None
    while part is not None:
        values[id(part)] = part._array.copy()
        part = None if part._view is None else part._view.base_now()
    return values


def _settled(
    target: Tensor, node: GraphNode | None, writer: str, before: Mapping[int, Array] = MappingProxyType({})
) -> Tensor:
    """Count the write, and give the tensor its node as `rewire` does."""
    target._shared_cell().written(writer)
    return rewire(target, node, before)


def rewire(target: Tensor, node: GraphNode | None, before: Mapping[int, Array] = MappingProxyType({})) -> Tensor:
    """Give a tensor that was written its new node, and pass the change on to the bases it is a view of.

    Args:
        target: the tensor that was written.
        node: its new node.
        before: the old values of the bases, by identity, where drawings are recorded.
    """
    changed = node is not target._node
    if changed:
        target._adopt(node)
    elif target._view is None:
        return target
    cell = target._shared_cell()
    passed = []
    value = target
    while value._view is not None:
        view, base = value._view, value._view.base_now()
        if base is None:
            break
        if view.op is not None and modes.level and (base._node is not None or value._node is not None):
            operands = (wrap(before.get(id(base), base._array), base._node), wrap(value._array, value._node))
            static = {"view_of": view.op, "static": view.static}
            arrays = (base._array, value._array)
            base._adopt(_write_view.node(base._array, operands, arrays, (base._node, value._node), static))
            changed = True
        passed.append(view)
        value = base
    if changed:
        # Every other view of this storage derives a new node when it is next used.
        cell.rewired = next_serial()
        for view in passed:
            view.rewired, view.seen = cell.rewired, view.base._node
    return target
