"""Module: a part of a model that can be called, saved, moved between modes and printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import autograd_np as ag
from nn._conversion import Converted
from nn._hooks import Called
from nn._state import Stateful

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Module"]


class Module(Called, Stateful, Converted):
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

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["training"] = True

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
                parameter.grad = ag.zeros_like(parameter.grad)

    # --- the whole tree -------------------------------------------------------------------------------------------

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

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing, whatever the arguments: the module runs as it is.

        Source: torch.nn.Module.compile.
        """

    # --- printing -------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return the settings to print in the module's line; subclasses override it.

        Source: torch.nn.Module.extra_repr.
        """
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def _children_repr(self) -> Sequence[str]:
        """Return the lines of the submodules."""
        return [f"({name}): {_indented(repr(child))}" for name, child in self._modules.items()]

    def __repr__(self) -> str:
        settings = self.extra_repr().splitlines()
        children = self._children_repr()
        if not children and len(settings) <= 1:
            return f"{self._get_name()}({''.join(settings)})"
        return f"{self._get_name()}(\n" + "".join(f"  {line}\n" for line in [*settings, *children]) + ")"


def _indented(text: str) -> str:
    """Return the text with every line but the first two columns further in."""
    return text.replace("\n", "\n  ")
