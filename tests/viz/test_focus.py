from __future__ import annotations

import re

import pytest

from autograd_np import viz
from autograd_np.viz.focus import focused
from autograd_np.viz.scene import build
from autograd_np.viz.steps import walk
from tests.viz.graphs import leaf, web
from tests.viz.models import tower
from tests.viz.reading import read


def chain(length: int) -> tuple[viz.Graph, list]:
    steps = [leaf(1.0, "x")]
    for _ in range(length):
        steps.append(steps[-1].sin())
    return viz.trace(steps[-1]), steps


@pytest.mark.parametrize("radius", [0, 1, 2, 5])
def test_the_neighbourhood_of_a_tensor(radius: int) -> None:
    graph, steps = chain(40)
    part = focused(graph, steps[20], radius)
    assert part is not None
    assert sorted(part.shown) == list(range(20 - radius, 21 + radius))
    picture = read(graph.to_svg(focus=steps[20], radius=radius))
    assert sum(node["role"] != "stub" for node in picture.nodes.values()) == 2 * radius + 1
    assert sum(node["role"] == "stub" for node in picture.nodes.values()) == 2
    assert any(text == f"focus: v20, {radius} steps around; {2 * radius + 1} of 40 operations drawn, "
               "what lies outside as stubs" for text in picture.texts)  # fmt: skip


def test_names_serve_as_well_as_tensors() -> None:
    graph, steps = chain(10)
    assert focused(graph, "v4", 1) == focused(graph, steps[4], 1)
    assert focused(graph, "x", 2) == focused(graph, steps[0], 2)


def test_every_path_between_two_tensors_and_nothing_else() -> None:
    x, y = leaf(1.0, "x"), leaf(2.0, "y")
    a = x.sin()
    left, right = a * y, a.exp()
    top = left + right
    loss = top.tanh() * y
    graph = viz.trace(loss, names={"a": a, "left": left, "right": right, "top": top})
    for focus in ((a, top), (top, a)):
        part = focused(graph, focus)
        assert part is not None
        assert {graph.nodes[i].name for i in part.shown} == {"a", "left", "right", "top"}
    picture = read(graph.to_svg(focus=("a", "top")))
    stubs = [node["name"] for node in picture.nodes.values() if node["role"] == "stub"]
    assert sorted(stubs) == ["… v1", "… x", "… y"]
    with pytest.raises(ValueError, match="no path leads from x to y, nor back"):
        focused(graph, (x, y))


def test_stubs_count_what_they_stand_for() -> None:
    x = leaf(1.0, "x")
    loss = sum((x * float(i) for i in range(2, 8)), start=x.sin())
    picture = read(viz.trace(loss).to_svg(focus=x, radius=0))
    (stub,) = (node for node in picture.nodes.values() if node["role"] == "stub")
    assert stub["folded"] == "7"
    assert re.fullmatch(r"… v\d+, v\d+ and 5 more", stub["name"])
    (edge,) = picture.edges
    # The contributions of all uses: the gradient is still their sum.
    assert float(edge["contrib"]) == pytest.approx(float(picture.node("x")["grad"]))


def test_a_part_of_a_model_keeps_its_frames() -> None:
    graph, model, _ = tower(12)
    picture = read(graph.to_svg(focus=model.blocks[5].up.weight, radius=2))
    paths = {group.get("data-path") for group in picture.root.iter() if group.get("class") == "f"}
    assert "Tower.blocks.5.up" in paths
    assert not any("×" in text for text in picture.texts)


def test_the_walk_begins_where_the_gradient_enters_the_focus() -> None:
    graph, steps = chain(40)
    titles = [step.title for step in walk(build(graph, focus=steps[20], radius=1))]
    assert titles[0] == "Given"
    assert [t for t in titles if t.startswith("Backward")] == [
        "Backward through v21 = sin(v20)",
        "Backward through v20 = sin(v19)",
        "Backward through v19 = sin(v18)",
    ]


def test_large_neighbourhoods_are_folded_too() -> None:
    graph = web(2000)
    picture = read(graph.to_svg(focus="v1000", radius=400, max_nodes=50))
    assert len(picture.nodes) < 120


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"focus": "nobody"}, "there is no node named 'nobody'"),
        ({"focus": leaf(1.0)}, "the tensor is no part of this graph"),
        ({"focus": 3}, "the tensor is no part of this graph"),
        ({"focus": ("x", "v1", "v2")}, "expected one tensor or two, got 3"),
        ({"focus": "x", "radius": -1}, "expected a number of steps, got -1"),
        ({"radius": 2}, "has no meaning without focus="),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict, message: str) -> None:
    graph, _ = chain(3)
    with pytest.raises(ValueError, match=re.escape(message)):
        graph.to_svg(**options)
