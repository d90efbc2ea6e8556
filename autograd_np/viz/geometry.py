"""Boxes, wires and curves: what layouts take and give."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "CLEAR",
    "Box",
    "Fence",
    "Placement",
    "Point",
    "Strand",
    "beside",
    "curve",
    "offset",
    "pooled",
    "snapped",
    "straight",
    "triangle",
]

Point: TypeAlias = tuple[float, float]

#: How far a wire's two lines stay away from its text.
CLEAR = 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """A card's key and size; `aside` is the room left of it that belongs to it."""

    key: str
    width: float
    height: float
    aside: float = 0.0


@dataclass(frozen=True, slots=True)
class Strand:
    """A wire's key, ends, the size of its text (0 for none) in so many lines, and how straight it should run.

    `apart` asks for a free rank between its ends: it enters a frame in which other boxes stand before its end.
    """

    key: str
    src: str
    dst: str
    width: float
    height: float
    lines: int
    weight: int = 1
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Fence:
    """A frame around boxes: its key, the frame around it (or empty), the boxes directly in it, its title's width."""

    key: str
    parent: str
    members: tuple[str, ...]
    width: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything is: centres of boxes and texts, cubic control points of wires; y grows downward.

    `frames` holds left, top, right and bottom of those frames that hold nothing else, `engine` which layout it was, and
    `remarks` which ones were tried in vain.
    """

    width: float
    height: float
    boxes: Mapping[str, Point]
    routes: Mapping[str, list[Point]]
    labels: Mapping[str, Point]
    engine: str
    remarks: tuple[str, ...] = ()
    frames: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)


def straight(start: Point, end: Point) -> list[Point]:
    """Return the three control points that continue a curve in a straight line.

    Example:
        >>> straight((0, 0), (3, 0))
        [(1.0, 0.0), (2.0, 0.0), (3, 0)]
    """
    (x0, y0), (x1, y1) = start, end
    dx, dy = (x1 - x0) / 3, (y1 - y0) / 3
    return [(x0 + dx, y0 + dy), (x1 - dx, y1 - dy), end]


def _towards(points: Sequence[Point], start: int, step: int) -> Point:
    """Return the unit direction from a control point to the next one that differs."""
    x0, y0 = points[start]
    i = start + step
    while 0 <= i < len(points):
        dx, dy = points[i][0] - x0, points[i][1] - y0
        length = math.hypot(dx, dy)
        if length > 1e-6:
            return dx / length, dy / length
        i += step
    return 1.0, 0.0


def curve(points: Sequence[Point]) -> list[Point]:
    """Return cubic control points through points given along and across the flow: level, or an S between two levels.

    Example:
        >>> curve([(0, 0), (2, 4)])
        [(0, 0), (1.0, 0), (1.0, 4), (2, 4)]
    """
    found = [points[0]]
    for (m0, c0), (m1, c1) in itertools.pairwise(points):
        if c0 == c1:
            found += straight((m0, c0), (m1, c1))
        else:
            middle = (m0 + m1) / 2
            found += [(middle, c0), (middle, c1), (m1, c1)]
    return found


def _halves(points: Sequence[Point]) -> list[Point]:
    """Return the same curve with every cubic cut in two."""
    found = [points[0]]
    for i in range(0, len(points) - 1, 3):
        p, q, r, s = points[i : i + 4]
        pq, qr, rs = _middle(p, q), _middle(q, r), _middle(r, s)
        pqr, qrs = _middle(pq, qr), _middle(qr, rs)
        found += [pq, pqr, _middle(pqr, qrs), qrs, rs, s]
    return found


def _middle(p: Point, q: Point) -> Point:
    return (p[0] + q[0]) / 2, (p[1] + q[1]) / 2


def offset(points: Sequence[Point], distance: float) -> list[Point]:
    """Return a curve beside a curve: moved along its normal, to the right of the flow.

    Example:
        >>> offset([(0, 0), (1, 0), (2, 0), (3, 0)], 2)
        [(0.0, 2.0), (1.0, 2.0), (2.0, 2.0), (3.0, 2.0)]
    """
    bent = any(_is_bent(points[i : i + 4]) for i in range(0, len(points) - 1, 3))
    # Moving control points is exact for lines only; short pieces of a bend are nearly lines.
    pieces = _halves(_halves(points)) if bent else points
    moved: list[Point] = []
    last = len(pieces) - 1
    for i, (x, y) in enumerate(pieces):
        # A control point belongs to the joint that it is next to.
        joint = min(last, 3 * round(i / 3))
        if joint == last:
            dx, dy = _towards(pieces, last, -1)
            dx, dy = -dx, -dy
        else:
            dx, dy = _towards(pieces, joint, 1)
        moved.append((x - dy * distance, y + dx * distance))
    return moved


def _is_bent(cubic: Sequence[Point]) -> bool:
    (x0, y0), (x3, y3) = cubic[0], cubic[3]
    return any(abs((x - x0) * (y3 - y0) - (y - y0) * (x3 - x0)) > 1e-6 for x, y in cubic[1:3])


def snapped(points: Sequence[Point], end: Point, centre: Point, box: Box) -> list[Point]:
    """Return a curve whose last point lies on the side of the box on which `end` lies, kept in its direction.

    Example:
        >>> snapped([(0, 0), (1, 0), (2, 1), (3, 2)], (4, 2), (6, 2), Box("n0", 4, 4))[-1]
        (4.0, 3.0)
    """
    (x, y), last = points[-1], len(points) - 1
    dx, dy = _towards(points, last, -1)
    beside_x = abs(abs(end[0] - centre[0]) - box.width / 2)
    beside_y = abs(abs(end[1] - centre[1]) - box.height / 2)
    if beside_x <= beside_y:
        along = (end[0] - x) / dx if abs(dx) > 0.2 else 0.0
    else:
        along = (end[1] - y) / dy if abs(dy) > 0.2 else 0.0
    # Near a corner the companion of a wire would pass the box by.
    x = min(max(x + dx * along, centre[0] - box.width / 2), centre[0] + box.width / 2)
    y = min(max(y + dy * along, centre[1] - box.height / 2), centre[1] + box.height / 2)
    return [*points[:-1], (x, y)]


def triangle(tip: Point, before: Point, size: float) -> list[Point]:
    """Return the corners of an arrow head whose tip is at `tip`, coming from `before`.

    Example:
        >>> triangle((4, 0), (0, 0), 2)
        [(4, 0), (2.0, 1.0), (2.0, -1.0)]
    """
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    length = math.hypot(dx, dy) or 1.0
    dx, dy = dx / length, dy / length
    x, y = tip[0] - dx * size, tip[1] - dy * size
    half = size / 2
    return [tip, (x - dy * half, y + dx * half), (x + dy * half, y - dx * half)]


def beside(label: Point, strand: Strand, *, horizontal: bool) -> tuple[Point, Point]:
    """Return where a wire passes its text: below it if it runs to the right, left of it if it runs down."""
    x, y = label
    if horizontal:
        at = y + strand.height / 2 + CLEAR
        return (x - strand.width / 2, at), (x + strand.width / 2, at)
    at = x - strand.width / 2 - CLEAR
    return (at, y - strand.height / 2), (at, y + strand.height / 2)


def pooled(wished: Sequence[float], gaps: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """Return positions nearest to the wished ones (least squares) that keep their order and their gaps.

    Args:
        wished: where each would like to be, in the order that must be kept.
        gaps: least distance of each from the one before; the first is not used.
        weights: how much each one's wish counts.

    Example:
        >>> pooled([0.0, 0.0], [0.0, 2.0])
        [-1.0, 1.0]
    """
    offsets: list[float] = []
    for position, gap in enumerate(gaps):
        offsets.append(offsets[-1] + gap if position else 0.0)
    blocks: list[tuple[float, float, int]] = []
    for position, wish in enumerate(wished):
        weight = weights[position] if weights is not None else 1.0
        total, count = weight * (wish - offsets[position]), 1
        # Neighbours that would overlap move as one block from now on.
        while blocks and blocks[-1][0] / blocks[-1][1] > total / weight:
            before = blocks.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        blocks.append((total, weight, count))
    means = [total / weight for total, weight, count in blocks for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, offsets, strict=True)]
