"""Frames of modules and marks of alarms, as SVG; a drawing without any of them carries no style for them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from autograd_np.viz.notation import width_of
from autograd_np.viz.scene import CELL, EDGE_FONT, TITLE_FONT, Card, Hull, Scene

__all__ = ["COLOURS", "css_of", "frame", "heading", "mark"]

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


def _text(value: str) -> str:
    return escape(value).replace("@", "&#64;")


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
    paint = f'class="f{tint} fo" fill="{TINTS[scheme][tint]}" stroke="{OUTLINE[scheme]}" stroke-width="1.2"'
    data = "".join(f' data-{key}="{_text(value)}"' for key, value in hull.data.items())
    spoken = _text(hull.tooltip)
    sheets = (8, 4, 0) if hull.badge else (0,)
    rects = "".join(f'<rect {paint} x="{left + d:g}" y="{top + d:g}" {place}/>' for d in sheets)
    head = f'<g class="f" id="@-{hull.key}" role="group" aria-label="{spoken}"{data}>'
    return f"{head}<title>{spoken}</title>{rects}</g>\n"


def heading(hull: Hull, area: Sequence[float], *, text: str, grad: str, dark: bool) -> str:
    """Return the title of a frame: its name, how often it is repeated, and the gradient that flows in.

    Args:
        hull: the group.
        area: left, top, right and bottom of its frame.
        text: class and literal colour of text.
        grad: class and literal colour of gradients.
        dark: draw for a dark background.
    """
    left, top, _, _ = area
    title = f"▾ {hull.title}"
    y = top + 16
    parts = [f'<g class="h" data-frame="{hull.key}"><title>{_text(hull.tooltip)}</title>']
    bold = f'font-size="{TITLE_FONT}" font-weight="bold"'
    parts.append(f'<text {text} {bold} x="{left + 8:g}" y="{y:g}">{_text(title)}</text>')
    x = left + 8 + width_of(title) * CELL * TITLE_FONT + 8
    if hull.badge:
        parts.append(badge(hull.badge, x, y, text=text, scheme="dark" if dark else "light"))
        x += width_of(hull.badge) * CELL * TITLE_FONT + 20
    if hull.grad:
        parts.append(f'<text {grad} font-size="{EDGE_FONT}" x="{x:g}" y="{y:g}">{_text(hull.grad)}</text>')
    parts.append("</g>\n")
    return "".join(parts)


def badge(label: str, x: float, y: float, *, text: str, scheme: str) -> str:
    """Return a pill with a short text, `×12`, its left end at x and its text's line at y."""
    width = width_of(label) * CELL * TITLE_FONT + 12
    paint = f'class="f0 fo" fill="{TINTS[scheme][0]}" stroke="{OUTLINE[scheme]}" stroke-width="1.5"'
    return (
        f'<rect {paint} x="{x:g}" y="{y - 13:g}" '
        f'width="{width:g}" height="17" rx="8.5"/>'
        f'<text {text} font-size="{TITLE_FONT}" font-weight="bold" x="{x + 6:g}" y="{y:g}">'
        f"{_text(label)}</text>"
    )


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
