"""Writes one drawing as SVG elements: cards, wires, their texts, and the captions below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd_np.viz import marks
from autograd_np.viz.geometry import Box, Placement, Point, offset, snapped, triangle
from autograd_np.viz.marks import escaped
from autograd_np.viz.notation import width_of
from autograd_np.viz.scene import (
    CELL,
    EDGE_FONT,
    EDGE_LINE_HEIGHT,
    LINE_HEIGHT,
    PADDING,
    TITLE_FONT,
    Card,
    Hull,
    Scene,
    Wire,
)
from autograd_np.viz.style import DARK, paint

__all__ = ["Writer"]

MARGIN = 16
HEADING = 22
#: Forward and backward line of one wire run this far apart.
APART = 7.0
ARROW = 9.0
LEGEND = "solid: values forward · dashed: gradients backward, each upstream · local derivative = contribution"
#: Class of each kind of line on a card.
_INKS = {"title": "text", "value": "text", "meta": "muted", "note": "muted", "grad": "t-grad", "alarm": "t-bad"}


def _round(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _path(points: Sequence[Point]) -> str:
    """Return the path of cubic control points."""
    (x, y), *rest = points
    cubics = (rest[i : i + 3] for i in range(0, len(rest), 3))
    curves = ("C" + " ".join(f"{_round(px)},{_round(py)}" for px, py in cubic) for cubic in cubics)
    return f"M{_round(x)},{_round(y)}{''.join(curves)}"


def _polygon(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_round(x)},{_round(y)}" for x, y in points) + "Z"


def _attributes(data: Mapping[str, str]) -> str:
    return "".join(f' data-{key}="{escaped(value)}"' for key, value in data.items())


class Writer:
    """One drawing; all coordinates are those of the placement, moved into the margins.

    In ids, "@-" stands for a prefix that tells drawings apart: it is known when everything is written.

    Args:
        scene: what is drawn.
        placement: where everything goes.
        palette: the colours.
        horizontal: the drawing runs from left to right.
    """

    def __init__(self, scene: Scene, placement: Placement, palette: dict[str, str], *, horizontal: bool) -> None:
        self.scene, self.palette, self.horizontal = scene, palette, horizontal
        self.placement = placement
        captions = [*scene.caption, LEGEND]
        texts = max([*(width_of(t) * CELL * EDGE_FONT for t in captions), width_of(scene.title) * CELL * TITLE_FONT])
        self.left = float(MARGIN)
        self.top = MARGIN + (HEADING if scene.title else 0)
        self.width = int(max(placement.width, texts) + 2 * MARGIN + 1)
        self.left += max(0.0, (self.width - 2 * MARGIN - placement.width) / 2)
        self.height = 0

    def paint(self, name: str) -> str:
        """Return class and literal colour of an element."""
        return f'class="{name}" {paint(self.palette, name)}'

    def body(self, *, legend: bool) -> str:
        """Return everything below the style sheet."""
        captions = [*self.scene.caption, *([LEGEND] if legend else [])]
        missing = len(self.scene.hulls) - len(self._areas())
        if missing:
            frames = "1 frame is" if missing == 1 else f"{missing} frames are"
            captions.insert(0, f"{frames} not drawn: the built-in layout mixes modules; Graphviz keeps them apart")
        below = self.top + self.placement.height + 20
        self.height = int(below + len(captions) * LINE_HEIGHT)
        parts = [f'<rect {self.paint("bg")} width="{self.width}" height="{self.height}"/>\n']
        if self.scene.title:
            parts.append(
                f'<text {self.paint("text")} x="{MARGIN}" y="{MARGIN + 10}" font-size="{TITLE_FONT}" '
                f'font-weight="bold">{escaped(self.scene.title)}</text>\n'
            )
        parts += self.frames()
        parts += ['<g class="edges">\n', *(self.wire(wire) for wire in self.scene.wires), "</g>\n"]
        parts += ['<g class="nodes">\n', *(self.card(card) for card in self.scene.cards), "</g>\n"]
        # Texts of wires come last: a line of another wire must not run over them.
        parts += ['<g class="labels">\n', *(self.label(wire) for wire in self.scene.wires), "</g>\n"]
        parts += self.headings()
        for i, caption in enumerate(captions):
            kind = "t-bad" if caption.startswith("⚠") else "muted"
            y = below + i * LINE_HEIGHT + 4
            place = f'x="{MARGIN}" y="{_round(y)}" font-size="{EDGE_FONT}"'
            parts.append(f"<text {self.paint(kind)} {place}>{escaped(caption)}</text>\n")
        return "".join(parts)

    def _areas(self) -> list[tuple[Hull, tuple[float, float, float, float]]]:
        """Return the frames for which the layout found a place, and where they are."""
        frames = self.placement.frames
        return [
            (hull, (left + self.left, top + self.top, right + self.left, bottom + self.top))
            for hull in self.scene.hulls
            if hull.key in frames
            for left, top, right, bottom in [frames[hull.key]]
        ]

    def frames(self) -> list[str]:
        """Return the frames of groups, outer ones first."""
        dark = self.palette is DARK
        parts = [marks.frame(hull, area, dark=dark) for hull, area in self._areas()]
        return ['<g class="frames">\n', *parts, "</g>\n"] if parts else []

    def headings(self) -> list[str]:
        """Return the titles of frames; they lie over the wires."""
        return [marks.heading(hull, area, self._entry(hull), self.palette) for hull, area in self._areas()]

    def _entry(self, hull: Hull) -> Card | None:
        """Return the card at which the gradient of a group arrives: the last of its operations."""
        parents = {other.key: other.frame.parent for other in self.scene.hulls}
        found = None
        for card in self.scene.cards:
            frame = card.item.frame
            while frame and frame != hull.key:
                frame = parents.get(frame, "")
            if frame and card.item.is_operation and card.step is not None:
                found = card
        return found

    # --- wires -------------------------------------------------------------------------------------------------

    def _moved(self, points: Sequence[Point]) -> list[Point]:
        return [(x + self.left, y + self.top) for x, y in points]

    def wire(self, wire: Wire) -> str:
        """Return one wire: the value's way forward and, where a gradient flows, its way back."""
        route = self._moved(self.placement.routes[wire.key])
        both = wire.step is not None
        src, dst = self.scene.by_key[wire.src], self.scene.by_key[wire.dst]
        aside = -APART / 2 if self.horizontal else APART / 2
        forward = self._beside(wire, route, aside) if both else route
        source = src.item.clone_of or src.key
        drawn = f' data-from="@-{src.key}"' if source != src.key else ""
        kind = "e const" if "const" in wire.data else "e"
        ends = f'data-src="@-{source}"{drawn} data-dst="@-{dst.key}"'
        parts = [
            f'<g class="{kind}" id="@-{wire.key}" {ends}{_attributes(wire.data)}>',
            f"<title>{escaped(wire.tooltip)}</title>",
            self._stress(wire, route),
            self._line(forward, "fw", "fa", ' stroke-width="1.6"'),
        ]
        if both:
            backward = self._beside(wire, route, -aside)[::-1]
            stroke = ' stroke-width="1.6" stroke-dasharray="6 4"'
            parts.append(
                f'<g class="b" data-step="{wire.step}" style="--s:{wire.step}">'
                f"{self._line(backward, 'bw', 'ba', stroke)}</g>"
            )
        parts.append("</g>\n")
        return "".join(parts)

    def _stress(self, wire: Wire, route: Sequence[Point]) -> str:
        """Return the band below a highlighted wire, as broad as its strength."""
        if not wire.stress:
            return ""
        style = f'fill="none" stroke-width="{_round(8 + 14 * wire.stress)}" stroke-opacity=".45" stroke-linecap="round"'
        return f'<path {self.paint("stress")} {style} d="{_path(route)}"/>'

    def _beside(self, wire: Wire, route: Sequence[Point], distance: float) -> list[Point]:
        """Return a line beside a wire's route, from the side of the one card to the side of the other."""
        points: Sequence[Point] = offset(route, distance)
        for key, end in ((wire.dst, route[-1]), (wire.src, route[0])):
            card = self.scene.by_key[key]
            (centre,) = self._moved([self.placement.boxes[key]])
            points = snapped(points, end, centre, Box(key, card.width, card.height))[::-1]
        return list(points)

    def _line(self, points: Sequence[Point], line: str, head: str, style: str) -> str:
        arrow = triangle(points[-1], _before_end(points), ARROW)
        return (
            f'<path {self.paint(line)} fill="none"{style} d="{_path(points)}"/>'
            f'<path {self.paint(head)} d="{_polygon(arrow)}"/>'
        )

    def label(self, wire: Wire) -> str:
        """Return the texts of a wire: its factor, and from its step on its contribution."""
        if not (wire.local or wire.contribution):
            return ""
        x, y = self.placement.labels.get(wire.key) or self._middle(wire)
        x, y = x + self.left, y + self.top
        lines = [text for text in (wire.local, wire.contribution) if text]
        first = y - (len(lines) - 1) * EDGE_LINE_HEIGHT / 2 + EDGE_FONT * 0.36
        halo = f'{paint(self.palette, "halo")} stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"'
        parts = [f'<g class="l" data-edge="@-{wire.key}" text-anchor="middle" font-size="{EDGE_FONT}">']
        for i, text in enumerate(lines):
            is_contribution = text is wire.contribution
            kind = "t-grad" if is_contribution else "text"
            step = f' data-step="{wire.step}" style="--s:{wire.step}"' if is_contribution else ""
            classes = f"{kind} halo{' con b' if is_contribution else ' loc'}"
            fill = paint(self.palette, kind)
            parts.append(
                f'<text class="{classes}" {fill} {halo}{step} x="{_round(x)}" '
                f'y="{_round(first + i * EDGE_LINE_HEIGHT)}">{escaped(text)}</text>'
            )
        parts.append("</g>\n")
        return "".join(parts)

    def _middle(self, wire: Wire) -> Point:
        route = self.placement.routes[wire.key]
        (x0, y0), (x1, y1) = route[0], route[-1]
        return (x0 + x1) / 2, (y0 + y1) / 2

    # --- cards -------------------------------------------------------------------------------------------------

    def card(self, card: Card) -> str:
        """Return one card: its frame tells its role, its lines what is known."""
        cx, cy = self.placement.boxes[card.key]
        x, y = cx + self.left - card.width / 2, cy + self.top - card.height / 2
        clone = f' data-clone="@-{card.item.clone_of}"' if card.item.clone_of is not None else ""
        spoken = f'role="graphics-symbol img" aria-label="{escaped(card.label)}"'
        parts = [
            f'<g class="n {card.role}" id="@-{card.key}" tabindex="0" {spoken}{clone}{_attributes(card.data)}>',
            f"<title>{escaped(card.tooltip)}</title>",
            self._frame(card, x, y),
        ]
        if card.alarm:
            parts.append(marks.mark(card, x, y, dark=self.palette is DARK))
        for i, line in enumerate(card.lines):
            parts.append(self._card_line(card, line.text, line.kind, x + PADDING, y + 17 + i * LINE_HEIGHT))
        parts.append("</g>\n")
        return "".join(parts)

    def _frame(self, card: Card, x: float, y: float) -> str:
        """Return the frame: round for leaves, double for parameters, dashed for constants, thick for the output."""
        radius = {"leaf": 14, "parameter": 14, "constant": 2, "operation": 2, "output": 0}[card.role]
        width = {"output": "4"}.get(card.role, "1.8")
        style = ' stroke-dasharray="5 3"' if card.role == "constant" else ""
        if card.item.kind == "stub":
            width, style = "1", ' stroke-dasharray="2 4" opacity="0.7"'
        elif card.item.kind == "group":
            radius = 10
        literal = f"{paint(self.palette, 'card')} {paint(self.palette, f's-{card.role}')}"
        parts = []
        if card.item.kind in {"chain", "middle", "group"}:
            parts.append(self._rect("card", card, x + 4, y + 4, radius, f'{literal} stroke-width="1.2"'))
        parts.append(self._rect("card frame", card, x, y, radius, f'{literal} stroke-width="{width}"{style}'))
        if card.role == "parameter" and card.item.kind != "stub":
            inner = f'fill="none" {paint(self.palette, "s-parameter")} stroke-width="1"'
            parts.append(
                f'<rect class="s-parameter" x="{_round(x + 3.5)}" y="{_round(y + 3.5)}" width="{card.width - 7}" '
                f'height="{card.height - 7}" rx="{radius - 3}" {inner}/>'
            )
        return "".join(parts)

    @staticmethod
    def _rect(classes: str, card: Card, x: float, y: float, radius: int, style: str) -> str:
        return (
            f'<rect class="{classes} s-{card.role}" x="{_round(x)}" y="{_round(y)}" width="{card.width}" '
            f'height="{card.height}" rx="{radius}" {style}/>'
        )

    def _card_line(self, card: Card, text: str, kind: str, x: float, y: float) -> str:
        name = _INKS[kind]
        style = {
            "title": f' font-size="{TITLE_FONT}" font-weight="bold"',
            "note": ' font-style="italic"',
            "alarm": ' font-weight="bold"',
        }.get(kind, "")
        if "⚠" in text:
            name = "t-bad"
        classes, step = name, ""
        if kind == "grad":
            classes = f"{name} g"
            if card.step is not None:
                classes += " b"
                step = f' data-step="{card.step}" style="--s:{card.step}"'
        literal = paint(self.palette, name)
        if kind == "alarm":
            classes = f"a-{card.alarm}"
            literal = f'fill="{marks.COLOURS["dark" if self.palette is DARK else "light"][card.alarm]}"'
        return f'<text class="{classes}" {literal}{style}{step} x="{_round(x)}" y="{_round(y)}">{escaped(text)}</text>'


def _before_end(points: Sequence[Point]) -> Point:
    """Return the last control point that is not the end itself."""
    end = points[-1]
    return next((p for p in reversed(points[:-1]) if p != end), (end[0] - 1, end[1]))
