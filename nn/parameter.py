"""Tensors that a Module registers when they are assigned to it: parameters and buffers."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor, as_tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A leaf that is trained: assigning it to a Module's attribute registers it there.

    Args:
        data: values; a Tensor or an array shares its memory.
        requires_grad: False for a parameter that is kept fixed.

    Source: torch.nn.Parameter.

    Example:
        >>> Parameter([1.0, 2.0])
        Parameter containing:
        tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        super().__init__(as_tensor(data), requires_grad=requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that belongs to a Module's state but is not trained, such as running statistics.

    Args:
        data: values; a Tensor or an array shares its memory.
        persistent: whether it is part of the Module's `state_dict`.

    Source: torch.nn.Buffer.

    Example:
        >>> Buffer([1.0, 2.0])
        tensor([1., 2.])
    """

    def __init__(self, data: Any = (), *, persistent: bool = True) -> None:
        super().__init__(as_tensor(data))
        self.persistent = persistent
