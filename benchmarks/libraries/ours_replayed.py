"""This engine, with each row recorded once and replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_np as ag
from benchmarks.libraries import Absent, grammar

__all__ = ["prepare"]


def prepare(row: Any) -> Callable[[], Any]:
    """Return a function that replays a row."""
    if row.task == "import":
        raise Absent("what is imported is the same")
    replayed = ag.replay(grammar.prepare(row))
    replayed()
    if replayed.reason is not None:
        raise Absent(f"not replayed: {replayed.reason.splitlines()[0]}")
    return replayed
