"""Functions that an optimiser calls around its steps and around saving and loading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nn._hooks import Hook, HookHandle, Hooks
from nn._keywords import KnowsItsArguments

__all__ = ["OptimizerHooks"]


class OptimizerHooks(KnowsItsArguments):
    """The part of Optimizer that keeps its hooks; a copy of an optimiser starts without any."""

    _hooks: Hooks

    def _functions(self, when: str) -> list[Callable[..., Any]]:
        return [hook.function for hook in self._hooks.values() if hook.when == when]

    def _called(self, when: str, *args: Any) -> Any:
        """Call the hooks of a moment; what one returns takes the place of the last argument, which is returned."""
        for function in self._functions(when):
            replaced = function(self, *args)
            if args and replaced is not None:
                args = (*args[:-1], replaced)
        return args[-1] if args else None

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` before every step; it may return both anew.

        As in PyTorch, `args` begins with the optimiser itself.

        Source: torch.optim.Optimizer.register_step_pre_hook.
        """
        return HookHandle(self._hooks, Hook("step_pre", hook))

    def register_step_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` after every step.

        Source: torch.optim.Optimizer.register_step_post_hook.
        """
        return HookHandle(self._hooks, Hook("step_post", hook))

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` before `state_dict`.

        Source: torch.optim.Optimizer.register_state_dict_pre_hook.
        """
        return HookHandle(self._hooks, Hook("state_dict_pre", hook), prepend=prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` with what `state_dict` found; what it returns takes its place.

        Source: torch.optim.Optimizer.register_state_dict_post_hook.
        """
        return HookHandle(self._hooks, Hook("state_dict_post", hook), prepend=prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` before loading; what it returns is loaded instead.

        Source: torch.optim.Optimizer.register_load_state_dict_pre_hook.
        """
        return HookHandle(self._hooks, Hook("load_pre", hook), prepend=prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` after loading.

        Source: torch.optim.Optimizer.register_load_state_dict_post_hook.
        """
        return HookHandle(self._hooks, Hook("load_post", hook), prepend=prepend)
