"""Linear algebra under PyTorch's names. Source: torch.linalg."""

from __future__ import annotations

from autograd_np.ops import linalg
from autograd_np.ops.linalg import *  # noqa: F403 (the sheet's __all__ is the public list)

__all__: list[str] = []
__all__ += linalg.__all__
