"""Loading a state_dict: everything is compared before anything is changed, and all that does not fit is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from autograd_np import Tensor, as_tensor, no_grad
from autograd_np.errors import ArgumentError

__all__ = ["LoadedKeys", "load_into", "named_state"]


class LoadedKeys(NamedTuple):
    """The keys that a load without `strict` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched>"
        return f"LoadedKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def named_state(module: Any, prefix: str = "") -> Iterator[tuple[str, Any, str, Tensor]]:
    """Yield (key, owner, attribute, tensor) for what a module saves, a module's own before its submodules'.

    A shared tensor appears under each of its names, so that a file can be loaded into a model that does not share it.
    """
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, module, name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._not_saved:
            yield prefix + name, module, name, buffer
    for name, child in module._modules.items():
        if child is not None:
            yield from named_state(child, f"{prefix}{name}.")


def load_into(module: Any, state: Mapping[str, Any], *, strict: bool, assign: bool) -> LoadedKeys:
    """Copy the values into the module; with `assign`, put the given tensors in the place of its own.

    Raises: ArgumentError listing missing, unexpected and mis-shaped keys; the module is then unchanged.
    """
    own = list(named_state(module))
    wanted = {key for key, *_ in own}
    missing = [key for key, *_ in own if key not in state]
    unexpected = [key for key in state if key not in wanted]
    given = {key: as_tensor(state[key]) for key, *_ in own if key in state}
    misshaped = [
        f"{key}: {tuple(given[key].shape)} in the state, {tuple(tensor.shape)} in the module"
        for key, _, _, tensor in own
        if key in given and given[key].shape != tensor.shape
    ]
    problems = []
    if strict and missing:
        problems.append(f"missing: {', '.join(missing)}")
    if strict and unexpected:
        problems.append(f"unexpected: {', '.join(unexpected)}")
    if misshaped:
        problems.append("of another shape:\n    " + "\n    ".join(misshaped))
    if problems:
        fix = "build the model with the settings it was saved with"
        if not misshaped:
            fix += ", or pass strict=False to load the keys that match"
        raise ArgumentError(
            f"load_state_dict: the state does not fit {type(module).__name__}\n  "
            + "\n  ".join(problems)
            + f"\n  fix: {fix}"
        )
    with no_grad():
        for key, owner, name, tensor in own:
            if key in given:
                _enter(owner, name, tensor, given[key], assign=assign)
    return LoadedKeys(missing, unexpected)


def _enter(owner: Any, name: str, tensor: Tensor, value: Tensor, *, assign: bool) -> None:
    if not assign:
        tensor.copy_(value)
    elif name in owner._parameters:
        kind = type(tensor)
        new = value if isinstance(value, kind) else kind(value, requires_grad=tensor.requires_grad)
        owner._parameters[name] = new
    else:
        owner._buffers[name] = value
