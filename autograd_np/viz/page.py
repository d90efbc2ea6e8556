"""The step-through page: one HTML file that asks no network, with the picture, the current rule, and the keyboard."""

from __future__ import annotations

import json
import time
from html import escape
from typing import Any

from autograd_np.viz.geometry import Placement
from autograd_np.viz.layout import TIMEOUT
from autograd_np.viz.names import printable
from autograd_np.viz.records import Traced
from autograd_np.viz.scene import Scene, build
from autograd_np.viz.states import State, unfolded
from autograd_np.viz.steps import Step, walk
from autograd_np.viz.style import DARK, LIGHT
from autograd_np.viz.svg import arrange, draw

__all__ = ["to_html"]

#: Pictures lower than this leave room for the steps below them.
LOW = 500
#: All pictures of a page may take so many times as long as the first.
PATIENCE = 5

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def to_html(
    graph: Traced,
    *,
    title: str | None = None,
    theme: str = "auto",
    labels: bool | None = None,
    max_nodes: int = 300,
    fold: bool = True,
    depth: int | None = None,
    focus: Any = None,
    radius: int | None = None,
    rankdir: str | None = None,
    engine: str | None = None,
    timeout: float = TIMEOUT,
    fragment: bool = False,
) -> str:
    """Return a page that steps through the computation, forward and then backward.

    A click opens or closes a module, and on `×12` draws all twelve one by one. Every picture that clicks lead to is in
    the page, up to 40 of them with about 1000 cards; the page says where that is not enough.

    Args:
        graph: the traced graph.
        title: heading; by default what was differentiated.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" stay.
        labels: write texts on edges; by default up to 150 cards.
        max_nodes: how many cards there may be before parts are folded.
        fold: False draws every node.
        depth: modules nested deeper than this are drawn closed, as one card; by default as deep as fits.
        focus: a tensor (or a node's name) for what is around it, two of them for every path between.
        radius: how many steps around the focus are drawn: by default 3 around a tensor, none around paths.
        rankdir: "LR" or "TB"; by default from left to right while the picture stays narrow.
        engine: "dot", "pygraphviz" or "built-in"; the first that is there if not given.
        timeout: seconds that Graphviz may take for the first picture, and four times as many for all that are behind
            modules; then the built-in layout does the rest.
        fragment: return the part below `body` alone, for notebooks.

    Raises: ValueError for an unknown theme, direction or engine.
    """

    def scene_of(toggled: frozenset[str]) -> Scene:
        return build(
            graph,
            title=title and printable(title),
            max_nodes=max_nodes,
            folding=fold,
            labels=labels,
            depth=depth,
            focus=focus,
            radius=radius,
            toggled=toggled,
        )

    def player_of(state: State, placed: tuple[Placement, bool], *, hidden: bool) -> str:
        scene, ways, (placement, horizontal) = state.scene, state.ways, placed
        svg = draw(scene, placement, theme=theme, animate=not hidden, horizontal=horizontal)
        steps = [_plain(step) for step in walk(scene)]
        data: dict[str, Any] = {"steps": steps, "wires": [[wire.key, wire.src, wire.dst] for wire in scene.wires]}
        if ways:
            data["groups"] = ways
        # `<` would end the script element, whatever a name contains.
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        # A low picture may take the whole width, with the steps below it; beside a high one they stay in sight.
        basis = int(placement.width) + 40 if placement.height < LOW else 560
        shown = ("" if theme == "auto" else f' data-theme="{theme}"') + (" hidden" if hidden else "")
        style = "" if hidden else f"<style>\n{_style(theme)}</style>\n"
        said = {_GROUPS: ways, _REPEATS: any(hull.badge for hull in scene.hulls), _SHUT: state.shut}
        keys = "".join(text for text, holds in said.items() if holds)
        count = len(steps) - 1
        return _PLAYER.format(theme=shown, style=style, svg=svg, basis=basis, count=count, data=text, keys=keys)

    states = unfolded(scene_of)
    title = states[0].scene.title
    players: list[str] = []
    deadline = time.monotonic() + PATIENCE * timeout
    for state in states:
        placed = arrange(state.scene, rankdir=rankdir, engine=engine, timeout=timeout)
        # A Graphviz that is missing or too slow is not asked again for every state.
        engine = placed[0].engine if time.monotonic() < deadline else "built-in"
        players.append(player_of(state, placed, hidden=bool(players)))
    body = f'<div class="agps">\n{"".join(players)}<script>{_SCRIPT}</script>\n</div>\n'
    if fragment:
        return body
    return _PAGE.format(policy=escape(_POLICY), title=escape(title or "Computation graph"), body=body)


def _plain(step: Step) -> list[Any]:
    return [step.kind, step.card, step.wires, step.title, step.lines, step.source, step.gradients]


def _style(theme: str) -> str:
    def variables(palette: dict[str, str]) -> str:
        return "".join(f"--p-{key}:{palette[key]};" for key in ("bg", "card", "fg", "muted", "grad", "output"))

    rules = [f".agp{{{variables(DARK if theme == 'dark' else LIGHT)}}}"]
    if theme == "auto":
        rules += [
            f"@media (prefers-color-scheme:dark){{.agp{{{variables(DARK)}}}}}",
            f"body.vscode-dark .agp,body[data-jp-theme-light=false] .agp{{{variables(DARK)}}}",
            f"body.vscode-light .agp,body[data-jp-theme-light=true] .agp{{{variables(LIGHT)}}}",
        ]
    return "\n".join(rules) + _STYLE


_STYLE = """
.agp{background:var(--p-bg);color:var(--p-fg);font:14px/1.5 system-ui,sans-serif;display:flex;flex-wrap:wrap;gap:12px;
padding:12px;box-sizing:border-box}
.agp[hidden]{display:none}
.agp .door{cursor:pointer}
.agp .door:hover text,.agp .door:focus text{text-decoration:underline}
.agp .door:focus-visible{outline:3px solid var(--p-output)}
.agp-pic{flex:3 1 560px;max-width:100%;overflow:auto;min-width:0;max-height:92vh}
.agp-pic svg{max-width:none;display:block}
.agp-panel{flex:1 1 340px;min-width:280px;max-width:720px}
.agp-bar{display:flex;gap:6px;align-items:center;flex-wrap:wrap}
.agp button{font:inherit;color:var(--p-fg);background:var(--p-card);border:1px solid var(--p-muted);border-radius:5px;
padding:2px 10px;cursor:pointer}
.agp button:focus-visible,.agp input:focus-visible{outline:3px solid var(--p-output)}
.agp input{flex:1 1 100%;accent-color:var(--p-grad)}
.agp h2{font-size:16px;margin:12px 0 4px;overflow-wrap:anywhere}
.agp pre{font:13px/1.55 "DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;
background:var(--p-card);border-radius:6px;padding:10px;margin:0;min-height:11em}
.agp .src{color:var(--p-muted);margin:6px 0 0}
.agp .keys{color:var(--p-muted);font-size:12px}
.agp.js .n:not(.on) rect{opacity:.4}
.agp.js .n:not(.on) text{opacity:.7}
.agp.js .n:not(.on) text~text,.agp.js .n:not(.on) .a{visibility:hidden}
.agp.js .e:not(.on){opacity:.2}
.agp.js .l:not(.on),.agp.js .e .b:not(.on),.agp.js .l .b:not(.on){visibility:hidden}
.agp.js .n .g.wait{font-style:italic}
.agp.js .off{visibility:hidden}
.agp:not(.js) .agp-panel>:not(noscript){display:none}
.agp.js .cur .frame{stroke-width:5}
.agp.js .e.cur path.bw,.agp.js .e.cur.go path.fw{stroke-width:3.2}
.agp.js .way .frame{stroke-width:4}
.agp.js .e.way path.fw{stroke-width:3.2}
@media print{.agp-panel{display:none}}
"""

_GROUPS = " Click a module (▸ or ▾), or press Enter on it, to open or close it."
_REPEATS = " Click on × with a number to draw that many repeats one by one."
_SHUT = " Not everything opens here, for want of room: fold=False, depth= and focus= draw the rest."

_PLAYER = """<div class="agp"{theme}>
{style}<div class="agp-pic" style="flex-basis:{basis}px">
{svg}</div>
<section class="agp-panel" aria-label="Steps">
<div class="agp-bar">
<button type="button" data-go="first" aria-label="First step">|◀</button>
<button type="button" data-go="back" aria-label="One step back">◀</button>
<button type="button" data-go="next" aria-label="One step on">▶</button>
<button type="button" data-go="last" aria-label="Last step">▶|</button>
<button type="button" data-go="play">play</button>
<span class="count"></span>
<input type="range" min="0" max="{count}" value="0" aria-label="Step">
</div>
<div aria-live="polite">
<h2></h2>
<pre></pre>
<p class="src"></p>
</div>
<p class="keys">Arrow keys step, Home and End jump. Point at a card, or reach it with Tab, to see its way to the
output.{keys}</p>
<noscript><p>The picture plays the backward pass by itself; stepping needs scripts.</p></noscript>
</section>
<script type="application/json" class="agp-data">{data}</script>
</div>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>body{{margin:0}}.agp{{min-height:100vh}}</style>
</head>
<body>
{body}</body>
</html>
"""

# Every player finds its own element and marks it, because notebooks run a script without telling it where it stands.
_SCRIPT = """
(() => {
for (const root of document.querySelectorAll(".agp:not([data-ready])")) {
  root.dataset.ready = "1";
  const all = root.closest(".agps"), players = [...all.querySelectorAll(".agp")];
  root.classList.add("js");
  root.querySelector("svg").classList.remove("play");
  const data = JSON.parse(root.querySelector(".agp-data").textContent);
  const svg = root.querySelector("svg"), prefix = svg.querySelector("title").id.slice(0, -1);
  const find = key => root.querySelector("#" + CSS.escape(prefix + key));
  const steps = data.steps, last = steps.length - 1;
  const range = root.querySelector("input"), play = root.querySelector("[data-go=play]");
  const cards = new Map(), wires = new Map();
  for (const g of svg.querySelectorAll(".n")) {
    const [text, ...flows] = g.querySelectorAll(".g");
    cards.set(g.id.slice(prefix.length), {g, text, flows, on: 0, back: last + 1, sums: []});
  }
  const entries = svg.querySelectorAll("[data-card]");
  for (const [key, src, dst] of data.wires) {
    const g = find(key);
    wires.set(key, {g, src, dst, on: 0, back: last + 1, label: svg.querySelector(`[data-edge="${g.id}"]`)});
  }
  steps.forEach(([kind, card, along, , , , sums], i) => {
    if (kind === "forward") {
      cards.get(card).on = i;
      for (const key of along) wires.get(key).on = i;
    } else if (kind === "backward") {
      cards.get(card).back = i;
      for (const key of along) wires.get(key).back = i;
    }
    for (const key in sums) cards.get(key).sums.push([i, sums[key]]);
  });
  let now = 0, timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "play"; };
  const show = step => {
    now = Math.max(0, Math.min(last, step));
    const [kind, card, along, title, lines, source] = steps[now];
    for (const [key, c] of cards) {
      c.g.classList.toggle("on", c.on <= now);
      c.g.classList.toggle("cur", key === card);
      for (const flow of c.flows) flow.classList.toggle("off", now < c.back);
      if (!c.text || !c.sums.length) continue;
      const done = c.sums.filter(([i]) => i <= now);
      c.text.textContent = done.length ? done[done.length - 1][1] : "grad –";
      c.text.classList.toggle("wait", done.length < c.sums.length);
    }
    for (const text of entries) {
      const {sums} = cards.get(text.dataset.card);
      text.classList.toggle("off", sums.length && now < sums[sums.length - 1][0]);
    }
    for (const [key, w] of wires) {
      const forward = w.on <= now, back = w.back <= now;
      w.g.classList.toggle("on", forward);
      w.g.classList.toggle("cur", along.includes(key));
      w.g.classList.toggle("go", kind === "forward");
      if (w.label) w.label.classList.toggle("on", forward);
      for (const part of [w.g, w.label]) {
        if (part) for (const b of part.querySelectorAll(".b")) b.classList.toggle("on", back);
      }
    }
    root.querySelector("h2").textContent = title;
    root.querySelector("pre").textContent = lines.join("\\n");
    root.querySelector(".src").textContent = source;
    root.querySelector(".count").textContent = `${now} of ${last}`;
    range.value = now;
    root.dataset.step = now;
    if (card && now) {
      const pane = root.querySelector(".agp-pic"), box = cards.get(card).g.getBoundingClientRect();
      const view = pane.getBoundingClientRect();
      if (box.top < view.top || box.bottom > view.bottom || box.left < view.left || box.right > view.right) {
        pane.scrollBy(box.left + box.width / 2 - view.left - view.width / 2,
                      box.top + box.height / 2 - view.top - view.height / 2);
      }
    }
    if (now === last) stop();
  };
  const go = {
    first: () => show(0), back: () => show(now - 1), next: () => show(now + 1), last: () => show(last),
    play: () => {
      if (timer) return stop();
      if (now === last) show(0);
      timer = setInterval(() => show(now + 1), 1200);
      play.textContent = "stop";
    },
  };
  root.addEventListener("click", event => {
    const button = event.target.closest("[data-go]");
    if (!button) return;
    if (button.dataset.go !== "play") stop();
    go[button.dataset.go]();
  });
  range.addEventListener("input", () => { stop(); show(+range.value); });
  const keys = {ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last"};
  // Alone in its page a player has the keys; beside others, or in a notebook, only where the focus is inside.
  const alone = () => document.querySelectorAll(".agps").length === 1 && !root.closest(".jp-OutputArea,.output_area");
  document.addEventListener("keydown", event => {
    if (root.hidden || !root.isConnected || !(event.key in keys)) return;
    if (event.altKey || event.ctrlKey || event.metaKey || !(alone() || all.contains(event.target))) return;
    event.preventDefault();
    stop();
    go[keys[event.key]]();
  });
  const way = key => {
    for (const part of [...cards.values(), ...wires.values()]) part.g.classList.remove("way");
    const todo = key ? [key] : [], seen = new Set(todo);
    while (todo.length) {
      const at = todo.pop();
      cards.get(at).g.classList.add("way");
      for (const w of wires.values()) {
        if (w.src !== at) continue;
        w.g.classList.add("way");
        if (!seen.has(w.dst)) { seen.add(w.dst); todo.push(w.dst); }
      }
    }
  };
  for (const [key, c] of cards) {
    for (const event of ["mouseenter", "focus"]) c.g.addEventListener(event, () => way(key));
    for (const event of ["mouseleave", "blur"]) c.g.addEventListener(event, () => way(""));
  }
  // Every state of the modules is a player of its own; one is shown, and takes over where the other stood.
  const groups = data.groups || {};
  root.addEventListener("agp-show", event => {
    const {kind, card, part} = event.detail;
    const at = steps.findIndex(step => step[0] === kind && step[1] === card);
    show(part === 1 ? last : at >= 0 ? at : Math.round(part * last));
  });
  const handle = (key, within) =>
    within.querySelector(["group", "frame", "repeat"].map(what => `[data-${what}="${key}"]`).join());
  for (const key in groups) {
    const g = handle(key, svg);
    if (!g) continue;
    g.classList.add("door");
    g.setAttribute("role", "button");
    g.setAttribute("tabindex", "0");
    g.setAttribute("aria-expanded", g.hasAttribute("data-frame"));
    const toggle = event => {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      stop();
      const other = players[groups[key]], [kind, card] = steps[now];
      root.hidden = true;
      other.hidden = false;
      other.dispatchEvent(new CustomEvent("agp-show", {detail: {kind, card, part: last ? now / last : 1}}));
      const same = handle(key, other);
      if (same) { same.focus({preventScroll: true}); same.scrollIntoView({block: "center", inline: "center"}); }
    };
    g.addEventListener("click", toggle);
    g.addEventListener("keydown", toggle);
  }
  show(0);
}
})();
"""
