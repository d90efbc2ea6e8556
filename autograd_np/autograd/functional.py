"""Derivatives of functions of tensors: Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd_np.core import Leaf, Tensor, enable_grad, gradients, wrap
from autograd_np.errors import DTypeError, GraphError, ShapeError, aligned_shapes
from autograd_np.ops.joining import stack

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors: TypeAlias = Tensor | tuple[Tensor, ...]


def listed(value: Any, what: str) -> tuple[list[Tensor], bool]:
    """Return one tensor or several as a list, and whether there were several.

    Raises: DTypeError for anything else.
    """
    several = isinstance(value, (tuple, list))
    tensors = list(value) if several else [value]
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"{what} {i} must be a Tensor, got {type(tensor).__name__}")
    return tensors, several


def fresh_inputs(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return tensors that require gradients: copies on the outer graph where there is one, leaves elsewhere."""
    results = []
    for x in tensors:
        if not x.is_floating_point():
            raise DTypeError(f"derivatives need floating inputs, got {x.dtype}\n  fix: convert with x.float()")
        results.append(x.clone() if x.requires_grad else x.detach().requires_grad_())
    return results


def depends_outside(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> bool:
    """Tell whether the outputs' graph reaches a leaf that is none of the inputs."""
    own = {x._node for x in inputs}
    seen: set[Any] = set()
    stack = [y._node for y in outputs if y._node is not None]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in own:
            if not isinstance(node, Leaf):
                return True
        elif isinstance(node, Leaf):
            return True
        else:
            stack.extend(e for e in node.edges if e is not None)
    return False


def run(func: Callable[..., Any], inputs: Any, what: str) -> tuple[list[Tensor], list[Tensor], bool, bool]:
    """Call `func` on fresh inputs while recording; return inputs, outputs, and whether each came as several."""
    given, many_in = listed(inputs, f"{what}: input")
    xs = fresh_inputs(given)
    with enable_grad():
        ys, many_out = listed(func(*xs), f"{what}: output")
    return xs, ys, many_in, many_out


def pulled(
    ys: Sequence[Tensor], xs: Sequence[Tensor], vs: Sequence[Tensor | None], *, create_graph: bool, strict: bool
) -> list[Tensor]:
    """Return vᵀ·J for every input; zeros where the outputs do not depend on it, or GraphError if strict."""
    pairs = [(y, v) for y, v in zip(ys, vs, strict=True) if y.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(xs)
    if pairs:
        outs, grads = zip(*pairs, strict=True)
        found = gradients(outs, xs, grads, retain_graph=True, create_graph=create_graph, allow_unused=True)
    if strict and any(g is None for g in found):
        missing = [i for i, g in enumerate(found) if g is None]
        raise GraphError(f"strict: the outputs do not depend on inputs {missing}\n  fix: drop strict=True for zeros")
    return [wrap(np.zeros(x.shape, x.dtype), None) if g is None else g for g, x in zip(found, xs, strict=True)]


def packed(results: Sequence[Any], several: bool) -> Any:
    """Return the tuple, or its one element where one tensor was given."""
    return tuple(results) if several else results[0]


def checked(v: Any, like: Sequence[Tensor], what: str) -> list[Tensor]:
    """Return the vectors to multiply with, ones for scalars if none is given.

    Raises: GraphError if None stands for something that is no scalar, ShapeError if a shape differs.
    """
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise GraphError(f"{what}: v may be left out only for a single element; give one of the same shape")
        return [wrap(np.ones(like[0].shape, like[0].dtype), None)]
    vs, _ = listed(v, f"{what}: v")
    if len(vs) != len(like):
        raise GraphError(f"{what}: expected {len(like)} vectors, got {len(vs)}")
    for vector, x in zip(vs, like, strict=True):
        if vector.shape != x.shape:
            table = aligned_shapes({"expected": x.shape, "v": vector.shape})
            raise ShapeError(f"{what}: v must have the shape of what it multiplies\n{table}")
    return vs


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs and vᵀ·J, the product of a cotangent with the Jacobian.

    Shapes: v as the outputs; the product as the inputs.
    Raises: ShapeError if v does not fit, GraphError if strict and an input is not used.
    Source: torch.autograd.functional.vjp.

    Example:
        >>> from autograd_np import tensor
        >>> vjp(lambda x: x ** 2, tensor([1.0, 2.0]), tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    xs, ys, many_in, many_out = run(func, inputs, "vjp")
    products = pulled(ys, xs, checked(v, ys, "vjp"), create_graph=create_graph, strict=strict)
    outputs = ys if create_graph else [y.detach() for y in ys]
    return packed(outputs, many_out), packed(products, many_in)


def pushed(ys: Sequence[Tensor], xs: Sequence[Tensor], vs: Sequence[Tensor], *, create_graph: bool) -> list[Tensor]:
    """Return J·v for every output, as the vjp of the vjp: the vjp is linear in its cotangent."""
    duals = [wrap(np.zeros(y.shape, y.dtype), None).requires_grad_() for y in ys]
    with enable_grad():
        found = pulled(ys, xs, duals, create_graph=True, strict=False)
    linear = [(g, v) for g, v in zip(found, vs, strict=True) if g.requires_grad]
    if not linear:
        return [wrap(np.zeros(y.shape, y.dtype), None) for y in ys]
    outs, tangents = zip(*linear, strict=True)
    results = gradients(outs, duals, tangents, retain_graph=True, create_graph=create_graph, materialize_grads=True)
    return [r for r in results if r is not None]


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs and J·v, the derivative along the tangent v.

    Shapes: v as the inputs; the product as the outputs.
    Raises: ShapeError if v does not fit, GraphError if strict and the outputs do not depend on the inputs.
    Source: torch.autograd.functional.jvp; computed as the vjp of the vjp.

    Example:
        >>> from autograd_np import tensor
        >>> jvp(lambda x: x ** 2, tensor([1.0, 2.0]), tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    xs, ys, _, many_out = run(func, inputs, "jvp")
    if strict and not any(y.requires_grad for y in ys):
        raise GraphError("jvp: strict, and the outputs do not depend on the inputs\n  fix: drop strict=True for zeros")
    products = pushed(ys, xs, checked(v, xs, "jvp"), create_graph=create_graph)
    outputs = ys if create_graph else [y.detach() for y in ys]
    return packed(outputs, many_out), packed(products, many_out)


def one_hots(like: Tensor) -> list[Tensor]:
    """Return the unit tensors of this shape, in order of their one."""
    return [wrap(row.reshape(like.shape), None) for row in np.eye(like.numel(), dtype=like.dtype)]


def _rows(y: Tensor, xs: Sequence[Tensor], *, create_graph: bool, strict: bool) -> list[Tensor]:
    """Return the Jacobian of one output with respect to each input, row by row."""
    columns = [pulled([y], xs, [unit], create_graph=create_graph, strict=strict) for unit in one_hots(y)]
    results = []
    for i, x in enumerate(xs):
        if columns and create_graph:
            stacked: Any = stack([column[i] for column in columns])
        else:
            arrays = [column[i]._array for column in columns]
            stacked = wrap(np.stack(arrays) if arrays else np.zeros((0, *x.shape), x.dtype), None)
        results.append(stacked.reshape((*y.shape, *x.shape)))
    return results


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the derivative of every element of the outputs by every element of the inputs.

    Args:
        func: takes the inputs, returns a Tensor or a tuple of them.
        inputs: a Tensor or a tuple of them.
        create_graph: record the Jacobian's own computation.
        strict: raise instead of returning zeros for inputs that are not used.
        vectorize: accepted for PyTorch's sake; rows are computed one by one either way.
        strategy: 'reverse-mode' goes row by row, 'forward-mode' column by column.

    Shapes: for one output and one input, (*output, *input); else tuples, outputs outside, inputs inside.
    Raises: GraphError if strict and an input is not used.
    Source: torch.autograd.functional.jacobian.

    Example:
        >>> from autograd_np import tensor
        >>> jacobian(lambda x: x ** 2, tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    xs, ys, many_in, many_out = run(func, inputs, "jacobian")
    if strategy == "forward-mode":
        blocks = columns_of(ys, xs, create_graph=create_graph)
    else:
        blocks = [_rows(y, xs, create_graph=create_graph, strict=strict) for y in ys]
    return packed([packed(block, many_in) for block in blocks], many_out)


def columns_of(ys: Sequence[Tensor], xs: Sequence[Tensor], *, create_graph: bool) -> list[list[Tensor]]:
    """Return the Jacobian blocks [output][input], computed column by column with jvps."""
    blocks: list[list[Tensor]] = [[] for _ in ys]
    zeros = [wrap(np.zeros(x.shape, x.dtype), None) for x in xs]
    for i, x in enumerate(xs):
        tangents = [[*zeros[:i], unit, *zeros[i + 1 :]] for unit in one_hots(x)]
        columns = [pushed(ys, xs, tangent, create_graph=create_graph) for tangent in tangents]
        for k, y in enumerate(ys):
            empty = wrap(np.zeros((*y.shape, 0), y.dtype), None)
            flat: Any = stack([column[k] for column in columns], -1) if columns else empty
            blocks[k].append(flat.reshape((*y.shape, *x.shape)))
    return blocks


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the second derivatives of a scalar function: the Jacobian of its gradient.

    Shapes: for one input, (*input, *input); else a tuple of tuples, one block per pair of inputs.
    Raises: GraphError if the function does not return a single element.
    Source: torch.autograd.functional.hessian.

    Example:
        >>> from autograd_np import tensor
        >>> hessian(lambda x: (x ** 3).sum(), tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    _, several = listed(inputs, "hessian: input")

    def gradient(*xs: Tensor) -> tuple[Tensor, ...]:
        y = func(*xs)
        _scalar(y, "hessian")
        return tuple(pulled([y], xs, [wrap(np.ones(y.shape, y.dtype), None)], create_graph=True, strict=strict))

    blocks = jacobian(gradient, inputs, create_graph=create_graph, strict=strict, strategy=outer_jacobian_strategy)
    return blocks if several else blocks[0]


def _scalar(y: Any, what: str) -> None:
    if not isinstance(y, Tensor) or y.numel() != 1:
        got = f"shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
        raise GraphError(f"{what}: the function must return a single element, got {got}\n  fix: reduce with sum()")


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return a scalar function's value and H·v, without forming the Hessian H.

    Shapes: v and the product as the inputs.
    Raises: GraphError if the function does not return a single element, ShapeError if v does not fit.
    Source: torch.autograd.functional.hvp; Pearlmutter (1994). H is symmetric, so the product is vᵀ·H.

    Example:
        >>> from autograd_np import tensor
        >>> hvp(lambda x: (x ** 3).sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    return vhp(func, inputs, v, create_graph, strict)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return a scalar function's value and vᵀ·H, without forming the Hessian H.

    Shapes: v and the product as the inputs.
    Raises: GraphError if the function does not return a single element, ShapeError if v does not fit.
    Source: torch.autograd.functional.vhp.

    Example:
        >>> from autograd_np import tensor
        >>> vhp(lambda x: (x ** 3).sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    xs, ys, many_in, _ = run(func, inputs, "vhp")
    y = ys[0]
    _scalar(y, "vhp")
    vs = checked(v, xs, "vhp")
    with enable_grad():
        slopes = pulled([y], xs, [wrap(np.ones(y.shape, y.dtype), None)], create_graph=True, strict=strict)
    products = pulled(slopes, xs, vs, create_graph=create_graph, strict=False)
    return (y if create_graph else y.detach()), packed(products, many_in)
