"""A training loop: batches, epochs, validation, figures, and a place for callbacks."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.lr_scheduler import ReduceLROnPlateau
from nn.training.callbacks import Callback
from nn.training.history import History
from nn.utils.gradients import clip_grad_norm_

__all__ = ["Trainer"]

_STEPS = ("epoch", "batch")


class Trainer:
    """Trains a model on batches of (input, target).

    Args:
        model: called with the input.
        loss: called with the model's output and the target; returns the mean over the batch.
        optimizer: holds the model's parameters.
        metrics: name -> function of outputs and targets; computed over a whole epoch, not averaged over batches.
        schedule: a learning-rate schedule; ReduceLROnPlateau gets the validation loss.
        schedule_each: 'epoch' or 'batch'.
        clip_norm: largest norm of all gradients together; None leaves them.
        callbacks: called in this order.

    Raises: ArgumentError for a `schedule_each` that is neither.

    Example:
        >>> import autograd_np as ag, nn
        >>> from nn import optim
        >>> x = ag.linspace(-1, 1, 8).unsqueeze(1)
        >>> model = nn.Linear(1, 1)
        >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.5))
        >>> history = trainer.fit([(x, 2 * x)], epochs=60)
        >>> history["loss"][-1] < 1e-6, len(history)
        (True, 60)
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        *,
        metrics: Mapping[str, Callable[[Tensor, Tensor], Any]] | None = None,
        schedule: Any = None,
        schedule_each: str = "epoch",
        clip_norm: float | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        if schedule_each not in _STEPS:
            raise ArgumentError(f"Trainer: schedule_each must be one of {_STEPS}, got {schedule_each!r}")
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.metrics = dict(metrics or {})
        self.schedule = schedule
        self.schedule_each = schedule_each
        self.clip_norm = clip_norm
        self.callbacks = list(callbacks)
        self.history = History()
        #: Set it to end training after the present epoch.
        self.stop = False

    # --- training -----------------------------------------------------------------------------------------------------

    def fit(self, batches: Iterable[Any], epochs: int, validation: Iterable[Any] | None = None) -> History:
        """Train until so many epochs are over, counted from the very first, and return the history.

        Args:
            batches: yields (input, target); read once per epoch.
            epochs: when to end; a trainer that has loaded a checkpoint goes on from there.
            validation: batches that are only looked at.
        """
        self.stop = False
        for callback in self.callbacks:
            callback.on_start(self, epochs)
        try:
            while len(self.history) < epochs and not self.stop:
                self.history.append(self._epoch(batches, validation))
                self._step_schedule("epoch")
                for callback in self.callbacks:
                    callback.on_epoch(self)
        finally:
            for callback in self.callbacks:
                callback.on_end(self)
        return self.history

    def _epoch(self, batches: Iterable[Any], validation: Iterable[Any] | None) -> dict[str, float]:
        seen = _Seen(self.metrics)
        self.model.train()
        for input, target in batches:
            output = self.model(input)
            loss = self.loss(output, target)
            self.optimizer.zero_grad()
            loss.backward()
            if self.clip_norm is not None:
                clip_grad_norm_(self.model.parameters(), self.clip_norm)
            for callback in self.callbacks:
                callback.on_gradients(self)
            self.optimizer.step()
            self._step_schedule("batch")
            seen.add(loss, output, target)
            for callback in self.callbacks:
                callback.on_batch(self, loss)
        figures = seen.figures()
        if validation is not None:
            figures |= {f"validation_{name}": value for name, value in self.evaluate(validation).items()}
        return figures

    def _step_schedule(self, each: str) -> None:
        if self.schedule is None or each != self.schedule_each:
            return
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(self.history.last.get("validation_loss", self.history.last["loss"]))
        else:
            self.schedule.step()

    def evaluate(self, batches: Iterable[Any]) -> dict[str, float]:
        """Return loss and metrics in evaluation mode, without recording; the model's mode is put back."""
        seen = _Seen(self.metrics)
        training = self.model.training
        self.model.eval()
        try:
            with ag.no_grad():
                for input, target in batches:
                    output = self.model(input)
                    seen.add(self.loss(output, target), output, target)
        finally:
            self.model.train(training)
        return seen.figures()

    # --- checkpoints --------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return everything from which training goes on bit for bit: also the default generator's state."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "history": self.history.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            "rng_state": ag.get_rng_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state of a checkpoint; what does not fit, and an interrupt, leave everything as it was.

        Raises: ArgumentError where it is no checkpoint of such a trainer, or has another number of callbacks.
        """
        before = copy.deepcopy(self.state_dict())
        try:
            self._take(state)
        except BaseException as error:
            self._take(before)
            if isinstance(error, ArgumentError) or not isinstance(error, Exception):
                raise
            raise ArgumentError(
                f"Trainer: this is no checkpoint of such a trainer ({type(error).__name__}: {str(error)[:200]})\n"
                "  fix: load what Trainer.save wrote, with a trainer of the same parts"
            ) from error

    def _take(self, state: Mapping[str, Any]) -> None:
        if len(state["callbacks"]) != len(self.callbacks):
            raise ArgumentError(
                f"Trainer: the checkpoint has {len(state['callbacks'])} callbacks, this trainer {len(self.callbacks)}\n"
                "  fix: make the trainer with the callbacks that it was saved with"
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.history.load_state_dict(state["history"])
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(saved)
        ag.set_rng_state(state["rng_state"])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint; the file is replaced whole or not at all."""
        ag.save(self.state_dict(), path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read a checkpoint."""
        self.load_state_dict(ag.load(path))


class _Seen:
    """Losses, outputs and targets of an epoch. Outputs are kept only where a metric reads them."""

    def __init__(self, metrics: Mapping[str, Callable[[Tensor, Tensor], Any]]) -> None:
        self.metrics = metrics
        self.total, self.count = 0.0, 0
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add(self, loss: Tensor, output: Any, target: Any) -> None:
        size = len(target)
        self.total += loss.item() * size
        self.count += size
        if self.metrics:
            self.outputs.append(output.detach())
            self.targets.append(target)

    def figures(self) -> dict[str, float]:
        if not self.count:
            raise ArgumentError(
                "Trainer: there was no batch\n  fix: check the loader; a generator is used up after a pass"
            )
        found = {"loss": self.total / self.count}
        if self.metrics:
            outputs, targets = ag.cat(self.outputs), ag.cat(self.targets)
            found |= {name: float(metric(outputs, targets)) for name, metric in self.metrics.items()}
        return found
