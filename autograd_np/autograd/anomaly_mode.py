"""Where a NaN or an infinity comes from: the first operation, forward or backward, that made one.

Inside `detect_anomaly()` everything is recorded, as by `record()`, and three things raise AnomalyError:

- an operation makes a NaN of operands without one, or an infinity of finite operands. What an operation was given is
  not its doing: `masked_fill(mask, -inf)` passes, and so does `softmax` over it;
- `backward` starts from a value that is not finite: the error names the operation, leaf or constant it came from;
- a backward rule makes such a value of a finite cotangent, or finite cotangents add up to one.

The error says what the operands were, which line of the user's recorded the operation, and the path to it. It holds the
tensor and the path to draw: `viz.render(error.tensor, "anomaly.svg", highlight=error.path)`.

Source: torch.autograd.anomaly_mode, which looks at NaN in backward alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np.autograd._findings import (
    Path,
    described,
    first_bad,
    kinds_in,
    leaf_or_constant,
    operand_table,
    origin_of,
    owner,
    way_down,
    where,
)
from autograd_np.core import GraphNode, Node, Port, Tensor, wrap
from autograd_np.core.modes import modes
from autograd_np.core.origin import operand_name, user_name
from autograd_np.core.watching import Watcher, watched
from autograd_np.errors import AnomalyError

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]

#: What most often helps where an operation makes a value that is not finite.
_FIXES = {
    "log": "keep its operand above 0, as in x.clamp(min=eps); for probabilities use log_softmax of the scores",
    "sqrt": "keep its operand at or above 0, as in x.clamp(min=0)",
    "rsqrt": "add a small number to its operand: (x + eps).rsqrt()",
    "div": "add a small number to the divisor, or replace its zeros by where() before dividing, not after",
    "reciprocal": "add a small number to the operand, or replace its zeros by where() before, not after",
    "exp": "subtract the greatest value first, as softmax and logsumexp do",
    "pow": "a negative number has no broken power, and 0 no negative one: clamp the base first",
    "softmax": "a row of which every element is -inf has no softmax: leave one element unmasked",
    "log_softmax": "a row of which every element is -inf has no softmax: leave one element unmasked",
}

_FIX_DOMAIN = "keep its operands inside the operation's domain and range"
_FIX_RULE = (
    "its derivative is infinite there: keep the operand away from that point before the operation, not after "
    "(where() multiplies the branch not taken by 0, and 0·Inf is NaN)"
)


class _Anomalies(Watcher):
    """Raises where a value becomes not finite."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan

    def recorded(self, node: Node) -> None:
        info = node.info
        if not self.check_nan or info is None:
            return
        nan, inf = kinds_in(info.output)
        if not (nan or inf):
            return
        given_nan, given_inf = kinds_in((*info.operands, *node.static.values()))
        if given_nan or (given_inf and not nan):
            return
        array = next(y for y in _listed(info.output) if kinds_in(y)[0 if nan else 1])
        place = first_bad(array, nan=nan)
        path = way_down(node)
        of = "infinite" if given_inf else "finite"
        fix = _FIXES.get(node.name, _FIX_DOMAIN)
        raise AnomalyError(
            f"{node.name}: made {'NaN' if nan else 'Inf'} of {of} operands, first at {place}{where(node)}\n"
            f"{operand_table(node, place, array.shape)}\n"
            f"  output: {described(array)}\n"
            f"  path: {path.caption}\n"
            f"  fix: {fix}",
            wrap(array, node),
            path,
        )

    def started(self, outputs: Sequence[Tensor], roots: Sequence[GraphNode]) -> Watcher | None:
        if not self.check_nan:
            return None
        for k, (output, root) in enumerate(zip(outputs, roots, strict=True)):
            if any(kinds_in(output._array)):
                raise _bad_output(k, output, root)
        return _Pass(outputs, roots)


class _Pass(Watcher):
    """Looks on at one backward, and remembers over which operation most of each cotangent came."""

    def __init__(self, outputs: Sequence[Tensor], roots: Sequence[GraphNode]) -> None:
        self.outputs = dict(zip(roots, outputs, strict=True))
        self.via: dict[GraphNode, tuple[float, Node, int]] = {}

    def arrived(self, node: GraphNode, g: Any) -> None:
        if isinstance(g, tuple) or not any(kinds_in(_array(g))):
            return
        what = f"output of {node.name!r}" if isinstance(node, Node) else repr(node)
        if node in self.outputs:
            raise AnomalyError(
                f"backward: the gradient to start from is not finite: {described(_array(g))}\n"
                "  fix: pass a finite gradient to backward"
            )
        # Each contribution was finite when it was sent.
        raise self._error(
            owner(node),
            f"backward: cotangents of the {what} were finite, and their sum or what a hook made of it is not"
            f"{where(node) if isinstance(node, Node) else ''}\n  cotangent: {described(_array(g))}\n",
            "look for gradients that explode on the path, or at the hook",
        )

    def passed(self, node: Node, g: Any, saved: tuple[Any, ...], received: Sequence[tuple[int, Any]]) -> None:
        for slot, c in received:
            array = _array(c)
            nan, inf = kinds_in(array)
            if nan or inf:
                raise self._made(node, g, slot, array, nan=nan)
            edge = node.edges[slot]
            size = float(np.abs(array).max(initial=0))
            if edge is not None and (edge not in self.via or size > self.via[edge][0]):
                self.via[edge] = (size, node, slot)
            if isinstance(edge, Port):
                below = edge.edges[0]
                if below is not None:
                    self.via[below] = (size, node, slot)

    def _made(self, node: Node, g: Any, slot: int, array: Any, *, nan: bool) -> AnomalyError:
        place = first_bad(array, nan=nan)
        name, given = operand_name(node.op, slot), user_name(node, slot)
        cotangents = ", ".join(described(_array(h)) for h in _listed(g) if h is not None)
        return self._error(
            node,
            f"{node.name}: its backward made {'NaN' if nan else 'Inf'} of a finite cotangent, for its {name}"
            f"{f' ({given})' if given else ''}, first at {place}{where(node)}\n"
            f"{operand_table(node, place, array.shape)}\n"
            f"  cotangent of the output: {cotangents}\n"
            f"  cotangent of {name}: {described(array)}\n",
            _FIX_RULE if node.op.rules else f"correct {node.name}.backward, or what it saved",
            slot,
        )

    def _error(self, at: GraphNode | None, message: str, fix: str, slot: int | None = None) -> AnomalyError:
        """Return the error for an operation or leaf, and one of its operands, with the path that led there."""
        steps: list[tuple[Node, int]] = []
        current = at
        while current in self.via:
            _, consumer, place = self.via[current]
            steps.append((consumer, place))
            current = consumer
        path = Path.of(steps[::-1], at.name if isinstance(at, Node) else "leaf")
        if isinstance(at, Node) and slot is not None:
            path = path._replace(edges={**path.edges, (at.serial, slot): 1.0})
        root, output = next(iter(self.outputs.items()))
        return AnomalyError(
            f"{message}  path: {path.caption}\n  fix: {fix}",
            wrap(output._array, root),
            path,
        )


def _bad_output(k: int, output: Tensor, root: GraphNode) -> AnomalyError:
    """Return the error for a backward from a value that is not finite: it names where that came from."""
    start = f"backward: output {k} is not finite: {described(output._array)}"
    node, slot, steps = origin_of(root)
    end = "?" if node is None else node.name if slot is None else user_name(node, slot) or "leaf"
    path = Path.of(steps, end)
    way = f"\n  path: {path.caption}" if steps else ""
    if node is None:
        text = (
            f"{start}\n  it was computed where nothing was kept{way}\n"
            "  fix: compute it inside detect_anomaly() too, for the operation that made it"
        )
    elif slot is None:
        text = f"{start}\n  made by {node.name!r}{where(node)}\n{operand_table(node)}{way}\n  fix: " + _FIXES.get(
            node.name, _FIX_DOMAIN
        )
    else:
        operand = None if node.info is None else node.info.operands[slot]
        text = (
            f"{start}\n  it came in by {leaf_or_constant(node, slot)}, which {node.name!r} was given as its "
            f"{operand_name(node.op, slot)}{where(node)}\n  {described(operand)}{way}\n"
            "  fix: look at what made that tensor: data, or an update of parameters"
        )
    return AnomalyError(text, output, path)


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Tensor) else value


class detect_anomaly(watched):
    """Raise at the first operation, forward or backward, that makes a NaN or an infinity, for the length of a block.

    What is recorded keeps copies of all operands, as inside `record()`: use it to look for an error, not to train.

    Args:
        check_nan: False only keeps what errors need to name the line that recorded an operation.

    Raises: AnomalyError, from the block.
    Source: torch.autograd.detect_anomaly, which does not look at the forward, nor at infinities.

    Example:
        >>> import autograd_np as ag
        >>> p = ag.tensor([0.5, 0.0], requires_grad=True)
        >>> with detect_anomaly():
        ...     loss = ag.log(p).sum()
        Traceback (most recent call last):
        autograd_np.errors.AnomalyError: log: made Inf of finite operands, first at (1,)...
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(_Anomalies(check_nan), _Anomalies)


class set_detect_anomaly(watched):
    """Switch `detect_anomaly` on or off in this thread: at once, and back again at the end of a `with` block.

    Args:
        mode: on or off.
        check_nan: as for `detect_anomaly`.

    Source: torch.autograd.set_detect_anomaly.

    Example:
        >>> with set_detect_anomaly(True):
        ...     is_anomaly_enabled()
        True
        >>> is_anomaly_enabled()
        False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(_Anomalies(check_nan) if mode else None, _Anomalies)
        self._outside = modes.watchers
        self.apply()

    def __enter__(self) -> None:
        self.enter(self._outside)


def _current() -> _Anomalies | None:
    return next((watcher for watcher in modes.watchers if isinstance(watcher, _Anomalies)), None)


def is_anomaly_enabled() -> bool:
    """Tell whether this thread is inside `detect_anomaly`.

    Source: torch.is_anomaly_enabled.

    Example:
        >>> is_anomaly_enabled()
        False
    """
    return _current() is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Tell whether values are looked at inside `detect_anomaly` here; True is the default.

    Source: torch.is_anomaly_check_nan_enabled.

    Example:
        >>> with detect_anomaly(check_nan=False):
        ...     is_anomaly_check_nan_enabled()
        False
    """
    current = _current()
    return current is None or current.check_nan
