"""One record per operation: sample inputs and an independent reference, from which all of its checks follow.

Each module of this package mirrors a module of `autograd_np.ops` and lists its records in `RECORDS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Case", "Record", "all_records"]


@dataclass(frozen=True)
class Case:
    """One call: float64, integer or boolean arrays and Python scalars as operands, and keyword options.

    Floating arrays are what gradients are taken of; arrays of integers and booleans are passed as constant tensors.
    """

    operands: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What is known of one operation.

    Attributes:
        name: the public name, as in `autograd_np.<name>`; unique.
        function: takes Tensors for the operands and the options; returns a Tensor or a tuple of Tensors.
        reference: takes the arrays themselves, and computes the same slowly and obviously, without the engine.
        cases: the calls; together they reach every option and every branch of the rules.
        rows: names of the rows that these calls record.
        elementwise: results follow element by element, so that shapes, broadcasting and layouts can be drawn at random.
        domain: where elementwise operands are drawn from, as (low, high) for each operand.
        kinks: values of an elementwise operand near which it has no derivative.
        order: up to which order the derivative is checked; 0 for operations without a gradient.
        torch: dotted name under `torch`, if not `name`; None if PyTorch has no such operation; or a function of
            (torch, *operands, **options) where the call differs.
        tolerance: relative error allowed between float64 values and the references, and in gradient checks.
    """

    name: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    cases: tuple[Case, ...]
    rows: tuple[str, ...]
    elementwise: bool = False
    domain: tuple[tuple[float, float], ...] = ((-2.0, 2.0),)
    kinks: tuple[float, ...] = ()
    order: int = 2
    torch: str | Callable[..., Any] | None = ""
    tolerance: float = 1e-6


def all_records() -> list[Record]:
    """Return the records of every module of this package, in the order of module names."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return [record for module in modules for record in module.RECORDS]
