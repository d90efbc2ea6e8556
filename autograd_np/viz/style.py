"""Colours and style of the drawing, light and dark.

Every colour stands twice in a drawing: as a literal attribute, for programs that know no CSS variables, and as a
variable, so that browsers can follow the reader's scheme.
"""

from __future__ import annotations

__all__ = ["DARK", "LIGHT", "css", "paint"]

LIGHT = {
    "bg": "#ffffff",
    "card": "#f4f6f8",
    "fg": "#1a1a1a",
    "muted": "#505a64",
    "grad": "#a63c00",
    "bad": "#b00020",
    "leaf": "#005a8c",
    "parameter": "#005a8c",
    "constant": "#5b6570",
    "operation": "#5b6570",
    "output": "#6a2c91",
    "fw": "#5b6570",
    "stress": "#ffb000",
}
DARK = {
    "bg": "#14181d",
    "card": "#1f262d",
    "fg": "#e6e9ec",
    "muted": "#aab4bd",
    "grad": "#ffb27a",
    "bad": "#ff8a9a",
    "leaf": "#7cc4f2",
    "parameter": "#7cc4f2",
    "constant": "#9aa5b1",
    "operation": "#9aa5b1",
    "output": "#d3a8f5",
    "fw": "#9aa5b1",
    "stress": "#b08000",
}

#: Class of an element, its property, and the variable it follows.
_RULES = (
    ("bg", "fill", "bg"),
    ("card", "fill", "card"),
    ("text", "fill", "fg"),
    ("muted", "fill", "muted"),
    ("t-grad", "fill", "grad"),
    ("t-bad", "fill", "bad"),
    ("fw", "stroke", "fw"),
    ("fa", "fill", "fw"),
    ("bw", "stroke", "grad"),
    ("ba", "fill", "grad"),
    ("s-leaf", "stroke", "leaf"),
    ("s-parameter", "stroke", "parameter"),
    ("s-constant", "stroke", "constant"),
    ("s-operation", "stroke", "operation"),
    ("s-output", "stroke", "output"),
    ("halo", "stroke", "bg"),
    ("stress", "stroke", "stress"),
)


def paint(palette: dict[str, str], name: str) -> str:
    """Return the literal attribute of a class: what programs without CSS variables show.

    Example:
        >>> paint(LIGHT, "fw")
        'stroke="#5b6570"'
    """
    for rule, attribute, variable in _RULES:
        if rule == name:
            return f'{attribute}="{palette[variable]}"'
    raise KeyError(name)


def _variables(palette: dict[str, str]) -> str:
    return "".join(f"--ag-{key}:{value};" for key, value in palette.items())


def css(*, theme: str, animate: bool, seconds: float) -> str:
    """Return the style sheet of a drawing.

    Args:
        theme: "auto" follows the reader's scheme; "light" or "dark" stay.
        animate: let the backward steps appear one after the other, where the reader accepts motion.
        seconds: length of one step.
    """
    base = DARK if theme == "dark" else LIGHT
    lines = [f".ag{{{_variables(base)}}}"]
    if theme == "auto":
        dark = _variables(DARK)
        lines += [
            f"@media (prefers-color-scheme:dark){{.ag:not([data-theme=light]){{{dark}}}}}",
            f"body.vscode-dark .ag,body[data-jp-theme-light=false] .ag,.ag[data-theme=dark]{{{dark}}}",
            f"body.vscode-light .ag,body[data-jp-theme-light=true] .ag{{{_variables(LIGHT)}}}",
        ]
    lines += [f".ag .{rule}{{{attribute}:var(--ag-{variable})}}" for rule, attribute, variable in _RULES]
    lines += [
        ".ag .n{cursor:default}",
        ".ag .n:focus{outline:none}",
        ".ag .n:hover .frame,.ag .n:focus .frame{stroke-width:4}",
        ".ag .e:hover path.fw,.ag .e:hover path.bw{stroke-width:3}",
        ".ag .hit{stroke:transparent}",
    ]
    if animate:
        lines += [
            "@keyframes ag-in{from{opacity:.2}to{opacity:1}}",
            "@media screen and (prefers-reduced-motion:no-preference){",
            f".ag.play .b{{animation:ag-in .4s ease-out both;animation-delay:calc({seconds:g}s*var(--s) + .6s)}}",
            "}",
        ]
    return "\n".join(lines)
