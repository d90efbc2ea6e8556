"""Rows that do by hand, in two kernels, what a composition of other rows defines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_np.core import Node, Op, Tensor, gradients
from autograd_np.core.op import positional
from autograd_np.ops.conversion import _clone

__all__ = ["FusedOp"]


class FusedOp(Op):
    """A row written twice: as a pair of kernels, for speed, and as the composition of rows that defines it.

    First derivatives are one call of the backward kernel, which answers for all operands at once: a pass back through
    time cannot be done again for each of them. Where derivatives are recorded, the definition is computed again from
    the operands and differentiated, so that every order follows from the rows it is made of. By-products thus reach
    nothing but the backward kernel, and the definition is their expression.

    Args:
        name: what errors, drawings and the registry call it; unique.
        kernel: NumPy function of the operands' arrays and the static keywords.
        pullback: NumPy function `(g, y, *operands, *by_products, wanted=..., **static)` that returns a cotangent per
            operand; `wanted` tells which are asked for, the others may be None. y is not kept if it is named `_y`.
        definition: the same function of Tensors, made of rows; its parameters name the operands.
        operands: how many there are.
        outputs: how many outputs the kernel returns.
        by_products: names of the kernel's further results.
    """

    __slots__ = ("definition",)

    pullback: Callable[..., Any]

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        pullback: Callable[..., Any],
        definition: Callable[..., Any],
        *,
        operands: int,
        outputs: int = 1,
        by_products: tuple[str, ...] = (),
    ) -> None:
        self.definition = definition
        super().__init__(
            name,
            kernel,
            *(pullback,) * operands,
            outputs=outputs,
            by_products=dict.fromkeys(by_products),
            pullback=pullback,
        )

    def _read_save_list(self) -> None:
        """Keep every operand: the definition reads them all."""
        count = len(self.rules)
        self.keeps = ((True,) * count,) * count
        self.keeps_output = (not positional(self.pullback)[1].startswith("_"),) * count
        self.operand_names = tuple(positional(self.definition)[:count])

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the cotangent of every operand that has a node, None for the others."""
        wanted = tuple(edge is not None for edge in node.edges)
        if not any(isinstance(part, Tensor) for part in (g if self.outputs > 1 else (g,))):
            return self.pullback(g, *saved, wanted=wanted, **node.static)
        # Copies have nodes of their own: the derivative ends there, and meets no hook of the operands themselves.
        operands = [_clone(x) if w else x for x, w in zip(saved[1 : 1 + len(wanted)], wanted, strict=True)]
        outputs = self.definition(*operands, **node.static)
        pairs = zip(*((outputs, g) if self.outputs > 1 else ((outputs,), (g,))), strict=True)
        reached = [(y, part) for y, part in pairs if part is not None and y.requires_grad]
        if not reached:
            return (None,) * len(wanted)
        found = iter(
            gradients(
                [y for y, _ in reached],
                [x for x, w in zip(operands, wanted, strict=True) if w],
                [part for _, part in reached],
                create_graph=True,
                allow_unused=True,
            )
        )
        return tuple(next(found) if w else None for w in wanted)
