"""The recorded graph for those who work beside it: its nodes, and writes that the engine cannot see.

Source: torch.autograd.graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograd_np._typing import Array
from autograd_np.core import Leaf, Node, Port, Tensor

__all__ = ["Leaf", "Node", "Port", "arrays_of", "increment_version"]


def arrays_of(tensors: Iterable[Tensor]) -> list[Array]:
    """Return the arrays that tensors hold, for those who write into them and count it with `increment_version`.

    Example:
        >>> import autograd_np as ag
        >>> arrays_of([ag.tensor([2.0], requires_grad=True)])
        [array([2.], dtype=float32)]
    """
    return [tensor._array for tensor in tensors]


def increment_version(tensor: Tensor | Iterable[Tensor], writer: str = "increment_version") -> None:
    """Count a write into a tensor's memory that went past the engine, as an optimiser's through NumPy.

    A graph that kept the old values then raises in backward, naming the writer, instead of using the new ones.

    Args:
        tensor: the tensor written to, or several.
        writer: what to call the write in that error.

    Source: torch.autograd.graph.increment_version.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([2.0], requires_grad=True)
        >>> y = (x * x).sum()
        >>> x.detach().numpy()[0] = 3.0; increment_version(x, "my_update")
        >>> y.backward()
        Traceback (most recent call last):
        autograd_np.errors.MutationError: backward: 'mul' saved its a of shape (1,) for its derivative...
    """
    for written in [tensor] if isinstance(tensor, Tensor) else tensor:
        written._shared_cell().written(writer)
