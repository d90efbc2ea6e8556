"""The traced graph as users hold it: the records, and a door to every drawing of them."""

from __future__ import annotations

import os
from typing import Any

import graphviz

from autograd_np.errors import GraphError
from autograd_np.viz import model
from autograd_np.viz.dot import to_dot
from autograd_np.viz.output import mimebundle, save
from autograd_np.viz.page import to_html
from autograd_np.viz.records import Traced
from autograd_np.viz.svg import to_svg
from autograd_np.viz.tex import to_tex
from autograd_np.viz.text import to_json, to_text

__all__ = ["Graph", "trace"]


class Graph(Traced):
    """A traced computation: immutable nodes and edges, and every drawing of them; a notebook shows it by itself.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> graph = trace(x * x, names={"x": x})
        >>> [(edge.slot, edge.contribution.scalar) for edge in graph.outgoing(graph.nodes[0])]
        [(0, 3.0), (1, 3.0)]
    """

    __slots__ = ()

    def to_svg(self, **options: Any) -> str:
        """Return the picture as SVG text; see `autograd_np.viz.svg.to_svg` for the options."""
        return to_svg(self, **options)

    def to_html(self, **options: Any) -> str:
        """Return the step-through page; see `autograd_np.viz.page.to_html` for the options."""
        return to_html(self, **options)

    def to_dot(self, **options: Any) -> graphviz.Digraph:
        """Return the graph for Graphviz users; see `autograd_np.viz.dot.to_dot` for the options."""
        return to_dot(self, **options)

    def to_json(self) -> str:
        """Return nodes and edges as JSON text."""
        return to_json(self)

    def to_text(self, **options: Any) -> str:
        """Return the chain rule as text, the output first."""
        return to_text(self, **options)

    def to_tex(self, **options: Any) -> str:
        """Return the equations in LaTeX; see `autograd_np.viz.tex.to_tex` for the options."""
        return to_tex(self, **options)

    def highlighted(self, explanation: Any) -> Graph:
        """Return the same graph with the paths of an explanation stressed in its drawings.

        Args:
            explanation: what `explain` gave for the same computation.

        Raises: GraphError if none of its paths runs through this graph.
        """
        wanted = explanation.edges
        found = {
            edge.id: wanted[key] for edge in self.edges if (key := (self.nodes[edge.dst].serial, edge.slot)) in wanted
        }
        if wanted and not found:
            message = (
                "highlight: none of the explained paths runs through this graph\n"
                "  fix: explain and draw the same tensor, computed once"
            )
            raise GraphError(message)
        return Graph(self.nodes, self.edges, self.output, [*self.notes, explanation.caption], found, self.classes)

    def save(self, path: str | os.PathLike[str], **options: Any) -> str:
        """Write a drawing to a file whose ending names the form; see `autograd_np.viz.output.save`."""
        return save(self, path, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mimebundle(self, include, exclude)


def trace(output: Any, *, gradient: Any = None, names: Any = None, params: Any = None) -> Graph:
    """Return the graph that computed a tensor, with the gradient of every step; `.grad` stays as it is.

    Args:
        output: the tensor to explain.
        gradient: cotangent to start with; 1 for a single element. Without it an output of several elements is drawn
            with its gradients "not computed".
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.

    Raises:
        ShapeError: if the gradient does not have the output's shape.
        TypeError: if the output is no Tensor.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> print(trace(x * 3, names={"x": x}).to_text())
        v1 = x·3  float32  value 6  grad 1
          x ← ∂v1/∂x = 3   1·3 = 3
          3 (constant)
        x  float32  value 2  grad 3
    """
    found = model.trace(output, gradient=gradient, names=names, params=params)
    return Graph(found.nodes, found.edges, found.output, found.notes, classes=found.classes)
