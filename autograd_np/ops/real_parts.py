"""PyTorch's questions about complex numbers, answered for real ones: tensors here hold no others."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor, default_float
from autograd_np.errors import DTypeError
from autograd_np.kernels.real_parts import angle as angle_of
from autograd_np.ops.arithmetic import _zeros_like

__all__ = [
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "imag",
    "is_complex",
    "is_conj",
    "is_neg",
    "isreal",
    "polar",
    "real",
    "resolve_conj",
    "resolve_neg",
    "view_as_complex",
    "view_as_real",
]

_angle = UnaryOp("angle", angle_of, lambda g, _y, _x: _zeros_like(g), promotion="float")
