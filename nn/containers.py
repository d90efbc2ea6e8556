"""Modules that hold others: Sequential calls them in turn; ModuleList, ModuleDict and ParameterList only keep them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from autograd_np import Tensor
from nn.module import Module
from nn.parameter import Parameter

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


class _Listed(Module):
    """A module whose entries are submodules, named by their position."""

    def _position(self, index: SupportsIndex) -> int:
        """Return the position from the front, for positions counted from either end."""
        position, count = index.__index__(), len(self._modules)
        if not -count <= position < count:
            raise IndexError(f"{self._get_name()}: index {position} is out of range for {count} modules")
        return position % count

    def _key(self, index: SupportsIndex) -> str:
        return list(self._modules)[self._position(index)]

    def _renumber(self, modules: Iterable[Module | None]) -> None:
        """Make these the entries, named by their position."""
        listed = list(modules)
        self._modules.clear()
        for i, module in enumerate(listed):
            self.register_module(str(i), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def __contains__(self, module: object) -> bool:
        return any(m is module for m in self._modules.values())

    def __setitem__(self, index: SupportsIndex, module: Module) -> None:
        self.register_module(self._key(index), module)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        keys = list(self._modules)
        for key in keys[index] if isinstance(index, slice) else [self._key(index)]:
            del self._modules[key]
        if all(key.isdigit() for key in keys):
            self._renumber(self._modules.values())

    def append(self, module: Module) -> Self:
        """Add a module at the end, and return the container."""
        self.register_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end, and return the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at this position, and return the container."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, index: SupportsIndex) -> Module:
        """Take a module out, and return it."""
        module: Module = self[index]  # type: ignore[index]  # both subclasses have __getitem__
        del self[index]
        return module


class Sequential(_Listed):
    """Call modules one after the other, each on the result of the one before.

    Args:
        args: modules, or one OrderedDict that also names them.

    Shapes: those of the first module's input -> those of the last one's output.
    Source: torch.nn.Sequential.

    Example:
        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
        Sequential(
          (0): Linear(in_features=2, out_features=8, bias=True)
          (1): ReLU()
          (2): Linear(in_features=8, out_features=3, bias=True)
        )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.register_module(name, module)
        else:
            for i, module in enumerate(args):
                self.register_module(str(i), module)

    def forward(self, input: Any) -> Any:
        """Return the last module's output."""
        for module in self._modules.values():
            if module is not None:
                input = module(input)
        return input

    @overload
    def __getitem__(self, index: slice) -> Self: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other)


class ModuleList(_Listed):
    """A list whose modules are registered.

    Args:
        modules: the first entries.

    Source: torch.nn.ModuleList.

    Example:
        >>> import nn
        >>> layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
        >>> len(layers), len(list(layers.parameters()))
        (3, 6)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    @overload
    def __getitem__(self, index: slice) -> Self: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._key(index)]

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])


class ModuleDict(Module):
    """A dictionary whose modules are registered, in order of insertion.

    Args:
        modules: the first entries.

    Source: torch.nn.ModuleDict.

    Example:
        >>> import nn
        >>> heads = nn.ModuleDict({"digit": nn.Linear(8, 10), "parity": nn.Linear(8, 2)})
        >>> list(heads), heads["parity"].out_features
        (['digit', 'parity'], 2)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.register_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the names with their modules."""
        return self._modules.items()

    def values(self) -> Iterable[Any]:
        """Return the modules."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace entries."""
        for key, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[key] = module

    def pop(self, key: str) -> Any:
        """Take a module out, and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()


class ParameterList(Module):
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
        self.extend(values or ())

    def _key(self, index: SupportsIndex) -> str:
        position, count = index.__index__(), len(self)
        if not -count <= position < count:
            raise IndexError(f"ParameterList: index {position} is out of range for {count} parameters")
        return str(position % count)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return ParameterList(list(self)[index])
        return self._parameters[self._key(index)]

    def __setitem__(self, index: SupportsIndex, value: Any) -> None:
        self.register_parameter(self._key(index), _as_parameter(value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._parameters.values()))

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end, and return the list."""
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end, and return the list."""
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """Return a line per parameter."""
        return "\n".join(f"({i}): {tuple(p.shape)} {p.dtype}" for i, p in enumerate(self))


def _as_parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value
