"""Every public module lists its names in `__all__`: present, once each, in order."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def public_modules() -> list[str]:
    """Return the dotted names of the modules that have no leading underscore anywhere in their path."""
    modules = []
    for package in ("autograd_np", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if not any(part.startswith("_") for part in parts):
                modules.append(".".join(parts))
    return modules


def order(name: str) -> tuple[object, ...]:
    """Return the key of the linter's order (RUF022): constants, classes, the rest; x2 before x10."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    pieces = re.findall(r"\d+|\D", name)
    return kind, [(0, int(piece), "") if piece.isdigit() else (1, ord(piece), piece) for piece in pieces]


def body(module: str) -> list[ast.stmt]:
    source = importlib.util.find_spec(module)
    assert source is not None
    assert source.origin is not None
    return ast.parse(Path(source.origin).read_text("utf-8")).body


def has_only_a_docstring(module: str) -> bool:
    return all(isinstance(statement, ast.Expr) for statement in body(module))


def written_names(module: str) -> list[str]:
    """Return the strings that stand in the module's `__all__`; lists spliced in by `*` are sorted where they stand."""
    for statement in body(module):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and ast.unparse(statement).startswith("__all__"):
            return [node.value for node in ast.walk(statement) if isinstance(node, ast.Constant)]
    return []


@pytest.mark.parametrize("module", public_modules())
def test_all_lists_the_public_names(module: str) -> None:
    imported = importlib.import_module(module)
    names = getattr(imported, "__all__", [] if has_only_a_docstring(module) else None)
    assert names is not None, f"{module} defines no __all__"
    missing = [name for name in names if not hasattr(imported, name)]
    assert not missing, f"{module}.__all__ lists what is not there: {missing}"
    assert len(set(names)) == len(names), f"{module}.__all__ lists a name twice"
    written = written_names(module)
    assert written == sorted(written, key=order), f"{module}.__all__ is not sorted"


@pytest.mark.parametrize("package", ["autograd_np", "nn"])
def test_packages_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
