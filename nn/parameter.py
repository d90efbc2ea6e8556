"""Tensors that a Module registers when they are assigned to it: parameters and buffers, also without values yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

import autograd_np as ag
from autograd_np import Tensor, as_tensor
from autograd_np.errors import GraphError

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


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


#: What every tensor has without values: `name` is for drawings, the rest is what Python asks of any object.
_HARMLESS = {"name", "device", "is_cuda"} | {
    f"__{name}__"
    for name in ("annotations", "array_priority", "dict", "doc", "hash", "init", "module", "slots", "weakref")
}


class _Refused:
    """Stands for a member of Tensor that needs values, where there are none yet."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Any, kind: type) -> Any:
        if tensor is None:
            return self
        if self.name.startswith("__"):
            # Python takes an error in finding a comparison for there being none, so it comes with the call.
            return partial(self, tensor)
        return self._refuse(tensor)

    def __set__(self, tensor: Any, value: Any) -> None:
        self._refuse(tensor)

    def __call__(self, tensor: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse a call; NumPy looks up its protocol on the class."""
        self._refuse(tensor)

    def _refuse(self, tensor: Any) -> NoReturn:
        asked = "" if self.name.startswith("_") else f" ({self.name} was asked for)"
        raise GraphError(
            f"{type(tensor).__name__}: it has no shape and no values yet{asked}\n"
            "  fix: call the model once on an example, which sets the sizes of its lazy layers"
        )


class _Uninitialized(Tensor):
    """What parameters and buffers without values share: a type, and the way to become tensors.

    Every member of Tensor is refused but those that this class defines or names, so that the engine's own look at
    the values fails as clearly as the user's.
    """

    #: What the tensor becomes with its values.
    becomes: type[Tensor]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in vars(Tensor).keys() - vars(_Uninitialized).keys() - vars(cls).keys() - _HARMLESS:
            setattr(cls, name, _Refused(name))

    def __init__(self, requires_grad: bool, dtype: Any) -> None:
        self.__dict__["_dtype"] = np.dtype(ag.get_default_dtype() if dtype is None else dtype)
        self.__dict__["_wanted"] = requires_grad

    dtype = property(lambda self: self.__dict__["_dtype"], doc="The type that the values will have.")
    requires_grad = property(
        lambda self: self.__dict__["_wanted"],
        lambda self, value: self.requires_grad_(value),
        doc="Whether the values will be trained.",
    )
    is_leaf = property(lambda self: True, doc="True: nothing has computed it.")
    grad = property(lambda self: None, lambda self, value: None, doc="None.")
    data = property(lambda self: self, doc="The tensor itself, as it has no values.")

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Choose whether the values will be trained, and return the tensor."""
        self.__dict__["_wanted"] = bool(requires_grad)
        return self

    def is_floating_point(self) -> bool:
        """Tell whether the values will be floating numbers."""
        return self.__dict__["_dtype"].kind == "f"

    def converted(self, convert: Callable[[Tensor], Tensor]) -> None:
        """Take the type that a conversion gives."""
        self.__dict__["_dtype"] = convert(ag.empty(0, dtype=self.dtype)).dtype

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, with memory that is still to be written.

        Source: torch.nn.parameter.UninitializedParameter.materialize.
        """
        values = ag.empty(tuple(shape), dtype=self.dtype if dtype is None else dtype, device=device)
        wanted = self.__dict__.pop("_wanted")
        del self.__dict__["_dtype"]
        self.__class__ = self.becomes  # type: ignore[assignment]  # a tensor of the same layout
        Tensor.__init__(self, values, requires_grad=wanted)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _remade, (type(self), self.requires_grad, self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = _remade(type(self), self.requires_grad, self.dtype)
        return memo[id(self)]


def _remade(kind: type[_Uninitialized], requires_grad: bool, dtype: Any) -> Any:
    made = kind.__new__(kind)
    _Uninitialized.__init__(made, requires_grad, dtype)
    return made


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape is not known before the first input: lazy layers have them.

    Any use that needs values raises GraphError; `materialize` makes it a Parameter.

    Args:
        requires_grad: False for a parameter that will be kept fixed.
        device: the CPU.
        dtype: type of the values; the default float if not given.

    Source: torch.nn.parameter.UninitializedParameter.

    Example:
        >>> weight = UninitializedParameter()
        >>> weight.materialize((2, 3)); weight.shape
        (2, 3)
    """

    becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        ag.as_tensor(0, device=device)
        super().__init__(requires_grad, dtype)


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known before the first input.

    Args:
        requires_grad: False, as for every buffer.
        device: the CPU.
        dtype: type of the values; the default float if not given.
        persistent: whether it will be part of the Module's `state_dict`.

    Source: torch.nn.parameter.UninitializedBuffer.

    Example:
        >>> UninitializedBuffer()
        <UninitializedBuffer>
    """

    becomes = Tensor

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        ag.as_tensor(0, device=device)
        super().__init__(requires_grad, dtype)
        self.persistent = persistent


def is_lazy(param: Any) -> bool:
    """Tell whether a parameter or buffer has no values yet.

    Source: torch.nn.parameter.is_lazy.

    Example:
        >>> is_lazy(UninitializedParameter()), is_lazy(Parameter([1.0]))
        (True, False)
    """
    return isinstance(param, _Uninitialized)
