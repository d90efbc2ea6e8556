"""Modules that hold parameters: a list and a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from autograd_np import Tensor
from nn._entries import listed, pairs, position
from nn.module import Module
from nn.parameter import Parameter

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ParameterDict", "ParameterList"]


def _as_parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _parameter_line(name: str, parameter: Any) -> str:
    if parameter is None:
        return f"({name}): None"
    size = "x".join(str(n) for n in parameter.shape)
    return f"({name}): Parameter containing: [{parameter.dtype} of size {size}]"


class _Parameters(Module):
    """A module whose entries are parameters."""

    def __len__(self) -> int:
        return len(self._parameters)

    def extra_repr(self) -> str:
        """Return a line per parameter."""
        return "\n".join(_parameter_line(name, p) for name, p in self._parameters.items())


class ParameterList(_Parameters):
    """A list whose tensors are registered as parameters.

    Args:
        values: the first entries; plain Tensors become Parameters.

    Source: torch.nn.ParameterList.

    Example:
        >>> import autograd_np as ag, nn
        >>> weights = nn.ParameterList([ag.zeros(2), ag.zeros(3)])
        >>> [name for name, _ in weights.named_parameters()]
        ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def _key(self, index: SupportsIndex) -> str:
        return str(position(self, index, len(self), "parameters"))

    def _renumber(self, values: Iterable[Any]) -> None:
        listed = list(values)
        self._parameters.clear()
        self.extend(listed)

    @overload
    def __getitem__(self, index: slice) -> Self: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._parameters[self._key(index)]

    def __setitem__(self, index: SupportsIndex, value: Any) -> None:
        self.register_parameter(self._key(index), _as_parameter(value))

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        left = list(self)
        del left[index]
        self._renumber(left)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._parameters.values()))

    def __contains__(self, value: object) -> bool:
        return any(p is value for p in self)

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end, and return the list."""
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end, and return the list."""
        for value in listed(self, values, "parameters"):
            self.append(value)
        return self

    def insert(self, index: int, value: Any) -> Self:
        """Put a parameter before the one at this position, and return the list."""
        values = list(self)
        values.insert(index, value)
        self._renumber(values)
        return self

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take a parameter out, by default the last, and return it."""
        value = self[index]
        del self[index]
        return value


class ParameterDict(_Parameters):
    """A dictionary whose tensors are registered as parameters, in order of insertion.

    Args:
        parameters: the first entries; plain Tensors become Parameters.

    Source: torch.nn.ParameterDict.

    Example:
        >>> import autograd_np as ag, nn
        >>> scales = nn.ParameterDict({"left": ag.ones(2), "right": ag.ones(3)})
        >>> scales
        ParameterDict(
          (left): Parameter containing: [float32 of size 2]
          (right): Parameter containing: [float32 of size 3]
        )
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update({} if parameters is None else parameters)

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._parameters)

    def __contains__(self, key: object) -> bool:
        return key in self._parameters

    def __or__(self, other: ParameterDict) -> ParameterDict:
        merged = self.copy()
        merged.update(other)
        return merged

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._parameters.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the names with their parameters."""
        return self._parameters.items()

    def values(self) -> Iterable[Any]:
        """Return the parameters."""
        return self._parameters.values()

    def update(self, parameters: Any) -> None:
        """Add or replace entries, from a mapping or from names with values."""
        for key, value in pairs(self, parameters):
            self[key] = value

    def get(self, key: str, default: Any = None) -> Any:
        """Return a parameter, or the default if there is none of that name."""
        return self._parameters.get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return a parameter, after adding the default if there was none of that name."""
        if key not in self:
            self[key] = default
        return self[key]

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a dictionary with the same value under each name."""
        return ParameterDict((key, default) for key in keys)

    def copy(self) -> ParameterDict:
        """Return a dictionary with the same parameters."""
        return ParameterDict(self.items())

    def pop(self, key: str) -> Any:
        """Take a parameter out, and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last parameter out, and return it with its name."""
        return self._parameters.popitem()

    def clear(self) -> None:
        """Take all parameters out."""
        self._parameters.clear()
