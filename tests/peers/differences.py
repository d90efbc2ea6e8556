"""Where we differ from PyTorch on purpose, and why; everything else must agree."""

from __future__ import annotations

__all__ = ["DIFFERENT_KINDS", "DIFFERENT_PROMOTION"]

#: (record, type): some call in this type gives something else here.
DIFFERENT_KINDS: dict[tuple[str, str], str] = {}

#: (record, combination of types), as `promotion_operands` names them.
DIFFERENT_PROMOTION: dict[tuple[str, str], str] = {}
