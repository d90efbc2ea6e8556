"""Expressions as data: programs over tensors that can be run, and printed as Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_np.core import Tensor

__all__ = ["Expression", "Step"]

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "matmul": "@"}


class Step(NamedTuple):
    """One method call: its operands by their position among the inputs and earlier results, then plain arguments."""

    method: str
    operands: tuple[int, ...]
    arguments: tuple[Any, ...] = ()

    def run(self, values: list[Tensor]) -> Tensor:
        """Return this step's result."""
        first, *others = (values[i] for i in self.operands)
        result: Tensor = getattr(first, self.method)(*others, *self.arguments)
        return result

    def text(self, names: list[str]) -> str:
        """Return this step as Python."""
        first, *others = (names[i] for i in self.operands)
        if self.method in _SIGNS:
            return f"{first} {_SIGNS[self.method]} {others[0]}"
        return f"{first}.{self.method}({', '.join([*others, *map(repr, self.arguments)])})"


@dataclass(frozen=True, repr=False)
class Expression:
    """A function of tensors that knows the inputs it was drawn for; its result is its last step's.

    `strategies.expressions` draws them; they print as the program they are.

    Args:
        inputs: leaves that the steps start from.
        steps: in order; each may use every value before it.

    Example:
        >>> from autograd_np import tensor
        >>> e = Expression((tensor([1.0, 2.0]),), (Step("mul", (0, 0)), Step("sum", (1,), (0,))))
        >>> e
        def expression(x0):
            v0 = x0 * x0
            v1 = v0.sum(0)
            return v1
        >>> e(*e.inputs)
        tensor(5.)
    """

    inputs: tuple[Tensor, ...]
    steps: tuple[Step, ...]

    #: What errors call it.
    __name__ = "expression"

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Run the steps on these inputs."""
        values = list(inputs)
        for step in self.steps:
            values.append(step.run(values))
        return values[-1]

    def __repr__(self) -> str:
        names = [f"x{i}" for i in range(len(self.inputs))]
        head = f"def {self.__name__}({', '.join(names)}):"
        lines = []
        for i, step in enumerate(self.steps):
            lines.append(f"v{i} = {step.text(names)}")
            names.append(f"v{i}")
        return "\n    ".join([head, *lines, f"return {names[-1]}"])
