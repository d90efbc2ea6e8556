"""How the cases of tests/nn/cases are run, on either library; what PyTorch found stands beside each as JSON.

A module of `tests.nn.cases` may have four tables:

LAYERS      "Linear(4, 3)": the inputs of the layer. Text after a bar says how the layer is called, with `a`, `b`, …
            for the inputs: "LSTM(3, 4) | layer(a, (b, c))"; else it is called with all of them in order.
FUNCTIONS   "F.normalize(a, dim=0)": the inputs of an expression of `F`, `nn`, `ag` (autograd_np or torch), `a`, `b`, …
OPTIMIZERS  expressions of `optim.` over `groups`, run for 20 steps
SCHEDULES   expressions of `optim.lr_scheduler.` over `optimizer`, run for 20 epochs

An input is a shape, or ("classes", shape, K), ("probabilities", shape), ("signs", shape), ("mask", shape) or
("values", nested list).

`python -m tests.nn.torch_cases [module ...]` writes the JSON files anew where PyTorch is installed.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

FOLDER = Path(__file__).with_name("cases")
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
TABLES = ("LAYERS", "FUNCTIONS", "OPTIMIZERS", "SCHEDULES")
NAMES = "abcdefgh"


def cases(table: str) -> dict[tuple[str, str], Any]:
    """Return (module, case) -> inputs, over all modules."""
    found: dict[tuple[str, str], Any] = {}
    for name in MODULES:
        entries = getattr(importlib.import_module(f"tests.nn.cases.{name}"), table, {})
        found.update({(name, entry): entries[entry] if isinstance(entries, dict) else None for entry in entries})
    return found


def stored(module: str) -> dict[str, Any]:
    """Return PyTorch's findings for a module's cases: table -> case -> values."""
    found: dict[str, Any] = json.loads((FOLDER / f"{module}.json").read_text("utf-8"))
    return found


def numbers(shape: Any, start: float = 0.0) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return irregular numbers within ±2 that every machine computes alike."""
    count = int(np.prod(shape))
    return (2 * np.sin(1.7 * np.arange(count) + start)).reshape(shape)


def given(spec: Any, start: float) -> np.ndarray[Any, Any]:
    """Return the input that a specification means."""
    match spec:
        case ("classes", shape, count):
            return (np.arange(int(np.prod(shape))) * 7 % 5 % count).reshape(shape)
        case ("probabilities", shape):
            values = np.abs(numbers(shape, start)) + 0.1
            return values / values.sum(-1, keepdims=True)
        case ("signs", shape):
            return np.sign(numbers(shape, start))
        case ("mask", shape):
            return numbers(shape, start) > 0
        case ("values", values):
            return np.asarray(values)
    return numbers(spec, start)


def leaves(tree: Any) -> Iterator[Any]:
    """Yield the tensors of nested sequences, mappings and named tuples."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        for item in tree:
            yield from leaves(item)
    elif tree is not None:
        yield tree


def _floating(value: Any) -> bool:
    return bool(np.issubdtype(value.detach().numpy().dtype, np.floating))


def _evaluated(expression: str, **names: Any) -> Any:
    return eval(expression, names)  # noqa: S307 (the expressions stand in tests/nn/cases)


class Inputs:
    """Tensors of one library made from specifications; each of floating type asks for its gradient."""

    def __init__(self, specs: Any, library: Any, dtype: Any) -> None:
        arrays = [given(spec, 0.1 + i) for i, spec in enumerate(specs)]
        cast = [a.astype(dtype) if np.issubdtype(a.dtype, np.floating) else a for a in arrays]
        self.tensors = [library.tensor(a) for a in cast]
        for x in filter(_floating, self.tensors):
            x.requires_grad_()

    def named(self, *, inplace: bool = False) -> dict[str, Any]:
        """Return the tensors as a, b, …; a layer that writes in place must not be handed a leaf."""
        first = [self.tensors[0] * 1 if inplace else self.tensors[0]] if self.tensors else []
        return dict(zip(NAMES, first + self.tensors[1:], strict=False))

    def gradients(self) -> dict[str, Any]:
        """Return 'a.grad', …; None where nothing arrived."""
        named = zip(NAMES, self.tensors, strict=False)
        return {f"{name}.grad": _listed(x.grad) for name, x in named if _floating(x)}


def _listed(x: Any) -> Any:
    return None if x is None else x.detach().numpy().tolist()


def _probe(output: Any, library: Any, dtype: Any) -> list[Any]:
    """Differentiate a weighted sum of every floating output, and return the outputs' values."""
    outputs = list(leaves(output))
    parts = [
        (x * library.tensor(numbers(tuple(x.shape), 0.3 + i).astype(dtype))).sum()
        for i, x in enumerate(outputs)
        if _floating(x) and x.requires_grad
    ]
    if parts:
        sum(parts[1:], parts[0]).backward()
    return [_listed(x) for x in outputs]


def run_layer(case: str, inputs: Any, library: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Return what a layer gives: values, gradients, buffers, names and its printed form."""
    expression, _, call = (part.strip() for part in case.partition("|"))
    layer = _evaluated(f"nn.{expression}", nn=library.nn)
    layer = layer.double() if dtype is np.float64 else layer.float()
    text = repr(layer)
    found_inputs = Inputs(inputs, library, dtype)
    call = call or f"layer({', '.join(NAMES[: len(found_inputs.tensors)])})"
    for i, parameter in enumerate(layer.parameters()):
        parameter.data = library.tensor((numbers(tuple(parameter.shape), 0.5 + i) / 2).astype(dtype))
    # Twice, so that running statistics depend on their previous values.
    for _ in range(2 if any(True for _ in layer.buffers()) else 1):
        output = _evaluated(call, layer=layer, **found_inputs.named(inplace="inplace=True" in case))
    found: dict[str, Any] = {
        "repr": text,
        "state": {key: list(value.shape) for key, value in layer.state_dict().items()},
        "output": _probe(output, library, dtype),
        **found_inputs.gradients(),
        "buffers": {key: _listed(value) for key, value in layer.named_buffers()},
    }
    found.update({f"{key}.grad": _listed(p.grad) for key, p in layer.named_parameters()})
    layer.eval()
    with library.no_grad():
        output = _evaluated(call, layer=layer, **found_inputs.named(inplace="inplace=True" in case))
    found["evaluated"] = [_listed(x) for x in leaves(output)]
    return found


def run_function(case: str, inputs: Any, library: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Return the values and gradients of an expression."""
    found_inputs = Inputs(inputs, library, dtype)
    names = found_inputs.named(inplace="inplace=True" in case)
    output = _evaluated(case, F=library.nn.functional, nn=library.nn, ag=library.torch, **names)
    return {"output": _probe(output, library, dtype), **found_inputs.gradients()}


def run_optimizer(name: str, library: Any, dtype: Any = np.float64) -> list[Any]:
    """Return the parameters after 20 steps with a gradient that depends on them."""
    params = [
        library.tensor(numbers(shape, i).astype(dtype)).requires_grad_() for i, shape in enumerate([(2, 3), (4,), ()])
    ]
    groups = [{"params": params[:2]}, {"params": params[2:], "lr": 0.03}]
    optimizer = _evaluated(f"optim.{name}", optim=library.optim, groups=groups)
    for step in range(20):
        for i, p in enumerate(params):
            values = p.detach().numpy()
            # One parameter has no gradient at times, as in a model with branches.
            if i == 1 and step in (0, 7):
                p.grad = None
            else:
                p.grad = library.tensor(np.asarray(values - 0.5 + 0.3 * np.sin(3 * values + step), dtype))
        optimizer.step()
    return [_listed(p) for p in params]


def run_schedule(name: str, library: Any) -> list[Any]:
    """Return the step sizes of two groups over 20 epochs."""
    params = [library.tensor(np.ones(2)).requires_grad_() for _ in range(2)]
    optimizer = library.optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], lr=0.1)
    schedule = _evaluated(f"optim.lr_scheduler.{name}", optim=library.optim, optimizer=optimizer)
    found = []
    for epoch in range(20):
        found.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        # A plateau: the measure stops falling after the third epoch.
        schedule.step(*([max(1.0, 4.0 - epoch)] if "Plateau" in name else []))
    return found


def run(table: str, case: str, inputs: Any, library: Any) -> Any:
    """Return what a library gives for one case of a table."""
    match table:
        case "LAYERS":
            return run_layer(case, inputs, library)
        case "FUNCTIONS":
            return run_function(case, inputs, library)
        case "OPTIMIZERS":
            return run_optimizer(case, library)
    return run_schedule(case, library)


def as_stored(found: Any) -> Any:
    """Return findings as they come back from a file, with 12 significant digits, which is enough for 1e-10."""
    return _rounded(json.loads(json.dumps(found, default=float)))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


def main() -> None:
    """Write the values of the installed PyTorch, a line per case."""
    import warnings

    import torch

    warnings.simplefilter("ignore")
    library = SimpleNamespace(torch=torch, nn=torch.nn, optim=torch.optim, tensor=torch.tensor, no_grad=torch.no_grad)
    for module in sys.argv[1:] or MODULES:
        parts = []
        for table in TABLES:
            lines = []
            for (owner, name), inputs in cases(table).items():
                if owner == module:
                    values = json.dumps(as_stored(run(table, name, inputs, library)), separators=(",", ":"))
                    lines.append(f"{json.dumps(name)}:{values}")
            if lines:
                parts.append(f"{json.dumps(table)}:{{\n" + ",\n".join(lines) + "\n}")
        (FOLDER / f"{module}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
