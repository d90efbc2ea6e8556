"""Random omissions during training, scaled so that evaluation needs no correction."""

from __future__ import annotations

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


class _Dropout(Module):
    """What all forms share: the probability."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ArgumentError(f"{self._get_name()}: the probability must lie in [0, 1], got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training set each element to zero with probability p, and divide the others by 1 - p.

    Args:
        p: probability of being set to zero.
        inplace: write into the input.

    Shapes: any -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Srivastava et al. (2014); torch.nn.Dropout.

    Example:
        >>> import autograd_np as ag
        >>> layer = Dropout(0.5)
        >>> sorted(set(layer(ag.ones(100)).tolist())), layer.eval()(ag.ones(2))
        ([0.0, 2.0], tensor([1., 1.]))
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random zeros in training, the input itself in evaluation."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """In training set whole channels of sequences to zero with probability p.

    Args:
        p: probability of being set to zero.
        inplace: write into the input.

    Shapes: (N, C, L) or (C, L) -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: torch.nn.Dropout1d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(Dropout1d(0.5)(ag.ones(50, 1, 2)).sum(-1).flatten().tolist()))
        [0.0, 4.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random channels at zero in training, the input itself in evaluation."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training set whole channels of images to zero with probability p.

    Args:
        p: probability of being set to zero.
        inplace: write into the input.

    Shapes: (N, C, H, W) or (C, H, W) -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Tompson et al. (2015); torch.nn.Dropout2d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(Dropout2d(0.5)(ag.ones(50, 1, 2, 2)).sum((-1, -2)).flatten().tolist()))
        [0.0, 8.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random channels at zero in training, the input itself in evaluation."""
        return F.dropout2d(input, self.p, self.training, self.inplace)
