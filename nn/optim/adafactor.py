"""Adafactor: an adaptive method whose state for a matrix is one row and one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_np import Tensor, from_numpy
from autograd_np.autograd.graph import increment_version
from nn.optim._flat import Array, array_of, gradient_of, number_type
from nn.optim.optimizer import Optimizer, Params

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Divide by the root of the running mean of squares, of which only the means of rows and columns are kept.

    The step is relative to the size of the parameter, and no larger than d times it, in the root mean square.

    Args:
        params: parameters or groups of them.
        lr: largest relative step; after t steps it is at most 1 / √t.
        beta2_decay: power of t by which the running means slow down.
        eps: the smallest root of a mean square (None for the type's precision) and the smallest size of a parameter.
        d: largest root mean square of a step, before it is scaled.
        weight_decay: share, times lr, that each weight loses per step.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Shazeer and Stern (2018), algorithms 4 and 5; torch.optim.Adafactor.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.ones(2, 3, requires_grad=True); w.grad = ag.ones(2, 3)
        >>> optimizer = Adafactor([w], lr=0.1); optimizer.step(); w
        tensor([[0.9, 0.9, 0.9],
                [0.9, 0.9, 0.9]], requires_grad=True)
        >>> {name: tuple(value.shape) for name, value in optimizer.state[w].items()}
        {'step': (), 'row_var': (2, 1), 'col_var': (1, 3)}
    """

    shaped_otherwise = frozenset({"row_var", "col_var"})

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "beta2_decay", lambda decay: decay <= 0, "at most 0")
        self.require(
            group, "eps", lambda e: len(e) == 2 and (e[0] is None or e[0] >= 0) and e[1] >= 0, "two of at least 0"
        )
        self.require(group, "d", lambda d: d >= 1, "at least 1")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def update_group(self, number: int, group: dict[str, Any]) -> None:
        """Update each parameter of one group that has a gradient."""
        lr, (least, smallest) = float(group["lr"]), group["eps"]
        for p in group["params"]:
            if p.grad is None:
                continue
            values, g = array_of(p), gradient_of(p)
            state = self.state[p]
            step = float(state["step"]) + 1 if "step" in state else 1.0
            state["step"] = from_numpy(np.array(step, number_type()))
            floor = float(np.finfo(values.dtype).eps) if least is None else least
            size = max(smallest, _root_mean_square(values)) * min(lr, step**-0.5)
            change = self._scale(p, g, floor, step ** group["beta2_decay"])
            change *= -g if group["maximize"] else g
            change *= size / max(1.0, _root_mean_square(change) / group["d"])
            if group["weight_decay"]:
                change += (lr * group["weight_decay"]) * values
            increment_version(p, "Adafactor.step")
            np.subtract(values, change, out=values)

    def _scale(self, p: Tensor, g: Array, floor: float, share: float) -> Array:
        """Update the running mean of squares, and return one over its root."""
        state, square = self.state[p], g * g
        if g.ndim < 2:
            v = self._follow(state, "variance", square, share).copy()
        else:
            rows = self._follow(state, "row_var", square.mean(-1, keepdims=True), share)
            columns = self._follow(state, "col_var", square.mean(-2, keepdims=True), share)
            v = rows * columns
            v /= np.maximum(rows.mean(-2, keepdims=True), floor)
        np.maximum(v, floor * floor, out=v)
        np.sqrt(v, out=v)
        return np.reciprocal(v, out=v)

    @staticmethod
    def _follow(state: dict[str, Any], name: str, value: Array, share: float) -> Array:
        """Move a running mean, which starts at 0, by a share towards a value, and return it."""
        if name not in state:
            state[name] = from_numpy(np.zeros_like(value))
        mean = array_of(state[name])
        mean += share * (value - mean)
        return mean


def _root_mean_square(values: Array) -> float:
    return float(np.linalg.norm(values) / max(1, values.size) ** 0.5)
