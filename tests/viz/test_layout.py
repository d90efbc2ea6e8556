from __future__ import annotations

import itertools
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from autograd_np.viz import layout
from autograd_np.viz.geometry import Box, Placement, Strand, offset, snapped
from autograd_np.viz.layered import layered
from autograd_np.viz.layout import LayoutError, LayoutTimeoutError, place
from autograd_np.viz.scene import build
from autograd_np.viz.svg import arrange
from tests.viz.graphs import logistic_regression, sum_of_square, web
from tests.viz.models import tower
from tests.viz.reading import assert_chain_rule, read

BOXES = [Box("a", 60, 40), Box("b", 60, 40), Box("c", 80, 50), Box("d", 60, 40)]
STRANDS = [
    Strand("e0", "a", "c", 50, 30, 2),
    Strand("e1", "b", "c", 0, 0, 0),
    Strand("e2", "c", "d", 50, 30, 2),
    Strand("e3", "c", "d", 50, 30, 2),
    Strand("e4", "a", "d", 50, 30, 2),
]


def fake_dot(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `dot` of our own, and nothing else, on PATH."""
    program = folder / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(folder))


def without_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def assert_sound(placement: Placement, boxes: list[Box], strands: list[Strand], *, horizontal: bool) -> None:
    """Check that boxes are disjoint and that every wire begins and ends at the boxes it belongs to."""
    sizes = {box.key: box for box in boxes}
    for one, other in itertools.combinations(boxes, 2):
        (x0, y0), (x1, y1) = placement.boxes[one.key], placement.boxes[other.key]
        apart = abs(x0 - x1) >= (one.width + other.width) / 2 or abs(y0 - y1) >= (one.height + other.height) / 2
        assert apart, (one, other)
    for strand in strands:
        route = placement.routes[strand.key]
        assert len(route) % 3 == 1
        for end, key in ((route[0], strand.src), (route[-1], strand.dst)):
            (x, y), box = placement.boxes[key], sizes[key]
            dx, dy = abs(end[0] - x) - box.width / 2, abs(end[1] - y) - box.height / 2
            assert max(dx, dy) < 2, (strand, end)
            assert min(abs(dx), abs(dy)) < 2, (strand, end)
        (x0, y0), (x1, y1) = placement.boxes[strand.src], placement.boxes[strand.dst]
        # Against the flow runs nothing; from top to bottom a leaf may stand beside what uses it.
        assert x0 < x1 if horizontal else y0 < y1 or x0 + sizes[strand.src].width / 2 < x1 - sizes[strand.dst].width / 2
        if strand.width:
            assert strand.key in placement.labels


#: The engines of this machine; the built-in one is everywhere.
ENGINES = ["built-in", *["dot"] * bool(shutil.which("dot")), *["pygraphviz"] * layout.has_pygraphviz()]


@pytest.mark.parametrize("horizontal", [True, False])
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_place_boxes_apart_and_wires_at_their_boxes(engine: str, horizontal: bool) -> None:
    placement = place(BOXES, STRANDS, horizontal=horizontal, engine=engine)
    assert placement.engine == engine
    assert placement.remarks == ()
    assert_sound(placement, BOXES, STRANDS, horizontal=horizontal)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_real_graphs_are_placed_soundly(engine: str, rankdir: str) -> None:
    for graph in (sum_of_square(), logistic_regression(), web(40)):
        scene = build(graph)
        placement, horizontal = arrange(scene, rankdir=rankdir, engine=engine)
        assert placement.engine == engine
        boxes = [Box(card.key, card.width, card.height) for card in scene.cards]
        strands = [Strand(w.key, w.src, w.dst, w.label_width, w.label_height, 1) for w in scene.wires]
        assert_sound(placement, boxes, strands, horizontal=horizontal)
        texts = {s.key: s for s in strands if s.width}
        for one, other in itertools.combinations(texts, 2):
            (x0, y0), (x1, y1) = placement.labels[one], placement.labels[other]
            wide, high = (texts[one].width + texts[other].width) / 2, (texts[one].height + texts[other].height) / 2
            assert abs(x0 - x1) > wide - 8 or abs(y0 - y1) > high - 8, (one, other)


def test_a_dot_that_sleeps_is_stopped_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = shutil.which("sleep")
    fake_dot(tmp_path, f"{sleep} 600 & wait", monkeypatch)
    start = time.perf_counter()
    placement = place(BOXES, STRANDS, horizontal=True, timeout=0.3)
    assert time.perf_counter() - start < 5
    assert placement.engine == "built-in"
    assert placement.remarks == ("dot took more than 0.3 s",)
    svg = sum_of_square().to_svg(timeout=0.3)
    assert_chain_rule(read(svg))
    # A page of many pictures waits once, not once for each.
    start = time.perf_counter()
    page = tower(12)[0].to_html(timeout=0.3)
    assert time.perf_counter() - start < 5
    assert page.count('class="agp"') > 10


@pytest.mark.parametrize(
    ("script", "remark"),
    [
        ("cat > /dev/null; echo 'Error: bad' >&2; exit 3", "dot failed with code 3: Error: bad"),
        ("cat > /dev/null; echo '{'", "dot gave no layout (JSONDecodeError)"),
        ('cat > /dev/null; echo \'{"bb": "0,0,9,9", "objects": []}\'', "dot lost part of the graph"),
    ],
)
def test_a_dot_that_fails_is_replaced(
    script: str, remark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ":".join(str(Path(found).parent) for name in ("cat", "sh") if (found := shutil.which(name)))
    fake_dot(tmp_path, f"PATH={path}\n{script}", monkeypatch)
    without_pygraphviz(monkeypatch)
    placement = place(BOXES, STRANDS, horizontal=True)
    assert placement.engine == "built-in"
    assert any(remark in found for found in placement.remarks)


def test_a_dot_that_cannot_start_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/nonexistent/interpreter\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    without_pygraphviz(monkeypatch)
    placement = place(BOXES, STRANDS, horizontal=True)
    assert placement.engine == "built-in"
    assert "could not be started" in placement.remarks[0]


def test_without_any_graphviz_a_picture_still_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    without_pygraphviz(monkeypatch)
    graph = logistic_regression()
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert_chain_rule(read(bundle["image/svg+xml"]))
    placement, _ = arrange(build(graph))
    assert placement.engine == "built-in"
    assert placement.remarks == ("dot not on PATH; pygraphviz not installed",)


class Blocked:
    """An import system in which looking for pygraphviz itself fails."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "pygraphviz":
            raise ImportError(name)


def test_an_import_system_that_refuses_pygraphviz_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Blocked(), *sys.meta_path])
    assert not layout.has_pygraphviz()


def test_pygraphviz_is_stopped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(layout, "has_pygraphviz", lambda: True)
    monkeypatch.setattr(layout, "_CHILD", "import time; time.sleep(600)")
    placement = place(BOXES, STRANDS, horizontal=False, timeout=0.3)
    assert placement.engine == "built-in"
    assert placement.remarks == ("dot not on PATH; pygraphviz took more than 0.3 s",)


def test_a_child_that_is_gone_already_can_be_stopped() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as child:
        child.wait()
        layout._stop(child)
    with pytest.raises(LayoutTimeoutError, match="took more than"):
        layout._run([sys.executable, "-c", "import time; time.sleep(600)"], "", 0.2)
    with pytest.raises(LayoutError, match="could not be started"):
        layout._run(["/nonexistent/program"], "", 1)


def test_edges_are_matched_by_id_not_by_order() -> None:
    def edge(key: str, y: int) -> dict[str, str]:
        return {"id": key, "pos": f"0,{y} 1,{y} 2,{y} 3,{y}", "lp": f"1,{y}"}

    data = {
        "bb": "0,0,10,20",
        "objects": [{"name": "a", "pos": "0,5"}, {"name": "b", "pos": "9,5"}, {"name": "cluster"}],
        "edges": [edge("e1", 15), edge("e0", 4)],
    }
    boxes = [Box("a", 1, 1), Box("b", 1, 1)]
    strands = [Strand("e0", "a", "b", 1, 1, 1), Strand("e1", "a", "b", 1, 1, 1)]
    import json

    placement = layout._read(json.dumps(data).encode(), "dot", boxes, strands, horizontal=True)
    assert placement.routes["e0"][0] == (0.0, 16.0)
    assert placement.routes["e1"][0] == (0.0, 5.0)
    data["edges"][0]["pos"] = "0,0 9,9"  # type: ignore[index]
    straightened = layout._read(json.dumps(data).encode(), "dot", boxes, strands, horizontal=True)
    assert len(straightened.routes["e1"]) == 4


def test_the_built_in_layout_takes_any_graph() -> None:
    nothing = layered([], [], horizontal=True)
    assert (nothing.width, nothing.height, nothing.boxes) == (0.0, 0.0, {})
    alone = place([Box("a", 10, 10)], [], horizontal=True, engine="built-in")
    assert alone.boxes["a"] == (5.0, 5.0)


def test_the_built_in_layout_is_fast_on_thousands_of_boxes() -> None:
    boxes = [Box(f"n{i}", 60, 40) for i in range(4000)]
    strands = [Strand(f"e{i}", f"n{i // 2}", f"n{i}", 0, 0, 0) for i in range(2, 4000)]
    # One long wire passes every rank of a deep chain: too many bends, so it runs straight.
    boxes += [Box(f"c{i}", 60, 40) for i in range(3000)]
    strands += [Strand(f"d{i}", f"c{i - 1}", f"c{i}", 0, 0, 0) for i in range(1, 3000)]
    strands += [Strand(f"l{i}", f"c{i}", "c2999", 0, 0, 0) for i in range(20)]
    start = time.process_time()
    placement = place(boxes, strands, horizontal=False, engine="built-in")
    assert time.process_time() - start < 10
    assert len(placement.routes["l0"]) == 4


def test_curves_beside_a_point_and_ends_on_sides() -> None:
    assert offset([(1.0, 1.0)] * 4, 2.0)[0] == (1.0, 3.0)
    box, centre = Box("n", 10, 10), (0.0, 0.0)
    down = [(0.0, -20.0), (0.0, -15.0), (0.0, -10.0), (1.0, -6.0)]
    assert snapped(down, (0.0, -5.0), centre, box)[-1] == (1.25, -5.0)
    level = [(-20.0, -6.0), (-15.0, -6.0), (-10.0, -6.0), (-1.0, -6.0)]
    assert snapped(level, (0.0, -5.0), centre, box)[-1] == (-1.0, -5.0)
    upright = [(-5.0, -20.0), (-5.0, -15.0), (-5.0, -10.0), (-6.0, 0.0)]
    assert snapped(upright, (-5.0, 0.0), centre, box)[-1] == (-5.0, 0.0)
