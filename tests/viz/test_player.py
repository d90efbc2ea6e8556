"""The step-through page in a browser, where one is installed: stepping, opening, pointing, and no other request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.core import Tensor
from tests.viz.browser import DARK, chromium, found_in, needs_chromium, page_of, run, served, with_script
from tests.viz.graphs import leaf, recurrent, sum_of_square, web
from tests.viz.models import tower, two_layers
from tests.viz.test_chromium import MEASURE

pytestmark = needs_chromium

#: What every script below begins with: the player that is shown, and what a reader does and sees.
READER = """
const root = () => [...document.querySelectorAll(".agp")].find(player => !player.hidden);
const all = selector => [...root().querySelectorAll(selector)];
const texts = selector => all(selector).map(t => t.textContent);
const names = selector => all(selector).map(g => g.dataset.name);
const press = (key, where = document) =>
  where.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const click = g => g.dispatchEvent(new MouseEvent("click", {bubbles: true}));
const step = () => root().dataset.step;
"""

STEPS = """
const state = () => [texts("h2")[0], texts(".n .g"), texts(".l .con.on"), texts("pre")[0], texts(".src")[0]];
const seen = [state()];
const count = +root().querySelector("input").max;
for (let i = 0; i < count; i++) { press("ArrowRight"); seen.push(state()); }
press("ArrowRight");
const stuck = step();
press("ArrowLeft");
const back = step();
press("Home");
const home = step();
click(root().querySelector("[data-go=last]"));
const end = step();
click(root().querySelector("[data-go=back]"));
const before = step();
const range = root().querySelector("input");
range.value = 2;
range.dispatchEvent(new Event("input"));
const slid = step();
const play = root().querySelector("[data-go=play]");
click(play);
const playing = play.textContent;
press("ArrowLeft");
const stopped = [play.textContent, step()];
const resources = performance.getEntriesByType("resource").map(entry => entry.name);
const {title, scripts} = document;
return {seen, stuck, back, home, end, before, slid, playing, stopped, resources, title, scripts: scripts.length};
"""


def read(page: str, script: str, folder: Path, *flags: str) -> Any:
    return run(page, READER + script, folder, *flags)


def test_the_keyboard_and_the_buttons_step(tmp_path: Path) -> None:
    found = read(sum_of_square().to_html(), STEPS, tmp_path)
    assert [title for title, *_ in found["seen"]] == [
        "Given",
        "Forward: u",
        "Forward: v",
        "Forward: L",
        "Backward begins at L",
        "Backward through L = v²",
        "Backward through v = u + x",
        "Backward through u = x·y",
    ]
    gradients = [texts[0] for _, texts, *_ in found["seen"]]
    assert gradients == ["grad –"] * 6 + ["grad 16 + …", "grad 48 + 16 = 64"]
    assert [len(shown) for _, _, shown, *_ in found["seen"]] == [0, 0, 0, 0, 0, 1, 3, 5]
    assert "∂u/∂x = y = 3\nx\u0304 += 16·3 = 48\nx\u0304 = 48 + 16 = 64" in found["seen"][-1][3]
    assert (found["stuck"], found["back"], found["home"], found["end"]) == ("7", "6", "0", "7")
    assert (found["before"], found["slid"]) == ("6", "2")
    assert (found["playing"], found["stopped"]) == ("stop", ["play", "1"])
    assert [name for name in found["resources"] if not name.startswith("data:")] == []


def test_steps_come_in_the_engines_order(tmp_path: Path) -> None:
    x, y = leaf(0.3, "x"), leaf(0.7, "y")
    pool, made = [x, y], {}
    with ag.record():
        for i in range(12):
            # Wired so that no walk along the edges alone finds the order of creation.
            a, b = pool[(i * 5) % len(pool)], pool[-1 - (i * 3) % 2]
            made[f"t{i}"] = a * b if i % 2 else (a + b).sin()
            pool.append(made[f"t{i}"])
        loss = sum(pool[1:], start=x)
    order: list[str] = []

    def noted(name: str) -> Any:
        return lambda _: order.append(name)

    for name, tensor in made.items():
        tensor.register_hook(noted(name))
    graph = viz.trace(loss, names=made)
    loss.backward()
    script = """
    const seen = [];
    for (let i = 0; i < +root().querySelector("input").max; i++) {
      press("ArrowRight");
      if (texts("h2")[0].startsWith("Backward through")) seen.push([...names(".n.cur"), texts(".src")[0]]);
    }
    return seen;
    """
    seen = read(graph.to_html(), script, tmp_path)
    assert [name for name, _ in seen if name in made] == order
    assert len(order) == len(made)
    # The line of the program stands beside each rule.
    assert all(source.startswith("test_player.py:") for _, source in seen)


def test_pointing_at_a_card_shows_its_way_to_the_output(tmp_path: Path) -> None:
    graph = web(30)
    uses: dict[str, set[str]] = {}
    for edge in graph.edges:
        uses.setdefault(graph.nodes[edge.src].name, set()).add(graph.nodes[edge.dst].name)

    def ahead(name: str) -> set[str]:
        found, todo = {name}, [name]
        while todo:
            for other in uses.get(todo.pop(), ()):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found

    script = """
    return all(".n").map(card => {
      const seen = ["mouseenter", "focus"].map(event => {
        card.dispatchEvent(new Event(event));
        const wires = all(".e.way").map(e => [e.dataset.src, e.dataset.dst].map(id => document.getElementById(id)));
        const ends = wires.every(pair => pair.every(g => g.classList.contains("way")));
        const way = [names(".n.way"), ends, wires.length];
        card.dispatchEvent(new Event(event === "focus" ? "blur" : "mouseleave"));
        return way;
      });
      return [card.dataset.name, seen[0], JSON.stringify(seen[0]) === JSON.stringify(seen[1]), all(".way").length];
    });
    """
    found = read(graph.to_html(), script, tmp_path)
    assert len(found) == len(graph.nodes)
    for name, (way, ends, wires), same, left in found:
        assert set(way) == ahead(name)
        assert wires == sum(graph.nodes[e.src].name in ahead(name) for e in graph.edges)
        assert ends
        assert same
        assert left == 0


def test_modules_open_and_close_by_mouse_and_keyboard(tmp_path: Path) -> None:
    script = """
    const door = name => all(".door").find(g => g.querySelector("text").textContent.slice(2).startsWith(name));
    const found = {start: names(".n"), role: door("blocks").getAttribute("role")};
    found.closed = door("blocks").getAttribute("aria-expanded");
    found.hidden = all(".n .g.off").length;
    click(root().querySelector("[data-go=last]"));
    found.shown = all(".n .g.off").length;
    click(door("blocks"));
    found.opened = names(".n");
    found.step = step() === root().querySelector("input").max;
    found.open = door("blocks").getAttribute("aria-expanded");
    found.focus = document.activeElement === door("blocks");
    press("Home");
    found.entries = all("[data-card]").length;
    found.waiting = all("[data-card].off").length;
    press("Enter", door("blocks"));
    found.again = names(".n");
    return found;
    """
    found = read(tower(3)[0].to_html(depth=1), script, tmp_path)
    assert found["role"] == "button"
    assert (found["closed"], found["open"]) == ("false", "true")
    assert len(found["opened"]) > len(found["start"])
    assert found["step"]
    assert found["focus"]
    assert found["again"] == found["start"]
    # What a module says of its gradients comes with them.
    assert found["hidden"] == 3
    assert found["shown"] == 0
    assert found["waiting"] == found["entries"] == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_repeats_unfold_one_by_one_and_fold_again(scheme: str, tmp_path: Path) -> None:
    script = "const measure = () => {" + MEASURE + "};"
    script += """
    const repeat = () => root().querySelector("[data-repeat]");
    const found = {start: names(".n"), badge: repeat().textContent, role: repeat().getAttribute("role")};
    found.keys = texts(".keys")[0];
    found.pictures = [];
    click(repeat());
    press("End");
    found.blocks = texts("[data-group] > text:nth-of-type(1)");
    found.pictures.push(measure());
    click(all("[data-group]")[4]);
    press("End");
    found.inside = names(".n").filter(name => name.includes("blocks.4"));
    found.pictures.push(measure());
    const around = () => all("[data-frame]").find(g => g.textContent.includes("all 12"));
    found.around = around().getAttribute("aria-expanded");
    press("Enter", around());
    found.again = names(".n");
    return found;
    """
    page = tower(12)[0].to_html()
    found = read(page, script, tmp_path, *([DARK] if scheme == "dark" else []))
    assert (found["badge"].removeprefix("12 alike, drawn as one"), found["role"]) == ("×12", "button")
    assert "draw that many repeats one by one" in found["keys"]
    assert found["blocks"] == [f"▸ {i} (Block)" for i in range(12)]
    assert len(found["inside"]) == 4
    for picture in found["pictures"]:
        assert picture["problems"] == []
        assert picture["drawn"] == 1
    assert found["around"] == "true"
    assert found["again"] == found["start"]


def test_several_graphs_in_one_page_step_by_themselves(tmp_path: Path) -> None:
    # One of them twice, as a notebook shows it when a cell runs again.
    pages = [graph.to_html(fragment=True) for graph in (sum_of_square(), two_layers(), sum_of_square())]
    script = """
    const players = [...document.querySelectorAll(".agps")].map(page => page.querySelector(".agp"));
    const steps = () => players.map(player => player.dataset.step);
    const found = [steps()];
    players[0].querySelector("[data-go=next]").click();
    found.push(steps());
    press("ArrowRight", players[1].querySelector(".n"));
    found.push(steps());
    press("End", players[2].querySelector("input"));
    found.push(steps());
    press("ArrowRight");
    found.push(steps());
    players[2].querySelector(".n").dispatchEvent(new Event("mouseenter"));
    return {found, ways: players.map(player => player.querySelectorAll(".way").length)};
    """
    seen = read(page_of(*pages), script, tmp_path)
    assert seen["found"] == [["0", "0", "0"], ["1", "0", "0"], ["1", "1", "0"], ["1", "1", "7"], ["1", "1", "7"]]
    assert seen["ways"][:2] == [0, 0]
    assert seen["ways"][2] > 4


HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    '"]]>',
    "a->b",
    "</script><!--",
    "${document.title='owned'}\u202e\0",
)


def test_hostile_names_do_nothing_in_a_browser(tmp_path: Path) -> None:
    tensors: list[Tensor] = [leaf(float(i), name) for i, name in enumerate(HOSTILE, 1)]
    with ag.record(), ag.scope('<b>net</b>"]]>'), ag.scope("a->b"):
        product = tensors[0] * tensors[1]
        total = product * tensors[2] + tensors[3] * tensors[4]
    page = viz.trace(total * 2.0).to_html(title=HOSTILE[0])
    found = read(page, STEPS, tmp_path)
    assert found["title"] == HOSTILE[0]
    # One of data for each state, the player, and this test's.
    assert found["scripts"] == page.count('class="agp-data"') + 2
    for name in HOSTILE[1:4]:
        assert f"{name}: " in found["seen"][0][3]
    assert found["end"] == found["stuck"] == "11"


def test_one_request_in_total(tmp_path: Path) -> None:
    page = with_script(tower(2)[0].to_html(), READER + STEPS)
    with served(page) as (address, asked):
        found = found_in(chromium(address, tmp_path))
    assert asked == ["/page.html"]
    assert [name for name in found["resources"] if not name.startswith("data:")] == []


def test_what_explain_found_is_stressed_in_the_page(tmp_path: Path) -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    loss = (x * y + x) ** 2
    page = viz.explain(loss, x).graph().to_html()
    script = """
    return all(".stress").map(path => {
      const data = path.parentElement.dataset;
      return [data.contrib, +path.getAttribute("stroke-width"), path.getTotalLength() > 30];
    });
    """
    assert sorted(read(page, script, tmp_path)) == [
        ["16.0", 11.5, True],
        ["16.0", 18.5, True],
        ["16.0", 22, True],
        ["48.0", 18.5, True],
    ]


@pytest.mark.parametrize("graph", [web(150), recurrent(200)], ids=["web", "repeats"])
def test_large_pages_still_step(graph: viz.Graph, tmp_path: Path) -> None:
    found = read(graph.to_html(), STEPS, tmp_path)
    assert found["end"] == found["stuck"] == str(len(found["seen"]) - 1)
