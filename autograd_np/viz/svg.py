"""The picture as SVG, written here and not by a layout engine, so that every factor and every sum can be stepped."""

from __future__ import annotations

import hashlib
from typing import Any

from autograd_np.viz.geometry import Box, Fence, Placement, Strand
from autograd_np.viz.layout import TIMEOUT, is_horizontal, place
from autograd_np.viz.marks import css_of, escaped
from autograd_np.viz.names import printable
from autograd_np.viz.records import Traced
from autograd_np.viz.scene import TEXT_FONT, Scene, build
from autograd_np.viz.style import DARK, LIGHT, css
from autograd_np.viz.writer import Writer

__all__ = ["arrange", "draw", "to_svg"]

#: How much more a wire between operations counts than one from a leaf.
STRAIGHT = 8
#: Longest an animation may take, in seconds; one step takes at most one.
LONGEST = 15.0
FONT = "DejaVu Sans Mono,Menlo,Consolas,Liberation Mono,monospace"


def to_svg(
    graph: Traced,
    *,
    title: str | None = None,
    theme: str = "auto",
    animate: bool = True,
    legend: bool = True,
    labels: bool | None = None,
    max_nodes: int = 300,
    fold: bool = True,
    depth: int | None = None,
    focus: Any = None,
    radius: int | None = None,
    rankdir: str | None = None,
    engine: str | None = None,
    timeout: float = TIMEOUT,
) -> str:
    """Return the picture of a traced graph as SVG text; the same graph gives the same text.

    Args:
        graph: the traced graph.
        title: heading; by default what was differentiated. An empty one leaves it out.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" stay.
        animate: let the backward steps appear one after the other where the reader accepts motion.
        legend: explain the two kinds of lines below the picture.
        labels: write texts on edges; by default up to 150 cards.
        max_nodes: how many cards there may be before parts are folded.
        fold: False draws every node.
        depth: modules nested deeper than this are drawn closed, as one card; by default as deep as fits.
        focus: a tensor (or a node's name) for what is around it, two of them for every path between.
        radius: how many steps around the focus are drawn: by default 3 around a tensor, none around paths.
        rankdir: "LR" or "TB"; by default from left to right while the picture stays narrow.
        engine: "dot", "pygraphviz" or "built-in"; the first that is there if not given.
        timeout: seconds that Graphviz may take before the built-in layout does it.

    Raises: ValueError for an unknown theme, direction or engine, and for a focus that is not in the graph.
    """
    scene = build(
        graph,
        title=title and printable(title),
        max_nodes=max_nodes,
        folding=fold,
        labels=labels,
        depth=depth,
        focus=focus,
        radius=radius,
    )
    placement, horizontal = arrange(scene, rankdir=rankdir, engine=engine, timeout=timeout)
    return draw(scene, placement, theme=theme, animate=animate, legend=legend, horizontal=horizontal)


def arrange(
    scene: Scene, *, rankdir: str | None = None, engine: str | None = None, timeout: float = TIMEOUT
) -> tuple[Placement, bool]:
    """Return where everything in the scene goes, and whether it runs from left to right.

    Raises: ValueError for an unknown direction or engine.
    """
    if rankdir not in {None, "LR", "TB"}:
        message = f"rankdir: expected 'LR' or 'TB', got {rankdir!r}"
        raise ValueError(message)
    if engine not in {None, "dot", "pygraphviz", "built-in"}:
        message = f"engine: expected 'dot', 'pygraphviz' or 'built-in', got {engine!r}"
        raise ValueError(message)
    boxes = [Box(card.key, card.width, card.height) for card in scene.cards]
    # Else the leaves in a frame would stand in one rank with what comes before it, and push the frame aside.
    led = {w.dst for w in scene.wires if (f := scene.by_key[w.src].item.frame) and f == scene.by_key[w.dst].item.frame}
    strands = [
        Strand(
            w.key,
            w.src,
            w.dst,
            w.label_width,
            w.label_height,
            bool(w.local) + bool(w.contribution),
            # The computation runs straight, and what enters it from the side keeps to the side.
            STRAIGHT if scene.by_key[w.src].item.node.op else 1,
            w.dst in led and scene.by_key[w.src].item.frame != scene.by_key[w.dst].item.frame,
        )
        for w in scene.wires
    ]
    horizontal = is_horizontal(boxes, strands) if rankdir is None else rankdir == "LR"
    fences = [Fence(hull.key, hull.frame.parent, hull.members, hull.width) for hull in scene.hulls]
    placed = place(boxes, strands, horizontal=horizontal, engine=engine, timeout=timeout, fences=fences)
    return placed, horizontal


def draw(
    scene: Scene,
    placement: Placement,
    *,
    theme: str = "auto",
    animate: bool = True,
    legend: bool = True,
    horizontal: bool = True,
) -> str:
    """Return the SVG text of a scene whose places are known; see `to_svg` for the options.

    Raises: ValueError for an unknown theme.
    """
    if theme not in {"auto", "light", "dark"}:
        message = f"theme: expected 'auto', 'light' or 'dark', got {theme!r}"
        raise ValueError(message)
    writer = Writer(scene, placement, DARK if theme == "dark" else LIGHT, horizontal=horizontal)
    body = writer.body(legend=legend)
    # Ids come from the content, so that two drawings in one page do not share any.
    prefix = "ag-" + hashlib.sha256(body.encode("utf-8")).hexdigest()[:8]
    seconds = min(1.0, LONGEST / max(scene.steps, 1))
    style = css(theme=theme, animate=animate, seconds=round(seconds, 3)) + css_of(scene, theme=theme)
    shown = "" if theme == "auto" else f' data-theme="{theme}"'
    title, description = escaped(scene.title or "Computation graph"), escaped(scene.description)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag{" play" if animate else ""}"{shown} '
        'role="graphics-document document" '
        f'aria-roledescription="computation graph" aria-labelledby="@-t @-d" width="{writer.width}" '
        f'height="{writer.height}" viewBox="0 0 {writer.width} {writer.height}" font-family="{FONT}" '
        f'font-size="{TEXT_FONT}">\n<title id="@-t">{title}</title>\n<desc id="@-d">{description}</desc>\n'
    )
    # In texts, "@" was written as a character reference.
    return f"{head}<style>\n{style}\n</style>\n{body}</svg>\n".replace("@-", f"{prefix}-")
