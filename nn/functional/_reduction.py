"""What losses share: how those of the samples become one number, and what is asked of labels and shapes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError, aligned_shapes

__all__ = ["alike", "alike_in_rank", "checked", "named", "reduced", "signs"]


def named(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """Return the reduction that PyTorch's two older arguments mean, or the newer one where they are not given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def checked(loss: str, reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """Return the reduction, or raise ArgumentError where there is no such one."""
    reduction = named(reduction, size_average, reduce)
    if reduction not in {"mean", "sum", "none"}:
        raise ArgumentError(f"{loss}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the losses themselves, their sum or their mean."""
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def alike(loss: str, operands: Mapping[str, Tensor]) -> None:
    """Raise ShapeError unless all are of one shape; broadcasting (N, 1) with (N,) is nearly always a mistake."""
    if len({x.shape for x in operands.values()}) > 1:
        _raise_shape(loss, operands, "must have the same shape", "reshape them alike; losses do not broadcast")


def alike_in_rank(loss: str, operands: Mapping[str, Tensor]) -> None:
    """Raise ShapeError unless all have as many axes: (N, 1) and (1, M) may be meant, (N, 1) and (N,) are not."""
    if len({x.ndim for x in operands.values()}) > 1:
        _raise_shape(loss, operands, "must have as many axes", "unsqueeze or reshape them")


def _raise_shape(loss: str, operands: Mapping[str, Tensor], what: str, fix: str) -> None:
    shapes = aligned_shapes({name: x.shape for name, x in operands.items()})
    raise ShapeError(f"{loss}: {', '.join(operands)} {what}\n{shapes}\n  fix: {fix}")


def signs(loss: str, target: Tensor) -> None:
    """Raise ArgumentError unless all labels are 1 or -1; 0 and 1 would give numbers too, and mean nothing."""
    labels = target.detach().numpy()
    wrong = np.abs(labels) != 1
    if wrong.any():
        raise ArgumentError(
            f"{loss}: labels must be 1 or -1, got {labels[wrong].flat[0]:g}\n  fix: 2*target - 1 for labels 0 and 1"
        )
