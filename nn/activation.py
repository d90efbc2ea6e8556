"""Non-linearities as layers."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn.module import Module

__all__ = [
    "ELU",
    "GELU",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


def _in_place(wanted: bool) -> str:
    return ", inplace=True" if wanted else ""


class ReLU(Module):
    """Return max(x, 0).

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Nair and Hinton (2010); torch.nn.ReLU.

    Example:
        >>> import autograd_np as ag
        >>> ReLU()(ag.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return "inplace=True" if self.inplace else ""


class ReLU6(Module):
    """Return min(max(x, 0), 6).

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: torch.nn.ReLU6.

    Example:
        >>> import autograd_np as ag
        >>> ReLU6()(ag.tensor([-1.0, 2.0, 8.0]))
        tensor([0., 2., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.relu6(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """Return x where it is positive, else negative_slope·x.

    Args:
        negative_slope: slope below zero.
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Maas et al. (2013); torch.nn.LeakyReLU.

    Example:
        >>> import autograd_np as ag
        >>> LeakyReLU(0.5)(ag.tensor([-1.0, 2.0]))
        tensor([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.leaky_relu(input, self.negative_slope, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"negative_slope={self.negative_slope}{_in_place(self.inplace)}"


class ELU(Module):
    """Return x where it is positive, else alpha·(eˣ - 1).

    Args:
        alpha: minus the limit on the left.
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Clevert et al. (2016); torch.nn.ELU.

    Example:
        >>> import autograd_np as ag
        >>> ELU()(ag.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.    ])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.elu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"alpha={self.alpha}{_in_place(self.inplace)}"


class GELU(Module):
    """Return x·Φ(x), with Φ the normal distribution function.

    Args:
        approximate: 'none', or 'tanh' for the older formula with a hyperbolic tangent.

    Shapes: any -> the same.
    Source: Hendrycks and Gimpel (2016); torch.nn.GELU.

    Example:
        >>> import autograd_np as ag
        >>> GELU()(ag.tensor([-1.0, 1.0]))
        tensor([-0.1587,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """Return x·σ(x).

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Elfwing et al. (2018); torch.nn.SiLU.

    Example:
        >>> import autograd_np as ag
        >>> SiLU()(ag.tensor([-1.0, 1.0]))
        tensor([-0.2689,  0.7311])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.silu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """Return log(1 + exp(beta·x)) / beta, a smooth ReLU.

    Args:
        beta: how sharp the bend is.
        threshold: above it, beta·x is returned as x, where both agree.

    Shapes: any -> the same.
    Source: torch.nn.Softplus.

    Example:
        >>> import autograd_np as ag
        >>> Softplus()(ag.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.    ])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Sigmoid(Module):
    """Return σ(x) = 1 / (1 + e⁻ˣ).

    Shapes: any -> the same.
    Source: torch.nn.Sigmoid.

    Example:
        >>> import autograd_np as ag
        >>> Sigmoid()(ag.tensor([0.0]))
        tensor([0.5])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.sigmoid(input)


class Tanh(Module):
    """Return the hyperbolic tangent.

    Shapes: any -> the same.
    Source: torch.nn.Tanh.

    Example:
        >>> import autograd_np as ag
        >>> Tanh()(ag.tensor([0.0, 1.0]))
        tensor([0.    , 0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.tanh(input)


class Softmax(Module):
    """Turn scores into probabilities: eˣ divided by its sum along an axis.

    Args:
        dim: the axis of the classes.

    Shapes: (*, K, *) -> the same.
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


class LogSoftmax(Module):
    """Return the logarithm of the softmax, computed without overflow.

    Args:
        dim: the axis of the classes.

    Shapes: (*, K, *) -> the same.
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
