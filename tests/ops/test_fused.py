"""Fused rows: kernels forward and backward agree with the composition that defines them, at every order."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor, gradients, registry
from autograd_np.ops._fused import FusedOp
from autograd_np.testing import gradcheck, gradgradcheck
from tests.ops.calls import CALLS, Call, recorded_nodes
from tests.samples import all_records

FUSED = {row.name for row in registry.values() if isinstance(row, FusedOp)}
FUSED_CALLS = [call for call in CALLS if FUSED & set(call.record.rows)]

backward_kernel_calls: list[tuple[bool, ...]] = []


def _pullback(g, _y, a, b, sign, wanted, scale):
    backward_kernel_calls.append(wanted)
    total = 0 if g[0] is None else g[0] * scale
    return (total * b + (0 if g[1] is None else sign * g[1]), total * a if wanted[1] else None)


#: a·b·scale, and |a|.
_scaled = FusedOp(
    "fused_in_a_test",
    lambda a, b, scale: (a * b * scale, np.abs(a), np.sign(a)),
    _pullback,
    lambda a, b, scale: (a * b * scale, a.abs()),
    operands=2,
    outputs=2,
    by_products=("sign",),
)


def leaves(*values):
    return [as_tensor(np.array(v)).requires_grad_() for v in values]


def test_there_are_fused_rows() -> None:
    assert {"lstm", "gru", "rnn", "attention"} <= FUSED
    assert {name for r in all_records() for name in r.rows} >= FUSED - {"fused_in_a_test"}


@pytest.mark.parametrize("call", FUSED_CALLS, ids=str)
def test_kernels_compute_what_the_definition_says(call: Call) -> None:
    nodes = [node for node in recorded_nodes(call, order=0) if isinstance(node.op, FusedOp)]
    assert nodes
    for node in nodes:
        assert node.info is not None
        operands = [as_tensor(v) if isinstance(v, np.ndarray) else v for v in node.info.operands]
        defined = node.op.definition(*operands, **node.static)
        outputs, wanted = (node.info.output, defined) if node.op.outputs > 1 else ([node.info.output], [defined])
        for y, z in zip(outputs, wanted, strict=True):
            np.testing.assert_allclose(y, z.numpy(), rtol=1e-12, atol=1e-14)


def test_first_derivatives_call_the_backward_kernel_once() -> None:
    a, b = leaves([2.0, -3.0], [5.0, 7.0])
    backward_kernel_calls.clear()
    y, size = _scaled(a, b, scale=10.0)
    (y.sum() + 100 * size.sum()).backward()
    assert backward_kernel_calls == [(True, True)]
    np.testing.assert_array_equal(a.grad.numpy(), [150, -30])
    np.testing.assert_array_equal(b.grad.numpy(), [20, -30])


def test_the_backward_kernel_hears_which_operands_are_differentiated() -> None:
    (a,) = leaves([2.0])
    backward_kernel_calls.clear()
    _scaled(a, as_tensor(np.array([5.0])), scale=1.0)[0].sum().backward()
    assert backward_kernel_calls == [(True, False)]


def test_recorded_derivatives_come_from_the_definition() -> None:
    a, b = leaves([2.0, -3.0], [5.0, 7.0])
    backward_kernel_calls.clear()
    y, size = _scaled(a, b, scale=10.0)
    da, db = gradients((y * y).sum() + size.sum(), [a, b], create_graph=True)
    assert not backward_kernel_calls
    np.testing.assert_allclose(da.detach().numpy(), [2 * 100 * 2 * 25 + 1, 2 * 100 * -3 * 49 - 1])
    (mixed,) = gradients(da.sum(), b)
    np.testing.assert_allclose(mixed.numpy(), [4 * 100 * 2 * 5, 4 * 100 * -3 * 7])
    assert db.requires_grad


def test_both_orders_pass_the_gradient_checks() -> None:
    a, b = leaves([2.0, -3.0], [5.0, 7.0])
    for check in (gradcheck, gradgradcheck):
        assert check(lambda a, b: _scaled(a, b, scale=0.5), [a, b])
        assert check(lambda a, b: _scaled(a, b, scale=0.5)[1], [a, b.detach()])


def test_a_hook_of_an_operand_is_called_once_per_backward() -> None:
    (x,) = leaves([2.0])
    seen = []
    a = x * 1
    a.register_hook(lambda g: seen.append(g.item()))
    y, _ = _scaled(a, a, scale=1.0)
    gradients(y.sum(), x, create_graph=True)
    assert seen == [4.0]


def test_operands_written_since_are_noticed() -> None:
    (x,) = leaves([2.0])
    a = x * 1
    y, _ = _scaled(a, a, scale=1.0)
    a.add_(1.0)
    with pytest.raises(RuntimeError, match="fused_in_a_test' saved its a of shape"):
        y.sum().backward()
