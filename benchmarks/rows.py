"""Every row of the table: what is measured, described once for all libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.nets import NETS
from benchmarks.operations import OPERATIONS, chain

#: Lengths of the chains that show whether a long graph costs more per operation than a short one.
GRAPHS = (1_000, 10_000, 100_000, 1_000_000)
CHAIN = 1_000


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Args:
        family: the heading it stands under.
        name: what is measured, without the heading.
        task: no_grad, forward, both (forward and backward) of an operation; step or inference of a net; import; memory.
        subject: an Operation, or the name of a net.
        per: a time is divided by this; 1 but for chains, which are given per operation.
        fast: whether it is in the subset for CI.
    """

    family: str
    name: str
    task: str
    subject: Any = None
    per: int = 1
    fast: bool = False

    @property
    def key(self) -> str:
        """Return what identifies the row in files and on the command line."""
        return f"{self.family}: {self.name}"

    @property
    def unit(self) -> str:
        """Return "B" for rows that measure memory, else "s"."""
        return "B" if self.task == "memory" else "s"


TASKS = {"no_grad": "no_grad", "forward": "forward", "both": "forward and backward"}


def _rows() -> Iterable[Row]:
    for task, words in TASKS.items():
        yield Row("overhead per operation", words, task, chain(CHAIN), CHAIN, fast=task == "both")
    for length in GRAPHS:
        yield Row("graph size, per operation", f"{length:,} operations", "both", chain(length), length)
    for operation in OPERATIONS:
        for task in ("forward", "both"):
            fast = operation.fast and task == "both"
            yield Row(operation.family, f"{operation.name}, {TASKS[task]}", task, operation, fast=fast)
    for name, net in NETS.items():
        yield Row("training step with Adam", name, "step", name, fast=net.fast)
    for name in NETS:
        yield Row("inference", name, "inference", name)
    yield Row("import", "import of the library", "import")
    for name in NETS:
        yield Row("peak memory of a step", name, "memory", name)


ROWS = {row.key: row for row in _rows()}


def chosen(patterns: Iterable[str], *, fast: bool = False) -> list[Row]:
    """Return the rows whose key has one of the patterns in it (all without patterns), those of the subset if `fast`."""
    found = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return [
        row
        for row in ROWS.values()
        if (row.fast or not fast) and (not found or any(pattern.search(row.key) for pattern in found))
    ]
