from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from autograd_np import viz
from autograd_np.viz.scene import build
from autograd_np.viz.steps import walk
from tests.viz.graphs import leaf, logistic_regression, recurrent, sum_of_square, web
from tests.viz.models import tower

HOSTILE = "</script><script>alert(1)</script>"


def steps_of(page: str) -> list[list[Any]]:
    (data,) = re.findall(r'class="agp-data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data)["steps"]  # type: ignore[no-any-return]


def test_the_walk_goes_forward_then_backward_with_every_number() -> None:
    steps = walk(build(sum_of_square()))
    assert [step.kind for step in steps] == ["start"] + ["forward"] * 3 + ["seed"] + ["backward"] * 3
    assert steps[0].lines == ("x: 2", "y: 3")
    assert steps[1].lines == ("u = x·y", "u = 2·3 = 6")
    assert steps[3].lines == ("L = v²", "L = 8² = 64")
    assert steps[4].title == "Backward begins at L"
    assert [step.title for step in steps[5:]] == [
        "Backward through L = v²",
        "Backward through v = u + x",
        "Backward through u = x·y",
    ]
    x = "n0"
    assert [step.gradients[x] for step in steps if x in step.gradients] == ["grad 16 + …", "grad 48 + 16 = 64"]
    last = "\n".join(steps[-1].lines)
    for text in ("upstream u\u0304 = 16", "∂u/∂x = y = 3", "x\u0304 += 16·3 = 48", "x\u0304 = 48 + 16 = 64"):
        assert text in last


def test_sums_with_many_terms_count_them() -> None:
    x = leaf(1.5, "x")
    y = x * x + x * x + x * x
    sums = [step.gradients["n0"] for step in walk(build(viz.trace(y))) if "n0" in step.gradients]
    assert sums[-1] == "grad 1.5 + 1.5 + 1.5 + 3 more = 9"
    assert "grad 1.5 + 1.5 + …" in sums
    big = leaf([-11.25, 22.5, -33.75], "big")
    steps = walk(build(viz.trace((big * big).sum() + (big * 11.125).sum())))
    assert any("‖·‖" in text for step in steps for text in step.gradients.values())


def test_what_a_module_receives_is_a_sum_like_any_other() -> None:
    steps = walk(build(tower(3)[0], depth=1))
    lines = [line for step in steps if step.kind == "backward" for line in step.lines]
    assert any(re.fullmatch(r"v\u030414 = ‖·‖ [\d.]+", line) for line in lines)
    assert not any(" in ‖" in line for line in lines)


def test_the_page_says_what_a_click_does() -> None:
    pages = [graph.to_html(engine="built-in") for graph in (sum_of_square(), tower(3)[0], tower(12)[0])]
    assert ["Click a module" in page for page in pages] == [False, True, True]
    assert ["draw that many repeats" in page for page in pages] == [False, False, True]


def test_structure_is_walked_where_no_gradient_was_computed() -> None:
    steps = walk(build(viz.trace(leaf([1.0, 2.0], "x") * 2.0)))
    assert [step.kind for step in steps] == ["start", "forward"]
    many = viz.trace(sum((leaf(float(i), f"x{i}") for i in range(20)), start=leaf(0.0, "z")))
    assert "… and 9 more" in walk(build(many))[0].lines


@pytest.mark.parametrize("graph", [recurrent(200), web(2000)], ids=["repeats", "middle"])
def test_folded_parts_are_single_steps(graph: viz.Graph) -> None:
    scene = build(graph, max_nodes=30)
    steps = walk(scene)
    assert len(steps) <= 2 * len(scene.cards) + 2
    assert any("operations …" in step.title or "one of 200 alike" in step.title for step in steps)


class Links(HTMLParser):
    """Collects what a page would fetch, and its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts: list[str | None] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.fetched += [value for key in ("src", "href") if (value := values.get(key)) is not None]
        if tag == "script":
            self.scripts.append(values.get("type"))
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""


def test_the_page_is_alone_and_says_so() -> None:
    page = sum_of_square().to_html()
    links = Links()
    links.feed(page)
    assert links.fetched == ["data:,"]
    assert links.scripts == ["application/json", None]
    assert links.policy.startswith("default-src 'none'")
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}


def test_hostile_names_do_not_leave_their_place() -> None:
    x = leaf(2.0, HOSTILE)
    page = viz.trace(x * x, names={"</title><b>": x}).to_html(title=HOSTILE)
    links = Links()
    links.feed(page)
    assert links.scripts == ["application/json", None]
    page = viz.trace(x * x).to_html()
    assert any(HOSTILE[:20] in line for line in steps_of(page)[0][4])
    assert page.count("<script") == 2


def test_themes_and_fragments() -> None:
    graph = logistic_regression()
    assert "prefers-color-scheme" not in graph.to_html(theme="dark")
    fragment = graph.to_html(fragment=True)
    assert fragment.startswith('<div class="agps">')
    assert "<html" not in fragment
    with pytest.raises(ValueError, match="theme: expected"):
        graph.to_html(theme="pink")
