"""The graph as LaTeX: what every operation computes, and what every gradient is a sum of, in aligned equations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from autograd_np.viz import formulas, wording
from autograd_np.viz.notation import bar
from autograd_np.viz.printing import LATEX
from autograd_np.viz.records import Edge, Node, Summary, Traced

__all__ = ["to_tex"]

#: A longer computation is cut at its beginning, where the gradients have come furthest.
LONGEST = 200
#: A sum with more terms, or with longer ones, has a line for each.
TERMS, TERM = 3, 60

_DOCUMENT = r"""\documentclass{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
%(body)s
\end{document}
"""
#: What notes contain beside ASCII.
_PLAIN = {"⚠ ": "", "×": "x", "→": "to", "‖": "|", "·": "*", "∂": "d", "–": "-"}


def to_tex(graph: Traced, *, title: str | None = None, document: bool = True, limit: int = LONGEST) -> str:
    r"""Return the equations of a traced graph; a document of its own needs amsmath and nothing else unusual.

    Forward, each operation is a line, with its number or its shape. Backward, each gradient is the sum that the chain
    rule makes it, with a bar (or a nabla for long names) for what arrives.

    Args:
        graph: the traced graph.
        title: heading of the document; by default what was differentiated.
        document: False returns the equations alone, to be put into another document.
        limit: how many operations are written out, counted from the output.

    Example:
        >>> from autograd_np import tensor, viz
        >>> x = tensor(3.0, requires_grad=True)
        >>> print(to_tex(viz.trace(x * x, names={"x": x}), document=False))
        \begin{align*}
        x &= 3 \\
        v_{1} &= x \cdot x && = 9
        \end{align*}
        \begin{align*}
        \bar{v}_{1} &= 1 \\
        \bar{x} &= \bar{v}_{1} \cdot x + \bar{v}_{1} \cdot x && = 3 + 3 = 6
        \end{align*}
    """
    operations = [node for node in graph.nodes if node.op]
    shown = {node.id for node in operations[-limit:]}
    used = {edge.src for i in shown for edge in graph.incoming(graph.nodes[i])} | shown
    nodes = [node for node in graph.nodes if node.id in used]
    forward = [line for node in nodes for line in _forward(graph, node, cut=bool(node.op) and node.id not in shown)]
    backward = [line for node in reversed(nodes) for line in _backward(graph, node, shown)]
    if not document:
        return _ascii("\n".join(filter(None, [_aligned(forward), _aligned(backward)])))
    name = LATEX.name(graph.nodes[graph.output].name)
    heading = f"${name}$ and its gradients" if title is None else _text(title)
    left_out = len(operations) - len(shown)
    notes = [f"The first {left_out:,} operations are left out."] if left_out > 0 else []
    body = [rf"\section*{{{heading}}}", r"\subsection*{Forward}", _aligned(forward)]
    body += [r"\subsection*{Backward}", _aligned(backward)] if backward else []
    body += [f"{_text(note)}\n" for note in [*notes, *graph.notes]]
    return _DOCUMENT % {"body": _ascii("\n".join(body))}


def _aligned(lines: Sequence[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}" if lines else ""


def _text(text: str) -> str:
    """Return words as LaTeX."""
    for sign, plain in _PLAIN.items():
        text = text.replace(sign, plain)
    return LATEX.words(text).removeprefix(r"\text{").removesuffix("}") if re.search(r"\w", text) else text


def _ascii(text: str) -> str:
    """Return a text without characters that LaTeX's own fonts lack: letters lose their marks, signs become '?'."""
    if text.isascii():
        return text
    parts = (unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in text)
    return "".join(parts)


# --- forward --------------------------------------------------------------------------------------------------------


def _forward(graph: Traced, node: Node, *, cut: bool) -> Iterator[str]:
    """Yield the line of a node; numbers that stand in the formulas themselves need none."""
    number_in_formula = node.role == "constant" and not node.named and node.value is not None
    if number_in_formula and node.value is not None and node.value.scalar is not None:
        return
    if node.op and not cut:
        call = wording._call(graph, node, short=60)
        left = _outputs(node)
        formula = formulas.latex(formulas.application(call), forward=True)
        yield f"{left} &= {formula}{_column(_value(node))}"
    else:
        value = _value(node)
        yield f"{LATEX.name(node.name)} &" + (value if value.startswith("=") else rf"\phantom{{=}} {value}")


def _outputs(node: Node) -> str:
    if not node.ports:
        return LATEX.name(node.name)
    names = ", ".join(LATEX.name(f"{node.name}[{k}]") for k in range(len(node.ports)))
    return rf"\left({names}\right)"


def _value(node: Node) -> str:
    """Return the number that a node has, or its shape."""
    if node.ports:
        return r",\ ".join(_size(port.shape) for port in node.ports)
    if node.value is not None and node.value.scalar is not None:
        return f"= {LATEX.number(node.value.scalar)}"
    return _size(node.shape)


def _size(shape: Sequence[int]) -> str:
    sizes = r" \times ".join(map(str, shape))
    return f"({sizes})" if shape else r"\text{number}"


def _column(text: str) -> str:
    return f" && {text}" if text else ""


# --- backward -------------------------------------------------------------------------------------------------------


def _backward(graph: Traced, node: Node, shown: set[int]) -> Iterator[str]:
    """Yield the lines of a node's gradient: the sum of what its uses give; nothing where none was computed."""
    if node.gradient is None or node.role == "constant":
        return
    uses = [edge for edge in graph.outgoing(node) if edge.contribution is not None and edge.dst in shown]
    if node.ports:
        for k, port in enumerate(node.ports):
            if port.gradient is not None:
                yield from _sum(graph, f"{node.name}[{k}]", [e for e in uses if e.output == k], port.gradient)
    else:
        yield from _sum(graph, node.name, uses, node.gradient)


def _sum(graph: Traced, name: str, uses: Sequence[Edge], gradient: Summary) -> Iterator[str]:
    left = LATEX.name(bar(name))
    if not uses:
        yield f"{left} &" + (_norm(gradient) if gradient.scalar is None else f"= {LATEX.number(gradient.scalar)}")
        return
    terms = [_term(graph, edge) for edge in uses]
    value = _numbers([edge.contribution for edge in uses], gradient)
    if len(terms) <= TERMS and all(len(term) <= TERM for term, _ in terms):
        where = "".join(dict.fromkeys(explained for _, explained in terms))
        yield f"{left} &= {_joined([term for term, _ in terms])}{where}{_column(value)}"
        return
    for i, (term, where) in enumerate(terms):
        sign = "= " if not i else r"\quad " if term.startswith("-") else r"\quad + "
        yield f"{left if not i else ''} &{sign}{term}{where}{_column(value) if i == len(terms) - 1 else ''}".strip()


def _term(graph: Traced, edge: Edge) -> tuple[str, str]:
    """Return what one use gives, and what the names in it stand for."""
    dst, src = graph.nodes[edge.dst], graph.nodes[edge.src]
    symbol = None
    if dst.row is not None:
        symbol = formulas.received(wording._call(graph, dst, short=60), edge.slot)
    if symbol is None:
        # A rule that is a kernel has no formula: the transposed Jacobian is what it computes.
        name = src.name if edge.output is None else f"{src.name}[{edge.output}]"
        below, above = LATEX.name(name), LATEX.name(dst.name)
        return rf"\left(\frac{{\partial {above}}}{{\partial {below}}}\right)^{{\top}} {LATEX.name(bar(dst.name))}", ""
    where = [f"{name} = {meaning}" for name, meaning in formulas.meanings(symbol, LATEX)]
    explained = rf" \quad \text{{with }} {', '.join(where)}" if where else ""
    return formulas.latex(symbol), explained


def _joined(terms: Sequence[str]) -> str:
    first, *more = terms
    return first + "".join(f" {term}" if term.startswith("-") else f" + {term}" for term in more)


def _numbers(contributions: Sequence[Summary | None], gradient: Summary) -> str:
    """Return the numbers of a sum, `= 48 + 16 = 64`; of arrays the length."""
    if gradient.scalar is None:
        return _norm(gradient)
    total = LATEX.number(gradient.scalar)
    scalars = [None if c is None else c.scalar for c in contributions]
    if len(scalars) == 1 or len(scalars) > TERMS or any(s is None for s in scalars):
        return f"= {total}"
    return f"= {_joined([LATEX.number(s) for s in scalars])} = {total}"


def _norm(gradient: Summary) -> str:
    return rf"\lVert\cdot\rVert = {LATEX.number(gradient.norm)}"
