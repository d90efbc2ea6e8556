"""What is remembered of each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_np.errors import ArgumentError

__all__ = ["History"]


class History:
    """Figures by name and epoch.

    Example:
        >>> history = History()
        >>> history.append({"loss": 0.5})
        >>> history.append({"loss": 0.25, "accuracy": 1.0})
        >>> history["loss"], history.last["accuracy"], len(history)
        ([0.5, 0.25], 1.0, 2)
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def append(self, figures: Mapping[str, float]) -> None:
        """Add an epoch."""
        self.epochs.append({name: float(value) for name, value in figures.items()})

    @property
    def last(self) -> dict[str, float]:
        """The figures of the newest epoch; empty before the first."""
        return self.epochs[-1] if self.epochs else {}

    @property
    def names(self) -> list[str]:
        """Every figure's name, in the order of appearance."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch))

    def __getitem__(self, name: str) -> list[float]:
        """Return one figure over the epochs; NaN where an epoch lacks it."""
        if name not in self.names:
            raise ArgumentError(f"History: there is no figure {name!r}\n  fix: name one of {self.names}")
        return [epoch.get(name, float("nan")) for epoch in self.epochs]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" for name, value in self.last.items())
        return f"History({len(self)} epochs{'; last: ' + shown if shown else ''})"

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"epochs": [dict(epoch) for epoch in self.epochs]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the epochs of a checkpoint."""
        self.epochs = [{name: float(value) for name, value in epoch.items()} for epoch in state["epochs"]]
