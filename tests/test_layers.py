"""Imports go strictly downward, and nn uses autograd_np's public names alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import autograd_np

ROOT = Path(__file__).resolve().parents[1]

# From the bottom up: a module imports its own layer and those below, and no import runs in a circle.
# A new part is entered here.
LAYERS = (
    {"_typing"},
    {"errors"},
    {"kernels"},
    {"core"},
    {"ops"},
    {"tracing"},
    {"autograd", "func", "linalg", "serialization", "utils", "backends", "cuda"},
    {"replaying", "testing", "viz"},
    {"__init__"},
)
LAYER = {part: height for height, parts in enumerate(LAYERS) for part in parts}

# Upward imports, allowed inside a function only: (who, whom) and why.
LAZY_EXCEPTIONS = {
    ("autograd_np.core.tensor", "autograd_np.viz"): "Tensor.graph() and its notebook representation",
    ("autograd_np.core.backward", "autograd_np.testing"): "backward(check=True)",
    ("autograd_np", "nn"): "autograd_np.nn and autograd_np.optim, for `import autograd_np as torch`",
    ("autograd_np.autograd", "autograd_np.testing"): "autograd.gradcheck, PyTorch's place for it",
    ("autograd_np.utils", "nn"): "autograd_np.utils.data, likewise",
}
# Upward imports under TYPE_CHECKING: never executed, and needed to name a type of public signatures.
TYPING_EXCEPTIONS = {
    ("autograd_np._typing", "autograd_np.core"): "TensorLike names Tensor",
}

# Beyond the standard library and NumPy.
THIRD_PARTY = {
    "autograd_np.viz": {"graphviz", "pygraphviz"},
    "autograd_np.testing": {"hypothesis", "pytest"},
    "autograd_np.serialization": {"safetensors"},
    "nn.utils.data": {"sklearn", "tqdm"},
    "nn.training": {"matplotlib", "tqdm"},
}


@dataclass(frozen=True)
class Import:
    """An imported module or name: `target` is its path, `lazy` inside a function, `typing` never executed."""

    module: str
    target: str
    line: int
    lazy: bool
    typing: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for package in ("autograd_np", "nn") for path in (ROOT / package).rglob("*.py")}
TREES = {module: ast.parse(path.read_text("utf-8"), str(path)) for module, path in FILES.items()}


def read_imports(module: str, tree: ast.Module) -> Iterator[Import]:
    """Yield every import of a module, resolved to absolute dotted paths.

    `import_module("literal")` is an import too, and so is each value of a table `_LAZY`, from which a module's
    `__getattr__` imports.
    """
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, *, lazy: bool, typing: bool) -> Iterator[Import]:
        for name in _imported(node, package):
            late = lazy or isinstance(node, ast.Assign)
            yield Import(module, name, getattr(node, "lineno", 0), late, typing)
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from visit(child, lazy=inside, typing=True)
            for child in node.orelse:
                yield from visit(child, lazy=inside, typing=typing)
        else:
            for child in ast.iter_child_nodes(node):
                yield from visit(child, lazy=inside, typing=typing)

    return visit(tree, lazy=False, typing=False)


def _imported(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*above, *filter(None, [node.module])])
        return [f"{source}.{alias.name}" for alias in node.names]
    if (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"import_module", "importlib.import_module", "__import__"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return [str(node.args[0].value)]
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_LAZY":
        return list(ast.literal_eval(node.value).values())
    return []


def owner(target: str) -> str:
    """Return the module of ours that a dotted path leads to: itself, or the module whose name it is."""
    return target if target in FILES or "." not in target else owner(target.rpartition(".")[0])


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def part(module: str) -> str:
    """Return the part of autograd_np that a module belongs to, such as 'core'; '__init__' for the front."""
    return module.split(".")[1] if "." in module else "__init__"


def allowed(imported: Import, exceptions: dict[tuple[str, str], str]) -> bool:
    return any(imported.module == who and within(owner(imported.target), whom) for who, whom in exceptions)


IMPORTS = [found for module, tree in TREES.items() for found in read_imports(module, tree)]
ENGINE = [i for i in IMPORTS if within(i.module, "autograd_np") and within(i.target, "autograd_np")]


def test_every_part_has_a_layer() -> None:
    parts = {part(module) for module in FILES if within(module, "autograd_np")}
    assert parts <= LAYER.keys(), f"enter these in LAYERS: {sorted(parts - LAYER.keys())}"


def test_imports_go_downward() -> None:
    wrong = []
    for i in ENGINE:
        downward = LAYER[part(owner(i.target))] <= LAYER[part(i.module)]
        excepted = (i.lazy and allowed(i, LAZY_EXCEPTIONS)) or (i.typing and allowed(i, TYPING_EXCEPTIONS))
        if not (downward or excepted):
            wrong.append(str(i))
    assert not wrong, "upward imports:\n" + "\n".join(wrong)


def test_no_import_runs_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in FILES}
    for i in IMPORTS:
        target = owner(i.target)
        if target in FILES and target != i.module and not i.typing and not allowed(i, LAZY_EXCEPTIONS):
            graph[i.module].add(target)
    TopologicalSorter(graph).prepare()


def test_the_engine_does_not_know_nn() -> None:
    wrong = [
        str(i)
        for i in IMPORTS
        if within(i.module, "autograd_np") and within(i.target, "nn") and not (i.lazy and allowed(i, LAZY_EXCEPTIONS))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("who", "whom"), [*LAZY_EXCEPTIONS, *TYPING_EXCEPTIONS])
def test_exceptions_are_still_needed(who: str, whom: str) -> None:
    assert any(i.module == who and within(owner(i.target), whom) for i in IMPORTS)


def test_third_party_modules_stay_where_they_belong() -> None:
    wrong = []
    for i in IMPORTS:
        top = i.target.partition(".")[0]
        known = {"numpy", "autograd_np", "nn"} | sys.stdlib_module_names
        known |= {name for prefix, names in THIRD_PARTY.items() if within(i.module, prefix) for name in names}
        if top not in known and not i.typing:
            wrong.append(str(i))
    assert not wrong, "declare these in THIRD_PARTY, or do without:\n" + "\n".join(wrong)


def test_nn_uses_public_names_alone() -> None:
    wrong = [str(i) for i in IMPORTS if within(i.module, "nn") and not _is_public(i.target)]
    for module, tree in TREES.items():
        if not within(module, "nn"):
            continue
        fronts = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name == "autograd_np"
        }
        wrong += [
            f"{module}:{node.lineno} uses autograd_np.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in fronts
            and not _is_public(f"autograd_np.{node.attr}")
        ]
    assert not wrong, "not public names of autograd_np:\n" + "\n".join(wrong)


def _is_public(target: str) -> bool:
    """Tell whether each step of a dotted path is in the `__all__` of the step before, or the path is not ours."""
    if not within(target, "autograd_np"):
        return True
    value: object = autograd_np
    for name in target.split(".")[1:]:
        if name not in getattr(value, "__all__", ()):
            return False
        value = getattr(value, name)
    return True
