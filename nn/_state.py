"""Saving and loading a module's state: all is compared before anything is changed, and what does not fit is listed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from autograd_np import Tensor, as_tensor, no_grad
from autograd_np.errors import ArgumentError, AutogradError, did_you_mean
from nn._hooks import Hook, HookHandle, Hooks
from nn._registry import Registry
from nn.parameter import Parameter, is_lazy

__all__ = ["LoadedKeys", "Stateful"]

#: The key under which a module saves what is no tensor.
EXTRA = "_extra_state"
#: So many misspelt keys are told what was meant; more are another model's.
_FEW = 8


class LoadedKeys(NamedTuple):
    """The keys that a load without `strict` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"LoadedKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Stateful(Registry):
    """The part of Module that is saved: its parameters, persistent buffers and extra state, by dotted name."""

    _state_hooks: Hooks

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_state_hooks"] = {}

    def get_extra_state(self) -> Any:
        """Return what else belongs into `state_dict`; subclasses that have something define this and the next.

        Source: torch.nn.Module.get_extra_state.
        """
        raise NotImplementedError(f"{type(self).__name__} has no extra state\n  fix: define get_extra_state(self)")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned.

        Source: torch.nn.Module.set_extra_state.
        """
        raise NotImplementedError(
            f"{type(self).__name__} cannot take extra state\n  fix: define set_extra_state(self, state)"
        )

    def _saved_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield this module's own parameters and persistent buffers by name.

        A shared tensor appears under each of its names, so that a file can be loaded into a model that does not share.
        """
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._not_saved:
                yield name, buffer

    def _has_extra_state(self) -> bool:
        return type(self).get_extra_state is not Stateful.get_extra_state

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Return the parameters and persistent buffers by dotted name, sharing memory with the module.

        Args:
            destination: a dictionary to fill instead of a new one.
            prefix: put before every name.
            keep_vars: return the parameters themselves, not detached.

        Source: torch.nn.Module.state_dict.

        Example:
            >>> import nn
            >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU()).state_dict())
            ['0.weight', '0.bias']
        """
        state = OrderedDict[str, Any]() if destination is None else destination
        for hook in _functions(self, "save_pre"):
            hook(self, prefix, keep_vars)
        for name, tensor in self._saved_tensors():
            state[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if self._has_extra_state():
            state[prefix + EXTRA] = self.get_extra_state()
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in _functions(self, "save_post"):
            if hook(self, state, prefix, {}) is not None:
                raise ArgumentError("state_dict: a post-hook changes the dictionary it is given, and returns None")
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> LoadedKeys:
        """Copy values by dotted name into the module; nothing is changed if something does not fit.

        Args:
            state_dict: Tensors or arrays by name.
            strict: every key of either side must be there on the other.
            assign: put the given tensors in the place of the module's own instead of copying; what the module
                shares stays shared.

        Raises: ArgumentError listing missing, unexpected and mis-shaped keys.
        Source: torch.nn.Module.load_state_dict.

        Example:
            >>> import nn
            >>> layer = nn.Linear(2, 3)
            >>> layer.load_state_dict(nn.Linear(2, 3).state_dict())
            <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: expected a mapping of names, got {type(state_dict).__name__}")
        return _Load(self, state_dict, strict=strict, assign=assign).run()

    # --- hooks ----------------------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, prefix, keep_vars)` before the state is collected.

        Source: torch.nn.Module.register_state_dict_pre_hook.
        """
        return HookHandle(self._state_hooks, Hook("save_pre", hook))

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after the state is collected, to change it in place.

        Source: torch.nn.Module.register_state_dict_post_hook.
        """
        return HookHandle(self._state_hooks, Hook("save_post", hook))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call a hook before a state is loaded, for example to rename keys of an older version in place.

        It is called as `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)`; what it adds to the last three lists is reported with everything else.

        Source: torch.nn.Module.register_load_state_dict_pre_hook.
        """
        return HookHandle(self._state_hooks, Hook("load_pre", hook))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, incompatible_keys)` after a state is loaded; clearing its lists excuses those keys.

        Source: torch.nn.Module.register_load_state_dict_post_hook.
        """
        return HookHandle(self._state_hooks, Hook("load_post", hook))


def _functions(module: Any, when: str) -> list[Callable[..., Any]]:
    return [hook.function for hook in module._state_hooks.values() if hook.when == when]


class _Own(NamedTuple):
    """A place of the module that a key fills."""

    key: str
    owner: Any
    name: str
    tensor: Tensor


class _Load:
    """One call of `load_state_dict`.

    Args:
        root: the module.
        state: values by key.
        strict: whether missing and unexpected keys are errors.
        assign: whether values replace the module's tensors.
    """

    def __init__(self, root: Any, state: Mapping[str, Any], *, strict: bool, assign: bool) -> None:
        self.root = root
        strange = [key for key in state if not isinstance(key, str)]
        if strange:
            raise ArgumentError(
                f"load_state_dict: expected values by name, got a key of type {type(strange[0]).__name__}\n"
                "  fix: load a module's state_dict(); an optimiser's has numbers"
            )
        # Hooks may change it.
        self.state: dict[str, Any] = OrderedDict(state)
        self.strict = strict
        self.assign = assign
        self.tensors: list[_Own] = []
        self.extras: list[tuple[str, Any]] = []
        self.after: list[tuple[Any, Callable[..., Any]]] = []
        self.problems: list[str] = []
        self.keys = LoadedKeys([], [])

    def run(self) -> LoadedKeys:
        """Compare, load, and return the keys that were passed over."""
        self._collect(self.root, "")
        values = self._compare()
        if self.problems or not self.after:
            self._raise_what_does_not_fit()
        with no_grad():
            replaced: dict[int, Tensor] = {}
            for place, value in values:
                self._enter(place, value, replaced)
        for key, module in self.extras:
            if key in self.state:
                module.set_extra_state(self.state[key])
        for module, hook in self.after:
            if hook(module, self.keys) is not None:
                raise ArgumentError("load_state_dict: a post-hook changes the lists it is given, and returns None")
        self._raise_what_does_not_fit()
        return self.keys

    def _collect(self, module: Any, prefix: str) -> None:
        """List the places of a module and those below, after the hooks have prepared the state for them."""
        messages: list[str] = []
        for hook in _functions(module, "load_pre"):
            hook(module, self.state, prefix, {}, self.strict, *self.keys, messages)
        self.problems += messages
        self.tensors += [_Own(prefix + name, module, name, tensor) for name, tensor in module._saved_tensors()]
        if module._has_extra_state():
            self.extras.append((prefix + EXTRA, module))
        for name, child in module._modules.items():
            if child is not None:
                self._collect(child, f"{prefix}{name}.")
        self.after += [(module, hook) for hook in _functions(module, "load_post")]

    def _compare(self) -> list[tuple[_Own, Tensor]]:
        """Return the values that fit; note the keys that are missing or unexpected, and the values that do not fit."""
        wanted = [*(place.key for place in self.tensors), *(key for key, _ in self.extras)]
        known = set(wanted)
        self.keys.missing_keys.extend(key for key in wanted if key not in self.state)
        self.keys.unexpected_keys.extend(key for key in self.state if key not in known)
        values, misshaped = [], []
        for place in self.tensors:
            if place.key not in self.state:
                continue
            try:
                value = as_tensor(self.state[place.key])
            except AutogradError:
                self.problems.append(f"{place.key}: expected a tensor, got {type(self.state[place.key]).__name__}")
                continue
            if is_lazy(value):
                if not is_lazy(place.tensor):
                    self.problems.append(f"{place.key}: has no values yet in the state, as before a lazy first call")
                continue
            if not is_lazy(place.tensor) and value.shape != place.tensor.shape:
                misshaped.append(f"{place.key}: {value.shape} in the state, {place.tensor.shape} in the module")
            values.append((place, value))
        if misshaped:
            self.problems.append("of another shape:\n    " + "\n    ".join(misshaped))
        return values

    def _raise_what_does_not_fit(self) -> None:
        problems = []
        if self.strict:
            problems += [
                f"{kind}: {', '.join(key + (did_you_mean(key, others) if len(keys) <= _FEW else '') for key in keys)}"
                for kind, keys, others in zip(_KINDS, self.keys, ((), self.keys[0]), strict=True)
                if keys
            ]
        problems += self.problems
        if problems:
            raise ArgumentError(
                f"load_state_dict: the state does not fit {type(self.root).__name__}\n  "
                + "\n  ".join(problems)
                + f"\n  fix: {self._fix()}"
            )

    def _fix(self) -> str:
        """Return what probably went wrong: the names tell it where they are the module's own, but elsewhere."""
        wanted = {place.key for place in self.tensors}
        for key, value in self.state.items():
            if isinstance(value, Mapping) and wanted & value.keys():
                return f"load state_dict[{key!r}], in which the names are those of the module"
        for given, own in ((self.keys.unexpected_keys, wanted), (self.keys.missing_keys, set(self.state))):
            prefixes = {key.partition(".")[0] for key in given}
            if len(prefixes) == 1 and all(key.partition(".")[2] in own for key in given):
                action = "take {!r} off the names" if own is wanted else "put {!r} before the names"
                return action.format(f"{prefixes.pop()}.")
        fix = "build the model with the settings it was saved with"
        return fix if self.problems or not self.strict else f"{fix}, or pass strict=False to load the keys that match"

    def _enter(self, place: _Own, value: Tensor, replaced: dict[int, Tensor]) -> None:
        own = place.tensor
        if not self.assign:
            if is_lazy(own):
                own.materialize(value.shape)
            own.copy_(value)
            return
        new = replaced.get(id(own))
        if new is None:
            new = value
            if isinstance(own, Parameter):
                kept = own.requires_grad
                new = value.requires_grad_(kept) if isinstance(value, Parameter) else Parameter(value, kept)
            replaced[id(own)] = new
        registry = place.owner._parameters if isinstance(own, Parameter) else place.owner._buffers
        registry[place.name] = new


_KINDS = ("missing", "unexpected")
