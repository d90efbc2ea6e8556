"""The picture at the top of the README: the chain rule on (x·y + x)², drawn from three lines of code.

`python -m examples.chain_rule [folder]` writes chain_rule.svg, by default into examples/gallery.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import autograd_np as ag

GALLERY = Path(__file__).parent / "gallery"


def loss() -> Any:
    """Return L = (x·y + x)² at x = 2, y = 3; x is used twice, so two contributions meet in its gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    x.name, y.name = "x", "y"
    with ag.record():
        L = (x * y + x) ** 2
    L.name = "L"
    return L


def main(folder: str | Path = GALLERY) -> Path:
    """Write the picture and return its path."""
    path = Path(folder) / "chain_rule.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    ag.viz.render(loss(), path, title="L = (x·y + x)²")
    return path


if __name__ == "__main__":
    print(f"written: {main(*sys.argv[1:])}")
