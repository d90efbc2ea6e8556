"""Gates and limits as layers: functions that open from one value to another, and that shrink towards zero."""

from __future__ import annotations

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.module import Module

__all__ = [
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LogSigmoid",
    "Sigmoid",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


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


class Hardsigmoid(Module):
    """Return x/6 + ½ limited to [0, 1].

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: torch.nn.Hardsigmoid.

    Example:
        >>> import autograd_np as ag
        >>> Hardsigmoid()(ag.tensor([-3.0, 0.0, 3.0]))
        tensor([0. , 0.5, 1. ])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.hardsigmoid(input, inplace=self.inplace)


class LogSigmoid(Module):
    """Return log σ(x), computed without overflow.

    Shapes: any -> the same.
    Source: torch.nn.LogSigmoid.

    Example:
        >>> import autograd_np as ag
        >>> LogSigmoid()(ag.tensor([-100.0, 0.0]))
        tensor([-100.    ,   -0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.logsigmoid(input)


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


class Hardtanh(Module):
    """Limit every element to [min_val, max_val].

    Args:
        min_val: lower limit.
        max_val: upper limit.
        inplace: write into the input.

    Shapes: any -> the same.
    Raises: ArgumentError unless min_val is less than max_val.
    Source: torch.nn.Hardtanh.

    Example:
        >>> import autograd_np as ag
        >>> Hardtanh()(ag.tensor([-3.0, 0.5, 3.0]))
        tensor([-1. ,  0.5,  1. ])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if min_val >= max_val:
            raise ArgumentError(f"Hardtanh: expected min_val < max_val, got {min_val} and {max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.hardtanh(input, self.min_val, self.max_val, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class Softsign(Module):
    """Return x / (1 + |x|).

    Shapes: any -> the same.
    Source: torch.nn.Softsign.

    Example:
        >>> import autograd_np as ag
        >>> Softsign()(ag.tensor([-1.0, 3.0]))
        tensor([-0.5 ,  0.75])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.softsign(input)


class Hardswish(Module):
    """Return x times hardsigmoid(x).

    Args:
        inplace: write into the input.

    Shapes: any -> the same.
    Source: Howard et al. (2019); torch.nn.Hardswish.

    Example:
        >>> import autograd_np as ag
        >>> Hardswish()(ag.tensor([-3.0, 1.5, 3.0]))
        tensor([-0.   ,  1.125,  3.   ])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.hardswish(input, inplace=self.inplace)


class Threshold(Module):
    """Return x where it is greater than the threshold, else the value.

    Args:
        threshold: what x must exceed.
        value: what is returned else.
        inplace: write into the input.

    Shapes: any -> the same.
    Source: torch.nn.Threshold.

    Example:
        >>> import autograd_np as ag
        >>> Threshold(1.0, -5.0)(ag.tensor([0.5, 2.0]))
        tensor([-5.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.threshold(input, self.threshold, self.value, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class GLU(Module):
    """Return a·σ(b), a and b being the halves of the input along an axis.

    Args:
        dim: the axis.

    Shapes: (*, 2n, *) -> (*, n, *).
    Raises: ShapeError if the axis has an odd size.
    Source: Dauphin et al. (2017); torch.nn.GLU.

    Example:
        >>> import autograd_np as ag
        >>> GLU()(ag.tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5, 1. ])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}"


class Hardshrink(Module):
    """Return x where |x| > lambd, else 0.

    Args:
        lambd: what |x| must exceed.

    Shapes: any -> the same.
    Source: torch.nn.Hardshrink.

    Example:
        >>> import autograd_np as ag
        >>> Hardshrink()(ag.tensor([-1.0, 0.25]))
        tensor([-1.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.lambd}"


class Softshrink(Module):
    """Move every element towards 0 by lambd, and to 0 if it is nearer.

    Args:
        lambd: by how much.

    Shapes: any -> the same.
    Raises: ArgumentError for a negative lambd.
    Source: torch.nn.Softshrink.

    Example:
        >>> import autograd_np as ag
        >>> Softshrink()(ag.tensor([-1.0, 0.25]))
        tensor([-0.5,  0. ])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.lambd}"


class Tanhshrink(Module):
    """Return x - tanh(x).

    Shapes: any -> the same.
    Source: torch.nn.Tanhshrink.

    Example:
        >>> import autograd_np as ag
        >>> Tanhshrink()(ag.tensor([-1.0, 2.0]))
        tensor([-0.2384,  1.036 ])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return F.tanhshrink(input)
