"""Fetch a data set into the cache: `python -m nn.datasets mnist`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from nn.datasets.files import DatasetError, cache_folder
from nn.datasets.mnist import MNIST, FashionMNIST

_SETS = {"mnist": MNIST, "fashionmnist": FashionMNIST}


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is named, and return the exit code."""
    parser = argparse.ArgumentParser("python -m nn.datasets", description="Fetch data sets, checked, into a folder.")
    parser.add_argument("names", nargs="+", choices=_SETS, help="which ones")
    parser.add_argument("--folder", type=Path, default=cache_folder(), help="where to (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        for name in options.names:
            sys.stdout.write(f"{name}: {_SETS[name].fetch(options.folder)}\n")
    except DatasetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
