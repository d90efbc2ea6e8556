"""Writing drawings to files, and what a notebook shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd_np.viz.dot import to_dot
from autograd_np.viz.layout import LayoutError, graphviz_output
from autograd_np.viz.page import to_html
from autograd_np.viz.records import Traced
from autograd_np.viz.svg import to_svg
from autograd_np.viz.tex import to_tex
from autograd_np.viz.text import to_json, to_text

__all__ = ["mimebundle", "save"]

#: Seconds that Graphviz may take for a PDF or PNG.
TIMEOUT = 30.0

_WRITERS: dict[str, Callable[..., str]] = {
    ".svg": to_svg,
    ".html": to_html,
    ".json": to_json,
    ".txt": to_text,
    ".tex": to_tex,
}


def save(graph: Traced, path: str | os.PathLike[str], **options: Any) -> str:
    """Write a drawing to a file whose ending names the form, and return the path.

    Args:
        graph: the traced graph.
        path: ends in .svg, .html, .dot, .json, .txt or .tex, which need nothing, or in .pdf or .png, which need
            Graphviz.
        options: of `svg.to_svg`, `page.to_html`, `dot.to_dot`, `text.to_text` or `tex.to_tex`.

    Raises:
        ValueError: for another ending.
        RuntimeError: for .pdf and .png if there is no Graphviz, or it fails.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending in _WRITERS:
        target.write_text(_WRITERS[ending](graph, **options), encoding="utf-8")
    elif ending in {".dot", ".gv"}:
        target.write_text(to_dot(graph, **options).source, encoding="utf-8")
    elif ending in {".pdf", ".png"}:
        target.write_bytes(_by_graphviz(graph, ending[1:], options))
    else:
        known = ", ".join([*_WRITERS, ".dot", ".pdf", ".png"])
        message = f"save: {target.name!r} has no ending that names a form\n  fix: use one of {known}"
        raise ValueError(message)
    return str(target)


def _by_graphviz(graph: Traced, form: str, options: dict[str, Any]) -> bytes:
    settings = {"rankdir": "TB" if len(graph.nodes) > 12 else "LR", **options}
    background = {"bgcolor": "white", **settings.pop("graph_attr", {})}
    dot = to_dot(graph, graph_attr=background, **settings)
    try:
        output, _, _ = graphviz_output(dot.source, form, timeout=TIMEOUT)
    except LayoutError as error:
        message = (
            f"save: a {form.upper()} needs Graphviz, and there is none that works here ({error})\n"
            "  fix: install Graphviz so that `dot` is on PATH, or pip install 'pygraphviz>=2';\n"
            "       or save as .svg or .html, which need nothing"
        )
        raise RuntimeError(message) from error
    return output


def mimebundle(graph: Traced, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Return what a notebook shows: page, picture and text; it takes the richest that it trusts.

    Args:
        graph: the traced graph.
        include: only these types, if given.
        exclude: not these types.
    """
    makers: dict[str, Callable[[Traced], str]] = {
        "text/html": lambda g: to_html(g, fragment=True),
        "image/svg+xml": to_svg,
        "text/plain": to_text,
    }
    return {
        kind: make(graph)
        for kind, make in makers.items()
        if (include is None or kind in include) and not (exclude is not None and kind in exclude)
    }
