"""The drawings in a browser, where one is installed: geometry, contrast, and motion without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograd_np import viz
from tests.viz.browser import DARK, STILL, needs_chromium, page_of, run
from tests.viz.graphs import leaf, logistic_regression, recurrent, sum_of_square, web
from tests.viz.models import cells, convolutional, tower, two_layers

pytestmark = needs_chromium

MEASURE = """
const problems = [], grounds = new Set(), all = [...document.querySelectorAll("svg")].filter(s => s.checkVisibility());
const count = {cards: 0, wires: 0, labels: 0, frames: 0, alarms: 0};
const inside = (a, b, by) =>
  a.x > b.x - by && a.x + a.width < b.x + b.width + by && a.y > b.y - by && a.y + a.height < b.y + b.height + by;
const meet = (a, b, slack) => a.x + slack < b.x + b.width && b.x + slack < a.x + a.width &&
  a.y + slack < b.y + b.height && b.y + slack < a.y + a.height;
const rgb = css => css.match(/[\\d.]+/g).slice(0, 3).map(Number);
const light = colour => {
  const [r, g, b] = colour.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const contrast = (a, b) => {
  const [x, y] = [light(a), light(b)].sort((p, q) => p - q);
  return (y + .05) / (x + .05);
};
const over = (colour, ground, alpha) => colour.map((v, i) => alpha * v + (1 - alpha) * ground[i]);
for (const svg of all) {
  const at = id => svg.querySelector(`[id="${id}"]`);
  const box = g => g.querySelector(".frame").getBBox();
  const cards = [...svg.querySelectorAll(".n")], frames = [...svg.querySelectorAll(".f")];
  const area = f => f.querySelector("rect:last-of-type").getBBox();
  const labels = [...svg.querySelectorAll(".l")], headings = [...svg.querySelectorAll(".h")];
  count.cards += cards.length; count.labels += labels.length; count.frames += frames.length;
  count.alarms += svg.querySelectorAll(".a").length;
  for (const g of cards) for (const t of g.querySelectorAll("text"))
    if (!inside(t.getBBox(), box(g), 1)) problems.push(["text leaves its card", t.textContent]);
  cards.forEach((g, i) => cards.slice(i + 1).forEach(h => {
    if (meet(box(g), box(h), 0)) problems.push(["cards overlap", g.id, h.id]);
  }));
  frames.forEach((f, i) => {
    const own = area(f), heading = headings[i];
    for (const t of heading.querySelectorAll("text"))
      if (!inside(t.getBBox(), own, 1)) problems.push(["title leaves its frame", t.textContent]);
    for (const c of cards) {
      const b = box(c);
      if (meet(own, b, 0) && !inside(b, own, 0)) problems.push(["frame cuts a card", f.id, c.id]);
      for (const t of heading.querySelectorAll("text"))
        if (meet(t.getBBox(), b, 1)) problems.push(["title on a card", t.textContent, c.id]);
    }
    for (const other of frames.slice(i + 1)) {
      const b = area(other);
      if (meet(own, b, 0) && !inside(b, own, 0) && !inside(own, b, 0)) problems.push(["frames cross", f.id, other.id]);
    }
  });
  // The end of a line is within three pixels of its card's outline, not merely somewhere on the card.
  const edge = (p, b) => {
    const dx = Math.max(b.x - p.x, p.x - b.x - b.width), dy = Math.max(b.y - p.y, p.y - b.y - b.height);
    return Math.abs(Math.max(dx, dy)) < 3;
  };
  for (const e of svg.querySelectorAll(".e")) {
    const src = box(at(e.dataset.from || e.dataset.src)), dst = box(at(e.dataset.dst));
    for (const [line, head, from, to] of [[".fw", ".fa", src, dst], [".bw", ".ba", dst, src]]) {
      const path = e.querySelector(`path${line}`);
      if (!path) continue;
      count.wires += 1;
      const start = path.getPointAtLength(0), end = path.getPointAtLength(path.getTotalLength());
      if (!edge(start, from) || !edge(end, to)) problems.push(["line off its card", e.id, line]);
      const tip = e.querySelector(`path${head}`).getPointAtLength(0);
      if (Math.hypot(tip.x - end.x, tip.y - end.y) > 1) problems.push(["arrow off its line", e.id, line]);
    }
  }
  labels.forEach((g, i) => labels.slice(i + 1).forEach(h => {
    if (meet(g.getBBox(), h.getBBox(), 3)) problems.push(["texts overlap", g.textContent, h.textContent]);
  }));
  for (const g of labels) for (const c of cards)
    if (meet(g.getBBox(), box(c), 3)) problems.push(["text on a card", g.textContent, c.id]);
  const ground = rgb(getComputedStyle(svg.querySelector(".bg")).fill);
  const tints = g => {
    const b = g.getBBox(), middle = {x: b.x + b.width / 2, y: b.y + b.height / 2, width: 0, height: 0};
    const around = frames.filter(f => inside(middle, area(f), 0)).map(f => f.querySelector("rect"));
    return [ground, ...around.map(r => rgb(getComputedStyle(r).fill))];
  };
  for (const t of svg.querySelectorAll("text")) {
    const style = getComputedStyle(t), card = t.closest(".n");
    if (style.visibility === "hidden") continue;
    let behind = t.closest(".h,.l") ? tints(t) : [ground];
    if (card) {
      const frame = getComputedStyle(card.querySelector(".frame"));
      behind = tints(card).map(tint => over(rgb(frame.fill), tint, +frame.opacity));
    }
    const alpha = +style.opacity;
    const found = Math.min(...behind.map(b => contrast(over(rgb(style.fill), b, alpha), b)));
    if (found < 4.5) problems.push(["contrast", t.textContent, found]);
  }
  const lines = ".frame, path.fw, path.bw, .a > rect";
  for (const p of svg.querySelectorAll(lines)) {
    if (p.closest(".stub") || p.closest(".js")) continue;
    const found = Math.min(...tints(p).map(b => contrast(rgb(getComputedStyle(p).stroke), b)));
    if (found < 3) problems.push(["contrast of a line", p.outerHTML.slice(0, 80), found]);
  }
  grounds.add(getComputedStyle(svg.querySelector(".bg")).fill);
}
return {problems, drawn: all.length, grounds: [...grounds], count};
"""

#: Small graphs, in every layout and direction.
SMALL = (sum_of_square, logistic_regression, lambda: recurrent(15), lambda: web(40))
GROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}


def exploding() -> viz.Graph:
    x = leaf(1.0, "x")
    for _ in range(40):
        x = x * 3.0
    return viz.trace(x)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_fit_and_lines_end_where_they_belong(scheme: str, tmp_path: Path) -> None:
    # Every graph with every layout in one page: starting a browser takes longer than measuring.
    drawn = [
        make().to_svg(engine=engine, rankdir=rankdir, animate=False)
        for make in SMALL
        for engine in (None, "built-in")
        for rankdir in ("LR", "TB")
    ]
    found = run(page_of(*drawn), MEASURE, tmp_path, *([DARK] if scheme == "dark" else []))
    assert found["problems"] == []
    assert found["drawn"] == len(drawn)
    assert found["grounds"] == [GROUND[scheme]]
    assert found["count"]["cards"] > 250
    assert found["count"]["wires"] > 600


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_models_are_sound(scheme: str, tmp_path: Path) -> None:
    graph, model, _ = tower(12)
    drawn = [
        *(make().to_svg(animate=False, engine=engine) for make in (two_layers, convolutional) for engine in ENGINES),
        graph.to_svg(animate=False),
        graph.to_svg(animate=False, depth=1),
        graph.to_svg(animate=False, fold=False, labels=False),
        graph.to_svg(animate=False, focus=model.blocks[5].up.weight),
        cells(30).to_svg(animate=False),
        exploding().to_svg(animate=False),
    ]
    found = run(page_of(*drawn), MEASURE, tmp_path, *([DARK] if scheme == "dark" else []))
    assert found["problems"] == []
    assert found["drawn"] == len(drawn)
    assert found["grounds"] == [GROUND[scheme]]
    assert found["count"]["frames"] > 50
    assert found["count"]["alarms"] > 10


ENGINES = (None, "built-in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_before_and_after_its_steps(scheme: str, tmp_path: Path) -> None:
    panel = """
    const root = document.querySelector(".agp"), ground = rgb(getComputedStyle(root).backgroundColor);
    for (const t of root.querySelectorAll("h2, pre, .src:not(:empty), .keys, button, .count")) {
      const own = getComputedStyle(t).backgroundColor, clear = own.endsWith(", 0)");
      const found = contrast(rgb(getComputedStyle(t).color), clear ? ground : rgb(own));
      if (found < 4.5) problems.push(["panel", t.outerHTML, found]);
    }
    """
    measure = "const measure = () => {" + MEASURE.replace("return {problems", panel + "return {problems") + "};"
    script = measure + "const before = measure(); document.querySelector('[data-go=last]').click();"
    script += "return {before, after: measure()};"
    found = run(two_layers().to_html(), script, tmp_path, *([DARK] if scheme == "dark" else []))
    for moment in ("before", "after"):
        assert found[moment]["problems"] == []
        assert found[moment]["grounds"] == [GROUND[scheme]]
        assert found[moment]["drawn"] == 1


MOTION = """
const moving = document.getAnimations(), drawn = [...document.querySelectorAll("svg")];
const shown = time => {
  for (const animation of moving) { animation.pause(); animation.currentTime = time; }
  return drawn.map(svg => {
    const parts = [...svg.querySelectorAll(".b[data-step]")].filter(b => getComputedStyle(b).opacity === "1");
    return [...new Set(parts.map(b => +b.dataset.step))].sort();
  });
};
return [0, 1000, 2000, 3000, 4000].map(shown);
"""


def test_the_backward_pass_moves_without_scripts_where_the_reader_accepts_motion(tmp_path: Path) -> None:
    graph = sum_of_square()
    # Where scripts are not allowed, nothing of a page is left but its elements and its style.
    page = re.sub(r"<script.*?</script>", "", graph.to_html(fragment=True), flags=re.DOTALL)
    drawn = page_of(graph.to_svg(), page)
    found = run(drawn, MOTION, tmp_path)
    for steps in zip(*found, strict=True):
        assert list(steps) == [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    assert run(drawn, MOTION, tmp_path, STILL) == [[[0, 1, 2, 3]] * 2] * 5
