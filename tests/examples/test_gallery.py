"""The gallery's files are what its command draws: the same operations and gradients, whatever Graphviz placed them."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograd_np import viz
from examples.gallery import __main__ as gallery
from examples.gallery.pictures import PICTURES, Picture, pendulum
from tests.viz.reading import Picture as Read
from tests.viz.reading import read

FOLDER = gallery.GALLERY
README = (FOLDER / "README.md").read_text("utf-8")
SMALL = [name for name in PICTURES if name != "pendulum"]


def stored(name: str) -> Read:
    return read((FOLDER / f"{name}.svg").read_text("utf-8"))


def row_of(name: str) -> list[str]:
    """Return the cells of a picture's row in the table."""
    (row,) = [line for line in README.splitlines() if f'"{name}.svg"' in line]
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def assert_same(one: str | None, other: str | None, what: Any) -> None:
    """Check that two attributes say the same: numbers to single precision, as other kernels may sum otherwise."""
    try:
        pair = [[float(part) for part in (text or "").split(",")] for text in (one, other)]
    except ValueError:
        assert one == other, what
        return
    assert len(pair[0]) == len(pair[1]), what
    for a, b in zip(*pair, strict=True):
        assert math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-5), (what, one, other)


@pytest.mark.parametrize("name", SMALL)
def test_a_stored_picture_is_what_is_computed(name: str) -> None:
    picture = PICTURES[name]
    loss, names = picture.record()
    graph = viz.trace(loss, names=names)
    svg = graph.to_svg(title=picture.title, engine="built-in", **picture.options)
    old, new = stored(name), read(svg)
    assert len(new.nodes) <= 300

    def cards(found: Read) -> dict[str, dict[str, str]]:
        return {key.partition("-n")[2]: node for key, node in found.nodes.items()}

    def wires(found: Read) -> Counter[tuple[str, ...]]:
        ends = ((edge["src"], edge["dst"]) for edge in found.edges)
        ports = (edge["port"] for edge in found.edges)
        return Counter(
            (*(end.partition("-n")[2] for end in pair), port) for pair, port in zip(ends, ports, strict=True)
        )

    assert wires(old) == wires(new)
    assert cards(old).keys() == cards(new).keys()
    for key, node in cards(new).items():
        before = cards(old)[key]
        for what in ("op", "name", "role", "shape", "times", "folded"):
            assert node.get(what) == before.get(what), (what, node)
        for what in ("value", "grad", "grad-low", "grad-high", "grad-in", "grad-out"):
            assert_same(node.get(what), before.get(what), (node["name"], what))
    operations = sum(bool(node.op) for node in graph.nodes)
    assert row_of(name)[2:4] == [f"{operations:,}", str(len(new.nodes))]


def test_the_pendulum_s_stored_gradients_are_those_of_backward() -> None:
    end, names = pendulum()
    end.backward()
    old = stored("pendulum")
    for name in ("angle", "speed", "gravity", "friction"):
        assert float(old.node(name)["grad"]) == pytest.approx(names[name].grad.item(), rel=1e-6)
    assert "100,000 operations, 14 cards drawn" in old.texts
    assert row_of("pendulum")[2:4] == ["100,000", "14"] == ["100,000", str(len(old.nodes))]


def test_a_repeated_step_is_drawn_once() -> None:
    end, names = pendulum(steps=100)
    picture = read(viz.trace(end, names=names).to_svg(engine="built-in"))
    assert picture.nodes.keys() != set()
    assert {node["op"] for node in picture.nodes.values() if "op" in node} == {"sin", "mul", "add", "sub"}
    assert any("drawn once (792 operations folded)" in text for text in picture.texts)
    # One step, drawn: as many cards as of 12 500 steps.
    assert len(picture.nodes) == len(stored("pendulum").nodes)


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("lstm", "lstm ×50 drawn once (49 operations folded)"),
        ("gpt", "×12 drawn once (242 operations folded)"),
        ("gpt", "4 modules closed"),
        ("pendulum", "×12500 drawn once (99,992 operations folded)"),
    ],
)
def test_the_caption_says_what_was_folded(name: str, caption: str) -> None:
    assert any(caption in text for text in stored(name).texts)


def test_the_table_lists_every_picture_and_its_links_resolve() -> None:
    assert re.findall(r'<img src="(\w+)\.svg"', README) == list(PICTURES)
    for name, picture in PICTURES.items():
        cells = row_of(name)
        assert cells[1] == f"**{picture.title}.** {picture.text}"
        assert float(cells[4]) < 10
        assert (f"{name}.html" in cells[5]) == (picture.page is not None)
    links = {*re.findall(r"\]\(([^)]+)\)", README), *re.findall(r'src="([^"]+)"', README)}
    assert links
    for link in links:
        assert (FOLDER / link).is_file(), link
    files = {path.name for path in FOLDER.iterdir() if path.suffix in {".svg", ".html"}}
    assert files <= links, "a file that no picture owns"
    assert sum((FOLDER / file).stat().st_size for file in files) < 3_000_000


def test_the_command_writes_the_pictures_that_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (drawn,) = gallery.main(["two_layer_net", "--out", str(tmp_path)])
    assert [path.name for path in drawn.files] == ["two_layer_net.svg", "two_layer_net.html"]
    assert {path.name for path in tmp_path.iterdir()} == {"two_layer_net.svg", "two_layer_net.html"}
    assert "two_layer_net: 4 operations, 10 drawn" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        gallery.main(["mona_lisa"])
    assert "no picture is called mona_lisa; there are chain_rule" in capsys.readouterr().err


def test_the_command_writes_the_table_when_all_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "PICTURES", {"pendulum": Picture(lambda: pendulum(10), page=None)})
    monkeypatch.setattr(Picture, "title", "A pendulum")
    monkeypatch.setattr(Picture, "text", "It hangs.")
    gallery.main(["--out", str(tmp_path)])
    table = (tmp_path / "README.md").read_text("utf-8")
    assert "| **A pendulum.** It hangs. | 80 | " in table
    assert "(pendulum.svg)" in table
