"""Rows: what signatures save, by-products, several outputs, promotion, and how refusals of kernels are explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core import UNKNOWN, BinaryOp, Like, Node, Op, Tensor, UnaryOp, VariadicOp, gradients, registry
from autograd_np.core.dtypes import result_dtype
from autograd_np.errors import ArgumentError, DecompositionError, DTypeError, RuleError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck


@pytest.fixture(autouse=True)
def _rows_of_a_test_end_with_it() -> Iterator[None]:
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def leaf(*values: Any) -> Tensor:
    return ag.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def saved_by(t: Tensor) -> tuple[Any, ...]:
    assert isinstance(t._node, Node)
    assert t._node.saved is not None
    return t._node.saved


# --- the signature is the save list -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "keeps_y", "keeps_x"),
    [
        (lambda g, _y, _x: g, False, False),
        (lambda g, y, _x: g * y, True, False),
        (lambda g, _y, x: g * x, False, True),
        (lambda g, y, x: g * y * x, True, True),
        (lambda g, _, __: g, False, False),
    ],
)
def test_a_unary_row_keeps_what_its_rule_names(rule: Any, keeps_y: bool, keeps_x: bool) -> None:
    tested = UnaryOp("tested", np.exp, rule)
    assert tested.keeps == ((keeps_x,),)
    assert tested.keeps_output == (keeps_y,)
    x = leaf(0.0, 1.0)
    t = tested(x)
    y, operand = saved_by(t)
    assert y is (t.detach()._array if keeps_y else None)
    assert operand is (x.detach()._array if keeps_x else x._node)
    assert (operand.shape, operand.dtype) == ((2,), np.float64)


def test_a_binary_row_keeps_what_the_rules_of_live_operands_name() -> None:
    tested = BinaryOp("tested", np.multiply, lambda g, _y, _a, b: g * b, lambda g, y, _a, b: g * y / b + 0 * _a.size)
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    constant = ag.as_tensor(np.array([5.0, 6.0]))
    assert saved_by(tested(a, b))[0] is not None
    y, x, z = saved_by(tested(a, constant))
    assert y is None
    assert x is a._node
    assert z is constant.detach()._array
    y, x, z = saved_by(tested(constant, b))
    assert y is not None
    assert x == Like((2,), np.float64)
    assert z is b.detach()._array
    silent = BinaryOp("silent", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g)
    assert saved_by(silent(constant, b)) == (None, UNKNOWN, b._node)
    assert saved_by(silent(2.0, b)) == (None, 2.0, b._node)


def test_operands_that_are_not_kept_show_shape_and_type() -> None:
    shown: list[Any] = []

    def rule(g: Any, _y: Any, _a: Any, _b: Any) -> Any:
        shown.append((_y.shape, _a.shape, _b.shape, _b.dtype, _b.ndim, _b.size))
        return g

    tested = Op("tested", np.add, rule, None, broadcasts=True)
    tested(leaf(1.0, 2.0), ag.as_tensor(np.ones((3, 2), np.float32))).sum().backward()
    assert shown == [((3, 2), (2,), (3, 2), np.float32, 2, 6)]


def test_nothing_is_saved_where_nothing_is_recorded() -> None:
    x = leaf(1.0)
    with ag.no_grad():
        assert (x * x)._node is None
    assert (ag.ones(1) * ag.ones(1))._node is None


def test_operands_without_a_rule_have_no_edge() -> None:
    tested = Op("tested", lambda x, index: x[index], lambda g, _y, _x, index: g, None)
    x = leaf(1.0)
    t = tested(x, ag.tensor([0]))
    assert t._node.edges == (x._node, None)
    assert not Op("constant", np.sign, None)(x).requires_grad


def test_python_scalars_stay_scalars() -> None:
    x = leaf(1.0)
    assert saved_by(x * 3)[2] == 3
    assert type(saved_by(x * 3)[2]) is int
    assert type(saved_by(x * np.float64(3.0))[2]) is float
    assert (ag.ones(1) * np.float64(3.0)).dtype == np.float32


def test_a_variadic_row_passes_all_operands_and_the_index() -> None:
    tested = VariadicOp(
        "tested",
        lambda *xs, axis: np.stack(xs, axis) ** 2,
        lambda g, _y, xs, i, axis: 2 * xs[i] * (g[i] if axis == 0 else g[:, i]),
    )
    assert tested.operand_names == ("xs",)
    operands = (leaf(1.0, 2.0), leaf(3.0, -4.0), ag.as_tensor(np.ones(2)))
    assert gradcheck(lambda *xs: tested(*xs, axis=0), operands)
    assert gradcheck(lambda *xs: tested(*xs, axis=1), operands)
    shapes_only = VariadicOp("shapes only", lambda *xs: sum(xs), lambda g, _y, _xs, i: g)
    t = shapes_only(*operands)
    assert saved_by(t)[1] is operands[0]._node
    assert t._node.cells == ()


# --- several outputs and by-products ------------------------------------------------------------------------


def test_several_outputs() -> None:
    tested = Op(
        "tested",
        lambda x: (x * 2, np.argsort(x), x**3),
        lambda g, _y, x: (0 if g[0] is None else 2 * g[0]) + (0 if g[2] is None else 3 * g[2] * x * x),
        outputs=3,
    )
    x = leaf(3.0, 1.0)
    double, order, cube = tested(x)
    assert double.requires_grad
    assert cube.requires_grad
    assert not order.requires_grad
    assert order.tolist() == [1, 0]
    assert gradcheck(tested, x)
    assert gradgradcheck(tested, x)
    assert gradcheck(lambda x: tested(x)[2], x)
    arrays = tested(np.array([3.0, 1.0]))
    assert all(type(y) is np.ndarray for y in arrays)


def test_saved_outputs_of_several_are_attached_again() -> None:
    tested = Op(
        "tested",
        lambda x: (np.exp(x), np.exp(2 * x)),
        lambda g, y, _x: (0 if g[0] is None else g[0] * y[0]) + (0 if g[1] is None else 2 * g[1] * y[1]),
        outputs=2,
    )
    x = leaf(0.3, -0.5)
    assert gradcheck(tested, x)
    assert gradgradcheck(tested, x)

    # The outputs take part twice: in what was computed from them, and in the rule.
    def product(x: Tensor) -> Tensor:
        a, b = tested(x)
        return a * b * b

    assert gradgradcheck(product, x)
    (g,) = gradients(product(x).sum(), x, create_graph=True)
    (h,) = gradients(g.sum(), x, create_graph=True)
    (third,) = gradients(h.sum(), x)
    np.testing.assert_allclose(third.numpy(), 125 * np.exp(5 * np.array([0.3, -0.5])), rtol=1e-12)


def norm_row(expression: Any) -> Op:
    return Op(
        "tested",
        lambda x: ((n := np.sqrt((x * x).sum())) * 2, n),
        lambda g, _y, x, n: 2 * g * x / n,
        by_products={"n": expression},
    )


def test_by_products_are_recomputed_for_higher_orders() -> None:
    right = norm_row(lambda x: (x * x).sum() ** 0.5)
    x = leaf(0.3, -0.5)
    assert right(np.array([3.0, 4.0])) == 10
    assert saved_by(right(x))[2].shape == ()
    assert gradcheck(right, x)
    assert gradgradcheck(right, x)
    constant = norm_row(None)
    assert gradcheck(constant, x)
    assert not gradgradcheck(constant, x, raise_exception=False)


def test_what_a_by_products_expression_needs_is_kept() -> None:
    tested = Op(
        "tested",
        lambda x: (np.exp(x), np.exp(x)),
        lambda g, _y, _x, e: g * e,
        by_products={"e": lambda x: tested(x) * 1},
    )
    assert tested.keeps == ((True,),)
    assert gradgradcheck(tested, leaf(0.3, -0.5))


def test_unary_rows_may_have_by_products_and_outputs() -> None:
    tested = UnaryOp(
        "tested",
        lambda x: (x * x, np.sign(x)),
        lambda g, _y, x, sign: 2 * g * sign * abs(x),
        by_products={"sign": None},
    )
    assert gradcheck(tested, leaf(0.3, -0.5))
    assert gradgradcheck(tested, leaf(0.3, -0.5))


# --- the cotangent's shape ----------------------------------------------------------------------------------


def test_only_rows_that_broadcast_are_summed_back() -> None:
    summed = BinaryOp("summed", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g)
    a, b = leaf(1.0), leaf([1.0, 2.0], [3.0, 4.0])
    assert gradcheck(summed, (a, b))
    strict = BinaryOp("strict", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, broadcasts=False)
    with pytest.raises(RuleError, match=r"strict: .*wrong shape for its a\n +a: +1\n +cotangent: 2 2"):
        gradients(strict(a, b).sum(), a)


def test_a_cotangent_smaller_than_its_operand_is_an_error_even_there() -> None:
    tested = BinaryOp("tested", np.add, lambda g, _y, _a, _b: g.sum(), lambda g, _y, _a, _b: g)
    y = tested(leaf(1.0, 2.0), 1.0).sum()
    with pytest.raises(RuleError, match="wrong shape"):
        y.backward()


def test_rules_may_return_numpy_scalars() -> None:
    scalar = UnaryOp("scalar", np.negative, lambda g, _y, _x: np.float64(-g))
    x = ag.tensor(np.array(2.0), requires_grad=True)
    scalar(x).backward()
    assert x.grad.item() == -1


# --- promotion ----------------------------------------------------------------------------------------------

B, U8, I32, I64 = np.bool_, np.uint8, np.int32, np.int64
F16, F32, F64 = np.float16, np.float32, np.float64

# Result types of torch.result_type for a tensor with axes beside: another one, a 0-d one, a Python number.
WITH_AXES = {
    (B, B): B, (B, U8): U8, (B, I64): I64, (B, F32): F32, (U8, I32): I32, (U8, I64): I64, (I32, I64): I64,
    (I64, F16): F16, (I64, F32): F32, (U8, F64): F64, (F16, F32): F32, (F32, F64): F64, (F16, F64): F64,
}  # fmt: skip
BESIDE_0D = {
    (B, I64): I64, (B, F64): F64, (U8, I64): U8, (I32, I64): I32, (I64, F32): F32, (I64, F64): F64,
    (F16, F64): F16, (F32, F64): F32, (F32, I64): F32, (F64, F32): F64, (I64, B): I64,
}  # fmt: skip
BESIDE_NUMBER = [
    (B, True, B), (B, 2, I64), (B, 2.0, F32), (U8, 2, U8), (I32, 2, I32), (I64, 2.0, F32), (U8, 2.0, F32),
    (F16, 2.0, F16), (F32, 2, F32), (F32, True, F32), (F64, 2.0, F64),
]  # fmt: skip


@pytest.mark.parametrize(("types", "expected"), WITH_AXES.items())
def test_types_of_tensors_with_axes(types: Any, expected: Any) -> None:
    a, b = (np.ones(2, t) for t in types)
    assert result_dtype(a, b) == expected
    assert result_dtype(b, a) == expected


@pytest.mark.parametrize(("types", "expected"), BESIDE_0D.items())
def test_zero_dimensional_tensors_are_weak(types: Any, expected: Any) -> None:
    a, b = np.ones(2, types[0]), np.ones((), types[1])
    assert result_dtype(a, b) == expected
    assert result_dtype(b, a) == expected


@pytest.mark.parametrize(("dtype", "number", "expected"), BESIDE_NUMBER)
def test_python_numbers_are_weak(dtype: Any, number: Any, expected: Any) -> None:
    a = np.ones(2, dtype)
    assert result_dtype(a, number) == expected
    assert result_dtype(number, a) == expected


@pytest.mark.parametrize("number", [2, 2.5, True, np.float64(2.5), np.array(2.5)])
@pytest.mark.parametrize("dtype", [F16, F32, F64, I64, B])
def test_the_operators_promote_alike(dtype: Any, number: Any) -> None:
    a = ag.as_tensor(np.ones(3, dtype))
    scalar = number.item() if isinstance(number, np.generic) else number
    expected = result_dtype(a.detach()._array, scalar)
    assert (a * number).dtype == expected
    # To the left of an operator NumPy's own values decide, and they promote as NumPy does.
    if not isinstance(number, (np.generic, np.ndarray)):
        assert (number * a).dtype == expected


def test_division_lifts_integers() -> None:
    i = ag.tensor([1, 2])
    assert (i / 2).dtype == F32
    assert (i / i).dtype == F32
    assert (2 / i).dtype == F32
    assert (i / ag.as_tensor(np.ones(2))).dtype == F64


def test_lifting_rows_of_one_operand() -> None:
    lifting = UnaryOp("lifting", np.exp, lambda g, y, _x: g * y, promotion="float")
    assert lifting(ag.tensor([1, 2])).dtype == F32
    assert lifting(ag.tensor([True])).dtype == F32
    assert lifting(ag.as_tensor(np.ones(2, F16))).dtype == F16


def test_the_default_type_is_what_floats_become() -> None:
    ag.set_default_dtype("float64")
    try:
        assert (ag.tensor([1, 2]) * 0.5).dtype == F64
        assert (ag.tensor([1, 2]) / 2).dtype == F64
    finally:
        ag.set_default_dtype("float32")


def test_gradients_return_in_their_operands_type() -> None:
    a = ag.tensor(np.ones(2, F32), requires_grad=True)
    b = ag.tensor(np.ones(2, F64), requires_grad=True)
    (a * b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (F32, F64)


# --- results and refusals -----------------------------------------------------------------------------------


def test_zero_dimensional_results_are_arrays() -> None:
    x = ag.tensor(np.array(2.0), requires_grad=True)
    for t in (x * x, -x, x + 1, x / 2):
        assert type(t.detach()._array) is np.ndarray
    assert type(registry["mul"](np.float64(2.0), np.float64(3.0))) is np.ndarray


def test_rows_on_arrays_return_arrays() -> None:
    assert type(registry["mul"](np.ones(2), 3)) is np.ndarray
    assert type(registry["neg"](np.ones(2))) is np.ndarray


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError) as caught:
        _ = ag.ones(2, 3) * ag.ones(4)
    message = str(caught.value)
    assert message.startswith("mul: the shapes do not fit each other: dim -1 is 3 in a and 4 in b\n")
    assert "  a: 2 3\n  b:   4\n       ^\n" in message
    assert "fix:" in message


def refusing(name: str, error: Exception, *, operands: int = 1) -> Op:
    def kernel(*_: Any) -> Any:
        raise error

    rules = [lambda g, *_: g] * operands
    return Op(name, kernel, *rules)


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (ValueError("bad axis"), ArgumentError, "refused: bad axis\n  operand 0: 2"),
        (TypeError("no loop"), DTypeError, r"refused: cannot compute on \(float32\): no loop\n  fix:"),
        (IndexError("too far"), ArgumentError, "refused: too far"),
        (np.linalg.LinAlgError("Singular matrix"), DecompositionError, "refused: Singular matrix"),
        (ShapeError("its own words"), ShapeError, "^its own words$"),
    ],
)
def test_refusals_are_explained(error: Exception, expected: type[Exception], words: str) -> None:
    with pytest.raises(expected, match=words):
        refusing("refused", error)(ag.ones(2))


def test_short_paths_explain_too() -> None:
    def kernel(*_: Any) -> Any:
        raise TypeError("no loop")

    unary = UnaryOp("unary", kernel, lambda g, _y, _x: g)
    with pytest.raises(DTypeError, match=r"unary: cannot compute on \(float32\)"):
        unary(ag.ones(2))
    binary = BinaryOp("binary", kernel, lambda g, *_: g, lambda g, *_: g)
    with pytest.raises(DTypeError, match=r"binary: cannot compute on \(float32, int\)"):
        binary(ag.ones(2), 3)


def test_rows_enter_the_registry_and_can_be_defined_again() -> None:
    first = UnaryOp("mine", np.negative, lambda g, _y, _x: -g)
    assert registry["mine"] is first
    assert repr(first) == "<row mine>"
    second = UnaryOp("mine", np.negative, lambda g, _y, _x: -g)
    assert registry["mine"] is second


def test_a_row_of_ones_own_has_every_order() -> None:
    cube = UnaryOp("cube", lambda x: x**3, lambda g, _y, x: 3 * g * x * x)
    x = leaf(0.5, -1.5)
    assert gradcheck(cube, x)
    assert gradgradcheck(cube, x)


def test_numbers_a_type_cannot_hold_have_words() -> None:
    with pytest.raises(ArgumentError, match=r"mul: .*uint8.*\n  fix: uint8 cannot hold that number"):
        Tensor([1], dtype=np.uint8) * -2
