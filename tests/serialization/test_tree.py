"""Trees come back as they were, and what is no part of a tree is refused by its type and place."""

from __future__ import annotations

import enum
import math
from collections import Counter, OrderedDict, defaultdict
from typing import Any, NamedTuple

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from nn import optim
from tests.serialization.trees import assert_same, through_file, written

# --- round trips ------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(), st.integers(-(2**200), 2**200), st.floats(), st.booleans())
# With surrogates that belong to no pair, which UTF-8 cannot write.
TEXT = st.text(st.characters(exclude_categories=()))
KEYS = st.recursive(
    st.one_of(st.none(), TEXT, NUMBERS.filter(lambda x: x == x)), lambda keys: st.tuples(keys, keys), max_leaves=3
)
ARRAYS = npst.arrays(
    st.one_of(
        npst.boolean_dtypes(),
        npst.integer_dtypes(endianness="="),
        npst.unsigned_integer_dtypes(endianness="="),
        npst.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
    ),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
TENSORS = st.builds(
    lambda array, wanted: ag.as_tensor(array).requires_grad_(wanted and array.dtype.kind == "f"), ARRAYS, st.booleans()
)
TREES = st.recursive(
    st.one_of(st.none(), NUMBERS, TEXT, ARRAYS, TENSORS),
    lambda trees: st.one_of(
        st.lists(trees, max_size=4),
        st.lists(trees, max_size=4).map(tuple),
        st.dictionaries(KEYS, trees, max_size=4),
        st.dictionaries(TEXT, trees, max_size=4).map(OrderedDict),
    ),
    max_leaves=12,
)


@given(TREES)
def test_a_tree_comes_back_as_it_was(tree: Any) -> None:
    assert_same(through_file(tree), tree)


@pytest.mark.parametrize(
    "value",
    [
        *(math.inf, -math.inf, math.nan, -0.0, 5e-324, 1.7976931348623157e308, 0.1),
        *(2**63 - 1, -(2**63), 2**63, -(2**63) - 1, True, False, None, "", "\ud800", "{}"),
        *([], (), {}, OrderedDict(), [[]], ((),), {"dict": {"tuple": [1]}}, {"tensor": "obj"}),
        *({1: "a", "1": "b", (1, (2.5, None)): "c", None: "d", 0: "e"}, {"": {"": 0}}),
        *(np.float64(0.1), np.float32(0.1), np.int8(-3), np.bool_(True), np.array(3.0), np.zeros((0, 3))),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_special_values(value: Any) -> None:
    assert_same(through_file(value), value)
    assert_same(through_file({"a": [value]}), {"a": [value]})


def test_whole_numbers_of_any_length() -> None:
    # Python limits the digits of decimal text, of which 10**5000 would have too many.
    assert_same(through_file([10**5000, -(10**5000)]), [10**5000, -(10**5000)])


def test_memory_order_and_byte_order_do_not_matter() -> None:
    x = np.arange(6.0).reshape(2, 3)
    for array in (x.T, x[:, ::-1], x[::2], np.asfortranarray(x), x.astype(">f8"), np.broadcast_to(x, (2, 2, 3))):
        assert_same(through_file(array), np.array(array, np.float64, order="C"))
        assert_same(through_file(ag.as_tensor(np.array(array, np.float64))), ag.tensor(array.tolist()).double())


def test_the_same_tree_gives_the_same_bytes() -> None:
    tree = {"b": ag.ones(3), "a": [ag.zeros(2), 1, {"x": 2.5}]}
    assert written(tree) == written(tree)


# --- tensors that share -----------------------------------------------------------------------------------------------


def test_a_tensor_that_comes_twice_is_one_tensor() -> None:
    w = ag.ones(3, requires_grad=True)
    loaded = through_file([w, {"again": w}])
    assert loaded[0] is loaded[1]["again"]


def test_tensors_over_the_same_elements_share_them_again_and_are_stored_once() -> None:
    w = ag.zeros(1000)
    apart, together = len(written([w, w.clone()])), len(written([w, w.detach()]))
    assert apart - together > 3900
    a, b = through_file([w.requires_grad_(), w.detach()])
    assert (a.requires_grad, b.requires_grad) == (True, False)
    loss = (a * a).sum()
    b += 1
    assert a.tolist() == [1.0] * 1000
    with pytest.raises(ag.errors.MutationError):
        loss.backward()


def test_tied_weights_come_back_tied() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    state = through_file(net.state_dict())
    state["0.weight"].zero_()
    assert state["1.weight"].abs().sum().item() == 0
    assert state["1.bias"].abs().sum().item() > 0


def test_a_view_comes_back_by_itself_without_the_rest_of_its_base() -> None:
    base = ag.arange(1000.0)
    assert len(written(base[10:12])) < 400
    whole, part = through_file([base, base[10:12]])
    whole.zero_()
    assert part.tolist() == [10.0, 11.0]


def test_views_that_begin_at_the_same_element_are_told_apart() -> None:
    base = ag.arange(8.0).reshape(2, 4)
    parts = [base[0, :2], base[0, ::2], base[:, 0], base[:1, :2], base[0, :3]]
    assert_same(through_file(parts), [part.clone() for part in parts])


def test_a_container_may_come_twice_and_comes_back_as_two() -> None:
    part = [1, {"x": 2}]
    a, b = through_file([part, part])
    a[1]["x"] = 3
    assert b == part


def test_an_array_and_a_tensor_over_its_elements_share_them() -> None:
    array = np.ones(3)
    loaded, tensor = through_file([array, ag.from_numpy(array)])
    loaded[0] = 5
    assert tensor.tolist() == [5, 1, 1]


def test_parameters_come_back_as_tensors_that_require_gradients_and_results_without_their_graph() -> None:
    loaded = through_file({"p": nn.Parameter(ag.ones(2)), "loss": (ag.ones(2, requires_grad=True) * 3).sum()})
    assert [(type(t), t.requires_grad, t.is_leaf) for t in loaded.values()] == [(ag.Tensor, True, True)] * 2
    assert loaded["loss"].item() == 6


# --- programs' states -------------------------------------------------------------------------------------------------


def test_the_state_of_a_model_and_its_optimiser() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    model(ag.randn(5, 3)).sum().backward()
    optimizer.step()
    saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": None}
    loaded = through_file(saved)
    assert_same(loaded, saved)
    assert list(loaded["optimizer"]["state"]) == list(range(6))
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    other.load_state_dict(loaded["model"])
    optim.Adam(other.parameters()).load_state_dict(loaded["optimizer"])
    x = ag.randn(5, 3)
    assert other.eval()(x).tolist() == model.eval()(x).tolist()


def test_generators_go_on_where_they_were() -> None:
    ours, numpys, legacy = ag.Generator().manual_seed(3), np.random.default_rng(3), np.random.RandomState(3)
    ag.manual_seed(5)
    for _ in range(3):
        ag.rand(1, generator=ours), ag.rand(1), numpys.random(), legacy.normal()
    state = through_file([ours.get_state(), ag.get_rng_state(), numpys.bit_generator.state, legacy.get_state()])
    expected = [ag.rand(2, generator=ours).tolist(), ag.rand(2).tolist(), numpys.random(2), legacy.normal(size=2)]
    ours, numpys, legacy = ag.Generator(), np.random.default_rng(), np.random.RandomState()
    ours.set_state(state[0])
    ag.set_rng_state(state[1])
    numpys.bit_generator.state = state[2]
    legacy.set_state(state[3])
    assert_same(
        [ag.rand(2, generator=ours).tolist(), ag.rand(2).tolist(), numpys.random(2), legacy.normal(size=2)], expected
    )


def test_what_is_no_state_of_a_generator() -> None:
    generator = ag.Generator()
    generator.set_state(generator.get_state().numpy())
    for wrong in (ag.zeros(37), ag.zeros(36, dtype=ag.uint8), ag.zeros(1, 37, dtype=ag.uint8)):
        with pytest.raises(ArgumentError, match=f"expected 37 bytes from get_state, got {wrong.dtype} of shape"):
            generator.set_state(wrong)


# --- refusals ---------------------------------------------------------------------------------------------------------


class Colour(enum.IntEnum):
    RED = 1


class Named(str):
    __slots__ = ()


class Point(NamedTuple):
    x: int


def cyclic() -> list[Any]:
    cycle: list[Any] = []
    cycle.append({"again": cycle})
    return cycle


def deep(levels: int) -> Any:
    tree: Any = 1
    for _ in range(levels):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"a": [1, {2: {3}}]}, r"obj\['a'\]\[1\]\[2\] is of type set;[\s\S]*fix: convert it to a list"),
        (1j, r"obj is of type complex;[\s\S]*fix: save the real and the imaginary part"),
        ([np.ones(2, complex)], r"obj\[0\] has the element type complex128[\s\S]*imaginary part"),
        ({"m": nn.Linear(1, 1)}, r"obj\['m'\] is of type nn.layers.linear.Linear;[\s\S]*fix: save its state_dict\(\)"),
        (ag.Generator(), r"Generator;[\s\S]*fix: save its get_state\(\)"),
        (np.random.default_rng(0), r"Generator;[\s\S]*fix: save its bit_generator.state"),
        (defaultdict(list), r"collections.defaultdict;[\s\S]*fix: convert it to dict, or save its parts"),
        (Counter(), r"collections.Counter;[\s\S]*fix: convert it to dict"),
        (Point(1), r"Point;[\s\S]*fix: convert it to tuple"),
        (Colour.RED, r"Colour;[\s\S]*fix: convert it to int"),
        (Named("x"), r"Named;[\s\S]*fix: convert it to str"),
        (np.ma.masked_array([1]), r"MaskedArray;[\s\S]*fix: convert it to ndarray"),
        ([b"bytes"], r"obj\[0\] is of type bytes"),
        ({"f": len}, r"obj\['f'\] is of type builtin_function_or_method"),
        (np.array(["text"]), r"obj has the element type <U4[\s\S]*text goes into the tree as str"),
        (np.array([None]), r"obj has the element type object"),
        (np.array([1], "M8[s]"), r"obj has the element type datetime64\[s\][\s\S]*convert it to numbers"),
        ({"state": {ag.ones(1): 1}}, r"obj\['state'\] has a Tensor as a key[\s\S]*state_dict\(\), not its state"),
        ({(1, b"x"): 1}, r"obj has the key b'x' of type bytes"),
        (cyclic(), r"obj\[0\]\['again'\] is the container that it stands in"),
        (deep(101), r"obj\[0\]\[0\]\[0\]... is nested more than 100 deep"),
        (nn.LazyLinear(2).state_dict(), r"obj\['weight'\] cannot be saved: UninitializedParameter: it has no shape"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_saved(obj: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        written(obj)


def test_long_double_is_saved_only_where_it_is_double() -> None:
    value = np.longdouble(1)
    if value.itemsize > 8:
        with pytest.raises(ArgumentError, match="convert it to float64"):
            written(value)
    else:
        assert through_file(value) == 1


def test_what_is_nested_less_deeply_can() -> None:
    assert_same(through_file(deep(100)), deep(100))
    assert_same(through_file({1: deep(99)}), {1: deep(99)})
