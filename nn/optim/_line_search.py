"""A step length that satisfies the strong Wolfe conditions: enough descent, and a slope that has flattened."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nn.optim._flat import Array

__all__ = ["Point", "strong_wolfe"]

#: Share of the descent promised by the first slope that a step must bring (Armijo's condition).
DESCENT = 1e-4
#: Share of the first slope's size that may be left (the curvature condition).
FLATNESS = 0.9


class Point(NamedTuple):
    """A place along the line: step length, loss, derivative along the line, and gradient."""

    t: float
    loss: float
    slope: float
    gradient: Array


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, size: float, *, tolerance: float, limit: int
) -> Point:
    """Return a point that satisfies the conditions, or the lowest found within `limit` tries.

    First points ever further out until two of them have a minimum between them; then that interval is made smaller,
    each time at the minimum of the cubic through its ends.

    Args:
        at: evaluates the point at a step length.
        start: the point at 0.
        t: the first step length.
        size: largest element of the direction.
        tolerance: interval, times size, that is not divided further.
        limit: number of tries after the first.

    Source: Nocedal and Wright (2006), algorithms 3.5 and 3.6; Schmidt's minFunc for the safeguards.
    """
    before, now = start, at(t)
    for tries in range(limit):
        if too_high(now, start) or (tries > 1 and now.loss >= before.loss):
            return _zoom(at, start, [before, now], size, tolerance=tolerance, limit=limit - tries)
        if flat(now, start):
            return now
        if now.slope >= 0:
            return _zoom(at, start, [before, now], size, tolerance=tolerance, limit=limit - tries)
        further = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), 10 * now.t)
        before, now = now, at(further)
    return start if start.loss <= now.loss else now


def too_high(point: Point, start: Point) -> bool:
    """Tell whether a point lacks the descent that the first slope promises."""
    return point.loss > start.loss + DESCENT * point.t * start.slope


def flat(point: Point, start: Point) -> bool:
    """Tell whether the slope has flattened."""
    return abs(point.slope) <= -FLATNESS * start.slope


def cubic_minimum(one: Point, two: Point, low: float, high: float) -> float:
    """Return where the cubic through two points with their slopes is lowest, within bounds; else their middle."""
    left, right = (one, two) if one.t <= two.t else (two, one)
    a = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    square = a * a - left.slope * right.slope
    if not square >= 0:
        return (low + high) / 2
    root = math.sqrt(square)
    divisor = right.slope - left.slope + 2 * root
    if divisor == 0:
        return (low + high) / 2
    return min(max(right.t - (right.t - left.t) * (right.slope + root - a) / divisor, low), high)


def _zoom(
    at: Callable[[float], Point], start: Point, ends: list[Point], size: float, *, tolerance: float, limit: int
) -> Point:
    low = 0 if ends[0].loss <= ends[1].loss else 1
    stuck = False
    for _ in range(limit):
        left, right = sorted(point.t for point in ends)
        if (right - left) * size < tolerance:
            break
        t, stuck = _inside(cubic_minimum(ends[0], ends[1], left, right), left, right, stuck=stuck)
        new = at(t)
        if too_high(new, start) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
        elif flat(new, start):
            return new
        else:
            if new.slope * (ends[1 - low].t - ends[low].t) >= 0:
                ends[1 - low] = ends[low]
            ends[low] = new
    return ends[low]


def _inside(t: float, left: float, right: float, *, stuck: bool) -> tuple[float, bool]:
    """Return a step length that is not close to an end twice in a row, and whether it is close to one."""
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
