"""Copies and conversions: clone, contiguous memory, and other element types."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Array, DTypeLike, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_dtype, as_tensor, check_device, device
from autograd_np.errors import DTypeError
from autograd_np.kernels import shapes as kernels

__all__ = ["cast", "clone", "contiguous", "detach", "to", "type_as"]

# --- rows ---------------------------------------------------------------------------------------------------------

_clone = UnaryOp("clone", kernels.cloned, lambda g, _y, _x: g)
_contiguous = UnaryOp("contiguous", lambda x: x.copy(order="C"), lambda g, _y, _x: g)


def _cast_kernel(x: Array, dtype: np.dtype[Any]) -> Array:
    return x.astype(dtype)


#: The engine converts the cotangent back to the operand's type.
_cast = UnaryOp("cast", _cast_kernel, lambda g, _y, _x, dtype: g)


# --- functions ----------------------------------------------------------------------------------------------------


def clone(input: TensorLike, *, memory_format: Any = None) -> Tensor:
    """Return a copy that stays in the graph; its memory has the order of the original's, if that has no gaps.

    Args:
        input: any tensor.
        memory_format: accepted for PyTorch's sake; it changes no values.

    Shapes: any.
    Source: torch.clone.

    Example:
        >>> x = as_tensor([1.0, 2.0])
        >>> clone(x) is x, clone(x)
        (False, tensor([1., 2.]))
    """
    return _clone(as_tensor(input))


def contiguous(input: TensorLike, memory_format: Any = None) -> Tensor:
    """Return the tensor itself if its memory has the order of its indices, else a copy that has.

    Args:
        input: any tensor.
        memory_format: accepted for PyTorch's sake; it changes no values.

    Shapes: any.
    Source: torch.Tensor.contiguous.

    Example:
        >>> contiguous(as_tensor(np.arange(4.0).reshape(2, 2).T)).is_contiguous()
        True
    """
    x = as_tensor(input)
    return x if x._array.flags.c_contiguous else _contiguous(x)


def cast(input: TensorLike, dtype: DTypeLike) -> Tensor:
    """Convert the elements to another type; the tensor itself if it has that type.

    Gradients pass back to floating types; integers and booleans have none.

    Shapes: any.
    Raises: DTypeError for what is no type that tensors can hold.
    Source: torch.Tensor.to.

    Example:
        >>> cast(as_tensor([1.7, -0.2]), "int64")
        tensor([1, 0])
    """
    x, wanted = as_tensor(input), as_dtype(dtype)
    if x.dtype == wanted:
        return x
    return _cast(x if wanted.kind == "f" else x.detach(), dtype=wanted)


def to(
    input: TensorLike,
    *args: Any,
    dtype: DTypeLike | None = None,
    device: str | device | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Convert the elements to another type; the device can only be the CPU.

    Args:
        input: any tensor.
        args: a type, a device, or another tensor whose type is taken, in any order.
        dtype: the type by name.
        device: the device by name.
        non_blocking: accepted for PyTorch's sake.
        copy: copy also if nothing changes.
        memory_format: accepted for PyTorch's sake; it changes no values.

    Shapes: any.
    Raises: DeviceError for another device, DTypeError for what is no type that tensors can hold.
    Source: torch.Tensor.to.

    Example:
        >>> to(as_tensor([1, 2]), "cpu", np.float32)
        tensor([1., 2.])
    """
    x = as_tensor(input)
    check_device(device)
    wanted = dtype
    for arg in args:
        if isinstance(arg, Tensor):
            wanted = arg.dtype
        elif _is_device(arg):
            check_device(arg)
        elif arg is not None and not isinstance(arg, bool):
            wanted = arg
    result = x if wanted is None else cast(x, wanted)
    return clone(result) if copy and result is x else result


def _is_device(arg: Any) -> bool:
    if not isinstance(arg, str):
        return isinstance(arg, device)
    try:
        as_dtype(arg)
    except DTypeError:
        return True
    return False


def type_as(input: TensorLike, other: Tensor) -> Tensor:
    """Convert the elements to another tensor's type.

    Shapes: any two.
    Source: torch.Tensor.type_as.

    Example:
        >>> type_as(as_tensor([1, 2]), as_tensor([0.5]))
        tensor([1., 2.])
    """
    return cast(input, other.dtype)


def detach(input: TensorLike) -> Tensor:
    """Return the same values outside the graph, sharing memory.

    Shapes: any.
    Source: torch.detach.

    Example:
        >>> detach(as_tensor([1.0]).requires_grad_() * 2).requires_grad
        False
    """
    return as_tensor(input).detach()
