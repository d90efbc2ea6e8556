"""How alike or how far apart two vectors are, as layers."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn.module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """Return the cosine of the angle between vectors.

    Args:
        dim: the axis along which the vectors lie.
        eps: least value that a norm is divided by.

    Shapes: any two that broadcast -> the same without `dim`.
    Source: torch.nn.CosineSimilarity.

    Example:
        >>> import autograd_np as ag
        >>> CosineSimilarity()(ag.tensor([[3.0, 4.0]]), ag.tensor([[3.0, 0.0]]))
        tensor([0.6])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the cosines."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Return the norm of the difference of each vector and its partner.

    Args:
        p: order of the norm.
        eps: added to every difference, so that the distance of equal vectors has a gradient.
        keepdim: leave the vectors' axis with size 1.

    Shapes: (N, D) and (N, D), or (D,) and (D,) -> (N,) or ().
    Source: torch.nn.PairwiseDistance.

    Example:
        >>> import autograd_np as ag
        >>> PairwiseDistance(eps=0.0)(ag.tensor([[1.0, 2.0]]), ag.tensor([[4.0, 6.0]]))
        tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
