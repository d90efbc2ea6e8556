"""A run beside what it should reach: `python -m benchmarks.goals run.json [more.json ...]`.

Several files are read as one run; where a row is in more than one, the last counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.report import OURS, in_unit, ratios

REPLAYED = "replayed"
TORCH, HAND, JAX = "torch", "numpy", "jax_jit"
ENGINES = ("mygrad", "autograd")
STEP = "training step with Adam"
#: Families whose rows are nets, imports or lengths rather than single operations.
NOT_OPERATIONS = (STEP, "inference", "import", "overhead per operation", "graph size, per operation", "peak memory")
FULLY_CONNECTED = ("ZeroNet", "784-")

Rows = Mapping[str, Mapping[str, list[float]]]


class Goal(NamedTuple):
    """One line: what is measured, what it should be, what it was, whether that holds, and which rows fall short."""

    measure: str
    goal: str
    seen: str
    holds: bool
    short: tuple[str, ...] = ()


def figures_of(documents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Return each row's figures by library."""
    rows: dict[str, dict[str, list[float]]] = {}
    for document in documents:
        for entry in document["rows"]:
            rows[entry["row"]] = entry["figures"]
    return rows


def ratio(figures: Mapping[str, list[float]], ours: str, theirs: str) -> float | None:
    """Return the median ratio, taken round by round, or None where one of them has no figure."""
    if not figures.get(ours) or not figures.get(theirs):
        return None
    pairs = zip(figures[ours], figures[theirs], strict=False)
    return ratios(*map(list, zip(*pairs, strict=True))).middle


def _all(rows: Rows, keep: Any, ours: str, theirs: str) -> dict[str, float]:
    found = {key: ratio(figures, ours, theirs) for key, figures in rows.items() if keep(key)}
    return {key: value for key, value in found.items() if value is not None}


def _family(*names: str) -> Any:
    return lambda key: key.startswith(tuple(f"{name}: " for name in names))


def _fully_connected(key: str) -> bool:
    return key.startswith(tuple(f"{STEP}: {name}" for name in FULLY_CONNECTED))


def _operation(key: str) -> bool:
    return not key.startswith(NOT_OPERATIONS)


def at_most(measure: str, found: Mapping[str, float], limit: float, mean: float | None = None) -> Iterator[Goal]:
    """Yield the goal that each ratio is within a limit, and their geometric mean within another."""
    if not found:
        return
    over = sorted((value, key) for key, value in found.items() if value > limit)
    geometric = statistics.geometric_mean(found.values())
    goal = f"each ≤ {limit:g} ×" + (f", geometric mean ≤ {mean:g}" if mean else "")
    seen = f"geometric mean {geometric:.2f}, largest {max(found.values()):.2f}, {len(over)} of {len(found)} over"
    short = tuple(f"{key}: {value:.2f}" for value, key in reversed(over))
    yield Goal(measure, goal, seen, not over and (mean is None or geometric <= mean), short)


def _mean(measure: str, found: Mapping[str, float], limit: float) -> Iterator[Goal]:
    if found:
        mean = statistics.geometric_mean(found.values())
        yield Goal(measure, f"geometric mean ≤ {limit:g} ×", f"{mean:.2f} over {len(found)} rows", mean <= limit)


def _engines(rows: Rows) -> Iterator[Goal]:
    """Yield how far ahead of the best other NumPy engine we are, where a kernel by hand shows that there is room."""
    windows = _family("convolution", "pooling")
    behind: dict[bool, list[str]] = {True: [], False: []}
    counts = {True: 0, False: 0}
    for key, figures in rows.items():
        best = [r for r in (ratio(figures, OURS, engine) for engine in ENGINES) if r is not None]
        if not _operation(key) or not best:
            continue
        ahead, by_hand = 1 / max(best), ratio(figures, OURS, HAND)
        window = windows(key)
        counts[window] += 1
        enough = ahead >= (5 if window else 2) or (not window and by_hand is not None and by_hand <= 1.15)
        if not enough:
            behind[window].append(f"{key}: {ahead:.2f} × faster, {by_hand or float('nan'):.2f} × by hand")
    for window, measure, goal in (
        (True, "convolution and pooling against the best other NumPy engine", "≥ 5 × faster"),
        (False, "the other operations against it", "≥ 2 × faster, or ≤ 1.15 × by hand"),
    ):
        if counts[window]:
            seen = f"{counts[window] - len(behind[window])} of {counts[window]} rows"
            yield Goal(measure, goal, seen, not behind[window], tuple(behind[window]))


def _lengths(rows: Rows) -> Iterator[Goal]:
    found = [
        statistics.median(f[OURS]) for k, f in rows.items() if _family("graph size, per operation")(k) and OURS in f
    ]
    if found:
        factor = max(found) / min(found)
        times = in_unit(found, "s")
        yield Goal(
            "time per operation, 10³ to 10⁶ operations", "within 1.5 ×", f"{factor:.2f} × ({times})", factor <= 1.5
        )


def goals(rows: Rows) -> Iterator[Goal]:
    """Yield every goal that the rows have figures for."""
    overhead = _family("overhead per operation")
    both = {k: v for k, v in _all(rows, overhead, OURS, TORCH).items() if k.endswith("forward and backward")}
    steps = _family(STEP)
    yield from at_most("recorded operation, forward and backward, to PyTorch", both, 0.6)
    yield from at_most("training steps, to PyTorch", _all(rows, steps, OURS, TORCH), 1.0, 0.8)
    yield from _mean("single operations, to PyTorch", _all(rows, _operation, OURS, TORCH), 1.2)
    yield from at_most("single operations, to the best kernel by hand", _all(rows, _operation, OURS, HAND), 1.15)
    yield from _engines(rows)
    yield from at_most(
        "fully connected nets, eager, to the step by hand", _all(rows, _fully_connected, OURS, HAND), 1.5
    )
    yield from at_most("the same, replayed", _all(rows, _fully_connected, REPLAYED, HAND), 1.1)
    yield from at_most("training steps, eager, to JAX compiled", _all(rows, steps, OURS, JAX), 2.0)
    compiled = _all(rows, lambda key: _fully_connected(key) or key.startswith(f"{STEP}: LSTM"), REPLAYED, JAX)
    yield from at_most("fully connected nets and LSTM, replayed, to JAX compiled", compiled, 1.0)
    memory = _family("peak memory of a step")
    yield from at_most("peak memory of a step, to PyTorch", _all(rows, memory, OURS, TORCH), 1.3)
    yield from _lengths(rows)
    yield from at_most("import, to `import numpy`", _all(rows, _family("import"), OURS, HAND), 1.3)


def table(found: Iterable[Goal], *, details: bool = True) -> str:
    """Return the goals as Markdown; below each that is missed, the rows that fall short."""
    lines = ["| measure | goal | seen | |", "|---|---|---|---|"]
    below: list[str] = []
    for goal in found:
        lines.append(f"| {goal.measure} | {goal.goal} | {goal.seen} | {'met' if goal.holds else 'missed'} |")
        if details and goal.short:
            below += ["", f"Short of “{goal.measure}”:", "", *(f"- {row}" for row in goal.short)]
    return "\n".join([*lines, *below, ""])


def main(given: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.goals", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="files that `python -m benchmarks --json` wrote")
    options = parser.parse_args(given)
    print(table(goals(figures_of(json.loads(path.read_text("utf-8")) for path in options.runs))))


if __name__ == "__main__":
    main()
