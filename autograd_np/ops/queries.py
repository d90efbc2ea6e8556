"""What programs ask about tensors, and types and layouts that there are none of: the answers are always the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from autograd_np._typing import Array, DTypeLike, TensorLike
from autograd_np.core import Tensor, as_dtype, as_tensor
from autograd_np.core.dtypes import _CATEGORY
from autograd_np.errors import DTypeError, ShapeError, UnsupportedError
from autograd_np.ops.part_writes import storage_offset

__all__ = [
    "can_cast",
    "complex",
    "get_device",
    "imag",
    "is_complex",
    "is_conj",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
    "polar",
    "typename",
    "view_as_complex",
    "view_as_real",
]

# --- questions about values and types -----------------------------------------------------------------------------


def is_nonzero(input: TensorLike) -> bool:
    """Tell whether a tensor of one element is not zero.

    Raises: ShapeError unless there is exactly one element.
    Source: torch.is_nonzero.

    Example:
        >>> is_nonzero(as_tensor([0.0])), is_nonzero(as_tensor(3))
        (False, True)
    """
    x = as_tensor(input)
    if x.numel() != 1:
        raise ShapeError(
            f"is_nonzero: expected one element, got shape {x.shape}\n  fix: use (x != 0).any() or (x != 0).all()"
        )
    return bool(x._array.item())


def is_same_size(input: TensorLike, other: TensorLike) -> bool:
    """Tell whether two tensors have the same shape.

    Source: torch.is_same_size.

    Example:
        >>> is_same_size(as_tensor([1.0]), as_tensor([2, 3]))
        False
    """
    return as_tensor(input).shape == as_tensor(other).shape


def is_signed(input: TensorLike) -> bool:
    """Tell whether the element type has negative numbers.

    Source: torch.is_signed.

    Example:
        >>> is_signed(as_tensor([1.0])), is_signed(as_tensor([True]))
        (True, False)
    """
    return as_tensor(input).dtype.kind in "if"


def is_complex(input: TensorLike) -> bool:
    """Return False: tensors hold no complex numbers.

    Source: torch.is_complex.

    Example:
        >>> is_complex(as_tensor([1.0]))
        False
    """
    return False


def is_conj(input: TensorLike) -> bool:
    """Return False: nothing is conjugated later than it is asked for; also is_neg, of negation.

    Source: torch.is_conj and torch.is_neg.

    Example:
        >>> is_conj(as_tensor([1.0]))
        False
    """
    return False


is_neg = is_conj


def is_inference(input: TensorLike) -> bool:
    """Return False: tensors made in `inference_mode` are ordinary ones.

    Source: torch.is_inference.

    Example:
        >>> is_inference(as_tensor([1.0]))
        False
    """
    return False


def is_storage(obj: Any) -> bool:
    """Tell whether something is a tensor's storage.

    Source: torch.is_storage.

    Example:
        >>> is_storage(as_tensor([1.0])), is_storage(storage(as_tensor([1.0])))
        (False, True)
    """
    return isinstance(obj, Storage)


def get_device(input: TensorLike) -> int:
    """Return -1, which stands for the CPU.

    Source: torch.get_device.

    Example:
        >>> get_device(as_tensor([1.0]))
        -1
    """
    return -1


def typename(obj: Any) -> str:
    """Return the name of an object's type with its module; of a tensor, PyTorch's name of its element type.

    Source: torch.typename.

    Example:
        >>> typename(as_tensor([1.0])), typename([])
        ('torch.FloatTensor', 'list')
    """
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """Tell whether a result of one type may be written into a tensor of another: never to a lower category.

    The categories are booleans, integers and floating numbers.

    Source: torch.can_cast.

    Example:
        >>> can_cast("float64", "float32"), can_cast("float32", "int64")
        (True, False)
    """
    return _CATEGORY[as_dtype(from_).kind] <= _CATEGORY[as_dtype(to).kind]


# --- memory -------------------------------------------------------------------------------------------------------


class Storage:
    """The memory behind a tensor and its views, element by element, for reading.

    Writing through it would go unseen by the graph: change a tensor instead.

    Source: torch.TypedStorage.

    Example:
        >>> s = storage(as_tensor([[1.0, 2.0], [3.0, 4.0]])[1]); len(s), s[0], s.tolist()
        (4, 1.0, [1.0, 2.0, 3.0, 4.0])
    """

    __slots__ = ("_elements", "dtype")

    def __init__(self, array: Array) -> None:
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        self.dtype = owner.dtype
        self._elements = owner.ravel(order="K")

    def __len__(self) -> int:
        return self._elements.size

    def __getitem__(self, index: Any) -> Any:
        found = self._elements[index]
        return found.tolist()

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise UnsupportedError(
            "storage: a write into the memory would go unseen by the graph\n"
            "  fix: write into a tensor, as in x.view(-1)[i] = value under no_grad()"
        )

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __repr__(self) -> str:
        return f"Storage({self._elements.tolist()}, dtype={self.dtype})"

    def tolist(self) -> list[Any]:
        """Return the elements as Python numbers."""
        values: list[Any] = self._elements.tolist()
        return values

    def size(self) -> int:
        """Return the number of elements."""
        return self._elements.size

    def nbytes(self) -> int:
        """Return the number of bytes."""
        return self._elements.nbytes

    def element_size(self) -> int:
        """Return the bytes of one element."""
        return self._elements.itemsize

    def data_ptr(self) -> int:
        """Return the address of the first element: equal for tensors that share memory."""
        return int(self._elements.ctypes.data)


def storage(input: TensorLike) -> Storage:
    """Return the memory behind a tensor, which its views share.

    Source: torch.Tensor.storage, torch.Tensor.untyped_storage.

    Example:
        >>> x = as_tensor([1.0, 2.0, 3.0])
        >>> storage(x).data_ptr() == storage(x[1:]).data_ptr()
        True
    """
    return Storage(as_tensor(input)._array)


def data_ptr(input: TensorLike) -> int:
    """Return the address of the first element.

    Source: torch.Tensor.data_ptr.

    Example:
        >>> x = as_tensor([1.0, 2.0])
        >>> data_ptr(x[1:]) - data_ptr(x)
        4
    """
    return int(as_tensor(input)._array.ctypes.data)


def itself(input: Tensor, *args: Any, **options: Any) -> Tensor:
    """Return the tensor itself: it is dense, in ordinary memory, and every process sees only its own.

    Source: torch.Tensor.to_dense, torch.Tensor.pin_memory, torch.Tensor.share_memory_.

    Example:
        >>> x = as_tensor([1.0]); itself(x) is x
        True
    """
    return input


# --- what there is none of ----------------------------------------------------------------------------------------


def _no_complex(name: str) -> NoReturn:
    raise UnsupportedError(
        f"{name}: tensors hold floating, integer and boolean values, and no complex ones\n"
        "  fix: keep the real and imaginary parts as two tensors"
    )


def imag(input: TensorLike) -> NoReturn:
    """Raise UnsupportedError: real numbers have no imaginary part, in PyTorch neither.

    Raises: UnsupportedError always.
    Source: torch.imag.

    Example:
        >>> try: imag(as_tensor([1.0]))
        ... except UnsupportedError as error: print(error.args[0].partition(":")[0])
        imag
    """
    _no_complex("imag")


def complex(real: TensorLike, imag: TensorLike) -> NoReturn:
    """Raise UnsupportedError: tensors hold no complex numbers.

    Raises: UnsupportedError always.
    Source: torch.complex.

    Example:
        >>> try: complex(as_tensor(1.0), as_tensor(2.0))
        ... except UnsupportedError as error: print(error.args[0].partition(":")[0])
        complex
    """
    _no_complex("complex")


def polar(abs: TensorLike, angle: TensorLike) -> NoReturn:
    """Raise UnsupportedError: tensors hold no complex numbers.

    Raises: UnsupportedError always.
    Source: torch.polar.

    Example:
        >>> try: polar(as_tensor(1.0), as_tensor(2.0))
        ... except UnsupportedError as error: print(error.args[0].partition(":")[0])
        polar
    """
    _no_complex("polar")


def view_as_complex(input: TensorLike) -> NoReturn:
    """Raise UnsupportedError: tensors hold no complex numbers.

    Raises: UnsupportedError always.
    Source: torch.view_as_complex.

    Example:
        >>> try: view_as_complex(as_tensor([1.0, 2.0]))
        ... except UnsupportedError as error: print(error.args[0].partition(":")[0])
        view_as_complex
    """
    _no_complex("view_as_complex")


def view_as_real(input: TensorLike) -> NoReturn:
    """Raise UnsupportedError: tensors hold no complex numbers whose parts could be seen.

    Raises: UnsupportedError always.
    Source: torch.view_as_real.

    Example:
        >>> try: view_as_real(as_tensor([1.0, 2.0]))
        ... except UnsupportedError as error: print(error.args[0].partition(":")[0])
        view_as_real
    """
    _no_complex("view_as_real")


def no_type(name: str, fix: str) -> Any:
    """Return the method that says why tensors cannot hold a type of PyTorch's.

    Example:
        >>> try: no_type("bfloat16", "float16")(as_tensor([1.0]))
        ... except DTypeError as error: print(error)
        bfloat16: tensors hold NumPy's types, and NumPy has none of this name
          fix: float16
    """

    def method(self: Tensor, *args: Any, **options: Any) -> NoReturn:
        raise DTypeError(f"{name}: tensors hold NumPy's types, and NumPy has none of this name\n  fix: {fix}")

    method.__doc__ = f"Raise DTypeError: tensors cannot hold {name}."
    return method


def no_layout(name: str) -> Any:
    """Return the method that says that tensors are neither sparse nor quantised.

    Example:
        >>> try: no_layout("to_sparse")(as_tensor([1.0]))
        ... except UnsupportedError as error: print(error)
        to_sparse: every tensor is dense and holds its values as they are
          fix: leave this call out
    """

    def method(self: Tensor, *args: Any, **options: Any) -> NoReturn:
        raise UnsupportedError(
            f"{name}: every tensor is dense and holds its values as they are\n  fix: leave this call out"
        )

    method.__doc__ = f"Raise UnsupportedError: there is no other layout for {name}."
    return method


#: Properties that tell of kinds of tensors: there is one kind only.
FLAGS: dict[str, bool] = {
    "is_cpu": True,
    **dict.fromkeys(
        (
            "is_meta",
            "is_mkldnn",
            "is_mps",
            "is_nested",
            "is_quantized",
            "is_sparse",
            "is_sparse_csr",
            "is_vulkan",
            "is_xla",
            "is_xpu",
        ),
        False,
    ),
}

#: Methods beside the functions above.
METHODS: dict[str, Any] = {
    "bfloat16": no_type("bfloat16", "half() for 16 bits, float() for more"),
    **{
        name: no_type(name, "keep the real and imaginary parts as two tensors")
        for name in ("cdouble", "cfloat", "chalf")
    },
    "data_ptr": data_ptr,
    **dict.fromkeys(("is_distributed", "is_pinned", "is_shared"), is_conj),
    "ndimension": Tensor.dim,
    **dict.fromkeys(("pin_memory", "share_memory_", "to_dense"), itself),
    **dict.fromkeys(("storage", "untyped_storage"), storage),
    "storage_offset": storage_offset,
    **{
        name: no_layout(name)
        for name in ("coalesce", "dequantize", "to_mkldnn", "to_sparse", "to_sparse_coo", "to_sparse_csr")
    },
}
