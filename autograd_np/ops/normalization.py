"""Normalisation by the statistics of a batch, of a row, of a group of channels, or of one image's channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import normalization as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops.arithmetic import _mul, _rsqrt, _square
from autograd_np.ops.reductions import _mean, _sum

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _per_channel(ndim: int) -> tuple[int, ...]:
    """Return the axes that batch statistics run over."""
    return (0, *range(2, ndim))


def _last(ndim: int, count: int) -> tuple[int, ...]:
    return tuple(range(ndim - count, ndim))


def _variance(x: Any, axes: tuple[int, ...]) -> Any:
    return _mean(_square(x - _mean(x, axes=axes, keepdims=True)), axes=axes, keepdims=True)


def _unit(x: Any, mean: Any, var: Any, eps: float) -> Any:
    return (x - mean) * _rsqrt(var + eps)


def _projected(h: Any, x: Any, mean: Any, var: Any, axes: tuple[int, ...], eps: float) -> Any:
    """Return the cotangent of x for that of x̂: without its mean, and without its part along x̂."""
    unit = _unit(x, mean, var, eps)
    along = _mean(h * unit, axes=axes, keepdims=True)
    return _rsqrt(var + eps) * (h - _mean(h, axes=axes, keepdims=True) - unit * along)


def _channels(values: Any, ndim: int) -> Any:
    """Return one number per channel so that it broadcasts against (N, C, ...)."""
    return values.reshape((1, -1, *(1,) * (ndim - 2)))


def _sum_to_channels(g: Any) -> Any:
    return _sum(g, axes=_per_channel(g.ndim), keepdims=False)


def _fixed_scale(var: Any, weight: Any, eps: float) -> Any:
    """Return what a fixed normalisation multiplies each channel by."""
    inverse = _rsqrt(var + eps)
    return inverse if weight is None else inverse * weight


# First derivatives are one kernel for all operands. The rules record themselves, with mean and var as functions of x:
# derivatives of every order follow.


def _batch_dx(g: Any, x: Any, weight: Any, mean: Any, var: Any, eps: float) -> Any:
    h = g if weight is None else g * _channels(weight, x.ndim)
    return _projected(h, x, mean, var, _per_channel(x.ndim), eps)


def _layer_dx(g: Any, x: Any, weight: Any, mean: Any, var: Any, count: int, eps: float) -> Any:
    h = g if weight is None else g * weight
    return _projected(h, x, mean, var, _last(x.ndim, count), eps)


def _layer_dw(g: Any, x: Any, mean: Any, var: Any, count: int, eps: float) -> Any:
    return _sum(g * _unit(x, mean, var, eps), axes=tuple(range(x.ndim - count)), keepdims=False)


_batch_norm = Op(
    "batch_norm",
    kernels.batch_norm,
    lambda g, _y, x, weight, _bias, mean, var, eps: _batch_dx(g, x, weight, mean, var, eps),
    lambda g, _y, x, _weight, _bias, mean, var, eps: _sum_to_channels(g * _unit(x, mean, var, eps)),
    lambda g, _y, _x, _weight, _bias, mean, var, eps: _sum_to_channels(g),
    by_products={
        "mean": lambda x, _weight, _bias, eps: _mean(x, axes=_per_channel(x.ndim), keepdims=True),
        "var": lambda x, _weight, _bias, eps: _variance(x, _per_channel(x.ndim)),
    },
    pullback=kernels.batch_norm_back,
)
#: With given statistics, such as those of earlier batches.
_batch_norm_fixed = Op(
    "batch_norm_fixed",
    kernels.batch_norm_fixed,
    lambda g, _y, _x, _mean, var, weight, _bias, eps: g * _channels(_fixed_scale(var, weight, eps), g.ndim),
    lambda g, _y, _x, _mean, var, weight, _bias, eps: -_sum_to_channels(g) * _fixed_scale(var, weight, eps),
    lambda g, _y, x, mean, var, weight, _bias, eps: (
        _sum_to_channels(g * (x - _channels(mean, g.ndim))) * _fixed_scale(var, weight, eps) / (-2 * (var + eps))
    ),
    lambda g, _y, x, mean, var, _weight, _bias, eps: (
        _sum_to_channels(g * (x - _channels(mean, g.ndim))) * _rsqrt(var + eps)
    ),
    lambda g, _y, _x, _mean, _var, _weight, _bias, eps: _sum_to_channels(g),
)
_layer_norm = Op(
    "layer_norm",
    kernels.layer_norm,
    lambda g, _y, x, weight, _bias, mean, var, axes, eps: _layer_dx(g, x, weight, mean, var, axes, eps),
    lambda g, _y, x, _weight, _bias, mean, var, axes, eps: _layer_dw(g, x, mean, var, axes, eps),
    lambda g, _y, _x, _weight, _bias, mean, var, axes, eps: _sum(g, axes=tuple(range(g.ndim - axes)), keepdims=False),
    by_products={
        "mean": lambda x, _weight, _bias, axes, eps: _mean(x, axes=_last(x.ndim, axes), keepdims=True),
        "var": lambda x, _weight, _bias, axes, eps: _variance(x, _last(x.ndim, axes)),
    },
    pullback=kernels.layer_norm_back,
)


# --- arguments ----------------------------------------------------------------------------------------------------


def _optional(operation: str, x: Tensor, **given: TensorLike | None) -> list[Tensor | None]:
    """Return optional operands as Tensors of the input's type."""
    tensors = [None if value is None else as_tensor(value) for value in given.values()]
    check_one_type(operation, x.dtype, *(t.dtype for t in tensors if t is not None))
    if x.dtype.kind != "f":
        message = f"{operation}: integers have no mean of their own type, got {x.dtype}\n  fix: x.float()"
        raise ArgumentError(message)
    return tensors


def _check_shapes(operation: str, x: Tensor, expected: Shape, **given: Tensor | None) -> None:
    for name, value in given.items():
        if value is not None and value.shape != expected:
            raise_shape(
                operation,
                {"input": x.shape, name: value.shape},
                f"{name} must have shape {expected} for this input, got {value.shape}",
                "build the layer for the input's number of channels or features",
            )


def _check_channels(operation: str, x: Tensor) -> None:
    if x.ndim < 2:
        raise_shape(
            operation, {"input": x.shape}, "the input must be (N, C) or (N, C, ...)", "add a batch axis: x.unsqueeze(0)"
        )


# --- functions ----------------------------------------------------------------------------------------------------


def batch_norm(
    input: TensorLike,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch, then scale and shift it.

    Args:
        input: values.
        running_mean: running average of the batches' means; training moves it, evaluation normalises by it.
        running_var: running average of the batches' unbiased variances.
        weight: scale per channel.
        bias: shift per channel.
        training: normalise by this batch's mean and biased variance, and move the running ones towards them, in place
            and unrecorded.
        momentum: share of the new batch in the running averages.
        eps: added to the variance.

    Shapes: input (N, C) or (N, C, ...), the others (C,) -> like input.
    Raises: ShapeError for operands of other shapes; ArgumentError for a training batch with one value per channel, or
        for evaluation without running statistics; DTypeError for operands of several types.
    Source: torch.nn.functional.batch_norm; Ioffe and Szegedy (2015).

    Example:
        >>> batch_norm(as_tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0)
        tensor([[-1.],
                [ 1.]])
    """
    x = as_tensor(input)
    _check_channels("batch_norm", x)
    mean, var, w, b = _optional(
        "batch_norm", x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    _check_shapes("batch_norm", x, x.shape[1:2], running_mean=mean, running_var=var, weight=w, bias=b)
    if not training:
        if mean is None or var is None:
            message = (
                "batch_norm: evaluation needs running_mean and running_var\n"
                "  fix: pass both, or training=True to normalise by the batch itself"
            )
            raise ArgumentError(message)
        y: Tensor = _batch_norm_fixed(x, mean, var, w, b, eps=eps)
        return y
    count = math.prod(x.shape) // max(x.shape[1], 1)
    if count < 2:
        message = (
            f"batch_norm: one value per channel has no spread to normalise by, got input {x.shape}\n"
            "  fix: train on batches of at least two samples (drop_last=True drops a last one), or call eval()"
        )
        raise ArgumentError(message)
    y = _batch_norm(x, w, b, eps=eps)
    if mean is not None or var is not None:
        # The row computed them already, and its node keeps them, unless nothing was recorded.
        saved = None if y.grad_fn is None else y.grad_fn.saved
        batch_mean, batch_var = saved[-2:] if isinstance(saved, tuple) else kernels.moments(x._array)
        _follow(mean, var, batch_mean, batch_var, count / (count - 1), momentum)
    return y


def _follow(
    mean: Tensor | None, var: Tensor | None, batch_mean: Array, batch_var: Array, unbiased: float, momentum: float
) -> None:
    """Move the running statistics towards those of a batch, whose variance is made unbiased by a factor."""
    _move(mean, batch_mean.reshape(-1), momentum)
    _move(var, batch_var.reshape(-1) * unbiased, momentum)


def _move(running: Tensor | None, new: Array, momentum: float) -> None:
    """Move a running average towards a new value in its own memory, and count the write."""
    if running is not None:
        # In one write: an interrupt between two would leave it neither old nor new.
        running._array[...] = (1 - momentum) * running._array + momentum * new
        running._shared_cell().written("batch_norm")


def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each row over its last axes, then scale and shift it element by element.

    Args:
        input: values.
        normalized_shape: the last axes, which a row consists of.
        weight: scale.
        bias: shift.
        eps: added to the (biased) variance.

    Shapes: input (..., *normalized_shape), weight and bias normalized_shape -> like input.
    Raises: ShapeError if the input does not end in normalized_shape, or weight and bias have another shape; DTypeError
        for operands of several types.
    Source: torch.nn.functional.layer_norm; Ba, Kiros and Hinton (2016).

    Example:
        >>> layer_norm(as_tensor([[1.0, 3.0]]), 2, eps=0.0)
        tensor([[-1.,  1.]])
    """
    x = as_tensor(input)
    shape = _trailing("layer_norm", x, normalized_shape)
    w, b = _optional("layer_norm", x, weight=weight, bias=bias)
    _check_shapes("layer_norm", x, shape, weight=w, bias=b)
    y: Tensor = _layer_norm(x, w, b, axes=len(shape), eps=eps)
    return y


def _trailing(operation: str, x: Tensor, normalized_shape: int | Sequence[int]) -> Shape:
    """Return the shape of a row after checking that the input ends in it."""
    shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    if not shape or x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise_shape(
            operation,
            {"input": x.shape, "normalized_shape": shape},
            f"the input's last axes must be normalized_shape {shape}",
            "name the sizes of the last axes, as in layer_norm(x, x.shape[-1])",
        )
    return shape


def rms_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide each row by its root mean square over the last axes, then scale it.

    Args:
        input: values.
        normalized_shape: the last axes, which a row consists of.
        weight: scale.
        eps: added to the mean square; the type's machine epsilon if not given.

    Shapes: input (..., *normalized_shape), weight normalized_shape -> like input.
    Raises: ShapeError if the input does not end in normalized_shape, or the weight has another shape; DTypeError for
        operands of several types.
    Source: torch.nn.functional.rms_norm; Zhang and Sennrich (2019).

    Example:
        >>> rms_norm(as_tensor([[1.0, 7.0]]), 2, eps=0.0)
        tensor([[0.2, 1.4]])
    """
    x = as_tensor(input)
    shape = _trailing("rms_norm", x, normalized_shape)
    (w,) = _optional("rms_norm", x, weight=weight)
    _check_shapes("rms_norm", x, shape, weight=w)
    added = float(np.finfo(x.dtype).eps) if eps is None else eps
    square = _mean(_square(x), axes=_last(x.ndim, len(shape)), keepdims=True)
    y = _mul(x, _rsqrt(square + added))
    return y if w is None else _mul(y, w)


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each sample over groups of channels, then scale and shift each channel.

    Args:
        input: values.
        num_groups: into how many groups the channels fall.
        weight: scale per channel.
        bias: shift per channel.
        eps: added to the (biased) variance.

    Shapes: input (N, C) or (N, C, ...), weight and bias (C,) -> like input.
    Raises: ShapeError for operands of other shapes; ArgumentError for groups that do not divide the channels;
        DTypeError for operands of several types.
    Source: torch.nn.functional.group_norm; Wu and He (2018).

    Example:
        >>> group_norm(as_tensor([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)
        tensor([[-1.,  1., -1.,  1.]])
    """
    x = as_tensor(input)
    _check_channels("group_norm", x)
    w, b = _optional("group_norm", x, weight=weight, bias=bias)
    channels = x.shape[1]
    _check_shapes("group_norm", x, (channels,), weight=w, bias=b)
    if num_groups < 1 or channels % num_groups:
        message = f"group_norm: num_groups must divide the {channels} channels, got {num_groups}"
        raise ArgumentError(message)
    groups = (x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups)
    y = _layer_norm(x.reshape(groups), None, None, axes=1, eps=eps).reshape(x.shape)
    if w is not None:
        y = y * _channels(w, x.ndim)
    return y if b is None else y + _channels(b, x.ndim)


def instance_norm(
    input: TensorLike,
    running_mean: TensorLike | None = None,
    running_var: TensorLike | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each sample over space, then scale and shift each channel.

    Args:
        input: values.
        running_mean: running average of the means, moved in place if the input's statistics are used.
        running_var: running average of the unbiased variances, alike.
        weight: scale per channel.
        bias: shift per channel.
        use_input_stats: normalise by the input's own statistics; False takes the running ones.
        momentum: share of the new statistics in the running averages.
        eps: added to the (biased) variance.

    Shapes: input (N, C, ...), the others (C,) -> like input.
    Raises: ShapeError for operands of other shapes; ArgumentError for inputs with a single value per channel and
        sample; DTypeError for operands of several types.
    Source: torch.nn.functional.instance_norm; Ulyanov, Vedaldi and Lempitsky (2016).

    Example:
        >>> instance_norm(as_tensor([[[1.0, 3.0], [10.0, 30.0]]]), eps=0.0)
        tensor([[[-1.,  1.],
                 [-1.,  1.]]])
    """
    x = as_tensor(input)
    _check_channels("instance_norm", x)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    count = math.prod(x.shape[2:])
    if count < 2:
        message = (
            "instance_norm: one value per channel and sample has no spread to normalise by, got input "
            f"{x.shape}\n  fix: the input must be (N, C, ...) with several values in its last axes"
        )
        raise ArgumentError(message)
    mean, var = _optional("instance_norm", x, running_mean=running_mean, running_var=running_var)
    _check_shapes("instance_norm", x, x.shape[1:2], running_mean=mean, running_var=var)
    if mean is not None or var is not None:
        values = x._array.reshape(*x.shape[:2], count)
        _move(mean, values.mean((0, 2)), momentum)
        _move(var, values.var(2, ddof=1).mean(0), momentum)
    return group_norm(x, x.shape[1], weight, bias, eps)
