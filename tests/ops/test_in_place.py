"""Methods that change the tensor itself: its shape, its diagonal, its elements one by one; and aliases of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, GraphError, MutationError, ShapeError


def numbers(*shape: int) -> Any:
    return np.cos(np.arange(1.0, 1.0 + np.prod(shape))).reshape(shape)


# --- shapes -------------------------------------------------------------------------------------------------

RESHAPED = [
    ("squeeze_", (), (1, 3, 1), (3,)),
    ("squeeze_", (0,), (1, 3, 1), (3, 1)),
    ("unsqueeze_", (-1,), (2, 3), (2, 3, 1)),
    ("t_", (), (2, 3), (3, 2)),
    ("transpose_", (0, 2), (2, 3, 4), (4, 3, 2)),
    ("swapaxes_", (0, 1), (2, 3, 4), (3, 2, 4)),
    ("swapdims_", (1, -1), (2, 3, 4), (2, 4, 3)),
    ("resize_", (3, 2), (2, 3), (3, 2)),
    ("resize_", ((6,),), (2, 3), (6,)),
]


@pytest.mark.parametrize(("name", "args", "before", "after"), RESHAPED)
def test_the_tensor_itself_gets_the_shape(name: str, args: tuple[Any, ...], before: Any, after: Any) -> None:
    values = numbers(*before)
    x = ag.tensor(values)
    assert getattr(x, name)(*args) is x
    assert x.shape == after
    out_of_place = {"resize_": "reshape"}.get(name, name.rstrip("_"))
    np.testing.assert_array_equal(x.numpy(), getattr(ag.tensor(values), out_of_place)(*args).numpy())


@pytest.mark.parametrize(("name", "args", "before", "after"), RESHAPED)
def test_gradients_flow_through_a_change_of_shape(name: str, args: Any, before: Any, after: Any) -> None:
    leaf = ag.tensor(numbers(*before), requires_grad=True)
    y = leaf * 2
    with ag.no_grad():
        getattr(y, name)(*args)
    weights = numbers(*after)
    (y * y * ag.tensor(weights)).sum().backward()
    straight = ag.tensor(numbers(*before), requires_grad=True)
    z = getattr(straight * 2, {"resize_": "reshape"}.get(name, name.rstrip("_")))(*args)
    (z * z * ag.tensor(weights)).sum().backward()
    assert leaf.grad.shape == before
    np.testing.assert_array_equal(leaf.grad.numpy(), straight.grad.numpy())


def test_views_and_writes_after_a_change_of_shape_reach_the_tensor() -> None:
    leaf = ag.tensor(numbers(2, 3), requires_grad=True)
    y = (leaf + 0).t_()
    y[0].mul_(10)
    y.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[10, 1, 1], [10, 1, 1]])
    np.testing.assert_allclose(y.detach().numpy()[0], 10 * numbers(2, 3)[:, 0])


def test_operations_recorded_before_keep_the_shape_they_saw() -> None:
    leaf = ag.tensor(numbers(2, 3), requires_grad=True)
    y = leaf * 1.5
    z = y + 1
    y.t_()
    (z * z).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), 3 * (1.5 * numbers(2, 3) + 1))


def test_views_go_on_after_a_change_of_shape() -> None:
    leaf = ag.tensor(numbers(2, 2), requires_grad=True)
    y = leaf * 1
    row = y[0]
    saved = (y * y).sum()
    y.retain_grad()
    y.t_()
    column = y[0]
    y.unsqueeze_(0)
    row.mul_(3)
    column.mul_(5)
    assert y.shape == (1, 2, 2)
    assert y.requires_grad
    assert y.retains_grad
    weights = ag.tensor(np.arange(4.0).reshape(1, 2, 2))
    expected = numbers(2, 2) * [[15, 3], [5, 1]]
    np.testing.assert_allclose(y[0].T.detach().numpy(), expected)
    np.testing.assert_allclose(row.tolist(), expected[0])
    (y * weights).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[0, 6], [5, 3]])
    np.testing.assert_array_equal(y.grad.numpy(), weights.numpy())
    with pytest.raises(MutationError, match="'mul' saved its a of shape"):
        saved.backward()


def test_a_view_itself_may_change_its_shape() -> None:
    leaf = ag.tensor(numbers(2, 2), requires_grad=True)
    y = leaf * 1
    column = y[:, :1]
    detached = column.detach()
    assert column.t_().shape == (1, 2)
    column.mul_(3)
    assert detached.shape == (2, 1)
    y.mul_(2)
    (y * y).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), 2 * numbers(2, 2) * [[36, 4], [36, 4]])
    np.testing.assert_allclose(column.detach().numpy(), detached.numpy().T)


def test_values_saved_before_a_change_of_shape_stay_good() -> None:
    leaf = ag.tensor(numbers(2), requires_grad=True)
    y = leaf * 1
    loss = (y * y).sum()
    y.unsqueeze_(0)
    (loss + (y * y * y).sum()).backward()
    np.testing.assert_allclose(leaf.grad.numpy(), 2 * numbers(2) + 3 * numbers(2) ** 2)


def test_a_shape_that_needs_other_memory_is_refused_where_it_is_shared() -> None:
    x = ag.tensor(numbers(2, 3)).t()
    with pytest.raises(MutationError, match=r"resize_: this shape needs new memory(.|\n)*fix: x = x\.resize"):
        x.resize_(6)
    assert x.shape == (3, 2)


def test_leaves_change_their_shape_only_outside_recording() -> None:
    w = ag.tensor(numbers(2, 3), requires_grad=True)
    with pytest.raises(MutationError, match="t_: a leaf that requires gradients"):
        w.t_()
    with ag.no_grad():
        w.t_()
        w.t_().t_()
    assert w.shape == (3, 2)
    assert w.is_leaf
    (w * 2).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), np.full((3, 2), 2.0))


def test_resize_neither_grows_nor_shrinks() -> None:
    x = ag.zeros(2, 3)
    with pytest.raises(ShapeError, match=r"resize_: the number of elements must stay"):
        x.resize_(7)
    with pytest.raises(ShapeError, match="fix: x = "):
        x.resize_(2, 2)
    assert x.resize_as_(ag.zeros(6)).shape == (6,)
    assert x.resize_(6) is x


# --- values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "wrap"),
    [((3, 3), False), ((2, 4), False), ((7, 3), False), ((7, 3), True), ((2, 5), True), ((3, 3, 3), False)],
)
def test_fill_diagonal_is_numpys(shape: Any, wrap: bool) -> None:
    expected = numbers(*shape)
    np.fill_diagonal(expected, 7.0, wrap=wrap)
    x = ag.tensor(numbers(*shape))
    assert x.fill_diagonal_(7.0, wrap) is x
    np.testing.assert_array_equal(x.numpy(), expected)


def test_fill_diagonal_cuts_the_gradient() -> None:
    leaf = ag.tensor(numbers(2, 3), requires_grad=True)
    (leaf * 2).fill_diagonal_(5).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[0, 2, 2], [2, 0, 2]])
    for shape in ((3,), (2, 3, 3)):
        with pytest.raises(ShapeError, match="fill_diagonal_: expected a matrix"):
            ag.zeros(shape).fill_diagonal_(1)


def test_draws_have_the_distribution_asked_for() -> None:
    ag.manual_seed(0)
    n = 40_000
    logs = ag.empty(n, dtype=ag.float64).log_normal_(0.5, 0.25).log()
    assert abs(logs.mean().item() - 0.5) < 0.01
    assert abs(logs.std().item() - 0.25) < 0.01
    cauchy = ag.empty(n, dtype=ag.float64).cauchy_(3.0, 2.0)
    np.testing.assert_allclose(np.quantile(cauchy.numpy(), (0.25, 0.5, 0.75)), (1.0, 3.0, 5.0), atol=0.1)
    trials = ag.empty(n).geometric_(0.25)
    assert trials.min().item() == 1
    assert abs(trials.mean().item() - 4) < 0.1
    assert abs((trials == 2).float().mean().item() - 0.25 * 0.75) < 0.01
    for wrong in (
        lambda t: t.log_normal_(0.0, 0.0),
        lambda t: t.cauchy_(0.0, -1.0),
        lambda t: t.geometric_(1.0),
        lambda t: t.geometric_(0.0),
    ):
        with pytest.raises(ArgumentError, match="must"):
            wrong(ag.empty(2))


def test_functions_of_single_elements() -> None:
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.T.apply_(lambda v: v * 10 if v > 1 else -v).tolist() == [[-1.0, 30.0], [20.0, 40.0]]
    assert x.tolist() == [[-1.0, 20.0], [30.0, 40.0]]
    assert x.map_(ag.tensor([1.0, 2.0]), lambda a, b: a + b).tolist() == [[0.0, 22.0], [31.0, 42.0]]
    assert ag.tensor([1, 2]).apply_(lambda v: v / 2).tolist() == [0, 1]
    with pytest.raises(GraphError, match="apply_: a Python function of single elements has no gradient"):
        (ag.ones(2, requires_grad=True) * 2).apply_(abs)
    with pytest.raises(GraphError, match="map_"):
        ag.ones(2).map_(ag.ones(2, requires_grad=True), max)


# --- in-place forms under every name ------------------------------------------------------------------------

_X = numbers(2, 3) / 2
_POSITIVE = np.abs(_X) + 1.5
_WHOLE = np.array([[12, 9, 5], [7, 4, 6]])
_MASK = np.array([[True, False, True], [False, False, True]])

ALIASES = [
    *((name, _X, ()) for name in ("absolute", "fix", "sgn", "arcsin", "arccos", "arctan", "arcsinh", "deg2rad")),
    *((name, _X, ()) for name in ("arctanh", "rad2deg", "i0", "conj_physical")),
    ("arccosh", _POSITIVE, ()),
    *((name, _X, (0.1,)) for name in ("greater", "greater_equal", "less", "less_equal", "not_equal")),
    ("arctan2", _X, (_POSITIVE,)),
    ("heaviside", _X, (_POSITIVE,)),
    ("ldexp", _X, (_WHOLE,)),
    ("nextafter", _X, (_POSITIVE,)),
    ("float_power", _POSITIVE, (1.5,)),
    ("renorm", _X, (2, 0, 0.3)),
    ("mvlgamma", _POSITIVE, (2,)),
    ("polygamma", _POSITIVE, None),
    *((name, _WHOLE, (6,)) for name in ("gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor")),
    *((name, _WHOLE, (1,)) for name in ("bitwise_left_shift", "bitwise_right_shift")),
    ("bitwise_not", _WHOLE, ()),
    ("bitwise_and", _MASK, (~_MASK,)),
    ("addmm", numbers(2, 2), (_X, _X.T)),
    ("addmv", numbers(2), (_X, _X[0])),
    ("addr", _X, (_X[:, 0], _X[0])),
    ("addbmm", numbers(2, 2), (numbers(4, 2, 3), numbers(4, 3, 2))),
    ("baddbmm", numbers(4, 2, 2), (numbers(4, 2, 3), numbers(4, 3, 2))),
    ("index_reduce", _X, (1, np.array([0, 0]), _POSITIVE[:, :2], "prod")),
]


@pytest.mark.parametrize(("name", "values", "others"), ALIASES)
def test_in_place_forms_hold_what_the_others_return(name: str, values: Any, others: Any) -> None:
    tensors = [ag.tensor(o) if isinstance(o, np.ndarray) else o for o in others or ()]
    x = ag.tensor(values)
    if others is None:
        assert x.polygamma_(1) is x
        expected = ag.polygamma(1, ag.tensor(values))
    else:
        assert getattr(x, f"{name}_")(*tensors) is x
        expected = getattr(ag, name)(ag.tensor(values), *tensors)
    np.testing.assert_array_equal(x.numpy(), expected.to(x.dtype).numpy())


def test_in_place_products_have_gradients() -> None:
    a, b, c = (ag.tensor(numbers(*s), requires_grad=True) for s in ((2, 2), (2, 3), (3, 2)))
    y = a * 1
    assert ag.testing.gradcheck(lambda a, b, c: (a * 1).addmm_(b, c, beta=0.5, alpha=2), (a, b, c))
    assert y.addmm_(b, c).grad_fn is not None
