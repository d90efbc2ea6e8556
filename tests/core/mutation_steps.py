"""What the steps of mutation_programs.py do: views, functions, and writes on Tensors and on the oracle's jets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.autograd import Function
from autograd_np.core import Tensor
from autograd_np.utils.checkpoint import checkpoint
from tests.core.functional_oracle import FUNCTIONS, Jets, constant

__all__ = ["VIEWS", "WRITES", "Passed", "broadcasts", "call", "check", "tanh_times", "write", "written"]

#: Views, which work alike on Tensors and on arrays of places.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "first": lambda v: v[0] if v.ndim and len(v) else v[...],
    "rest": lambda v: v[1:] if v.ndim else v[...],
    "backwards": lambda v: v[::-1] if v.ndim else v[...],
    "every second": lambda v: v[..., ::2] if v.ndim else v[...],
    "new axis": lambda v: v[None],
    # Always a view; where reshape has to copy, writes do not reach the base.
    "reshaped": lambda v: v.reshape((1, *v.shape, 1)),
    "swapped": lambda v: v.swapaxes(0, -1) if v.ndim else v[...],
    "diagonal": lambda v: v.diagonal() if v.ndim > 1 else v[...],
    "repeated": lambda v: v.expand(2, *v.shape) if isinstance(v, Tensor) else np.broadcast_to(v, (2, *v.shape)),
    "last": lambda v: v.unbind(-1)[-1] if isinstance(v, Tensor) and v.ndim else v[..., -1] if v.ndim else v[...],
}

WRITES = ("add", "mul", "copy", "item", "masked", "put", "sin", "tanh", "zero", "itself", "dirty")


class Passed(Function):
    """Returns its argument as it is: a tensor with a history of its own that looks into the argument's memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g


class _TanhInPlace(Function):
    """Writes its argument's tanh into it, from which the derivative can be told."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x.tanh_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y)


def broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def call(name: str, x: Tensor, *, again: bool) -> Tensor:
    result: Tensor = checkpoint(getattr(ag, name), x) if again else getattr(x, name)()
    return result


def tanh_times(x: Jets) -> Jets:
    return FUNCTIONS["tanh"](x + constant(0.5)) * x


def written(x: Jets, q: Jets, how: str) -> Jets:
    """Return the whole of what is written to: its new elements."""
    whole: dict[str, Callable[[], Jets]] = {
        "sin": lambda: FUNCTIONS["sin"](x),
        "tanh": lambda: FUNCTIONS["tanh"](x),
        "dirty": lambda: FUNCTIONS["tanh"](x),
        "add": lambda: x + q,
        "mul": lambda: x * q,
        "itself": lambda: x * x,
        "zero": lambda: constant(np.zeros_like(x.value)),
    }
    if how in whole:
        return whole[how]()
    if how == "copy" or not x.value.ndim:
        return (x + constant(0.3) if how == "put" else q).spread(x.value.shape)
    rows = np.arange(len(x.value))
    at = (rows % 2 == 0 if how == "masked" else rows == 0).reshape(-1, *(1,) * (x.value.ndim - 1))
    new = x + constant(0.3) if how == "put" else q.spread(x.value.shape)
    return Jets(
        np.where(at, new.value, x.value),
        np.where(at[..., None], new.first, x.first),
        np.where(at[..., None, None], new.second, x.second),
    )


def write(t: Tensor, q: Tensor, how: str) -> Tensor:
    if how == "dirty":
        _TanhInPlace.apply(t)
    elif how in ("sin", "tanh", "zero"):
        getattr(t, f"{how}_")()
    elif how in ("add", "mul", "copy"):
        getattr(t, f"{how}_")(q)
    elif how == "itself":
        t *= t
    elif how == "put":
        if t.ndim:
            twice = ag.tensor(np.stack([np.full(t.shape[1:], 0.1), np.full(t.shape[1:], 0.2)]))
            t.index_put_((ag.tensor([0, 0]),), twice, accumulate=True)
        else:
            t += 0.3
    elif not t.ndim:
        t[...] = q
    else:
        t[0 if how == "item" else np.arange(t.shape[0]) % 2 == 0] = q
    return t


def check(got: Tensor | None, wanted: Any) -> None:
    found = np.zeros_like(wanted) if got is None else got.detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-9 * max(1.0, np.abs(wanted).max(initial=0)))
