"""The same script in PyTorch: its own text, run with the import lines of PyTorch in place of ours."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

#: Our modules and PyTorch's, the longest names first. What is not here has no counterpart and is imported as it stands.
PLACES = {
    "nn.utils.data": "torch.utils.data",
    "nn.functional": "torch.nn.functional",
    "nn.init": "torch.nn.init",
    "nn.optim.lr_scheduler": "torch.optim.lr_scheduler",
    "nn.optim": "torch.optim",
    "nn.utils.rnn": "torch.nn.utils.rnn",
    "nn.utils": "torch.nn.utils",
    "nn": "torch.nn",
    "autograd_np.autograd": "torch.autograd",
    "autograd_np": "torch",
}


class _Imports(ast.NodeTransformer):
    """Exchange the import lines."""

    def visit_Import(self, node: ast.Import) -> Any:
        """Exchange `import nn.functional as F` and its like."""
        found: list[ast.stmt] = []
        for alias in node.names:
            place = PLACES.get(alias.name)
            if place is None:
                found.append(ast.Import([alias]))
            elif alias.asname is None and alias.name == "nn":
                found.append(ast.ImportFrom("torch", [ast.alias("nn")], 0))
            else:
                found.append(ast.Import([ast.alias(place, alias.asname)]))
        return found

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        """Exchange `from nn import optim` and its like; what PyTorch has elsewhere is found by its full name."""
        found: list[ast.stmt] = []
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if whole in PLACES:
                package, _, name = PLACES[whole].rpartition(".")
                found.append(ast.ImportFrom(package, [ast.alias(name, alias.asname or alias.name)], 0))
            elif node.module in PLACES and not _is_module(whole):
                found.append(ast.ImportFrom(PLACES[node.module], [alias], 0))
            else:
                found.append(ast.ImportFrom(node.module, [alias], node.level))
        return found


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # what stands before the last dot is a module, not a package
        return False


def source_in_pytorch(source: str) -> str:
    r"""Return a script's text with PyTorch's import lines; nothing else changes.

    Example:
        >>> print(source_in_pytorch("import autograd_np as torch\nfrom nn import optim"))
        import torch as torch
        from torch import optim as optim
    """
    return ast.unparse(ast.fix_missing_locations(_Imports().visit(ast.parse(source))))


def in_pytorch(script: str) -> Any:
    """Return the module of this name as it is in PyTorch.

    Args:
        script: a module's dotted name; it may import `autograd_np as torch`, `nn` and parts of both.

    Raises: ImportError where PyTorch is not installed.
    """
    spec = importlib.util.find_spec(script)
    if spec is None or spec.origin is None:
        raise ImportError(f"in_pytorch: there is no module {script!r}")
    text = Path(spec.origin).read_text("utf-8")
    module = ModuleType(f"{script}_in_pytorch", f"{script} in PyTorch")
    sys.modules[module.__name__] = module  # where dataclasses and pickle look a class up
    exec(compile(source_in_pytorch(text), spec.origin, "exec"), module.__dict__)  # noqa: S102 (our own example)
    return module
