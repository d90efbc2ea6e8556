"""The comparison of derivatives with finite differences.

Differences are of fourth order, (8·(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h: with h near 1e-4 both
their truncation (h⁴) and their rounding (1e-16/h) stay far below the tolerance of 1e-6. Small functions are
checked element by element; large ones along random directions, and a failing direction is halved until one
element is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, enable_grad, gradients
from autograd_np.errors import GradcheckError

__all__ = ["Problem", "passes"]

#: Up to so many elements of inputs and outputs together the whole Jacobian is compared.
_SMALL = 1024
#: Directions tried for each input otherwise.
_DIRECTIONS = 4
#: A difference quotient is uncertain by the rounding of the values, times this, over the step.
_ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Problem:
    """A function from arrays to arrays, once plain and once recorded, and the point to check it at."""

    caller: str
    name: str
    point: tuple[Array, ...]
    labels: tuple[str, ...]
    values: Callable[[Sequence[Array]], list[Array]]
    graph: Callable[[Sequence[Array]], tuple[list[Tensor], list[Tensor]]]
    eps: float
    rtol: float
    atol: float

    def along(self, i: int, direction: Array) -> list[Array]:
        """Return every output's derivative along a direction in input i, by differences."""
        h = self.eps
        near, near_, far, far_ = (
            self.values([x + step * direction if j == i else x for j, x in enumerate(self.point)])
            for step in (h, -h, 2 * h, -2 * h)
        )
        return [(8 * (a - a_) - (b - b_)) / (12 * h) for a, a_, b, b_ in zip(near, near_, far, far_, strict=True)]

    def fail(self, explanation: str) -> NoReturn:
        """Raise GradcheckError with these words."""
        message = f"{self.caller} of {self.name!r}: {explanation}"
        raise GradcheckError(message)


def passes(problem: Problem, fast_mode: bool | None, *, raise_exception: bool) -> bool:
    """Compare all derivatives of a problem; where one is wrong, raise GradcheckError or return False."""
    try:
        with enable_grad():
            outputs = _outputs(problem)
            size = sum(x.size for x in problem.point) + sum(y.size for y in outputs)
            if size > _SMALL if fast_mode is None else fast_mode:
                _check_directions(problem, outputs)
            else:
                _check_jacobian(problem, outputs)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _outputs(problem: Problem) -> list[Array]:
    """Return the outputs at the point; they must depend on nothing else, and be the same when recorded."""
    plain, again = problem.values(problem.point), problem.values(problem.point)
    for k, (y, z) in enumerate(zip(plain, again, strict=True)):
        if y.shape != z.shape or not np.array_equal(y, z, equal_nan=True):
            problem.fail(
                f"output {k} differs between two calls with the same inputs\n"
                "  fix: take randomness and state out of the function, or seed the generator inside it"
            )
    recorded = problem.graph(problem.point)[0]
    for k, (y, t) in enumerate(zip(plain, recorded, strict=True)):
        scale = max(np.abs(y[np.isfinite(y)]).max(initial=0), 1e-300)
        if not np.allclose(y, t._array, rtol=0, atol=problem.rtol * scale, equal_nan=True):
            problem.fail(f"output {k} has other values when its computation is recorded (create_graph=True)")
    return plain


def _check_jacobian(problem: Problem, outputs: Sequence[Array]) -> None:
    """Compare every derivative of every output by every input element."""
    analytical = _jacobian(problem, outputs)
    for i, x in enumerate(problem.point):
        numerical = [np.zeros((x.size, y.size)) for y in outputs]
        for element in range(x.size):
            direction, scale = _unit(x, element)
            for k, derivative in enumerate(problem.along(i, direction)):
                numerical[k][element] = derivative.ravel() / scale
        for k, y in enumerate(outputs):
            _compare(problem, i, k, numerical[k], analytical[i][k], y)
    _check_linear(problem, outputs, analytical)


def _jacobian(problem: Problem, outputs: Sequence[Array]) -> list[list[Array]]:
    """Return the derivatives by backward, as [input][output] matrices of (input element, output element)."""
    result = [[np.zeros((x.size, y.size)) for y in outputs] for x in problem.point]
    tensors, leaves = problem.graph(problem.point)
    for k, t in enumerate(tensors):
        for element in range(t.numel() if t.requires_grad else 0):
            cotangent = np.zeros(t.shape)
            cotangent.flat[element] = 1
            got = gradients(t, leaves, cotangent, retain_graph=True, allow_unused=True)
            for i, g in enumerate(got):
                if g is not None:
                    result[i][k][:, element] = g._array.ravel()
    return result


def _check_linear(problem: Problem, outputs: Sequence[Array], jacobian: list[list[Array]]) -> None:
    """Compare the backward of a mixed cotangent with the mixture: single ones do not tell g from g²."""
    weights = _weights(outputs, np.random.default_rng(0))
    noise = _ROUNDING / problem.eps * sum(np.abs(w * y).sum() for w, y in zip(weights, outputs, strict=True))
    for i, (g, blocks) in enumerate(zip(_weighted_gradients(problem, weights), jacobian, strict=True)):
        pairs = list(zip(blocks, weights, strict=True))
        mixed = sum((block @ w.ravel() for block, w in pairs), np.zeros(g.size)).reshape(g.shape)
        size = sum((np.abs(block) @ np.abs(w.ravel()) for block, w in pairs), np.zeros(g.size))
        error = np.abs(g - mixed) - problem.rtol * size.max(initial=0) - noise - problem.atol
        if (error > 0).any():
            place = _place(g.shape, int(error.argmax()))
            problem.fail(
                f"the gradient at {problem.labels[i]}, element {place}, is not linear in the cotangent: "
                f"{g[place]:.10g} for a mixture of cotangents, {mixed[place]:.10g} for its parts\n"
                "  fix: a backward rule multiplies g with what depends on the operands alone"
            )


def _weights(outputs: Sequence[Array], rng: np.random.Generator) -> list[Array]:
    return [rng.uniform(0.5, 1.5, y.shape) * rng.choice((-1.0, 1.0), y.shape) for y in outputs]


def _weighted_gradients(problem: Problem, weights: Sequence[Array]) -> list[Array]:
    """Return the gradient of the weighted sum of all outputs by every input; zeros where nothing leads."""
    tensors, leaves = problem.graph(problem.point)
    live = [(t, w) for t, w in zip(tensors, weights, strict=True) if t.requires_grad]
    if not live:
        return [np.zeros(x.shape) for x in problem.point]
    ys, started = zip(*live, strict=True)
    got = gradients(ys, leaves, started, allow_unused=True)
    return [np.zeros(x.shape) if g is None else g._array for x, g in zip(problem.point, got, strict=True)]


def _compare(problem: Problem, i: int, k: int, numerical: Array, analytical: Array, y: Array) -> None:
    x = problem.point[i]
    for kind, values in (("analytical", analytical), ("numerical", numerical)):
        if not np.isfinite(values).all():
            row, column = (int(p) for p in np.argwhere(~np.isfinite(values))[0])
            _fail_not_finite(problem, i, kind, values[row, column], _place(x.shape, row), _of_output(y, k, column))
    if not numerical.size:
        return
    largest = np.abs(analytical).max()
    noise = _ROUNDING * np.abs(y).max() / problem.eps
    allowed = problem.rtol * np.maximum(np.abs(numerical), largest) + noise + problem.atol
    excess = np.abs(numerical - analytical) / np.maximum(allowed, 1e-300)
    if excess.max() <= 1:
        return
    row, column = divmod(int(excess.argmax()), y.size)
    _fail_wrong(
        problem,
        i,
        _place(x.shape, row),
        _of_output(y, k, column),
        (analytical[row, column], numerical[row, column], allowed[row, column]),
        # Neither a constant nor a detached path can be told from a wrong rule by numbers alone.
        hint=" (no path in the graph leads there)" if not analytical.any() else "",
    )


def _check_directions(problem: Problem, outputs: Sequence[Array]) -> None:
    """Compare the derivatives of one combination of all outputs along random directions in each input."""
    rng = np.random.default_rng(0)
    weights = _weights(outputs, rng)
    got = _weighted_gradients(problem, weights)
    noise = _ROUNDING / problem.eps * sum(np.abs(w * y).sum() for w, y in zip(weights, outputs, strict=True))
    what = "a random combination of the outputs"
    for i, (x, a) in enumerate(zip(problem.point, got, strict=True)):
        if not np.isfinite(a).all():
            row = int(np.argwhere(~np.isfinite(a).ravel())[0, 0])
            _fail_not_finite(problem, i, "analytical", a.flat[row], _place(x.shape, row), what)
        for direction in _random_directions(x, rng):
            n = _combined(problem, i, direction, weights)
            allowed = problem.rtol * max(abs(n), float(np.linalg.norm(a * direction))) + noise + problem.atol
            if not abs(n - (a * direction).sum()) <= allowed:
                element = _worst_element(problem, i, a, weights, direction)
                unit, scale = _unit(x, element)
                n = _combined(problem, i, unit, weights) / scale
                if not np.isfinite(n):
                    _fail_not_finite(problem, i, "numerical", n, _place(x.shape, element), what)
                _fail_wrong(problem, i, _place(x.shape, element), what, (a.flat[element], n, allowed))


def _random_directions(x: Array, rng: np.random.Generator) -> Iterator[Array]:
    for _ in range(_DIRECTIONS if x.size else 0):
        signs = rng.choice((-1.0, 1.0), x.shape)
        yield signs * rng.uniform(0.5, 1.0, x.shape) * np.maximum(1, np.abs(x))


def _combined(problem: Problem, i: int, direction: Array, weights: Sequence[Array]) -> float:
    derivatives = problem.along(i, direction)
    return float(sum((w * d).sum() for w, d in zip(weights, derivatives, strict=True)))


def _worst_element(problem: Problem, i: int, a: Array, weights: Sequence[Array], direction: Array) -> int:
    """Return the element that a wrong directional derivative comes from, by halving."""
    low, high = 0, a.size
    while high - low > 1:
        middle = (low + high) // 2
        errors = []
        for start, stop in ((low, middle), (middle, high)):
            part = np.zeros(a.size)
            part[start:stop] = direction.ravel()[start:stop]
            shaped = part.reshape(a.shape)
            error = abs(_combined(problem, i, shaped, weights) - (a * shaped).sum())
            errors.append(np.inf if np.isnan(error) else error)
        low, high = (low, middle) if errors[0] >= errors[1] else (middle, high)
    return low


def _unit(x: Array, element: int) -> tuple[Array, float]:
    """Return the direction of one element, and its length: large elements take larger steps."""
    scale = max(1.0, abs(float(x.flat[element])))
    direction = np.zeros(x.shape)
    direction.flat[element] = scale
    return direction, scale


def _place(shape: tuple[int, ...], element: int) -> tuple[int, ...]:
    return tuple(int(p) for p in np.unravel_index(element, shape)) if shape else ()


def _of_output(y: Array, k: int, element: int) -> str:
    return f"element {_place(y.shape, element)} of output {k}"


def _fail_not_finite(problem: Problem, i: int, kind: str, value: float, place: tuple[int, ...], what: str) -> None:
    cause = (
        "the backward rule divides by zero or overflows there; mask that case in the rule"
        if kind == "analytical"
        else "the function itself is not finite near there; choose inputs inside its domain"
    )
    problem.fail(f"the {kind} gradient of {what} is {value} at {problem.labels[i]}, element {place}\n  fix: {cause}")


def _fail_wrong(
    problem: Problem,
    i: int,
    place: tuple[int, ...],
    what: str,
    numbers: tuple[float, float, float],
    hint: str = "",
) -> None:
    a, n, allowed = (float(v) for v in numbers)
    problem.fail(
        f"the gradient of {what} is wrong at {problem.labels[i]}, element {place}{hint}\n"
        f"  analytical {a:.10g}, numerical {n:.10g}, difference {abs(a - n):.3g}, allowed {allowed:.3g}\n"
        "  fix: correct the backward rule of that operand, or keep away from points without a derivative"
    )
