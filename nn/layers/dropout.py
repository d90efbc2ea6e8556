"""Random omissions during training, scaled so that evaluation needs no correction."""

from __future__ import annotations

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


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


class Dropout3d(_Dropout):
    """In training set whole channels of volumes to zero with probability p.

    Args:
        p: probability of being set to zero.
        inplace: write into the input.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Tompson et al. (2015); torch.nn.Dropout3d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(Dropout3d(0.5)(ag.ones(50, 1, 2, 2, 2)).sum((-1, -2, -3)).flatten().tolist()))
        [0.0, 16.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random channels at zero in training, the input itself in evaluation."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """In training set elements to SELU's lower limit with probability p, and keep mean 0 and variance 1.

    Args:
        p: probability of being set to the limit.
        inplace: write into the input.

    Shapes: any -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Klambauer et al. (2017); torch.nn.AlphaDropout.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.randn(100, 100)
        >>> bool((AlphaDropout(0.2)(x).std() - 1).abs() < 0.1), AlphaDropout(0.2).eval()(x) is x
        (True, True)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random elements at the limit in training, the input itself in evaluation."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """In training set whole channels to SELU's lower limit with probability p, and keep mean 0 and variance 1.

    Args:
        p: probability of being set to the limit.
        inplace: write into the input.

    Shapes: (N, C, *) -> the same.
    Raises: ArgumentError for a probability outside [0, 1], ShapeError for fewer than two axes.
    Source: torch.nn.FeatureAlphaDropout.

    Example:
        >>> import autograd_np as ag
        >>> FeatureAlphaDropout(0.2)(ag.randn(4, 3, 5)).shape
        (4, 3, 5)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random channels at the limit in training, the input itself in evaluation."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
