"""What is recorded, decided per thread: nothing (off), what the rules name (train), or everything (record)."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, overload

__all__ = [
    "OFF",
    "RECORD",
    "TRAIN",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_recording",
    "modes",
    "no_grad",
    "record",
    "scope",
    "set_grad_enabled",
]

F = TypeVar("F", bound=Callable[..., Any])

OFF, TRAIN, RECORD = 0, 1, 2


class _Modes(threading.local):
    """The current thread's settings; `level` is derived from the others, because every operation reads it."""

    grad = True
    recording = False
    inference = False
    level = TRAIN
    #: The enclosing scopes, outermost first: (name, kind).
    scopes: tuple[tuple[str, str], ...] = ()
    #: Those who look on while operations are recorded and differentiated (core/watching.py); they need to know all.
    watchers: tuple[Any, ...] = ()

    def set(self, *, grad: bool, recording: bool, inference: bool) -> None:
        self.grad, self.recording, self.inference = grad, recording, inference
        self.level = (RECORD if recording or self.watchers else TRAIN) if grad else OFF

    def watch(self, watchers: tuple[Any, ...]) -> None:
        self.watchers = watchers
        self.set(grad=self.grad, recording=self.recording, inference=self.inference)


modes = _Modes()


class _Mode:
    """A setting for the length of a `with` block or of each call of a decorated function."""

    def __init__(self) -> None:
        self._before: list[tuple[bool, bool, bool]] = []

    def _apply(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._before.append((modes.grad, modes.recording, modes.inference))
        self._apply()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        grad, recording, inference = self._before.pop()
        modes.set(grad=grad, recording=recording, inference=inference)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return within  # type: ignore[return-value]  # the wrapper has the wrapped signature

    def _again(self) -> _Mode:
        """Return a fresh block of the same kind, so that threads and recursion do not share one."""
        return type(self)()


class _BareDecorator(_Mode):
    """A mode that may also decorate without being called first: `@no_grad` as well as `@no_grad()`."""

    @overload
    def __new__(cls) -> _BareDecorator: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]  # the decorated function, as PyTorch allows
    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]  # a decorated function is returned, so Python will not call it
        return mode(function)

    def __init__(self) -> None:
        super().__init__()


class no_grad(_BareDecorator):
    """Record nothing: results do not require gradients.

    Source: torch.no_grad.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor(2.0, requires_grad=True)
        >>> with ag.no_grad():
        ...     (w * 3).requires_grad
        False
    """

    def _apply(self) -> None:
        modes.set(grad=False, recording=modes.recording, inference=modes.inference)


class enable_grad(_BareDecorator):
    """Record again inside a block that had switched recording off.

    Source: torch.enable_grad.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor(2.0, requires_grad=True)
        >>> with ag.no_grad(), ag.enable_grad():
        ...     (w * 3).requires_grad
        True
    """

    def _apply(self) -> None:
        modes.set(grad=True, recording=modes.recording, inference=modes.inference)


class record(_BareDecorator):
    """Record everything a drawing needs: operands, outputs, names, module path and source line.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.record():
        ...     y = x * x
        >>> y.grad_fn.info.source.startswith("<doctest")
        True
    """

    def _apply(self) -> None:
        modes.set(grad=modes.grad, recording=True, inference=modes.inference)


class inference_mode(_Mode):
    """Record nothing, as `no_grad`, and say so through `is_inference_mode_enabled`.

    Args:
        mode: False makes the block do nothing.

    Source: torch.inference_mode.

    Example:
        >>> import autograd_np as ag
        >>> with ag.inference_mode():
        ...     ag.is_inference_mode_enabled()
        True
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def _apply(self) -> None:
        if self.mode:
            modes.set(grad=False, recording=modes.recording, inference=True)

    def _again(self) -> _Mode:
        return inference_mode(self.mode)


class set_grad_enabled(_Mode):
    """Switch recording on or off: at once, and back again at the end of a `with` block.

    Source: torch.set_grad_enabled.

    Example:
        >>> import autograd_np as ag
        >>> with ag.set_grad_enabled(False):
        ...     ag.is_grad_enabled()
        False
        >>> ag.is_grad_enabled()
        True
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = bool(mode)
        self._outside = (modes.grad, modes.recording, modes.inference)
        self._apply()

    def _apply(self) -> None:
        modes.set(grad=self.mode, recording=modes.recording, inference=modes.inference)

    def __enter__(self) -> None:
        self._before.append(self._outside)
        self._apply()

    def __call__(self, function: F) -> F:
        """Decorate: the setting holds during calls only, so what it changed at once is taken back."""
        grad, recording, inference = self._outside
        modes.set(grad=grad, recording=recording, inference=inference)
        return super().__call__(function)

    def _again(self) -> _Mode:
        return set_grad_enabled(self.mode)


class scope:
    """Name the part of a model that the enclosed operations belong to; drawings group them by it.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.record(), ag.scope("encoder"), ag.scope("0"):
        ...     y = x * x
        >>> y.grad_fn.info.module
        'encoder.0'

    Args:
        name: what it is called there; a part of a dotted path.
        kind: what it is, such as a module's class.
    """

    def __init__(self, name: str, kind: str = "") -> None:
        self.name = name
        self.kind = kind

    def __enter__(self) -> None:
        modes.scopes = (*modes.scopes, (self.name, self.kind))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        modes.scopes = modes.scopes[:-1]


def is_grad_enabled() -> bool:
    """Tell whether operations are being recorded in this thread.

    Source: torch.is_grad_enabled.

    Example:
        >>> is_grad_enabled()
        True
    """
    return modes.grad


def is_inference_mode_enabled() -> bool:
    """Tell whether this thread is inside `inference_mode`.

    Source: torch.is_inference_mode_enabled.

    Example:
        >>> is_inference_mode_enabled()
        False
    """
    return modes.inference


def is_recording() -> bool:
    """Tell whether this thread keeps everything a drawing needs (see `record`).

    Example:
        >>> is_recording()
        False
    """
    return modes.recording
