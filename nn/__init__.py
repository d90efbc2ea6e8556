"""A neural-network library with PyTorch's grammar on autograd_np.

Source: torch.nn.
"""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403, F405

import importlib
from typing import Any

from autograd_np.errors import did_you_mean
from nn import (
    containers,
    functional,
    init,
    layers,
    losses,
    module,
    parameter,
    parameter_containers,
)
from nn.containers import *
from nn.layers import *
from nn.losses import *
from nn.module import *
from nn.parameter import *
from nn.parameter_containers import *

#: What a program around a model may use; reached on first use, so that `import nn` stays short.
_AROUND = ("datasets", "metrics", "optim", "training", "transforms", "utils")
_SUMMARY = ("LayerSummary", "Summary", "summary")


def __getattr__(name: str) -> Any:
    """Return what is imported on first use."""
    if name in _AROUND:
        return importlib.import_module(f"nn.{name}")
    if name in _SUMMARY:
        return getattr(importlib.import_module("nn.model_summary"), name)
    hint = "" if name.startswith("_") else did_you_mean(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


__all__ = [
    "LayerSummary",
    "Summary",
    "datasets",
    "functional",
    "init",
    "metrics",
    "optim",
    "summary",
    "training",
    "transforms",
    "utils",
]
__all__ += containers.__all__
__all__ += layers.__all__
__all__ += losses.__all__
__all__ += module.__all__
__all__ += parameter.__all__
__all__ += parameter_containers.__all__
