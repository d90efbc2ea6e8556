"""What a subject reports, which subjects there are, and their tables in RELIABILITY.md."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["FILE", "Row", "Subject", "stopwatch", "subjects", "with_table"]

FILE = Path(__file__).parents[2] / "RELIABILITY.md"


class Row(NamedTuple):
    """One line of a table.

    Args:
        what: what was run.
        times: how often, as counted while it ran.
        found: what it has found so far, and what was mended; also what is accepted.
        seconds: how long it took.
    """

    what: str
    times: str
    found: str
    seconds: float


class Subject(NamedTuple):
    """A module of this package."""

    name: str
    title: str
    rows: Callable[[bool], Iterable[Row]]


def subjects() -> dict[str, Subject]:
    """Return the subjects by name, which are the modules that have `rows`."""
    found = {}
    for module_info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module_info.name.startswith(("test_", "__")) or module_info.name == "rows":
            continue
        module = importlib.import_module(f"{__package__}.{module_info.name}")
        if hasattr(module, "rows"):
            title = (module.__doc__ or module_info.name).partition("\n")[0].rstrip(".")
            found[module_info.name] = Subject(module_info.name, title, module.rows)
    return found


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Give a function that tells the seconds since the block began."""
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


def with_table(text: str, subject: Subject, rows: Iterable[Row]) -> str:
    """Return the file's text with this subject's table in it, in the place of the one before."""
    begin, end = f"<!-- {subject.name}: begin -->", f"<!-- {subject.name}: end -->"
    lines = [
        begin,
        f"## {subject.title}",
        "",
        f"`make reliability ARGS={subject.name}`, {time.strftime('%Y-%m-%d')}, {_machine()}.",
        "",
        "| what was run | how often | found, and mended | seconds |",
        "|---|---|---|---:|",
        *(f"| {_cell(row.what)} | {_cell(row.times)} | {_cell(row.found)} | {row.seconds:.0f} |" for row in rows),
        end,
    ]
    table = "\n".join(lines)
    known = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    return known.sub(lambda _: table, text) if known.search(text) else f"{text.rstrip()}\n\n{table}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()}, {cores} cores"
