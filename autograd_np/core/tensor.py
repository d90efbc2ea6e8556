"""Tensor: a NumPy array that remembers the operation it came from."""

from __future__ import annotations

import copy
import importlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_np._typing import Array, DTypeLike, Shape
from autograd_np.core.arrays import Size, as_array, legacy_array
from autograd_np.core.device import check_device, device
from autograd_np.core.dtypes import as_dtype, default_float
from autograd_np.core.modes import modes
from autograd_np.core.node import GraphNode, Leaf, Node, Port, RemovableHandle
from autograd_np.core.versions import VersionCell, next_serial
from autograd_np.errors import ArgumentError, DTypeError, GraphError, MutationError, ShapeError

if TYPE_CHECKING:
    from typing_extensions import Self

    from autograd_np.core.arities import ViewOp

__all__ = ["Tensor", "View", "as_tensor", "wrap"]

_new = object.__new__


class View:
    """How a tensor looks into another one's memory: its base, and the row that made it.

    Attributes:
        base: the tensor looked into.
        op: the row that reads this part of it; None where a user's Function did.
        static: the row's keywords.
        rewired: up to which change of nodes on this storage the view's own node is known to be right.
        seen: the base's node then.
        loose: why the view's place in the graph does not follow from its base's; empty where it does.
    """

    __slots__ = ("_source", "base", "loose", "op", "rewired", "seen", "static")

    def __init__(self, base: Tensor, op: ViewOp | None, static: dict[str, Any], rewired: int, loose: str = "") -> None:
        self.base = base
        self.op = op
        self.static = static
        self.rewired = rewired
        self.seen = base._node
        self.loose = loose
        self._source = base._array

    def base_now(self) -> Tensor | None:
        """Return the tensor that still has the array looked into; None where `.data =` gave the base another one.

        A tensor that takes another shape in place becomes a view of what it was: that is the base from then on.
        """
        base: Tensor | None = self.base
        while base is not None and base._array is not self._source:
            base = None if base._view is None else base._view.base
        if base is not None:
            self.base = base
        return base


class Tensor:
    """A NumPy array that remembers the operation it came from.

    Calling the class, as in PyTorch, gives default floats: `Tensor([1, 2])`, `Tensor(2, 3)` for uninitialised values
    of that shape. `autograd_np.tensor` infers the type instead.

    Args:
        data: nested numbers, an array, a Tensor (shares its memory), or sizes.
        dtype: element type; the default float if not given.
        requires_grad: record operations on this tensor.

    Raises: DTypeError for data that are not numbers, or if an integer tensor should require gradients.
    Source: torch.Tensor.

    Example:
        >>> Tensor([1, 2])
        tensor([1., 2.])
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_cell", "_node", "_view")

    _array: Array
    _node: GraphNode | None
    _cell: VersionCell | None
    _view: View | None

    # Few tensors have these; as class attributes they cost the others nothing.
    _grad: Tensor | None = None
    #: A name for drawings and messages.
    name: str | None = None

    #: NumPy arrays leave binary operators to Tensor's `__array_ufunc__`.
    __array_priority__ = 1000

    if TYPE_CHECKING:
        # Operations register their methods through one table, autograd_np/ops/methods.py.
        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]  # element by element
        def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]  # element by element
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

    def __init__(self, *data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> None:
        if dtype is None and len(data) == 1 and isinstance(data[0], Tensor):
            source = data[0]
            source._live()
            array, self._cell = source._array, source._shared_cell()
        else:
            chosen = default_float() if dtype is None else as_dtype(dtype)
            array = legacy_array(data, chosen)
            self._cell = None
        self._array = array
        self._node = None
        self._view = None
        if requires_grad:
            self.requires_grad_()

    # --- what it is ---------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """Return the sizes of the axes."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""
        return self._array.dtype

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return self._array.ndim

    @property
    def itemsize(self) -> int:
        """Return the bytes of one element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Return the bytes of all elements."""
        return self._array.nbytes

    @property
    def device(self) -> device:
        """Return the CPU."""
        return device("cpu")

    @property
    def is_cuda(self) -> bool:
        """Return False: there is only the CPU."""
        return False

    def numel(self) -> int:
        """Return the number of elements."""
        return self._array.size

    def nelement(self) -> int:
        """Return the number of elements."""
        return self._array.size

    def dim(self) -> int:
        """Return the number of axes."""
        return self._array.ndim

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one axis."""
        return Size(self._array.shape) if dim is None else self._array.shape[dim]

    def element_size(self) -> int:
        """Return the bytes of one element."""
        return self._array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Return the steps between neighbours along each axis, counted in elements."""
        steps = tuple(step // self._array.itemsize for step in self._array.strides)
        return steps if dim is None else steps[dim]

    def is_floating_point(self) -> bool:
        """Tell whether the elements are floating numbers."""
        return self._array.dtype.kind == "f"

    def is_contiguous(self) -> bool:
        """Tell whether the elements lie in memory in the order of the indices."""
        return self._array.flags.c_contiguous

    # --- its place in the graph ---------------------------------------------------------------------------------

    def _live(self) -> None:
        """Catch up with writes into this view's base: other recorded writes give the view a new node."""
        if self._view is None or self._view.rewired == self._shared_cell().rewired:
            return
        stale: list[Tensor] = []
        part: Tensor | None = self
        while part is not None and part._view is not None and part._view.rewired != part._shared_cell().rewired:
            stale.append(part)
            part = part._view.base_now()
        for part in reversed(stale):
            part._follow()

    def _follow(self) -> None:
        """Take the node that follows from the base's, which is up to date."""
        view: Any = self._view
        base, now = view.base_now(), self._shared_cell().rewired
        loose = view.loose if base is not None else "of a tensor that was given other memory by `.data =`"
        if base is not None and base._node is view.seen:
            view.rewired = now  # another tensor on the storage changed its node: this base did not
        elif base is not None and loose and (base._node is None or isinstance(base._node, Leaf)):
            view.rewired, view.seen = now, base._node  # there is no history to follow
        elif not loose:
            view.rewired, view.seen = now, base._node
            self._adopt(view.op.node_for_view(base, self._array, view.static))
        elif modes.level:
            message = (
                f"a view {loose} was used after a recorded operation wrote to its memory, and the graph cannot say "
                "what it is now\n  fix: make the view again where it is used, or clone() it when it is made"
            )
            raise MutationError(message)

    def _adopt(self, node: GraphNode | None) -> None:
        """Take another node; where the gradient was to be retained, it is that of the new value from now on."""
        extra = None if self._node is None else self._node.extra
        if extra is not None and node is not None and node is not self._node:
            for kept in [kept for kept in extra.retained if kept() is self]:
                extra.retained.remove(kept)
                node.extras().retained.append(kept)
        self._node = node

    def _shared_cell(self) -> VersionCell:
        """Return the cell that counts the writes to this storage, made on first use."""
        if self._cell is None:
            self._cell = VersionCell()
        return self._cell

    @property
    def requires_grad(self) -> bool:
        """Tell whether operations on this tensor are recorded."""
        self._live()
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Start or stop recording operations on this leaf, and return it.

        Raises:
            DTypeError: if the tensor holds integers or booleans, which have no gradient.
            GraphError: if a result of recorded operations should stop requiring gradients.
        """
        self._live()
        if requires_grad and self._node is None:
            if self._array.dtype.kind != "f":
                message = (
                    f"requires_grad_: a tensor of {self._array.dtype} has no gradient; only floating tensors can "
                    "require one\n  fix: convert it first, for example x.float()"
                )
                raise DTypeError(message)
            self._node = Leaf(self)
            if self._cell is not None:
                # Views that are there already look into a leaf from now on.
                self._cell.rewired = next_serial()
                if self._view is not None:
                    self._view.rewired = self._cell.rewired
        elif not requires_grad and self._node is not None:
            if not isinstance(self._node, Leaf):
                message = (
                    f"requires_grad_(False): this tensor is the result of {_made_by(self._node)!r}; only leaves can "
                    "change\n  fix: use x.detach() for its values without the graph"
                )
                raise GraphError(message)
            self._node = None
        return self

    @property
    def is_leaf(self) -> bool:
        """Tell whether no recorded operation made this tensor."""
        self._live()
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """Return the recorded operation that made this tensor, or None for leaves."""
        self._live()
        node = self._node.edges[0] if isinstance(self._node, Port) else self._node
        return node if isinstance(node, Node) else None

    @property
    def output_nr(self) -> int:
        """Return which output of its operation this tensor is."""
        return self._node.index if isinstance(self._node, Port) else 0

    @property
    def grad(self) -> Tensor | None:
        """Return the accumulated gradient, or None where none was computed."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                message = f"grad: expected a Tensor or None, got {type(value).__name__}"
                raise DTypeError(message)
            if value.shape != self.shape:
                message = f"grad: expected the tensor's shape {self.shape}, got {value.shape}"
                raise ShapeError(message)
        self._grad = value

    @property
    def retains_grad(self) -> bool:
        """Tell whether `retain_grad` asked a non-leaf to keep its gradient."""
        extra = None if self._node is None or self.is_leaf else self._node.extra
        return extra is not None and any(kept() is self for kept in extra.retained)

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in `.grad` when backward passes it.

        Raises: GraphError if the tensor does not require gradients.
        """
        self._live()
        if self._node is None:
            message = "retain_grad: this tensor does not require gradients\n  fix: x.requires_grad_() before using it"
            raise GraphError(message)
        if not isinstance(self._node, Leaf) and not self.retains_grad:
            self._node.extras().retained.append(weakref.ref(self))

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call `hook` with this tensor's complete gradient in every backward; what it returns replaces the gradient.

        Raises: GraphError if the tensor does not require gradients.

        Example:
            >>> x = Tensor([1.0], requires_grad=True)
            >>> handle = x.register_hook(lambda g: g * 10)
            >>> (x * 2).sum().backward(); x.grad
            tensor([20.])
        """
        self._live()
        if self._node is None:
            message = "register_hook: this tensor does not require gradients\n  fix: x.requires_grad_() first"
            raise GraphError(message)
        return RemovableHandle(self._node.extras().hooks, hook)

    def graph(self, **options: Any) -> Any:
        """Return the traced graph of this tensor: it shows itself in a notebook, and saves as SVG, HTML, PDF or PNG.

        Args:
            options: `gradient`, `names`, `params`; see `autograd_np.viz.trace`.
        """
        return importlib.import_module("autograd_np.viz").trace(self, **options)

    def detach(self) -> Tensor:
        """Return the same values outside the graph, sharing memory and the count of writes."""
        result = wrap(self._array, None)
        result._cell = self._shared_cell()
        return result

    def detach_(self) -> Self:
        """Take this tensor itself out of the graph.

        Raises: GraphError for a view, whose place in the graph follows from its base.
        """
        if self._view is not None:
            message = "detach_: a view stays tied to its base\n  fix: use x.detach(), or detach the base"
            raise GraphError(message)
        self._node = None
        return self

    @property
    def data(self) -> Tensor:
        """Return the same values outside the graph, sharing memory; assigning replaces the values unrecorded."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        array = as_array(value)
        if isinstance(self._node, Leaf) and array.dtype.kind != "f":
            message = f"data: a leaf that requires gradients needs floating values, got {array.dtype}"
            raise DTypeError(message)
        if array is self._array:
            return
        self._array = array
        self._cell = value._shared_cell() if isinstance(value, Tensor) else None
        self._view = None
        if isinstance(self._node, Leaf):
            if (array.shape, array.dtype) != (self._node.shape, self._node.dtype):
                # Graphs recorded before keep the old leaf's shape and type; this one starts with the new values.
                hooks, self._node = self._node.extra, Leaf(self)
                self._node.extra = hooks
            self._node.moved = next_serial()

    @property
    def _version(self) -> int:
        """Return how often this storage was written in place."""
        return 0 if self._cell is None else self._cell.count

    # --- its values ---------------------------------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> Array:
        """Return the array itself, sharing memory.

        Args:
            force: detach first instead of raising.

        Raises: GraphError if the tensor requires gradients, since writes into the array would go unseen.
        """
        if not force and self.requires_grad:
            message = (
                "numpy: this tensor requires gradients, and what happens to a plain array is not recorded\n"
                "  fix: use x.detach().numpy()"
            )
            raise GraphError(message)
        return self._array

    def item(self) -> Any:
        """Return the single element as a Python number.

        Raises: ShapeError if there is not exactly one element.
        """
        if self._array.size != 1:
            message = (
                f"item: expected one element, got shape {self.shape}\n"
                "  fix: use tolist(), or reduce first, as in x.sum()"
            )
            raise ShapeError(message)
        return self._array.item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self._array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.numpy()
        if copy is False and dtype is not None and array.dtype != dtype:
            message = f"__array__: a conversion from {array.dtype} to {np.dtype(dtype)} needs a copy"
            raise ArgumentError(message)
        return np.array(array, dtype=dtype, copy=copy) if copy else np.asarray(array, dtype=dtype)

    def __dlpack__(self, **options: Any) -> Any:
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()

    def __bool__(self) -> bool:
        if self._array.size != 1:
            message = f"bool: the truth of a tensor of shape {self.shape} is ambiguous\n  fix: use x.any() or x.all()"
            raise ShapeError(message)
        return bool(self._array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iu":
            message = f"index: only integer tensors can be an index, got {self._array.dtype}"
            raise DTypeError(message)
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __len__(self) -> int:
        if self._array.ndim == 0:
            message = "len: a 0-d tensor has no length\n  fix: use x.item() for its value"
            raise DTypeError(message)
        return self._array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self._array.ndim == 0:
            message = "iter: a 0-d tensor cannot be iterated over\n  fix: use x.item() for its value"
            raise DTypeError(message)
        return (self[i] for i in range(self._array.shape[0]))

    def __contains__(self, value: Any) -> bool:
        return bool((self._array == as_array(value)).any())

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        return format(self._array.item() if self._array.ndim == 0 else str(self), spec)

    def __repr__(self) -> str:
        self._live()
        prefix = "tensor("
        precision = np.get_printoptions()["precision"]
        body = np.array2string(
            self._array, separator=", ", prefix=prefix, precision=min(precision, 4), floatmode="maxprec"
        )
        notes = [body]
        if self._array.size == 0 and self._array.shape != (0,):
            notes.append(f"size={self.shape}")
        if self._array.dtype not in (default_float(), np.int64, np.bool_):
            notes.append(f"dtype={self._array.dtype}")
        if isinstance(self._node, Leaf):
            notes.append("requires_grad=True")
        elif self._node is not None:
            notes.append(f"grad_fn=<{_made_by(self._node)}>")
        return f"{prefix}{', '.join(notes)})"

    # --- copies -------------------------------------------------------------------------------------------------

    def __reduce_ex__(self, protocol: Any) -> Any:
        leaf = self._leaf_only("pickle")
        attributes = {name: value for name, value in self.__dict__.items() if name != "_grad"}
        return _rebuild, (type(self), self._array.copy(), leaf, attributes)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        leaf = self._leaf_only("deepcopy")
        known = memo.get(id(self))
        if known is None:
            attributes = copy.deepcopy(self.__dict__, memo)
            known = memo[id(self)] = _rebuild(type(self), self._array.copy(), leaf, attributes)
        return known

    def _leaf_only(self, action: str) -> bool:
        if not self.is_leaf:
            message = (
                f"{action}: this tensor is the result of {_made_by(self._node)!r} and carries its graph; only leaves "
                "can be copied this way\n  fix: use x.detach() first, or x.clone() to stay in the graph"
            )
            raise GraphError(message)
        return self._node is not None


def _made_by(node: GraphNode | None) -> str:
    made = node.edges[0] if isinstance(node, Port) else node
    return made.op.name if isinstance(made, Node) else "leaf"


def _rebuild(kind: type[Tensor], array: Array, requires_grad: bool, attributes: Mapping[str, Any]) -> Tensor:
    """Return a leaf with these values; the counterpart of pickling."""
    result = _new(kind)
    result._array, result._node, result._cell, result._view = array, None, None, None
    result.__dict__.update(attributes)
    return result.requires_grad_(requires_grad)


def wrap(array: Array, node: GraphNode | None) -> Tensor:
    """Return a Tensor around this very array, with this node; the fast constructor of the engine."""
    result = _new(Tensor)
    result._array = array
    result._node = node
    result._cell = None
    result._view = None
    return result


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: str | device | None = None) -> Tensor:
    """Return the data as a Tensor; a Tensor or array of the right type is not copied.

    Raises: DTypeError or ShapeError for data that form no array of numbers, DeviceError for another device.
    Source: torch.as_tensor.

    Example:
        >>> as_tensor([1, 2]).dtype
        dtype('int64')
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(as_dtype(dtype))
    return wrap(as_array(data, dtype), None)
