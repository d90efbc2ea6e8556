from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np import viz
from autograd_np.viz.alarms import MARKS
from autograd_np.viz.fold import fold
from autograd_np.viz.groups import Tree
from autograd_np.viz.model import _first_unusual as first_unusual
from autograd_np.viz.repeats import Repeats
from autograd_np.viz.scene import build
from autograd_np.viz.svg import arrange, draw
from tests.viz.graphs import leaf, recurrent
from tests.viz.models import cells, tower
from tests.viz.reading import SVG, Picture, assert_chain_rule, read


def frames_of(picture: Picture) -> dict[str, dict[str, str]]:
    """Return the attributes of every frame, by the path of its module."""
    groups = [group for group in picture.root.iter(f"{SVG}g") if group.get("class") == "f"]
    return {group.get("data-path", ""): dict(group.items()) for group in groups}


# --- modules ------------------------------------------------------------------------------------------------------


def test_modules_are_intervals_and_a_second_call_is_a_second_group() -> None:
    x = leaf(2.0, "x")
    with ag.record():
        for name in ("a", "b", "a"):
            with ag.scope("net"), ag.scope(name):
                x = x.sin()
        y = x.exp()
    tree = Tree(viz.trace(y))
    assert [(group.path, group.start, group.end) for group in tree.root.walk()] == [
        ("", 0, 4),
        ("net", 0, 3),
        ("net.a", 0, 1),
        ("net.b", 1, 2),
        ("net.a", 2, 3),
    ]
    assert [group.path for group in tree.innermost] == ["net.a", "net.b", "net.a", ""]


def test_a_module_that_only_holds_another_is_one_with_it() -> None:
    with ag.record(), ag.scope("net"):
        with ag.scope("list"), ag.scope("0"):
            y = leaf(2.0, "x").sin()
        z = y.exp()
    names = [group.name for group in Tree(viz.trace(z)).root.walk()]
    assert names == ["", "net", "list.0"]


@pytest.mark.parametrize("engine", [None, "built-in"])
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_frames_hold_their_cards_and_no_others(engine: str | None, rankdir: str) -> None:
    scene = build(tower(2)[0])
    placement, _ = arrange(scene, rankdir=rankdir, engine=engine)
    assert {hull.frame.facts.path for hull in scene.hulls} >= {"Tower.blocks.0", "Tower.blocks.1.up", "Tower.head"}
    if engine is None:
        assert placement.frames.keys() == {hull.key for hull in scene.hulls}
    parents = {hull.key: hull.frame.parent for hull in scene.hulls}
    checked = 0
    for key, (left, top, right, bottom) in placement.frames.items():
        for card in scene.cards:
            around, inside = card.item.frame, False
            while around:
                inside = inside or around == key
                around = parents[around]
            x, y = placement.boxes[card.key]
            within = left <= x - card.width / 2 and x + card.width / 2 <= right
            within = within and top <= y - card.height / 2 and y + card.height / 2 <= bottom
            apart = x + card.width / 2 <= left or right <= x - card.width / 2
            apart = apart or y + card.height / 2 <= top or bottom <= y - card.height / 2
            assert within if inside else apart, (key, card.key)
            checked += 1
    assert checked > 50


def test_frames_say_name_class_and_gradient() -> None:
    graph, model, loss = tower(2)
    picture = read(graph.to_svg())
    frames = frames_of(picture)
    assert frames["Tower.blocks.0"]["data-class"] == "Block"
    assert "▾ 0 (Block)" in picture.texts
    # The classes are those that record level saw at work; nobody has to name the model.
    assert frames_of(read(tower(2, named=False)[0].to_svg()))["Tower.head"]["data-class"] == "Linear"
    loss.backward()
    # What flows into the head is the gradient of its output.
    head = next(node for node in graph.nodes if node.module == "Tower.head" and node.op)
    assert head.gradient is not None
    label = frames["Tower.head"]["aria-label"]
    assert f"grad in ‖·‖ {head.gradient.norm:.4g}" in label
    assert model.table.weight.grad is not None


def test_a_frames_gradient_comes_when_it_has_arrived() -> None:
    scene = build(tower(2)[0])
    placement, horizontal = arrange(scene)
    root = ET.fromstring(draw(scene, placement, horizontal=horizontal))  # noqa: S314 (our own drawing)
    cards = {card.key: card for card in scene.cards}
    paths = {hull.frame.facts.path: hull.key for hull in scene.hulls}
    titles = {
        part.get("data-frame"): group for group in root.iter(f"{SVG}g") for part in group if part.get("data-frame")
    }
    assert titles.keys() == set(paths.values())
    for path, key in paths.items():
        (grad,) = (text for text in titles[key].iter(f"{SVG}text") if "grad" in (text.text or ""))
        card = cards[grad.get("data-card", "")]
        inside = [c for c in scene.cards if c.item.is_operation and c.item.node.module.startswith(path)]
        assert card is inside[-1]
        assert grad.get("data-step") == str(min(c.step for c in inside if c.step is not None))


def test_the_frame_around_everything_is_left_out() -> None:
    with ag.record(), ag.scope("all"):
        y = leaf(2.0, "x").sin().exp()
    assert frames_of(read(viz.trace(y).to_svg())) == {}


def test_a_shared_parameter_is_drawn_in_each_module_with_one_identity() -> None:
    picture = read(tower(2)[0].to_svg())
    cards = [node for node in picture.nodes.values() if node["name"] == "model.table.weight"]
    assert len(cards) == 2
    (own,) = (card for card in cards if "clone" not in card)
    (again,) = (card for card in cards if "clone" in card)
    assert again["clone"] == own["id"]
    assert sum(edge["src"] == own["id"] for edge in picture.edges) == 2
    assert_chain_rule(picture)


def test_depth_closes_what_is_nested_deeper() -> None:
    graph = tower(2)[0]
    counts = []
    for depth in (0, 1, 2, 3, 9):
        view = fold(graph, depth=depth)
        closed = [item.facts.path for item in view.items if item.facts is not None]
        assert all(path.count(".") >= depth for path in closed)
        counts.append((len(view.items), len(closed)))
    assert counts[0][1] == 1
    assert [n for n, _ in counts] == sorted(n for n, _ in counts)
    assert counts[-1][1] == 0
    with pytest.raises(ValueError, match="depth: expected a number of levels, got -1"):
        fold(graph, depth=-1)


def test_a_closed_module_says_what_is_in_it_and_what_flows() -> None:
    graph = tower(2)[0]
    picture = read(graph.to_svg(depth=1))
    cards = {node["path"]: node for node in picture.nodes.values() if "group" in node}
    assert cards.keys() == {"Tower.table", "Tower.blocks", "Tower.head"}
    blocks = cards["Tower.blocks"]
    inside = [node for node in graph.nodes if node.op and node.module.startswith("Tower.blocks")]
    assert int(blocks["folded"]) == len(inside) == 8
    assert "8 operations, 8 parameters (152 numbers)" in picture.texts
    last = inside[-1]
    assert last.gradient is not None
    assert math.isclose(float(blocks["grad-in"]), last.gradient.norm)
    ids = {node.id for node in inside}
    entering = [e for n in inside for e in graph.incoming(n) if e.src not in ids and graph.nodes[e.src].op]
    assert math.isclose(
        float(blocks["grad-out"]), math.hypot(*(e.contribution.norm for e in entering if e.contribution))
    )
    (into,) = (edge for edge in picture.edges if edge["dst"] == blocks["id"])
    # The block's input is used twice inside: one line is drawn, and says so.
    assert into["folded"] == "2"
    assert any(re.fullmatch(r"\(3, 4\), 2 uses", text) for text in picture.texts)
    assert "3 modules closed" in picture.texts


def test_many_modules_are_closed_until_the_picture_fits() -> None:
    graph = tower(30, named=False)[0]
    assert len(fold(graph, folding=False).items) > 200
    for most in (300, 40, 15, 5):
        view = fold(graph, max_nodes=most)
        assert len(view.items) <= most
        read(graph.to_svg(max_nodes=most))


# --- repeats ------------------------------------------------------------------------------------------------------


def test_equal_blocks_are_drawn_once_with_their_count_and_range() -> None:
    graph = tower(12)[0]
    picture = read(graph.to_svg())
    frame = frames_of(picture)["Tower.blocks.0"]
    assert frame["data-times"] == "12"
    assert "×12" in picture.texts
    assert "▾ blocks.0 … 11 (Block)" in picture.texts
    assert len(picture.nodes) < 20
    weight = next(node for node in picture.nodes.values() if node["name"] == "model.blocks.0.up.weight")
    norms = [
        n.gradient.norm for n in graph.nodes if re.fullmatch(r"model\.blocks\.\d+\.up\.weight", n.name) and n.gradient
    ]
    assert len(norms) == int(weight["times"]) == 12
    assert float(weight["grad-low"]) == min(norms)
    assert float(weight["grad-high"]) == max(norms)
    assert "model.blocks.*.up.weight" in picture.texts
    # The line that leaves the blocks is the last block's.
    (out,) = (e for e in picture.edges if e["dst"] == picture.node(head_name(graph))["id"] and e["port"] == "0")
    last = [n for n in graph.nodes if n.module == "Tower.blocks.11"][-1]
    assert last.gradient is not None
    assert math.isclose(float(out["contrib"]), last.gradient.norm)
    # What one block hands to the next would be a circle, and is not drawn.
    end = next(n for n in picture.nodes.values() if n.get("module") == "Tower.blocks.0" and n["op"] == "add")
    assert [edge["dst"] for edge in picture.edges if edge["src"] == end["id"]] == [out["dst"]]
    assert any("blocks.0 … 11 ×12 drawn once (44 operations folded)" in text for text in picture.texts)


def head_name(graph: viz.Graph) -> str:
    return next(node.name for node in graph.nodes if node.module == "Tower.head" and node.op)


def test_folding_can_be_switched_off() -> None:
    graph = tower(12)[0]
    picture = read(graph.to_svg(fold=False, engine="built-in"))
    assert sum(1 for node in picture.nodes.values() if node.get("op")) == sum(1 for node in graph.nodes if node.op)
    assert "×12" not in picture.texts
    assert not any("to unfold" in text for text in picture.texts)


def test_blocks_that_differ_are_not_folded() -> None:
    ag.manual_seed(0)
    sizes = [4, 4, 4, 6, 6, 4]
    model = nn.Sequential(*(nn.Linear(a, b) for a, b in pairwise(sizes)))
    with ag.record():
        loss = model(ag.ones(2, 4)).sum()
    runs = Repeats(Tree(viz.trace(loss)), bare=False).folded
    # 4→4 twice; 4→6, 6→6 and 6→4 have other shapes.
    assert [(group.name, group.times) for group, _ in runs] == [("0 … 1", 2)]


def test_results_of_other_shapes_are_not_the_same() -> None:
    x = leaf(np.ones(16), "x")
    parts = []
    for name, shape in (("0", (2, 8)), ("1", (4, 4))):
        with ag.record(), ag.scope("net"), ag.scope(name):
            parts.append(x.reshape(shape))
    graph = viz.trace(parts[0].sum() * parts[1].sum())
    assert Repeats(Tree(graph), bare=False).folded == []


def test_pairs_of_modules_are_one_repeat() -> None:
    ag.manual_seed(0)
    model = nn.Sequential(*(layer for _ in range(20) for layer in (nn.Linear(4, 4), nn.Tanh())))
    with ag.record():
        loss = model(ag.ones(2, 4)).sum()
    picture = read(viz.trace(loss).to_svg())
    assert "×20" in picture.texts
    assert len(picture.nodes) == 6


def test_a_cell_that_runs_over_a_sequence_is_folded() -> None:
    graph = cells(64)
    picture = read(graph.to_svg())
    assert "×64" in picture.texts
    assert len(picture.nodes) <= 20
    weight, graphs = picture.node("cell.weight_hh"), next(n for n in graph.nodes if n.name == "cell.weight_hh")
    # One weight for all steps: its gradient is the sum over them.
    assert graphs.gradient is not None
    assert float(weight["grad"]) == graphs.gradient.norm
    (use,) = (edge for edge in picture.edges if edge["src"] == weight["id"])
    assert use["times"] == "64"
    view = fold(graph)
    (loop,) = (frame.key for frame in view.frames if frame.facts.times == 64)
    # Inside the loop stands what each step has of its own.
    assert not any(item.frame == loop for item in view.items if item.node.role == "parameter")
    assert any(item.frame == loop for item in view.items if item.node.role == "constant" and item.twins)


def test_loops_outside_modules_are_folded_only_where_there_is_no_room() -> None:
    graph = recurrent(100)
    assert len(fold(graph, max_nodes=400).items) == 301
    view = fold(graph, max_nodes=300)
    assert len(view.items) < 12
    (frame,) = view.frames
    assert (frame.facts.name, frame.facts.times) == ("mul, tanh", 100)


def test_operations_in_a_row_are_no_loop_unless_each_follows_the_one_before() -> None:
    x = leaf(1.0, "x")
    powers = [x]
    for i in range(200):
        # Alike one by one, but every one reaches back to another place.
        powers.append(powers[-1] * powers[(i * 7919) % len(powers)])
    runs = Repeats(Tree(viz.trace(powers[-1])), bare=True).folded
    assert sum(count for _, count in runs) < 10


# --- alarms -------------------------------------------------------------------------------------------------------


def alarms_in(picture: Picture) -> dict[str, list[str]]:
    """Return the names of the marked cards by kind of alarm."""
    found: dict[str, list[str]] = {}
    for node in picture.nodes.values():
        if "alarm" in node:
            found.setdefault(node["alarm"], []).append(node["name"])
    return found


@pytest.mark.parametrize(("factor", "kind"), [(0.3, "vanishing"), (3.0, "exploding")])
def test_gradients_that_vanish_or_explode_are_marked(factor: float, kind: str) -> None:
    x = leaf(1.0, "x")
    y = x
    for _ in range(40):
        y = y * factor
    graph = viz.trace(y)
    picture = read(graph.to_svg())
    assert alarms_in(picture).keys() == {kind}
    bound = {"vanishing": 1e-7, "exploding": 1e5}[kind]
    near = graph.nodes[-1 - 2 * 4].gradient
    assert near is not None
    for node in graph.nodes:
        if node.op and node.gradient is not None:
            ratio = node.gradient.norm / near.norm
            assert (node.name in alarms_in(picture)[kind]) == (ratio < bound if kind == "vanishing" else ratio > bound)
    assert any(text.startswith(f"{MARKS[kind]} {kind} gradient (‖·‖") for text in picture.texts)
    assert any(text.startswith(f"{MARKS[kind]} {kind}:") for text in picture.texts)


def test_healthy_and_small_graphs_have_no_marks() -> None:
    svg = tower(3)[0].to_svg()
    assert "data-alarm" not in svg
    assert ".a-vanishing" not in recurrent(3).to_svg()


def test_marks_differ_in_shape() -> None:
    shapes = {}
    for kind in MARKS:
        x = leaf(1.0, "x")
        y = x
        for _ in range(40):
            y = y * {"vanishing": 0.3, "exploding": 3.0, "not-finite": math.inf}[kind]
        root = ET.fromstring(viz.trace(y).to_svg())  # noqa: S314 (our own drawing)
        mark = next(group for group in root.iter(f"{SVG}g") if group.get("class") == "a")
        assert mark.get("data-alarm") == kind
        polygon = next(part for part in mark if part.tag.endswith("polygon"))
        heights = [float(point.split(",")[1]) for point in polygon.get("points", "").split()]
        shapes[kind] = (heights[2] < heights[0], len(mark))
    assert len(set(shapes.values())) == 3


def test_a_nan_inside_something_folded_is_seen_from_outside() -> None:
    ag.manual_seed(0)
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(30)))
    model[17].weight.data[0, 0] = math.nan
    with ag.record():
        loss = model(ag.ones(2, 4)).sum()
    graph = viz.trace(loss, names={"model": model})
    for options in ({"depth": 0}, {}):
        picture = read(graph.to_svg(**options))
        assert "not-finite" in alarms_in(picture)
        assert "⚠ NaN first appears in model.17.weight, as a parameter" in picture.texts


def test_an_output_among_several_that_is_not_finite_is_marked() -> None:
    x = leaf([1e200, 2.0, 3.0], "x")
    with np.errstate(over="ignore"):
        values, _ = (x * x).sort(-1)
    graph = viz.trace(values.sum(), names={"sorted": values})
    picture = read(graph.to_svg())
    assert "sorted" in alarms_in(picture)["not-finite"]
    # Where no operand is known, the operation with the outputs is the first.
    known = [replace(node, value=None) for node in graph.nodes]
    assert first_unusual(known, graph.edges)[0] == "⚠ infinity first appears in sorted, by sort"
