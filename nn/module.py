"""Module: a part of a model that can be called, saved, moved between modes and printed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_np
from autograd_np import Tensor, is_recording
from nn._hooks import Hook, HookHandle, Hooks, watch_gradients
from nn._recording import called_by_name
from nn._registry import Registry
from nn._state import LoadedKeys, load_into, named_state

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Module"]


def _forward_missing(self: Module, *_: Any, **__: Any) -> Any:
    """Raise NotImplementedError: a subclass says what it computes."""
    raise NotImplementedError(
        f"{type(self).__name__} has no forward\n"
        "  fix: define forward(self, x) with the computation (check the spelling and the indentation)"
    )


class Module(Registry):
    """Base of every layer and model: subclasses define `forward`, and assigning registers what they are made of.

    Parameters, buffers and submodules are listed in the order of their definition, a module's own before those of
    its submodules; optimisers and saved files rely on that order.

    Shapes: those of the subclass's `forward`.
    Source: torch.nn.Module.

    Example:
        >>> import nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.Linear(2, 8)
        ...         self.scores = nn.Linear(8, 3)
        ...     def forward(self, x):
        ...         return self.scores(self.hidden(x).relu())
        >>> [name for name, _ in Net().named_parameters()]
        ['hidden.weight', 'hidden.bias', 'scores.weight', 'scores.bias']
    """

    training: bool
    _forward_pre_hooks: Hooks
    _forward_hooks: Hooks
    _backward_hooks: Hooks

    def __init__(self) -> None:
        super().__init__()
        put = super().__setattr__
        put("training", True)
        put("_forward_pre_hooks", {})
        put("_forward_hooks", {})
        put("_backward_hooks", {})

    # --- calling --------------------------------------------------------------------------------------------------

    forward: Callable[..., Any] = _forward_missing

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what `forward` computes, with the hooks called around it."""
        if not (self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or is_recording()):
            return self.forward(*args, **kwargs)
        if is_recording():
            with called_by_name(self):
                return self._call_with_hooks(args, kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in list(self._forward_pre_hooks.values()):
            if hook.with_kwargs:
                changed = hook.function(self, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            else:
                changed = hook.function(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        result, done = None, False
        try:
            result = self._forward_watched(args, kwargs)
            done = True
        finally:
            for hook in list(self._forward_hooks.values()):
                if done or hook.always_call:
                    given = (args, kwargs) if hook.with_kwargs else (args,)
                    changed = hook.function(self, *given, result)
                    result = result if changed is None else changed
        return result

    def _forward_watched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._backward_hooks:
            return self.forward(*args, **kwargs)
        hooks = [hook.function for hook in self._backward_hooks.values()]
        return watch_gradients(self, hooks, args, lambda *passed: self.forward(*passed, **kwargs))

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
        return HookHandle(self._forward_pre_hooks, Hook(hook, with_kwargs), prepend=prepend)

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
            always_call: call it also when forward raises, with None for the output.

        Source: torch.nn.Module.register_forward_hook.
        """
        return HookHandle(self._forward_hooks, Hook(hook, with_kwargs, always_call), prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_input, grad_output)` in every backward; what it returns replaces `grad_input`.

        Both are tuples with an entry per positional argument and per output, None where there is no gradient.

        Source: torch.nn.Module.register_full_backward_hook.
        """
        return HookHandle(self._backward_hooks, Hook(hook), prepend=prepend)

    # --- saving ---------------------------------------------------------------------------------------------------

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Return the parameters and persistent buffers by dotted name, sharing memory with the module.

        Args:
            destination: a dictionary to fill instead of a new one.
            prefix: put before every name.
            keep_vars: return the parameters themselves, not detached.

        Source: torch.nn.Module.state_dict.

        Example:
            >>> import nn
            >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU()).state_dict())
            ['0.weight', '0.bias']
        """
        state = OrderedDict[str, Any]() if destination is None else destination
        for key, _, _, tensor in named_state(self, prefix):
            state[key] = tensor if keep_vars else tensor.detach()
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> LoadedKeys:
        """Copy values by dotted name into the module; nothing is changed if something does not fit.

        Args:
            state_dict: Tensors or arrays by name.
            strict: every key of either side must be there on the other.
            assign: put the given tensors in the place of the module's own instead of copying.

        Raises: ArgumentError listing missing, unexpected and mis-shaped keys.
        Source: torch.nn.Module.load_state_dict.

        Example:
            >>> import nn
            >>> layer = nn.Linear(2, 3)
            >>> layer.load_state_dict(nn.Linear(2, 3).state_dict())
            <All keys matched>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: expected a mapping of names, got {type(state_dict).__name__}")
        return load_into(self, state_dict, strict=strict, assign=assign)

    # --- modes and gradients --------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch the module and all below it to training (or, with False, to evaluation).

        Source: torch.nn.Module.train.
        """
        if not isinstance(mode, bool):
            raise TypeError(f"train: mode must be True or False, got {type(mode).__name__}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation: no dropout, and batch norm by its running statistics.

        Source: torch.nn.Module.eval.
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Start or stop training every parameter.

        Source: torch.nn.Module.requires_grad_.
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every parameter's gradient.

        Args:
            set_to_none: False fills the gradients with zeros instead.

        Source: torch.nn.Module.zero_grad.
        """
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = autograd_np.zeros_like(parameter.grad)

    # --- changing all tensors -------------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call `fn` with every submodule, children first, and with the module itself last.

        Source: torch.nn.Module.apply.

        Example:
            >>> import nn
            >>> net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            >>> _ = net.apply(lambda module: print(type(module).__name__))
            Linear
            ReLU
            Sequential
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def _apply(self, convert: Callable[[Tensor], Tensor]) -> Self:
        """Convert the values of every parameter, gradient and buffer; parameters stay the same objects."""
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is None:
                    continue
                data = parameter.data
                converted = convert(data)
                # Assigning values makes a new leaf, which graphs recorded before do not reach.
                if converted is not data:
                    parameter.data = converted
                if parameter.grad is not None:
                    parameter.grad = convert(parameter.grad)
            for name, buffer in module._buffers.items():
                module._buffers[name] = None if buffer is None else convert(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating parameters and buffers to a type; the device is always the CPU.

        Takes `to(device)`, `to(dtype)`, `to(device, dtype)` or `to(tensor)`, as PyTorch does.

        Raises: DeviceError for another device, TypeError for a type that is not floating.
        Source: torch.nn.Module.to.

        Example:
            >>> import numpy as np, nn
            >>> nn.Linear(2, 3).to("cpu", np.float64).weight.dtype
            dtype('float64')
        """
        unknown = kwargs.keys() - {"device", "dtype", "non_blocking", "memory_format"}
        if unknown:
            raise TypeError(f"to: unknown arguments {sorted(unknown)}\n  fix: use device= or dtype=")
        dtype = kwargs.get("dtype")
        devices = [kwargs.get("device")]
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, (str, autograd_np.device)):
                devices.append(arg)
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg
        for device in devices:
            if device is not None:
                autograd_np.device(device)
        if dtype is None:
            return self
        kind = np.dtype(dtype)
        if kind.kind != "f":
            raise TypeError(f"to: a module's parameters are floating, so they cannot become {kind}")
        return self._apply(lambda t: t.to(kind) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32.

        Source: torch.nn.Module.float.
        """
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64.

        Source: torch.nn.Module.double.
        """
        return self.to(np.float64)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16.

        Source: torch.nn.Module.half.
        """
        return self.to(np.float16)

    def cpu(self) -> Self:
        """Return the module: it is on the CPU.

        Source: torch.nn.Module.cpu.
        """
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raise DeviceError: there is only the CPU.

        Source: torch.nn.Module.cuda.
        """
        return self.to("cuda" if device is None else f"cuda:{device}")

    # --- printing -------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return the settings to print in the module's line; subclasses override it.

        Source: torch.nn.Module.extra_repr.
        """
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        settings = self.extra_repr().splitlines()
        children = [f"({name}): {_indented(repr(child))}" for name, child in self._modules.items()]
        if not children and len(settings) <= 1:
            return f"{self._get_name()}({''.join(settings)})"
        return f"{self._get_name()}(\n" + "".join(f"  {line}\n" for line in [*settings, *children]) + ")"


def _indented(text: str) -> str:
    """Return the text with every line but the first two columns further in."""
    return text.replace("\n", "\n  ")
