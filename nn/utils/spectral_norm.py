"""Spectral norm as a hook that recomputes the weight before each forward; `parametrizations` has its successor."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd_np import Tensor, no_grad, randn
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn._hooks import HookHandle
from nn.module import Module
from nn.parameter import Parameter
from nn.utils._norms import as_matrix, power_iterations
from nn.utils.weight_norm import hook_of, taken

__all__ = ["remove_spectral_norm", "spectral_norm"]

AnyModule = TypeVar("AnyModule", bound=Module)


class _SpectralNorm:
    """The hook: sets the weight to itself over its largest singular value."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps
        self.handle: HookHandle | None = None

    def computed(self, module: Module, *, iterate: bool) -> Tensor:
        """Return the weight, in training after going on with the power iteration."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = (getattr(module, f"{self.name}_{which}") for which in "uv")
        matrix = as_matrix(weight, self.dim)
        if iterate:
            u, v = power_iterations(matrix.detach(), u, v, self.n_power_iterations, self.eps, first="v")
            setattr(module, f"{self.name}_u", u)
            setattr(module, f"{self.name}_v", v)
        return weight / (u @ (matrix @ v))

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.computed(module, iterate=module.training))


def spectral_norm(
    module: AnyModule,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> AnyModule:
    """Divide a weight by its largest singular value, so that the layer stretches nothing.

    'weight_orig' takes the place of 'weight' among the parameters. The value is found by the power method, which goes
    on by `n_power_iterations` in each forward of training. New programs use `nn.utils.parametrizations.spectral_norm`.

    Args:
        module: the module.
        name: which parameter.
        n_power_iterations: steps of the power method per forward.
        eps: smallest length that a vector is divided by.
        dim: axis of the outputs; None for 1 in transposed convolutions and 0 in all others.

    Raises: ArgumentError if it is done already, or for fewer iterations than 1.
    Source: Miyato et al. (2018), algorithm 1; torch.nn.utils.spectral_norm.

    Example:
        >>> import nn
        >>> layer = spectral_norm(nn.Linear(3, 2))
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if hook_of(module, _SpectralNorm, name) is not None:
        raise ArgumentError(f"spectral_norm: {name} of {type(module).__name__} has a spectral norm already")
    if n_power_iterations < 1:
        raise ArgumentError(f"spectral_norm: n_power_iterations must be at least 1, got {n_power_iterations}")
    weight = taken(module, name, "spectral_norm")
    hook = _SpectralNorm(name, n_power_iterations, output_axis(module) if dim is None else dim, eps)
    with no_grad():
        for which, size in zip("uv", as_matrix(weight, hook.dim).shape, strict=True):
            start = F.normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps)
            module.register_buffer(f"{name}_{which}", start)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())
    hook.handle = module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Make the weight a parameter again, with its present value.

    Raises: ArgumentError if there is no spectral norm.
    Source: torch.nn.utils.remove_spectral_norm.

    Example:
        >>> import nn
        >>> list(remove_spectral_norm(spectral_norm(nn.Linear(3, 2))).state_dict())
        ['bias', 'weight']
    """
    hook = hook_of(module, _SpectralNorm, name)
    if hook is None:
        raise ArgumentError(f"remove_spectral_norm: {name} of {type(module).__name__} has no spectral norm")
    hook.handle.remove()
    weight = hook.computed(module, iterate=False).detach()
    for left in (name, f"{name}_orig", f"{name}_u", f"{name}_v"):
        delattr(module, left)
    module.register_parameter(name, Parameter(weight))
    return module


def output_axis(module: Module) -> int:
    """Return the axis of the outputs in a layer's weight."""
    return 1 if getattr(module, "transposed", False) else 0
