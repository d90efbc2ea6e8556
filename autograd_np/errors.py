"""Every error the engine raises: each says which operation, what came, what was expected, and the likely fix.

All are RuntimeErrors, as ported code expects, and also the built-in kind that fits.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

__all__ = [
    "AnomalyError",
    "ArgumentError",
    "AutogradError",
    "DTypeError",
    "DecompositionError",
    "DeviceError",
    "GradcheckError",
    "GraphError",
    "IndexingError",
    "KinkError",
    "MutationError",
    "PrecisionError",
    "RuleError",
    "ShapeError",
    "UnsupportedError",
    "add_note",
    "aligned_shapes",
    "check_keywords",
    "clash",
    "did_you_mean",
]


class AutogradError(RuntimeError):
    """Base of every error raised by the engine.

    Fix: the message names it; `except AutogradError` catches every error of this project.
    """


class ShapeError(AutogradError, ValueError):
    """Operand shapes do not fit the operation or each other.

    Fix: compare the sizes at the marked axis; reshape, unsqueeze, transpose, or build the layer for that size.
    """


class ArgumentError(AutogradError, ValueError):
    """An argument's value is outside what the operation accepts.

    Fix: pass a value that the message names as expected.
    """


class DTypeError(AutogradError, TypeError):
    """An operand's type does not fit the operation.

    Fix: convert first, as in x.float() or x.to(ag.int64), or create the tensor with dtype=.
    """


class IndexingError(AutogradError, IndexError):
    """An index does not fit the tensor it is applied to.

    Fix: keep positions within the size that the message names; negative ones count from the end.
    """


class DeviceError(AutogradError):
    """A device other than the CPU was asked for.

    Fix: leave the device out, or pass 'cpu'.
    """


class GraphError(AutogradError):
    """The recorded graph cannot be differentiated as asked.

    Fix: create inputs with requires_grad=True, keep them in the graph (no detach, item or numpy on the way), and call
    backward once, or with retain_graph=True.
    """


class MutationError(AutogradError):
    """A value was written in place where the graph still needs it, or where no write is possible.

    Fix: use the out-of-place form, clone() before writing, or write inside no_grad() after backward.
    """


class RuleError(AutogradError):
    """A backward rule returned something that cannot be its operand's cotangent.

    Fix: return from the rule one value per element of its operand.
    """


class DecompositionError(AutogradError, np.linalg.LinAlgError):
    """A matrix has no such inverse or factorisation.

    Fix: add a small multiple of the identity to the matrix, or take pinv or lstsq, which always exist.
    """


class UnsupportedError(AutogradError, NotImplementedError):
    """The function exists elsewhere and has no derivative, or no form, here.

    Fix: use what the message names in its place, or detach() where no gradient is needed.
    """


class GradcheckError(AutogradError, AssertionError):
    """A derivative disagrees with its finite difference.

    Fix: correct the backward rule that the message names, or choose inputs away from kinks.
    """


class PrecisionError(AutogradError, AssertionError):
    """A program loses more digits in single precision than was allowed.

    Fix: rewrite the formula that the message names, or compute it in float64.
    """


class KinkError(AutogradError, ArithmeticError):
    """A gradient was asked for at a point without a derivative, inside `strict_kinks()`.

    Fix: keep the operand off that point, or leave the block to get the derivative that the table of kinks names.
    """


class AnomalyError(AutogradError, FloatingPointError):
    """A value or a gradient is NaN or infinite, inside `detect_anomaly()`.

    Fix: look at the operands that the message shows, and keep them in the operation's domain before it.

    Attributes:
        tensor: what to draw: the operation's output, or the output that backward started from.
        path: the path to the operation, which drawings stress: `viz.render(e.tensor, "e.svg", highlight=e.path)`.
    """

    def __init__(self, message: str, tensor: Any = None, path: Any = None) -> None:
        super().__init__(message)
        self.tensor = tensor
        self.path = path


def aligned_shapes(shapes: Mapping[str, Sequence[int]], axes: Mapping[str, int] | None = None) -> str:
    """Return the shapes one above the other, aligned at the last axis, with clashing axes marked.

    Args:
        shapes: by the name of the operand.
        axes: the axis to mark in each shape, where it is not the aligned ones that must agree.

    Example:
        >>> print(aligned_shapes({"a": (3, 4), "b": (5,)}))
          a: 3 4
          b:   5
               ^
        >>> print(aligned_shapes({"a": (3, 4), "b": (5, 2)}, {"a": -1, "b": -2}))
          a: 3 4
               ^
          b: 5 2
             ^
    """
    rank = max((len(shape) for shape in shapes.values()), default=0)
    columns = {name: [""] * (rank - len(shape)) + [str(n) for n in shape] for name, shape in shapes.items()}
    widths = [max(len(row[axis]) for row in columns.values()) for axis in range(rank)]
    title = max(len(name) for name in shapes)

    def marked(places: Sequence[bool]) -> str:
        marks = " ".join(("^" if place else " ").rjust(w) for place, w in zip(places, widths, strict=True))
        return " " * (title + 4) + marks.rstrip()

    lines = []
    for name, row in columns.items():
        cells = " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {name:>{title}}: {cells}".rstrip())
        if axes and name in axes:
            lines.append(marked([i == axes[name] % len(shapes[name]) + rank - len(shapes[name]) for i in range(rank)]))
    clashes = [len({row[axis] for row in columns.values()} - {"", "1"}) > 1 for axis in range(rank)]
    if any(clashes) and not axes:
        lines.append(marked(clashes))
    return "\n".join(lines)


def clash(shapes: Mapping[str, Sequence[int]]) -> str:
    """Return which axis keeps shapes from broadcasting, in words; an empty string if none does.

    Example:
        >>> clash({"a": (3, 4), "b": (5,)})
        'dim -1 is 4 in a and 5 in b'
    """
    for axis in range(-1, -1 - max((len(shape) for shape in shapes.values()), default=0), -1):
        sizes: dict[int, str] = {}
        for name, shape in shapes.items():
            if len(shape) >= -axis and shape[axis] != 1:
                sizes.setdefault(shape[axis], name)
        if len(sizes) > 1:
            (one, first), (two, second), *_ = sizes.items()
            return f"dim {axis} is {one} in {first} and {two} in {second}"
    return ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return '; did you mean 'relu'?' where a known name is near, else an empty string.

    Example:
        >>> did_you_mean("relus", ["exp", "relu"])
        "; did you mean 'relu'?"
    """
    from difflib import get_close_matches  # noqa: PLC0415 (only where something was misspelt)

    names = [other for other in known if not other.startswith("_")]
    lowered = {other.lower(): other for other in names}
    near = get_close_matches(name, names, n=1)
    near = near or [lowered[other] for other in get_close_matches(name.lower(), lowered, n=1)]
    return f"; did you mean {near[0]!r}?" if near else ""


def check_keywords(made: type, keywords: Mapping[str, Any]) -> None:
    """Raise TypeError for a misspelt keyword of a constructor, with the name that was meant.

    Python says this itself from 3.13 on.

    Example:
        >>> class Layer:
        ...     def __init__(self, size, bias=True): ...
        >>> check_keywords(Layer, {"baise": False})
        Traceback (most recent call last):
        TypeError: Layer: there is no argument 'baise'; did you mean 'bias'?
    """
    code = getattr(made.__init__, "__code__", None)  # type: ignore[misc]  # the class's own, whatever it is
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:
        return
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for keyword in keywords:
        if keyword not in names:
            raise TypeError(f"{made.__name__}: there is no argument {keyword!r}{did_you_mean(keyword, names)}")


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error that is on its way; Python 3.10 has no notes, and gets it in the message."""
    if sys.version_info >= (3, 11):
        error.add_note(note)
    elif not error.args or isinstance(error.args[0], str):
        error.args = ("\n".join([*error.args[:1], note]), *error.args[1:])


def raise_shape(
    operation: str,
    shapes: Mapping[str, Sequence[int]],
    expected: str,
    fix: str = "",
    axes: Mapping[str, int] | None = None,
) -> NoReturn:
    """Raise a ShapeError that shows the operands' shapes aligned, with the axes marked that do not fit."""
    hint = f"\n  fix: {fix}" if fix else ""
    message = f"{operation}: {expected}\n{aligned_shapes(shapes, axes)}{hint}"
    raise ShapeError(message)
