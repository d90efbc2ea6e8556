"""A point at each kink: the function in PyTorch's words, the derivative here, and PyTorch's where it differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["POINTS", "Point"]

INF, NAN = float("inf"), float("nan")


class Point(NamedTuple):
    """A function of (torch, F, x), a point at a kink of `row`, and its gradient there and in PyTorch."""

    row: str
    function: Callable[[Any, Any, Any], Any]
    x: Any
    gradient: list[float]
    torch: list[float] | None = None


def _like(t: Any, x: Any, *numbers: float) -> Any:
    return t.tensor(list(numbers), dtype=x.dtype)


POINTS = (
    Point("sqrt", lambda t, F, x: x.sqrt(), [0.0, 4.0], [0.0, 0.25], [INF, 0.25]),
    Point("sqrt", lambda t, F, x: (x * x).sum().sqrt(), [0.0, 0.0], [0.0, 0.0], [NAN, NAN]),
    Point("pow", lambda t, F, x: x**0.5, [0.0, 4.0], [0.0, 0.25], [INF, 0.25]),
    Point("pow", lambda t, F, x: x**0.25, [0.0], [0.0], [INF]),
    Point("pow_tensor", lambda t, F, x: x ** _like(t, x, 0.5, 1.0), [0.0, 0.0], [0.0, 1.0], [INF, 1.0]),
    Point("pow_tensor", lambda t, F, x: _like(t, x, 0.0) ** x, [0.0], [0.0]),
    Point("asin", lambda t, F, x: x.asin(), [1.0, -1.0], [0.0, 0.0], [INF, INF]),
    Point("acos", lambda t, F, x: x.acos(), [1.0, 0.0], [0.0, -1.0], [-INF, -1.0]),
    Point("acosh", lambda t, F, x: x.acosh(), [1.0], [0.0], [INF]),
    Point("norm_2", lambda t, F, x: x.norm(), [0.0, 0.0], [0.0, 0.0]),
    Point(
        "norm_2",
        lambda t, F, x: F.pairwise_distance(x[None], _like(t, x, 1.0, 2.0)[None], eps=0.0),
        [1.0, 2.0],
        [0.0, 0.0],
    ),
    Point("norm_p", lambda t, F, x: x.norm(3), [0.0, 0.0], [0.0, 0.0]),
    Point("norm_p", lambda t, F, x: x.norm(0.5), [0.0, 0.0], [0.0, 0.0]),
    Point("std", lambda t, F, x: x.std(), [1.5, 1.5], [0.0, 0.0]),
    Point("cdist", lambda t, F, x: t.cdist(x[None], _like(t, x, 1.0, 2.0)[None]), [1.0, 2.0], [0.0, 0.0]),
    Point("hypot", lambda t, F, x: t.hypot(x, _like(t, x, 0.0)), [0.0], [0.0], [NAN]),
    Point("atan2", lambda t, F, x: t.atan2(x, _like(t, x, 0.0)), [0.0], [0.0]),
    Point("abs", lambda t, F, x: x.abs(), [0.0, -2.0], [0.0, -1.0]),
    Point("abs", lambda t, F, x: x.norm(1), [0.0, -2.0], [0.0, -1.0]),
    Point("abs", lambda t, F, x: F.l1_loss(x, _like(t, x, 1.0), reduction="sum"), [1.0], [0.0]),
    Point("relu", lambda t, F, x: F.relu(x), [0.0, 2.0], [0.0, 1.0]),
    Point("leaky_relu", lambda t, F, x: F.leaky_relu(x, 0.1), [0.0], [0.1]),
    Point("elu", lambda t, F, x: F.elu(x, 2.0), [0.0], [2.0]),
    Point("elu", lambda t, F, x: F.selu(x), [0.0], [1.7580993408473766]),
    Point("hardtanh", lambda t, F, x: F.hardtanh(x), [-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
    Point("hardtanh", lambda t, F, x: F.relu6(x), [0.0, 6.0], [0.0, 0.0]),
    Point("hardsigmoid", lambda t, F, x: F.hardsigmoid(x), [-3.0, 3.0], [0.0, 0.0]),
    Point("hardswish", lambda t, F, x: F.hardswish(x), [-3.0, 3.0], [0.0, 1.0]),
    Point("clamp", lambda t, F, x: x.clamp(-1, 1), [-1.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
    Point("clamp_min", lambda t, F, x: t.clamp(x, min=_like(t, x, 1.0)), [1.0], [1.0]),
    Point("clamp_min", lambda t, F, x: t.clamp(_like(t, x, 1.0), min=x), [1.0], [0.0]),
    Point("clamp_max", lambda t, F, x: t.clamp(x, max=_like(t, x, 1.0)), [1.0], [1.0]),
    Point("maximum", lambda t, F, x: t.maximum(x, _like(t, x, 1.0)), [1.0], [0.5]),
    Point("minimum", lambda t, F, x: t.minimum(_like(t, x, 1.0), x), [1.0], [0.5]),
    Point("fmax", lambda t, F, x: t.fmax(x, _like(t, x, 1.0)), [1.0], [1.0]),
    Point("fmin", lambda t, F, x: t.fmin(_like(t, x, 1.0), x), [1.0], [0.0]),
    Point("amax", lambda t, F, x: x.max(), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
    Point("amax", lambda t, F, x: x.amax(0), [1.0, 1.0], [0.5, 0.5]),
    Point("amax", lambda t, F, x: x.norm(INF), [1.0, -1.0], [0.5, -0.5]),
    Point("amin", lambda t, F, x: x.reshape(1, 2).amin(1, keepdim=True), [1.0, 1.0], [0.5, 0.5]),
    Point("median", lambda t, F, x: x.median(), [1.0, 1.0, 1.0, 1.0], [0.25, 0.25, 0.25, 0.25]),
    Point("max", lambda t, F, x: x.max(0)[0], [1.0, 1.0], [1.0, 0.0]),
    Point("min", lambda t, F, x: x.reshape(1, 2).min(1, keepdim=True)[0], [1.0, 1.0], [1.0, 0.0]),
    Point(
        "max_pool1d", lambda t, F, x: F.max_pool1d(x.reshape(1, 1, 4), 2), [1.0, 1.0, 2.0, 3.0], [1.0, 0.0, 0.0, 1.0]
    ),
    Point(
        "max_pool2d_with_indices",
        lambda t, F, x: F.max_pool2d(x.reshape(1, 1, 2, 2), 2, padding=1, stride=1, return_indices=True)[0][
            ..., 1:2, 1:2
        ],
        [1.0, 0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0, 0.0],
    ),
    Point("max_pool3d", lambda t, F, x: F.max_pool3d(x.reshape(1, 1, 1, 1, 2), (1, 1, 2)), [1.0, 1.0], [1.0, 0.0]),
)
