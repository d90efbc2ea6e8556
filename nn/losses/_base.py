"""What all losses share: how the losses of the samples become one number, and factors of classes or elements."""

from __future__ import annotations

from autograd_np import Tensor
from nn.functional._reduction import named
from nn.module import Module

__all__ = ["Loss", "WeightedLoss"]


class Loss(Module):
    """A loss with its reduction; PyTorch's two older arguments overrule the newer one where they are given."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = named(reduction, size_average, reduce)


class WeightedLoss(Loss):
    """A loss with a factor for each class or element, which is saved with the state."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
