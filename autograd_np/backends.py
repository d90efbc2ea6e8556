"""The answer to programs that ask for other backends: none is available. Source: torch.backends."""

from __future__ import annotations

from types import SimpleNamespace

__all__ = ["cuda", "cudnn", "mps"]

_absent = {"is_available": lambda: False, "is_built": lambda: False}
mps = SimpleNamespace(**_absent)
cuda = SimpleNamespace(**_absent)
#: Programs set these two; nothing reads them.
cudnn = SimpleNamespace(**_absent, deterministic=True, benchmark=False, enabled=False)
