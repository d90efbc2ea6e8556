"""Names that ported programs call beside the operations: typed constructors, queries, and settings without effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor, check_device, device, set_default_dtype
from autograd_np.errors import ArgumentError, DTypeError, raise_shape
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from autograd_np.ops import decompositions
from autograd_np.ops.arithmetic import pow
from autograd_np.ops.assignment import _copy
from autograd_np.ops.axes import mT

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "are_deterministic_algorithms_enabled",
    "compile",
    "fill",
    "float_power",
    "get_default_device",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "is_tensor",
    "numel",
    "set_default_device",
    "set_default_tensor_type",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
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


def HalfTensor(*data: Any) -> Tensor:
    """Return a float16 tensor of data, or of sizes with values still to be set.

    Source: torch.HalfTensor.

    Example:
        >>> HalfTensor([1, 2])
        tensor([1., 2.], dtype=float16)
    """
    return Tensor(*data, dtype=np.float16)


def ShortTensor(*data: Any) -> Tensor:
    """Return an int16 tensor of data, or of sizes with values still to be set.

    Source: torch.ShortTensor.

    Example:
        >>> ShortTensor([1, 2])
        tensor([1, 2], dtype=int16)
    """
    return Tensor(*data, dtype=np.int16)


def CharTensor(*data: Any) -> Tensor:
    """Return an int8 tensor of data, or of sizes with values still to be set.

    Source: torch.CharTensor.

    Example:
        >>> CharTensor([1, 2])
        tensor([1, 2], dtype=int8)
    """
    return Tensor(*data, dtype=np.int8)


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


def float_power(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Raise to a power in double precision, whatever the types are.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.float_power.

    Example:
        >>> float_power(as_tensor([1, 2, 3]), 2)
        tensor([1., 4., 9.], dtype=float64)
    """
    if isinstance(exponent, (int, float)):
        return pow(as_tensor(input).to(np.float64), float(exponent))
    return pow(as_tensor(input).to(np.float64), as_tensor(exponent).to(np.float64))


def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """Return a tensor of one value, in another one's shape and type; the gradient is the value's.

    Shapes: input any, value a number or a tensor without axes.
    Raises: ShapeError if the value has axes.
    Source: torch.fill.

    Example:
        >>> fill(as_tensor([1.0, 2.0]), 7)
        tensor([7., 7.])
    """
    x, one = as_tensor(input), as_tensor(value)
    if one.ndim:
        raise_shape("fill", {"value": one.shape}, "the value must be a number or a tensor without axes")
    result: Tensor = _copy(x, one)
    return result


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


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Do nothing: every operation is deterministic here.

    Source: torch.use_deterministic_algorithms.

    Example:
        >>> use_deterministic_algorithms(True)
    """


def are_deterministic_algorithms_enabled() -> bool:
    """Return True: every operation is deterministic here.

    Source: torch.are_deterministic_algorithms_enabled.

    Example:
        >>> are_deterministic_algorithms_enabled()
        True
    """
    return True


def get_num_interop_threads() -> int:
    """Return 1: one operation runs at a time.

    Source: torch.get_num_interop_threads.

    Example:
        >>> get_num_interop_threads()
        1
    """
    return 1


def set_num_interop_threads(num: int) -> None:
    """Do nothing: one operation runs at a time.

    Source: torch.set_num_interop_threads.

    Example:
        >>> set_num_interop_threads(2)
    """


def get_float32_matmul_precision() -> str:
    """Return 'highest': products are computed in the type of their operands.

    Source: torch.get_float32_matmul_precision.

    Example:
        >>> get_float32_matmul_precision()
        'highest'
    """
    return "highest"


def set_float32_matmul_precision(precision: str) -> None:
    """Do nothing: it allows less precise products of float32, and they stay as precise as float32 is.

    Raises: ArgumentError for a word that PyTorch does not know.
    Source: torch.set_float32_matmul_precision.

    Example:
        >>> set_float32_matmul_precision("high")
    """
    if precision not in ("highest", "high", "medium"):
        raise ArgumentError(f"set_float32_matmul_precision: expected 'highest', 'high' or 'medium', got {precision!r}")


def set_flush_denormal(mode: bool) -> bool:
    """Do nothing and return False, which says so: NumPy keeps numbers near zero as they are.

    Source: torch.set_flush_denormal.

    Example:
        >>> set_flush_denormal(True)
        False
    """
    return False


def get_default_device() -> device:
    """Return the CPU.

    Source: torch.get_default_device.

    Example:
        >>> get_default_device()
        device(type='cpu')
    """
    return device("cpu")


def set_default_device(device: Any) -> None:
    """Accept the CPU, which is the default device.

    Raises: DeviceError for another device.
    Source: torch.set_default_device.

    Example:
        >>> set_default_device("cpu")
    """
    check_device(device)


def set_default_tensor_type(t: Any) -> None:
    """Set the type that Python floats become by an older name: FloatTensor, DoubleTensor or HalfTensor.

    Args:
        t: the constructor, or its name as in 'torch.FloatTensor'.

    Raises: DTypeError for anything else.
    Source: torch.set_default_tensor_type; `set_default_dtype` is the newer form.

    Example:
        >>> set_default_tensor_type("torch.FloatTensor")
    """
    names = {"FloatTensor": np.float32, "DoubleTensor": np.float64, "HalfTensor": np.float16}
    name = t.removeprefix("torch.") if isinstance(t, str) else getattr(t, "__name__", "")
    if name not in names:
        raise DTypeError(
            f"set_default_tensor_type: expected one of {', '.join(names)}, got {t!r}\n"
            "  fix: set_default_dtype(autograd_np.float64) sets the type alone"
        )
    set_default_dtype(names[name])
