"""The command: choose libraries and rows, measure in turns, print each row as it is known, write what was asked for."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.libraries import LIBRARIES
from benchmarks.measure import in_turns
from benchmarks.rows import Row, chosen
from benchmarks.workers import LostError, Worker, importable

#: Rounds and seconds a turn.
USUAL = (11, 0.1)
FAST = (5, 0.02)
FAST_LIBRARIES = "autograd_np,numpy"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--rows", action="append", default=[], metavar="PATTERN", help="rows with this in their name; may be repeated")
    add("--fast", action="store_true", help="a few small rows beside NumPy by hand, in seconds: what CI prints")
    add("--list", action="store_true", help="print the names of the rows and end")
    add("--libraries", metavar="A,B", help=f"of {', '.join(LIBRARIES)} (default: those that are installed)")
    add("--python", action="append", default=[], metavar="NAME=PATH", help="the interpreter that has a library")
    add("--threads", type=int, default=_cores(), help="threads of each library (default: the cores, %(default)s)")
    add("--rounds", type=int, help=f"turns of each library (default {USUAL[0]}, fast {FAST[0]})")
    add("--turn", type=float, metavar="SECONDS", help=f"length of a turn (default {USUAL[1]}, fast {FAST[1]})")
    add("--memory", action="store_true", help="also the peak memory of each training step")
    add("--json", type=Path, metavar="FILE", help="write all figures")
    add("--compare", type=Path, metavar="FILE", help="print how the ratios moved since the run that wrote this JSON")
    add("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    add("--plot", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    options = parser.parse_args(given)
    try:
        options.python = dict(pair.split("=", 1) for pair in options.python)
    except ValueError:
        parser.error("--python takes NAME=PATH, such as torch=/path/to/python")
    named = [*options.python, *(options.libraries.split(",") if options.libraries else [])]
    unknown = [name for name in named if name not in LIBRARIES]
    if unknown:
        parser.error(f"no library {', '.join(unknown)}; there are {', '.join(LIBRARIES)}")
    if options.threads < 1:
        parser.error("--threads must be at least 1")
    if options.compare and not options.compare.is_file():
        parser.error(f"--compare: there is no file {options.compare}")
    options.rounds = options.rounds or (FAST if options.fast else USUAL)[0]
    options.turn = options.turn or (FAST if options.fast else USUAL)[1]
    return options


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def wanted(options: argparse.Namespace) -> list[Row]:
    """Return the rows to measure; memory only where it was asked for."""
    rows = chosen(options.rows, fast=options.fast)
    return [row for row in rows if row.task != "memory" or options.memory]


def start(options: argparse.Namespace) -> list[Worker]:
    """Start a worker for each library: those that were named, else those that are installed."""
    text = options.libraries or (FAST_LIBRARIES if options.fast else "")
    names = text.split(",") if text else list(LIBRARIES)
    workers = []
    for name in (name for name in LIBRARIES if name in names):  # ours first
        python = options.python.get(name, sys.executable)
        if importable(name, python):
            try:
                workers.append(Worker(name, python, options.threads))
            except LostError as error:
                print(f"{LIBRARIES[name].title} is left out: {error} while it was imported", file=sys.stderr)
        elif text:
            sys.exit(f"{python} has no {LIBRARIES[name].package}\n  fix: --python {name}=PATH, or make bench-peers")
    return workers


def describe(options: argparse.Namespace, workers: list[Worker]) -> dict[str, Any]:
    """Return the run without its rows: machine, libraries and how it was measured."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": _cores(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "load": f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown",
        },
        "libraries": {worker.name: {"version": worker.hello["version"]} for worker in workers},
        "how": {"threads": workers[0].hello["threads"], "rounds": options.rounds, "turn": options.turn},
        "rows": [],
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for text in information.read_text("utf-8").splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def measure(options: argparse.Namespace, rows: list[Row], workers: list[Worker]) -> dict[str, Any]:
    """Measure and print row by row; return the run."""
    document = describe(options, workers)
    names = list(document["libraries"])
    print(report.machine(document))
    family = ""
    for row in rows:
        entry = in_turns(workers, row, options.rounds, options.turn).as_json()
        if row.family != family:
            family = row.family
            print(f"\n{family}\n{report.heading(names)}")
        print(report.line(entry, names), flush=True)
        document["rows"].append(entry)
    return document


def main(given: list[str] | None = None) -> None:
    """Run the command."""
    options = arguments(given)
    rows = wanted(options)
    if options.list:
        print("\n".join(row.key for row in rows))
        return
    if not rows:
        sys.exit("no row has that in its name; --list prints them")
    earlier = json.loads(options.compare.read_text("utf-8")) if options.compare else None
    workers = start(options)
    try:
        document = measure(options, rows, workers)
    finally:
        for worker in workers:
            worker.close()
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if options.markdown:
        options.markdown.write_text(report.markdown(document), "utf-8")
    if options.plot:
        from benchmarks.plot import draw

        draw(document, options.plot)
    if earlier:
        print(f"\nsince {options.compare}\n{report.comparison(earlier, document)}")
