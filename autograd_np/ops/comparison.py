"""Comparisons, element by element and of whole tensors."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, as_array, as_tensor, wrap
from autograd_np.errors import raise_shape
from autograd_np.ops._masks import _eq, _ge, _gt, _isfinite, _isinf, _isnan, _le, _lt, _ne, _signbit

__all__ = [
    "allclose",
    "eq",
    "equal",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "le",
    "less",
    "less_equal",
    "lt",
    "ne",
    "not_equal",
    "signbit",
]


def eq(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is equal to the second.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.eq.

    Example:
        >>> eq(as_tensor([1, 2, 3]), 2)
        tensor([False,  True, False])
    """
    return _eq(as_tensor(input), other)


def ne(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is not equal to the second.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.ne.

    Example:
        >>> ne(as_tensor([1, 2, 3]), 2)
        tensor([ True, False,  True])
    """
    return _ne(as_tensor(input), other)


def lt(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is less than the second.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.lt.

    Example:
        >>> lt(as_tensor([1, 2, 3]), 2)
        tensor([ True, False, False])
    """
    return _lt(as_tensor(input), other)


def le(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is less than the second or equal to it.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.le.

    Example:
        >>> le(as_tensor([1, 2, 3]), 2)
        tensor([ True,  True, False])
    """
    return _le(as_tensor(input), other)


def gt(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is greater than the second.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.gt.

    Example:
        >>> gt(as_tensor([1, 2, 3]), 2)
        tensor([False, False,  True])
    """
    return _gt(as_tensor(input), other)


def ge(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether the first is greater than the second or equal to it.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.ge.

    Example:
        >>> ge(as_tensor([1, 2, 3]), 2)
        tensor([False,  True,  True])
    """
    return _ge(as_tensor(input), other)


def isin(
    elements: TensorLike, test_elements: TensorLike, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Tell element by element whether it is among the test elements.

    Args:
        elements: what is looked up.
        test_elements: where.
        assume_unique: promise that neither holds an element twice.
        invert: tell whether it is not.

    Shapes: any two; the result has the first's.
    Source: torch.isin; numpy.isin.

    Example:
        >>> isin(as_tensor([1, 2, 3]), as_tensor([3, 1]))
        tensor([ True, False,  True])
    """
    found = np.isin(as_array(elements), as_array(test_elements), assume_unique=assume_unique, invert=invert)
    return wrap(np.asarray(found), None)


def equal(input: TensorLike, other: TensorLike) -> bool:
    """Tell whether two tensors have the same shape and the same elements; NaN equals nothing.

    Shapes: any.
    Source: torch.equal.

    Example:
        >>> equal(as_tensor([1, 2]), as_tensor([1, 2])), equal(as_tensor([1, 2]), as_tensor([1]))
        (True, False)
    """
    return np.array_equal(as_array(input), as_array(other))


def isclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Tell element by element whether |a - b| <= atol + rtol·|b|.

    Args:
        input: a.
        other: b.
        rtol: allowed difference relative to b.
        atol: allowed difference.
        equal_nan: let NaN be close to NaN.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.isclose.

    Example:
        >>> isclose(as_tensor([1.0, 1.0]), as_tensor([1.000001, 1.1]))
        tensor([ True, False])
    """
    _check_broadcast("isclose", a := as_array(input), b := as_array(other))
    with np.errstate(invalid="ignore"):
        return wrap(np.asarray(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)), None)


def allclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Tell whether |a - b| <= atol + rtol·|b| for all elements.

    Args:
        input: a.
        other: b.
        rtol: allowed difference relative to b.
        atol: allowed difference.
        equal_nan: let NaN be close to NaN.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.allclose.

    Example:
        >>> allclose(as_tensor([1.0, 2.0]), as_tensor([1.000001, 2.0]))
        True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def _check_broadcast(name: str, a: Array, b: Array) -> None:
    """Raise ShapeError unless the shapes broadcast."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise_shape(name, {"input": a.shape, "other": b.shape}, "the shapes do not broadcast")


def isnan(input: TensorLike) -> Tensor:
    """Tell element by element whether it is NaN.

    Shapes: any.
    Source: torch.isnan.

    Example:
        >>> isnan(as_tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    return _isnan(as_tensor(input))


def isinf(input: TensorLike) -> Tensor:
    """Tell element by element whether it is infinite, of either sign.

    Shapes: any.
    Source: torch.isinf.

    Example:
        >>> isinf(as_tensor([1.0, float("-inf")]))
        tensor([False,  True])
    """
    return _isinf(as_tensor(input))


def isfinite(input: TensorLike) -> Tensor:
    """Tell element by element whether it is neither infinite nor NaN.

    Shapes: any.
    Source: torch.isfinite.

    Example:
        >>> isfinite(as_tensor([1.0, float("inf")]))
        tensor([ True, False])
    """
    return _isfinite(as_tensor(input))


def isposinf(input: TensorLike) -> Tensor:
    """Tell element by element whether it is plus infinity.

    Shapes: any.
    Source: torch.isposinf.

    Example:
        >>> isposinf(as_tensor([float("inf"), float("-inf")]))
        tensor([ True, False])
    """
    return _eq(as_tensor(input), np.inf)


def isneginf(input: TensorLike) -> Tensor:
    """Tell element by element whether it is minus infinity.

    Shapes: any.
    Source: torch.isneginf.

    Example:
        >>> isneginf(as_tensor([float("inf"), float("-inf")]))
        tensor([False,  True])
    """
    return _eq(as_tensor(input), -np.inf)


def signbit(input: TensorLike) -> Tensor:
    """Tell element by element whether the sign is minus, also that of -0.0.

    Shapes: any.
    Source: torch.signbit.

    Example:
        >>> signbit(as_tensor([-0.0, 1.0]))
        tensor([ True, False])
    """
    return _signbit(as_tensor(input))


greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne
