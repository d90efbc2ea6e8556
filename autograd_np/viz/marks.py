"""Frames of modules and marks of alarms, as SVG; a drawing without any of them carries no style for them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from autograd_np.viz.notation import width_of
from autograd_np.viz.repeats import spread_key
from autograd_np.viz.scene import CELL, EDGE_FONT, TITLE_FONT, Card, Hull, Scene
from autograd_np.viz.style import DARK, paint

__all__ = ["COLOURS", "css_of", "escaped", "frame", "heading", "mark"]

#: Fill of frames by depth, taking turns, and their outline; light and dark.
TINTS = {"light": ("#e8eef4", "#f6f9fb"), "dark": ("#1b232c", "#232d38")}
OUTLINE = {"light": "#8a99a8", "dark": "#66788a"}
#: Colours of alarms; the shape of the mark says the same.
COLOURS = {
    "light": {"not-finite": "#b00020", "exploding": "#b00020", "vanishing": "#00695c"},
    "dark": {"not-finite": "#ff8a9a", "exploding": "#ff8a9a", "vanishing": "#6fd6c8"},
}


def css_of(scene: Scene, *, theme: str) -> str:
    """Return the rules that frames, stubs and alarms need; empty for a scene without any.

    Args:
        scene: what is drawn.
        theme: "auto" follows the reader's scheme; "light" or "dark" stay.
    """
    if not (scene.hulls or any(card.alarm or card.item.kind == "stub" for card in scene.cards)):
        return ""

    def rules(scheme: str, before: str) -> str:
        found = [f"{before} .f{i}{{fill:{tint}}}" for i, tint in enumerate(TINTS[scheme])]
        found.append(f"{before} .fo{{stroke:{OUTLINE[scheme]}}}")
        for kind, colour in COLOURS[scheme].items():
            found.append(f"{before} .a-{kind}{{fill:{colour}}}")
            found.append(f"{before} .as-{kind}{{stroke:{colour}}}")
        return "".join(found)

    base = "dark" if theme == "dark" else "light"
    lines = [rules(base, ".ag")]
    if theme == "auto":
        lines += [
            f"@media (prefers-color-scheme:dark){{{rules('dark', '.ag:not([data-theme=light])')}}}",
            rules("dark", "body.vscode-dark .ag"),
            rules("dark", "body[data-jp-theme-light=false] .ag"),
            rules("light", "body.vscode-light .ag"),
            rules("light", "body[data-jp-theme-light=true] .ag"),
        ]
    return "\n" + "\n".join(lines)


def escaped(text: str) -> str:
    """Return a text as it stands in a drawing, whose ids begin with a placeholder that no text may contain.

    Example:
        >>> escaped("a<b & @-n0")
        'a&lt;b &amp; &#64;-n0'
    """
    return escape(text).replace("@", "&#64;")


def frame(hull: Hull, area: Sequence[float], *, dark: bool) -> str:
    """Return the frame of one group, tinted by depth; of a repeat, with sheets behind it.

    Args:
        hull: the group.
        area: left, top, right and bottom.
        dark: draw for a dark background.
    """
    left, top, right, bottom = area
    scheme = "dark" if dark else "light"
    tint = hull.frame.level % 2
    place = f'width="{right - left:g}" height="{bottom - top:g}" rx="10"'
    look = f'class="f{tint} fo" fill="{TINTS[scheme][tint]}" stroke="{OUTLINE[scheme]}" stroke-width="1.2"'
    data = "".join(f' data-{key}="{escaped(value)}"' for key, value in hull.data.items())
    spoken = escaped(hull.tooltip)
    sheets = (8, 4, 0) if hull.badge else (0,)
    rects = "".join(f'<rect {look} x="{left + d:g}" y="{top + d:g}" {place}/>' for d in sheets)
    head = f'<g class="f" id="@-{hull.key}" role="group" aria-label="{spoken}"{data}>'
    return f"{head}<title>{spoken}</title>{rects}</g>\n"


def heading(hull: Hull, area: Sequence[float], entry: Card | None, palette: dict[str, str]) -> str:
    """Return the title of a frame: its name, how often it is repeated, and the gradient that flows in.

    Args:
        hull: the group.
        area: left, top, right and bottom of its frame.
        entry: the card inside at which that gradient arrives, if there is any.
        palette: the colours, for a light or a dark background.
    """
    left, top, right, _ = area
    scheme, tint = "dark" if palette is DARK else "light", hull.frame.level % 2
    title = f"▾ {hull.title}"
    y = top + 16
    # A wire that runs below the title must not strike it through, nor end there.
    ground = f'<rect class="f{tint}" fill="{TINTS[scheme][tint]}" fill-opacity=".8" height="16"'
    bold = f'class="text" {paint(palette, "text")} font-size="{TITLE_FONT}" font-weight="bold"'
    parts = [
        f'<g class="h"><g data-frame="{hull.key}"><title>{escaped(hull.tooltip)}</title>',
        f'{ground} x="{left + 4:g}" y="{top + 4:g}" width="{min(hull.width, right - left - 8):g}"/>',
        f'<text {bold} x="{left + 8:g}" y="{y:g}">{escaped(title)}</text></g>',
    ]
    x = left + 8 + width_of(title) * CELL * TITLE_FONT + 8
    if hull.badge:
        width = width_of(hull.badge) * CELL * TITLE_FONT + 12
        pill = f'class="f0 fo" fill="{TINTS[scheme][0]}" stroke="{OUTLINE[scheme]}" stroke-width="1.5"'
        parts.append(
            f'<g data-repeat="{spread_key(hull.key)}"><title>{hull.frame.facts.times} alike, drawn as one</title>'
            f'<rect {pill} x="{x:g}" y="{y - 13:g}" width="{width:g}" height="17" rx="8.5"/>'
            f'<text {bold} x="{x + 6:g}" y="{y:g}">{escaped(hull.badge)}</text></g>'
        )
        x += width + 8
    if hull.grad:
        step = "" if entry is None else f' data-card="{entry.key}" data-step="{entry.step}" style="--s:{entry.step}"'
        parts.append(
            f'<text class="t-grad{" b" if step else ""}" {paint(palette, "t-grad")}{step} '
            f'font-size="{EDGE_FONT}" x="{x:g}" y="{y:g}">{escaped(hull.grad)}</text>'
        )
    return "".join([*parts, "</g>\n"])


def mark(card: Card, x: float, y: float, *, dark: bool) -> str:
    """Return the mark of a card's alarm at its upper right corner, and a second outline: shapes, and colour besides.

    Args:
        card: the card.
        x: its left side.
        y: its upper side.
        dark: draw for a dark background.
    """
    colour = COLOURS["dark" if dark else "light"][card.alarm]
    right = x + card.width
    outline = (
        f'<rect class="as-{card.alarm}" fill="none" stroke="{colour}" stroke-width="2.5" x="{x - 4:g}" y="{y - 4:g}" '
        f'width="{card.width + 8:g}" height="{card.height + 8:g}" rx="8"'
        f"{' stroke-dasharray=' + chr(34) + '2 4' + chr(34) if card.alarm == 'vanishing' else ''}/>"
    )
    up = card.alarm != "vanishing"
    tip, base = (y - 13, y + 5) if up else (y + 7, y - 11)
    shape = f"{right - 12:g},{base:g} {right + 8:g},{base:g} {right - 2:g},{tip:g}"
    fill = f'class="a-{card.alarm}" fill="{colour}"' if up else f'class="bg as-{card.alarm}" fill="none"'
    sign = f'<polygon {fill} stroke="{colour}" stroke-width="2" points="{shape}"/>'
    if card.alarm == "not-finite":
        # A white stroke and dot, so that it differs from an exploding gradient without colour.
        sign += (
            f'<path stroke="#ffffff" stroke-width="2" fill="none" d="M{right - 2:g},{y - 6:g}V{y:g}"/>'
            f'<circle fill="#ffffff" cx="{right - 2:g}" cy="{y + 2.6:g}" r="1.2"/>'
        )
    return f'<g class="a" data-alarm="{card.alarm}">{outline}{sign}</g>'
