"""The texts of a drawing: what a card says of its node, what an edge says of its factor, as words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_np.viz import formulas, grouped
from autograd_np.viz.facts import norm_range
from autograd_np.viz.formulas import Call
from autograd_np.viz.notation import bar, factor, number, shorten, summary_lines, summary_text
from autograd_np.viz.printing import UNICODE, Style
from autograd_np.viz.records import Edge, Node, Summary, Traced
from autograd_np.viz.symbols import Name, Number, Symbol
from autograd_np.viz.view import Item, Link

__all__ = [
    "card_gradient",
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


def _operand_name(graph: Traced, edge: Edge) -> str:
    name = graph.nodes[edge.src].name
    return name if edge.output is None else f"{name}[{edge.output}]"


def _call(graph: Traced, node: Node, *, short: int = NAME, told_apart: bool = False) -> Call:
    """Return an operation on the names of its arguments; a value that is used twice may be told apart by ⁽¹⁾, ⁽²⁾."""
    row: Any = node.row
    edges = graph.incoming(node)
    uses = Counter((edge.src, edge.output) for edge in edges)
    operands: list[Symbol | None] = [None] * max(len(edges), len(row.rules))
    for edge in edges:
        operands += [None] * (edge.slot + 1 - len(operands))
        mark = superscript_slot(edge.slot) if told_apart and uses[edge.src, edge.output] > 1 else ""
        operands[edge.slot] = _operand(graph, edge, short, mark)
    name = shorten(node.name, short)
    if not node.ports:
        output: Any = Name(name, node.shape, _dtype(node.dtype))
        return Call(row, tuple(operands), output, Name(bar(name), node.shape, output.dtype), node.static)
    reached = any(port.gradient is not None for port in node.ports)
    outputs = tuple(Name(f"{name}[{k}]", port.shape, _dtype(port.dtype)) for k, port in enumerate(node.ports))
    arriving = tuple(
        Name(bar(y.text), port.shape, y.dtype) if port.gradient is not None or not reached else None
        for y, port in zip(outputs, node.ports, strict=True)
    )
    return Call(row, tuple(operands), outputs, arriving, node.static)


def _operand(graph: Traced, edge: Edge, short: int, mark: str) -> Symbol:
    node = graph.nodes[edge.src]
    if node.role == "constant" and node.value is not None and not node.named and node.value.scalar is not None:
        return Number(node.value.values[0] if node.value.values else node.value.scalar)
    source: Any = node if edge.output is None else node.ports[edge.output]
    return Name(shorten(_operand_name(graph, edge), short) + mark, source.shape, _dtype(source.dtype))


def _dtype(name: str) -> np.dtype[Any]:
    """Return an element type by name; what is none, as that of a tuple of slices, counts as floating."""
    try:
        return np.dtype(name or np.float64)
    except TypeError:
        return np.dtype(np.float64)


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


def equation(graph: Traced, node: Node, *, short: int = NAME, style: Style = UNICODE) -> str:
    """Return an operation in symbols: `u = x·y`."""
    made = formulas.application(_call(graph, node, short=short))
    return f"{style.name(shorten(node.name, short))} = {formulas.written(made, style, forward=True)}"


def whole_expression(graph: Traced) -> str:
    """Return the traced node as one expression of the leaves, `L = (x·y + x)²`; its last step if that is too long."""
    output = graph.nodes[graph.output]
    symbols: dict[int, Symbol | None] = {}
    for node in graph.nodes[: output.id + 1]:
        symbols[node.id] = Name(node.name, node.shape, _dtype(node.dtype))
        if node.op:
            symbols[node.id] = _nested(graph, node, symbols)
    found = symbols[output.id]
    if found is None:
        return equation(graph, output, short=EXPRESSION) if output.op else output.name
    text = formulas.text(found, forward=True)
    return f"{output.name} = {text}" if output.op else text


def _nested(graph: Traced, node: Node, symbols: Mapping[int, Symbol | None]) -> Symbol | None:
    """Return an operation on its operands' expressions; None where one is missing, or the whole is too long."""
    call = _call(graph, node, short=EXPRESSION)
    operands = list(call.operands)
    for edge in graph.incoming(node):
        inner = symbols[edge.src]
        if inner is None or edge.output is not None:
            return None
        if graph.nodes[edge.src].op:
            operands[edge.slot] = inner
    found = formulas.application(replace(call, operands=tuple(operands)))
    # What is too long would only grow further.
    return found if not node.ports and len(formulas.text(found, forward=True)) <= EXPRESSION else None


def numeric_equation(graph: Traced, node: Node) -> str:
    """Return an operation with its operands' numbers, `2·3 = 6`; empty unless all of them are numbers."""
    values = [graph.nodes[edge.src].value for edge in graph.incoming(node)]
    result = None if node.value is None else node.value.scalar
    if result is None or node.row is None or not formulas.is_elementwise(node.row):
        return ""
    numbers = tuple(
        Number(value.values[0]) for value in values if value is not None and value.values and value.scalar is not None
    )
    if len(numbers) < len(values):
        return ""
    found = formulas.application(replace(_call(graph, node), operands=numbers))
    return f"{formulas.text(found, forward=True)} = {number(result)}"


def title(graph: Traced, item: Item) -> str:
    """Return a card's first line."""
    node = item.node
    if item.kind == "stub":
        return grouped.stub_title(graph, item)
    if item.facts is not None:
        return f"▸ {grouped.group_title(item.facts)}"
    if item.kind == "middle":
        operations = sum(1 for i in item.members if graph.nodes[i].op)
        return f"… {operations:,} operations …"
    if item.kind == "chain":
        names = [graph.nodes[i].op for i in item.members if graph.nodes[i].op]
        return shorten(f"{len(names):,} ops: {names[0]}→…→{names[-1]}", LINE)
    if node.op:
        return shorten(equation(graph, node), LINE)
    return shorten(grouped.repeated_name(graph, item) if item.twins else node.name, LINE)


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


def card_gradient(graph: Traced, item: Item) -> str:
    """Return the gradient line of a card; of a closed group or a repeat, the norms."""
    if item.facts is not None:
        return grouped.flow_lines(item.facts)[0]
    if item.twins and item.kind != "clone":
        return grouped.repeated_gradient(last_of(graph, item))
    return gradient_text(graph, item.node)


def last_of(graph: Traced, item: Item) -> list[Node]:
    """Return the node of each repeat that a card shows; of a chain, the last."""
    if len(item.members) == 1:
        return [graph.nodes[i] for i in item.twins]
    # A chain's nodes come repeat by repeat, and each repeat's last operation is like the card's own.
    ids = [i for i in item.twins if graph.nodes[i].op]
    size = sum(1 for i in item.members if graph.nodes[i].op)
    return [graph.nodes[i] for i in ids[size - 1 :: size]]


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


def local_text(graph: Traced, edge: Edge, *, short: int = NAME, explained: bool = False, style: Style = UNICODE) -> str:
    """Return the factor of an edge: `∂u/∂x = y = 3` between numbers, `Ā += Ȳ·Bᵀ` between arrays; else empty.

    Args:
        graph: the traced graph.
        edge: which argument.
        short: longest name.
        explained: say also what names in the formula stand for.
        style: plain text, or LaTeX's mathematics.
    """
    dst = graph.nodes[edge.dst]
    if not edge.differentiated or dst.row is None:
        return ""
    call = _call(graph, dst, short=short, told_apart=True)
    numeric = None if edge.local is None else edge.local.scalar
    if numeric is not None:
        symbol = formulas.local(call, edge.slot)
        operand = repr(call.operands[edge.slot])
        fraction = style.derivative(style.name(shorten(dst.name, short)), style.name(operand))
        parts = [fraction, "" if symbol is None else formulas.written(symbol, style), style.number(numeric)]
        text = " = ".join(dict.fromkeys(part for part in parts if part))
    else:
        symbol = formulas.received(call, edge.slot)
        if symbol is None:
            return ""
        receiver = style.name(bar(shorten(_operand_name(graph, edge), short)))
        text = f"{receiver}{style.sign('+=')}{formulas.written(symbol, style)}"
    names = formulas.meanings(symbol, style) if explained and symbol is not None else []
    return ", ".join([text, *(f"{name} = {meaning}" for name, meaning in names)])


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
    if link.bundle and link.edge.differentiated:
        return grouped.bundle_lines(graph, link)
    if link.repeated:
        norms = norm_range(None if e.contribution is None else e.contribution.norm for e in link.edges)
        first = local_text(graph, link.edge) if link.edge.differentiated else ""
        return first if len(first) <= EDGE_LINE else "", "" if norms is None else grouped.range_text(norms)
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
    if item.kind == "stub":
        names = ", ".join(graph.nodes[i].name for i in item.members[:20])
        return f"{len(item.members)} outside the focus: {names}"
    if item.facts is not None:
        facts = item.facts
        place = f"in {facts.path}" if facts.path else ""
        parts = [title(graph, item), place, *grouped.group_lines(item), *grouped.flow_lines(facts)]
        return "\n".join(filter(None, parts))
    lines = [equation(graph, node, short=60) if node.op else node.name, f"{node.role}, {shape_text(node)}"]
    if item.kind != "node":
        lines.insert(0, title(graph, item))
    lines += [] if node.role == "constant" and node.value is None else value_lines(node)
    if node.role != "constant":
        lines.append(card_gradient(graph, item))
        if node.gradient is not None and not item.twins and node.gradient.values is None:
            lines += [f"grad {line}" for line in summary_lines(node.gradient)]
    if node.module:
        lines.append(f"in {node.module}")
    if node.source:
        lines.append(f"at {node.source}")
    return "\n".join(lines)
