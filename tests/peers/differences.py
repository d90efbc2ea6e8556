"""Where we differ from PyTorch on purpose, and why; everything else must agree."""

from __future__ import annotations

__all__ = ["DIFFERENT_KINDS", "DIFFERENT_PROMOTION"]

#: (record, type): calls in this type give something else here; '' stands for every type.
DIFFERENT_KINDS: dict[tuple[str, str], str] = {}

#: (record, combination of types): '' stands for every combination.
DIFFERENT_PROMOTION: dict[tuple[str, str], str] = {}
