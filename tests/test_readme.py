"""The README's Python blocks run in order, as one program, and show what they print."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"#\s*->\s*(?P<text>.*)$")


class Block(NamedTuple):
    """A fenced piece of Python and the number of its first line in the file."""

    source: str
    line: int


def python_blocks(text: str) -> list[Block]:
    return [Block(match[1], text.count("\n", 0, match.start(1)) + 1) for match in BLOCK.finditer(text)]


def run(block: Block, namespace: dict[str, Any], name: str = "README.md") -> None:
    """Execute a block, statement by statement; `expression  # -> text` must print text (spaces aside).

    A print call prints for itself; the value of any other expression is printed as `print` would.
    """
    lines = block.source.splitlines()
    for statement in ast.parse(block.source).body:
        shown = SHOWN.search(lines[(statement.end_lineno or statement.lineno) - 1])
        ast.increment_lineno(statement, block.line - 1)
        where = f"{name}:{statement.lineno}"
        if not isinstance(statement, ast.Expr):
            assert shown is None, f"{where}: only an expression can show a value with `# ->`"
            exec(compile(ast.Module([statement], []), name, "exec"), namespace)
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = eval(compile(ast.Expression(statement.value), name, "eval"), namespace)
            if value is not None:
                print(value)
        if shown is not None:
            assert printed.getvalue().split() == shown["text"].split(), f"{where} prints {printed.getvalue()!r}"


def test_readme_blocks_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # what the blocks write
    monkeypatch.setenv("MPLBACKEND", "Agg")
    blocks = python_blocks(README.read_text("utf-8"))
    assert blocks, "README.md has no ```python block"
    namespace: dict[str, Any] = {"__name__": "readme"}
    for block in blocks:
        run(block, namespace)


def test_a_shown_value_is_checked() -> None:
    text = "Text.\n\n```python\nx = 2\nx * 3  # -> 6\nprint([x,\n       x])  # ->  [2,  2]\n```\n"
    (block,) = python_blocks(text)
    assert block.line == 4
    run(block, {})


@pytest.mark.parametrize(
    ("source", "message"),
    [("1 + 1  # -> 3", "README.md:7 prints '2"), ("x = 1  # -> 1", "only an expression")],
)
def test_a_wrong_shown_value_is_found(source: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        run(Block(source, 7), {})
