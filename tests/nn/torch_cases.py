"""How the cases of tests/nn/cases are run, on either library; what PyTorch found stands beside each as JSON.

A module of `tests.nn.cases` may have four tables:

LAYERS      "Linear(4, 3)": the inputs of the layer. Text after a bar says how the layer is called, with `a`, `b`, …
            for the inputs, and `nn`: "LSTM(3, 4) | layer(a, (b, c))"; else it is called with all of them in order.
FUNCTIONS   "F.normalize(a, dim=0)": the inputs of an expression of `F`, `nn`, `ag` (autograd_np or torch), `a`, `b`, …
OPTIMIZERS  expressions of `optim.` over `groups` (or `params`), run for 20 steps, with the state after 10 of them
SCHEDULES   expressions of `optim.lr_scheduler.` (called `lr` inside them) over `optimizer`, run for 20 epochs; text
            after a bar makes another optimiser over `groups`

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
        output = _evaluated(call, layer=layer, nn=library.nn, **found_inputs.named(inplace="inplace=True" in case))
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
        output = _evaluated(call, layer=layer, nn=library.nn, **found_inputs.named(inplace="inplace=True" in case))
    found["evaluated"] = [_listed(x) for x in leaves(output)]
    return found


def run_function(case: str, inputs: Any, library: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Return the values and gradients of an expression."""
    found_inputs = Inputs(inputs, library, dtype)
    names = found_inputs.named(inplace="inplace=True" in case)
    output = _evaluated(case, F=library.nn.functional, nn=library.nn, ag=library.torch, **names)
    return {"output": _probe(output, library, dtype), **found_inputs.gradients()}


class Descent:
    """Three parameters in two groups, an optimiser, and a loss that changes from step to step."""

    def __init__(self, name: str, library: Any, dtype: Any) -> None:
        self.library, self.dtype = library, dtype
        arrays = [numbers(shape, i).astype(dtype) for i, shape in enumerate([(2, 3), (4,), ()])]
        self.params = [library.tensor(array).requires_grad_() for array in arrays]
        groups = [{"params": self.params[:2]}, {"params": self.params[2:], "lr": 0.03}]
        self.optimizer = _evaluated(f"optim.{name}", optim=library.optim, groups=groups, params=self.params)

    def run(self, *steps: int) -> None:
        """Take these steps."""
        for step in steps:
            self.optimizer.step(lambda step=step: self._loss(step))

    def _loss(self, step: int) -> float:
        total = 0.0
        for i, p in enumerate(self.params):
            values = p.detach().numpy().astype(np.float64)
            # One parameter has no gradient at times, as in a model with branches.
            if i == 1 and step in (0, 7):
                p.grad = None
            else:
                total += float((values**2 / 2 - values / 2 - 0.1 * np.cos(3 * values + step)).sum())
                p.grad = self.library.tensor((values - 0.5 + 0.3 * np.sin(3 * values + step)).astype(self.dtype))
        return total

    def values(self) -> list[Any]:
        """Return the parameters."""
        return [_listed(p) for p in self.params]

    def resume(self, saved: dict[str, Any]) -> None:
        """Take over parameters and state as they are stored."""
        for p, values in zip(self.params, saved["params"], strict=True):
            p.data = self.library.tensor(np.asarray(values, self.dtype))
        state = {int(number): _arrays(entries) for number, entries in saved["state"].items()}
        self.optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})


def _plain(value: Any) -> Any:
    """Return a state with lists in the place of tensors."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _listed(value) if hasattr(value, "detach") else value


def _arrays(value: Any) -> Any:
    """Return a state with arrays in the place of numbers and lists of them."""
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    numeric = isinstance(value, float) or (isinstance(value, list) and None not in value)
    return np.asarray(value) if numeric else value


def run_optimizer(name: str, library: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Return the parameters after 20 steps with a gradient that depends on them, and everything after 10."""
    descent = Descent(name, library, dtype)
    descent.run(*range(10))
    half = {"params": descent.values(), **_plain(descent.optimizer.state_dict())}
    descent.run(*range(10, 20))
    return {"half": half, "params": descent.values()}


def run_schedule(name: str, library: Any) -> list[Any]:
    """Return the step sizes and momenta of two groups over 20 epochs."""
    expression, _, maker = (part.strip() for part in name.partition("|"))
    params = [library.tensor(np.ones(2)).requires_grad_() for _ in range(2)]
    groups: list[dict[str, Any]] = [{"params": params[:1]}, {"params": params[1:], "lr": 0.5}]
    if "last_epoch" in expression:
        groups = [{**group, "initial_lr": 0.4} for group in groups]
    optimizer = _evaluated(f"optim.{maker or 'SGD(groups, lr=0.1)'}", optim=library.optim, groups=groups)
    schedule = _evaluated(f"lr.{expression}", lr=library.optim.lr_scheduler, optimizer=optimizer)
    found = []
    for epoch in range(20):
        of_groups = optimizer.param_groups
        found.append([float(group["lr"]) for group in of_groups])
        found[-1] += [float(group["betas"][0] if "betas" in group else group["momentum"]) for group in of_groups]
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


def as_stored(found: Any, digits: int = 12) -> Any:
    """Return findings as they come back from a file; 12 significant digits are enough for 1e-10."""
    return _rounded(json.loads(json.dumps(found, default=float)), digits)


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, list):
        return [_rounded(item, digits) for item in value]
    return {key: _rounded(item, digits) for key, item in value.items()} if isinstance(value, dict) else value


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
                    found = as_stored(run(table, name, inputs, library), 14 if table == "SCHEDULES" else 12)
                    values = json.dumps(found, separators=(",", ":"))
                    lines.append(f"{json.dumps(name)}:{values}")
            if lines:
                parts.append(f"{json.dumps(table)}:{{\n" + ",\n".join(lines) + "\n}")
        (FOLDER / f"{module}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
