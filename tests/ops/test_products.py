"""Products: types, error texts, empty tensors and large ranks; values and derivatives are in the records."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

INTEGERS = np.array([[3, 1, -2], [0, 5, 4]])


# --- types --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_have_products(dtype):
    a = ag.tensor(INTEGERS.astype(dtype))
    expected = INTEGERS @ INTEGERS.T
    for y in (a @ a.mT, ag.linear(a, a), ag.einsum("ij,kj->ik", a, a), ag.inner(a, a)):
        assert y.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(y.numpy(), expected)
    assert ag.dot(a[0], a[1]).item() == -3
    assert ag.trace(a).dtype == np.int64
    assert ag.cross(a[0], a[1]).tolist() == np.cross(INTEGERS[0], INTEGERS[1]).tolist()
    assert ag.linalg.matrix_power(a @ a.mT, 2).tolist() == (expected @ expected).tolist()
    assert ag.addmm(ag.tensor([1, 1]).to(dtype), a, a.mT, alpha=2, beta=3).tolist() == (3 + 2 * expected).tolist()


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: x @ y.mT,
        ag.linear,
        lambda x, y: ag.einsum("ij,kj->ik", x, y),
        lambda x, y: ag.tensordot(x, y, ([1], [1])),
        ag.inner,
        lambda x, y: ag.mv(x, y[0]),
    ],
)
def test_types_are_not_mixed_silently(call):
    x = ag.ones(2, 3)
    for other in ("float64", "int64"):
        message = rf"expected same dtype for all operands, got float32 and {other}\n  fix: .*x\.to\(dtype\)"
        with pytest.raises(DTypeError, match=message):
            call(x, ag.ones(2, 3, dtype=other))


@pytest.mark.parametrize("call", [lambda x: x @ x.mT, lambda x: ag.linear(x, x), lambda x: ag.einsum("ij,ij", x, x)])
def test_booleans_have_no_products(call):
    with pytest.raises(DTypeError, match=r"booleans cannot be multiplied and added up\n  fix: .*x\.float\(\)"):
        call(ag.ones(2, 3, dtype="bool"))


def test_one_boolean_operand_can_be_rearranged():
    x = ag.tensor([[True, False], [True, True]])
    assert ag.einsum("ij->ji", x).tolist() == [[True, True], [False, True]]
    assert ag.einsum("ij->i", x).tolist() == [1, 2]


# --- shapes -------------------------------------------------------------------------------------------------


def test_inner_sizes_are_named_and_the_transpose_is_offered():
    with pytest.raises(ShapeError) as error:
        ag.ones(2, 3) @ ag.ones(4, 3)
    assert str(error.value) == (
        "matmul: the inner sizes differ: dim -1 of input is 3, dim -2 of other is 4\n"
        "  input: 2 3\n"
        "           ^\n"
        "  other: 4 3\n"
        "         ^\n"
        "  fix: transpose other: other.mT has shape (3, 4)"
    )


@pytest.mark.parametrize(
    ("a", "b", "fix"),
    [
        ((3, 2), (3, 4), r"transpose input: input.mT has shape \(2, 3\)"),
        ((5, 2), (3, 5), r"swap the operands, or transpose both: \(3, 5\) times \(5, 2\) fits"),
        ((2, 3), (5,), "reshape or transpose so that dim -1 of input equals dim -1 of other"),
        ((5,), (2, 3), "reshape or transpose so that"),
        ((4,), (5,), "reshape or transpose so that"),
    ],
)
def test_other_fixes(a, b, fix):
    with pytest.raises(ShapeError, match=rf"the inner sizes differ.*(\n.*)*fix: {fix}"):
        ag.matmul(ag.ones(a), ag.ones(b))


def test_numbers_have_no_product_of_matrices():
    with pytest.raises(ShapeError, match=r"a number has no product of matrices(\n.*)*fix: multiply with \*"):
        ag.tensor(2.0) @ ag.ones(3)


def test_batches_that_do_not_broadcast():
    with pytest.raises(ShapeError, match="matmul: the shapes do not fit each other"):
        ag.ones(2, 3, 4) @ ag.ones(5, 4, 3)
    with pytest.raises(ShapeError, match="bmm: the batches differ in size"):
        ag.bmm(ag.ones(1, 3, 4), ag.ones(5, 4, 3))


@pytest.mark.parametrize(
    ("name", "operands", "message"),
    [
        ("mm", ((2,), (2, 3)), r"mm: expected matrices \(n, k\)"),
        ("mv", ((2, 3), (3, 1)), r"mv: expected vectors \(n,\)"),
        ("dot", ((2, 3), (3,)), r"dot: expected vectors \(n,\)"),
        ("bmm", ((2, 3), (3, 4)), r"bmm: expected batches of matrices \(N, n, k\)"),
        ("outer", ((2, 3), (3,)), r"outer: expected vectors \(n,\)"),
        ("inner", ((2, 3), (4,)), "inner: the last axes differ in size"),
        ("cross", ((2, 4), (2, 4)), "with size 3 along dim 0"),
        ("tensordot", ((2, 3), (3, 2)), r"tensordot: dims \[0, 1\] of a and dims \[0, 1\] of b differ in size"),
        ("linear", ((5, 3), (3, 4)), r"linear: expected input .*\n.*\n.*\n.*\n  fix: transpose weight"),
        ("linear", ((5, 2, 3), (4, 6)), r"linear: expected input (.|\n)*fix: flatten the input first"),
        ("linear", ((5, 3), (4, 3), (3,)), r"linear: expected one bias for each of the 4 rows of weight"),
    ],
)
def test_ranks_and_sizes_are_checked(name, operands, message):
    function = ag.nn.functional.linear if name == "linear" else getattr(ag, name)
    with pytest.raises(ShapeError, match=message):
        function(*(ag.ones(*shape) for shape in operands))


def test_a_vector_as_weight():
    x = ag.tensor([[1.0, 2.0]])
    assert ag.linear(x, ag.tensor([3.0, 4.0]), ag.tensor(0.5)).tolist() == [11.5]


def test_products_over_an_axis_of_size_zero_are_zero():
    a, b = ag.ones(2, 0, requires_grad=True), ag.ones(0, 3, requires_grad=True)
    assert (a @ b).tolist() == [[0, 0, 0], [0, 0, 0]]
    (a @ b).sum().backward()
    assert (a.grad.shape, b.grad.shape) == ((2, 0), (0, 3))
    assert (ag.ones(4, 2, 0) @ b).sum().item() == 0
    assert (ag.ones(0, 2, 3) @ ag.ones(3, 4)).shape == (0, 2, 4)
    assert ag.linear(ag.ones(0, 3), ag.ones(4, 3), ag.ones(4)).shape == (0, 4)
    assert ag.einsum("ij,jk->ik", a, b).sum().item() == 0


def test_a_weight_used_by_a_batch_gets_one_product():
    x, w = ag.ones(4, 5, 3), ag.ones(3, 2, requires_grad=True)
    y = x @ w
    assert y.grad_fn.name == "matmul_rows"
    y.sum().backward()
    assert w.grad.tolist() == [[20, 20]] * 3


def test_beta_zero_ignores_the_input():
    nan = ag.tensor([[float("nan")]])
    assert ag.addmm(nan, ag.ones(1, 2), ag.ones(2, 1), beta=0).tolist() == [[2]]


def test_chains_are_multiplied_in_the_cheapest_order():
    column = ag.ones(50, 1, requires_grad=True)
    y = ag.linalg.multi_dot([ag.ones(50, 50), ag.ones(50, 50), column])
    assert y.shape == (50, 1)
    # From the right, the last product of matrices has a column as its right-hand side.
    assert y.grad_fn.next_functions[1][0].shape == (50, 1)
    with pytest.raises(ArgumentError, match="at least two matrices, got 1"):
        ag.linalg.multi_dot([column])


# --- Einstein sums ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk", [(2, 3)], "'ij,jk' names 2 operands, got 1"),
        ("i?", [(2, 3)], r"'\?' in 'i\?' is neither a letter"),
        ("...i...", [(2, 3)], "more than one ellipsis"),
        ("ijk", [(2, 3)], r"operand 0 has 2 axes, but 'ijk' names 3\n  fix"),
        ("i", [(2, 3)], "operand 0 has 2 axes, but 'i' names 1"),
        ("ij->ik", [(2, 3)], "the output of 'ij->ik' names a label that no operand has"),
        ("ij->ii", [(2, 3)], "the output of 'ij->ii' names a label twice"),
    ],
)
def test_equations_that_cannot_be_read(equation, shapes, message):
    with pytest.raises(ArgumentError, match=message):
        ag.einsum(equation, *(ag.ones(*shape) for shape in shapes))


def test_sizes_of_a_label_must_agree():
    with pytest.raises(ShapeError, match=r"in 'ij,jk' 'j' has size 3 and size 4\n  operand 0: 2 3"):
        ag.einsum("ij,jk", ag.ones(2, 3), ag.ones(4, 5))
    with pytest.raises(ShapeError, match="an axis under the ellipsis has size 2 and size 3"):
        ag.einsum("...i,...i", ag.ones(2, 4), ag.ones(3, 4))
    with pytest.raises(ShapeError, match="label 1 has size 3 and size 4"):
        ag.einsum(ag.ones(2, 3), [0, 1], ag.ones(4, 5), [1, 2])
    with pytest.raises(ArgumentError, match="expected an equation and operands"):
        ag.einsum()


def test_a_rearranged_operand_is_a_copy():
    x = ag.tensor([[1.0, 2.0]])
    for equation in ("ij->ij", "ij->ji"):
        ag.einsum(equation, x).zero_()
    assert x.tolist() == [[1, 2]]


def test_operands_may_come_as_a_list_and_labels_as_capitals():
    a, b = ag.ones(2, 3), ag.ones(3, 4)
    assert ag.einsum("Ij, jk -> kI", [a, b]).shape == (4, 2)
    # Capitals come first where the output is not written.
    assert ag.einsum("bA,cb", ag.ones(3, 2), ag.ones(4, 3)).shape == (2, 4)


def test_the_ellipsis_is_summed_over_where_the_output_lacks_it():
    assert ag.einsum("...i->i", ag.ones(2, 3, 4)).tolist() == [6, 6, 6, 6]


def test_size_one_broadcasts_also_on_a_diagonal():
    x = ag.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    y = ag.einsum("ii->i", x)
    assert y.tolist() == [1, 2, 3]
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("seed", range(20))
def test_random_equations(seed):
    rng = np.random.default_rng(seed)
    sizes = dict(zip("abcde", (2, 3, 1, 4, 2), strict=True))
    parts = ["".join(rng.choice(list("abcde"), rng.integers(0, 4), replace=False)) for _ in range(rng.integers(1, 5))]
    labels = sorted(set("".join(parts)))
    output = "".join(rng.permutation([i for i in labels if rng.random() < 0.5]))
    arrays = [rng.standard_normal([sizes[i] for i in part]) for part in parts]
    equation = f"{','.join(parts)}->{output}"
    leaves = [ag.tensor(array, requires_grad=True) for array in arrays]
    y = ag.einsum(equation, *leaves)
    np.testing.assert_allclose(y.detach().numpy(), np.einsum(equation, *arrays), rtol=1e-12, atol=1e-12)
    y.sum().backward()
    # The form is linear in each operand: the product with its gradient is the form itself.
    for leaf in leaves:
        assert (leaf * leaf.grad).sum().item() == pytest.approx(y.sum().item(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (3,), (0, 3)])
@pytest.mark.parametrize("wanted", [(True, True, True), (False, True, True), (True, False, False)])
def test_the_pullback_of_linear_says_what_its_rules_say(shape: tuple[int, ...], wanted: tuple[bool, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) for s in (shape, (5, 3), (5,))]
    leaves = [ag.tensor(a, requires_grad=w) for a, w in zip(arrays, wanted, strict=True)]
    asked = [leaf for leaf in leaves if leaf.requires_grad]
    y = ag.linear(*leaves)
    g = ag.tensor(rng.standard_normal(y.shape))
    by_pullback = ag.autograd.grad(y, asked, g, retain_graph=True)
    by_rules = ag.autograd.grad(y, asked, g, create_graph=True)
    for a, b in zip(by_pullback, by_rules, strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-14, atol=1e-14)
