"""Pooling that is composed of the engine's functions: powers, means and roots."""

from __future__ import annotations

import math
from collections.abc import Callable

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn._sizes import Size, sizes

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]

_MEANS: dict[int, Callable[..., Tensor]] = {1: ag.avg_pool1d, 2: ag.avg_pool2d, 3: ag.avg_pool3d}


def _lp_pooled(
    rank: int, input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None, ceil_mode: bool
) -> Tensor:
    name = f"lp_pool{rank}d"
    if not 0 < norm_type < math.inf:
        raise ArgumentError(
            f"{name}: norm_type must be a positive number, got {norm_type}"
            + (f"\n  fix: the limit is max_pool{rank}d of x.abs()" if norm_type == math.inf else "")
        )
    window = sizes(kernel_size, rank, name, "kernel_size", least=1)
    if norm_type % 1 and bool((input < 0).any()):
        raise ArgumentError(
            f"{name}: norm_type={norm_type} takes powers with a fraction, which negative elements do not have\n"
            "  fix: pool x.abs()"
        )
    total = _MEANS[rank](input.pow(norm_type), window, stride, 0, ceil_mode) * math.prod(window)
    if norm_type == 1:
        return total
    if norm_type % 2 and bool((total < 0).any()):
        raise ArgumentError(
            f"{name}: a window's sum of powers {norm_type} is negative and has no root\n"
            "  fix: pool x.abs(), or give an even norm_type"
        )
    # A root's slope at 0 is infinite. The gradient of an empty window is 0, for which it takes another path.
    nothing = total == 0
    return ag.where(nothing, 0.0, ag.where(nothing, 1.0, total).pow(1 / norm_type))


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-th root of the sum of p-th powers in each window of sequences.

    Where the sum is zero, so is the gradient.

    Args:
        input: sequences.
        norm_type: p.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        ceil_mode: let the last window hang over the end; the mean of the others stands for what is missing.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL), OL = (L - K) // stride + 1.
    Raises: ArgumentError for a norm_type that is not positive and finite, and where a power or a root is not real.
    Source: torch.nn.functional.lp_pool1d.

    Example:
        >>> import autograd_np as ag
        >>> lp_pool1d(ag.tensor([[[3.0, 4.0, 5.0, 12.0]]]), 2, 2)
        tensor([[[ 5., 13.]]])
    """
    return _lp_pooled(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-th root of the sum of p-th powers in each window of images.

    Where the sum is zero, so is the gradient.

    Args:
        input: images.
        norm_type: p.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        ceil_mode: let the last windows hang over the end; the mean of the others stands for what is missing.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW), OH = (H - KH) // stride + 1, OW alike.
    Raises: ArgumentError for a norm_type that is not positive and finite, and where a power or a root is not real.
    Source: torch.nn.functional.lp_pool2d; Gulcehre, Cho, Pascanu and Bengio (2014).

    Example:
        >>> import autograd_np as ag
        >>> lp_pool2d(ag.tensor([[[2.0, 4.0], [5.0, 6.0]]]), 2, 2)
        tensor([[[9.]]])
    """
    return _lp_pooled(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-th root of the sum of p-th powers in each window of volumes.

    Where the sum is zero, so is the gradient.

    Args:
        input: volumes.
        norm_type: p.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        ceil_mode: let the last windows hang over the end; the mean of the others stands for what is missing.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW), OD = (D - KD) // stride + 1, OH and OW alike.
    Raises: ArgumentError for a norm_type that is not positive and finite, and where a power or a root is not real.
    Source: torch.nn.functional.lp_pool3d.

    Example:
        >>> import autograd_np as ag
        >>> lp_pool3d(ag.ones(1, 2, 2, 2), 2, (1, 2, 2))
        tensor([[[[2.]],
                 [[2.]]]])
    """
    return _lp_pooled(3, input, norm_type, kernel_size, stride, ceil_mode)
