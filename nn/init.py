"""Initial values, written into tensors without being recorded, drawn from autograd_np's generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograd_np import Generator, Tensor, default_generator, no_grad
from autograd_np.errors import ArgumentError, ShapeError

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

T = TypeVar("T", bound=Tensor)

#: What keeps the spread of activations as it is, per non-linearity.
_GAINS: dict[str, float] = {
    **dict.fromkeys(
        ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], 1.0
    ),
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor on the standard deviation that makes up for what a non-linearity takes away.

    Args:
        nonlinearity: its functional name, such as 'relu', 'leaky_relu', 'tanh'.
        param: the negative slope of leaky_relu; 0.01 if not given.

    Raises: ArgumentError for a name without a known gain.
    Source: torch.nn.init.calculate_gain.

    Example:
        >>> round(calculate_gain("relu") ** 2, 6)
        2.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ArgumentError(f"calculate_gain: the negative slope must be a number, got {slope!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ArgumentError(f"calculate_gain: no gain is known for {nonlinearity!r}\n  fix: use one of {known}")
    return _GAINS[nonlinearity]


def _written(tensor: T, values: Any) -> T:
    with no_grad():
        tensor.copy_(np.asarray(values))
    return tensor


def _drawn(tensor: T, draw: Callable[..., Any], scale: float, shift: float, generator: Generator | None) -> T:
    """Write `draw` of the generator's NumPy source, scaled and shifted, in single precision where that is enough."""
    kind = np.dtype(np.float64) if tensor.dtype == np.float64 else np.dtype(np.float32)
    values = draw((generator or default_generator).numpy, tensor.shape, kind)
    return _written(tensor, values * kind.type(scale) + kind.type(shift))


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Draw every element uniformly from [a, b).

    Shapes: any.
    Source: torch.nn.init.uniform_.

    Example:
        >>> import autograd_np as ag
        >>> bool((uniform_(ag.empty(3), 2, 5) >= 2).all())
        True
    """
    return _drawn(tensor, lambda rng, shape, kind: rng.random(shape, kind), b - a, a, generator)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Draw every element from a normal distribution.

    Shapes: any.
    Source: torch.nn.init.normal_.

    Example:
        >>> import autograd_np as ag
        >>> normal_(ag.empty(1), mean=100.0).item() > 90
        True
    """
    return _drawn(tensor, lambda rng, shape, kind: rng.standard_normal(shape, kind), std, mean, generator)


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> T:
    """Draw every element from a normal distribution, and again where it falls outside [a, b].

    Shapes: any.
    Raises: ArgumentError if hardly any draw would fall inside.
    Source: torch.nn.init.trunc_normal_.

    Example:
        >>> import autograd_np as ag
        >>> bool((trunc_normal_(ag.empty(1000)).abs() <= 2).all())
        True
    """
    low, high = (a - mean) / std, (b - mean) / std
    inside = 0.5 * (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2)))
    if inside < 1e-3:
        raise ArgumentError(
            f"trunc_normal_: [a, b] = [{a}, {b}] holds almost nothing of a normal distribution with mean {mean} and "
            f"standard deviation {std}\n  fix: a and b are values, not multiples of std; choose them around the mean"
        )
    rng = (generator or default_generator).numpy
    values = rng.standard_normal(tensor.shape)
    outside = (values < low) | (values > high)
    while outside.any():
        values[outside] = rng.standard_normal(int(outside.sum()))
        outside = (values < low) | (values > high)
    # Rounding to a shorter type must not leave the interval.
    return _written(tensor, np.clip(values * std + mean, a, b))


def constant_(tensor: T, val: float) -> T:
    """Set every element to one value.

    Shapes: any.
    Source: torch.nn.init.constant_.

    Example:
        >>> import autograd_np as ag
        >>> constant_(ag.empty(2), 0.5)
        tensor([0.5, 0.5])
    """
    return _written(tensor, val)


def ones_(tensor: T) -> T:
    """Set every element to one.

    Shapes: any.
    Source: torch.nn.init.ones_.

    Example:
        >>> import autograd_np as ag
        >>> ones_(ag.empty(2))
        tensor([1., 1.])
    """
    return _written(tensor, 1.0)


def zeros_(tensor: T) -> T:
    """Set every element to zero.

    Shapes: any.
    Source: torch.nn.init.zeros_.

    Example:
        >>> import autograd_np as ag
        >>> zeros_(ag.empty(2))
        tensor([0., 0.])
    """
    return _written(tensor, 0.0)


def eye_(tensor: T) -> T:
    """Write the identity matrix, so that a linear layer passes its inputs on.

    Shapes: (O, D).
    Raises: ShapeError for another rank.
    Source: torch.nn.init.eye_.

    Example:
        >>> import autograd_np as ag
        >>> eye_(ag.empty(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: expected a matrix, got shape {tensor.shape}")
    rows, columns = tensor.shape
    return _written(tensor, np.eye(rows, columns))


def dirac_(tensor: T, groups: int = 1) -> T:
    """Write 1 at the centre of kernels that connect a channel to itself, so that a convolution passes its inputs on.

    Shapes: (O, C, *kernel).
    Raises: ShapeError for another rank, ArgumentError if O is no multiple of groups.
    Source: torch.nn.init.dirac_.

    Example:
        >>> import autograd_np as ag
        >>> dirac_(ag.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(f"dirac_: expected the weight of a convolution, of rank 3, 4 or 5, got shape {tensor.shape}")
    outputs, channels = tensor.shape[:2]
    if outputs % groups:
        raise ArgumentError(f"dirac_: {outputs} output channels cannot be split into {groups} groups")
    values = np.zeros(tensor.shape)
    centre = tuple(size // 2 for size in tensor.shape[2:])
    per_group = outputs // groups
    for group in range(groups):
        for channel in range(min(per_group, channels)):
            values[(group * per_group + channel, channel, *centre)] = 1
    return _written(tensor, values)


def _fans(tensor: Tensor, caller: str) -> tuple[int, int]:
    """Return how many inputs reach one output unit, and how many output units one input reaches."""
    if tensor.ndim < 2:
        raise ShapeError(
            f"{caller}: fan-in and fan-out need at least two axes (outputs, inputs, *kernel), got shape {tensor.shape}"
            "\n  fix: initialise biases with zeros_, constant_ or uniform_"
        )
    positions = math.prod(tensor.shape[2:])
    return tensor.shape[1] * positions, tensor.shape[0] * positions


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Return both fans, by the name under which layers that people write for PyTorch ask for them."""
    return _fans(tensor, "_calculate_fan_in_and_fan_out")


def _fan(tensor: Tensor, mode: str, caller: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"{caller}: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return _fans(tensor, caller)[mode == "fan_out"]


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Draw uniformly within ±gain·√(6 / (fan_in + fan_out)).

    Shapes: (O, D) or (O, C, *kernel).
    Raises: ShapeError for fewer than two axes.
    Source: Glorot and Bengio (2010), equation 16; torch.nn.init.xavier_uniform_.

    Example:
        >>> import autograd_np as ag
        >>> bool((xavier_uniform_(ag.empty(3, 3)).abs() <= 1).all())
        True
    """
    bound = gain * math.sqrt(6.0 / sum(_fans(tensor, "xavier_uniform_")))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Draw from a normal distribution with standard deviation gain·√(2 / (fan_in + fan_out)).

    Shapes: (O, D) or (O, C, *kernel).
    Raises: ShapeError for fewer than two axes.
    Source: Glorot and Bengio (2010), equation 12; torch.nn.init.xavier_normal_.

    Example:
        >>> import autograd_np as ag
        >>> xavier_normal_(ag.empty(3, 4)).shape
        (3, 4)
    """
    std = gain * math.sqrt(2.0 / sum(_fans(tensor, "xavier_normal_")))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Draw uniformly within ±gain·√(3 / fan).

    Args:
        tensor: the weight.
        a: negative slope of the leaky ReLU that follows.
        mode: 'fan_in' keeps the spread of activations, 'fan_out' that of gradients.
        nonlinearity: what follows the layer, as in `calculate_gain`.
        generator: where the numbers come from.

    Shapes: (O, D) or (O, C, *kernel).
    Raises: ShapeError for fewer than two axes, ArgumentError for an unknown mode or non-linearity.
    Source: He et al. (2015), equation 14; torch.nn.init.kaiming_uniform_.

    Example:
        >>> import autograd_np as ag
        >>> bool((kaiming_uniform_(ag.empty(3, 6)).abs() <= 1).all())
        True
    """
    fan = _fan(tensor, mode, "kaiming_uniform_")
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / fan) if fan else 0.0
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Draw from a normal distribution with standard deviation gain/√fan.

    Args:
        tensor: the weight.
        a: negative slope of the leaky ReLU that follows.
        mode: 'fan_in' keeps the spread of activations, 'fan_out' that of gradients.
        nonlinearity: what follows the layer, as in `calculate_gain`.
        generator: where the numbers come from.

    Shapes: (O, D) or (O, C, *kernel).
    Raises: ShapeError for fewer than two axes, ArgumentError for an unknown mode or non-linearity.
    Source: He et al. (2015), equation 14; torch.nn.init.kaiming_normal_.

    Example:
        >>> import autograd_np as ag
        >>> kaiming_normal_(ag.empty(3, 6), nonlinearity="relu").shape
        (3, 6)
    """
    fan = _fan(tensor, mode, "kaiming_normal_")
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """Write a random matrix with orthonormal rows or columns, whichever are fewer.

    Shapes: (O, D), or (O, C, *kernel) taken as (O, C·kernel).
    Raises: ShapeError for fewer than two axes.
    Source: Saxe et al. (2014); torch.nn.init.orthogonal_.

    Example:
        >>> import autograd_np as ag
        >>> q = orthogonal_(ag.empty(2, 3))
        >>> bool(((q @ q.T - ag.eye(2)).abs() < 1e-6).all())
        True
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: expected at least two axes, got shape {tensor.shape}")
    rows = tensor.shape[0]
    columns = tensor.numel() // rows if rows else 0
    noise = (generator or default_generator).numpy.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(noise)
    # With positive diagonal entries of R the matrix is uniform among all orthogonal ones.
    q *= np.sign(np.diagonal(r))
    return _written(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> T:
    """Draw from a normal distribution, and set this share of every column to zero.

    Shapes: (O, D).
    Raises: ShapeError for another rank, ArgumentError for a share outside [0, 1].
    Source: Martens (2010); torch.nn.init.sparse_.

    Example:
        >>> import autograd_np as ag
        >>> int((sparse_(ag.empty(10, 2), sparsity=0.3) == 0).sum())
        6
    """
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: expected a matrix, got shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparse_: sparsity must lie in [0, 1], got {sparsity}")
    rng = (generator or default_generator).numpy
    rows, columns = tensor.shape
    values = rng.standard_normal((rows, columns)) * std
    for column in range(columns):
        values[rng.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0
    return _written(tensor, values)
