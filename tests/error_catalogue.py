"""The catalogue of errors, read from the sources: `python -m tests.error_catalogue` writes autograd_np/ERRORS.md.

Every call of an error class, and every built-in error that is raised, is an entry: what it says up to its fix is the
cause; what varies stands in ⟨⟩. An entry without a fix of its own has that of its class.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from autograd_np import errors
from autograd_np.autograd.kinks import KINKS

__all__ = ["PAGE", "Entry", "catalogue", "entries", "general_fix"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "autograd_np" / "ERRORS.md"
OURS = [name for name in errors.__all__ if inspect.isclass(getattr(errors, name))]
BUILT_IN = {
    name
    for name, value in vars(builtins).items()
    if inspect.isclass(value) and issubclass(value, Exception) and not issubclass(value, Warning)
}
#: Raised to end an iteration or as Python's protocols ask, not to tell somebody something.
SILENT = {"StopIteration", "StopAsyncIteration"}
#: The sources by module.
TREES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text("utf-8"))
    for package in ("autograd_np", "nn")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def _own_classes() -> dict[str, str]:
    """Return the docstrings of errors that other modules define; bare Exceptions are signals that nobody sees."""
    found: dict[str, str] = {}
    known = set(OURS) | BUILT_IN - {"Exception"}
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in range(3):  # a class may stand before its base
        for node in classes:
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if node.name not in OURS and not node.name.startswith("_") and bases & (known | found.keys()):
                found[node.name] = ast.get_docstring(node) or ""
    return found


#: Errors that stand beside what raises them, with their docstrings.
ELSEWHERE = _own_classes()
#: Helpers of messages, and what they stand for.
HELPERS = {
    "aligned_shapes": "⟨the shapes, aligned⟩",
    "did_you_mean": "⟨; did you mean …?⟩",
    "operand_table": "⟨the operands⟩",
    "where": "⟨at file:line⟩",
    "described": "⟨type, shape, statistics⟩",
}


class Entry(NamedTuple):
    """One place that makes an error."""

    kind: str
    module: str
    cause: str
    fix: str


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return every error of both packages, in the order of the sources."""
    return tuple(entry for module, tree in TREES.items() for entry in _Reader(module, tree).entries())


class _Reader:
    """Reads the messages of one module; names and calls are followed within it."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.tree = tree
        self.functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        # The innermost function comes last.
        self.inside = {child: function for function in self.functions for child in ast.walk(function)}

    def entries(self) -> Iterator[Entry]:
        raised = {node.exc for node in ast.walk(self.tree) if isinstance(node, ast.Raise)}
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            name = ast.unparse(call.func).rpartition(".")[2]
            if name == "raise_shape" and self.module != "autograd_np.errors":
                yield self.shape_error(call)
            elif name in OURS or name in ELSEWHERE or (name in BUILT_IN - SILENT and call in raised):
                given = self.sources(call.args[0]) if call.args else []
                for node in given or call.args[:1]:
                    cause, _, fix = self.text(node).partition("\n  fix: ")
                    yield Entry(name, self.module, cause, fix)
                if not call.args:
                    yield Entry(name, self.module, "", "")

    def shape_error(self, call: ast.Call) -> Entry:
        names = dict(zip(("operation", "shapes", "expected", "fix"), call.args, strict=False))
        names.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
        fix = self.text(names["fix"]) if "fix" in names else ""
        cause = f"{self.text(names['operation'])}: {self.text(names['expected'])}\n{HELPERS['aligned_shapes']}"
        return Entry("ShapeError", self.module, cause, fix)

    def text(self, node: ast.AST, depth: int = 0) -> str:
        """Return a message with what varies in ⟨⟩."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(part, depth) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.text(node.left, depth) + self.text(node.right, depth)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return " / ".join(filter(None, (self.text(value, depth) for value in node.values)))
        written = [self.text(value, depth + 1) for value in self.sources(node)] if depth < 5 else []
        return " / ".join(dict.fromkeys(filter(None, written))) or _varying(node)

    def sources(self, node: ast.AST) -> list[ast.expr]:
        """Return the texts that a name was given before, or that a function of this module returns."""
        if isinstance(node, ast.Name):
            inside = list(ast.walk(self.inside[node])) if node in self.inside else []
            # A message that was raised before is another one.
            since = max((n.lineno for n in inside if isinstance(n, ast.Raise) and n.lineno < node.lineno), default=0)
            values = [
                n.value
                for n in inside
                if isinstance(n, ast.Assign)
                and since < n.lineno <= node.lineno
                and any(isinstance(t, ast.Name) and t.id == node.id for t in n.targets)
            ]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            called = [function for function in self.functions if function.name == name and name not in HELPERS]
            values = [n.value for f in called for n in ast.walk(f) if isinstance(n, ast.Return) and n.value is not None]
        elif isinstance(node, ast.IfExp):
            return [node.body, node.orelse] if _is_text(node) else []
        else:
            values = []
        # Only what is text throughout: a number or a shape is shown by its name.
        texts = [value for value in values if isinstance(value, ast.JoinedStr) or _is_text(value)]
        return texts if len(texts) == len(values) or isinstance(node, ast.Call) else []


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.IfExp):
        parts = node.values if isinstance(node, ast.BoolOp) else list(ast.iter_child_nodes(node))
        return any(_is_text(part) for part in parts)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _varying(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in HELPERS:
            return HELPERS[name]
        if ast.unparse(node.func) == "type" or name in {
            "repr",
            "str",
            "tuple",
            "len",
            "sorted",
            "list",
            "int",
            "float",
        }:
            return f"⟨{'type of ' if name == 'type' else ''}{ast.unparse(node.args[0]) if node.args else '…'}⟩"
    if isinstance(node, ast.Attribute) and node.attr == "__name__":
        return _varying(node.value)
    written = ast.unparse(node)
    return f"⟨{written}⟩" if len(written) <= 40 and "\n" not in written else "⟨…⟩"


def _doc(kind: str) -> str:
    if kind in ELSEWHERE:
        return ELSEWHERE[kind]
    return inspect.getdoc(getattr(errors, kind)) or "" if kind in OURS else ""


def general_fix(kind: str) -> str:
    """Return the fix of errors that name none of their own, from the docstring of their class."""
    found = re.search(r"^Fix: (.*?)(?:\n\n|\Z)", _doc(kind), re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else "the message names what was expected."


def _cell(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    return "<br>".join(line for line in lines if line).replace("|", "\\|")


def catalogue() -> str:
    """Return the page."""
    by_kind: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries():
        by_kind[entry.kind][entry.module].append(entry)
    lines = [
        "# Errors",
        "",
        "Every error that autograd_np and nn raise, with its cause and its fix. Written from the sources by",
        "`python -m tests.error_catalogue`; what varies stands in ⟨⟩. All of the project's own errors are",
        "`AutogradError`s, and with it `RuntimeError`s, as ported code expects.",
        "",
    ]
    kinds = [kind for kind in (*OURS, *sorted(ELSEWHERE)) if kind in by_kind]
    kinds += sorted(set(by_kind) - set(kinds))
    for kind in kinds:
        count = sum(map(len, by_kind[kind].values()))
        lines.append(f"- [{kind}](#{kind.lower()}): {_summary(kind)} ({count})")
    lines += ["- [Kinks](#kinks): what is returned where there is no derivative", ""]
    for kind in kinds:
        lines += [f"## {kind}", "", _summary(kind), ""]
        lines += [f"Where no other fix is named: {general_fix(kind)}", ""]
        for module, found in by_kind[kind].items():
            lines += [f"### {module}", "", "| message | fix |", "|---|---|"]
            rows = dict.fromkeys(f"| {_cell(e.cause) or '(no message)'} | {_cell(e.fix)} |" for e in found)
            lines += [*rows, ""]
    lines += [
        "## Kinks",
        "",
        "Inside `autograd.strict_kinks()` a gradient through one of these points raises KinkError.",
        "",
    ]
    lines += ["| operations | where | derivative | PyTorch | fix |", "|---|---|---|---|---|"]
    for kink in KINKS:
        cells = (", ".join(kink.rows), kink.at, kink.used, kink.torch or "the same", kink.fix)
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines) + "\n"


def _summary(kind: str) -> str:
    summary = _doc(kind).partition("\n")[0]
    return summary or "Python's own error, where its protocols or PyTorch's ask for it."


if __name__ == "__main__":
    PAGE.write_text(catalogue(), "utf-8")
