"""Run the systems and print what each gives: `python -m examples.systems [--full] [name ...]`, or `make systems`.

In the full setting every net is also trained in PyTorch where it is installed. Outcomes are kept in a file beside the
pictures, so that scripts can be run in several goes; the table in examples/README.md is written from all of them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from examples.harness import Row, Setting, has_pytorch, show

PARTS = ("foundations", "optimization", "preparation", "networks", "ports")
README = Path(__file__).with_name("README.md")
START, END = "<!-- systems: written by make systems FULL=1 -->", "<!-- end of systems -->"


class Outcome(NamedTuple):
    """What a script gave, or the error that ended it, and how long it took."""

    script: str
    rows: list[Row]
    error: str
    seconds: float


def scripts(part: str) -> list[str]:
    """Return the dotted names of a part's scripts: its modules that define `run`."""
    package = importlib.import_module(f"examples.{part}")
    names = sorted(f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__))
    return [name for name in names if hasattr(importlib.import_module(name), "run")]


def outcome(script: str, setting: Setting) -> Outcome:
    """Run a script, and keep going whatever it does."""
    start = time.perf_counter()
    module: Any = importlib.import_module(script)
    try:
        # Small products are faster on one thread, and do not wait for a core that another program has.
        with threadpool_limits(limits=1):
            rows, error = module.run(setting), ""
    except Exception:  # noqa: BLE001 (one system's mistake must not hide the others)
        rows, error = [], traceback.format_exc()
    return Outcome(script, rows, error, time.perf_counter() - start)


def outcomes(setting: Setting, names: list[str]) -> Iterator[Outcome]:
    """Yield the outcome of each script whose name has one of these words in it; of all where there are none."""
    for part in PARTS:
        for script in scripts(part):
            if not names or any(name in script for name in names):
                yield outcome(script, setting)


def table(found: list[Outcome]) -> str:
    """Return the outcomes as Markdown, a table for each part."""
    lines = []
    for part in PARTS:
        lines += [
            f"### {(importlib.import_module(f'examples.{part}').__doc__ or '').strip().rstrip('.')}",
            "",
            "| system | measure | source | ours | PyTorch | data, split | command: `python -m` | time |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for result in found:
            for i, row in enumerate(result.rows if result.script.startswith(f"examples.{part}.") else []):
                command, seconds = (f"`{result.script}`", f"{result.seconds:.1f} s") if i == 0 else ("", "")
                cells = [row.system, row.measure, row.source, row.ours, row.torch, row.data, command, seconds]
                lines.append("| " + " | ".join(cell.replace("|", "\\|") or "–" for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def kept(path: Path, found: list[Outcome]) -> list[Outcome]:
    """Add outcomes to those of earlier goes, the newest of each script, and return all in the order of the parts."""
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
    stored |= {result.script: result._asdict() for result in found}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1), "utf-8")
    known = [script for part in PARTS for script in scripts(part) if script in stored]
    return [Outcome(**stored[script] | {"rows": [Row(*row) for row in stored[script]["rows"]]}) for script in known]


def rewrite(path: Path, found: list[Outcome]) -> None:
    """Put the table between its two markers in a Markdown file."""
    before, _, rest = path.read_text("utf-8").partition(START)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{START}\n{table(found)}{END}{after}", "utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of script names; all scripts where none is given")
    parser.add_argument("--full", action="store_true", help="the sources' sizes, PyTorch beside, table rewritten")
    parser.add_argument("--out", type=Path, default=Path("out/systems"), help="folder for pictures")
    options = parser.parse_args(arguments)
    if options.full and not has_pytorch():
        print("PyTorch is not installed: its column stays empty (pip install torch==2.13.0)")
    found, failed = [], []
    for result in outcomes(Setting(options.full, options.out), options.names):
        show(result.rows, result.script, result.seconds)
        found.append(result)
        if result.error:
            print(result.error)
        if result.error or not all(row.holds for row in result.rows):
            failed.append(result.script)
        if options.full:
            rewrite(README, kept(options.out / "outcomes.json", [result]))
    print(f"{len(found)} scripts, {sum(len(result.rows) for result in found)} figures")
    if failed:
        sys.exit(f"not as expected: {', '.join(failed)}")


if __name__ == "__main__":
    main()
