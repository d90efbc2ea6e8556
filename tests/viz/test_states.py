from __future__ import annotations

from typing import Any

import pytest

from autograd_np.viz import states
from autograd_np.viz.scene import Scene, build
from autograd_np.viz.states import unfolded
from tests.viz.graphs import recurrent, sum_of_square
from tests.viz.models import cells, tower


def states_of(graph: Any, **options: Any) -> list[Any]:
    def scene(toggled: frozenset[str]) -> Scene:
        return build(graph, toggled=toggled, **options)

    return unfolded(scene)


def test_a_graph_without_modules_has_one_state() -> None:
    (state,) = states_of(sum_of_square())
    assert state.ways == {}


def test_every_way_leads_to_a_state_where_the_group_has_changed() -> None:
    found = states_of(tower(3)[0], depth=1)
    assert len(found) > 3
    for state in found:
        closed = {card.item.group for card in state.scene.cards if card.item.group}
        opened = {hull.key for hull in state.scene.hulls}
        for key, index in state.ways.items():
            other = found[index].scene
            assert (key in closed) != (key in {card.item.group for card in other.cards})
            if key in closed:
                assert key in {hull.key for hull in other.hulls} or other.graph.nodes
            else:
                assert key in opened


def test_what_is_opened_can_be_closed_and_its_insides_opened() -> None:
    found = states_of(tower(3)[0], depth=1)
    start = found[0]
    blocks = next(card.item.group for card in start.scene.cards if card.item.group and "blocks" in card.item.facts.path)
    inside = found[start.ways[blocks]]
    assert inside.ways[blocks] == 0
    block = next(key for key in inside.ways if key not in start.ways)
    assert blocks in found[inside.ways[block]].toggled


def test_a_fold_leads_to_every_repeat_and_back() -> None:
    found = states_of(tower(12)[0])
    start = found[0]
    (repeat,) = (key for key in start.ways if key.startswith("x"))
    unfolded_state = found[start.ways[repeat]]
    cards = [card for card in unfolded_state.scene.cards if card.item.group]
    assert [card.item.facts.name for card in cards] == [str(i) for i in range(12)]
    assert unfolded_state.ways[repeat] == 0
    assert not any("drawn once" in text for text in unfolded_state.scene.caption)
    # Each of them opens where it stands, and closes again.
    for card in cards:
        inner = found[unfolded_state.ways[card.item.group]]
        assert {card.item.group, repeat} == inner.toggled
        assert inner.ways[card.item.group] == start.ways[repeat]
        assert inner.ways[repeat] == 0
    assert all(state.shut == 0 for state in found)


def test_bare_repeats_unfold_as_groups_and_single_operations_as_cards() -> None:
    loop = states_of(recurrent(100))
    assert sum(1 for card in loop[0].scene.cards) < 12
    every = loop[loop[0].ways["xr0"]].scene
    assert [hull.title for hull in every.hulls] == ["mul, tanh: all 100"]
    assert [card.item.facts.name for card in every.cards if card.item.group][:2] == ["mul, tanh #1", "mul, tanh #2"]
    assert sum(1 for card in every.cards if card.item.group) == 100
    steps = states_of(cells(30))
    single = steps[steps[0].ways["xr0"]].scene
    assert not any(card.item.group for card in single.cards)
    assert sum(card.item.node.op == "rnn" for card in single.cards) == 30


def test_too_many_repeats_leave_out_the_middle_even_when_unfolded() -> None:
    found = states_of(recurrent(2000))
    every = found[found[0].ways["xr0"]].scene
    assert len(every.cards) <= 300
    assert any("in the middle left out" in text for text in every.caption)


def test_what_a_page_has_no_room_for_is_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert states_of(recurrent(200))[1].shut > 100
    assert "Not everything opens here" in recurrent(200).to_html(engine="built-in")
    assert "Not everything opens here" not in tower(3)[0].to_html(engine="built-in")
    # Folding a large graph takes time for every state.
    monkeypatch.setattr(states, "NODES", 1000)
    large = states_of(recurrent(200))
    assert len(large[0].scene.graph.nodes) == 402
    assert len(large) == 3


def test_pages_stay_small() -> None:
    found = states_of(tower(20, named=False)[0], max_nodes=10_000)
    assert sum(len(state.scene.cards) for state in found[:-1]) <= 1000 + len(found[-1].scene.cards)
    assert len(found) <= 40
