"""What `check_operation` checks at one point: each check raises AssertionError with what it found.

They stand in order of depth: a check may rely on what those before it found true. Every check calls the function anew,
on arrays of its own, so that what one call spoils cannot hide in the next.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, as_tensor, backward, no_grad, record
from autograd_np.errors import GradcheckError, MutationError, RuleError
from autograd_np.func import jvp
from autograd_np.testing._calls import Subject, cotangents
from autograd_np.testing._layouts import LAYOUTS
from autograd_np.testing.comparison import assert_close
from autograd_np.testing.gradcheck import gradcheck, gradgradcheck

__all__ = ["CHECKS"]

#: Two ways to compute the same float64 may differ by rounding: this, relative to the largest element.
_ROUNDING = 1e-9
#: The same for float32.
_COARSE = 1e-3
#: Elements smaller than this may be what cancellation left, and are judged as if they were of this size.
_SMALL = 1e-2


def _same(actual: Any, expected: Any, message: str, tolerance: float = 0.0, *, check_dtype: bool = True) -> None:
    """Raise unless two values agree, up to a part of the largest element."""
    wanted = expected._array if isinstance(expected, Tensor) else np.asarray(expected)
    finite = np.abs(wanted[np.isfinite(wanted)]) if wanted.dtype.kind == "f" else np.zeros(0)
    atol = tolerance * float(finite.max(initial=_SMALL))
    assert_close(actual, expected, rtol=tolerance, atol=atol, equal_nan=True, check_dtype=check_dtype, msg=message)


def _unchanged(now: Array, before: Array, who: str, whom: str, fix: str) -> None:
    """Raise if memory does not hold any more what it held."""
    if np.array_equal(now, before, equal_nan=now.dtype.kind == "f"):
        return
    place = tuple(int(i) for i in np.argwhere(np.asarray(now != before))[0])
    message = f"{who} wrote into {whom}: element {place} was {before[place]} and is {now[place]}\n  fix: {fix}"
    raise AssertionError(message)


# --- calls and their memory ---------------------------------------------------------------------------------


def _forward(s: Subject) -> None:
    s.call()


def _cotangent_shape(s: Subject) -> None:
    call = s.call()
    try:
        call.vjp(cotangents(call))
    except RuleError as error:
        message = f"{error}\n  if the operand was broadcast, its cotangent is a sum over the axes it was repeated along"
        raise AssertionError(message) from error


def _mutation(s: Subject) -> None:
    call = s.call()
    for i, (now, before) in enumerate(zip(call.arrays, s.arrays(), strict=True)):
        if now is not None and before is not None:
            fix = "compute into an array of the kernel's own, or copy the operand first"
            _unchanged(now, before, "the forward", f"operand {i}", fix)


def _saved_values(s: Subject) -> None:
    call = s.call()
    g = cotangents(call)
    held = {f"operand {i}": a for i, a in enumerate(call.arrays) if a is not None}
    held |= {f"output {k}": y._array for k, y in enumerate(call.outputs)}
    held |= {f"the cotangent of output {k}": h for k, h in enumerate(g)}
    before = {name: array.copy() for name, array in held.items()}
    first = call.vjp(g)
    for name, array in held.items():
        _unchanged(array, before[name], "backward", name, "a rule writes into arrays of its own alone")
    for i, a, b in zip(s.places, first, call.vjp(g), strict=True):
        _same(b, a, f"a second backward gives operand {i} another gradient: the first one overwrote what was saved")
    outputs = [y._array.copy() for y in call.outputs]
    s.call(s.moved())
    for k, (y, z) in enumerate(zip(call.outputs, outputs, strict=True)):
        fix = "return memory of the call's own, not a buffer that calls share"
        _unchanged(y._array, z, "the next call", f"output {k} of the one before", fix)
    fix = "\n  fix: keep what backward needs with the call (on ctx), not on the class or in a buffer"
    for i, a, b in zip(s.places, first, call.vjp(g), strict=True):
        _same(b, a, f"operand {i} has another gradient after another call: calls share what they save{fix}")


def _determinism(s: Subject) -> None:
    first, second = s.call(), s.call()
    fix = "\n  fix: take randomness and state out of the function, or seed the generator inside it"
    for k, (y, z) in enumerate(zip(first.outputs, second.outputs, strict=True)):
        _same(z, y, f"output {k} differs between two calls with the same operands{fix}")
    g = cotangents(first)
    for i, a, b in zip(s.places, first.vjp(g), second.vjp(g), strict=True):
        _same(b, a, f"the gradient of operand {i} differs between two calls with the same operands{fix}")


# --- values -------------------------------------------------------------------------------------------------


def _value(s: Subject) -> None:
    call = s.call()
    with no_grad():
        plain = s.outputs(s.arguments(s.arrays(), leaves=False))
    for k, (y, z) in enumerate(zip(call.outputs, plain, strict=True)):
        _same(z, y, f"output {k} has other values without recording")
    if s.reference is None:
        return
    expected = s.reference(*(x if a is None else a for x, a in zip(s.inputs, s.arrays(), strict=True)))
    wanted = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    if len(wanted) != len(call.outputs):
        message = f"the function returned {len(call.outputs)} outputs, its reference {len(wanted)}"
        raise AssertionError(message)
    for k, (y, w) in enumerate(zip(call.outputs, wanted, strict=True)):
        _same(y, w, f"output {k} is not the reference's", s.tolerance, check_dtype=False)


def _dtype(s: Subject) -> None:
    with np.errstate(over="ignore"):
        narrow = s.arrays(np.float32)
    floating = [a for a in narrow if a is not None and a.dtype.kind == "f"]
    if not floating or not all(np.isfinite(a).all() for a in floating):
        return
    # The same numbers in both types, so that only arithmetic differs.
    wide = [a.astype(np.float64) if a is not None and a.dtype.kind == "f" else a for a in narrow]
    single, double = s.call(narrow), s.call(wide)
    fix = "\n  fix: give arrays that the kernel makes the type of its operand, as np.empty_like(x) does"
    for k, (y, z) in enumerate(zip(double.outputs, single.outputs, strict=True)):
        for given, got in ((np.float64, y), (np.float32, z)):
            expected = np.dtype(given) if y.is_floating_point() else y.dtype
            if got.dtype != expected:
                message = f"output {k} is {got.dtype} where floating operands are {np.dtype(given)}{fix}"
                raise AssertionError(message)
        _same(z, y, f"output {k} has other values in float32", _COARSE, check_dtype=False)
    for i, a, b in zip(s.places, double.vjp(cotangents(double)), single.vjp(cotangents(single)), strict=True):
        _same(b, a, f"the gradient of operand {i} has other values in float32", _COARSE, check_dtype=False)


def _layout(s: Subject) -> None:
    base = s.call()
    g = cotangents(base)
    expected = base.vjp(g)
    ones = [np.ones_like(h) for h in g]
    for name, laid in LAYOUTS.items():
        fix = "\n  fix: index and reshape, rather than read memory in the order it lies"
        where = f"with operands in the layout {name!r}"
        try:
            call = s.call([a if a is None else laid(a) for a in s.arrays()])
            found = call.vjp(g)
            again = base.vjp([laid(h) for h in g])
        except (AssertionError, MutationError):
            raise
        except Exception as error:
            message = f"{where}: {type(error).__name__}: {error}{fix}"
            raise AssertionError(message) from error
        for k, (y, z) in enumerate(zip(base.outputs, call.outputs, strict=True)):
            _same(z, y, f"output {k} has other values {where}{fix}", _ROUNDING)
        for i, a, b, c in zip(s.places, expected, found, again, strict=True):
            other = f"the gradient of operand {i} has other values"
            _same(b, a, f"{other} {where}{fix}", _ROUNDING)
            _same(c, a, f"{other} for cotangents in the layout {name!r}{fix}", _ROUNDING)
    # What sum().backward() starts with: one element read over and over.
    repeated = base.vjp([LAYOUTS["zero stride"](h) for h in ones])
    for i, a, b in zip(s.places, base.vjp(ones), repeated, strict=True):
        _same(b, a, f"the gradient of operand {i} has other values for a cotangent with zero strides", _ROUNDING)


# --- derivatives --------------------------------------------------------------------------------------------


def _linearity(s: Subject) -> None:
    call = s.call()
    g, h = cotangents(call), cotangents(call, seed=1)
    mixed = call.vjp([2.5 * a - 0.75 * b for a, b in zip(g, h, strict=True)])
    for i, together, a, b in zip(s.places, mixed, call.vjp(g), call.vjp(h), strict=True):
        size = float(max(np.abs(a).max(initial=_SMALL), np.abs(b).max(initial=0)))
        message = (
            f"the gradient of operand {i} is not linear in the cotangent: vjp(2.5·g - 0.75·h) is not "
            "2.5·vjp(g) - 0.75·vjp(h)\n  fix: a rule multiplies g with what depends on the operands alone"
        )
        assert_close(together, 2.5 * a - 0.75 * b, rtol=0, atol=_ROUNDING * size, equal_nan=True, msg=message)


def _noise(s: Subject) -> float:
    """Return what rounding inside the function may do to a difference quotient."""
    largest = max((float(np.abs(y._array).max(initial=0)) for y in s.call().floating), default=0.0)
    return _ROUNDING * max(1.0, largest)


def _first_order(s: Subject) -> None:
    try:
        gradcheck(s.fn, s.arguments(s.arrays()), tolerance=s.tolerance, atol=_noise(s))
    except GradcheckError as error:
        found, culprit = _explanation(error), _culprit(s)
        if culprit:
            # Whoever knows the rule gives better advice.
            found = found.partition("\n  fix:")[0] + f"\n{culprit}"
        raise AssertionError(found) from None


def _explanation(error: GradcheckError) -> str:
    """Return what a gradient check found, without its own heading."""
    return str(error).partition(": ")[2]


def _culprit(s: Subject) -> str:
    """Return which operation inside the function has the wrong rule, if one can be named."""
    with record(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = s.call()
        live = [(y, g) for y, g in zip(call.floating, cotangents(call), strict=True) if y.requires_grad]
        try:
            backward([y for y, _ in live], [g for _, g in live], check=True)
        except GradcheckError as found:
            # Lines of source are those of the search here.
            return re.sub(r", at [^\n]*", "", _explanation(found))
    return ""


def _dot_product(s: Subject) -> None:
    places = s.places
    arguments = s.arguments(s.arrays())
    call = s.call()
    u = cotangents(call)
    rng = np.random.default_rng(2)
    v = [rng.uniform(-1, 1, x.shape) for x in call.leaves]

    def floating(*leaves: Tensor) -> tuple[Tensor, ...]:
        full = list(arguments)
        for place, leaf in zip(places, leaves, strict=True):
            full[place] = leaf
        return tuple(y for y in s.outputs(full) if y.is_floating_point())

    _, pushed = jvp(floating, [x.detach() for x in call.leaves], [as_tensor(d) for d in v])
    left = [a * b._array for a, b in zip(u, pushed, strict=True)]
    right = [a * b for a, b in zip(call.vjp(u), v, strict=True)]
    products = [float(sum(terms.sum() for terms in side)) for side in (left, right)]
    size = _SMALL + float(sum(np.abs(terms).sum() for terms in (*left, *right)))
    if not abs(products[0] - products[1]) <= _ROUNDING * size:
        message = (
            f"jvp and vjp disagree: ⟨u, J·v⟩ = {products[0]:.10g}, ⟨vjp(u), v⟩ = {products[1]:.10g}\n"
            "  fix: jvp is the vjp of the vjp, so backward must be made of recorded operations on the cotangent: no "
            ".numpy(), no detach(); or claim order=1"
        )
        raise AssertionError(message)


def _second_order(s: Subject) -> None:
    try:
        gradgradcheck(s.fn, s.arguments(s.arrays()), tolerance=s.tolerance, atol=_noise(s))
    except GradcheckError as error:
        raise AssertionError(_explanation(error)) from None


# --- batches ------------------------------------------------------------------------------------------------


def _batching(s: Subject) -> None:
    given = s.batch_axis
    per_operand = [given] * len(s.inputs) if isinstance(given, int) or given is None else list(given)
    axes = [None if a is None else axis for a, axis in zip(s.arrays(), per_operand, strict=True)]
    batched = [(a, axis) for a, axis in zip(s.arrays(), axes, strict=True) if a is not None and axis is not None]
    if not batched or any(a.ndim <= axis for a, axis in batched):
        return
    out_axis = batched[0][1]
    size = batched[0][0].shape[out_axis]
    whole = s.call()
    g = cotangents(whole)
    for k, y in enumerate(whole.outputs):
        if y.ndim <= out_axis or y.shape[out_axis] != size:
            message = f"output {k} has shape {tuple(y.shape)}, no axis {out_axis} of the batch's size {size}"
            raise AssertionError(message)
    expected = whole.vjp(g)
    shared = [np.zeros_like(a) for a in expected]
    alone = "differs when it is computed alone"
    for n in range(size):
        parts = [a if axis is None else _sample(a, n, axis) for a, axis in zip(s.arrays(), axes, strict=True)]
        one = s.call(parts)
        for k, (y, z) in enumerate(zip(whole.outputs, one.outputs, strict=True)):
            _same(z, _sample(y._array, n, out_axis), f"output {k} of sample {n} {alone}", _ROUNDING)
        for j, (i, a) in enumerate(zip(s.places, one.vjp([_sample(h, n, out_axis) for h in g]), strict=True)):
            axis = axes[i]
            if axis is None:
                shared[j] += a
            else:
                wanted = _sample(expected[j], n, axis)
                _same(a, wanted, f"the gradient of operand {i} for sample {n} {alone}", _ROUNDING)
    for j, i in enumerate(s.places):
        if axes[i] is None:
            _same(shared[j], expected[j], f"the gradient of operand {i} is not the sum over the samples", _ROUNDING)


def _sample(array: Any, n: int, axis: int) -> Array:
    return np.take(array, [n], axis)


#: Every check by its name: from which order of differentiability on it is made, and what makes it.
CHECKS: Mapping[str, tuple[int, Callable[[Subject], None]]] = {
    "forward": (0, _forward),
    "cotangent shape": (0, _cotangent_shape),
    "mutation": (0, _mutation),
    "saved values": (0, _saved_values),
    "determinism": (0, _determinism),
    "value": (0, _value),
    "dtype": (0, _dtype),
    "layout": (0, _layout),
    "linearity": (0, _linearity),
    "first order": (1, _first_order),
    "dot product": (2, _dot_product),
    "second order": (2, _second_order),
    "batching": (0, _batching),
}
