"""L-BFGS: Newton's method with a curvature that is guessed from the last gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np import Tensor, as_tensor, enable_grad, from_numpy, no_grad
from autograd_np.autograd.graph import increment_version
from autograd_np.errors import ArgumentError
from nn.optim._flat import Array, array_of
from nn.optim._line_search import Point, strong_wolfe
from nn.optim.optimizer import Optimizer, Params

__all__ = ["LBFGS"]


class _Loss:
    """The closure as a function of one vector: all parameters, one after the other."""

    def __init__(self, params: Sequence[Tensor], closure: Callable[[], Any]) -> None:
        self.params = params
        self.closure = closure
        self.evaluations = 0

    def evaluate(self) -> Any:
        """Return what the closure returns; the gradient is then the parameters'."""
        self.evaluations += 1
        with enable_grad():
            return self.closure()

    def gradient(self) -> Array:
        """Return the gradient; 0 where a parameter has none."""
        parts = [np.zeros(p.numel(), p.dtype) if p.grad is None else array_of(p.grad).ravel() for p in self.params]
        return np.concatenate(parts)

    def values(self) -> list[Array]:
        """Return copies of the parameters."""
        return [array_of(p).copy() for p in self.params]

    def put(self, values: Sequence[Array], t: float, d: Array) -> None:
        """Set the parameters to a place on the line through `values` along `d`."""
        start = 0
        for p, value in zip(self.params, values, strict=True):
            end = start + value.size
            increment_version(p, "LBFGS.step")
            array_of(p)[...] = value + t * d[start:end].reshape(value.shape)
            start = end


class _Memory:
    """The last changes of place and gradient, which stand for the curvature, as PyTorch's state names them."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.d = _array(state.get("d"))
        self.t = float(state.get("t", 0.0))
        self.gradient = _array(state.get("prev_flat_grad"))
        self.loss = float(state.get("prev_loss", 0.0))
        self.steps = [_array(s) for s in state.get("old_stps", ())]
        self.changes = [_array(y) for y in state.get("old_dirs", ())]
        self.curvatures = [float(ro) for ro in state.get("ro", ())]
        self.scale = float(state.get("H_diag", 1.0))

    def as_state(self) -> dict[str, Any]:
        """Return the entries that are saved."""
        return {
            "d": from_numpy(self.d),
            "t": self.t,
            "old_dirs": [from_numpy(y) for y in self.changes],
            "old_stps": [from_numpy(s) for s in self.steps],
            "ro": list(self.curvatures),
            "H_diag": self.scale,
            "prev_flat_grad": from_numpy(self.gradient),
            "prev_loss": self.loss,
        }

    def restart(self, g: Array) -> None:
        """Go down the gradient, with nothing known about the curvature."""
        self.steps, self.changes, self.curvatures, self.scale = [], [], [], 1.0
        self.d = -g

    def turn(self, g: Array, history: int) -> None:
        """Take in the last step, and go where Newton's method would with the curvature so far.

        Source: Nocedal and Wright (2006), algorithm 7.4.
        """
        change, step = g - self.gradient, self.d * self.t
        product = float(change @ step)
        # Only curvature that is positive keeps the direction downhill.
        if product > 1e-10:
            self.changes = [*self.changes, change][-history:]
            self.steps = [*self.steps, step][-history:]
            self.curvatures = [*self.curvatures, 1 / product][-history:]
            self.scale = product / float(change @ change)
        q = -g
        known = list(zip(self.changes, self.steps, self.curvatures, strict=True))
        shares = []
        for y, s, ro in reversed(known):
            shares.append(float(s @ q) * ro)
            q -= shares[-1] * y
        q *= self.scale
        for (y, s, ro), share in zip(known, reversed(shares), strict=True):
            q += (share - float(y @ q) * ro) * s
        self.d = q


def _array(value: Any) -> Array:
    return np.empty(0) if value is None else array_of(as_tensor(value))


class LBFGS(Optimizer):
    """Minimise a smooth function of all data by Newton's method, its curvature taken from the last gradients.

    One `step` is up to `max_iter` iterations, for which it calls the closure several times: the closure clears the
    gradients, computes the loss, calls backward and returns the loss. All parameters are one vector, so there is one
    group of them. The loss must not be random (no dropout, no new batch between calls).

    Args:
        params: parameters.
        lr: step length, or the first one that the line search tries.
        max_iter: iterations per step.
        max_eval: evaluations per step; None for 1.25 per iteration.
        tolerance_grad: largest element of a gradient that counts as zero.
        tolerance_change: change of place or loss that counts as none.
        history_size: how many changes are remembered.
        line_search_fn: None, or 'strong_wolfe' to search along each direction, without which it may diverge.

    Raises: ArgumentError for settings out of range, several groups, or a step without a closure.
    Source: Liu and Nocedal (1989); Nocedal and Wright (2006), chapter 7.2; torch.optim.LBFGS.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([-1.0, 2.0], dtype=ag.float64, requires_grad=True)
        >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        ...     loss.backward()
        ...     return loss
        >>> for _ in range(3):
        ...     loss = optimizer.step(closure)
        >>> w
        tensor([1., 1.], dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        for name in ("max_iter", "history_size"):
            self.require(group, name, lambda count: count >= 1, "at least 1")
        for name in ("max_eval", "tolerance_grad", "tolerance_change"):
            self.require(group, name, lambda value: value >= 0, "at least 0")
        self.require(group, "line_search_fn", lambda kind: kind in (None, "strong_wolfe"), "None or 'strong_wolfe'")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take the only group of parameters.

        Raises: ArgumentError for a second one.
        Source: torch.optim.LBFGS.
        """
        if self.param_groups:
            raise ArgumentError("LBFGS: there can be one group only, because all parameters are one vector")
        super().add_param_group(param_group)

    def _step(self, closure: Callable[[], Any] | None = None) -> Any:
        if closure is None:
            raise ArgumentError(
                "LBFGS: step needs a closure, because it evaluates the loss several times\n"
                "  fix: pass a function that calls zero_grad, computes the loss, calls backward and returns the loss"
            )
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        function = _Loss(group["params"], closure)
        with no_grad():
            loss = function.evaluate()
            g = function.gradient()
            if np.abs(g).max(initial=0) > group["tolerance_grad"]:
                memory, before = _Memory(state), state.get("n_iter", 0)
                iterations = self._iterate(function, memory, before, float(loss), g)
                state.update(memory.as_state(), n_iter=before + iterations)
        state["func_evals"] = state.get("func_evals", 0) + function.evaluations
        state.setdefault("n_iter", 0)
        return loss

    def _iterate(self, function: _Loss, memory: _Memory, before: int, loss: float, g: Array) -> int:
        """Iterate until nothing changes any more or a limit is reached; return how many iterations it took."""
        group = self.param_groups[0]
        lr, least = float(group["lr"]), group["tolerance_change"]
        for number in range(1, group["max_iter"] + 1):
            if before + number == 1:
                memory.restart(g)
                memory.t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr
            else:
                memory.turn(g, group["history_size"])
                memory.t = lr
            memory.gradient, memory.loss = g, loss
            slope = float(g @ memory.d)
            if slope > -least:
                return number
            loss, g = self._move(function, memory, slope, last=number == group["max_iter"])
            if (
                function.evaluations >= group["max_eval"]
                or np.abs(g).max() <= group["tolerance_grad"]
                or float(np.abs(memory.d * memory.t).max()) <= least
                or abs(loss - memory.loss) < least
            ):
                return number
        return group["max_iter"]

    def _move(self, function: _Loss, memory: _Memory, slope: float, *, last: bool) -> tuple[float, Array]:
        """Go along the direction; return loss and gradient there. The last place is evaluated by the next step."""
        group = self.param_groups[0]
        origin, d = function.values(), memory.d
        if group["line_search_fn"] is None:
            function.put(origin, memory.t, d)
            if last:
                return memory.loss, memory.gradient
            return float(function.evaluate()), function.gradient()

        def at(t: float) -> Point:
            function.put(origin, t, d)
            loss = float(function.evaluate())
            g = function.gradient()
            return Point(t, loss, float(g @ d), g)

        found = strong_wolfe(
            at,
            Point(0.0, memory.loss, slope, memory.gradient),
            memory.t,
            float(np.abs(d).max()),
            tolerance=group["tolerance_change"],
            limit=group["max_eval"] - function.evaluations,
        )
        memory.t = found.t
        function.put(origin, found.t, d)
        return found.loss, found.gradient

    def _loaded(self, p: Tensor, group: Mapping[str, Any], name: str, value: Any) -> Any:
        """Return a copy of a saved entry: one array or number for all parameters, or a list of such."""
        if isinstance(value, (list, tuple)):
            return [self._loaded(p, group, name, item) for item in value]
        return as_tensor(np.array(value)) if isinstance(value, np.ndarray) else value
