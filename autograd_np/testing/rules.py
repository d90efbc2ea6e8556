"""Every rule of a backward against its kernel, at the values of that very run: `loss.backward(check=True)`.

For an operation y = f(x), a cotangent u and a direction v, the rule's vjp(u) must satisfy ⟨u, J·v⟩ = ⟨vjp(u), v⟩. The
left side needs no rule: J·v is a difference of the kernel, computed in double precision. Random u and v meet every
element at once, and a wrong rule passes with probability zero. Output elements at a kink, where the differences to
both sides disagree, are left out: there a rule follows a convention (see `autograd.kinks`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import GraphNode, Like, Node, Tensor, contributions
from autograd_np.core.op import value_of
from autograd_np.core.origin import line_of, operand_name
from autograd_np.core.watching import Watcher
from autograd_np.errors import AutogradError, GradcheckError, MutationError
from autograd_np.viz.values import Values

__all__ = ["RuleCheck", "UncheckedWarning"]

#: Step of the differences, relative to an element's size; the larger one where a kernel answers in single precision.
_STEP, _COARSE_STEP = 1e-4, 1e-2
#: Errors are allowed this multiple of the unit of rounding, of the norm of a product's terms.
_ROUNDING = 256
#: Truncation of the differences, relative to the products.
_TRUNCATION = 1e-6
#: These read one triangle of a symmetric matrix, and their rules answer for both.
_SYMMETRIC = frozenset({"cholesky", "eigh"})
#: How many operations a warning names.
_NAMED = 5


class UncheckedWarning(UserWarning):
    """Some operations of a backward could not be checked: what they were called on is not known any more."""


class _Differences(NamedTuple):
    """J·v of every output, its uncertainty, and where the kernel is smooth enough to have a derivative."""

    slopes: list[Array]
    noise: list[Array]
    smooth: list[Array]


class RuleCheck(Watcher):
    """Compares the rules of every operation that a backward passes with differences of its kernel.

    Source: the dot-product test of adjoints; Claerbout, Earth Soundings Analysis (1992).
    """

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._values: Values | None = None
        self._unchecked: list[str] = []

    def started(self, outputs: Sequence[Tensor], roots: Sequence[GraphNode]) -> Watcher:
        """Compute again what the graph did not keep, where that can be done."""
        order = _ancestors(roots)
        if any(isinstance(node, Node) and node.info is None for node in order):
            self._values = Values(order, (roots[0], outputs[0]._array))
        return self

    def passed(self, node: Node, g: Any, saved: tuple[Any, ...], received: Sequence[tuple[int, Any]]) -> None:
        """Check one operation: what it saved, and the rule of each operand."""
        operands = self._operands(node)
        if operands is None:
            return
        _compare_with_record(node, saved)
        with np.errstate(all="ignore"):
            found = {slot: self._directional(node, operands, slot) for slot, _ in received}
            known = {slot: pair for slot, pair in found.items() if pair is not None}
            if known:
                self._compare(node, g, dict(received), known)

    def finished(self) -> None:
        """Warn of what could not be checked."""
        if self._unchecked:
            names = ", ".join(self._unchecked[:_NAMED]) + (", …" if len(self._unchecked) > _NAMED else "")
            warnings.warn(
                f"backward(check=True): {len(self._unchecked)} operations were not checked, because the graph did not "
                f"keep what they were called on: {names}\n  fix: compute the output inside record()",
                UncheckedWarning,
                stacklevel=5,
            )

    def _operands(self, node: Node) -> list[Any] | None:
        """Return what the operation was called on, floating arrays in double precision; None if it was not kept."""
        if node.info is not None:
            values = [value_of(operand) for operand in node.info.operands]
        elif self._values is not None:
            values = [self._values.operand(node, slot) for slot in range(len(node.edges))]
            lost = [
                slot
                for slot, value in enumerate(values)
                if isinstance(value, Like) or (value is None and not self._values.is_absent(node, slot))
            ]
            for slot in lost:
                values[slot] = self._any_value(node, slot)
                if values[slot] is None:
                    self._unchecked.append(f"{node.name} (its {operand_name(node.op, slot)})")
                    return None
        return [v.astype(np.float64) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in values]

    def _any_value(self, node: Node, slot: int) -> Array | None:
        """Return any value for an operand that no rule reads: the derivative must be the same at all of them.

        None where what the rules do read follows from the lost value: the output, or a by-product.
        """
        saved = node.saved
        if not isinstance(saved, tuple) or len(saved) != 1 + len(node.edges) or saved[0] is not None:
            return None
        like: Any = node.edges[slot] or saved[1 + slot]
        if like.dtype is not None and like.dtype.kind != "f":
            return None
        # Of a constant of which no rule asks anything not even the shape is known.
        return self._random.uniform(0.5, 1.5, tuple(node.shape if like.dtype is None else like.shape))

    def _directional(self, node: Node, operands: list[Any], slot: int) -> tuple[Array, _Differences] | None:
        """Return a random direction in one operand, and the differences of the kernel along it."""
        x = operands[slot]
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            return None
        size = np.abs(x)
        # Small elements take small steps: they may stand beside a pole or a kink.
        length = np.where(size == 0, 1.0, np.minimum(size, 1.0))
        signs = self._random.choice((-1.0, 1.0), x.shape)
        v = np.asarray(np.where(np.isfinite(x), length, 0.0) * signs * self._random.uniform(0.5, 1.0, x.shape))
        if node.op.name in _SYMMETRIC:
            v = (v + np.swapaxes(v, -1, -2)) / 2

        def run(step: float) -> list[Array]:
            moved = [value.copy() if isinstance(value, np.ndarray) else value for value in operands]
            moved[slot] = np.asarray(x + step * v)
            output, _ = node.op.run(node.op._promoted(moved), node.static)
            return list(output) if isinstance(output, tuple) else [output]

        try:
            return v, _differences(run)
        except (AutogradError, ArithmeticError, ValueError):
            # A step may leave the kernel's domain, as where a matrix is barely positive definite.
            return None

    def _compare(
        self, node: Node, g: Any, received: dict[int, Any], known: dict[int, tuple[Array, _Differences]]
    ) -> None:
        """Raise unless ⟨u, J·v⟩ = ⟨vjp(u), v⟩, for a random cotangent u and for the one of this pass."""
        many = isinstance(node.shape, tuple) and bool(node.shape) and isinstance(node.shape[0], tuple)
        smooth = [np.logical_and.reduce(parts) for parts in zip(*(d.smooth for _, d in known.values()), strict=True)]
        drawn = [
            self._random.choice((-1.0, 1.0), s.shape) * self._random.uniform(0.5, 1.5, s.shape) * s for s in smooth
        ]
        u = [np.asarray(w, node.dtype) for w in drawn]
        answers = {slot: _array(c) for slot, c in contributions(node, tuple(u) if many else u[0])}
        for slot, (v, differences) in known.items():
            if slot in answers:
                _hold(node, slot, u, answers[slot], v, differences, many=many)
        if all(s.all() for s in smooth):
            gs = [
                np.zeros(s.shape) if h is None else _array(h) for h, s in zip(g if many else (g,), smooth, strict=True)
            ]
            for slot, (v, differences) in known.items():
                _hold(node, slot, gs, _array(received[slot]), v, differences, many=many)


def _ancestors(roots: Sequence[GraphNode]) -> list[GraphNode]:
    seen: set[GraphNode] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edge for edge in node.edges if edge is not None)
    return sorted(seen, key=lambda node: node.serial)


def _array(value: Any) -> Array:
    array: Array = value._array if isinstance(value, Tensor) else value
    return array


def _compare_with_record(node: Node, saved: tuple[Any, ...]) -> None:
    """Raise if a saved array is no longer what record level copied when the operation ran."""
    if node.info is None or len(saved) <= len(node.edges):
        return
    names = ["output", *(operand_name(node.op, slot) for slot in range(len(node.edges)))]
    for name, now, then in zip(names, saved, (node.info.output, *node.info.operands), strict=False):
        # Where there are several outputs, rules have them as a tuple.
        pairs = zip(now, then, strict=True) if isinstance(now, tuple) and isinstance(then, tuple) else [(now, then)]
        for kept, copied in pairs:
            _hold_unchanged(node, name, kept, copied)


def _hold_unchanged(node: Node, name: str, now: Any, then: Any) -> None:
    alike = isinstance(now, np.ndarray) and isinstance(then, np.ndarray) and now.dtype == then.dtype
    if not alike or now.shape != then.shape or np.array_equal(now, then, equal_nan=now.dtype.kind == "f"):
        return
    same = (now == then) | (np.isnan(now) & np.isnan(then))
    place = tuple(int(i) for i in np.argwhere(~same)[0])
    raise MutationError(
        f"backward(check=True): {node.name!r} saved its {name}, which has changed since: element {place} was "
        f"{then[place]:.6g} and is {now[place]:.6g}\n  recorded at {line_of(node)}\n"
        "  fix: something wrote into that memory past the engine, as through NumPy; copy before writing"
    )


def _differences(run: Any) -> _Differences:
    """Return the slopes of a function of one number at 0, by central differences of fourth order."""
    middle = run(0.0)
    floating = [y.dtype.kind == "f" for y in middle]
    h = _STEP if all(y.dtype == np.float64 for y, f in zip(middle, floating, strict=True) if f) else _COARSE_STEP
    around = [run(step) for step in (h, -h, 2 * h, -2 * h)]
    slopes, noises, smooths = [], [], []
    for k, floats in enumerate(floating):
        if not floats:
            slopes.append(np.zeros(middle[k].shape))
            noises.append(np.zeros(middle[k].shape))
            smooths.append(np.zeros(middle[k].shape, bool))
            continue
        y, right, left, right2, left2 = (np.asarray(values[k], np.float64) for values in (middle, *around))
        eps = np.finfo(middle[k].dtype).eps
        finite = y[np.isfinite(y)]
        noise = np.full(y.shape, 16 * eps / h * np.abs(finite).max(initial=0))
        near, far = (right - left) / (2 * h), (right2 - left2) / (4 * h)
        # The slopes to both sides: their difference doubles with the step where y is smooth, and stays at a kink.
        bend, bend2 = np.abs(right - 2 * y + left) / h, np.abs(right2 - 2 * y + left2) / (2 * h)
        size = np.abs(near) + np.abs(far) + bend
        straight = np.maximum(bend, bend2) <= 1e-7 * size + noise
        smooth = straight | ((bend2 >= 1.7 * bend) & (bend2 <= 2.3 * bend + noise))
        smooth &= np.abs(near - far) <= 1e-2 * size + noise
        slope = (4 * near - far) / 3
        smooth &= np.isfinite(slope) & np.isfinite(y)
        slopes.append(np.where(smooth, slope, 0.0))
        noises.append(noise)
        smooths.append(smooth)
    return _Differences(slopes, noises, smooths)


def _hold(
    node: Node,
    slot: int,
    cotangents: Sequence[Array],
    answer: Array,
    v: Array,
    differences: _Differences,
    *,
    many: bool,
) -> None:
    """Raise GradcheckError unless both products agree as far as their types can tell."""
    if not (np.isfinite(answer).all() and all(np.isfinite(u).all() for u in cotangents)):
        return
    wide = [u.astype(np.float64) for u in cotangents]
    left_terms = [u * slope for u, slope in zip(wide, differences.slopes, strict=True)]
    right_terms = answer.astype(np.float64) * v
    left, right = float(sum(terms.sum() for terms in left_terms)), float(right_terms.sum())
    eps = max(np.finfo(node.dtype).eps, np.finfo(answer.dtype).eps)
    # Errors of elements are independent, so their sum grows as a norm does.
    terms = _norm([*left_terms, right_terms])
    largest = np.abs(v).max(initial=0) + max((np.abs(s).max(initial=0) for s in differences.slopes), default=0)
    noise = sum((np.abs(u) * n).sum() for u, n in zip(wide, differences.noise, strict=True))
    allowed = float(_ROUNDING * eps * (terms + largest * _norm(wide)) + _TRUNCATION * terms + noise)
    if abs(left - right) <= allowed:
        return
    line = line_of(node)
    raise GradcheckError(
        f"backward(check=True): the rule of {node.name!r} for its {operand_name(node.op, slot)} is not the derivative "
        f"of its kernel{f', at {line}' if line else ''}\n"
        f"  ⟨g, J·v⟩ = {left:.8g} by differences of the kernel, ⟨vjp(g), v⟩ = {right:.8g} by the rule, "
        f"difference {abs(left - right):.3g}, allowed {allowed:.3g}\n"
        f"  fix: {_cause(node, slot, cotangents, answer, left, right, many=many)}"
    )


def _norm(arrays: Sequence[Array]) -> float:
    return float(np.sqrt(sum((a**2).sum() for a in arrays)))


def _cause(
    node: Node, slot: int, cotangents: Sequence[Array], answer: Array, left: float, right: float, *, many: bool
) -> str:
    """Return the likeliest reason for a wrong product."""
    double = [np.asarray(2 * u, node.dtype) for u in cotangents]
    twice = _array(dict(contributions(node, tuple(double) if many else double[0]))[slot])
    if not np.allclose(twice, 2 * answer, rtol=1e-2, atol=1e-6 * float(np.abs(answer).max())):
        return "the rule is not linear in g: it must multiply g with what depends on the operands alone"
    if np.isclose(left, -right, rtol=1e-2):
        return "the rule has the wrong sign"
    return "correct that rule; if the operand was broadcast, its cotangent is a sum; what it saved must be unchanged"
