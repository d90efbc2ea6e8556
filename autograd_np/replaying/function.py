"""`replay`: a function that records itself once per signature, and then does again what was recorded."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, overload

from autograd_np.core.modes import RECORD, modes
from autograd_np.errors import AutogradError
from autograd_np.replaying.guards import Guards
from autograd_np.replaying.recording import Recording, Signature
from autograd_np.replaying.runtime import DivergedError
from autograd_np.replaying.state import State
from autograd_np.replaying.tape import RefusedError
from autograd_np.replaying.watch import Watch

__all__ = ["ReplayError", "Replayed", "replay"]

#: Recordings and refusals for one signature; a function that needs more of them reads what changes with every call.
MOST = 8


class ReplayError(AutogradError):
    """A replay gave something else than the eager call did."""


class Replayed:
    """A function whose calls are recorded once per signature and replayed.

    Args:
        function: what is called.
        verify: run eagerly every so many replays, and compare; 0 for never.
    """

    def __init__(self, function: Callable[..., Any], verify: int = 0) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.verify = verify
        #: Why the last call ran eagerly; None if it was replayed, or recorded to be replayed.
        self.reason: str | None = None
        #: Reasons against recordings, each with what was read until then: it holds while that does.
        self._refusals: dict[Any, list[tuple[str, Guards | None]]] = {}
        self._recordings: dict[Any, list[Recording]] = {}
        self._last: Recording | None = None
        self._replays = 0

    def __repr__(self) -> str:
        count = sum(map(len, self._recordings.values()))
        return f"<replayed {getattr(self.function, '__name__', 'function')}: {count} recorded>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def forget(self) -> None:
        """Forget all recordings, and the reasons against others."""
        self._refusals.clear()
        self._recordings.clear()
        self._last = None

    @property
    def source(self) -> str:
        """Return the program of the last replay as text, or nothing."""
        return "" if self._last is None else self._last.program.text

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns."""
        last = self._last
        if last is None or kwargs or self.verify or not last.fits(args) or not last.lock.acquire(blocking=False):
            return self._found(args, kwargs)
        try:
            self.reason = None
            return last.program.run(args)
        except DivergedError:
            # Nothing was changed yet.
            pass
        finally:
            last.lock.release()
        return self._found(args, kwargs)

    def _found(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Replay a recording that fits, or record one."""
        self.reason = None
        if modes.level == RECORD or modes.watchers:
            self.reason = "record() keeps what only an eager call has"
        elif sys.getprofile() is not None:
            # Another recording sees what this function does; and of two profilers one would be blind.
            self.reason = "a profiler looks on"
        if self.reason is not None:
            return self.function(*args, **kwargs)
        try:
            signature = Signature(args, kwargs)
        except RefusedError as error:
            self.reason = str(error)
            return self.function(*args, **kwargs)
        for recording in self._recordings.get(signature.key, ()):
            if not recording.lock.acquire(blocking=False):
                self.reason = "another thread replays it"
                return self.function(*args, **kwargs)
            try:
                if recording.holds():
                    result = self._replayed(recording, signature.leaves, args, kwargs)
                    self._last = recording
                    return result
            except DivergedError:
                pass
            finally:
                recording.lock.release()
        for reason, guards in self._refusals.get(signature.key, ()):
            if guards is None or guards.changed() is None:
                self.reason = reason
                return self.function(*args, **kwargs)
        return self._recorded(signature, args, kwargs)

    def _replayed(self, recording: Recording, leaves: list[Any], args: Any, kwargs: Any) -> Any:
        self._replays += 1
        if not self.verify or self._replays % self.verify:
            return recording.program.run(leaves)
        before = State(recording.reached(leaves))
        result = recording.program.run(leaves)
        found = State([result, *recording.reached(leaves)])
        before.restore()
        result = self.function(*args, **kwargs)
        difference = found.difference([result, *recording.reached(leaves)])
        if difference:
            self.forget()
            name = getattr(self.function, "__name__", "function")
            raise ReplayError(
                f"replay: {name} gave another {difference} than when it was run eagerly\n"
                "  fix: it does something that recording cannot see; run it eagerly, or declare that part "
                "at_every_replay"
            )
        return result

    def _recorded(self, signature: Signature, args: Any, kwargs: Any) -> Any:
        """Run the function eagerly, and keep what it did for the calls to come."""
        watch = Watch(self.function, signature.leaves, signature.objects)
        with watch:
            result = self.function(*args, **kwargs)
        reason = watch.reason
        recordings = self._recordings.setdefault(signature.key, [])
        refusals = self._refusals.setdefault(signature.key, [])
        if reason is None:
            try:
                self._last = Recording(watch, args, kwargs, signature, result)
                recordings.append(self._last)
            except RefusedError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 (the call has its result, whatever fails in here)
                reason = f"the program could not be written: {type(error).__name__}: {error}"
        if reason is not None:
            refusals.append((reason, watch.guards))
        if len(recordings) + len(refusals) > MOST:
            # Not one of them will hold for long.
            reason = "what it reads changes from call to call"
            recordings.clear()
            refusals[:] = [(reason, None)]
            self._last = None
        self.reason = reason
        return result


@overload
def replay(function: Callable[..., Any], *, verify: int = ...) -> Replayed: ...
@overload
def replay(function: None = ..., *, verify: int = ...) -> Callable[[Callable[..., Any]], Replayed]: ...
def replay(function: Any = None, *, verify: int = 0) -> Any:
    """Record a function's calls once per signature of shapes and types, and replay them as flat lists of NumPy calls.

    Results, gradients, random numbers, running statistics and optimisers' updates are those of the eager call, bit
    for bit. See `autograd_np.replaying` for what is recorded, what is watched, and what refuses.

    Args:
        function: what to replay: a training step, a function of tensors, a method.
        verify: run eagerly every so many replays, and raise ReplayError where the two differ.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> @ag.replay
        ... def gradient(x):
        ...     w.grad = None
        ...     loss = ((w * x) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> gradient(ag.tensor([1.0, 1.0])), gradient(ag.tensor([2.0, 3.0])), w.grad, gradient.reason
        (tensor(5., grad_fn=<sum>), tensor(40., grad_fn=<sum>), tensor([ 8., 36.]), None)
    """
    if function is None:
        return functools.partial(replay, verify=verify)
    return Replayed(function, verify)
