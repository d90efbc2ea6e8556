"""Golden graphs: a text that stays the same for the same program, and a readable difference where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import GraphError
from autograd_np.testing import assert_graph_matches, graph_text


def leaf(*shape: int, name: str | None = None, dtype: Any = None) -> Any:
    t = ag.zeros(shape, dtype=dtype, requires_grad=True)
    t.name = name
    return t


#: A leaf's name is its tensor's, so the tensor must live.
W = leaf(3, 4, name="w")


def loss(x: Any, w: Any) -> Any:
    return ((x @ w).tanh() * 2).sum(0)


GOLDEN = """
x0  float32 (2, 3)
w   float32 (3, 4)
v1 = matmul(x0, w)                       float32 (2, 4)
v2 = tanh(v1)                            float32 (2, 4)
v3 = mul(v2, 2)                          float32 (2, 4)
v4 = sum(v3, axes=(0,), keepdims=False)  float32 (4,)
-> v4
"""


def test_the_text_has_names_operations_shapes_types_and_settings() -> None:
    assert graph_text(loss(leaf(2, 3), W)) == GOLDEN.strip()


def test_the_same_program_gives_the_same_text() -> None:
    first, second = (graph_text(loss(leaf(2, 3), leaf(3, 4))) for _ in range(2))
    assert first == second
    assert graph_text(loss(leaf(2, 3), leaf(3, 5))) != first
    with ag.record():
        assert graph_text(loss(leaf(2, 3), leaf(3, 4))) == first


def test_names_are_unique() -> None:
    a, b, c, d = leaf(name="x0"), leaf(), leaf(name="x0"), leaf(name="v1")
    lines = graph_text(a * b * c * d).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["x0", "x1", "x2", "x3"]


def test_several_outputs_of_one_operation() -> None:
    x = leaf(3, 3, dtype=ag.float64)
    u, _, vh = ag.linalg.svd(x + ag.eye(3, dtype=ag.float64))
    text = graph_text(u.sum(), vh.sum())
    assert "v2 = svd(v1" in text
    assert "float64 (3, 3), (3,), (3, 3)" in text
    assert "sum(v2[0]" in text
    assert "sum(v2[2]" in text
    assert text.endswith("-> v3, v4")


def test_constants_have_no_values_but_numbers_do() -> None:
    x = leaf(2)
    assert "mul(x0, constant)" in graph_text(x * ag.tensor([1.0, 2.0]))
    assert "mul(x0, constant)" in graph_text(x * np.array([1.0, 2.0], np.float32))
    assert "mul(x0, 0.5)" in graph_text(x * 0.5)


def test_a_graph_that_matches() -> None:
    y = loss(leaf(2, 3), W)
    assert_graph_matches(y, GOLDEN)
    # Neither indentation nor alignment counts.
    assert_graph_matches(y, "\n".join("   " + " ".join(line.split()) for line in GOLDEN.splitlines()))
    assert_graph_matches((y, y), GOLDEN.replace("-> v4", "-> v4, v4"))


def test_a_difference_is_shown_line_by_line() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_graph_matches(loss(leaf(2, 3), W).exp(), GOLDEN)
    text = str(caught.value)
    assert "\n   v4 = sum(v3, axes=(0,), keepdims=False) float32 (4,)\n" in text
    assert "\n  --> v4\n" in text
    assert "\n  +v5 = exp(v4) float32 (4,)\n  +-> v5\n" in text
    assert "v1 = matmul" not in text.partition("the graph is now")[0]
    assert "v1 = matmul" in text.partition("the graph is now")[2]


def test_files_are_compared_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    golden = tmp_path / "graphs" / "loss.txt"
    y = loss(leaf(2, 3), W)
    with pytest.raises(AssertionError, match=r"no golden graph .*\n  fix: run once with AUTOGRAD_NP_UPDATE_GRAPHS=1"):
        assert_graph_matches(y, golden)
    monkeypatch.setenv("AUTOGRAD_NP_UPDATE_GRAPHS", "1")
    assert_graph_matches(y, golden)
    assert golden.read_text("utf-8") == GOLDEN.lstrip()
    monkeypatch.delenv("AUTOGRAD_NP_UPDATE_GRAPHS")
    assert_graph_matches(y, golden)
    with pytest.raises(AssertionError, match="fix: if the change is meant, run with AUTOGRAD_NP_UPDATE_GRAPHS=1"):
        assert_graph_matches(y.exp(), golden)
    assert golden.read_text("utf-8") == GOLDEN.lstrip()


def test_what_has_no_graph() -> None:
    with pytest.raises(GraphError, match="nothing was recorded"):
        graph_text(ag.zeros(2))
    y = loss(leaf(2, 3), leaf(3, 4)).sum()
    y.backward(retain_graph=True)
    graph_text(y)
    y.backward()
    with pytest.raises(GraphError, match=r"a backward has freed what .* saved"):
        graph_text(y)


def test_deep_graphs() -> None:
    y = x = leaf()
    for _ in range(3000):
        y = y + x
    assert graph_text(y).endswith("-> v3000")
