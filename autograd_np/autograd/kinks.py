"""What is returned where a function has no derivative, and a switch that raises there instead.

A convention serves where the function is finite and continuous, and its slope jumps or becomes vertical. The rules:

1. What is finite has a finite derivative. At a vertical tangent (√x at 0, asin at 1) the derivative is taken as 0, so
   that √(Σx²) at 0 gives 0 as a norm does, and not 0·∞ = NaN.
2. Where the slope jumps, the derivative is an element of the subdifferential: one of the two slopes, or one between
   them. Which one is PyTorch's choice, wherever that is finite.
3. An infinite derivative stays exactly where the value is infinite: log at 0, 1/x at 0, atanh at 1, x**-1 at 0. No
   number would be right there; `detect_anomaly()` names the operation.
4. What has no derivative at all stays NaN: the eigenvectors of equal eigenvalues.

`KINKS` is the whole table. Inside `strict_kinks()` a backward that passes a gradient through one of these points raises
KinkError, which names the operation, the place, what would have been returned, and the way around. The points are met
exactly: an element is at a kink or it is not. Of `where(x > 0, f(x), 0)` the branch not taken receives the gradient 0;
0 times an infinite derivative is NaN, so x must be made harmless before f, not after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.autograd._findings import described, operand_table, where
from autograd_np.core import Node, Tensor
from autograd_np.core.op import value_of
from autograd_np.core.watching import Watcher, watched
from autograd_np.errors import GraphError, KinkError
from autograd_np.kernels.windows import padded, windows

__all__ = ["KINKS", "Kink", "strict_kinks"]


class Kink(NamedTuple):
    """Where some operations have no derivative, and what is returned there.

    Args:
        rows: names of the operations.
        at: the points, in words.
        used: the derivative returned there.
        mask: the same points, as a mask over the (first) output: takes output, operands and node.
        fix: how to keep away from them.
        torch: what PyTorch returns, where it differs.
    """

    rows: tuple[str, ...]
    at: str
    used: str
    mask: Callable[[Any, Sequence[Any], Node], Any]
    fix: str
    torch: str = ""


def _tied(x: Array, y: Array, axes: tuple[int, ...] | int | None, *, kept: bool) -> Any:
    """Return which extremes are reached by several elements; `kept` says that reduced axes stayed."""
    if axes is None:
        axes = tuple(range(x.ndim))
    extreme = y if kept or not x.ndim else np.expand_dims(y, axes)
    count = (x == extreme).sum(axes) if x.ndim else np.ones(())
    return (count > 1).reshape(y.shape)


def _tied_windows(y: Array, x: Array, geo: Any) -> Any:
    """Return which windows hold their maximum more than once."""
    seen = windows(padded(x, geo, -np.inf), geo, 2)
    within = tuple(range(2, 2 + len(geo.kernel)))
    return (seen == np.expand_dims(y, within)).sum(within) > 1


def _root(a: Any, b: Any, edges: Sequence[Any]) -> Any:
    """Return where a^b has no derivative by an operand that one is asked of."""
    by_a = np.logical_and(np.greater(b, 0), np.less(b, 1)) & (edges[0] is not None)
    by_b = np.equal(b, 0) & (edges[1] is not None)
    return np.equal(a, 0) & (by_a | by_b)


def _limits(*names: str) -> Callable[[Any, Sequence[Any], Node], Any]:
    """Return the mask of the elements that equal one of these settings."""
    return lambda _y, o, n: np.logical_or.reduce([o[0] == n.static[k] for k in names if n.static[k] is not None])


_NUDGE = "move the operand off the point before the operation, as in x.clamp(min=eps) or x + eps"
_SMOOTH = "use a smooth function in its place (softplus, gelu, huber_loss), or keep its operand off that point"
_TIES = "break the tie before, or take logsumexp, which has a derivative everywhere"
_POOLS = tuple(f"max_pool{rank}d{form}" for rank in (1, 2, 3) for form in ("", "_with_indices"))

#: Every convention at a kink, by operation.
KINKS: tuple[Kink, ...] = (
    Kink(("sqrt",), "x = 0", "0", lambda y, _o, _n: y == 0, _NUDGE, "inf"),
    Kink(
        ("pow",),
        "x = 0, exponent between 0 and 1",
        "0",
        lambda _y, o, n: (o[0] == 0) & (0 < n.static["exponent"] < 1),
        _NUDGE,
        "inf",
    ),
    Kink(
        ("pow_tensor",),
        "a = 0: by a where b is between 0 and 1, by b where b = 0",
        "0",
        lambda _y, o, n: _root(o[0], o[1], n.edges),
        _NUDGE,
        "inf by a",
    ),
    Kink(("asin", "acos"), "x = ±1", "0", lambda _y, o, _n: np.abs(o[0]) == 1, _NUDGE, "±inf"),
    Kink(("acosh",), "x = 1", "0", lambda _y, o, _n: o[0] == 1, _NUDGE, "inf"),
    Kink(("norm_2", "norm_p"), "all elements 0", "0", lambda y, _o, _n: y == 0, _NUDGE),
    Kink(("std",), "all elements equal", "0", lambda y, _o, _n: y == 0, _NUDGE),
    Kink(("cdist",), "two equal points", "0", lambda y, _o, _n: y == 0, _NUDGE),
    Kink(("hypot",), "a = b = 0", "0", lambda y, _o, _n: y == 0, _NUDGE, "nan"),
    Kink(("atan2",), "a = b = 0", "0", lambda _y, o, _n: (np.asarray(o[0]) == 0) & (np.asarray(o[1]) == 0), _NUDGE),
    Kink(("abs",), "x = 0", "0", lambda y, _o, _n: y == 0, _SMOOTH),
    Kink(("relu",), "x = 0", "0, the slope to the left", lambda _y, o, _n: o[0] == 0, _SMOOTH),
    Kink(
        ("leaky_relu",),
        "x = 0",
        "negative_slope, the slope to the left",
        lambda _y, o, n: (o[0] == 0) & (n.static["slope"] != 1),
        _SMOOTH,
    ),
    Kink(
        ("elu",),
        "x = 0, unless both slopes are equal",
        "the slope to the left",
        lambda _y, o, n: (o[0] == 0) & (n.static["alpha"] * n.static["rate"] != 1),
        _SMOOTH,
    ),
    Kink(("hardtanh",), "x at a limit", "0, the slope outside", _limits("low", "high"), _SMOOTH),
    Kink(("hardsigmoid",), "x = ±3", "0, the slope outside", lambda _y, o, _n: np.abs(o[0]) == 3, _SMOOTH),
    Kink(
        ("hardswish",), "x = ±3", "0 at −3 and 1 at 3, the slopes outside", lambda _y, o, _n: np.abs(o[0]) == 3, _SMOOTH
    ),
    Kink(("clamp",), "x at a limit", "1, the slope inside", _limits("min", "max"), _SMOOTH),
    Kink(
        ("clamp_min", "clamp_max"),
        "x at its limit",
        "1 by x and 0 by the limit",
        lambda _y, o, _n: np.equal(o[0], o[1]),
        _SMOOTH,
    ),
    Kink(("maximum", "minimum"), "a = b", "½ by each", lambda _y, o, _n: np.equal(o[0], o[1]), _TIES),
    Kink(("fmax", "fmin"), "a = b", "1 by a and 0 by b", lambda _y, o, _n: np.equal(o[0], o[1]), _TIES),
    Kink(
        ("amax", "amin"),
        "several elements reach the extreme",
        "1/k by each of the k",
        lambda y, o, n: _tied(o[0], y, n.static["axes"], kept=n.static["keepdims"]),
        _TIES,
    ),
    Kink(
        ("median",),
        "several elements are the median",
        "1/k by each of the k",
        lambda y, o, _n: _tied(o[0], y, None, kept=False),
        _TIES,
    ),
    Kink(
        ("max", "min"),
        "several elements along the axis reach the extreme",
        "1 by the one whose index is returned",
        lambda y, o, n: _tied(o[0], y, n.static["axis"], kept=n.static["keepdims"]),
        _TIES,
    ),
    Kink(
        _POOLS,
        "several elements of a window reach its maximum",
        "1 by the first",
        lambda y, o, n: _tied_windows(y, o[0], n.static["geo"]),
        _TIES,
    ),
)

_BY_ROW = {name: kink for kink in KINKS for name in kink.rows}


class _Strict(Watcher):
    """Raises where a backward passes a gradient through a kink."""

    def arrived(self, node: Any, g: Any) -> None:
        kink = _BY_ROW.get(node.name) if isinstance(node, Node) else None
        if kink is None:
            return
        if node.info is None:
            raise GraphError(
                f"strict_kinks: what {node.name!r} was called on is not known, so it cannot be told whether it was at "
                "a kink\n  fix: compute the output inside strict_kinks() too"
            )
        y = node.info.output[0] if isinstance(node.info.output, tuple) else node.info.output
        passing = g[0] if isinstance(g, tuple) else g
        if passing is None:
            return
        passing = passing._array if isinstance(passing, Tensor) else passing
        operands = [value_of(operand) for operand in node.info.operands]
        hit = np.broadcast_to(kink.mask(y, operands, node), y.shape) & (passing != 0)
        if not hit.any():
            return
        place = tuple(int(i) for i in np.argwhere(hit)[0])
        count = int(hit.sum())
        raise KinkError(
            f"{node.name}: no derivative at {place}{f' and {count - 1} more' if count > 1 else ''}, where "
            f"{kink.at}{where(node)}\n"
            f"{operand_table(node, place, y.shape)}\n"
            f"  output: {described(y)}\n"
            f"  without strict_kinks() the derivative there is {kink.used}\n"
            f"  fix: {kink.fix}"
        )


class strict_kinks(watched):
    """Raise KinkError where a backward passes a gradient through a point without a derivative, for a block.

    Both the computation and its backward belong inside: what is recorded keeps copies of all operands.

    Args:
        mode: False makes the block do nothing.

    Raises: KinkError, from a backward inside the block.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([4.0, 0.0], requires_grad=True)
        >>> ag.sqrt(x).sum().backward(); x.grad
        tensor([0.25, 0.  ])
        >>> with strict_kinks():
        ...     ag.sqrt(x).sum().backward()
        Traceback (most recent call last):
        autograd_np.errors.KinkError: sqrt: no derivative at (1,), where x = 0...
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__(_Strict() if mode else None, _Strict)
