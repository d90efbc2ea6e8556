"""What every system under examples/ shares: its setting, its rows of the table, and the same run in PyTorch.

A script defines `run(setting) -> list[Row]` and ends with `if __name__ == "__main__": main(run)`.
`python -m examples.systems` runs them all.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as ag
from examples import digits
from examples.pytorch_twin import in_pytorch

SEED = 7


class Setting(NamedTuple):
    """How large a run is.

    `full`: the source's size, beside PyTorch where it is installed; else small enough for CI.
    `out`: the folder for pictures.
    """

    full: bool = False
    out: Path = Path("out/systems")

    def choose(self, small: Any, full: Any) -> Any:
        """Return the second in the full setting, else the first."""
        return full if self.full else small

    def picture(self, name: str) -> Path:
        """Return the path of a picture, in a folder that exists."""
        self.out.mkdir(parents=True, exist_ok=True)
        return self.out / name


class Row(NamedTuple):
    """A line of the table: what was measured, on what, here, in PyTorch (or ''), and in the source (or '').

    `holds` says whether our figure is what this setting should reach; the runner fails where it is not.
    """

    system: str
    measure: str
    ours: str
    holds: bool
    data: str = "made-up"
    torch: str = ""
    source: str = ""


class Figures(NamedTuple):
    """What a training run gave here, and in PyTorch from the same weights and batches (None where it did not run)."""

    ours: Any
    torch: Any


def agreement(system: str, ours: list[float], theirs: list[float] | None) -> list[Row]:
    """Return the row that compares the losses of the first 20 steps with PyTorch's; none where it did not run."""
    if theirs is None:
        return []
    gap = max(abs(a - b) for a, b in zip(ours[:20], theirs[:20], strict=True))
    return [Row(system, "largest difference of the loss from PyTorch's, 20 steps", number(gap), gap < 1e-3, "the same")]


def percent(share: float | None) -> str:
    """Return a share as text, '' for None."""
    return "" if share is None else f"{100 * share:.1f} %"


def number(value: float | None) -> str:
    """Return three significant digits, '' for None."""
    return "" if value is None else f"{value:.3g}"


def has_pytorch() -> bool:
    """Tell whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def side_by_side(
    script: str, build: Callable[[Any], Any], train: Callable[[Any, Any], Any], setting: Setting
) -> Figures:
    """Return what `train(module, model)` gives, here and, in the full setting, in PyTorch from the same weights.

    Args:
        script: name of the module that the model comes from; PyTorch runs its text with other import lines.
        build: the module -> a model.
        train: the module and the model -> figures. Batches come from NumPy's generator, the same for both.
        setting: PyTorch takes part where it is full and PyTorch is installed.
    """
    module = importlib.import_module(script)
    with threadpool_limits(limits=1):
        ag.manual_seed(SEED)
        model = build(module)
        initial = {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}
        ours = train(module, model)
        if not (setting.full and has_pytorch()):
            return Figures(ours, None)
        twin = in_pytorch(script)
        twin.torch.manual_seed(SEED)
        twin.torch.set_num_threads(1)
        other = build(twin)
        other.load_state_dict({name: twin.torch.tensor(value) for name, value in initial.items()})
        return Figures(ours, train(twin, other))


def handwritten(count: int | None = None) -> digits.Digits:
    """Return real digits, MNIST where it is present, else scikit-learn's; with `count`, that many to train on."""
    data = digits.load()
    if count is None or count >= len(data.train_labels):
        return data
    return data._replace(
        train_images=data.train_images[:count],
        train_labels=data.train_labels[:count],
        split=f"{data.split}; the first {count} used",
    )


def batches(count: int, size: int, seed: int) -> Any:
    """Yield the indices of shuffled batches without end; the last batch of a pass that is not full is left out."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]


def show(rows: list[Row], script: str, seconds: float) -> None:
    """Print rows as lines."""
    print(f"{script} ({seconds:.1f} s)")
    for row in rows:
        beside = "".join(
            f"; {name} {value}" for name, value in (("PyTorch", row.torch), ("source", row.source)) if value
        )
        mark = "" if row.holds else "  <- not what was expected"
        print(f"  {row.system}: {row.measure} {row.ours}{beside} ({row.data}){mark}")


def absent(system: str) -> Row:
    """Return the row of a system whose data is not here."""
    return Row(system, "not run: data absent", "", True, "MNIST; to get it: python -m nn.datasets mnist")


def main(run: Callable[[Setting], list[Row]], arguments: list[str] | None = None) -> None:
    """Run one system from the command line."""
    parser = argparse.ArgumentParser(description=(sys.modules["__main__"].__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="the source's size, and PyTorch beside it")
    parser.add_argument("--out", type=Path, default=Path("out/systems"), help="folder for pictures")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    with threadpool_limits(limits=1):
        rows = run(Setting(options.full, options.out))
    show(rows, Path(sys.argv[0]).stem, time.perf_counter() - start)
    if not all(row.holds for row in rows):
        sys.exit(1)
