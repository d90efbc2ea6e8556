"""Hooks of modules: functions kept in order of registration, each with a handle that takes it back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_np import Tensor
from autograd_np.autograd import Function

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Hook", "HookHandle", "Hooks", "watch_gradients"]

_ids = itertools.count()


class Hook(NamedTuple):
    """A registered function and how it wants to be called."""

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


class _Pass(Function):
    """The identity on several tensors, which shows the gradients that come back through it."""

    @staticmethod
    def forward(ctx: Any, arrived: Callable[[tuple[Any, ...]], Any], *tensors: Tensor) -> Any:
        ctx.arrived = arrived
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        replaced = ctx.arrived(gradients)
        return (None, *(gradients if replaced is None else replaced))


def _through(values: Any, arrived: Callable[[tuple[Any, ...]], Any]) -> tuple[Any, bool]:
    """Return the values with their recorded tensors passed through the identity, and whether there were any."""
    listed = values if isinstance(values, tuple) else (values,)
    places = [i for i, value in enumerate(listed) if isinstance(value, Tensor) and value.requires_grad]
    if not places:
        return values, False

    def spread(gradients: tuple[Any, ...]) -> tuple[Any, ...] | None:
        whole: list[Any] = [None] * len(listed)
        for i, gradient in zip(places, gradients, strict=True):
            whole[i] = gradient
        replaced = arrived(tuple(whole))
        return None if replaced is None else tuple(replaced[i] for i in places)

    passed = list(listed)
    for i, tensor in zip(places, _Pass.apply(spread, *(listed[i] for i in places)), strict=True):
        passed[i] = tensor
    return (tuple(passed) if isinstance(values, tuple) else passed[0]), True


def watch_gradients(
    module: Any, hooks: list[Callable[..., Any]], args: tuple[Any, ...], forward: Callable[..., Any]
) -> Any:
    """Return `forward(*args)`, with the hooks called when the gradients of its inputs are known.

    Each hook is called as `hook(module, grad_input, grad_output)`; what it returns replaces `grad_input`.
    """
    arrived: dict[str, tuple[Any, ...]] = {}

    def at_input(grad_input: tuple[Any, ...]) -> tuple[Any, ...] | None:
        before = grad_input
        for hook in hooks:
            replaced = hook(module, grad_input, arrived.get("output"))
            if replaced is not None:
                grad_input = replaced if isinstance(replaced, tuple) else (replaced,)
        return None if grad_input is before else grad_input

    args, watched = _through(args, at_input)

    def at_output(grad_output: tuple[Any, ...]) -> None:
        arrived["output"] = grad_output
        if not watched:
            # No input is differentiated, so nothing will come back to it.
            for hook in hooks:
                hook(module, (None,) * len(args), grad_output)

    result, _ = _through(forward(*args), at_output)
    return result
