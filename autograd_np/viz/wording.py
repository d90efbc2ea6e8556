"""The texts of a drawing: what a card says of its node, what an edge says of its factor, as words and numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from autograd_np.viz import formulas
from autograd_np.viz.fold import Item, Link
from autograd_np.viz.notation import bar, factor, number, shorten, subscript, summary_lines, summary_text
from autograd_np.viz.records import Edge, Node, Summary, Traced

__all__ = [
    "contribution_text",
    "edge_lines",
    "equation",
    "gradient_text",
    "local_text",
    "numeric_equation",
    "shape_text",
    "sum_text",
    "title",
    "tooltip",
    "value_lines",
    "whole_expression",
]

#: A sum at a fan-out writes out this many terms.
TERMS = 3
#: Longest name in a formula, longest line on a card, longest formula at an edge.
NAME, LINE, EDGE_LINE = 14, 40, 52
#: Longest expression in a heading.
EXPRESSION = 60


def operand_names(graph: Traced, node: Node, *, short: int = NAME) -> list[str]:
    """Return the names of an operation's arguments by slot; an absent argument (`bias=None`) is a dash."""
    names: list[str] = []
    for edge in graph.incoming(node):
        names += [formulas.ABSENT] * (edge.slot - len(names))
        names.append(shorten(_operand_name(graph, edge), short))
    return names


def _operand_name(graph: Traced, edge: Edge) -> str:
    name = graph.nodes[edge.src].name
    return name if edge.output is None else f"{name}[{edge.output}]"


def _factors(graph: Traced, node: Node) -> list[str]:
    """Return argument names as they stand in a product, with ⁽¹⁾, ⁽²⁾ where one value is used twice."""
    edges = graph.incoming(node)
    names = operand_names(graph, node)
    uses = Counter((edge.src, edge.output) for edge in edges)
    for edge in edges:
        name = names[edge.slot]
        if uses[edge.src, edge.output] > 1:
            name += superscript_slot(edge.slot)
        names[edge.slot] = f"({name})" if name.startswith("-") else name
    return names


def superscript_slot(slot: int) -> str:
    """Return the mark that tells two uses of one value apart: ⁽¹⁾ for the first.

    Example:
        >>> superscript_slot(0)
        '⁽¹⁾'
    """
    return f"⁽{str(slot + 1).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}⁾"


def shape_text(node: Node) -> str:
    """Return shape and type; numbers need no shape."""
    if node.ports:
        return f"{len(node.ports)} outputs"
    return f"{node.shape} {node.dtype}".strip() if node.shape else node.dtype


def equation(graph: Traced, node: Node, *, short: int = NAME) -> str:
    """Return an operation in symbols: `u = x·y`."""
    names = operand_names(graph, node, short=short)
    names = [f"({name})" if name.startswith("-") else name for name in names]
    return f"{shorten(node.name, short)} = {formulas.expression(node.op, names, node.static)}"


def whole_expression(graph: Traced) -> str:
    """Return the traced node as one expression of the leaves, `L = (x·y + x)²`; its last step if that is too long."""
    output = graph.nodes[graph.output]
    texts: dict[int, tuple[str, str]] = {}
    for node in graph.nodes[: output.id + 1]:
        text = node.name
        if node.op:
            operands = [texts[e.src] for e in graph.incoming(node)]
            known = not node.ports and all(text for text, _ in operands)
            text = formulas.nested(node.op, operands, node.static) if known else ""
        # A text that is too long would only grow further.
        texts[node.id] = (text if len(text) <= EXPRESSION else "", node.op)
    text, _ = texts[output.id]
    if not text:
        return equation(graph, output, short=EXPRESSION) if output.op else output.name
    return f"{output.name} = {text}" if output.op else text


def numeric_equation(graph: Traced, node: Node) -> str:
    """Return an operation with its operands' numbers, `2·3 = 6`; empty unless all of them are numbers."""
    values = [graph.nodes[edge.src].value for edge in graph.incoming(node)]
    scalars = [None if value is None else value.scalar for value in values]
    result = None if node.value is None else node.value.scalar
    if result is None or not formulas.is_elementwise(node.op):
        return ""
    numbers = [factor(value) for value in scalars if value is not None]
    if len(numbers) < len(scalars):
        return ""
    return f"{formulas.expression(node.op, numbers, node.static)} = {number(result)}"


def title(graph: Traced, item: Item) -> str:
    """Return a card's first line."""
    node = item.node
    if item.kind == "middle":
        operations = sum(1 for i in item.members if graph.nodes[i].op)
        return f"… {operations:,} operations …"
    if item.kind == "chain":
        names = [graph.nodes[i].op for i in item.members if graph.nodes[i].op]
        return shorten(f"{len(names):,} ops: {names[0]}→…→{names[-1]}", LINE)
    return shorten(equation(graph, node), LINE) if node.op else shorten(node.name, LINE)


def value_lines(node: Node) -> list[str]:
    """Return the lines of a card that show the value, or say why there is none."""
    if node.ports:
        return [
            f"[{k}] {port.shape or ''} {_port_value(port.value, node)}".replace("  ", " ")
            for k, port in enumerate(node.ports)
        ]
    if node.value is None:
        return [node.value_note]
    lines = list(summary_lines(node.value))
    if len(lines[0]) + 6 > LINE and node.value.values is not None:
        lines = [f"‖·‖ {number(node.value.norm)}"]
    return [f"value {lines[0]}" if node.value.values is not None else lines[0], *lines[1:]]


def _port_value(value: Summary | None, node: Node) -> str:
    return node.value_note if value is None else summary_text(value)


def gradient_text(graph: Traced, node: Node) -> str:
    """Return the gradient with its sum written out, `grad 48 + 16 = 64`; never 0 where none was computed."""
    terms = [e.contribution for e in graph.outgoing(node) if e.contribution is not None]
    return sum_text(node.gradient, terms, node.gradient_note)


def sum_text(gradient: Summary | None, terms: Sequence[Summary], note: str) -> str:
    """Return a gradient as the sum of these contributions."""
    if gradient is None:
        return f"grad – {note}"
    total = summary_text(gradient)
    if len(terms) > 1:
        shown = [summary_text(term) for term in terms[:TERMS]]
        if len(terms) > TERMS:
            shown.append(f"{len(terms) - TERMS} more")
        written = " + ".join(f"({t})" if t.startswith("-") and i else t for i, t in enumerate(shown))
        text = f"grad {written} = {total}"
        if gradient.values is not None and len(text) <= LINE:
            return text
        return shorten(f"grad Σ of {len(terms)}: {total}", LINE)
    return shorten(f"grad {total}", LINE)


def local_text(graph: Traced, edge: Edge, *, short: int = NAME) -> str:
    """Return the factor of an edge: `∂u/∂x = y = 3` between numbers, `Ā += Ȳ·Bᵀ` between arrays; else empty."""
    dst = graph.nodes[edge.dst]
    if not edge.differentiated:
        return ""
    names = _factors(graph, dst)
    out = shorten(dst.name, short)
    symbol = formulas.local(dst.op, edge.slot, names, out, dst.static)
    numeric = None if edge.local is None else edge.local.scalar
    if numeric is not None:
        parts = [f"∂{out}/∂{names[edge.slot]}", symbol, number(numeric)]
        return " = ".join(dict.fromkeys(part for part in parts if part))
    upstream = bar(out)
    if symbol is None:
        sizes = (math.prod(shape) for shape in (graph.nodes[edge.src].shape, dst.shape))
        count = next(sizes) // max(1, next(sizes))
        right = formulas.pullback(dst.op, edge.slot, names, out, upstream, dst.static, count=count)
    else:
        right = _product(upstream, symbol)
        axes = _summed_axes(graph.nodes[edge.src].shape, dst.shape)
        right = f"Σ{subscript(axes)} {right}" if axes else right
    return "" if right is None else f"{bar(shorten(_operand_name(graph, edge), short))} += {right}"


def _product(upstream: str, symbol: str) -> str:
    if symbol == "1":
        return upstream
    if symbol == "-1":
        return f"-{upstream}"
    simple = not symbol.startswith("-") and " " not in symbol
    return f"{upstream}·{symbol}" if simple else f"{upstream}·({symbol})"


def _summed_axes(operand: Sequence[int], output: Sequence[int]) -> str:
    """Return the output's axes over which an operand was broadcast, as digits."""
    lead = len(output) - len(operand)
    axes = [*range(lead), *(lead + i for i, n in enumerate(operand) if n == 1 and output[lead + i] != 1)]
    return "".join(str(axis) for axis in axes)


def contribution_text(edge: Edge) -> str:
    """Return what an edge adds to its operand's gradient: `16·3 = 48` between numbers."""
    if edge.contribution is None:
        return ""
    up = None if edge.upstream is None else edge.upstream.scalar
    local = None if edge.local is None else edge.local.scalar
    if up is None or local is None:
        return summary_text(edge.contribution)
    return f"{factor(up)}·{factor(local)} = {summary_text(edge.contribution)}"


def edge_lines(graph: Traced, link: Link) -> tuple[str, str]:
    """Return the two lines at an edge: its factor, and its contribution."""
    if len(link.edges) > 1:
        return f"{len(link.edges):,} uses", ""
    if not link.edge.differentiated:
        return "", ""
    port = "" if link.edge.output is None else f"[{link.edge.output}] "
    if link.local is not None and (link.edge.local is None or link.edge.local.scalar != link.local):
        # A folded chain: the product of its factors.
        up = "?" if link.upstream is None else factor(link.upstream)
        total = "?" if link.edge.contribution is None else summary_text(link.edge.contribution)
        return f"∏∂ = {number(link.local)}", f"{up}·{factor(link.local)} = {total}"
    first = local_text(graph, link.edge)
    if len(first) > EDGE_LINE:
        # Half a formula is worse than none; the tooltip has it.
        first = ""
    return f"{port}{first}".strip(), shorten(contribution_text(link.edge), LINE)


def tooltip(graph: Traced, item: Item) -> str:
    """Return everything known of a card, for whoever points at it."""
    node = item.node
    lines = [equation(graph, node, short=60) if node.op else node.name, f"{node.role}, {shape_text(node)}"]
    if item.kind != "node":
        lines.insert(0, title(graph, item))
    lines += [] if node.role == "constant" and node.value is None else value_lines(node)
    if node.role != "constant":
        lines.append(gradient_text(graph, node))
        if node.gradient is not None and node.gradient.values is None:
            lines += [f"grad {line}" for line in summary_lines(node.gradient)]
    if node.module:
        lines.append(f"in {node.module}")
    if node.source:
        lines.append(f"at {node.source}")
    return "\n".join(lines)
