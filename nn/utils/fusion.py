"""Batch norm folded into the layer before it: in evaluation both are linear, so one layer computes the same."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from autograd_np import Tensor, no_grad, ones_like, zeros_like
from autograd_np.errors import ArgumentError
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]

AnyModule = TypeVar("AnyModule", bound=Module)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of the convolution that does what a convolution and a batch norm after it do.

    Args:
        conv_w: weight.
        conv_b: bias, or None.
        bn_rm: running mean.
        bn_rv: running variance.
        bn_eps: added to the variance.
        bn_w: scale, or None.
        bn_b: shift, or None.
        transpose: whether it is a transposed convolution, whose outputs are the weight's second axis.

    Shapes: (O, *) -> (O, *), (O,).
    Source: torch.nn.utils.fuse_conv_bn_weights.

    Example:
        >>> import autograd_np as ag
        >>> weight, bias = fuse_conv_bn_weights(
        ...     ag.ones(1, 1, 1, 1), None, ag.tensor([2.0]), ag.tensor([4.0]), 0.0, None, None
        ... )
        >>> weight.item(), bias.item()
        (0.5, -1.0)
    """
    with no_grad():
        scale = (ones_like(bn_rm) if bn_w is None else bn_w) / (bn_rv + bn_eps).sqrt()
        bias = zeros_like(bn_rm) if conv_b is None else conv_b
        bias = (bias - bn_rm) * scale + (0 if bn_b is None else bn_b)
        axis = 1 if transpose else 0
        weight = conv_w * scale.reshape([-1 if i == axis else 1 for i in range(conv_w.ndim)])
        return (
            Parameter(weight.to(conv_w.dtype), conv_w.requires_grad),
            Parameter(bias.to(conv_w.dtype), conv_w.requires_grad if conv_b is None else conv_b.requires_grad),
        )


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of the linear layer that does what a linear layer and a batch norm after it do.

    Shapes: (O, D) -> (O, D), (O,).
    Source: torch.nn.utils.fuse_linear_bn_weights.

    Example:
        >>> import autograd_np as ag
        >>> weight, bias = fuse_linear_bn_weights(
        ...     ag.ones(1, 1), None, ag.tensor([2.0]), ag.tensor([4.0]), 0.0, None, None
        ... )
        >>> weight.item(), bias.item()
        (0.5, -1.0)
    """
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fused(layer: AnyModule, bn: Any, what: str, *, transpose: bool) -> AnyModule:
    if layer.training or bn.training:
        raise ArgumentError(f"{what}: in training a batch norm is not linear\n  fix: call eval() on both first")
    if bn.running_mean is None:
        raise ArgumentError(f"{what}: the batch norm has no running statistics")
    fused: Any = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_eval(conv: AnyModule, bn: Module, transpose: bool = False) -> AnyModule:
    """Return a convolution that does what a convolution and a batch norm after it do, both in evaluation.

    Args:
        conv: the convolution.
        bn: the batch norm.
        transpose: whether it is a transposed convolution.

    Raises: ArgumentError if one is in training, or there are no running statistics.
    Source: torch.nn.utils.fuse_conv_bn_eval.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).eval()
        >>> x = ag.randn(1, 1, 4, 4)
        >>> bool(ag.allclose(fuse_conv_bn_eval(*net)(x), net(x), atol=1e-6))
        True
    """
    return _fused(conv, bn, "fuse_conv_bn_eval", transpose=transpose)


def fuse_linear_bn_eval(linear: AnyModule, bn: Module) -> AnyModule:
    """Return a linear layer that does what a linear layer and a batch norm after it do, both in evaluation.

    Raises: ArgumentError if one is in training, or there are no running statistics.
    Source: torch.nn.utils.fuse_linear_bn_eval.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval()
        >>> x = ag.randn(4, 3)
        >>> bool(ag.allclose(fuse_linear_bn_eval(*net)(x), net(x), atol=1e-6))
        True
    """
    return _fused(linear, bn, "fuse_linear_bn_eval", transpose=False)
