"""Graphs that differ from input to input: plain Python loops, branches and recursion, each differentiated as it ran.

`python -m examples.define_by_run`
"""

from __future__ import annotations

from typing import Any

import autograd_np as ag
import nn


def operations(y: Any) -> int:
    """Return how many operations were recorded on the way to y."""
    seen, waiting = set(), [y.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [parent for parent, _ in getattr(node, "next_functions", ())]
    return sum(1 for node in seen if hasattr(node, "next_functions"))


def halve_or_triple(x: Any) -> Any:
    """Return a number from 1 to 2, whatever the start: halve above 2, triple and add one below 1, until it is there.

    How often, and which way, depends on the value, so each input has a graph of its own.
    """
    while not 1 <= x <= 2:
        x = x / 2 if x > 2 else x * 3 + 1
    return x


def square_root(a: Any, tolerance: float = 1e-12) -> Any:
    """Return √a by Heron's iteration, as many rounds as it takes; its derivative comes out of the iteration itself."""
    x = a * 1
    while abs(x.item() ** 2 - a.item()) > tolerance * a.item():
        x = (x + a / x) / 2
    return x


class Tree(nn.Module):
    """Sums up nested lists of words bottom-up: the same two layers, connected as each sentence is.

    Shapes: nested pairs of words -> (D,).
    """

    def __init__(self, words: list[str], features: int = 8) -> None:
        super().__init__()
        self.index = {word: i for i, word in enumerate(words)}
        self.vectors = nn.Parameter(ag.randn(len(words), features) * 0.5)
        self.join = nn.Linear(2 * features, features)

    def forward(self, tree: Any) -> Any:
        """Return the vector of a word, or of two parts joined."""
        if isinstance(tree, str):
            return self.vectors[self.index[tree]]
        left, right = tree
        return self.join(ag.cat([self(left), self(right)])).tanh()


def main() -> None:
    """Print what each graph consists of, and its derivative."""
    print("a loop with branches:")
    for start in (1.5, 0.7, 27.0):
        x = ag.tensor(start, dtype=ag.float64, requires_grad=True)
        y = halve_or_triple(x)
        y.backward()
        print(f"  start {start:5}: {operations(y):2} operations, value {y.item():.4f}, derivative {x.grad.item():.4f}")

    print("a loop that ends when it is exact enough:")
    for value in (0.25, 2.0, 1e6):
        a = ag.tensor(value, dtype=ag.float64, requires_grad=True)
        root = square_root(a)
        root.backward()
        exact = 0.5 / value**0.5
        print(f"  √{value:g}: {operations(root):2} operations, derivative {a.grad.item():.9f} (exact {exact:.9f})")

    print("a net shaped like its input:")
    ag.manual_seed(0)
    net = Tree(["the", "cat", "sat", "on", "mat"])
    for tree in (("the", "cat"), (("the", "cat"), ("sat", ("on", ("the", "mat"))))):
        net.zero_grad()
        y = net(tree).sum()
        y.backward()
        moved = [word for word, i in net.index.items() if net.vectors.grad[i].abs().sum() > 0]
        print(f"  {tree}: {operations(y):2} operations, gradients reach {', '.join(moved)}")


if __name__ == "__main__":
    main()
