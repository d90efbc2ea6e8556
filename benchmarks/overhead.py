"""What recording costs, on one thread: `python -m benchmarks.overhead`, the first rows of `python -m benchmarks`."""

from __future__ import annotations

import argparse

from benchmarks.driver import main
from benchmarks.rows import GRAPHS


def arguments(given: list[str] | None = None) -> list[str]:
    """Return the command line of `python -m benchmarks` that measures overhead."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="turns of each library (default 11)")
    parser.add_argument("--longest", type=int, default=GRAPHS[-1], help="operations of the longest graph")
    parser.add_argument("--torch-python", help="a Python in which PyTorch is installed")
    options = parser.parse_args(given)
    lengths = [f"^graph size, per operation: {length:,} op" for length in GRAPHS if length <= options.longest]
    rows = [word for pattern in ("^overhead", *lengths) for word in ("--rows", pattern)]
    elsewhere = ["--python", f"torch={options.torch_python}"] if options.torch_python else []
    # One thread: operations on four elements have nothing to share, and waiting threads would be measured instead.
    return [*rows, "--rounds", str(options.rounds), "--threads", "1", *elsewhere]


if __name__ == "__main__":
    main(arguments())
