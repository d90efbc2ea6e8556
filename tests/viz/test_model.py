from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.core import Op, Tensor, VariadicOp, registry
from autograd_np.viz.records import Edge, Node


@pytest.fixture(autouse=True)
def _rows_made_here_stay_here() -> Iterator[None]:
    """Leave the registry as it was, so that no other test meets a row that one here made."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def leaf(value: Any, name: str | None = None) -> Tensor:
    tensor = ag.tensor(value, dtype=ag.float64, requires_grad=True)
    tensor.name = name
    return tensor


def node_of(graph: viz.Graph, name: str) -> Node:
    (found,) = (node for node in graph.nodes if node.name == name)
    return found


def scalars(edges: Any) -> list[tuple[float | None, ...]]:
    def scalar(edge: Edge) -> tuple[float | None, ...]:
        parts = (edge.upstream, edge.local, edge.contribution)
        return tuple(None if part is None else part.scalar for part in parts)

    return [scalar(edge) for edge in edges]


def test_every_argument_is_an_edge_with_its_own_factor() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    u = x * y
    v = u + x
    loss = v * v
    graph = viz.trace(loss, names={"u": u, "v": v, "L": loss})
    assert [node.name for node in graph.nodes] == ["x", "y", "u", "v", "L"]
    assert [node.role for node in graph.nodes] == ["leaf", "leaf", "operation", "operation", "output"]
    assert scalars(graph.outgoing(node_of(graph, "x"))) == [(16.0, 3.0, 48.0), (16.0, 1.0, 16.0)]
    assert scalars(graph.outgoing(node_of(graph, "v"))) == [(1.0, 8.0, 8.0), (1.0, 8.0, 8.0)]
    assert [edge.slot for edge in graph.incoming(node_of(graph, "L"))] == [0, 1]
    gradients = {node.name: node.gradient.scalar for node in graph.nodes if node.gradient is not None}
    assert gradients == {"x": 64.0, "y": 32.0, "u": 16.0, "v": 16.0, "L": 1.0}
    assert {node.name: node.value.scalar for node in graph.nodes if node.value is not None} == {
        "x": 2.0, "y": 3.0, "u": 6.0, "v": 8.0, "L": 64.0,
    }  # fmt: skip


def test_tracing_changes_nothing() -> None:
    x = leaf([1.0, 2.0])
    loss = (x.exp() * x).sum()
    viz.trace(loss)
    assert x.grad is None
    viz.trace(loss)
    loss.backward()
    assert x.grad is not None
    before = x.grad.numpy().copy()
    with pytest.raises(RuntimeError, match="freed"):
        loss.backward()
    viz.trace(loss)
    np.testing.assert_array_equal(x.grad.numpy(), before)


def test_gradients_are_the_engines() -> None:
    rng = np.random.default_rng(0)
    w, b = leaf(rng.normal(size=(3, 2)), "w"), leaf(rng.normal(size=2), "b")
    loss = ((ag.tensor(rng.normal(size=(4, 3))) @ w + b).tanh() ** 2).mean()
    graph = viz.trace(loss)
    loss.backward()
    for tensor in (w, b):
        gradient = node_of(graph, tensor.name or "").gradient
        assert gradient is not None
        assert tensor.grad is not None
        assert gradient.norm == pytest.approx(np.linalg.norm(tensor.grad.numpy()))
    assert node_of(graph, "b").gradient == viz.Summary.of(b.grad.numpy())


def test_small_elementwise_operations_have_their_local_derivative_element_by_element() -> None:
    x, scale = leaf([1.0, 2.0, 3.0], "x"), leaf(2.0, "s")
    graph = viz.trace((x * scale).sum())
    by_source = {graph.nodes[edge.src].name: edge for edge in graph.edges}
    assert by_source["x"].local is not None
    assert by_source["x"].local.values == (2.0, 2.0, 2.0)
    # Broadcast: the sum over the elements is no local derivative.
    assert by_source["s"].local is None
    assert by_source["s"].contribution == viz.Summary.of(np.float64(6.0))


def test_train_level_values_are_computed_again_from_leaves_and_numbers() -> None:
    x = leaf(2.0, "x")
    loss = (x + 1.0) - 3.0
    graph = viz.trace(loss)
    assert [node.value.scalar for node in graph.nodes if node.op and node.value is not None] == [3.0, 0.0]
    assert [node.name for node in graph.nodes if node.role == "constant"] == ["1", "3"]


def test_array_constants_that_were_not_kept_say_so() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x + ag.tensor([1.0, 1.0], dtype=ag.float64)
    graph = viz.trace(y.sum())
    (constant,) = (node for node in graph.nodes if node.role == "constant")
    (added,) = (node for node in graph.nodes if node.op == "add")
    assert constant.value is None
    assert constant.shape == ()  # no rule of a sum asks for it
    assert constant.value_note == added.value_note == "not kept: draw inside record()"
    # The gradients need none of them.
    assert node_of(graph, "x").gradient == viz.Summary.of(np.ones(2))


def test_record_level_keeps_constants_modules_and_lines() -> None:
    x = leaf([1.0, 2.0], "x")
    data = ag.tensor([1.0, 3.0], dtype=ag.float64)
    data.name = "data"
    with ag.record(), ag.scope("encoder"):
        y = x + data
    graph = viz.trace(y, gradient=[1.0, 2.0])
    (constant,) = (node for node in graph.nodes if node.role == "constant")
    assert constant.name == "data"
    assert constant.value == viz.Summary.of(np.array([1.0, 3.0]))
    (added,) = (node for node in graph.nodes if node.op)
    assert added.module == "encoder"
    assert added.source.startswith("test_model.py:")
    assert added.value == viz.Summary.of(np.array([2.0, 5.0]))
    assert added.gradient == viz.Summary.of(np.array([1.0, 2.0]))


def test_freed_values_are_said_to_be_so_and_no_gradient_reads_zero() -> None:
    x = leaf(2.0, "x")
    data = ag.tensor(5.0, dtype=ag.float64)
    y = (x * data).exp()
    y.backward()
    graph = viz.trace(y)
    (product,) = (node for node in graph.nodes if node.op == "mul")
    (constant,) = (node for node in graph.nodes if node.role == "constant")
    assert product.value_note == constant.value_note == "values freed by backward()"
    assert node_of(graph, "x").gradient is None
    assert node_of(graph, "x").gradient_note == "values freed by backward()"
    assert "0" not in graph.to_text().split("\n")[-1].split("grad")[1]


def test_after_backward_what_follows_from_the_leaves_is_still_drawn() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    loss = (x * y).exp()
    loss.backward()
    graph = viz.trace(loss)
    assert node_of(graph, "x").gradient == viz.Summary.of(x.grad.numpy())


def test_after_backward_a_recorded_graph_is_complete() -> None:
    x = leaf([2.0, 1.0], "x")
    with ag.record():
        loss = ((x * ag.tensor([5.0, 3.0], dtype=ag.float64)).softmax(0) ** 2).sum()
    loss.backward()
    graph = viz.trace(loss)
    assert x.grad is not None
    np.testing.assert_allclose(node_of(graph, "x").gradient.values, x.grad.numpy(), rtol=1e-12)
    assert all(node.value is not None for node in graph.nodes)


def test_changed_leaves_are_said_to_be_so() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    added, product = x + y, x * y
    with ag.no_grad():
        x += 1.0
    graph = viz.trace(added)
    assert node_of(graph, "x").value_note == "changed since it was recorded"
    graph = viz.trace(product)
    assert node_of(graph, "y").gradient is None
    assert node_of(graph, "y").gradient_note == "changed since it was recorded"


def test_new_data_of_a_leaf_are_not_the_recorded_ones() -> None:
    x = leaf(2.0, "x")
    y = x + 1.0
    x.data = ag.tensor(7.0, dtype=ag.float64)
    (old,) = (node for node in viz.trace(y).nodes if node.role == "leaf")
    assert old.value is None
    assert old.value_note == "changed since it was recorded"


def test_a_leaf_whose_tensor_is_gone_says_so() -> None:
    y = leaf(2.0) + leaf(3.0)
    graph = viz.trace(y)
    assert {node.value_note for node in graph.nodes if node.role == "leaf"} == {"not kept: its tensor is gone"}
    assert graph.nodes[graph.output].value == viz.Summary.of(np.float64(5.0))


def test_an_output_of_several_elements_needs_a_gradient() -> None:
    x = leaf([1.0, 2.0], "x")
    graph = viz.trace(x * 2.0)
    assert node_of(graph, "x").gradient is None
    assert any("pass gradient=" in note for note in graph.notes)
    with_gradient = viz.trace(x * 2.0, gradient=ag.tensor([1.0, 10.0]))
    assert node_of(with_gradient, "x").gradient == viz.Summary.of(np.array([2.0, 20.0]))
    with pytest.raises(ValueError, match="gradient's shape must be the output's"):
        viz.trace(x * 2.0, gradient=[1.0, 2.0, 3.0])


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a Tensor, got float"):
        viz.trace(3.0)


def test_a_tensor_without_graph_is_one_constant() -> None:
    graph = viz.trace(ag.tensor(3.0))
    (node,) = graph.nodes
    assert (node.role, node.name, node.gradient) == ("constant", "x0", None)
    assert graph.notes[0].startswith("x0: no gradient")
    assert graph.to_svg(engine="built-in").count('<g class="n constant"') == 1


def test_a_leaf_alone_can_be_drawn() -> None:
    x = leaf(3.0, "x")
    (node,) = viz.trace(x).nodes
    assert (node.role, node.gradient) == ("leaf", viz.Summary.of(np.float64(1.0)))


def test_operations_with_several_outputs_are_one_node_with_ports() -> None:
    x = leaf([[3.0, 1.0, 2.0]], "x")
    values, indices = x.sort(-1)
    assert indices.dtype == np.int64
    graph = viz.trace((values * values).sum())
    (node,) = (node for node in graph.nodes if node.op == "sort")
    assert [port.shape for port in node.ports] == [(1, 3), (1, 3)]
    assert node.ports[0].value == viz.Summary.of(np.array([[1.0, 2.0, 3.0]]))
    assert node.ports[0].gradient == viz.Summary.of(np.array([[2.0, 4.0, 6.0]]))
    assert node.ports[1].gradient is None
    assert [edge.output for edge in graph.outgoing(node)] == [0, 0]
    assert node_of(graph, "x").gradient == viz.Summary.of(np.array([[6.0, 2.0, 4.0]]))


def test_several_outputs_that_are_traced_themselves() -> None:
    x = leaf([3.0, 1.0], "x")
    values, _ = x.sort(-1)
    graph = viz.trace(values, gradient=[1.0, 5.0], names={"sorted": values})
    node = graph.nodes[graph.output]
    assert (node.name, node.role) == ("sorted", "output")
    assert node_of(graph, "x").gradient == viz.Summary.of(np.array([5.0, 1.0]))


def test_unused_outputs_leave_no_gradient() -> None:
    x = leaf(np.eye(2) * [[2.0], [3.0]], "x")
    values, _ = ag.linalg.eigh(x)
    graph = viz.trace(values.sum())
    (node,) = (node for node in graph.nodes if node.ports)
    assert node.ports[0].gradient is not None
    assert node.ports[1].gradient is None


def test_hooks_are_named_and_not_run() -> None:
    x = leaf(2.0, "x")
    x.register_hook(lambda g: pytest.fail("a drawing ran a hook"))
    graph = viz.trace(x * x)
    assert any("hooks are not run here" in note and note.endswith(" x") for note in graph.notes)


def test_the_first_unusual_value_and_gradient_are_named() -> None:
    x = leaf([0.0, 1.0], "x")
    with np.errstate(divide="ignore"):
        loss = x.log().sum()
    graph = viz.trace(loss)
    assert graph.notes == (
        "⚠ infinity first appears in v1, made by log".replace("made by", "by"),
        "⚠ infinity first appears in the gradient that x receives from log",
    )
    broken = leaf([np.nan], "broken")
    assert "⚠ NaN first appears in broken, as a leaf" in viz.trace((broken * 2.0).sum()).notes


class Parameter(Tensor):
    pass


class Module:
    def __init__(self) -> None:
        self.weight = Parameter([[1.0, 2.0]], dtype=ag.float64).requires_grad_()
        self.bias = leaf([0.5])

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        return [("weight", self.weight), ("bias", self.bias), ("odd", 3)]  # type: ignore[list-item]


def test_names_come_from_mappings_modules_and_tensors() -> None:
    module, x = Module(), leaf([[1.0], [2.0]], "input")
    hidden = module.weight @ x + module.bias
    loss = (hidden * leaf(3.0)).sum()
    everything = {"net": module, "hidden": hidden, "count": 3, "kind": Module}
    names = [node.name for node in viz.trace(loss, names=everything).nodes]
    assert names == ["net.weight", "net.bias", "input", "v1", "hidden", "x0", "v2", "v3"]
    graph = viz.trace(loss, names=module)
    assert {node.name for node in graph.nodes if node.role == "parameter"} == {"weight", "bias"}
    graph = viz.trace(loss, params={"p": x})
    assert node_of(graph, "p").role == "parameter"
    # Its class says so where nobody named it.
    assert [node.role for node in viz.trace(loss).nodes if not node.op][:1] == ["parameter"]


@pytest.mark.parametrize("recorded", [False, True])
def test_data_have_the_names_that_the_user_gave(recorded: bool) -> None:
    w = leaf([0.5, 0.25], "w")
    data, same, other, absent = (ag.tensor(v, dtype=ag.float64) for v in ([1.0, 2.0], [1.0, 2.0], [3.0, 2.0], 7.0))
    with ag.record() if recorded else nullcontext():
        loss = ((w * data).exp() * other * 2.0).sum()
    names = {"a\0": data, "b": same, "c": other, "gone": absent}
    constants = [node.name for node in viz.trace(loss, names=names).nodes if node.role == "constant"]
    assert constants == ["a␀", "c", "2"]
    # What was recorded is what it was, and no name says otherwise.
    data += 1.0
    graph = viz.trace(loss, names={"a": data, "b": same})
    first = next(node for node in graph.nodes if node.role == "constant")
    if recorded:
        assert (first.name, first.value) == ("b", viz.Summary.of(np.array([1.0, 2.0])))
    else:
        assert (first.name, first.value) == ("c1", None)


def test_names_are_unique_and_avoid_those_given() -> None:
    a, b, c = leaf(1.0, "v1"), leaf(2.0, "v1"), leaf(3.0)
    loss = a * b * c
    assert [node.name for node in viz.trace(loss, names={"x0": loss}).nodes] == ["v1", "v1#2", "x1", "v2", "x0"]


def test_an_unnamed_output_takes_its_tensors_name() -> None:
    loss = leaf(1.0) * 2.0
    loss.name = "loss"
    assert viz.trace(loss).nodes[-1].name == "loss"


def test_doubling_sixty_times_is_no_exponential_walk() -> None:
    x = leaf(1.0, "x")
    y = x
    for _ in range(60):
        y = y + y
    start = time.process_time()
    graph = viz.trace(y)
    elapsed = time.process_time() - start
    assert len(graph.edges) == 120
    assert node_of(graph, "x").gradient == viz.Summary.of(np.float64(2.0**60))
    assert elapsed < 1.0


def test_a_deep_chain_is_walked_without_recursion() -> None:
    x = leaf(1.0, "x")
    y = x
    for _ in range(50_000):
        y = y * 1.0
    graph = viz.trace(y)
    assert node_of(graph, "x").gradient == viz.Summary.of(np.float64(1.0))
    svg = graph.to_svg()
    assert "50,000 operations" in svg
    # Only the tape is long: dropping it must not recurse either.
    del graph


def test_a_rule_that_fails_is_named_in_the_drawing() -> None:
    def broken(g: Any, y: Any, x: Any) -> Any:
        raise ValueError

    failing = Op("failing", np.sin, broken)
    x = leaf(1.0, "x")
    graph = viz.trace(failing(x) * 2.0)
    assert node_of(graph, "x").gradient_note == "the rule of failing failed: ValueError"


def test_operands_without_a_rule_are_constants() -> None:
    x, where = leaf([1.0, 2.0], "x"), leaf([0.0, 1.0], "where")
    gated = Op("gated", lambda x, where: x * where, lambda g, _y, _x, where: g * where, None)
    graph = viz.trace(gated(x, where), gradient=[1.0, 1.0])
    assert [node.role for node in graph.nodes] == ["leaf", "constant", "output"]
    assert [edge.differentiated for edge in graph.edges] == [True, False]


def test_absent_operands_are_not_drawn() -> None:
    scale = Op(
        "scale_shift",
        lambda x, bias, factor: x * factor if bias is None else x * factor + bias,
        lambda g, _y, _x, _bias, factor: g * factor,
        lambda g, _y, _x, _bias, _factor: g,
        lambda g, _y, x, _bias, _factor: g * x,
    )
    x, factor = leaf(2.0, "x"), leaf(3.0, "f")
    for level in (ag.enable_grad(), ag.record()):
        with level:
            y = scale(x, None, factor)
        graph = viz.trace(y)
        assert [(edge.slot, graph.nodes[edge.src].name) for edge in graph.edges] == [(0, "x"), (2, "f")]
        assert graph.nodes[-1].value == viz.Summary.of(np.float64(6.0))
        assert "scale_shift(x, –, f)" in graph.to_text()
    y.backward()
    assert len(viz.trace(y).edges) == 2


def test_rules_that_give_nothing_leave_no_gradient() -> None:
    stop = Op("stop_here", lambda x: x + 0.0, lambda g, _y, _x: None)
    x = leaf(2.0, "x")
    graph = viz.trace(stop(x))
    assert node_of(graph, "x").gradient is None
    assert "none flows here" in graph.to_text()


def test_random_rows_are_not_run_again() -> None:
    def refuse(x: Any) -> Any:
        return pytest.fail("a drawing drew random numbers") if calls else calls.append(1) or x * 1.0

    calls: list[int] = []
    noisy = RandomOp("noisy", refuse, lambda g, _y, _x: g)
    graph = viz.trace(noisy(leaf(2.0, "x")) + 1.0)
    (node,) = (node for node in graph.nodes if node.op == "noisy")
    assert node.value_note == "not kept: draw inside record()"


class RandomOp(Op):
    __slots__ = ()
    random = True


def test_variadic_rows_have_one_edge_per_operand() -> None:
    total = VariadicOp("total", lambda *xs: sum(xs), lambda g, _y, _xs, i: g * (i + 1.0))
    x, y = leaf(1.0, "x"), leaf(2.0, "y")
    graph = viz.trace(total(x, y, x))
    assert scalars(graph.edges) == [(1.0, 1.0, 1.0), (1.0, 2.0, 2.0), (1.0, 3.0, 3.0)]


def test_summaries_of_unusual_arrays() -> None:
    empty = viz.Summary.of(np.zeros((0, 3)))
    assert (empty.values, empty.norm, empty.scalar, empty.finite) == ((), 0.0, None, True)
    mixed = viz.Summary.of(np.array([1.0, np.nan, np.inf, -np.inf, 3.0, 1.0, 1.0]))
    assert (mixed.nans, mixed.infs, mixed.mean, mixed.low, mixed.high, mixed.finite) == (1, 2, 1.5, 1.0, 3.0, False)
    nothing = viz.Summary.of(np.full(9, np.nan))
    assert np.isnan(nothing.mean)
    assert (viz.Summary.of(np.nan).nans, viz.Summary.of(-np.inf).infs) == (1, 1)
    assert viz.Summary.of(np.array([True])).scalar == 1.0
    assert viz.Summary.of(np.float16([60000.0] * 8)).norm == pytest.approx(60000 * 8**0.5)


def test_norms_overflow_silently() -> None:
    with np.errstate(all="raise"):
        huge = viz.Summary.of(np.array([1e300] * 8))
    assert (huge.norm, huge.mean, huge.infs) == (np.inf, 1e300, 0)


class _Square(ag.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
        (x,) = ctx.saved_tensors
        return 2 * x * g


@pytest.mark.parametrize("recorded", [False, True])
def test_a_users_function_is_drawn_with_its_gradient(recorded: bool) -> None:
    x = ag.tensor([3.0], requires_grad=True)
    with ag.record() if recorded else nullcontext():
        y = _Square.apply(x)
    graph = viz.trace(y)
    (edge,) = graph.edges
    assert edge.contribution is not None
    assert edge.contribution.values == (6.0,)
    assert [node.op for node in graph.nodes] == ["", "_Square"]
    assert "_Square" in y.graph().to_svg()
