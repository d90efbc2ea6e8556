"""Every record: value, type, derivatives of both orders, and the laws that rows promise to keep."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograd_np import ops
from autograd_np.core import Node, Op, Tensor, ViewOp, as_tensor, contributions, no_grad
from autograd_np.ops.methods import METHODS
from autograd_np.testing import gradcheck, gradgradcheck
from tests.ops.calls import CALLS, Call, first_and_second, kernels_called, recorded_nodes
from tests.samples import Record, all_records

RECORDS = all_records()

# Sheets whose functions have no derivative to check: their values are tested by themselves.
NO_RECORDS = {
    "assignment": "in-place forms",
    "in_place": "in-place forms",
    "legacy": "settings, and functions and constructors by older names",
    "creation": "no differentiable operands",
    "methods": "a table of functions that have records",
    "queries": "questions whose answers are no tensors",
    "numpy_protocol": "the NumPy front door to functions that have records",
    "random": "no two calls give the same values",
}
# Rows that functions of values cannot reach, and the tests that reach them.
OTHER_ROWS = {
    "copy": "tests/ops/test_assignment.py: recorded by writes that replace values",
    "once_differentiable": "tests/autograd/test_function.py: recorded to refuse a second order",
}

each_call = pytest.mark.parametrize("call", CALLS, ids=str)


def close(actual: Any, expected: Any, tolerance: float) -> None:
    """Compare with a relative tolerance, and an absolute one that the largest element sets."""
    a, b = np.asarray(actual), np.asarray(expected)
    assert a.shape == b.shape
    if b.dtype.kind in "biu":
        np.testing.assert_array_equal(a, b)
        return
    finite = np.abs(b[np.isfinite(b)])
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * finite.max(initial=0))


def differentiable(order: int) -> list[Call]:
    return [c for c in CALLS if c.record.order >= order and any(a.dtype.kind == "f" for a in c.arrays())]


# --- values -------------------------------------------------------------------------------------------------


@each_call
def test_values_are_the_references(call: Call) -> None:
    outputs, expected = call(call.arrays()), call.reference(call.arrays())
    assert len(outputs) == len(expected), "the function and its reference return different numbers of outputs"
    for y, wanted in zip(outputs, expected, strict=True):
        assert y.dtype.kind == wanted.dtype.kind
        close(y._array, wanted, call.record.tolerance)


@each_call
def test_float32_stays_float32(call: Call) -> None:
    wide, narrow = call(call.arrays()), call(call.arrays(np.float32))
    for y, z in zip(wide, narrow, strict=True):
        expected = np.dtype(np.float32) if y.dtype == np.float64 and not call.asks_for_a_type() else y.dtype
        assert z.dtype == expected
        if y.dtype.kind == "f":
            close(z._array, y._array, 1e-4)


@each_call
def test_values_are_the_same_without_recording(call: Call) -> None:
    recorded = call(call.leaves(call.arrays()))
    with no_grad():
        plain = call(call.leaves(call.arrays()))
    for y, z in zip(recorded, plain, strict=True):
        assert z.is_leaf
        np.testing.assert_array_equal(y._array, z._array)


@each_call
def test_no_operand_is_changed(call: Call) -> None:
    arrays = call.arrays()
    before = [array.tobytes() for array in arrays]
    first_and_second(call, arrays, order=min(2, call.record.order))
    assert [array.tobytes() for array in arrays] == before


# --- derivatives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", differentiable(1), ids=str)
def test_first_derivatives(call: Call) -> None:
    gradcheck(lambda *xs: call(xs), call.leaves(call.arrays()), tolerance=call.record.tolerance)


@pytest.mark.parametrize("call", differentiable(2), ids=str)
def test_second_derivatives(call: Call) -> None:
    gradgradcheck(lambda *xs: call(xs), call.leaves(call.arrays()), tolerance=call.record.tolerance)


@pytest.mark.parametrize("call", differentiable(1), ids=str)
def test_recorded_gradients_are_the_plain_ones(call: Call) -> None:
    plain = first_and_second(call, call.arrays(), order=1)[1]
    recorded = first_and_second(call, call.arrays(), order=2)[1]
    assert plain
    for g, h in zip(plain, recorded, strict=True):
        close(h._array, g._array, 1e-12)


@pytest.mark.parametrize("call", differentiable(1), ids=str)
def test_gradients_of_float32_are_float32(call: Call) -> None:
    wide = first_and_second(call, call.arrays(), order=1)[1]
    narrow = first_and_second(call, call.arrays(np.float32), order=1)[1]
    for g, h in zip(wide, narrow, strict=True):
        assert h.dtype == np.float32
        close(h._array, g._array, 1e-3)


# --- the laws of rows ---------------------------------------------------------------------------------------


@functools.cache
def graph(call_id: int) -> list[Node]:
    # The rules of what a first gradient records are second derivatives: those are promised.
    return recorded_nodes(CALLS[call_id], order=CALLS[call_id].record.order - 1)


each_graph = pytest.mark.parametrize("call_id", range(len(CALLS)), ids=[str(call) for call in CALLS])


def outputs_of(node: Node) -> list[Any]:
    assert node.info is not None
    return list(node.info.output) if node.op.outputs > 1 else [node.info.output]


def drawn(node: Node, rng: np.random.Generator) -> Any:
    """Return a cotangent for the node's output, or one for each of its outputs."""
    gs = [rng.uniform(-1, 1, y.shape).astype(y.dtype) if y.dtype.kind == "f" else None for y in outputs_of(node)]
    return tuple(gs) if node.op.outputs > 1 else gs[0]


def each(function: Any, *cotangents: Any) -> Any:
    """Apply to cotangents, which are tuples with None where an operation has several outputs."""
    if isinstance(cotangents[0], tuple):
        return tuple(None if gs[0] is None else function(*gs) for gs in zip(*cotangents, strict=True))
    return function(*cotangents)


def overwrites(later: Node, node: Node) -> bool:
    """Tell whether an operation wrote into another one's memory, in which there are new values since."""
    if later.serial <= node.serial or isinstance(later.op, ViewOp):
        return False
    operands = [] if node.info is None else list(arrays_in(node.info.operands))
    return any(np.may_share_memory(a, b) for a in outputs_of(later) for b in [*outputs_of(node), *operands])


@each_graph
def test_rows_give_the_same_on_arrays_and_tensors(call_id: int) -> None:
    nodes = graph(call_id)
    for node in nodes:
        assert node.info is not None
        if any(overwrites(later, node) for later in nodes):
            continue
        operands = [v.item() if isinstance(v, np.generic) else v for v in node.info.operands]
        result = node.op.on_arrays(*node.op._promoted(operands), **node.static)
        for y, expected in zip(result if node.op.outputs > 1 else [result], outputs_of(node), strict=True):
            assert y.dtype == expected.dtype, node
            np.testing.assert_array_equal(y, expected, err_msg=str(node))


@each_graph
def test_rules_are_linear_in_the_cotangent(call_id: int) -> None:
    rng = np.random.default_rng(1)
    for node in graph(call_id):
        g, h = drawn(node, rng), drawn(node, rng)
        mixed = each(lambda a, b: np.asarray(2.5 * a - 0.75 * b, a.dtype), g, h)
        parts = zip(contributions(node, g), contributions(node, h), contributions(node, mixed), strict=True)
        for (i, a), (_, b), (_, together) in parts:
            scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), 1e-300)
            np.testing.assert_allclose(
                together, 2.5 * a - 0.75 * b, rtol=0, atol=1e-10 * scale, err_msg=f"{node}, operand {i}"
            )


@each_graph
def test_rules_accept_absent_cotangents(call_id: int) -> None:
    rng = np.random.default_rng(2)
    for node in (node for node in graph(call_id) if node.op.outputs > 1):
        g = drawn(node, rng)
        zeros = each(np.zeros_like, g)
        for k in range(len(g)):
            alone = tuple(v if j == k else None for j, v in enumerate(g))
            filled = tuple(v if j == k else z for j, (v, z) in enumerate(zip(g, zeros, strict=True)))
            if g[k] is None:
                continue
            got, expected = dict(contributions(node, alone)), dict(contributions(node, filled))
            for i, c in expected.items():
                np.testing.assert_allclose(got.get(i, np.zeros_like(c)), c, rtol=1e-12, atol=1e-12)


def arrays_in(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_rules_write_into_nothing(call: Call) -> None:
    rng = np.random.default_rng(3)
    # Recorded anew: these arrays become read-only for good.
    for node in recorded_nodes(call, order=call.record.order - 1):
        g = drawn(node, rng)
        held = [*arrays_in(g), *arrays_in(node.saved), *arrays_in(node.static)]
        before = [array.tobytes() for array in held]
        for array in held:
            array.flags.writeable = False
        contributions(node, g)
        assert [array.tobytes() for array in held] == before, node


@each_graph
def test_by_products_equal_their_expressions(call_id: int) -> None:
    for node in (node for node in graph(call_id) if node.op.by_products):
        assert node.info is not None
        assert node.saved is not None
        kept = node.saved[1 + len(node.edges) :]
        operands = [as_tensor(v) if isinstance(v, np.ndarray) else v for v in node.info.operands]
        saved = [None, *operands, *kept]
        for name, expression, value, again in zip(
            node.op.by_products,
            node.op.by_products.values(),
            kept,
            node.op.recompute_by_products(saved, node.static),
            strict=True,
        ):
            if expression is not None:
                assert isinstance(again, Tensor)
                np.testing.assert_allclose(again._array, value, rtol=1e-10, atol=1e-12, err_msg=f"{node}: {name}")


# --- completeness -------------------------------------------------------------------------------------------


@functools.cache
def rows_of_the_package() -> frozenset[str]:
    """Return the rows that importing the package defines; tests and doctests define others meanwhile."""
    program = "import autograd_np, nn; from autograd_np.core import registry; print(*registry)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    return frozenset(shown.stdout.split())


def test_every_row_has_a_record() -> None:
    named = {row for r in RECORDS for row in r.rows}
    missing = rows_of_the_package() - named - OTHER_ROWS.keys()
    assert not missing, f"rows that no record names: {sorted(missing)}"
    unknown = named - rows_of_the_package()
    assert not unknown, f"records name rows that are not there: {sorted(unknown)}"


def test_exceptions_are_still_needed() -> None:
    named = {row for r in RECORDS for row in r.rows}
    assert not OTHER_ROWS.keys() & named
    assert OTHER_ROWS.keys() <= rows_of_the_package()


def test_names_of_records_are_unique() -> None:
    names = [r.name for r in RECORDS]
    assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("r", RECORDS, ids=lambda r: r.name)
def test_records_reach_the_rows_they_name(r: Record) -> None:
    recorded: set[str] = set()
    with kernels_called() as called:
        for call in (call for call in CALLS if call.record is r):
            recorded |= {node.op.name for node in recorded_nodes(call, order=2)}
    missing = {name for name in r.rows if name not in (recorded if _has_rule(name) else called)}
    assert not missing, f"named, but not reached by any case: {sorted(missing)}"
    assert r.order == 0 or recorded, "has derivatives, but nothing was recorded"


def _has_rule(name: str) -> bool:
    from autograd_np.core import registry

    row: Op = registry[name]
    return any(rule is not None for rule in row.rules)


def sheets() -> list[str]:
    return [m.name for m in pkgutil.iter_modules(ops.__path__) if m.name not in NO_RECORDS and m.name[0] != "_"]


def public_functions(sheet: str) -> dict[str, Any]:
    module = importlib.import_module(f"autograd_np.ops.{sheet}")
    values = {name: getattr(module, name) for name in module.__all__}
    return {name: value for name, value in values.items() if callable(value) and not isinstance(value, type)}


def names_of_records(sheet: str) -> set[str]:
    found = importlib.util.find_spec(f"tests.samples.{sheet}")
    if found is None:
        return set()
    return {r.name.removeprefix(f"{sheet}.") for r in importlib.import_module(found.name).RECORDS}


@functools.cache
def covered() -> set[int]:
    """Return the functions that records are of: the very object, or the name in the mirrored sheet."""
    by_name = {
        id(function)
        for sheet in sheets()
        for name, function in public_functions(sheet).items()
        if name in names_of_records(sheet)
    }
    return by_name | {id(r.function) for r in RECORDS}


@pytest.mark.parametrize("sheet", sheets())
def test_every_public_function_has_a_record(sheet: str) -> None:
    missing = [name for name, function in public_functions(sheet).items() if id(function) not in covered()]
    assert not missing, f"{sheet}: functions without a record: {missing}"


def test_records_are_named_after_public_functions() -> None:
    known = {name for sheet in sheets() for short in public_functions(sheet) for name in (short, f"{sheet}.{short}")}
    known |= {f"Tensor.{name}" for name in METHODS}
    strange = [r.name for r in RECORDS if r.name not in known]
    assert not strange, f"no public function has these names: {strange}"
