"""Every error the engine raises: each says which operation, what came, what was expected, and the likely fix.

All are RuntimeErrors, as ported code expects, and also the built-in kind that fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

__all__ = [
    "ArgumentError",
    "AutogradError",
    "DTypeError",
    "DecompositionError",
    "DeviceError",
    "GradcheckError",
    "GraphError",
    "IndexingError",
    "MutationError",
    "RuleError",
    "ShapeError",
    "UnsupportedError",
    "aligned_shapes",
]


class AutogradError(RuntimeError):
    """Base of every error raised by the engine."""


class ShapeError(AutogradError, ValueError):
    """Operand shapes do not fit the operation or each other."""


class ArgumentError(AutogradError, ValueError):
    """An argument's value is outside what the operation accepts."""


class DTypeError(AutogradError, TypeError):
    """An operand's type does not fit the operation."""


class IndexingError(AutogradError, IndexError):
    """An index does not fit the tensor it is applied to."""


class DeviceError(AutogradError):
    """A device other than the CPU was asked for."""


class GraphError(AutogradError):
    """The recorded graph cannot be differentiated as asked."""


class MutationError(AutogradError):
    """A value was written in place where the graph still needs it, or where no write is possible."""


class RuleError(AutogradError):
    """A backward rule returned something that cannot be its operand's cotangent."""


class DecompositionError(AutogradError, np.linalg.LinAlgError):
    """A matrix has no such inverse or factorisation."""


class UnsupportedError(AutogradError, NotImplementedError):
    """The function exists elsewhere and has no derivative, or no form, here."""


class GradcheckError(AutogradError, AssertionError):
    """A derivative disagrees with its finite difference."""


def aligned_shapes(shapes: Mapping[str, Sequence[int]]) -> str:
    """Return the shapes one above the other, aligned at the last axis, with clashing axes marked.

    Example:
        >>> print(aligned_shapes({"a": (3, 4), "b": (5,)}))
          a: 3 4
          b:   5
               ^
    """
    rank = max((len(shape) for shape in shapes.values()), default=0)
    columns = [[""] * (rank - len(shape)) + [str(n) for n in shape] for shape in shapes.values()]
    widths = [max(len(row[axis]) for row in columns) for axis in range(rank)]
    title = max(len(name) for name in shapes)
    lines = [
        f"  {name:>{title}}: " + " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for name, row in zip(shapes, columns, strict=True)
    ]
    clashes = [len({row[axis] for row in columns} - {"", "1"}) > 1 for axis in range(rank)]
    if any(clashes):
        marks = " ".join(("^" if clash else " ").rjust(w) for clash, w in zip(clashes, widths, strict=True))
        lines.append(" " * (title + 4) + marks.rstrip())
    return "\n".join(line if line.strip() else line.rstrip() for line in lines)


def raise_shape(operation: str, shapes: Mapping[str, Sequence[int]], expected: str, fix: str = "") -> NoReturn:
    """Raise a ShapeError that shows the operands' shapes aligned."""
    hint = f"\n  fix: {fix}" if fix else ""
    message = f"{operation}: {expected}\n{aligned_shapes(shapes)}{hint}"
    raise ShapeError(message)
