from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.viz.geometry import Box, Fence, Placement, Strand
from autograd_np.viz.hulls import widened
from autograd_np.viz.layout import place
from autograd_np.viz.pods import MOST, Pods
from autograd_np.viz.scene import Scene, build
from autograd_np.viz.svg import arrange
from tests.viz.graphs import logistic_regression, sum_of_square
from tests.viz.models import cells, tower
from tests.viz.test_layout import ENGINES

#: An operation `f` of a, w and b, a second one `g` of its result and of `s`, and `h` that uses `s` too.
BOXES = [Box(key, 60, 40) for key in ("a", "w", "b", "f", "s", "g", "h")]
STRANDS = [
    Strand("e0", "a", "f", 50, 30, 2),
    Strand("e1", "w", "f", 50, 30, 2),
    Strand("e2", "b", "f", 80, 30, 2),
    Strand("e3", "f", "g", 50, 30, 2),
    Strand("e4", "s", "g", 50, 30, 2),
    Strand("e5", "g", "h", 50, 30, 2),
    Strand("e6", "s", "h", 50, 30, 2),
]


def seated(strands: list[Strand], fences: tuple[Fence, ...] = ()) -> dict[str, list[str]]:
    seats = Pods(BOXES, strands, fences).seats
    return {key: [strand.src for strand in found] for key, found in seats.items()}


def test_leaves_of_one_use_are_seated_and_the_first_operand_stays_above() -> None:
    assert seated(STRANDS) == {"f": ["w", "b"]}
    # Two uses are no seat, not even by one operation.
    assert seated([*STRANDS[:2], Strand("e2", "w", "f", 0, 0, 0)]) == {"f": ["a"]}
    # Where another operation comes first, every leaf sits.
    assert seated([Strand("e0", "h", "f", 0, 0, 0), *STRANDS[1:3], Strand("e9", "a", "h", 0, 0, 0)]) == {
        "f": ["w", "b"]
    }


def test_a_leaf_that_stands_outside_its_operation_s_frame_is_not_seated() -> None:
    # As the weights of a repeated module do.
    assert seated(STRANDS, (Fence("g0", "", ("f", "w"), 10),)) == {"f": ["w"]}


def test_too_many_leaves_are_left_to_the_layout() -> None:
    boxes = [Box("f", 60, 40), *(Box(f"x{i}", 60, 40) for i in range(MOST + 2))]
    strands = [Strand(f"e{i}", f"x{i}", "f", 0, 0, 0) for i in range(MOST + 2)]
    assert Pods(boxes, strands[: MOST + 1], ()).seats.keys() == {"f"}
    assert Pods(boxes, strands, ()).seats == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_sits_beside_an_operation_stands_left_of_it(engine: str) -> None:
    placement = place(BOXES, STRANDS, horizontal=False, engine=engine)
    (x, y), (wx, wy), (bx, by) = (placement.boxes[key] for key in ("f", "w", "b"))
    assert wx == bx
    assert wx < x - 60
    assert wy < y < by
    assert placement.boxes["a"][1] < y
    # The computation itself runs straight down, to the cards and not to the room around them.
    route = placement.routes["e3"]
    assert route[0][1] == pytest.approx(y + 20)
    assert abs(route[0][0] - x) < 30
    assert placement.routes["e0"][-1][1] == pytest.approx(y - 20)


def test_texts_that_are_higher_than_their_leaves_have_room() -> None:
    strands = [replace(strand, height=70) for strand in STRANDS]
    placement = place(BOXES, strands, horizontal=False, engine="built-in")
    one, other = (rectangle(placement.labels[key], 80, 70) for key in ("e1", "e2"))
    assert not meet(one, other)


def rectangle(centre: tuple[float, float], width: float, height: float) -> tuple[float, float, float, float]:
    return centre[0] - width / 2, centre[1] - height / 2, centre[0] + width / 2, centre[1] + height / 2


def meet(a: Any, b: Any) -> bool:
    return bool(a[0] + 1 < b[2] and b[0] + 1 < a[2] and a[1] + 1 < b[3] and b[1] + 1 < a[3])


def texts_of(scene: Scene, placement: Placement) -> dict[str, Any]:
    # As wide and high as what is written, without the room around it.
    return {
        wire.key: rectangle(placement.labels[wire.key], wire.label_width - 8, wire.label_height - 4)
        for wire in scene.wires
        if wire.label_width
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("graph", [sum_of_square, logistic_regression, lambda: tower(3)[0], lambda: cells(12)])
def test_texts_meet_neither_cards_nor_each_other_nor_the_frames_around_them(engine: str, graph: Any) -> None:
    scene = build(graph())
    placement, _ = arrange(scene, engine=engine, rankdir="TB")
    texts = texts_of(scene, placement)
    cards = [rectangle(placement.boxes[card.key], card.width, card.height) for card in scene.cards]
    for one, other in itertools.combinations(texts.values(), 2):
        assert not meet(one, other)
    for text, card in itertools.product(texts.values(), cards):
        assert not meet(text, card)
    homes = {card.key: card.item.frame for card in scene.cards}
    for wire in scene.wires:
        home = homes[wire.src]
        if home and home == homes[wire.dst] and wire.key in texts and home in placement.frames:
            left, _, right, _ = placement.frames[home]
            assert left <= texts[wire.key][0]
            assert texts[wire.key][2] <= right


def test_the_wire_into_a_frame_of_one_card_passes_its_title_by() -> None:
    ag.manual_seed(0)
    x = ag.randn(3, requires_grad=True)
    with ag.record():
        y = x * x
        with ag.scope("a_module_with_a_long_name"):
            y = y.exp()
        z = y.sum()
    scene = build(viz.trace(z))
    placement, _ = arrange(scene, rankdir="TB")
    (hull,) = scene.hulls
    left, *_ = placement.frames[hull.key]
    (wire,) = [wire for wire in scene.wires if wire.dst in hull.members]
    assert left + hull.width < placement.routes[wire.key][-1][0]


def test_a_frame_grows_around_its_texts_unless_something_is_in_the_way() -> None:
    boxes = [Box("a", 20, 20), Box("b", 20, 20), Box("c", 20, 20)]
    strands = [Strand("e0", "a", "b", 60, 10, 1)]
    fences = [Fence("g0", "", ("a", "b"), 30)]
    centres = {"a": (20.0, 20.0), "b": (20.0, 80.0), "c": (200.0, 50.0)}
    frames = {"g0": (5.0, 5.0, 35.0, 95.0)}
    found = Placement(220, 100, centres, {"e0": []}, {"e0": (40.0, 50.0)}, "built-in", frames=frames)
    assert widened(found, boxes, strands, fences).frames == {"g0": (2.0, 5.0, 78.0, 95.0)}
    # With less room around the text, and then not at all.
    near = widened(
        Placement(220, 100, {**centres, "c": (84.0, 50.0)}, {}, found.labels, "", frames=frames), boxes, strands, fences
    )
    assert near.frames == {"g0": (5.0, 5.0, 70.0, 95.0)}
    none = widened(
        Placement(220, 100, {**centres, "c": (78.0, 50.0)}, {}, found.labels, "", frames=frames), boxes, strands, fences
    )
    assert none.frames == frames
