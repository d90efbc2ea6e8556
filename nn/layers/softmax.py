"""Scores turned into probabilities along an axis."""

from __future__ import annotations

from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn import functional as F
from nn.module import Module

__all__ = [
    "LogSoftmax",
    "Softmax",
    "Softmax2d",
    "Softmin",
]


class Softmax(Module):
    """Turn scores into probabilities: eˣ divided by its sum along an axis.

    Args:
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim.
    Source: torch.nn.Softmax.

    Example:
        >>> import autograd_np as ag
        >>> Softmax(dim=-1)(ag.tensor([0.0, 0.0]))
        tensor([0.5, 0.5])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Turn the scores of each pixel into probabilities over the channels.

    Shapes: (N, K, H, W) or (K, H, W) -> the same.
    Raises: ShapeError for another number of axes.
    Source: torch.nn.Softmax2d.

    Example:
        >>> import autograd_np as ag
        >>> Softmax2d()(ag.zeros(2, 1, 1)).flatten()
        tensor([0.5, 0.5])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        if input.ndim not in {3, 4}:
            raise ShapeError(f"Softmax2d: expected an input of shape (N, K, H, W) or (K, H, W), got {input.shape}")
        return F.softmax(input, -3)


class LogSoftmax(Module):
    """Return the logarithm of the softmax, computed without overflow.

    Args:
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim.
    Source: torch.nn.LogSoftmax.

    Example:
        >>> import autograd_np as ag
        >>> LogSoftmax(dim=-1)(ag.tensor([0.0, 0.0]))
        tensor([-0.6931, -0.6931])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}"


class Softmin(Module):
    """Return the softmax of the negated scores: the smallest gets the most.

    Args:
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim.
    Source: torch.nn.Softmin.

    Example:
        >>> import autograd_np as ag
        >>> Softmin(dim=-1)(ag.tensor([0.0, 0.0]))
        tensor([0.5, 0.5])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.softmin(input, self.dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}"
