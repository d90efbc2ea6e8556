"""The viewer: traces a recorded computation and draws the chain rule on it.

    from autograd_np import viz
    viz.render(loss, "loss.svg", names=locals())

Every edge shows its local derivative and what it contributes, every node the sum of what it receives. The formulas are
what the operations' own rules say when they are called on symbols: `viz.derivatives("matmul")` shows them as a table.

`viz.explain(loss, x)` tells which paths a gradient comes from, `viz.to_numpy_source(loss)` writes forward and backward
as a program of plain NumPy, and `python -m autograd_np.viz script.py:loss` draws what a script computed.
"""

from __future__ import annotations

import os
from typing import Any

import graphviz

from autograd_np.viz.derivatives import Derivative, Derivatives, derivatives
from autograd_np.viz.explaining import explain
from autograd_np.viz.explanation import Explanation
from autograd_np.viz.graph import Graph, trace
from autograd_np.viz.numpy_source import NumpySource, to_numpy_source
from autograd_np.viz.records import Edge, Node, Port, Summary

__all__ = [
    "Derivative",
    "Derivatives",
    "Edge",
    "Explanation",
    "Graph",
    "Node",
    "NumpySource",
    "Port",
    "Summary",
    "derivatives",
    "explain",
    "render",
    "to_dot",
    "to_numpy_source",
    "trace",
]


def render(
    tensor: Any,
    path: str | os.PathLike[str],
    *,
    gradient: Any = None,
    names: Any = None,
    params: Any = None,
    highlight: Explanation | None = None,
    **options: Any,
) -> str:
    """Draw the computation of a tensor into a file, and return the path.

    Args:
        tensor: the tensor to explain, or a graph that `trace` gave.
        path: its ending names the form: .svg, .html, .tex, .dot, .json, .txt, .pdf or .png, or .py for a program
            of plain NumPy (see `to_numpy_source`).
        gradient: cotangent to start with; 1 for a single element.
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.
        highlight: what `explain` gave: its paths are stressed.
        options: of the form: `title`, `theme`, `rankdir`, `max_nodes`, `fold`, `depth`, `focus`, `radius`, `animate`, …

    Raises:
        ValueError: for an unknown ending, and for .py where a graph is given.
        RuntimeError: for .pdf and .png without Graphviz.
        GraphError: if the highlighted paths are those of another computation.

    Example:
        >>> import autograd_np as ag, pathlib, tempfile
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pathlib.Path(render(x * x, f"{folder}/square.svg")).read_text("utf-8")[:4]
        '<svg'
    """
    if os.fspath(path).lower().endswith(".py"):
        if isinstance(tensor, Graph):
            message = "render: a traced graph keeps no arrays to compute with\n  fix: pass the tensor itself for .py"
            raise ValueError(message)
        return to_numpy_source(tensor, gradient=gradient, names=names, params=params, **options).save(path)
    graph = _traced(tensor, gradient=gradient, names=names, params=params)
    return (graph if highlight is None else graph.highlighted(highlight)).save(path, **options)


def to_dot(
    tensor: Any, *, gradient: Any = None, names: Any = None, params: Any = None, **options: Any
) -> graphviz.Digraph:
    """Return the computation of a tensor as a `graphviz.Digraph`.

    Args:
        tensor: the tensor to explain, or a graph that `trace` gave.
        gradient: cotangent to start with; 1 for a single element.
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.
        options: `title`, `max_nodes`, `fold`, `labels`, `rankdir`, `graph_attr`, `node_attr`, `edge_attr`.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> to_dot(x * x, names={"x": x}).source.startswith("digraph chain {")
        True
    """
    return _traced(tensor, gradient=gradient, names=names, params=params).to_dot(**options)


def _traced(tensor: Any, **options: Any) -> Graph:
    return tensor if isinstance(tensor, Graph) else trace(tensor, **options)
