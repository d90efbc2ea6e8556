"""Derivatives: `grad`, `backward`, users' own operations, and derivatives of functions.

Source: torch.autograd.
"""

from __future__ import annotations

import importlib
from typing import Any

from autograd_np.autograd import anomaly_mode, functional, graph, kinks, mutation_check
from autograd_np.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from autograd_np.autograd.function import Function, FunctionContext, once_differentiable
from autograd_np.autograd.kinks import strict_kinks
from autograd_np.autograd.mutation_check import detect_mutation
from autograd_np.core import (
    Tensor,
    as_tensor,
    backward,
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from autograd_np.core import gradients as grad
from autograd_np.errors import did_you_mean

__all__ = [
    "Function",
    "FunctionContext",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "detect_mutation",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "kinks",
    "mutation_check",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
    "strict_kinks",
]


def Variable(data: Any, requires_grad: bool = False) -> Tensor:
    """Return the tensor itself: the old name from when tensors did not record.

    Source: torch.autograd.Variable.

    Example:
        >>> Variable(as_tensor([1.0]), requires_grad=True)
        tensor([1.], requires_grad=True)
    """
    tensor = as_tensor(data)
    return tensor.requires_grad_() if requires_grad else tensor


def __getattr__(name: str) -> Any:
    """Return gradcheck and gradgradcheck, which live above this layer with the other testing tools."""
    if name in ("gradcheck", "gradgradcheck"):
        return getattr(importlib.import_module("autograd_np.testing"), name)
    hint = "" if name.startswith("_") else did_you_mean(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
