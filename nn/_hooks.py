"""Calling a module, with the hooks around it: functions kept in order of registration, each with a handle.

All hooks of a module stand in one dictionary, so that a call without hooks finds that out by one question.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_np import Tensor, is_recording
from autograd_np.autograd import Function
from autograd_np.errors import ArgumentError
from nn._recording import called_by_name
from nn._registry import Registry

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Called", "Hook", "HookHandle", "Hooks"]

_ids = itertools.count()


class Hook(NamedTuple):
    """A registered function, when it is called, and how it wants to be called."""

    when: str
    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


Hooks = dict[int, Hook]


class HookHandle:
    """Takes back a module's hook.

    Source: torch.utils.hooks.RemovableHandle.
    """

    __slots__ = ("_hooks", "id")

    def __init__(self, hooks: Hooks, hook: Hook, *, prepend: bool = False) -> None:
        if not callable(hook.function):
            raise TypeError(f"a hook must be a function, got {type(hook.function).__name__}")
        self._hooks = hooks
        self.id = next(_ids)
        others = dict(hooks) if prepend else {}
        for key in others:
            del hooks[key]
        hooks[self.id] = hook
        hooks.update(others)

    def remove(self) -> None:
        """Take the hook back; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def _forward_missing(self: Called, *_: Any, **__: Any) -> Any:
    """Raise NotImplementedError: a subclass says what it computes."""
    raise NotImplementedError(
        f"{type(self).__name__} has no forward\n"
        "  fix: define forward(self, x) with the computation (check the spelling and the indentation)"
    )


class Called(Registry):
    """The part of Module that is called: its forward, and the hooks before and after it and its backward."""

    _hooks: Hooks

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_hooks"] = {}

    forward: Callable[..., Any] = _forward_missing

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what `forward` computes, with the hooks called around it."""
        if not (self._hooks or is_recording()):
            return self.forward(*args, **kwargs)
        with called_by_name(self) if is_recording() else nullcontext():
            return self._call_with_hooks(args, kwargs)

    def _hooks_of(self, when: str) -> list[Hook]:
        return [hook for hook in self._hooks.values() if hook.when == when]

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None
        called: set[int] = set()

        def call(hook: Hook) -> Any:
            called.add(id(hook))
            return hook.function(self, *((args, kwargs) if hook.with_kwargs else (args,)), result)

        try:
            for hook in self._hooks_of("forward_pre"):
                args, kwargs = _before(self, hook, args, kwargs)
            result = self._forward_watched(args, kwargs)
            for hook in self._hooks_of("forward"):
                changed = call(hook)
                result = result if changed is None else changed
        except Exception:
            for hook in self._hooks_of("forward"):
                if hook.always_call and id(hook) not in called:
                    _call_quietly(hook, call)
            raise
        return result

    def _forward_watched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before, after = ([h.function for h in self._hooks_of(when)] for when in ("backward_pre", "backward"))
        if not (before or after):
            return self.forward(*args, **kwargs)
        watch = _Watch(self, before, after)
        args = watch.at_input(args)
        return watch.at_output(self.forward(*args, **kwargs))

    # --- registering ----------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, args)` before every forward; what it returns replaces the arguments.

        Args:
            hook: the function; None as its result changes nothing.
            prepend: call it before the hooks that are there already.
            with_kwargs: call `hook(module, args, kwargs)` instead, which returns both.

        Source: torch.nn.Module.register_forward_pre_hook.
        """
        return HookHandle(self._hooks, Hook("forward_pre", hook, with_kwargs), prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """Call `hook(module, args, output)` after every forward; what it returns replaces the output.

        Args:
            hook: the function; None as its result changes nothing.
            prepend: call it before the hooks that are there already.
            with_kwargs: call `hook(module, args, kwargs, output)` instead.
            always_call: call it also when the call raises, with None for an output that is not there.

        Source: torch.nn.Module.register_forward_hook.
        """
        return HookHandle(self._hooks, Hook("forward", hook, with_kwargs, always_call), prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_output)` before every backward; what it returns replaces `grad_output`.

        Args:
            hook: the function; `grad_output` is a tuple with an entry per output, None where there is no gradient.
            prepend: call it before the hooks that are there already.

        Source: torch.nn.Module.register_full_backward_pre_hook.
        """
        return HookHandle(self._hooks, Hook("backward_pre", hook), prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_input, grad_output)` in every backward; what it returns replaces `grad_input`.

        Both are tuples with an entry per positional argument and per output, None where there is no gradient.

        Args:
            hook: the function; None as its result changes nothing.
            prepend: call it before the hooks that are there already.

        Source: torch.nn.Module.register_full_backward_hook.
        """
        return HookHandle(self._hooks, Hook("backward", hook), prepend=prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call a hook in every backward, as `register_full_backward_hook`: the gradients are those of the module.

        Source: torch.nn.Module.register_backward_hook, which saw only the module's last operation.
        """
        return self.register_full_backward_hook(hook)


def _before(
    module: Called, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments after a hook has seen them."""
    if not hook.with_kwargs:
        changed = hook.function(module, args)
        if changed is None:
            return args, kwargs
        return (changed if isinstance(changed, tuple) else (changed,)), kwargs
    changed = hook.function(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not (isinstance(changed, tuple) and len(changed) == 2):
        raise ArgumentError(
            f"{type(module).__name__}: a forward pre-hook with keywords must return None or (args, kwargs), got "
            f"{type(changed).__name__}"
        )
    return changed[0], changed[1]


def _call_quietly(hook: Hook, call: Callable[[Hook], Any]) -> None:
    """Call a hook after an error; an error of its own must not hide the first one."""
    try:
        call(hook)
    except Exception as error:  # noqa: BLE001  # whatever it is, the error before it is the one to raise
        warnings.warn(f"a forward hook failed after an error: {type(error).__name__}: {error}", stacklevel=4)


# --- gradients --------------------------------------------------------------------------------------------------------

Gradients = tuple[Any, ...]


class _Pass(Function):
    """The identity on several tensors, which shows the gradients that come back through it."""

    @staticmethod
    def forward(ctx: Any, arrived: Callable[[Gradients], Gradients], *tensors: Tensor) -> Any:
        ctx.arrived = arrived
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return (None, *ctx.arrived(gradients))


def _through(values: tuple[Any, ...], arrived: Callable[[Gradients], Gradients]) -> tuple[tuple[Any, ...], bool]:
    """Return the values with their recorded tensors passed through the identity, and whether there were any."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]
    if not places:
        return values, False

    def spread(gradients: Gradients) -> Gradients:
        whole: list[Any] = [None] * len(values)
        for i, gradient in zip(places, gradients, strict=True):
            whole[i] = gradient
        replaced = arrived(tuple(whole))
        return tuple(replaced[i] for i in places)

    passed = list(values)
    for i, tensor in zip(places, _Pass.apply(spread, *(values[i] for i in places)), strict=True):
        passed[i] = tensor
    return tuple(passed), True


class _Watch:
    """Shows the gradients of one call's inputs and outputs to the module's backward hooks.

    Args:
        module: whose call it is.
        before: hooks `(module, grad_output)`.
        after: hooks `(module, grad_input, grad_output)`.
    """

    def __init__(self, module: Called, before: list[Callable[..., Any]], after: list[Callable[..., Any]]) -> None:
        self.module = module
        self.before = before
        self.after = after
        self.inputs = 0
        self.watched = False
        self.grad_output: Gradients = ()

    def at_input(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments, watched."""
        self.inputs = len(args)
        passed, self.watched = _through(args, self._input_arrived)
        return passed

    def at_output(self, result: Any) -> Any:
        """Return the result of the module, watched."""
        if isinstance(result, tuple):
            return _through(result, self._output_arrived)[0]
        if isinstance(result, Tensor):
            return _through((result,), self._output_arrived)[0][0]
        warnings.warn(
            f"{type(self.module).__name__}: its backward hooks are not called, because forward returned neither a "
            f"Tensor nor a tuple of them but a {type(result).__name__}",
            stacklevel=2,
        )
        return result

    def _output_arrived(self, grad_output: Gradients) -> Gradients:
        for hook in self.before:
            grad_output = self._replaced(hook(self.module, grad_output), grad_output)
        self.grad_output = grad_output
        if not self.watched:
            # No input is differentiated, so nothing will come back to it.
            nothing = (None,) * self.inputs
            for hook in self.after:
                replaced = hook(self.module, nothing, grad_output)
                if replaced is not None and replaced != nothing:
                    raise ArgumentError(
                        f"{type(self.module).__name__}: a backward hook returned gradients for inputs that need none"
                    )
        return grad_output

    def _input_arrived(self, grad_input: Gradients) -> Gradients:
        for hook in self.after:
            grad_input = self._replaced(hook(self.module, grad_input, self.grad_output), grad_input)
        self.grad_output = ()
        return grad_input

    def _replaced(self, returned: Any, before: Gradients) -> Gradients:
        if returned is None:
            return before
        after = returned if isinstance(returned, tuple) else (returned,)
        if len(after) != len(before):
            raise ArgumentError(
                f"{type(self.module).__name__}: a backward hook was given {len(before)} gradients and returned "
                f"{len(after)}"
            )
        return after
