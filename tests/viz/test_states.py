from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograd_np.viz.scene import Scene, build
from autograd_np.viz.states import unfolded
from tests.viz.graphs import sum_of_square
from tests.viz.models import tower
from tests.viz.test_chromium import CHROMIUM, run

DOORS = """
const shown = () => [...document.querySelectorAll(".agp")].findIndex(root => !root.hidden);
const root = () => document.querySelectorAll(".agp")[shown()];
const doors = () => [...root().querySelectorAll(".door")];
const door = name => doors().find(g => g.querySelector("text").textContent.slice(2).startsWith(name));
const names = () => [...root().querySelectorAll(".n")].map(g => g.dataset.name);
const found = {start: names(), first: shown(), doors: root().querySelectorAll(".door").length};
found.role = door("blocks").getAttribute("role");
found.closed = door("blocks").getAttribute("aria-expanded");
root().querySelector("[data-go=last]").click();
door("blocks").dispatchEvent(new MouseEvent("click", {bubbles: true}));
found.opened = names();
found.step = root().dataset.step === String(root().querySelector("input").max);
found.open = door("blocks").getAttribute("aria-expanded");
found.focus = document.activeElement === door("blocks");
door("blocks").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
found.again = names();
return found;
"""


def states_of(graph: Any, **options: Any) -> list[Any]:
    def scene(toggled: frozenset[str]) -> Scene:
        return build(graph, toggled=toggled, **options)

    return unfolded(scene)


def test_a_graph_without_modules_has_one_state() -> None:
    (state,) = states_of(sum_of_square())
    assert state.ways == {}


def test_every_way_leads_to_a_state_where_the_group_has_changed() -> None:
    states = states_of(tower(3)[0], depth=1)
    assert len(states) > 3
    for state in states:
        closed = {card.item.group for card in state.scene.cards if card.item.group}
        opened = {hull.key for hull in state.scene.hulls}
        for key, index in state.ways.items():
            other = states[index].scene
            assert (key in closed) != (key in {card.item.group for card in other.cards})
            if key in closed:
                assert key in {hull.key for hull in other.hulls} or other.graph.nodes
            else:
                assert key in opened


def test_what_is_opened_can_be_closed_and_its_insides_opened() -> None:
    states = states_of(tower(3)[0], depth=1)
    start = states[0]
    blocks = next(card.item.group for card in start.scene.cards if card.item.group and "blocks" in card.item.facts.path)
    inside = states[start.ways[blocks]]
    assert inside.ways[blocks] == 0
    block = next(key for key in inside.ways if key not in start.ways)
    assert blocks in states[inside.ways[block]].toggled


def test_pages_stay_small() -> None:
    states = states_of(tower(20, named=False)[0], max_nodes=10_000)
    assert sum(len(state.scene.cards) for state in states[:-1]) <= 1000 + len(states[-1].scene.cards)
    assert len(states) <= 40


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_modules_open_and_close_by_mouse_and_keyboard(tmp_path: Path) -> None:
    found = run(tower(3)[0].to_html(depth=1), DOORS, tmp_path)
    assert "error" not in found, found
    assert found["role"] == "button"
    assert (found["closed"], found["open"]) == ("false", "true")
    assert len(found["opened"]) > len(found["start"])
    assert found["step"]
    assert found["focus"]
    assert found["again"] == found["start"]
