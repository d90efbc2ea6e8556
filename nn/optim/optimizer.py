"""Optimizer: owns groups of parameters, their state, and the loop; a subclass says in which direction to go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from autograd_np import Tensor, as_tensor, at_every_replay, enable_grad, no_grad
from autograd_np.errors import ArgumentError
from nn.optim._flat import Array, Run, runs_of
from nn.optim._hooks import OptimizerHooks

__all__ = ["Optimizer", "Params"]

#: Parameters, or groups of them with settings of their own.
Params: TypeAlias = Iterable[Tensor] | Iterable[Mapping[str, Any]] | Iterable[tuple[str, Tensor]]


class Optimizer(OptimizerHooks):
    """Base of all optimisers: `step` subtracts lr times the subclass's `direction` from each parameter.

    Weight decay, `maximize`, groups and saved state are handled here. A subclass names its state in `buffers` and
    `numbers` and computes with flat arrays in `direction`, which is called on several threads at once; one that cannot
    work on flat arrays overrides `update_group` instead.

    Args:
        params: parameters, or dictionaries with 'params' and settings of their own.
        defaults: settings of groups that do not give them.

    Raises:
        ArgumentError: for no parameters, duplicates, results of operations, or settings out of range.
        TypeError: for what are no parameters.
    Source: torch.optim.Optimizer.

    Example:
        >>> import autograd_np as ag
        >>> class SignSGD(Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...     def direction(self, g, s, group):
        ...         return np.sign(g)
        >>> w = ag.tensor([1.0, -2.0], requires_grad=True)
        >>> (w ** 2).sum().backward(); SignSGD([w]).step(); w
        tensor([ 0.9, -1.9], requires_grad=True)
    """

    #: Whether `direction` reads the parameters themselves, as `s.values`.
    reads_values = False
    #: Arrays of state that do not have their parameter's shape.
    shaped_otherwise: frozenset[str] = frozenset()

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._runs: dict[int, tuple[list[int], tuple[str, ...], list[Run]]] = {}
        self._steps_taken = 0
        self._hooks = {}
        given: Any = params
        if isinstance(given, Tensor) or not isinstance(given, Iterable):
            fix = "model.parameters()" if hasattr(given, "parameters") else "[w]"
            raise TypeError(
                f"{self._name}: expected an iterable of parameters or of groups, got {type(given).__name__}\n"
                f"  fix: pass {fix}"
            )
        listed = list(given)
        if not listed:
            raise ArgumentError(
                f"{self._name}: there are no parameters\n"
                "  fix: a generator such as model.parameters() can be used once only; does the model have any?"
            )
        groups = listed if isinstance(listed[0], Mapping) else [{"params": listed}]
        for group in groups:
            self.add_param_group(dict(group))

    @property
    def _name(self) -> str:
        return type(self).__name__

    # --- what a subclass gives ------------------------------------------------------------------------------------

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the name and initial value of each array that is kept per parameter."""
        return {}

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the name and initial value of each number that is kept per parameter; 'step' counts by itself."""
        return {}

    def rate(self, s: SimpleNamespace, group: Mapping[str, Any]) -> float:
        """Return the factor of the direction; called once per step, before `direction`, to update the numbers in `s`.

        Args:
            s: `step` (from 1), the other numbers named in `numbers`, and `first` (no state before).
            group: the settings.
        """
        return float(group["lr"])

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return what, times `rate`, is subtracted from the parameters.

        Args:
            g: gradients, one after the other; not to be written.
            s: the arrays named in `buffers`, to be updated in place, and everything that `rate` was given or set.
            group: the settings.
        """
        raise NotImplementedError(f"{self._name} has no direction(g, s, group)")

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range; subclasses add their own."""
        self.require(group, "lr", lambda lr: lr >= 0, "at least 0")
        self.require(group, "weight_decay", lambda decay: decay >= 0, "at least 0")
        self.require(group, "differentiable", lambda wanted: not wanted, "False: the update itself is not recorded")
        if group.get("foreach") and group.get("fused"):
            raise ArgumentError(f"{self._name}: foreach and fused are two ways to compute the same; set at most one")

    def require(self, group: Mapping[str, Any], name: str, holds: Callable[[Any], bool], expected: str) -> None:
        """Raise ArgumentError unless a setting, where the group has it, is what is expected."""
        value = group.get(name, None)
        try:
            fits = name not in group or bool(holds(value))
        except TypeError:
            fits = False
        if not fits:
            raise ArgumentError(f"{self._name}: {name} must be {expected}, got {value!r}")

    # --- parameters -----------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own, for example layers that are to be trained from now on.

        Raises: ArgumentError or TypeError, as the constructor.
        Source: torch.optim.Optimizer.add_param_group.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{self._name}: a group must be a dictionary with 'params', got {param_group!r}")
        given = param_group["params"]
        if isinstance(given, (set, frozenset)):
            raise TypeError(f"{self._name}: a set of parameters has no order\n  fix: pass a list")
        params = [given] if isinstance(given, Tensor) else list(given)
        names = [p[0] for p in params if isinstance(p, tuple)]
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        self._check_names(len(names), len(params), named=bool(names) or "param_names" in param_group)
        if not params:
            raise ArgumentError(f"{self._name}: a group without parameters")
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: parameter {i} must be a Tensor, got {type(p).__name__}")
            if not p.is_leaf:
                raise ArgumentError(
                    f"{self._name}: parameter {i} of shape {p.shape} is the result of an operation, not a leaf\n"
                    "  fix: make it a leaf with x.detach().requires_grad_(), or optimise what it was computed from"
                )
            if id(p) in known:
                raise ArgumentError(
                    f"{self._name}: parameter {i} of shape {p.shape} is there twice, so it would be updated twice\n"
                    "  fix: list each parameter once, in one group"
                )
            known.add(id(p))
        group = {"params": params, **{k: param_group.get(k, v) for k, v in self.defaults.items()}}
        group.update({k: v for k, v in param_group.items() if k != "params"})
        if names:
            group["param_names"] = names
        self.check(group)
        self.param_groups.append(group)

    def _check_names(self, names: int, params: int, *, named: bool) -> None:
        """Raise ArgumentError unless all parameters of all groups have names, or none has."""
        if names not in (0, params):
            raise ArgumentError(f"{self._name}: {names} of {params} parameters have names\n  fix: name all, or none")
        if self.param_groups and named != ("param_names" in self.param_groups[0]):
            known, new = ("with", "without") if "param_names" in self.param_groups[0] else ("without", "with")
            raise ArgumentError(
                f"{self._name}: the groups so far are {known} names, this one is {new}\n"
                "  fix: pass named_parameters() for all groups, or for none"
            )

    @at_every_replay
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients.

        Args:
            set_to_none: False fills them with zeros instead.

        Source: torch.optim.Optimizer.zero_grad.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = None if set_to_none else as_tensor(np.zeros(p.shape, p.dtype))

    # --- the step -------------------------------------------------------------------------------------------------

    @at_every_replay
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss anew and calls backward, where the caller wants that done here.

        Returns: what the closure returned, or None.
        Source: torch.optim.Optimizer.step.
        """
        self._steps_taken += 1
        if not self._hooks:
            return self._step(closure)
        args: tuple[Any, ...] = (self,) if closure is None else (self, closure)
        kwargs: dict[str, Any] = {}
        for hook in self._functions("step_pre"):
            changed = hook(self, args, kwargs)
            if changed is not None:
                args, kwargs = changed
        loss = self._step(*args[1:], **kwargs)
        for hook in self._functions("step_post"):
            hook(self, args, kwargs)
        return loss

    def _step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for number, group in enumerate(self.param_groups):
                self.update_group(number, group)
        return loss

    def update_group(self, number: int, group: dict[str, Any]) -> None:
        """Update the parameters of one group that have a gradient.

        Args:
            number: its place among the groups.
            group: its parameters and settings.
        """
        for run in self._current_runs(number, group):
            self._advance(run, group)

    def _current_runs(self, number: int, group: dict[str, Any]) -> list[Run]:
        """Return the runs of a group's parameters that have a gradient; those of the last step if nothing changed."""
        active = [p for p in group["params"] if p.grad is not None]
        if not active:
            return []
        ids = [id(p) for p in active]
        buffers, numbers = self.buffers(group), self.numbers(group)
        wanted = (*buffers, *numbers)
        known = self._runs.get(number)
        if known is not None and known[:2] == (ids, wanted) and all(run.holds(self.state) for run in known[2]):
            return known[2]
        runs = runs_of(active, buffers, numbers, self.state)
        self._runs[number] = (ids, wanted, runs)
        return runs

    def _advance(self, run: Run, group: dict[str, Any]) -> None:
        """Take a step with the parameters of one run."""
        lr = float(group["lr"])
        decay = float(group.get("weight_decay", 0.0))
        decoupled = group.get("decoupled_weight_decay", False)
        maximize = group.get("maximize", False)
        numbers = run.begin(f"{self._name}.step")
        rate = self.rate(numbers, group)
        run.keep(numbers)

        def change(gradient: Array, values: Array | None, state: SimpleNamespace, out: Array) -> None:
            state.__dict__.update(numbers.__dict__, values=values)
            g = np.negative(gradient) if maximize else gradient
            if values is None or not decay:
                np.multiply(self.direction(g, state, group), rate, out=out)
            elif decoupled:
                np.multiply(self.direction(g, state, group), rate, out=out)
                np.add(out, (lr * decay) * values, out=out)
            else:
                np.multiply(self.direction(g + decay * values, state, group), rate, out=out)

        run.subtract(change, with_values=decay != 0.0 or self.reads_values)
        run.done()

    # --- saving ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state by the parameters' positions, and the settings of the groups.

        Source: torch.optim.Optimizer.state_dict.
        """
        self._called("state_dict_pre")
        numbers: dict[int, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
        groups = [
            {**{k: v for k, v in group.items() if k != "params"}, "params": [numbers[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {numbers[id(p)]: dict(entries) for p, entries in self.state.items() if id(p) in numbers and entries}
        found: dict[str, Any] = self._called("state_dict_post", {"state": state, "param_groups": groups})
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the settings that another optimiser of the same kind returned, here or in PyTorch.

        Arrays may be NumPy's. Settings that the state does not mention stay as they are. Nothing is changed if
        something does not fit.

        Raises: ArgumentError if the groups do not have the same numbers of parameters, a shape differs, or it is no
            state of an optimiser.
        Source: torch.optim.Optimizer.load_state_dict.
        """
        try:
            merged, state = self._merged(self._called("load_pre", dict(state_dict)))
        except ArgumentError:
            raise
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ArgumentError(
                f"{self._name}.load_state_dict: this is no state of an optimiser ({type(error).__name__}: "
                f"{str(error)[:200]})\n  fix: load what its state_dict() returned"
            ) from error
        self.state = state
        self.param_groups = merged
        self._runs = {}
        self._called("load_post")

    def _merged(
        self, state_dict: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], defaultdict[Tensor, dict[str, Any]]]:
        """Return the groups and the state that a saved state gives."""
        groups = state_dict["param_groups"]
        own = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in groups]
        if own != given:
            raise ArgumentError(
                f"{self._name}.load_state_dict: the groups here have {own} parameters, those in the state {given}"
            )
        merged = [
            {**group, **{k: v for k, v in saved.items() if k != "params"}}
            for saved, group in zip(groups, self.param_groups, strict=True)
        ]
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for saved, group in zip(groups, merged, strict=True):
            self.check(group)
            for number, p in zip(saved["params"], group["params"], strict=True):
                for name, value in state_dict["state"].get(number, {}).items():
                    # Old files of PyTorch hold None for what was not used.
                    if value is not None:
                        state[p][name] = self._loaded(p, group, name, value)
        return merged, state

    def _loaded(self, p: Tensor, group: Mapping[str, Any], name: str, value: Any) -> Any:
        """Return a copy of a saved entry, in the parameter's type where it is one array per parameter."""
        if not isinstance(value, (Tensor, np.ndarray)) and name not in self.buffers(group):
            return value
        array = np.array(as_tensor(value).numpy(force=True))
        if name in self.numbers(group):
            return as_tensor(array)
        if array.ndim and array.shape != p.shape and name not in self.shaped_otherwise:
            raise ArgumentError(
                f"{self._name}.load_state_dict: {name} has shape {array.shape}, its parameter {p.shape}"
            )
        return as_tensor(array.astype(p.dtype))

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_runs", "_hooks")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._runs = {}
        self._hooks = {}

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            settings = [f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params"]
            lines += [f"Parameter Group {i}", *settings]
        return f"{self._name} (\n" + "\n".join(lines) + "\n)"
