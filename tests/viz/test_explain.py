from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np import viz
from autograd_np.core import GraphNode, Node, Port, Tensor, contributions
from autograd_np.errors import ArgumentError, GraphError, ShapeError
from autograd_np.viz import paths
from autograd_np.viz.explanation import count_text
from tests.viz.graphs import leaf, sum_of_square
from tests.viz.reading import read

STEPS = (lambda a, b: a * b, lambda a, b: a + b, lambda a, b: a - b * 0.3, lambda a, b: (a * 0.5).sin() + b)

Steps = tuple[tuple[int, int], ...]


def all_paths(output: Tensor, x: Tensor, cotangent: Any = None) -> dict[Steps, Any]:
    """Return the cotangent that each path delivers by itself, by its steps from x to the output: by enumeration."""
    found: dict[Steps, Any] = {}

    def walk(node: GraphNode | None, g: Any, steps: Steps) -> None:
        if node is x._node:
            found[steps] = found.get(steps, 0) + (g if not isinstance(g, tuple) else 0)
        elif isinstance(node, Port):
            owner: Any = node.edges[0]
            walk(owner, tuple(g if k == node.index else None for k in range(len(owner.shape))), steps)
        elif isinstance(node, Node):
            for slot, c in contributions(node, g):
                walk(node.edges[slot], c, ((node.serial, slot), *steps))

    start = np.ones(output.shape, output.dtype) if cotangent is None else np.asarray(cotangent)
    walk(output._node, start, ())
    return found


def numbers(operations: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return a number, and an output that random operations computed of it along many paths."""
    rng = np.random.default_rng(seed)
    x = leaf(0.7, "x")
    pool = [x, x * 1.5, x.sin()]
    for _ in range(operations):
        a, b = (pool[i] for i in rng.integers(max(0, len(pool) - 4), len(pool), 2))
        pool.append(STEPS[rng.integers(4)](a, b))
    return pool[-1] + pool[-2] * pool[-3], x


def vectors(blocks: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return a vector, and the output of residual blocks above it."""
    rng = np.random.default_rng(seed)
    x = leaf(rng.normal(size=4), "x")
    h = x
    for _ in range(blocks):
        h = h + (ag.tensor(rng.normal(size=(4, 4)) / 2) @ h).tanh() * 0.7
    return (h * h).sum() + h[0], x


def chosen(values: dict[Steps, Any], along: Any, k: int) -> list[float]:
    contributions_along = [float(np.vdot(value, along)) for value in values.values()]
    return sorted((c for c in contributions_along if c), key=abs, reverse=True)[:k]


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 5, 200])
def test_between_numbers_the_largest_products_of_local_derivatives_are_found(seed: int, k: int) -> None:
    output, x = numbers(7, seed)
    every = all_paths(output, x)
    found = viz.explain(output, x, k)
    assert found.exact
    np.testing.assert_allclose([p.contribution for p in found.paths], chosen(every, 1.0, k), rtol=1e-12)
    for path in found.paths:
        steps = tuple(step.key for step in path.steps)
        np.testing.assert_allclose(path.contribution, float(every[steps]), rtol=1e-12)
        assert path.locals is not None
        np.testing.assert_allclose(math.prod(path.locals), path.contribution, rtol=1e-12)
    assert found.count >= len(every)
    (gradient,) = ag.autograd.grad(output, x)
    np.testing.assert_allclose(found.total, gradient.item(), rtol=1e-12)
    together = sum(p.contribution for p in found.paths) + found.rest.contribution
    np.testing.assert_allclose(together, gradient.item(), rtol=1e-12)
    assert found.rest.count == found.count - len(found.paths)


def test_paths_are_counted_exactly_and_without_listing_them() -> None:
    x = leaf(1.0, "x")
    h = x
    for _ in range(1000):
        h = h * 0.5 + (h * 0.25).sin()
    assert len(viz.explain(h, x).paths) == 20
    found = viz.explain(h, x, 3)
    assert found.count == 2**1000
    assert found.exact
    (gradient,) = ag.autograd.grad(h, x)
    np.testing.assert_allclose(found.total, gradient.item(), rtol=1e-10)
    np.testing.assert_allclose(found.paths[0].contribution, 0.5**1000, rtol=1e-9)
    assert "1.0715·10³⁰¹ paths from x" in str(found)


@pytest.mark.parametrize("factors", [(1e-3, 1e-2), (1e-2, 1e-3)])
def test_small_factors_do_not_vanish(factors: tuple[float, float]) -> None:
    x = leaf(1.0, "x")
    a, b = (x * factor for factor in factors)
    for _ in range(400):
        a, b = a * 1e-3, b * 1e-3
    found = viz.explain(a + b, x, 1)
    # Both products are far below the smallest float, and one is still ten times the other.
    assert found.paths[0].steps[0].local == 1e-2
    assert found.total == 0
    assert found.paths[0].share is None


def test_a_value_used_twice_has_a_path_for_each_use() -> None:
    x = leaf(3.0, "x")
    found = viz.explain(x * x, x, names={"x": x})
    assert found.count == 2
    assert [str(p) for p in found.paths] == ["x⁽¹⁾ → v1", "x⁽²⁾ → v1"]
    assert [p.share for p in found.paths] == [0.5, 0.5]


def test_paths_that_carry_nothing_are_counted_and_not_listed() -> None:
    x = leaf(-1.0, "x")
    found = viz.explain(x.relu() + x * 2.0, x)
    assert (found.count, len(found.paths), found.rest.count) == (2, 1, 1)
    assert found.rest.contribution == 0
    dead = viz.explain(x.relu(), x)
    assert (dead.count, dead.paths, dead.total) == (1, (), 0.0)
    assert dead.rest.share is None
    assert "–" in str(dead)


def test_paths_end_at_any_tensor_and_may_be_empty() -> None:
    x = leaf(2.0, "x")
    u = x * 3.0
    loss = u * u + x
    assert viz.explain(loss, u).count == 2
    itself = viz.explain(loss, loss)
    assert (itself.count, itself.total, [p.steps for p in itself.paths]) == (1, 1.0, [()])
    assert viz.explain(loss, x, gradient=10.0).total == 10 * viz.explain(loss, x).total


# --- arrays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_between_arrays_contributions_are_measured_along_the_gradient(seed: int) -> None:
    output, x = vectors(3, seed)
    every = all_paths(output, x)
    total = sum(every.values())
    unit = total / np.linalg.norm(total)
    found = viz.explain(output, x, 10)
    assert found.exact
    assert found.count == len(every)
    np.testing.assert_allclose(found.total, np.linalg.norm(total), rtol=1e-12)
    np.testing.assert_allclose([p.contribution for p in found.paths], chosen(every, unit, 10), rtol=1e-10)
    for path in found.paths:
        own = every[tuple(step.key for step in path.steps)]
        np.testing.assert_allclose(path.contribution, np.vdot(own, unit), rtol=1e-10)
        assert path.locals is None
    shares = sum(p.share or 0.0 for p in found.paths) + (found.rest.share or 0.0)
    assert shares == pytest.approx(1.0, rel=1e-12)


def test_a_direction_explains_one_element() -> None:
    output, x = vectors(2, 0)
    (gradient,) = ag.autograd.grad(output, x, retain_graph=True)
    found = viz.explain(output, x, direction=[0.0, 1.0, 0.0, 0.0])
    assert found.total == pytest.approx(gradient.numpy()[1], rel=1e-12)
    every = all_paths(output, x)
    assert [p.contribution for p in found.paths] == pytest.approx(chosen(every, np.eye(4)[1], 20), rel=1e-10)
    assert "⟨∂" in str(found)


def test_multiples_of_one_cotangent_go_on_as_one() -> None:
    x = leaf(np.linspace(0.1, 1.0, 5), "x")
    h = x
    for _ in range(300):
        h = h * 0.5 + h * -0.25
    found = viz.explain(h.sum(), x, 4)
    assert found.exact
    assert found.count == 2**300
    along = np.ones(5) / math.sqrt(5)
    largest = 0.5**300 * np.ones(5) @ along
    # The longest product has the gradient's sign; those with one factor of -0.25 point the other way.
    np.testing.assert_allclose([p.contribution for p in found.paths], [largest, *[-largest / 2] * 3], rtol=1e-9)


def test_a_beam_says_so_and_still_finds_what_stands_out() -> None:
    output, x = vectors(8, 1)
    wide = viz.explain(output, x, 3, beam=10_000)
    narrow = viz.explain(output, x, 3, beam=8)
    assert wide.exact
    assert not narrow.exact
    assert "found by a beam" in str(narrow)
    assert narrow.count == wide.count
    assert narrow.total == wide.total
    assert narrow.paths[0].contribution == pytest.approx(wide.paths[0].contribution, rel=1e-9)


def test_a_beam_goes_by_what_lies_ahead() -> None:
    # Seven long cotangents arrive at h where nothing flows on, and a short one where everything does.
    x = leaf([1.0, 1.0], "x")
    gate = ag.tensor([0.0, 1.0], dtype=ag.float64)
    h = x * gate
    long = [h * ag.tensor([10.0 + i, 0.001 * i], dtype=ag.float64) for i in range(7)]
    short = h * ag.tensor([0.0, 1.0], dtype=ag.float64)
    output = sum((part.sum() for part in long), short.sum())
    found = viz.explain(output, x, 1, beam=1)
    assert found.paths[0].contribution == pytest.approx(1.0)


def test_where_a_rule_cannot_be_differentiated_the_beam_goes_by_length() -> None:
    class Twice(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        @ag.autograd.function.once_differentiable
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * 2

    x = leaf([1.0, 2.0], "x")
    h = Twice.apply(x)
    output = sum((h * ag.tensor([1.0, float(i)]) for i in range(1, 5)), start=h).sum()
    found = viz.explain(output, x, 1, beam=1)
    assert not found.exact
    assert len(found.paths) == 1


def test_several_outputs_are_told_apart() -> None:
    cell = nn.LSTMCell(2, 3).double()
    state = (ag.zeros(1, 3, dtype=ag.float64), ag.zeros(1, 3, dtype=ag.float64))
    for _ in range(3):
        state = cell(ag.ones(1, 2, dtype=ag.float64), state)
    loss = (state[0] ** 2).sum()
    every = all_paths(loss, cell.weight_hh)
    found = viz.explain(loss, cell.weight_hh, 4, names=cell)
    total = sum(every.values())
    assert found.count == len(every) == 7
    expected = chosen(every, total / np.linalg.norm(total), 4)
    assert [p.contribution for p in found.paths] == pytest.approx(expected, rel=1e-9)
    assert [str(p) for p in found.paths] == [
        "weight_hh → v3[1] → v4 → v5",
        "weight_hh → v2[2] → v3[1] → v4 → v5",
        "weight_hh → v2[1] → v3[1] → v4 → v5",
    ]


def test_tangents_are_the_derivatives_of_every_value() -> None:
    with ag.record():
        x = leaf(np.array([[0.3, -0.8, 0.5], [1.2, 0.1, -0.4]]), "x")
        w = ag.tensor(np.arange(6.0).reshape(2, 3) / 5)
        h = nn.functional.layer_norm(x * w, (3,))
        y, _ = (h @ w.swapaxes(0, 1)).softmax(-1).sort(-1)
        output = (y[0] * y[1]).sum()
    along = np.cos(np.arange(6.0)).reshape(2, 3)
    assert output._node is not None
    assert x._node is not None
    between = paths.leading_to([output._node], {x._node})
    search = paths._Search(output, output._node, x._node, between, np.ones(()))
    tangent = search._ahead(along)[output._node]
    (gradient,) = ag.autograd.grad(output, x)
    assert float(tangent) == pytest.approx(np.vdot(gradient.numpy(), along), rel=1e-10)


# --- after backward, and what cannot be explained ---------------------------------------------------------------------


def test_after_backward_and_a_step_a_recorded_computation_is_still_explained() -> None:
    x = leaf([1.0, 2.0], "x")
    with ag.record():
        loss = (x * ag.tensor([3.0, 4.0], dtype=ag.float64)).exp().sum()
    before = viz.explain(loss, x).total
    loss.backward()
    with ag.no_grad():
        x -= 1.0
    assert viz.explain(loss, x).total == before


def test_what_cannot_be_explained_says_why() -> None:
    x, other = leaf(2.0, "x"), leaf(1.0, "other")
    loss = (x * ag.tensor(3.0)).exp()
    with pytest.raises(GraphError, match="does not depend on this tensor"):
        viz.explain(loss, other)
    with pytest.raises(GraphError, match="no part of a recorded computation"):
        viz.explain(loss, ag.tensor(1.0))
    with pytest.raises(TypeError, match="loss must be a Tensor, got float"):
        viz.explain(1.0, x)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(GraphError, match="pass gradient= of that shape"):
        viz.explain(ag.ones(2) * x, x)
    with pytest.raises(ShapeError, match="direction must have the shape of its tensor"):
        viz.explain(loss, x, direction=[1.0, 2.0])
    for wrong in ({"k": 0}, {"beam": -1}, {"k": 2.5}):
        with pytest.raises(ArgumentError, match="must be a positive integer"):
            viz.explain(loss, x, **wrong)
    zero = leaf([0.0, 0.0], "zero")
    with pytest.raises(ArgumentError, match="the gradient is zero, so it has no direction"):
        viz.explain((zero * zero).sum(), zero)
    with (
        np.errstate(divide="ignore"),
        pytest.raises(GraphError, match="argument 0 of 'log' receives is not finite"),
    ):
        viz.explain(zero[0].log(), zero)
    product = x * ag.tensor([3.0])
    product.backward()
    with pytest.raises(GraphError, match="saved by 'mul' were freed by backward"):
        viz.explain(product, x)


# --- what it looks like -----------------------------------------------------------------------------------------------


def squared() -> tuple[viz.Explanation, Tensor, dict[str, Tensor]]:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    u = x * y
    v = u + x
    loss = v**2
    names = {"x": x, "y": y, "u": u, "v": v, "L": loss}
    return viz.explain(loss, x, names=names), loss, names


def test_the_table_is_aligned() -> None:
    found, _, _ = squared()
    assert str(found).splitlines() == [
        "∂L/∂x = 64: 2 paths from x to L",
        "#  share  product  path           local derivatives",
        "1   75 %       48  x → u → v → L  16·1·3",
        "2   25 %       16  x → v → L      16·1",
    ]
    assert repr(found) == "<explanation of ∂L/∂x = 64: 2 of 2 paths>"


def test_long_paths_show_where_they_differ() -> None:
    x = leaf(1.0, "x")
    h = x
    for i in range(30):
        h = h * 0.9 if i != 12 else h * 0.9 + h * 0.3
    found = viz.explain(h, x)
    texts = str(found).splitlines()[2:4]
    assert texts[0] != texts[1]
    assert "x → … 11 … → v12 → v13 → v15 → … 16 … → v32" in texts[0]
    assert "x → … 11 … → v12 → v14 → v15 → … 16 … → v32" in texts[1]
    assert "x → v1 → v2 → v3 → … 24 … → v29 → v30 → v31 → v32  " in str(viz.explain(h, x, 1))


def test_markdown_is_a_table() -> None:
    found, _, _ = squared()
    lines = found._repr_markdown_().splitlines()
    assert lines[0] == "**∂L/∂x = 64**: 2 paths from x to L"
    assert lines[2] == "| # | share | product | path | local derivatives |"
    assert lines[4] == "| 1 | 75 % | 48 | x → u → v → L | 16·1·3 |"
    assert {line.count("|") for line in lines[2:]} == {6}


def test_latex_is_a_sum_over_paths() -> None:
    found, _, _ = squared()
    text = found.to_latex()
    assert text.startswith(r"\begin{align*}")
    assert r"\frac{\partial L}{\partial v} \frac{\partial v}{\partial u} \frac{\partial u}{\partial x}" in text
    assert r"= 16 \cdot 1 \cdot 3 && = 48 && (75\,\%)" in text
    assert text.splitlines()[-2] == "&= 64"
    output, x = vectors(6, 0)
    assert r"\text{" in viz.explain(output, x, 2).to_latex()


def test_counts_are_written_in_full_or_in_powers_of_ten() -> None:
    assert count_text(7) == "7"
    assert count_text(10**12) == "1.0000·10¹²"
    # Python itself refuses to write an integer of so many digits.
    assert count_text(2**20000) == "3.9803·10⁶⁰²⁰"


def test_the_picture_stresses_the_paths() -> None:
    found, loss, names = squared()
    graph = found.graph()
    strengths = {(graph.nodes[e.src].name, graph.nodes[e.dst].name): graph.highlight.get(e.id) for e in graph.edges}
    assert strengths == {
        ("x", "u"): 0.75,
        ("y", "u"): None,
        ("u", "v"): 0.75,
        ("x", "v"): 0.25,
        ("v", "L"): 1.0,
    }
    svg = graph.to_svg(engine="built-in")
    assert svg.count('class="stress"') == 4
    assert 'stroke-width="22"' in svg
    assert "highlighted: every path from x, 100 % of its gradient" in read(svg).texts
    assert 'class="stress"' not in viz.trace(loss, names=names).to_svg(engine="built-in")
    assert 'class="stress"' in graph.to_html(engine="built-in")
    assert graph.to_dot().source.count("penwidth") == 4


def test_render_takes_an_explanation(tmp_path: Path) -> None:
    found, loss, names = squared()
    path = viz.render(loss, tmp_path / "a.svg", names=names, highlight=found, engine="built-in")
    assert 'class="stress"' in Path(path).read_text("utf-8")
    output, x = vectors(3, 0)
    one = viz.explain(output, x, 1)
    assert one.caption.startswith("highlighted: the largest of 24 paths from x, ")
    assert viz.explain(output, x, 2).caption.startswith("highlighted: the 2 largest of 24 paths from x, ")
    with pytest.raises(GraphError, match="none of the explained paths runs through this graph"):
        sum_of_square().highlighted(found)


def test_the_same_paths_come_in_every_process() -> None:
    program = (
        "from tests.viz.test_explain import vectors; from autograd_np import viz; "
        "print(viz.explain(*vectors(6, 3), 8, beam=4))"
    )
    command = [sys.executable, "-c", program]
    texts = {
        subprocess.check_output(command, env={"PYTHONHASHSEED": seed})  # noqa: S603 (our own program)
        for seed in ("1", "2")
    }
    assert len(texts) == 1
