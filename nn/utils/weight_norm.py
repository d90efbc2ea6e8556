"""Weight norm as a hook that recomputes the weight before each forward; `parametrizations` has its successor."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn._hooks import HookHandle
from nn.module import Module
from nn.parameter import Parameter
from nn.utils._norms import checked_axis, norms_along, scaled

__all__ = ["remove_weight_norm", "weight_norm"]

AnyModule = TypeVar("AnyModule", bound=Module)


class _WeightNorm:
    """The hook: sets the weight to g·v / |v|."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = dim
        self.handle: HookHandle | None = None

    def computed(self, module: Module) -> Tensor:
        """Return the weight."""
        return scaled(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.computed(module))


def hook_of(module: Module, kind: type[Any], name: str) -> Any:
    """Return the hook of a kind for a tensor's name, or None."""
    functions = [hook.function for hook in module._hooks.values()]
    return next((f for f in functions if isinstance(f, kind) and f.name == name), None)


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    """Train the lengths and the directions of a weight's slices apart: w = g·v / |v|.

    'weight_g' and 'weight_v' take the place of 'weight' among the parameters. New programs use
    `nn.utils.parametrizations.weight_norm`, which needs no hook.

    Args:
        module: the module.
        name: which parameter.
        dim: axis along which each slice has a length of its own; None for one length.

    Raises: ArgumentError if it is done already, or the axis does not fit.
    Source: Salimans and Kingma (2016); torch.nn.utils.weight_norm.

    Example:
        >>> import nn
        >>> layer = weight_norm(nn.Linear(3, 2))
        >>> {key: tuple(p.shape) for key, p in layer.named_parameters()}
        {'bias': (2,), 'weight_g': (2, 1), 'weight_v': (2, 3)}
    """
    if hook_of(module, _WeightNorm, name) is not None:
        raise ArgumentError(f"weight_norm: {name} of {type(module).__name__} has a weight norm already")
    weight = taken(module, name, "weight_norm")
    hook = _WeightNorm(name, checked_axis(dim, weight.ndim, "weight_norm"))
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(norms_along(weight.detach(), hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.computed(module).detach())
    hook.handle = module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Make the weight a parameter again, with its present value.

    Raises: ArgumentError if there is no weight norm.
    Source: torch.nn.utils.remove_weight_norm.

    Example:
        >>> import nn
        >>> list(remove_weight_norm(weight_norm(nn.Linear(3, 2))).state_dict())
        ['bias', 'weight']
    """
    hook = hook_of(module, _WeightNorm, name)
    if hook is None:
        raise ArgumentError(f"remove_weight_norm: {name} of {type(module).__name__} has no weight norm")
    hook.handle.remove()
    weight = hook.computed(module).detach()
    for left in (name, f"{name}_g", f"{name}_v"):
        delattr(module, left)
    module.register_parameter(name, Parameter(weight))
    return module


def taken(module: Module, name: str, what: str) -> Parameter:
    """Return a parameter; raise ArgumentError if there is none of the name."""
    weight = module._parameters.get(name)
    if weight is None:
        raise ArgumentError(f"{what}: {type(module).__name__} has no parameter {name!r}")
    return weight
