"""check_operation accepts what is right, finds each planted fault by name, and prints programs that fail as well."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.autograd import Function
from autograd_np.autograd.function import once_differentiable
from autograd_np.errors import ArgumentError
from autograd_np.testing import check_operation
from autograd_np.testing._checks import CHECKS
from autograd_np.testing.strategies import broadcastable_tensors, indices, numbers, shapes, tensors
from examples.custom_operation import SignThrough, Swish
from tests.testing.faulty import FAULTS, Fault

# --- faults -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_found_by_name(fault: Fault) -> None:
    with pytest.raises(AssertionError) as caught:
        check_operation(fault.fn, fault.operands, **fault.options)
    text = str(caught.value)
    assert f'fails the check "{fault.check}"' in text
    assert re.search(fault.says, text)
    # The example as a program fails in the same way.
    program = re.sub("^    ", "", text.partition("as a program:\n")[2], flags=re.MULTILINE)
    with pytest.raises(AssertionError, match=f'fails the check "{fault.check}"'):
        exec(program, {})  # noqa: S102 (our own program)


def test_every_check_has_a_fault_and_a_word_in_the_documentation() -> None:
    assert {fault.check for fault in FAULTS} == set(CHECKS)
    documented = (check_operation.__doc__ or "").partition("Args:")[0]
    assert not [name for name in CHECKS if f"'{name}'" not in documented]


def test_examples_are_shrunk() -> None:
    wrong = next(fault for fault in FAULTS if fault.name == "wrong_sign")
    with pytest.raises(AssertionError, match=re.escape("x0 = ag.tensor(1.0, dtype=ag.float64, requires_grad=True)")):
        check_operation(wrong.fn, wrong.operands)


def test_shrinking_stays_with_the_check_that_failed_first() -> None:
    def two_faults(x: Any) -> Any:
        value = x.tolist()[0]
        if value == 1:
            raise ValueError("one")
        return x.detach() * 2 if value == 2 else x * 2

    # 1 is the smaller example, and found later than one of the many 2.
    many = st.sampled_from([0.0, 1.0, *[2.0] * 50]).map(lambda v: ag.tensor([v], requires_grad=True))
    with pytest.raises(AssertionError, match=r'the check "first order"(.|\n)*ag.tensor\(\[2.0\]'):
        check_operation(two_faults, many)


def test_what_fails_only_once_is_a_lack_of_determinism() -> None:
    calls = iter([True])

    def moody(x: Any) -> Any:
        if next(calls, False):
            raise ValueError("only once")
        return x * 2

    with pytest.raises(AssertionError, match=r"failed, and passed with the same operands:\n.*only once") as caught:
        check_operation(moody, tensors((2,)))
    assert 'the check "determinism"' in str(caught.value)


def test_the_functions_own_error_is_the_cause() -> None:
    def refuses(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(AssertionError, match="KeyError: 'mine'") as caught:
        check_operation(refuses, tensors((2,)))
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_operation_inside_a_composition_is_named() -> None:
    wrong = next(fault for fault in FAULTS if fault.name == "wrong_sign").fn
    with pytest.raises(AssertionError, match="the rule of 'wrong_sign' for its x is not the derivative"):
        check_operation(lambda x: (wrong(x * 2) + x).sum(), tensors((2,), elements=numbers(0.1, 1)))


# --- what is right ------------------------------------------------------------------------------------------


class Cube(Function):
    """A backward in NumPy, which can be differentiated no further."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        return g * 3 * ctx.saved_tensors[0] ** 2


@pytest.mark.parametrize(
    ("fn", "inputs", "options"),
    [
        (ag.tanh, tensors(shapes(min_side=0)), {"reference": np.tanh}),
        (ag.mul, broadcastable_tensors(2), {"reference": np.multiply}),
        (ag.matmul, (tensors((2, 3)), tensors((3, 2))), {"reference": np.matmul, "batch_axis": (0, None)}),
        (lambda x, i: x[i], st.tuples(tensors((3, 2)), indices((3, 2))), {}),
        (lambda x, n: x.split(n), (tensors((5, 2)), 2), {}),
        (ag.gather, (tensors((2, 3)), 1, ag.tensor([[0, 2], [1, 1]])), {}),
        (lambda x: (x.sum(0), (x > 0).sum()), tensors(shapes(min_dims=1)), {}),
        (lambda x: Swish.apply(x, 1.5), tensors(), {}),
        (SignThrough.apply, tensors(elements=numbers(avoid=(0,))), {"order": 0}),
        (Cube.apply, tensors(), {"order": 1, "reference": lambda x: x**3}),
        (lambda x, w: (x * w).softmax(1), (tensors((3, 2)), tensors((2,))), {"batch_axis": (0, None)}),
        (ag.sin, tensors((2,), dtype=np.float32), {}),
        # Its gradient is zero but for rounding.
        (lambda x: x.softmax(0).sum(), tensors((3,)), {}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_right_operations_pass(fn: Any, inputs: Any, options: dict[str, Any]) -> None:
    check_operation(fn, inputs, max_examples=8, **options)


def test_points_that_do_not_count() -> None:
    reached = []

    def positive(x: Any) -> Any:
        assume(bool((x > 0).all()))
        reached.append(x)
        return x.log()

    check_operation(positive, tensors((), elements=numbers(-1, 1, avoid=(0,))), max_examples=10)
    assert reached


def test_given_operands_need_no_hypothesis() -> None:
    program = """
import sys
sys.modules["hypothesis"] = None
import autograd_np as ag
from autograd_np.testing import check_operation
x = ag.tensor([0.5, 2.0], requires_grad=True)
check_operation(ag.tanh, x)
check_operation(ag.mul, (x, x))
try:
    check_operation(lambda x: x.detach() * 2, x)
except AssertionError as error:
    sys.exit("first order" not in str(error) or "as a program" in str(error))
sys.exit(1)
"""
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 (our own program)


def test_the_users_operands_are_left_alone() -> None:
    x = ag.tensor([0.5, 2.0], requires_grad=True)
    check_operation(lambda x: x * x, x)
    assert x.grad is None
    assert x.tolist() == [0.5, 2.0]


# --- claims -------------------------------------------------------------------------------------------------


def test_checks_are_left_out_by_name() -> None:
    single = next(fault for fault in FAULTS if fault.name == "coarse_in_single")
    check_operation(single.fn, single.operands, skip=("dtype",), max_examples=5)
    with pytest.raises(ArgumentError, match="there is no check 'dtypes'; did you mean 'dtype'"):
        check_operation(single.fn, single.operands, skip=("dtypes",))


def test_some_operand_must_require_gradients() -> None:
    with pytest.raises(ArgumentError, match="no operand is a Tensor that requires gradients"):
        check_operation(ag.neg, tensors((2,), dtype=np.int64))
    check_operation(ag.neg, tensors((2,), dtype=np.int64), order=0)


def test_lower_orders_are_claims_about_the_higher_ones() -> None:
    with pytest.raises(AssertionError, match='the check "dot product"'):
        check_operation(Cube.apply, tensors((2,)))
    with pytest.raises(AssertionError, match='the check "first order"'):
        check_operation(SignThrough.apply, tensors((2,), elements=numbers(0.1, 2)))


def test_claims_stand_in_the_program() -> None:
    with pytest.raises(AssertionError) as caught:
        check_operation(ag.exp, tensors((2,)), reference=np.sin, order=1, skip=("layout",))
    assert "check_operation(ag.exp, (x0,), reference=np.sin, order=1, skip=('layout',))" in str(caught.value)


def test_a_wrong_number_of_outputs() -> None:
    with pytest.raises(AssertionError, match="returned 2 outputs, its reference 1"):
        check_operation(lambda x: (x, x), tensors((2,)), reference=lambda x: x)
    with pytest.raises(AssertionError, match=r"output 0 has shape \(\), no axis 0 of the batch's size 2"):
        check_operation(lambda x: x.sum(), tensors((2,)), batch_axis=0)


def test_gradients_that_all_samples_share() -> None:
    class Halved(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g * w, (g * x).sum(0) / len(x)

    given = (tensors((2, 3)), tensors((3,)))
    with pytest.raises(AssertionError, match="the gradient of operand 1 is not the sum over the samples"):
        check_operation(Halved.apply, given, batch_axis=(0, None), order=0)
