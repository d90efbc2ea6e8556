"""Layers that give each sample mean 0 and variance 1, over its features, over groups of channels, or near a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.layers._channel_norm import reset_affine
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


def _as_shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (normalized_shape,)


class LayerNorm(Module):
    """Normalise each sample over its last axes, then scale and shift every element.

    Args:
        normalized_shape: sizes of these axes.
        eps: added to the variance.
        elementwise_affine: learn a scale and a shift per element.
        bias: False leaves the shift out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (*, *normalized_shape) -> the same.
    Source: Ba, Kiros and Hinton (2016); torch.nn.LayerNorm.

    Example:
        >>> import autograd_np as ag
        >>> LayerNorm(2, eps=0.0, elementwise_affine=False)(ag.tensor([[1.0, 3.0]]))
        tensor([[-1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine

        def new(wanted: bool) -> Parameter | None:
            return Parameter(ag.empty(self.normalized_shape, device=device, dtype=dtype)) if wanted else None

        self.register_parameter("weight", new(elementwise_affine))
        self.register_parameter("bias", new(elementwise_affine and bias))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set scale to one and shift to zero."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divide each sample by its root mean square over its last axes, then scale every element.

    Args:
        normalized_shape: sizes of these axes.
        eps: added to the mean square; the type's machine epsilon if not given.
        elementwise_affine: learn a scale per element.
        device: the CPU.
        dtype: type of the scale.

    Shapes: (*, *normalized_shape) -> the same.
    Source: Zhang and Sennrich (2019); torch.nn.RMSNorm.

    Example:
        >>> import autograd_np as ag
        >>> RMSNorm(2, eps=0.0, elementwise_affine=False)(ag.tensor([[1.0, 7.0]]))
        tensor([[0.2, 1.4]])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        scale = ag.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if scale is None else Parameter(scale))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the scale to one."""
        reset_affine(self.weight, None)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalise each sample over groups of channels, then scale and shift each channel.

    Args:
        num_groups: into how many groups the channels fall.
        num_channels: C.
        eps: added to the (biased) variance.
        affine: learn a scale and a shift per channel.
        device: the CPU.
        dtype: type of the parameters.
        bias: False leaves the shift out.

    Shapes: (N, C, *) -> the same.
    Raises: ArgumentError if the groups do not divide the channels.
    Source: Wu and He (2018); torch.nn.GroupNorm.

    Example:
        >>> import autograd_np as ag
        >>> GroupNorm(2, 4, eps=0.0, affine=False)(ag.tensor([[1.0, 3.0, 10.0, 30.0]]))
        tensor([[-1.,  1., -1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ArgumentError(f"GroupNorm: num_groups must divide the {num_channels} channels, got {num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine

        def new(wanted: bool) -> Parameter | None:
            return Parameter(ag.empty(num_channels, device=device, dtype=dtype)) if wanted else None

        self.register_parameter("weight", new(affine))
        self.register_parameter("bias", new(affine and bias))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set scale to one and shift to zero."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divide each element by a power of the mean square of its neighbours in the channels.

    Args:
        size: how many channels are neighbours, the element's own among them.
        alpha: weight of their mean square.
        beta: the power.
        k: added to it, so that small values stay what they are.

    Shapes: (N, C, *) -> the same.
    Source: Krizhevsky, Sutskever and Hinton (2012); torch.nn.LocalResponseNorm.

    Example:
        >>> import autograd_np as ag
        >>> LocalResponseNorm(1, alpha=1.0, beta=0.5, k=0.0)(ag.tensor([[[3.0], [-4.0]]]))
        tensor([[[ 1.],
                 [-1.]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
