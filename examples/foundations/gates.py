"""Perceptrons as logic gates: `python -m examples.foundations.gates`.

AND, OR, NAND and NOT are one perceptron each; XOR is not linearly separable, so it takes a layer of two and one above.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
from examples.harness import Row, Setting, main

INPUTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def perceptron(weight: list[float], bias: float) -> Any:
    """Return a function that fires where w·x + b is positive.

    Source: Rosenblatt (1958).
    """
    return lambda *inputs: torch.heaviside(torch.stack(inputs, -1) @ torch.tensor(weight) + bias, torch.tensor(0.0))


AND = perceptron([0.5, 0.5], -0.7)
OR = perceptron([0.5, 0.5], -0.2)
NAND = perceptron([-0.5, -0.5], 0.7)
NOT = perceptron([-1.0], 0.5)


def XOR(a: Any, b: Any) -> Any:
    """Return whether exactly one is on."""
    return AND(NAND(a, b), OR(a, b))


def run(setting: Setting) -> list[Row]:
    """Compare each gate with its truth table."""
    a, b = INPUTS.T
    found = {
        "AND": (AND(a, b), [0, 0, 0, 1]),
        "OR": (OR(a, b), [0, 1, 1, 1]),
        "NAND": (NAND(a, b), [1, 1, 1, 0]),
        "NOT": (NOT(a), [1, 1, 0, 0]),
        "XOR": (XOR(a, b), [0, 1, 1, 0]),
    }
    wrong = [name for name, (outputs, table) in found.items() if outputs.tolist() != table]
    return [
        Row("perceptron gates", "gates right", f"{len(found) - len(wrong)} of {len(found)}", not wrong, "truth tables")
    ]


if __name__ == "__main__":
    main(run)
