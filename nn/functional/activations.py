"""Activations that may write into their input, that draw random numbers, or that guess the axis of the classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np import Generator, Tensor, default_generator
from autograd_np.errors import ArgumentError

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gumbel_softmax",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "silu",
    "softmax",
    "softmin",
    "threshold",
    "threshold_",
]

# --- into the input -----------------------------------------------------------------------------------------------


def _also_in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the function with PyTorch's last argument `inplace`, which writes the result into the input."""
    signature = inspect.signature(function)
    count = len(signature.parameters)

    @wraps(function)
    def within(*args: Any, inplace: bool = False, **kwargs: Any) -> Tensor:
        if len(args) > count:
            *args, inplace = args  # type: ignore[assignment]  # the arguments are only passed on
        if not inplace:
            return function(*args, **kwargs)
        target = kwargs.pop("input") if "input" in kwargs else args[0]
        # The rule may keep its operand, whose memory is about to change: it gets a copy.
        result: Tensor = target.copy_(function(target.clone(), *args[1:], **kwargs))
        return result

    inplace = inspect.Parameter("inplace", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
    within.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by help() and inspect
        parameters=[*signature.parameters.values(), inplace]
    )
    return within


def _always_in_place(function: Callable[..., Tensor], settings: str = "") -> Callable[..., Tensor]:
    """Return a function's form that always writes into its input; `settings` make the example's call complete."""
    name = f"{function.__name__}_"
    signature = inspect.signature(function)

    def within(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return function(input, *args, inplace=True, **kwargs)

    within.__name__ = within.__qualname__ = name
    within.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by help() and inspect
        parameters=[p for p in signature.parameters.values() if p.name != "inplace"]
    )
    within.__doc__ = f"""Write `{function.__name__}` of the input into the input, and return it.

    Shapes: any -> the same.
    Raises: MutationError for a leaf that requires gradients.
    Source: torch.nn.functional.{name}.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([-1.0, 2.0])
        >>> {name}(x{settings}) is x
        True
    """
    return within


celu = _also_in_place(ag.celu)
elu = _also_in_place(ag.elu)
hardsigmoid = _also_in_place(ag.hardsigmoid)
hardswish = _also_in_place(ag.hardswish)
hardtanh = _also_in_place(ag.hardtanh)
leaky_relu = _also_in_place(ag.leaky_relu)
mish = _also_in_place(ag.mish)
relu = _also_in_place(ag.relu)
relu6 = _also_in_place(ag.relu6)
selu = _also_in_place(ag.selu)
silu = _also_in_place(ag.silu)
threshold = _also_in_place(ag.threshold)


# --- at random ----------------------------------------------------------------------------------------------------


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Return x where it is positive, else x times a slope: drawn anew for each element in training, else their mean.

    Args:
        input: any values.
        lower: least slope.
        upper: greatest slope.
        training: draw the slopes; False takes (lower + upper)/2.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: any -> the same.
    Raises: ArgumentError if lower exceeds upper.
    Source: Xu et al. (2015); torch.nn.functional.rrelu.

    Example:
        >>> import autograd_np as ag
        >>> rrelu(ag.tensor([-1.0, 2.0]), 0.2, 0.3), rrelu(ag.tensor([-1.0, 2.0]), 0.2, 0.2, training=True)
        (tensor([-0.25,  2.  ]), tensor([-0.2,  2. ]))
    """
    if lower > upper:
        raise ArgumentError(f"rrelu: expected lower <= upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = (generator or default_generator).numpy.random(input.shape, np.float32).astype(input.dtype, copy=False)
    slopes *= upper - lower
    slopes += lower
    factors = ag.where(input > 0, 1.0, ag.from_numpy(slopes))
    return input.mul_(factors) if inplace else input * factors


celu_ = _always_in_place(celu)
elu_ = _always_in_place(elu)
hardtanh_ = _always_in_place(hardtanh)
leaky_relu_ = _always_in_place(leaky_relu)
relu_ = _always_in_place(relu)
rrelu_ = _always_in_place(rrelu)
selu_ = _always_in_place(selu)
threshold_ = _always_in_place(threshold, ", 0.5, 0.0")


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the distributions that scores stand for, in a form that can be differentiated.

    Args:
        logits: scores, or logarithms of probabilities, that need not add up to one.
        tau: temperature; the smaller, the nearer to a single one among zeros.
        hard: return a single one among zeros, with the gradient of the soft form.
        eps: changes nothing; PyTorch's older form had it.
        dim: axis of the classes.
        generator: where the random numbers come from.

    Shapes: (*, K) -> the same.
    Raises: ArgumentError for a temperature that is not positive, IndexingError if there is no such axis.
    Source: Jang, Gu and Poole (2017); torch.nn.functional.gumbel_softmax.

    Example:
        >>> import autograd_np as ag
        >>> gumbel_softmax(ag.tensor([[-1e3, 0.0]]), hard=True)
        tensor([[0., 1.]])
    """
    if tau <= 0:
        raise ArgumentError(f"gumbel_softmax: the temperature tau must be positive, got {tau}")
    kind = np.float64 if logits.dtype == np.float64 else np.float32
    drawn = (generator or default_generator).numpy.standard_exponential(logits.shape, kind)
    # A waiting time of zero, which single precision can round to, would be an infinite score.
    noise = -np.log(np.maximum(drawn, np.finfo(kind).tiny)).astype(logits.dtype, copy=False)
    soft = ag.softmax((logits + ag.from_numpy(noise)) / tau, dim)
    if not hard:
        return soft
    chosen = soft.detach().argmax(dim, keepdim=True)
    return ag.zeros_like(soft).scatter(dim, chosen, 1.0) - soft.detach() + soft


# --- along an axis ------------------------------------------------------------------------------------------------


def _class_axis(name: str, x: Tensor, dim: int | None) -> int:
    """Return the axis of the classes: the one named, else 0 of (K,), 1 of (N, K), (N, K, H, W) and (N, K, D, H, W)."""
    if dim is not None:
        return dim
    if x.ndim == 3:
        raise ArgumentError(
            f"{name}: which axis of shape {x.shape} holds the classes? PyTorch would take the first of three axes\n"
            "  fix: pass dim, for example dim=-1"
        )
    return 1 if x.ndim > 1 else 0


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return exp(x) / Σ exp(x) along an axis, computed without overflow.

    Args:
        input: scores.
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.
        dtype: convert to this type first.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim, IndexingError if there is no such axis.
    Source: torch.nn.functional.softmax.

    Example:
        >>> import autograd_np as ag
        >>> softmax(ag.tensor([[0.0, 0.0]]))
        tensor([[0.5, 0.5]])
    """
    return ag.softmax(input, _class_axis("softmax", input, dim), dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return the softmax of the negated scores.

    Args:
        input: scores.
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.
        dtype: convert to this type first.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim, IndexingError if there is no such axis.
    Source: torch.nn.functional.softmin.

    Example:
        >>> import autograd_np as ag
        >>> softmin(ag.tensor([0.0, 0.0]))
        tensor([0.5, 0.5])
    """
    return ag.softmin(input, _class_axis("softmin", input, dim), dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return the logarithm of the softmax, computed without overflow.

    Args:
        input: scores.
        dim: axis of the classes; if not given, 0 of a vector and 1 of a batch, but three axes need it.
        dtype: convert to this type first.

    Shapes: (*, K, *) -> the same.
    Raises: ArgumentError for three axes without dim, IndexingError if there is no such axis.
    Source: torch.nn.functional.log_softmax.

    Example:
        >>> import autograd_np as ag
        >>> log_softmax(ag.tensor([[0.0, 0.0]]))
        tensor([[-0.6931, -0.6931]])
    """
    return ag.log_softmax(input, _class_axis("log_softmax", input, dim), dtype)
