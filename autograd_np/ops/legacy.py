"""Names that ported programs call beside the operations: typed constructors, queries, and settings without effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.ops import decompositions
from autograd_np.ops.axes import mT

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "DoubleTensor",
    "FloatTensor",
    "IntTensor",
    "LongTensor",
    "compile",
    "get_num_threads",
    "is_tensor",
    "numel",
    "set_num_threads",
    "set_printoptions",
    "svd",
    "use_deterministic_algorithms",
]

F = TypeVar("F", bound=Callable[..., Any])


def FloatTensor(*data: Any) -> Tensor:
    """Return a float32 tensor of data, or of sizes with values still to be set.

    Source: torch.FloatTensor.

    Example:
        >>> FloatTensor([1, 2])
        tensor([1., 2.])
    """
    return Tensor(*data, dtype=np.float32)


def DoubleTensor(*data: Any) -> Tensor:
    """Return a float64 tensor of data, or of sizes with values still to be set.

    Source: torch.DoubleTensor.

    Example:
        >>> DoubleTensor([1, 2])
        tensor([1., 2.], dtype=float64)
    """
    return Tensor(*data, dtype=np.float64)


def LongTensor(*data: Any) -> Tensor:
    """Return an int64 tensor of data, or of sizes with values still to be set.

    Source: torch.LongTensor.

    Example:
        >>> LongTensor([1, 2])
        tensor([1, 2])
    """
    return Tensor(*data, dtype=np.int64)


def IntTensor(*data: Any) -> Tensor:
    """Return an int32 tensor of data, or of sizes with values still to be set.

    Source: torch.IntTensor.

    Example:
        >>> IntTensor([1, 2])
        tensor([1, 2], dtype=int32)
    """
    return Tensor(*data, dtype=np.int32)


def ByteTensor(*data: Any) -> Tensor:
    """Return a uint8 tensor of data, or of sizes with values still to be set.

    Source: torch.ByteTensor.

    Example:
        >>> ByteTensor([1, 2])
        tensor([1, 2], dtype=uint8)
    """
    return Tensor(*data, dtype=np.uint8)


def BoolTensor(*data: Any) -> Tensor:
    """Return a boolean tensor of data, or of sizes with values still to be set.

    Source: torch.BoolTensor.

    Example:
        >>> BoolTensor([0, 1])
        tensor([False,  True])
    """
    return Tensor(*data, dtype=np.bool_)


def is_tensor(obj: Any) -> bool:
    """Tell whether something is a Tensor.

    Source: torch.is_tensor.

    Example:
        >>> is_tensor(as_tensor([1.0])), is_tensor(np.ones(1))
        (True, False)
    """
    return isinstance(obj, Tensor)


class SVD(NamedTuple):
    """Left singular vectors, singular values, right singular vectors, vectors as columns."""

    U: Tensor
    S: Tensor
    V: Tensor


def svd(input: TensorLike, some: bool = True) -> SVD:
    """Return U, S and V with A = U·diag(S)·Vᵀ; `linalg.svd` returns Vᵀ instead.

    Shapes: input (*, M, P) -> U (*, M, K), S (*, K), V (*, P, K) with K = min(M, P); all columns if not `some`.
    Raises: DecompositionError for infinite or NaN elements.
    Source: torch.svd.

    Example:
        >>> A = as_tensor([[3.0, 0.0], [4.0, 5.0]])
        >>> U, S, V = svd(A)
        >>> bool(((U * S) @ V.T - A).abs().max() < 1e-5)
        True
    """
    u, s, vh = decompositions.svd(input, full_matrices=not some)
    return SVD(u, s, mT(vh))


def numel(input: TensorLike) -> int:
    """Return the number of elements.

    Source: torch.numel.

    Example:
        >>> numel(as_tensor([[1.0, 2.0]]))
        2
    """
    return as_tensor(input).numel()


def compile(model: F | None = None, **options: Any) -> Any:
    """Return the model as it is, so that programs which compile theirs run here.

    Source: torch.compile, whose options are accepted and change nothing.

    Example:
        >>> compile(len) is len
        True
    """
    return (lambda decorated: decorated) if model is None else model


def set_printoptions(
    precision: int | None = None, threshold: int | None = None, linewidth: int | None = None, **options: Any
) -> None:
    """Set how tensors are shown; these are NumPy's settings, shared with its arrays.

    Source: torch.set_printoptions.

    Example:
        >>> set_printoptions(threshold=1000)
    """
    given = {"precision": precision, "threshold": threshold, "linewidth": linewidth}
    np.set_printoptions(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def get_num_threads() -> int:
    """Return 1: NumPy's libraries choose their threads themselves.

    Source: torch.get_num_threads.

    Example:
        >>> get_num_threads()
        1
    """
    return 1


def set_num_threads(num: int) -> None:
    """Do nothing: NumPy's libraries take their thread counts from the environment (OMP_NUM_THREADS).

    Source: torch.set_num_threads.

    Example:
        >>> set_num_threads(2)
    """


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Do nothing: every operation is deterministic here.

    Source: torch.use_deterministic_algorithms.

    Example:
        >>> use_deterministic_algorithms(True)
    """
