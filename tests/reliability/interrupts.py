"""KeyboardInterrupt: in forward, backward, step, load and save, model, optimiser, modes and files stay consistent

What that means, of a training step that is left anywhere:

- Every element of a parameter and a buffer is what it was before the step or what it is after it; the optimiser may be
  between two parameters. Its averages are finite, and may have forgotten without having learnt. `.grad` is None or has
  its parameter's shape. All can be saved, loaded, and trained on.
- A graph that was recorded before gives the gradient it would have given, or an error; never one of other values.
- Modes are what they were, and nobody writes any more.
- A file is the old one or the new one, with nothing beside it. A trainer has its old state, or all of the new one.

`python -m tests.reliability.interrupts <how> <program> <first> <stride or count>` interrupts itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from linecache import getline
from pathlib import Path
from typing import Any

import numpy as np

import autograd_np as ag
import nn
from autograd_np.errors import AutogradError, MutationError
from autograd_np.kernels.blas import one_thread
from nn import optim
from nn.training import Trainer
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]

ROOT = Path(__file__).parents[2]
PACKAGES = (f"{ROOT}/autograd_np/", f"{ROOT}/nn/")
#: Python runs these outside of any `try`: an interrupt there is between the block and its `with` statement.
BETWEEN = ("__enter__", "__exit__", "set", "_apply")


class Program:
    """A training step, with everything that it may change.

    Args:
        make: an optimiser of these parameters.
        wide: so large that its parameters are updated in blocks, by several threads.
    """

    def __init__(self, make: Callable[[Any], Any], *, wide: bool = False) -> None:
        ag.manual_seed(0)
        width = 300 if wide else 5
        self.model = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width))
        self.optimizer = make(self.model.parameters())
        self.x, self.t = ag.randn(6, 4), ag.randn(6, width)
        self.step()
        self.kept = self.saved()

    def step(self) -> None:
        self.optimizer.zero_grad()
        loss = ((self.model(self.x) - self.t) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def saved(self) -> bytes:
        file = io.BytesIO()
        ag.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, file)
        return file.getvalue()

    def restore(self) -> None:
        state = ag.load(io.BytesIO(self.kept))
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.optimizer.zero_grad()

    def values(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return a copy of all that a step changes."""
        found = {name: t.detach().numpy().copy() for name, t in self.model.state_dict().items()}
        for number, entries in self.optimizer.state_dict()["state"].items():
            found |= {f"{name} of {number}": np.array(np.asarray(v)) for name, v in entries.items()}
        return found

    def check(self, before: dict[str, Any], after: dict[str, Any], earlier: ag.Tensor, gradient: Any) -> None:
        """Raise AssertionError where an interrupted step has left something that it may not leave."""
        here = self.values()
        for name in self.model.state_dict():
            value = here[name]
            either = (value == before[name]) | (value == after[name])
            assert either.all(), f"{name} is neither what it was nor what it becomes"
        _check_modes()
        for p in self.model.parameters():
            assert p.grad is None or (p.grad.shape == p.shape and np.isfinite(p.grad.numpy()).all())
        self.optimizer.zero_grad()
        with contextlib.suppress(MutationError):
            earlier.backward()
            assert np.array_equal(self.model[0].weight.grad.numpy(), gradient), (
                "an older graph has read the new parameters"
            )
        state = ag.load(io.BytesIO(self.saved()))
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step()
        for name, value in self.values().items():
            assert np.isfinite(value).all(), name

    def earlier(self) -> tuple[ag.Tensor, Any]:
        """Return a loss that was recorded before the step, and a gradient that goes through a parameter it saved."""
        out = self.model[3](self.model[0](self.x) ** 2)
        loss = (out**2).mean()
        loss.backward(retain_graph=True)
        gradient = self.model[0].weight.grad.numpy().copy()
        self.optimizer.zero_grad()
        return loss, gradient


def _check_modes(where: str = "") -> None:
    grad, recording = ag.is_grad_enabled(), ag.is_recording()
    ag.set_grad_enabled(True)
    assert grad, f"{where}: recording is off"
    assert not recording
    assert not ag.is_inference_mode_enabled()
    assert one_thread._inside == 0, f"{where}: BLAS is kept to one thread"


PROGRAMS: dict[str, Callable[[], Program]] = {
    "Adam": lambda: Program(lambda p: optim.Adam(p, lr=0.01, amsgrad=True)),
    "SGD": lambda: Program(lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True)),
    "Adam wide": lambda: Program(lambda p: optim.AdamW(p, lr=0.01), wide=True),
}


# --- at every line ----------------------------------------------------------------------------------------------------


class _AtLine:
    """Raises KeyboardInterrupt before the line with a number runs, of those that the packages run."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.count = wanted, 0
        self.where = ""

    def __enter__(self) -> Any:
        sys.settrace(self.call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def call(self, frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        return self.line if code.co_filename.startswith(PACKAGES) and code.co_name not in BETWEEN else None

    def line(self, frame: Any, event: str, _: Any) -> Any:
        # At its end a block comes by its `with` once more, before __exit__.
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            self.count += 1
            if self.count - 1 == self.wanted:
                self.where = f"{frame.f_code.co_filename.removeprefix(str(ROOT))}:{frame.f_lineno}"
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.line


def _step_at_lines(program: str, first: int, stride: int) -> dict[str, int]:
    made = PROGRAMS[program]()
    made.restore()
    with _AtLine() as all_lines:
        made.step()
    after = made.values()
    for wanted in range(first, all_lines.count, stride):
        made.restore()
        before = made.values()
        earlier, gradient = made.earlier()
        at = _AtLine(wanted)
        try:
            with at:
                made.step()
        except KeyboardInterrupt:
            pass
        try:
            made.check(before, after, earlier, gradient)
        except (AssertionError, AutogradError) as error:
            message = f"{program}, interrupted at line {wanted}, {at.where}: {error}"
            raise AssertionError(message) from error
    return {"interrupts": len(range(first, all_lines.count, stride)), "lines": all_lines.count}


def _save_at_lines(_: str, first: int, stride: int) -> dict[str, int]:
    old, new = ({"w": np.full(100, value), "n": value, "t": ag.full((3,), value)} for value in (1.0, 2.0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        with _AtLine() as all_lines:
            ag.save(new, path)
        kept = 0
        for wanted in range(first, all_lines.count, stride):
            ag.save(old, path)
            at = _AtLine(wanted)
            try:
                with at:
                    ag.save(new, path)
            except KeyboardInterrupt:
                pass
            found = ag.load(path)
            assert (found["w"] == found["n"]).all(), at.where
            there = [entry.name for entry in Path(folder).iterdir()]
            assert there == ["file"], f"{at.where}: {there} are there"
            kept += found["n"] == 1.0
            _check_modes(at.where)
    return {"interrupts": len(range(first, all_lines.count, stride)), "lines": all_lines.count, "old file": kept}


def _load_at_lines(_: str, first: int, stride: int) -> dict[str, int]:
    def made(seed: int) -> Trainer:
        ag.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
        trainer = Trainer(model, nn.MSELoss(), optim.Adam(model.parameters(), lr=0.1))
        trainer.fit([(ag.randn(4, 2), ag.randn(4, 1))], 2)
        return trainer

    def state(trainer: Trainer) -> bytes:
        file = io.BytesIO()
        ag.save(trainer.state_dict(), file)
        return file.getvalue()

    trainer, other = made(1), made(2).state_dict()
    old = state(trainer)
    kept = ag.load(io.BytesIO(old))
    trainer.load_state_dict(kept)
    with _AtLine() as all_lines:
        trainer.load_state_dict(other)
    new = state(trainer)
    for wanted in range(first, all_lines.count, stride):
        trainer.load_state_dict(kept)
        at = _AtLine(wanted)
        try:
            with at:
                trainer.load_state_dict(other)
        except KeyboardInterrupt:
            pass
        assert state(trainer) in (old, new), f"{at.where}: a part of the checkpoint was loaded"
        _check_modes(at.where)
    return {"interrupts": len(range(first, all_lines.count, stride)), "lines": all_lines.count}


# --- at random moments ------------------------------------------------------------------------------------------------


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _step_at_moments(program: str, first: int, count: int) -> dict[str, int]:
    rng = random.Random(f"{program} {first}")  # noqa: S311 - to be the same in every run
    made = PROGRAMS[program]()
    ag.set_num_threads(2)
    signal.signal(signal.SIGALRM, _interrupt)
    start = time.perf_counter()
    made.step()
    after, span = made.values(), time.perf_counter() - start
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        made.restore()
        before = made.values()
        earlier, gradient = made.earlier()
        outcome = "finished before"
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 1.2 * span))
            try:
                made.step()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            outcome = "interrupted"
        outcomes[outcome] += 1
        here = made.values()
        time.sleep(0.002 if "wide" in program else 0)
        for name, value in made.values().items():
            assert np.array_equal(value, here[name]), f"{name} was written after the interrupt"
        if not ag.is_grad_enabled():
            # The signal came as a with statement ended, before its __exit__ could begin; below, too.
            outcomes["a mode stayed"] += 1
            ag.set_grad_enabled(True)
        if one_thread._inside:
            outcomes["BLAS stayed at one thread"] += 1
            while one_thread._inside:
                one_thread.__exit__()
        made.check(before, after, earlier, gradient)
    return dict(outcomes)


STEP = (
    "mended: interrupted after parameters were written, a step let an older graph give a gradient of the new ones, and "
    "said nothing; batch norm wrote its statistics in two steps"
)
FILES = "mended: the unfinished file could stay; a trainer could have a part of the checkpoint"
MOMENTS = (
    "mended: threads went on writing parameters after the interrupt had reached the caller; accepted, as Python cannot "
    "say when `__exit__` begins: a signal that comes just as a `with no_grad()` ends leaves recording off (counted), "
    "`set_grad_enabled(True)` puts it right, and backward() fails until then; BLAS may stay at one thread, with the "
    "same numbers"
)

HOW = {
    "step at lines": _step_at_lines,
    "save at lines": _save_at_lines,
    "load at lines": _load_at_lines,
    "step at moments": _step_at_moments,
}


def _run(how: str, program: str, first: int, number: int) -> str:
    command = [sys.executable, "-W", "ignore", "-m", __name__, how, program, str(first), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr[-3000:]
    return ", ".join(f"{count:,} {what}" for what, count in json.loads(done.stdout).items())


def rows(full: bool) -> Iterator[Row]:
    """Interrupt at every line, or at some, and at random moments."""
    for program in PROGRAMS if full else ("Adam",):
        with stopwatch() as seconds:
            told = _run("step at lines", program, 0, 1 if full else 97)
            yield Row(f"a training step with {program}, at each line", told, STEP, seconds())
    for how, what in (
        ("save at lines", "save to a file, at each line"),
        ("load at lines", "Trainer.load, at each line"),
    ):
        with stopwatch() as seconds:
            told = _run(how, "-", 0, 1 if full else 23)
            yield Row(what, told, FILES, seconds())
    for program in PROGRAMS:
        with stopwatch() as seconds:
            told = _run("step at moments", program, 0, 5000 if full else 20)
            yield Row(f"a training step with {program}, at random moments, two threads", told, MOMENTS, seconds())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(HOW[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
