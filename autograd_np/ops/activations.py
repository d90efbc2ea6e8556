"""Activation functions: rows where the derivative has a better form than its parts give, compositions elsewhere."""

from __future__ import annotations

import math

from autograd_np._typing import Scalar, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, ShapeError, raise_shape
from autograd_np.kernels import activations as kernels
from autograd_np.kernels import selection, special
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops._masks import _ge, _gt
from autograd_np.ops.arithmetic import _abs
from autograd_np.ops.exponential import _erf, _gauss, _sigmoid
from autograd_np.ops.parts import narrow
from autograd_np.ops.selection import _clamp, _select
from autograd_np.ops.shapes import reshape
from autograd_np.ops.trigonometric import _tanh

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
]

# Klambauer et al., 2017: the fixed point of zero mean and unit variance.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805
_SQRT_HALF = math.sqrt(0.5)
_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)

# --- rows ---------------------------------------------------------------------------------------------------------

#: g where y is positive: relu's rule, its own adjoint in g.
_gate = BinaryOp("relu_gate", selection.gate, lambda h, _z, _g, y: _gate(h, y), None, broadcasts=False, promotion=None)
_relu = UnaryOp("relu", selection.relu, lambda g, y, _x: _gate(g, y))

_leaky_slope = Op(
    "leaky_slope",
    selection.leaky_slope,
    lambda h, _z, _g, x, slope: _leaky_slope(h, x, slope=slope),
    None,
)
_leaky_relu = UnaryOp(
    "leaky_relu",
    selection.leaky_relu,
    lambda g, _y, x, slope: _leaky_slope(g, x, slope=slope),
    promotion="float",
)

#: `up` above zero and down·exp(rate·x) below: the slope of elu, whose slope is of the same form.
_elu_slope = UnaryOp(
    "elu_slope",
    special.elu_slope,
    lambda g, _y, x, up, down, rate: g * _elu_slope(x, up=0.0, down=down * rate, rate=rate),
)
_elu = UnaryOp(
    "elu",
    special.elu,
    lambda g, _y, x, alpha, scale, rate: g * _elu_slope(x, up=scale, down=scale * alpha * rate, rate=rate),
    promotion="float",
)

_silu = UnaryOp(
    "silu",
    kernels.silu,
    lambda g, _y, x, s: g * (s * (1 + x * (1 - s))),
    by_products={"s": lambda x: _sigmoid(x)},
    promotion="float",
    pullback=kernels.silu_back,
)
#: x·Φ(x); the density of Φ is exp(-x²/2)/√(2π).
_gelu = UnaryOp(
    "gelu",
    kernels.gelu,
    lambda g, _y, x, phi: g * (phi + x * _gauss(x * _SQRT_HALF) * (_SQRT_HALF / math.sqrt(math.pi))),
    by_products={"phi": lambda x: (1 + _erf(x * _SQRT_HALF)) * 0.5},
    promotion="float",
    pullback=kernels.gelu_back,
)
#: x·φ with φ = (1 + tanh u)/2 = σ(2u), so that φ' = 2φ(1 - φ)·u'.
_gelu_tanh = UnaryOp(
    "gelu_tanh",
    kernels.gelu_tanh,
    lambda g, _y, x, phi: g * (phi + 2 * x * phi * (1 - phi) * ((1 + (3 * 0.044715) * (x * x)) * _SQRT_2_OVER_PI)),
    by_products={"phi": lambda x: (1 + _tanh((x + 0.044715 * (x * x * x)) * _SQRT_2_OVER_PI)) * 0.5},
    promotion="float",
    pullback=kernels.gelu_tanh_back,
)

#: σ(βx), and 1 in the linear part, where y·(1 - y) is 0 as its own derivative is.
_softplus_slope = UnaryOp(
    "softplus_slope",
    special.softplus_slope,
    lambda g, y, _x, beta, threshold: g * (y * (1 - y) * beta),
)
_softplus = UnaryOp(
    "softplus",
    special.softplus,
    lambda g, _y, x, beta, threshold: g * _softplus_slope(x, beta=beta, threshold=threshold),
    promotion="float",
)
_logsigmoid = UnaryOp(
    "logsigmoid", lambda x: -special.softplus(-x), lambda g, _y, x: g * _sigmoid(-x), promotion="float"
)

#: Strictly inside the limits: where hardtanh and its kin have a slope, as PyTorch has it.
_inside = UnaryOp("hardtanh_mask", lambda x, low, high: (x > low) & (x < high), None)
_hardtanh = UnaryOp(
    "hardtanh",
    lambda x, low, high: selection.clamp(x, low, high),
    lambda g, _y, x, low, high: g * _inside(x, low=low, high=high),
)
_hardsigmoid = UnaryOp(
    "hardsigmoid",
    lambda x: selection.clamp(x / 6 + 0.5, 0, 1),
    lambda g, _y, x: g * _inside(x, low=-3, high=3) / 6,
    promotion="float",
)
_hardswish = UnaryOp(
    "hardswish",
    lambda x: x * selection.clamp(x / 6 + 0.5, 0, 1),
    lambda g, _y, x: g * (_inside(x, low=-3, high=3) * (x / 3 + 0.5) + _ge(x, 3)),
    promotion="float",
)


# --- piecewise linear ---------------------------------------------------------------------------------------------


def relu(input: TensorLike) -> Tensor:
    """Return max(x, 0); the gradient at 0 is 0.

    Shapes: any.
    Source: torch.relu.

    Example:
        >>> relu(as_tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return _relu(as_tensor(input))


def relu6(input: TensorLike) -> Tensor:
    """Return min(max(x, 0), 6); the gradient at 0 and 6 is 0.

    Shapes: any.
    Source: torch.nn.functional.relu6.

    Example:
        >>> relu6(as_tensor([-1.0, 2.0, 8.0]))
        tensor([0., 2., 6.])
    """
    return _hardtanh(as_tensor(input), low=0, high=6)


def leaky_relu(input: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """Return x where it is positive, negative_slope·x elsewhere.

    Shapes: any.
    Source: torch.nn.functional.leaky_relu.

    Example:
        >>> leaky_relu(as_tensor([-1.0, 2.0]), 0.25)
        tensor([-0.25,  2.  ])
    """
    return _leaky_relu(as_tensor(input), slope=negative_slope)


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """Return x where it is positive, weight·x elsewhere, with one weight or one for each channel.

    Shapes: input (N, C, ...), weight () or (1,) or (C,).
    Raises: ShapeError if the weights do not fit the channels.
    Source: torch.nn.functional.prelu.

    Example:
        >>> prelu(as_tensor([[-1.0, -2.0]]), as_tensor([0.5, 0.25]))
        tensor([[-0.5, -0.5]])
    """
    x, w = as_tensor(input), as_tensor(weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or w.numel() not in (1, channels):
        raise_shape(
            "prelu",
            {"input": x.shape, "weight": w.shape},
            f"expected one weight, or one for each of the {channels} channels along dim 1",
        )
    if w.ndim and x.ndim != 1:
        w = reshape(w, (-1,) + (1,) * max(x.ndim - 2, 0) if w.numel() > 1 else ())
    return _select(_gt(x, 0), x, w * x)


def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Limit every element to [min_val, max_val]; the gradient on the limits is 0.

    Shapes: any.
    Raises: ArgumentError if min_val exceeds max_val.
    Source: torch.nn.functional.hardtanh.

    Example:
        >>> hardtanh(as_tensor([-3.0, 0.5, 3.0]))
        tensor([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        message = f"hardtanh: expected min_val <= max_val, got {min_val} and {max_val}"
        raise ArgumentError(message)
    x = as_tensor(input)
    if not x.is_floating_point():
        min_val, max_val = int(min_val), int(max_val)
    return _hardtanh(x, low=min_val, high=max_val)


def hardsigmoid(input: TensorLike) -> Tensor:
    """Return x/6 + ½ limited to [0, 1].

    Shapes: any.
    Source: torch.nn.functional.hardsigmoid.

    Example:
        >>> hardsigmoid(as_tensor([-3.0, 0.0, 3.0]))
        tensor([0. , 0.5, 1. ])
    """
    return _hardsigmoid(as_tensor(input))


def hardswish(input: TensorLike) -> Tensor:
    """Return x times hardsigmoid(x).

    Shapes: any.
    Source: torch.nn.functional.hardswish; Howard et al., 2019.

    Example:
        >>> hardswish(as_tensor([-3.0, 1.5, 3.0]))
        tensor([-0.   ,  1.125,  3.   ])
    """
    return _hardswish(as_tensor(input))


def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Return x where |x| > lambd, 0 elsewhere.

    Shapes: any.
    Source: torch.nn.functional.hardshrink.

    Example:
        >>> hardshrink(as_tensor([-1.0, 0.25]))
        tensor([-1.,  0.])
    """
    x = as_tensor(input)
    return _select(_gt(_abs(x), lambd), x, 0)


def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Move every element towards 0 by lambd, and to 0 if it is nearer.

    Shapes: any.
    Raises: ArgumentError for a negative lambd.
    Source: torch.nn.functional.softshrink.

    Example:
        >>> softshrink(as_tensor([-1.0, 0.25]))
        tensor([-0.5,  0. ])
    """
    if lambd < 0:
        message = f"softshrink: expected lambd >= 0, got {lambd}"
        raise ArgumentError(message)
    x = as_tensor(input)
    return x - _clamp(x, min=-lambd, max=lambd)


def threshold(input: TensorLike, threshold: Scalar, value: Scalar) -> Tensor:
    """Return x where it is greater than the threshold, `value` elsewhere.

    Shapes: any.
    Source: torch.nn.functional.threshold.

    Example:
        >>> threshold(as_tensor([0.5, 2.0]), 1.0, -5.0)
        tensor([-5.,  2.])
    """
    x = as_tensor(input)
    return _select(_gt(x, threshold), x, value)


# --- smooth -------------------------------------------------------------------------------------------------------


def elu(input: TensorLike, alpha: float = 1.0) -> Tensor:
    """Return x where it is positive, alpha·(exp(x) - 1) elsewhere.

    Shapes: any.
    Source: torch.nn.functional.elu; Clevert et al., 2015.

    Example:
        >>> elu(as_tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.    ])
    """
    return _elu(as_tensor(input), alpha=alpha, scale=1.0, rate=1.0)


def selu(input: TensorLike) -> Tensor:
    """Return the scaled elu whose fixed point is zero mean and unit variance.

    Shapes: any.
    Source: torch.selu; Klambauer et al., 2017.

    Example:
        >>> selu(as_tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return _elu(as_tensor(input), alpha=_SELU_ALPHA, scale=_SELU_SCALE, rate=1.0)


def celu(input: TensorLike, alpha: float = 1.0) -> Tensor:
    """Return x where it is positive, alpha·(exp(x/alpha) - 1) elsewhere: an elu with continuous slope for any alpha.

    Shapes: any.
    Raises: ArgumentError if alpha is 0.
    Source: torch.celu; Barron, 2017.

    Example:
        >>> celu(as_tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.    ])
    """
    if alpha == 0:
        message = "celu: alpha must not be 0"
        raise ArgumentError(message)
    return _elu(as_tensor(input), alpha=alpha, scale=1.0, rate=1 / alpha)


def gelu(input: TensorLike, approximate: str = "none") -> Tensor:
    """Return x·Φ(x), Φ being the normal distribution function.

    Args:
        input: any values.
        approximate: 'none', or 'tanh' for the older formula by a hyperbolic tangent.

    Shapes: any.
    Raises: ArgumentError for another approximation.
    Source: torch.nn.functional.gelu; Hendrycks and Gimpel, 2016.

    Example:
        >>> gelu(as_tensor([-1.0, 2.0]))
        tensor([-0.1587,  1.9545])
    """
    if approximate == "none":
        return _gelu(as_tensor(input))
    if approximate == "tanh":
        return _gelu_tanh(as_tensor(input))
    message = f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}"
    raise ArgumentError(message)


def silu(input: TensorLike) -> Tensor:
    """Return x·σ(x), also called swish.

    Shapes: any.
    Source: torch.nn.functional.silu; Elfwing et al., 2017.

    Example:
        >>> silu(as_tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
    """
    return _silu(as_tensor(input))


def mish(input: TensorLike) -> Tensor:
    """Return x·tanh(softplus(x)).

    Shapes: any.
    Source: torch.nn.functional.mish; Misra, 2019.

    Example:
        >>> mish(as_tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.944 ])
    """
    x = as_tensor(input)
    return x * _tanh(softplus(x))


def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return log(1 + exp(beta·x)) / beta, a smooth relu.

    Args:
        input: any values.
        beta: how sharp the bend is.
        threshold: where beta·x is greater, the result is x itself.

    Shapes: any.
    Source: torch.nn.functional.softplus.

    Example:
        >>> softplus(as_tensor([-1.0, 100.0]))
        tensor([  0.3133, 100.    ])
    """
    return _softplus(as_tensor(input), beta=beta, threshold=threshold)


def logsigmoid(input: TensorLike) -> Tensor:
    """Return log σ(x) without overflow.

    Shapes: any.
    Source: torch.nn.functional.logsigmoid.

    Example:
        >>> logsigmoid(as_tensor([-100.0, 0.0]))
        tensor([-100.    ,   -0.6931])
    """
    return _logsigmoid(as_tensor(input))


def softsign(input: TensorLike) -> Tensor:
    """Return x / (1 + |x|).

    Shapes: any.
    Source: torch.nn.functional.softsign.

    Example:
        >>> softsign(as_tensor([-1.0, 3.0]))
        tensor([-0.5 ,  0.75])
    """
    x = as_tensor(input)
    return x / (1 + _abs(x))


def tanhshrink(input: TensorLike) -> Tensor:
    """Return x - tanh(x).

    Shapes: any.
    Source: torch.nn.functional.tanhshrink.

    Example:
        >>> tanhshrink(as_tensor([-1.0, 2.0]))
        tensor([-0.2384,  1.036 ])
    """
    x = as_tensor(input)
    return x - _tanh(x)


def glu(input: TensorLike, dim: int = -1) -> Tensor:
    """Return a·σ(b), a and b being the halves of the input along an axis.

    Shapes: (*, 2n, *) -> (*, n, *).
    Raises: ShapeError if the axis has an odd size, IndexingError if there is no such axis.
    Source: torch.nn.functional.glu; Dauphin et al., 2016.

    Example:
        >>> glu(as_tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5, 1. ])
    """
    x = as_tensor(input)
    axis = normalized_axis("glu", dim, x.ndim)
    if not x.ndim or x.shape[axis] % 2:
        message = (
            f"glu: expected an even size along dim {dim} to halve, got shape {x.shape}\n"
            "  fix: make the layer before twice as wide as the result"
        )
        raise ShapeError(message)
    half = x.shape[axis] // 2
    return narrow(x, axis, 0, half) * _sigmoid(narrow(x, axis, half, half))
