"""Where everything goes: Graphviz gives coordinates for boxes of fixed size where it can, a built-in layout otherwise.

Each Graphviz runs in a process of its own under a time limit, so that drawing never raises and never hangs. The engines
get sizes only, no texts: every engine then sees the same boxes, and nothing needs escaping.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autograd_np.viz.geometry import CLEAR, Box, Fence, Placement, Point, Strand, straight
from autograd_np.viz.hulls import around, roomy, widened
from autograd_np.viz.layered import layered, ranks
from autograd_np.viz.pods import Pods
from autograd_np.viz.routing import routed

__all__ = [
    "ENGINES",
    "TIMEOUT",
    "LayoutError",
    "LayoutTimeoutError",
    "graphviz_output",
    "has_pygraphviz",
    "is_horizontal",
    "place",
]

#: Seconds that all Graphviz engines together may take.
TIMEOUT = 6.0
ENGINES = ("dot", "pygraphviz", "built-in")
#: A picture up to this wide may run from left to right.
WIDEST = 1500
#: Courier of 11 points, in which the engines measure the placeholder of a wire's text.
PLACEHOLDER_CELL = 6.6
#: Above this many wires the network simplex gets fewer rounds.
MANY_WIRES = 120

_CHILD = """
import sys
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""


class LayoutError(RuntimeError):
    """A layout engine is missing, failed, or took too long."""


class LayoutTimeoutError(LayoutError):
    """A layout engine was stopped at the time limit."""


def _run(command: Sequence[str], source: str, timeout: float) -> bytes:
    """Return what a command writes for this input; stop it, and what it started, at the time limit."""
    try:
        child = subprocess.Popen(  # noqa: S603 (fixed programs, no shell)
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        message = f"could not be started ({error.strerror})"
        raise LayoutError(message) from error
    with child:
        try:
            output, errors = child.communicate(source.encode("utf-8"), timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _stop(child)
            message = f"took more than {timeout:g} s"
            raise LayoutTimeoutError(message) from error
    if child.returncode:
        last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        message = f"failed with code {child.returncode}: {''.join(last)[:200]}"
        raise LayoutError(message)
    return output


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Stop a child, and with it what it may have started: a wrapper script's own child would keep running."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _dot(source: str, form: str, timeout: float) -> bytes:
    program = shutil.which("dot")
    if program is None:
        message = "not on PATH"
        raise LayoutError(message)
    return _run([program, f"-T{form}"], source, timeout)


def has_pygraphviz() -> bool:
    """Tell whether pygraphviz can be imported, without importing it."""
    try:
        return importlib.util.find_spec("pygraphviz") is not None
    except (ImportError, ValueError):
        return False


def _pygraphviz(source: str, form: str, timeout: float) -> bytes:
    if not has_pygraphviz() or not sys.executable:
        message = "not installed"
        raise LayoutError(message)
    return _run([sys.executable, "-c", _CHILD, form], source, timeout)


_GRAPHVIZ: dict[str, Callable[[str, str, float], bytes]] = {"dot": _dot, "pygraphviz": _pygraphviz}


def graphviz_output(
    source: str, form: str, *, timeout: float = TIMEOUT, engine: str | None = None
) -> tuple[bytes, str, tuple[str, ...]]:
    """Return what Graphviz makes of DOT text, which engine it was, and remarks on those that failed.

    Args:
        source: DOT text.
        form: an output format of Graphviz: json, pdf, png, …
        timeout: seconds for all engines together.
        engine: "dot" or "pygraphviz" alone; both in turn if not given.

    Raises: LayoutError if none could.
    """
    remarks: list[str] = []
    for name, run in _GRAPHVIZ.items():
        if engine not in (None, name):
            continue
        try:
            return run(source, form, timeout), name, tuple(remarks)
        except LayoutTimeoutError as error:
            # The other one is the same program: it would take as long.
            remarks.append(f"{name} {error}")
            break
        except LayoutError as error:
            remarks.append(f"{name} {error}")
    raise LayoutError("; ".join(remarks))


def is_horizontal(boxes: Sequence[Box], strands: Sequence[Strand]) -> bool:
    """Tell whether the graph is short enough to run from left to right."""
    depth = ranks(boxes, strands)
    widths = [0.0] * (max(depth, default=0) + 1)
    for box, rank in zip(boxes, depth, strict=True):
        widths[rank] = max(widths[rank], box.width)
    label = max((strand.width for strand in strands), default=0.0)
    return sum(widths) + (label + 50) * (len(widths) - 1) <= WIDEST


def place(
    boxes: Sequence[Box],
    strands: Sequence[Strand],
    *,
    horizontal: bool,
    engine: str | None = None,
    timeout: float = TIMEOUT,
    fences: Sequence[Fence] = (),
) -> Placement:
    """Return where every box, wire and text goes; never raises for want of Graphviz, and never hangs.

    Args:
        boxes: operands before operations.
        strands: wires between them.
        horizontal: from left to right, otherwise from top to bottom.
        engine: one of `ENGINES`, tried before the built-in one; all in turn if not given.
        timeout: seconds for all Graphviz engines together.
        fences: frames around boxes, outer ones first.
    """
    if horizontal:
        placement = _placed(boxes, strands, fences, horizontal=True, engine=engine, timeout=timeout)
    else:
        pods = Pods(boxes, strands, fences)
        placement = pods.spread(
            _placed(pods.boxes, pods.strands, pods.fences, horizontal=False, engine=engine, timeout=timeout)
        )
    if placement.engine == "built-in":
        placement = replace(placement, frames=around(placement.boxes, boxes, fences))
    return widened(placement, boxes, strands, fences)


def _placed(
    boxes: Sequence[Box],
    strands: Sequence[Strand],
    fences: Sequence[Fence],
    *,
    horizontal: bool,
    engine: str | None,
    timeout: float,
) -> Placement:
    remarks: tuple[str, ...] = ()
    placement = None
    if engine != "built-in":
        source = dot_source(boxes, strands, horizontal=horizontal, fences=fences)
        try:
            output, name, remarks = graphviz_output(source, "json", timeout=timeout, engine=engine)
            placement = _read(output, name, boxes, strands, horizontal=horizontal)
        except LayoutError as error:
            remarks = (*remarks, str(error))
    if placement is None:
        placement = layered(roomy(boxes, fences), strands, horizontal=horizontal)
    routes = routed(placement, boxes, strands, horizontal=horizontal)
    return replace(placement, routes=routes, remarks=remarks)


def dot_source(
    boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool, fences: Sequence[Fence] = ()
) -> str:
    """Return the DOT text that engines lay out: sizes, and placeholders as wide as the texts of the wires."""
    # A text takes a rank of its own, with a gap above and one below it.
    gap = 0.7 if horizontal or not any(strand.width for strand in strands) else 0.45
    lines = [
        "digraph chain {",
        f"rankdir={'LR' if horizontal else 'TB'} nodesep=0.3 ranksep={gap} splines=true",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowhead=none fontname=Courier fontsize=11]",
    ]
    if len(strands) > MANY_WIRES:
        lines.append("nslimit=2 nslimit1=2 mclimit=0.5")
    lines += [_node(box) for box in boxes]
    lines += _clusters(fences)
    # Wires end above and below the card itself, not in the middle of what stands beside it.
    tails, heads = ({box.key: side for box in boxes if box.aside} for side in (":card:s", ":card:n"))
    for strand in strands:
        label = ""
        if strand.width:
            # One row more, or two letters, so that the wire's two lines do not touch the text.
            columns = math.ceil(strand.width / PLACEHOLDER_CELL) + (0 if horizontal else 2)
            label = ' label="{}"'.format("\\n".join(["M" * columns] * (strand.lines + horizontal)))
        span = " minlen=2" if strand.apart else ""
        ends = f'"{strand.src}"{tails.get(strand.src, "")} -> "{strand.dst}"{heads.get(strand.dst, "")}'
        lines.append(f'{ends} [id="{strand.key}" weight={strand.weight}{span}{label}]')
    lines.append("}")
    return "\n".join(lines)


def _node(box: Box) -> str:
    """Return a box: of fixed size, or a table of the room beside the card and the card."""
    if not box.aside:
        return f'"{box.key}" [width={box.width / 72:.4f} height={box.height / 72:.4f}]'
    cell = f'<TD FIXEDSIZE="TRUE" HEIGHT="{box.height:.0f}" WIDTH="{{:.0f}}"{{}}></TD>'
    cells = cell.format(box.aside, "") + cell.format(box.width, ' PORT="card"')
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE>'
    return f'"{box.key}" [shape=plain fixedsize=false label=<{table}>]'


def _clusters(fences: Sequence[Fence]) -> list[str]:
    """Return nested clusters with room for their titles."""
    inside: dict[str, list[Fence]] = {}
    for inner in fences:
        inside.setdefault(inner.parent, []).append(inner)
    lines: list[str] = []
    stack: list[Fence | None] = list(reversed(inside.get("", ())))
    while stack:
        if (fence := stack.pop()) is None:
            lines.append("}")
            continue
        columns = math.ceil(fence.width / PLACEHOLDER_CELL)
        lines.append(f'subgraph "cluster_{fence.key}" {{ margin=12 labeljust=l fontname=Courier fontsize=11')
        lines.append('label="{}"'.format("M" * columns))
        lines += [f'"{member}"' for member in fence.members]
        stack.append(None)
        stack += reversed(inside.get(fence.key, ()))
    return lines


def _read(
    output: bytes, engine: str, boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool
) -> Placement:
    """Return the coordinates in Graphviz's JSON; edges are matched by id, for their order is not the input's."""
    try:
        data: dict[str, Any] = json.loads(output)
        _, _, width, height = (float(n) for n in data["bb"].split(","))

        def point(text: str) -> Point:
            x, y = text.split(",")
            return float(x), height - float(y)

        aside = {box.key: box.aside / 2 for box in boxes}
        centres = {}
        for item in data["objects"]:
            if "pos" in item:
                x, y = point(item["pos"])
                centres[item["name"]] = (x + aside.get(item["name"], 0.0), y)
        routes = {item["id"]: [point(p) for p in item["pos"].split()] for item in data.get("edges", ())}
        frames = {}
        for item in data["objects"]:
            if item["name"].startswith("cluster_") and "bb" in item:
                left, bottom, right, top = (float(n) for n in item["bb"].split(","))
                frames[item["name"].removeprefix("cluster_")] = (left, height - top, right, height - bottom)
        labels = {}
        for item in data.get("edges", ()):
            if "lp" in item:
                x, y = point(item["lp"])
                labels[item["id"]] = (x, y - CLEAR) if horizontal else (x + CLEAR, y)
    except (ValueError, KeyError, TypeError) as error:
        message = f"{engine} gave no layout ({type(error).__name__})"
        raise LayoutError(message) from error
    if not ({box.key for box in boxes} <= centres.keys() and {s.key for s in strands} <= routes.keys()):
        message = f"{engine} lost part of the graph"
        raise LayoutError(message)
    for key, route in routes.items():
        if len(route) < 4 or len(route) % 3 != 1:
            routes[key] = [route[0], *straight(route[0], route[-1])]
    return Placement(width, height, centres, routes, labels, engine, frames=frames)
