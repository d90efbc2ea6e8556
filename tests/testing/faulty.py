"""Operations with one fault each, and the check that must find it. The tests import them as a user's module."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.autograd import Function
from autograd_np.core import Op, registry
from autograd_np.testing.strategies import broadcastable_tensors, numbers, shapes, tensors

_NUMBERS = numbers().map(lambda x: round(x, 3))


def row(name: str, kernel: Callable[..., Any], *rules: Any, **options: Any) -> Op:
    """Return a row outside the registry."""
    made = Op(name, kernel, *rules, **options)
    del registry[name]
    return made


# --- rules --------------------------------------------------------------------------------------------------

wrong_sign = row("wrong_sign", np.cos, lambda g, _y, x: g * ag.sin(x))

#: The engine sums for rows that broadcast; this one says that it does not, and forgets to.
dropped_sum = row("dropped_sum", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g)


class FirstRow(Function):
    """A bias whose gradient is the first sample's instead of the sum's."""

    @staticmethod
    def forward(ctx: Any, x: Any, b: Any) -> Any:
        return x + b

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, g[0]


first_row = FirstRow.apply

not_linear = row("not_linear", np.sin, lambda g, _y, x: g * abs(g) * ag.cos(x))

wrong_second = row("wrong_second", lambda x: x**3, lambda g, _y, x: g * 3 * (x * getattr(x, "detach", lambda: x)()))


class Unrecorded(Function):
    """A backward that leaves the graph: right once, and no function of its cotangent the second time."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return 3 * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return ag.as_tensor(3 * g.detach().numpy())


unrecorded = Unrecorded.apply


# --- memory -------------------------------------------------------------------------------------------------


def _through_y(g: Any, y: Any, _x: Any) -> Any:
    return np.multiply(g, y, out=y) if isinstance(y, np.ndarray) else g * y


overwrites_saved = row("overwrites_saved", np.exp, _through_y)


def _through_g(g: Any, _y: Any, _x: Any) -> Any:
    return np.multiply(g, 2, out=g) if isinstance(g, np.ndarray) else g * 2


overwrites_cotangent = row("overwrites_cotangent", lambda x: 2 * x, _through_g)


class KeptByTheClass(Function):
    """Keeps its operand on the class, where the next call finds it."""

    kept: Any = None

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        KeptByTheClass.kept = x
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2 * KeptByTheClass.kept


kept_by_the_class = KeptByTheClass.apply


def _clipped_in_place(x: Any) -> Any:
    x += 1
    return x * 2


mutates = row("mutates", _clipped_in_place, lambda g, _y, _x: g * 2)

_buffers: dict[Any, Any] = {}


def _buffered(x: Any) -> Any:
    return np.multiply(x, 2, out=_buffers.setdefault((x.shape, x.dtype), np.empty_like(x)))


shared_buffer = row("shared_buffer", _buffered, lambda g, _y, _x: g * 2)

# The elements in the order of memory, which is theirs in C order alone.
contiguous_only = row("contiguous_only", lambda x: x.ravel("K").reshape(x.shape), lambda g, _y, _x: g)

contiguous_cotangent = row(
    "contiguous_cotangent",
    lambda x: x * 1,
    lambda g, _y, _x: g.ravel("K").reshape(g.shape) if isinstance(g, np.ndarray) else g * 1,
)


# --- values -------------------------------------------------------------------------------------------------

_noise = np.random.default_rng(0)
not_deterministic = row("not_deterministic", lambda x: x + _noise.random(), lambda g, _y, _x: g)

_calls = itertools.count()
counts_calls = row("counts_calls", lambda x: x + next(_calls) % 2, lambda g, _y, _x: g)

always_double = row("always_double", lambda x: x.astype(np.float64), lambda g, _y, _x: g)
always_single = row("always_single", lambda x: x.astype(np.float32), lambda g, _y, _x: g)
coarse_in_single = row(
    "coarse_in_single",
    lambda x: np.round(np.sin(x), 2) if x.dtype == np.float32 else np.sin(x),
    lambda g, _y, x: g * ag.cos(x),
)

wrong_value = row("wrong_value", lambda x: 2 * x, lambda g, _y, _x: 2 * g)

#: Right in every way, but samples know each other.
centered = row("centered", lambda x: x - x.mean(0), lambda g, _y, _x: g - g.mean(0))


def not_a_tensor(x: Any) -> Any:
    """Return an array."""
    return x.detach().numpy()


def refuses(x: Any) -> Any:
    """Fail."""
    raise ValueError("of its own")


class Fault(NamedTuple):
    """An operation, the check that finds its fault, a part of what it says, and what the check is given."""

    name: str
    check: str
    says: str
    operands: Any = tensors(elements=_NUMBERS)
    options: Mapping[str, Any] = MappingProxyType({})

    @property
    def fn(self) -> Any:
        return globals()[self.name]


_PAIR = broadcastable_tensors(2, _NUMBERS)
_SAMPLES = tensors(shapes(min_dims=1, max_dims=2), elements=_NUMBERS)
_WITH_BIAS = st.tuples(tensors(st.just((2, 3)), elements=_NUMBERS), tensors((3,), elements=_NUMBERS))

FAULTS = (
    Fault("not_a_tensor", "forward", "returned ndarray, expected a Tensor"),
    Fault("refuses", "forward", "ValueError: of its own"),
    Fault("dropped_sum", "cotangent shape", "if the operand was broadcast, its cotangent is a sum", _PAIR),
    Fault("first_row", "first order", "the gradient of element .* is wrong at input 1", _WITH_BIAS),
    Fault("mutates", "mutation", r"the forward wrote into operand 0: element \(.*\) was 0.0 and is 1.0"),
    Fault("overwrites_saved", "saved values", "backward wrote into output 0"),
    Fault("overwrites_cotangent", "saved values", "backward wrote into the cotangent of output 0"),
    Fault("kept_by_the_class", "saved values", "operand 0 has another gradient after another call"),
    Fault("shared_buffer", "saved values", "the next call wrote into output 0 of the one before"),
    Fault("not_deterministic", "determinism", "output 0 differs between two calls"),
    Fault("counts_calls", "determinism", "output 0 differs between two calls"),
    Fault("wrong_value", "value", "output 0 is not the reference's", options={"reference": np.negative}),
    Fault("always_double", "dtype", "output 0 is float64 where floating operands are float32"),
    Fault("always_single", "dtype", "output 0 is float32 where floating operands are float64"),
    Fault("coarse_in_single", "dtype", "output 0 has other values in float32"),
    Fault("contiguous_only", "layout", "output 0 has other values with operands in the layout 'fortran'"),
    Fault("contiguous_cotangent", "layout", "for cotangents in the layout 'fortran'"),
    Fault("not_linear", "linearity", "not linear in the cotangent"),
    Fault("wrong_sign", "first order", "the rule has the wrong sign"),
    Fault("unrecorded", "dot product", "jvp and vjp disagree"),
    Fault("wrong_second", "second order", "is wrong at input 0"),
    Fault(
        "centered",
        "batching",
        "for sample 0 differs when it is computed alone|of sample 0",
        _SAMPLES,
        {"batch_axis": 0},
    ),
)
