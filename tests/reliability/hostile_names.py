"""Hostile names: whatever variables, modules and titles are called, DOT, SVG, pages and TeX keep their structure"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import autograd_np as ag
from autograd_np import viz
from autograd_np.errors import AutogradError
from tests.reliability import fuzzing
from tests.reliability.rows import Row, stopwatch

__all__ = ["FORMATS", "rows"]

PIECES = (
    *('"', "'", "<", ">", "&", "\\", "\\N", '\\"', "\\\\", "\n", "\r", "\t", "\0", "\x1b", "\x7f", "\ud800", "\ufffe"),
    *("\u202e", "\u2028", "]]>", "-->", "<!--", "</style><script>alert(1)</script>", "<script>", "</script>", "</svg>"),
    *(
        "javascript:alert(1)",
        ' onload="alert(1)" ',
        "<image href='http://x/'/>",
        "&lt;",
        "&#60;",
        "&#0;",
        "&x;",
        "@-n0",
    ),
    *(
        "<?xml?>",
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
        "<![CDATA[",
        "{",
        "}",
        "|",
        "->",
        ";",
        "[",
        "]",
    ),
    *(
        "[label=x]",
        "<TABLE>",
        "</TD>",
        "<B>",
        "subgraph cluster_x {",
        "n0",
        ":p0",
        "=",
        ",",
        "//",
        "/*",
        "#include <x>",
    ),
    *(
        "%s",
        "{0}",
        "${x}",
        "`x`",
        "$(x)",
        "$",
        "$$",
        "\\input{/etc/passwd}",
        "\\write18{x}",
        "\\end{document}",
        "%",
        "~",
    ),
    *(
        "^",
        "_",
        "#",
        "\u03c3",
        "\U0001f600",
        "e\u0301",
        "\u0627",
        "x" * 300,
        "a.b.c",
        "..",
        "/etc/passwd",
        "url(http://x)",
    ),
)


class Texts(NamedTuple):
    """Everything in a drawing that a user, or a file that was loaded, gives a name to."""

    leaf: str
    parameter: str
    module: str
    title: str


def _hostile(rng: random.Random) -> Texts:
    def text() -> str:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 4)))

    # A path of modules is split at its dots.
    return Texts("l" + text(), "p" + text(), "m" + text().replace(".", ""), "t" + text())


def _graph(texts: Texts) -> Any:
    x, w = ag.tensor(1.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    with ag.record(), ag.scope(texts.module):
        y = x * w
    return viz.trace(y, names={texts.leaf: x}, params={texts.parameter: w})


#: Names that are none of the above, short and long: what a drawing of them consists of is what it may consist of.
PLAIN = [Texts("lx", "pw", "mod", "title"), *(Texts(*(c * 400 for c in "lpmt")) for _ in range(1))]
PLAIN.append(Texts(*(f"{c} {'word ' * 40}" for c in "lpmt")))


@cache
def _plain(form: Callable[[Texts], Any]) -> list[Any]:
    return [form(texts) for texts in PLAIN]


def _known(form: Callable[[Texts], set[Any]]) -> set[Any]:
    return set().union(*_plain(form))


# --- SVG --------------------------------------------------------------------------------------------------------------


def _svg(texts: Texts) -> set[Any]:
    """Return the elements with their attributes, references, and the style sheet."""
    root = ET.fromstring(_graph(texts).to_svg(title=texts.title, engine="built-in"))  # noqa: S314 - is it harmless?
    found: set[Any] = set()
    for element in root.iter():
        found |= {(element.tag, name) for name in element.attrib}
        found |= {(name, value) for name, value in element.attrib.items() if "href" in name and value[:1] != "#"}
        if element.tag.endswith("style"):
            found.add(re.sub(r"[0-9.]+", "0", element.text or ""))
    return found


def _same_elements(form: Callable[[Texts], set[Any]]) -> Callable[[Texts, Path], None]:
    def read(texts: Texts, _: Path) -> None:
        new = form(texts) - _known(form)
        assert not new, str(new)[:300]

    return read


# --- the page ---------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Elements with their attributes, and how many scripts and styles there are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: set[Any] = set()
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += tag in {"script", "style"}
        self.found |= {(tag, name) for name, _ in attrs} | {tag}

    def handle_comment(self, data: str) -> None:
        self.found.add("a comment")

    def handle_decl(self, decl: str) -> None:
        self.found.add(decl)


def _html(texts: Texts) -> set[Any]:
    page = _Page()
    page.feed(_graph(texts).to_html(title=texts.title, engine="built-in"))
    page.close()
    return {*page.found, f"{page.count} scripts and styles"}


# --- DOT --------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r'\s+|(?P<text>"(?:\\.|[^"\\])*")|(?P<html><)|(?P<id>[\w.\-]+(?<!-))|(?P<sign>->|[{}\[\];,=:])', re.DOTALL
)


def _skeleton(source: str) -> tuple[str, set[str]]:
    """Return DOT text with an i for each name, and the elements of its tables."""
    skeleton, tags, place = [], set(), 0
    while place < len(source):
        match = TOKEN.match(source, place)
        assert match is not None, f"no DOT at {source[place : place + 40]!r}"
        place = match.end()
        if match["html"]:
            depth = 1
            while depth:
                depth += {"<": 1, ">": -1}.get(source[place], 0)
                place += 1
            table = ET.fromstring(f"<all>{source[match.end() : place - 1]}</all>")  # noqa: S314 - is it harmless?
            tags |= {element.tag for element in table.iter()} | {name for e in table.iter() for name in e.attrib}
            skeleton.append("i")
        else:
            skeleton.append("i" if match["text"] or match["id"] else match["sign"] or "")
    return "".join(skeleton), tags


def _dot_source(texts: Texts) -> str:
    source: str = _graph(texts).to_dot(title=texts.title).source
    return source


def _dot(texts: Texts) -> set[Any]:
    skeleton, tags = _skeleton(_dot_source(texts))
    return {skeleton, *tags}


# --- TeX and JSON -----------------------------------------------------------------------------------------------------

#: What the letters that mean something to TeX are written as.
ESCAPES = {"\\textbackslash", "\\textasciitilde", "\\textasciicircum", "\\textless", "\\textgreater", "\\textbar"}


def _tex(texts: Texts) -> set[Any]:
    text = _graph(texts).to_tex(title=texts.title)
    return set(re.findall(r"\\[A-Za-z]+|(?<!\\)%|\\(?:begin|end|input)\{[^}]*\}", text)) - ESCAPES


def _json(texts: Texts, _: Path) -> None:
    graph = _graph(texts)
    graph.to_json().encode("utf-8")
    data = json.loads(graph.to_json())
    assert data["nodes"][0].keys() == _plain_json().keys()
    graph.to_text().encode("utf-8")


@cache
def _plain_json() -> Any:
    return json.loads(_graph(PLAIN[0]).to_json())["nodes"][0]


ERRORS = (AutogradError,)
FORMATS = {
    "SVG": fuzzing.Format(_hostile, _same_elements(_svg), ERRORS, PLAIN),
    "DOT": fuzzing.Format(_hostile, _same_elements(_dot), ERRORS, PLAIN),
    "HTML": fuzzing.Format(_hostile, _same_elements(_html), ERRORS, PLAIN),
    "TeX": fuzzing.Format(_hostile, _same_elements(_tex), ERRORS, PLAIN),
    "JSON": fuzzing.Format(_hostile, _json, ERRORS, PLAIN),
}
COUNTS = {"HTML": 20_000, "TeX": 20_000, "JSON": 20_000}


def _by_graphviz(count: int) -> None:
    """Let Graphviz itself read DOT text, and count what it found."""
    program = shutil.which("dot")
    assert program is not None

    def counted(texts: Texts) -> tuple[int, int]:
        command = [program, "-Tjson"]
        done = subprocess.run(command, input=_dot_source(texts).encode(), capture_output=True, check=True)  # noqa: S603
        data = json.loads(done.stdout)
        return len(data["objects"]), len(data["edges"])

    plain = counted(PLAIN[0])
    for number in range(count):
        rng = random.Random(f"dot {number}")  # noqa: S311 - to be the same in every run
        assert counted(_hostile(rng)) == plain, number


def rows(full: bool) -> Iterator[Row]:
    """Draw graphs with 100 000 hostile sets of names in each form, or a few."""
    for name in FORMATS:
        count = COUNTS.get(name, 100_000) if full else 25
        with stopwatch() as seconds:
            outcomes = fuzzing.run(__name__, name, count)
        told = f"{sum(outcomes.values()):,}: {', '.join(f'{n:,} {what}' for what, n in sorted(outcomes.items()))}"
        yield Row(f"hostile names in {name}", told, "nothing", seconds())
    if shutil.which("dot"):
        with stopwatch() as seconds:
            count = 2000 if full else 5
            _by_graphviz(count)
            yield Row("DOT with hostile names, read by Graphviz", f"{count:,}", "nothing", seconds())
