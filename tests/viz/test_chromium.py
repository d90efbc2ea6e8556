"""The drawings in a browser, where one is installed: geometry, contrast, stepping, and no request but the file."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autograd_np import viz
from tests.viz.graphs import leaf, logistic_regression, recurrent, sum_of_square, web

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")

MEASURE = """
const problems = [], grounds = new Set(), all = document.querySelectorAll("svg");
for (const svg of all) {
const at = id => svg.querySelector(`[id="${id}"]`);
const box = g => g.querySelector(".frame").getBBox();
const cards = [...svg.querySelectorAll(".n")];
for (const g of cards) {
  const b = box(g);
  for (const t of g.querySelectorAll("text")) {
    const a = t.getBBox();
    if (a.x < b.x - 1 || a.x + a.width > b.x + b.width + 1 || a.y < b.y - 1 || a.y + a.height > b.y + b.height + 1)
      problems.push(["text leaves its card", t.textContent]);
  }
}
cards.forEach((g, i) => cards.slice(i + 1).forEach(h => {
  const a = box(g), b = box(h);
  if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)
    problems.push(["cards overlap", g.id, h.id]);
}));
const near = (p, b) => p.x > b.x - 3 && p.x < b.x + b.width + 3 && p.y > b.y - 3 && p.y < b.y + b.height + 3;
for (const e of svg.querySelectorAll(".e")) {
  const src = box(at(e.dataset.from || e.dataset.src));
  const dst = box(at(e.dataset.dst));
  for (const [name, from, to] of [["path.fw", src, dst], ["path.bw", dst, src]]) {
    const path = e.querySelector(name);
    if (!path) continue;
    const start = path.getPointAtLength(0), end = path.getPointAtLength(path.getTotalLength());
    if (!near(start, from) || !near(end, to)) problems.push(["wire off its card", e.id, name]);
  }
}
const labels = [...svg.querySelectorAll(".l")];
labels.forEach((g, i) => labels.slice(i + 1).forEach(h => {
  const a = g.getBBox(), b = h.getBBox(), slack = 3;
  if (a.x + slack < b.x + b.width && b.x + slack < a.x + a.width && a.y + slack < b.y + b.height &&
      b.y + slack < a.y + a.height) problems.push(["texts overlap", g.textContent, h.textContent]);
}));
for (const g of labels) for (const c of cards) {
  const a = g.getBBox(), b = box(c), slack = 3;
  if (a.x + slack < b.x + b.width && b.x + slack < a.x + a.width && a.y + slack < b.y + b.height &&
      b.y + slack < a.y + a.height) problems.push(["text on a card", g.textContent, c.id]);
}
const light = css => {
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const [r, g, b] = css.match(/[\\d.]+/g).map(v => linear(v / 255));
  return .2126 * r + .7152 * g + .0722 * b;
};
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort(); return (y + .05) / (x + .05); };
const ground = getComputedStyle(svg.querySelector(".bg")).fill;
for (const t of svg.querySelectorAll("text")) {
  const card = t.closest(".n"), behind = card ? getComputedStyle(card.querySelector(".frame")).fill : ground;
  const found = contrast(getComputedStyle(t).fill, behind);
  if (found < 4.5) problems.push(["contrast", t.textContent, found]);
}
for (const p of svg.querySelectorAll(".frame, path.fw, path.bw")) {
  const found = contrast(getComputedStyle(p).stroke, ground);
  if (found < 3) problems.push(["contrast of a line", p.outerHTML.slice(0, 80), found]);
}
grounds.add(ground);
}
return {problems, drawn: all.length, grounds: [...grounds]};
"""

STEPS = """
const root = document.querySelector(".agp"), seen = [];
const press = key => document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const state = () => [
  root.querySelector("h2").textContent,
  [...root.querySelectorAll(".n .g")].map(t => t.textContent),
  [...root.querySelectorAll(".l .con.on")].map(t => t.textContent),
];
seen.push(state());
const count = +root.querySelector("input").max;
for (let i = 0; i < count; i++) { press("ArrowRight"); seen.push(state()); }
press("ArrowRight");
const stuck = root.dataset.step;
press("ArrowLeft");
const back = root.dataset.step;
press("Home");
const home = root.dataset.step;
root.querySelector("[data-go=last]").click();
const end = root.dataset.step;
const card = root.querySelector(".n");
card.dispatchEvent(new Event("focus"));
const way = root.querySelectorAll(".n.way").length;
const requests = performance.getEntriesByType("resource").map(entry => entry.name);
return {seen, stuck, back, home, end, way, requests, title: document.title};
"""


def run(page: str, script: str, folder: Path, *flags: str) -> Any:
    """Return what a script computes inside a page."""
    assert CHROMIUM is not None
    end = (
        "<script>(() => { let found; try { found = (() => {" + script + "})(); } "
        "catch (error) { found = {error: String(error)}; } const out = document.createElement('pre'); "
        "out.id = 'found'; out.textContent = JSON.stringify(found); document.body.append(out); })();</script>"
    )
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"{end}</body>"), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--window-size=1600,1200", "--virtual-time-budget=5000", *flags,
        "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, check=True, timeout=120)  # noqa: S603 (our own pages)
    found = re.search(r'<pre id="found">(.*?)</pre>', result.stdout.decode("utf-8"), re.DOTALL)
    assert found is not None, result.stderr.decode("utf-8")[-500:]
    return json.loads(html.unescape(found[1]))


DARK = "--blink-settings=preferredColorScheme=0"
GRAPHS = (sum_of_square, logistic_regression, lambda: recurrent(15), lambda: web(40))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_fit_and_lines_end_where_they_belong(scheme: str, tmp_path: Path) -> None:
    # Every graph with every layout in one page: starting a browser takes longer than measuring.
    drawn = [
        make().to_svg(engine=engine, rankdir=rankdir, animate=False)
        for make in GRAPHS
        for engine in (None, "built-in")
        for rankdir in ("LR", "TB")
    ]
    page = f'<!DOCTYPE html><meta charset="utf-8"><body>{"".join(drawn)}</body>'
    found = run(page, MEASURE, tmp_path, *([DARK] if scheme == "dark" else []))
    assert found.get("problems") == [], found
    assert found["drawn"] == len(drawn)
    assert found["grounds"] == ["rgb(20, 24, 29)" if scheme == "dark" else "rgb(255, 255, 255)"]


def test_the_keyboard_steps_in_the_engines_order(tmp_path: Path) -> None:
    found = run(sum_of_square().to_html(), STEPS, tmp_path)
    assert "error" not in found, found
    assert [title for title, _, _ in found["seen"]] == [
        "Given",
        "Forward: u",
        "Forward: v",
        "Forward: L",
        "Backward begins at L",
        "Backward through L = v²",
        "Backward through v = u + x",
        "Backward through u = x·y",
    ]
    gradients = [texts[0] for _, texts, _ in found["seen"]]
    assert gradients == ["grad –"] * 6 + ["grad 16 + …", "grad 48 + 16 = 64"]
    assert [len(shown) for _, _, shown in found["seen"]] == [0, 0, 0, 0, 0, 1, 3, 5]
    assert (found["stuck"], found["back"], found["home"], found["end"]) == ("7", "6", "0", "7")
    assert found["way"] == 4
    assert [name for name in found["requests"] if not name.startswith("data:")] == []


def test_a_hostile_name_does_nothing_in_a_browser(tmp_path: Path) -> None:
    name = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    x = leaf(2.0, name)
    found = run(viz.trace(x * x).to_html(), STEPS, tmp_path)
    assert found["title"].startswith("Backward pass of v1 = <script>")
    assert found["end"] == found["stuck"]


def test_large_pages_still_step(tmp_path: Path) -> None:
    found = run(web(150).to_html(), STEPS, tmp_path)
    assert "error" not in found, found
    assert found["end"] == found["stuck"]
