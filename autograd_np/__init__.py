"""A define-by-run autograd engine on NumPy with PyTorch's grammar, whose graphs can be drawn.

`import autograd_np as torch` ports model code; `autograd_np.viz` draws the chain rule; `autograd_np.testing` checks
gradients.
"""

# Each sheet's `__all__` is its public list: naming some 450 functions here twice more would only let the three drift.
# ruff: noqa: F403, F405

from __future__ import annotations

import importlib
import math as _math
import warnings as _warnings
from typing import Any

import numpy as np

from autograd_np import autograd, backends, cuda, errors, func, linalg, ops, utils
from autograd_np.autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled
from autograd_np.core import BinaryOp, Op, Size, Tensor, UnaryOp, VariadicOp, ViewOp, as_tensor, device
from autograd_np.core.dtypes import (
    finfo,
    get_default_dtype,
    iinfo,
    is_floating_point,
    promote_types,
    result_type,
    set_default_dtype,
)
from autograd_np.core.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    is_recording,
    no_grad,
    record,
    scope,
    set_grad_enabled,
)
from autograd_np.ops import *
from autograd_np.ops.methods import install as _install
from autograd_np.replaying.policies import at_every_replay

_install()

# NumPy's warnings of log(0) or 0/0 would name a line of the engine; autograd.detect_anomaly names the user's. Appended,
# so that filters set by the user come first, and only for code of this package.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_np\.", append=True)

float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
bool = np.dtype(np.bool_)

e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None
dtype = np.dtype

#: Orders of memory that PyTorch's programs ask for; they change no values here.
contiguous_format, channels_last, preserve_format = "contiguous_format", "channels_last", "preserve_format"

__version__ = "0.1.0"

#: Reached on first use, so that `import autograd_np` needs little but NumPy.
_LAZY = {"nn": "nn", "optim": "nn.optim", "testing": "autograd_np.testing", "viz": "autograd_np.viz"}


def __getattr__(name: str) -> Any:
    """Return what is imported on first use; `autograd_np.nn` is the package `nn`, as ports need."""
    if name in _LAZY:
        return importlib.import_module(_LAZY[name])
    if name in ("load", "save"):
        return getattr(importlib.import_module("autograd_np.serialization"), name)
    if name in ("ReplayError", "Replayed", "replay"):
        return getattr(importlib.import_module("autograd_np.replaying"), name)
    hint = "" if name.startswith("_") else errors.did_you_mean(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


__all__ = [
    "BinaryOp",
    "Op",
    "ReplayError",
    "Replayed",
    "Size",
    "Tensor",
    "UnaryOp",
    "VariadicOp",
    "ViewOp",
    "as_tensor",
    "at_every_replay",
    "autograd",
    "backends",
    "bool",
    "channels_last",
    "contiguous_format",
    "cuda",
    "device",
    "double",
    "dtype",
    "e",
    "enable_grad",
    "errors",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "func",
    "get_default_dtype",
    "half",
    "iinfo",
    "inf",
    "inference_mode",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_recording",
    "linalg",
    "load",
    "long",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "preserve_format",
    "promote_types",
    "record",
    "replay",
    "result_type",
    "save",
    "scope",
    "set_default_dtype",
    "set_grad_enabled",
    "short",
    "testing",
    "uint8",
    "utils",
    "viz",
]
__all__ += ops.__all__
