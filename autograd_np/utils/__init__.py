"""Utilities around the engine. Source: torch.utils."""

from __future__ import annotations

import importlib
from typing import Any

from autograd_np.errors import did_you_mean
from autograd_np.utils import checkpoint, parallel

__all__ = ["checkpoint", "data", "parallel"]


def __getattr__(name: str) -> Any:
    """Return `data`, which lives in nn, so that `torch.utils.data` ports."""
    if name == "data":
        return importlib.import_module("nn.utils.data")
    hint = "" if name.startswith("_") else did_you_mean(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
