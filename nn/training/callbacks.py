"""What a trainer calls at its turning points."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_np import Tensor
from autograd_np.errors import ArgumentError

if TYPE_CHECKING:
    from nn.training.trainer import Trainer

__all__ = ["Callback", "Checkpoint", "EarlyStopping", "ProgressBar", "UpdateRatios"]


class Callback:
    """Does nothing; a subclass overrides what it needs.

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch(self, trainer):
        ...         print(f"epoch {len(trainer.history)}")
    """

    def on_start(self, trainer: Trainer, epochs: int) -> None:
        """Before the first epoch of a call of `fit`."""

    def on_gradients(self, trainer: Trainer) -> None:
        """After the backward pass and clipping, before the optimiser's step."""

    def on_batch(self, trainer: Trainer, loss: Tensor) -> None:
        """After the optimiser's step."""

    def on_epoch(self, trainer: Trainer) -> None:
        """After an epoch; its figures are in `trainer.history.last`."""

    def on_end(self, trainer: Trainer) -> None:
        """After the last epoch, also where an error or the keyboard ended it."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state of a checkpoint."""


class EarlyStopping(Callback):
    """Ends training when a figure no longer gets better, and gives the model its best parameters back.

    Args:
        patience: epochs without a new best before training ends.
        monitor: the figure's name in the history.
        mode: 'min' or 'max'.
        min_delta: how much better a new best must be.
        restore: put the best parameters back when training ends.

    Raises: ArgumentError for another mode, and for a figure that the history does not have.
    Source: Prechelt (1998), Early stopping — but when?

    Example:
        >>> EarlyStopping(patience=3, monitor="validation_accuracy", mode="max").mode
        'max'
    """

    def __init__(
        self,
        patience: int = 10,
        monitor: str = "validation_loss",
        mode: str = "min",
        min_delta: float = 0.0,
        *,
        restore: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ArgumentError(f"EarlyStopping: mode must be 'min' or 'max', got {mode!r}")
        self.patience = patience
        self.monitor = monitor
        self.mode = mode
        self.min_delta = min_delta
        self.restore = restore
        self.best = np.inf if mode == "min" else -np.inf
        self.best_epoch = 0
        self.best_state: dict[str, Tensor] | None = None

    def on_epoch(self, trainer: Trainer) -> None:
        """Compare, and copy the parameters of a new best: a reference would follow the training."""
        if self.monitor not in trainer.history.last:
            names = ", ".join(trainer.history.last)
            raise ArgumentError(
                f"EarlyStopping: the history has no figure {self.monitor!r}, only {names}\n"
                "  fix: give fit() validation batches, or monitor one of these"
            )
        value = trainer.history.last[self.monitor]
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch = value, len(trainer.history)
            self.best_state = {name: x.detach().clone() for name, x in trainer.model.state_dict().items()}
        elif len(trainer.history) - self.best_epoch >= self.patience:
            trainer.stop = True

    def on_end(self, trainer: Trainer) -> None:
        """Put the best parameters back."""
        if self.restore and self.best_state is not None:
            trainer.model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        """Return the best so far, with its parameters."""
        return {"best": float(self.best), "best_epoch": self.best_epoch, "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the best so far."""
        best, best_epoch, best_state = float(state["best"]), int(state["best_epoch"]), state["best_state"]
        self.best, self.best_epoch = best, best_epoch
        self.best_state = None if best_state is None else dict(best_state)


class Checkpoint(Callback):
    """Writes a checkpoint every few epochs, from which `Trainer.load` goes on bit for bit.

    Args:
        path: the file; `{epoch}` in it stands for the number of epochs done.
        every: epochs between two.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path = Path(path)
        self.every = every

    def on_epoch(self, trainer: Trainer) -> None:
        """Write, where it is time."""
        if len(trainer.history) % self.every == 0:
            trainer.save(str(self.path).replace("{epoch}", str(len(trainer.history))))


class UpdateRatios(Callback):
    """Records for each parameter how large a step is beside the parameter: Σ|Δ| / Σ|p|, near 1e-3 in healthy training.

    `ratios` maps a parameter's name to its mean ratio in each epoch.

    Source: the notes of Stanford's CS231n on babysitting the learning process.
    """

    def __init__(self) -> None:
        self.ratios: dict[str, list[float]] = {}
        self._before: dict[str, Any] = {}
        self._seen: dict[str, list[float]] = {}

    def on_gradients(self, trainer: Trainer) -> None:
        """Copy the parameters."""
        self._before = {name: p.detach().numpy().copy() for name, p in trainer.model.named_parameters()}

    def on_batch(self, trainer: Trainer, loss: Tensor) -> None:
        """Compare them with what the step made of them."""
        for name, p in trainer.model.named_parameters():
            size = np.abs(self._before[name]).sum()
            step = np.abs(p.detach().numpy() - self._before[name]).sum()
            self._seen.setdefault(name, []).append(float(step / size) if size else 0.0)

    def on_epoch(self, trainer: Trainer) -> None:
        """Take the means of the epoch."""
        for name, values in self._seen.items():
            self.ratios.setdefault(name, []).append(sum(values) / len(values))
        self._seen = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the ratios of the epochs so far."""
        return {"ratios": {name: list(values) for name, values in self.ratios.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the ratios of a checkpoint."""
        self.ratios = {name: list(values) for name, values in state["ratios"].items()}


class ProgressBar(Callback):
    """Shows epochs and figures with tqdm.

    Args:
        **options: passed to tqdm, such as `leave=False` or `disable=None` (silent where there is no terminal).

    Raises: ImportError where tqdm is not installed.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self._bar: Any = None

    def on_start(self, trainer: Trainer, epochs: int) -> None:
        """Open the bar where training stands."""
        try:
            tqdm = importlib.import_module("tqdm.auto").tqdm
        except ImportError as error:
            raise ImportError("ProgressBar needs tqdm\n  fix: pip install tqdm") from error
        self._bar = tqdm(total=epochs, initial=len(trainer.history), unit="epoch", **self.options)

    def on_epoch(self, trainer: Trainer) -> None:
        """Show the epoch's figures."""
        self._bar.set_postfix({name: f"{value:.4g}" for name, value in trainer.history.last.items()})
        self._bar.update()

    def on_end(self, trainer: Trainer) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
