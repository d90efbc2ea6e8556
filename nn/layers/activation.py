"""Rectifiers as layers: what is positive passes, the rest is held back in one way or another."""

from __future__ import annotations

from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from nn import functional as F
from nn.init import constant_
from nn.module import Module
from nn.parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "LeakyReLU",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Softplus",
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


class PReLU(Module):
    """Return x where it is positive, else weight·x with a learnt weight.

    Args:
        num_parameters: one weight, or one for each channel.
        init: its initial value.
        device: the CPU.
        dtype: type of the weight.

    Shapes: (N, C, *) or any, with one weight -> the same; weight (num_parameters,).
    Raises: ShapeError if there are several weights, and not one for each channel.
    Source: He et al. (2015); torch.nn.PReLU.

    Example:
        >>> import autograd_np as ag
        >>> PReLU()(ag.tensor([-1.0, 2.0]))
        tensor([-0.25,  2.  ], grad_fn=<...>)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(ag.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to its initial value."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """Return x where it is positive, else x times a slope: random in training, else the mean one.

    Args:
        lower: least slope.
        upper: greatest slope.
        inplace: write into the input.

    Shapes: any -> the same.
    Raises: ArgumentError if lower exceeds upper.
    Source: Xu et al. (2015); torch.nn.RReLU.

    Example:
        >>> import autograd_np as ag
        >>> RReLU(0.2, 0.3).eval()(ag.tensor([-1.0, 2.0]))
        tensor([-0.25,  2.  ])
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"lower={self.lower}, upper={self.upper}{_in_place(self.inplace)}"


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


class CELU(Module):
    """Return x where it is positive, else alpha·(exp(x/alpha) - 1), whose slope is continuous for every alpha.

    Args:
        alpha: minus the limit on the left.
        inplace: write into the input.

    Shapes: any -> the same.
    Raises: ArgumentError if alpha is 0.
    Source: Barron (2017); torch.nn.CELU.

    Example:
        >>> import autograd_np as ag
        >>> CELU(2.0)(ag.tensor([-1.0, 2.0]))
        tensor([-0.7869,  2.    ])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.celu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"alpha={self.alpha}{_in_place(self.inplace)}"


class SELU(Module):
    """Return the scaled ELU that draws activations towards mean 0 and variance 1.

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Klambauer et al. (2017); torch.nn.SELU.

    Example:
        >>> import autograd_np as ag
        >>> SELU()(ag.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.selu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """Return x·Φ(x), with Φ the normal distribution function.

    Args:
        approximate: 'none', or 'tanh' for the older formula with a hyperbolic tangent.

    Shapes: any -> the same.
    Raises: ArgumentError for another approximation.
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


class Mish(Module):
    """Return x·tanh(softplus(x)).

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Misra (2019); torch.nn.Mish.

    Example:
        >>> import autograd_np as ag
        >>> Mish()(ag.tensor([-1.0, 1.0]))
        tensor([-0.3034,  0.8651])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.mish(input, inplace=self.inplace)

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
