"""Layers that map features linearly or only rearrange them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["Bilinear", "Flatten", "Identity", "Linear", "Unflatten"]


class Identity(Module):
    """Return the input; takes any arguments, so that it can stand in for another layer.

    Shapes: any -> the same.
    Source: torch.nn.Identity.

    Example:
        >>> import autograd_np as ag
        >>> Identity(54, unused=True)(ag.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Linear(Module):
    """Multiply by a weight and add a bias: y = x·Wᵀ + b.

    Both are drawn uniformly within ±1/√in_features, as `kaiming_uniform_` with a = √5 gives it.

    Args:
        in_features: D.
        out_features: O.
        bias: False leaves b out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (*, D) -> (*, O); weight (O, D), bias (O,).
    Source: torch.nn.Linear.

    Example:
        >>> import autograd_np as ag
        >>> layer = Linear(3, 2)
        >>> layer, layer(ag.ones(5, 3)).shape
        (Linear(in_features=3, out_features=2, bias=True), (5, 2))
    """

    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(ag.empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Return x·Wᵀ + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """Combine two vectors by one matrix for each feature of the result: y = x1ᵀ·W·x2 + b.

    Weight and bias are drawn uniformly within ±1/√in1_features.

    Args:
        in1_features: M.
        in2_features: P.
        out_features: O.
        bias: False leaves b out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (*, M) and (*, P) -> (*, O); weight (O, M, P), bias (O,).
    Raises: ArgumentError for less than one feature on the left.
    Source: torch.nn.Bilinear.

    Example:
        >>> import autograd_np as ag
        >>> Bilinear(3, 4, 2)(ag.ones(5, 3), ag.ones(5, 4)).shape
        (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ArgumentError(f"Bilinear: in1_features must be at least 1, got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(ag.empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Return x1ᵀ·W·x2 + b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Flatten(Module):
    """Make one axis of several, by default of all but the first.

    Args:
        start_dim: first of them.
        end_dim: last of them.

    Shapes: (N, C, H, W) -> (N, C·H·W) by default.
    Source: torch.nn.Flatten.

    Example:
        >>> import autograd_np as ag
        >>> Flatten()(ag.ones(5, 2, 3, 3)).shape
        (5, 18)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with fewer axes."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Make several axes of one.

    Args:
        dim: the axis.
        unflattened_size: sizes of the new axes; one may be -1.

    Shapes: (N, C·H·W) -> (N, C, H, W) with dim 1 and sizes (C, H, W).
    Raises: ShapeError if the sizes do not multiply to that of the axis, IndexingError if there is no such axis.
    Source: torch.nn.Unflatten.

    Example:
        >>> import autograd_np as ag
        >>> Unflatten(1, (2, 3, 3))(ag.ones(5, 18)).shape
        (5, 2, 3, 3)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with more axes."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
