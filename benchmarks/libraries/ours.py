"""This engine."""

from __future__ import annotations

from benchmarks.libraries.grammar import prepare

__all__ = ["prepare"]
