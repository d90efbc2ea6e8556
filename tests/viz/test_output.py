from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import graphviz
import numpy as np
import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.viz import layout
from tests.viz.graphs import leaf, logistic_regression, recurrent, sum_of_square
from tests.viz.reading import read

HAS_GRAPHVIZ = shutil.which("dot") is not None or layout.has_pygraphviz()


@pytest.mark.parametrize(
    ("ending", "beginning"),
    [
        ("svg", "<svg"),
        ("html", "<!DOCTYPE html>"),
        ("json", "{"),
        ("txt", "L = v²"),
        ("dot", "digraph chain {"),
        ("gv", "digraph chain {"),
        ("tex", "\\documentclass"),
    ],
)
def test_the_ending_names_the_form(ending: str, beginning: str, tmp_path: Path) -> None:
    path = tmp_path / f"graph.{ending}"
    assert sum_of_square().save(path) == str(path)
    assert path.read_text("utf-8").startswith(beginning)


@pytest.mark.skipif(not HAS_GRAPHVIZ, reason="needs Graphviz")
@pytest.mark.parametrize(("ending", "beginning"), [("pdf", b"%PDF-"), ("png", b"\x89PNG")])
def test_graphviz_makes_pages_and_pixels(ending: str, beginning: bytes, tmp_path: Path) -> None:
    for graph in (sum_of_square(), recurrent(30)):
        path = graph.save(tmp_path / f"graph.{ending}", title="A <title> & more")
        assert Path(path).read_bytes().startswith(beginning)


def test_without_graphviz_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(RuntimeError, match="install Graphviz so that `dot` is on PATH, or pip install"):
        sum_of_square().save(tmp_path / "graph.pdf")


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"use one of \.svg, \.html"):
        sum_of_square().save(tmp_path / "graph.jpg")


def test_render_and_to_dot_take_tensors_and_graphs(tmp_path: Path) -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * x
    path = viz.render(y, tmp_path / "a.svg", gradient=[1.0, 1.0], names={"y": y}, params={"x": x}, title="T")
    picture = read(Path(path).read_text("utf-8"))
    assert picture.node("x")["role"] == "parameter"
    assert "T" in picture.texts
    graph = viz.trace(y)
    assert viz.render(graph, tmp_path / "b.json") == str(tmp_path / "b.json")
    assert isinstance(viz.to_dot(graph), graphviz.Digraph)


def test_json_holds_the_model() -> None:
    data = json.loads(logistic_regression().to_json())
    assert data["format"] == 1
    assert [node["id"] for node in data["nodes"]] == list(range(len(data["nodes"])))
    assert data["nodes"][data["output"]]["role"] == "output"
    assert {"src", "dst", "slot", "formula", "upstream", "local", "contribution"} <= data["edges"][0].keys()
    x = leaf([np.nan, np.inf], "x")
    broken = json.loads(viz.trace(x * 2.0, gradient=[1.0, 1.0]).to_json())
    assert broken["nodes"][0]["value"]["values"] == ["nan", "inf"]
    values, _ = leaf([2.0, 1.0], "x").sort(-1)
    ports = json.loads(viz.trace(values, gradient=[1.0, 1.0]).to_json())["nodes"][-1]["ports"]
    assert [port["shape"] for port in ports] == [[2], [2]]


def test_text_is_cut_where_it_gets_long() -> None:
    text = recurrent(300).to_text(limit=10)
    assert "… 590 more operations" in text
    many = viz.trace(sum((leaf(float(i), f"x{i}") for i in range(20)), start=leaf(0.0, "z")))
    assert "… 11 more leaves" in many.to_text(limit=10)
    with ag.record(), ag.scope("block"):
        y = leaf(1.0, "x") * 2.0
    assert "in block test_output.py:" in viz.trace(y).to_text()


def test_notebooks_choose_among_three_forms() -> None:
    graph = sum_of_square()
    bundle = graph._repr_mimebundle_()
    assert bundle["text/html"].startswith("<div")
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"].startswith("L = v²")
    assert set(graph._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(graph._repr_mimebundle_(exclude=["text/html"])) == {"image/svg+xml", "text/plain"}
    assert repr(graph) == "<graph of L: 5 nodes, 5 edges>"
    assert graph.to_dot().source.startswith("digraph")


class Failing(ag.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
        return x * 1.0

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
        raise RuntimeError("<script>")


def _odd() -> dict[str, ag.Tensor]:
    x, empty = leaf([1.0, 2.0], "x"), leaf(np.zeros((0, 3)), "empty")
    freed = (x.sin() * x).sum()
    freed.backward()
    changed = x * 1.0
    stale = changed.sin()
    changed.mul_(2.0)
    with ag.record(), ag.scope("\ud800"), ag.scope(""), ag.scope('.."]]>'):
        scoped = leaf(2.0, "\x1b[0m\n") * leaf(3.0, "")
    return {
        "freed": freed,
        "changed": (stale * changed).sum(),
        "empty": empty.sum(),
        "nothing": empty * 2.0,
        "leaf": leaf(2.0),
        "data": ag.tensor([1, 2]),
        "failing": Failing.apply(x).sum(),
        "huge": (leaf([1e308, -1e308], "h") * leaf([10.0, np.nan], "n")).exp().sum(),
        "scoped": scoped,
        "switch": (x > 1.0) * x,
    }


def test_every_form_of_odd_computations_is_drawn(tmp_path: Path) -> None:
    with np.errstate(all="ignore"):
        computed = _odd()
    for name, tensor in computed.items():
        graph = viz.trace(tensor)
        for ending in ("svg", "html", "json", "txt", "tex", "dot"):
            path = Path(graph.save(tmp_path / f"{name}.{ending}"))
            assert path.read_text("utf-8"), (name, ending)
        read((tmp_path / f"{name}.svg").read_text("utf-8"))


def test_dot_text_is_escaped_and_clustered() -> None:
    x = leaf(2.0, '<b>&"\\N')
    with ag.record(), ag.scope("net"):
        with ag.scope("first"):
            y = x * x
        with ag.scope("second"):
            z = y.exp() * 2.0
    z = z + 1.0
    dot = viz.to_dot(z, rankdir="TB", node_attr={"fontsize": "8"}, graph_attr={"bgcolor": "white"})
    source = dot.source
    assert "&lt;b&gt;&amp;&quot;" in source
    assert source.count("subgraph cluster_") == 3
    assert "fontsize=8" in source
    assert "bgcolor=white" in source
    if HAS_GRAPHVIZ:
        output, _, _ = layout.graphviz_output(source, "json")
        objects = {item["name"]: item for item in json.loads(output)["objects"]}
        assert {"cluster_0", "cluster_1", "cluster_2", "n0"} <= objects.keys()
        assert objects["n0"]["id"] == "ag-n0"
        assert objects["n0"]["class"] == "ag-leaf"


def test_large_dot_graphs_limit_the_simplex() -> None:
    source = recurrent(90).to_dot().source
    assert "nslimit=2" in source
    assert "label=<" in source
