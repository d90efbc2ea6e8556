"""Calls of a function under test: on fresh arrays in any type and layout, recorded, with their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, as_tensor, enable_grad, gradients

__all__ = ["Call", "Subject", "cotangents"]


@dataclass(frozen=True)
class Call:
    """One recorded call: the memory it was given, the tensors to differentiate by, and what came out."""

    arrays: tuple[Array | None, ...]
    leaves: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def floating(self) -> tuple[Tensor, ...]:
        """Return the outputs that may have gradients."""
        return tuple(y for y in self.outputs if y.is_floating_point())

    def vjp(self, cotangents: Sequence[Array]) -> list[Array]:
        """Return every leaf's gradient for these cotangents of the floating outputs; the graph stays."""
        live = [(y, g) for y, g in zip(self.floating, cotangents, strict=True) if y.requires_grad]
        if not live or not self.leaves:
            return [np.zeros(x.shape, x.dtype) for x in self.leaves]
        ys, gs = zip(*live, strict=True)
        found = gradients(ys, self.leaves, gs, retain_graph=True, materialize_grads=True)
        return [g._array for g in found if g is not None]


@dataclass(frozen=True)
class Subject:
    """A function at one point, and what is claimed of it."""

    fn: Callable[..., Any]
    inputs: tuple[Any, ...]
    reference: Callable[..., Any] | None = None
    order: int = 2
    batch_axis: int | Sequence[int | None] | None = None
    tolerance: float = 1e-6

    @property
    def places(self) -> list[int]:
        """Return the positions of the operands that gradients are taken of."""
        return [i for i, x in enumerate(self.inputs) if isinstance(x, Tensor) and x.requires_grad]

    def arrays(self, dtype: Any = np.float64) -> list[Array | None]:
        """Return copies of the operands in C order, floating ones in this type; None for what is no array."""
        values = [x._array if isinstance(x, Tensor) else x for x in self.inputs]
        return [
            np.array(v, dtype if v.dtype.kind == "f" else None, order="C") if isinstance(v, np.ndarray) else None
            for v in values
        ]

    def arguments(self, arrays: Sequence[Array | None], *, leaves: bool = True) -> list[Any]:
        """Return what the function is called with, over the memory of these arrays."""
        result: list[Any] = []
        for x, array in zip(self.inputs, arrays, strict=True):
            if isinstance(x, Tensor):
                result.append(as_tensor(array).requires_grad_(leaves and x.requires_grad))
            else:
                result.append(x if array is None else array)
        return result

    def call(self, arrays: Sequence[Array | None] | None = None) -> Call:
        """Return a recorded call on these arrays, or on fresh copies of the operands."""
        given = self.arrays() if arrays is None else arrays
        arguments = self.arguments(given)
        with enable_grad():
            outputs = self.outputs(arguments)
        return Call(tuple(given), tuple(arguments[i] for i in self.places), outputs)

    def outputs(self, arguments: Sequence[Any]) -> tuple[Tensor, ...]:
        """Return what the function returns, as a tuple of Tensors."""
        result = self.fn(*arguments)
        outputs = tuple(result) if isinstance(result, (list, tuple)) else (result,)
        for y in outputs:
            if not isinstance(y, Tensor):
                message = f"the function returned {type(y).__name__}, expected a Tensor or several of them"
                raise AssertionError(message)  # noqa: TRY004 (a finding about the function under test)
        return outputs

    def moved(self) -> list[Array | None]:
        """Return the operands a little aside, as far as derivatives will be asked for anyway."""
        step = 1e-4 if self.order else 0.0
        return [
            a + step * np.maximum(1, np.abs(a)) if a is not None and a.dtype.kind == "f" else a for a in self.arrays()
        ]


def cotangents(call: Call, seed: int = 0) -> list[Array]:
    """Return random cotangents of a call's floating outputs, none near zero."""
    rng = np.random.default_rng(seed)
    return [
        np.asarray(rng.uniform(0.5, 1.5, y.shape) * rng.choice((-1.0, 1.0), y.shape), y.dtype) for y in call.floating
    ]
