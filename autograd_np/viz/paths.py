"""The largest paths from a tensor to an output: how many there are, and which ones its gradient comes from.

The chain rule sums over every path through the graph, and there may be 2^1000 of them. None are listed to be compared:
each node keeps the k best of the ways that lead from the output to it, in the manner of Viterbi. Cotangents that are
multiples of each other go on as one, because every continuation treats them alike; of such a class only the k largest
can be among the k largest paths. Between numbers all cotangents are multiples of 1, so that there this is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd_np.core import GraphNode, Node, Port, Tensor, contributions
from autograd_np.core.engine import leading_to
from autograd_np.errors import AutogradError, GraphError
from autograd_np.viz.model import reachable
from autograd_np.viz.tangents import restricted, tangents
from autograd_np.viz.values import FAILURES, Values

__all__ = ["Found", "Prefix", "largest"]

#: How far two directions may differ, in units of rounding, to count as one.
_SAME = 64.0


class Prefix(NamedTuple):
    """The part of a path from the output to a node, linked to the part before its last step.

    The product of its factors is `mantissa · 2^exponent`: a thousand small factors do not vanish.
    """

    mantissa: float
    exponent: int
    before: Prefix | None
    node: Node | None
    slot: int
    factor: float

    def then(self, factor: float, node: Node | None = None, slot: int = 0) -> Prefix:
        """Return the part that is longer by one step through an operation's argument."""
        mantissa, shift = math.frexp(self.mantissa * factor)
        return Prefix(mantissa, self.exponent + shift, self, node, slot, factor)

    def turned(self) -> Prefix:
        """Return the same part with the other sign, for a cotangent of the opposite direction."""
        return self._replace(mantissa=-self.mantissa, factor=-self.factor)

    @property
    def size(self) -> tuple[int, float]:
        """Return what prefixes are compared by: their product without its sign."""
        return self.exponent, abs(self.mantissa)

    @property
    def product(self) -> float:
        """Return the product of the factors; 0 or infinity where a float cannot hold it."""
        try:
            return math.ldexp(self.mantissa, self.exponent)
        except OverflowError:
            return math.copysign(math.inf, self.mantissa)


@dataclass(slots=True)
class _Class:
    """Prefixes whose cotangents at a node are multiples of one unit cotangent; of one output where it has several."""

    direction: Any
    prefixes: list[Prefix]
    output: int | None = None


@dataclass(slots=True)
class Found:
    """What a search found.

    Args:
        count: how many paths there are.
        total: the gradient along the direction: the sum over all paths.
        gradient: the gradient itself.
        paths: the largest paths, complete down to the target, with their contributions as products.
        exact: whether these are certainly the largest.
    """

    count: int
    total: float
    gradient: Any
    paths: list[Prefix] = field(default_factory=list)
    exact: bool = True


def largest(
    output: Tensor, target: GraphNode, cotangent: Any, direction: Callable[[Any], Any], k: int, beam: int
) -> Found:
    """Return the paths from `target` to an output that contribute most to its gradient along a direction.

    Args:
        output: the tensor to differentiate.
        target: node of the tensor that the paths begin at.
        cotangent: array to start with, of the output's shape.
        direction: takes the gradient; returns the array of the target's shape that contributions are measured along.
        k: how many paths.
        beam: how many directions of cotangents a node keeps.

    Raises: GraphError if the output does not depend on the target, if saved values are gone, or if a gradient on the
        way is not finite.
    """
    root = output._node
    between = leading_to([root], {target}) if root is not None and root.serial >= target.serial else set()
    if root is None or root not in between:
        message = "explain: the output does not depend on this tensor\n  fix: pass the very tensor that was used"
        raise GraphError(message)
    with np.errstate(all="ignore"):
        return _Search(output, root, target, between, cotangent).run(direction, k, beam)


class _Search:
    """One search over the nodes that lie between an output and a target."""

    def __init__(
        self, output: Tensor, root: GraphNode, target: GraphNode, between: set[GraphNode], cotangent: Any
    ) -> None:
        self.output, self.root, self.target, self.between = output, root, target, between
        #: Youngest first: every use of a node comes before the node.
        self.order = sorted(between, key=lambda node: -node.serial)
        self.ports: dict[Node, dict[int, GraphNode]] = {}
        for node in self.order:
            if isinstance(node, Port) and isinstance(node.edges[0], Node):
                self.ports.setdefault(node.edges[0], {})[node.index] = node
        self.cotangent = cotangent
        self.sources: dict[Node, Node] = {}
        self.values: Values | None = None
        self.tangents: dict[GraphNode, Any] | None = None

    def run(self, direction: Callable[[Any], Any], k: int, beam: int) -> Found:
        """Return the k largest paths along a direction of the gradient."""
        gradient = self.gradient()
        along = direction(gradient)
        total = float(np.vdot(_wide(gradient), _wide(along)))
        found = Found(self.count(), total, gradient)
        self.search(along, k, beam, found)
        return found

    def count(self) -> int:
        """Return how many paths there are: the number of ways to each node, from the output on."""
        ways = dict.fromkeys(self.order, 0)
        ways[self.root] = 1
        for node in self.order:
            if node is self.target:
                break
            for parent in node.edges:
                if parent in self.between:
                    ways[parent] += ways[node]
            # Numbers of a thousand bits are not kept for longer than they are needed.
            del ways[node]
        return ways[self.target]

    def gradient(self) -> Any:
        """Return the gradient at the target, summed over all paths as backward does."""
        pending: dict[GraphNode, Any] = {self.root: self.cotangent}
        for node in self.order:
            if node is self.target:
                break
            g = pending.pop(node, None)
            if g is None:
                continue
            if isinstance(node, Port):
                owner: Any = node.edges[0]
                outputs = pending.get(owner, (None,) * len(owner.shape))
                before = outputs[node.index]
                g = g if before is None else before + g
                pending[owner] = (*outputs[: node.index], g, *outputs[node.index + 1 :])
                continue
            for slot, c in self.pushed(node, g):
                parent: Any = node.edges[slot]
                pending[parent] = pending[parent] + c if parent in pending else c
        found = pending.get(self.target)
        return np.zeros(self.target.shape, self.target.dtype) if found is None else found

    def pushed(self, node: Any, g: Any) -> list[tuple[int, Any]]:
        """Return what the arguments that lead to the target receive for a cotangent of an operation's output."""
        found = [(slot, c) for slot, c in contributions(self.source(node), g) if node.edges[slot] in self.between]
        for slot, c in found:
            if not np.isfinite(c).all():
                message = (
                    f"explain: the gradient that argument {slot} of {node.op.name!r} receives is not finite, so that "
                    "paths through it cannot be compared\n  fix: viz.render shows where NaN or infinity comes from"
                )
                raise GraphError(message)
        return found

    def source(self, node: Node) -> Node:
        """Return an operation with its saved values, whose rules run for the wanted arguments only."""
        known = self.sources.get(node)
        if known is None:
            full: Node | None = node if node.saved is not None else self._restored(node)
            if full is None:
                message = (
                    f"explain: the values saved by {node.op.name!r} were freed by backward, and cannot be computed "
                    "again\n  fix: explain before backward(), or compute inside `with autograd_np.record():`"
                )
                raise GraphError(message)
            known = full if callable(full.saved) else restricted(full, self.between)
            self.sources[node] = known
        return known

    def _restored(self, node: Node) -> Node | None:
        if self.values is None:
            self.values = Values(reachable(self.root), (self.root, self.output._array))
        return self.values.stand_in(node)

    # --- the k best ----------------------------------------------------------------------------------------------

    def search(self, along: Any, k: int, beam: int, found: Found) -> None:
        """Carry the best ways down from the output, and note those that arrive at the target."""
        start = Prefix(0.5, 1, None, None, 0, 1.0)
        arrivals: dict[GraphNode, list[_Class]] = {}
        finished: list[Prefix] = []

        def arrive(node: GraphNode, c: Any, prefixes: Sequence[Prefix], by: Node | None, slot: int) -> None:
            if node is self.target:
                factor = float(np.vdot(_wide(c), _wide(along)))
                if factor:
                    finished.extend(prefix.then(factor, by, slot) for prefix in prefixes)
                return
            factor, unit = _split(c)
            if factor:
                longer = [prefix.then(factor, by, slot) for prefix in prefixes]
                arrivals.setdefault(node, []).append(_Class(unit, longer))

        arrive(self.root, self.cotangent, [start], None, 0)
        for node in self.order:
            classes = self._kept(node, arrivals.pop(node, []), k, beam, along, found)
            if isinstance(node, Port):
                for found_class in classes:
                    found_class.output = node.index
                owner: Any = node.edges[0]
                arrivals.setdefault(owner, []).extend(classes)
                continue
            for found_class in classes:
                for slot, c in self.pushed(node, _cotangent_of(node, found_class)):
                    parent: Any = node.edges[slot]
                    arrive(parent, c, found_class.prefixes, node, slot)  # type: ignore[arg-type]  # not a leaf
        finished.sort(key=lambda prefix: prefix.size, reverse=True)
        found.paths = finished[:k]

    def _kept(
        self, node: GraphNode, arrived: list[_Class], k: int, beam: int, along: Any, found: Found
    ) -> list[_Class]:
        """Return what arrived at a node with multiples of one cotangent joined, at most `beam` of these."""
        classes: list[_Class] = []
        for new in arrived:
            for old in classes:
                sign = _sign_between(old, new)
                if sign:
                    old.prefixes += new.prefixes if sign > 0 else [prefix.turned() for prefix in new.prefixes]
                    break
            else:
                classes.append(new)
        for one in classes:
            one.prefixes.sort(key=lambda prefix: prefix.size, reverse=True)
            del one.prefixes[k:]
        if len(classes) > beam:
            found.exact = False
            tangent = self._ahead(along).get(node)
            classes.sort(key=lambda one: _promise(one, tangent), reverse=True)
            del classes[beam:]
        return classes

    def _ahead(self, along: Any) -> dict[GraphNode, Any]:
        """Return how each node's value changes as the target moves along the direction; nothing if a rule refuses."""
        if self.tangents is None:
            try:
                self.tangents = tangents(self.order[::-1], self.target, along, self.source, self.ports)
            except (AutogradError, *FAILURES):
                # A backward that cannot be differentiated itself; the beam then goes by the length of cotangents.
                self.tangents = {}
        return self.tangents


# --- arrays ---------------------------------------------------------------------------------------------------------


def _wide(array: Any) -> Any:
    return np.asarray(array, np.float64).ravel()


def _split(c: Any) -> tuple[float, Any]:
    """Return a cotangent as a factor times a unit cotangent; between numbers that is the number times 1."""
    if c.size == 1:
        return float(c.item()), np.ones(c.shape, c.dtype)
    wide = _wide(c)
    top = float(np.abs(wide).max(initial=0.0))
    if not top:
        return 0.0, c
    # Divided by the largest element first: squares of small ones vanish, squares of large ones overflow.
    wide = wide / top
    length = math.sqrt(float(wide @ wide))
    return length * top, (wide / length).astype(c.dtype).reshape(c.shape)


def _sign_between(a: _Class, b: _Class) -> int:
    """Return 1 or -1 if two unit cotangents are the same but for that sign, else 0."""
    if a.output != b.output:
        return 0
    x, y = _wide(a.direction), _wide(b.direction)
    if x.size == 1:
        return 1
    place = int(np.abs(x[:64]).argmax())
    sign = 1 if x[place] * y[place] >= 0 else -1
    tolerance = _SAME * float(np.finfo(a.direction.dtype).eps)
    if abs(y[place] - sign * x[place]) > tolerance:
        return 0
    away = y - sign * x
    return sign if math.sqrt(float(away @ away)) <= tolerance else 0


def _promise(one: _Class, tangent: Any) -> tuple[float, int, float]:
    """Return what classes are kept by: what all continuations together would contribute, then the length."""
    best = one.prefixes[0]
    if isinstance(tangent, dict):
        tangent = tangent.get(one.output)
    if tangent is None:
        return -math.inf, *best.size
    ahead = abs(float(np.vdot(_wide(one.direction), _wide(tangent))))
    if not ahead:
        return -math.inf, *best.size
    return best.exponent + math.log2(abs(best.mantissa)) + math.log2(ahead), *best.size


def _cotangent_of(node: GraphNode, one: _Class) -> Any:
    """Return what a rule takes: one array, or a tuple with one where there are several outputs."""
    if one.output is None:
        return one.direction
    outputs = [None] * len(node.shape)
    outputs[one.output] = one.direction
    return tuple(outputs)
