"""Activations that may write into their input, as PyTorch's `inplace=True` asks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import autograd_np as ag
from autograd_np import Tensor

__all__ = [
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "selu",
    "silu",
    "threshold",
]


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
