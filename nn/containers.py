"""Modules that hold others: Sequential calls them in turn; ModuleList and ModuleDict only keep them."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from autograd_np.errors import ArgumentError
from nn._entries import listed, pairs, position
from nn.module import Module

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Listed(Module):
    """A module whose entries are submodules, named by their position."""

    def _key(self, index: SupportsIndex) -> str:
        return list(self._modules)[position(self, index, len(self), "modules")]

    def _renumber(self, modules: Iterable[Any]) -> None:
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
        name = str(len(self))
        if name in self._modules:
            raise KeyError(f"{self._get_name()}: a module is named {name!r} already\n  fix: use register_module")
        self.register_module(name, module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end, and return the container."""
        for module in listed(self, modules, "modules"):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at this position, and return the container."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, index: SupportsIndex | slice = -1) -> Any:
        """Take a module out, by default the last, and return it; of a slice, a container of them."""
        module: Any = self[index]  # type: ignore[index]  # both subclasses have __getitem__
        del self[index]
        return module

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)


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
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def __mul__(self, count: int) -> Sequential:
        return Sequential(*self._repeated(count))

    def __rmul__(self, count: int) -> Sequential:
        return self * count

    def __imul__(self, count: int) -> Self:
        self._renumber(self._repeated(count))
        return self

    def _repeated(self, count: int) -> list[Any]:
        """Return the same modules several times over; they share their parameters."""
        if count < 1:
            raise ArgumentError(f"{self._get_name()}: it can be repeated once or more, got {count}")
        return list(self) * count


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
        >>> layers
        ModuleList(
          (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    @overload
    def __getitem__(self, index: slice) -> Self: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._key(index)]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def _children_repr(self) -> list[str]:
        """Return a line per module, or per run of modules that print alike."""
        lines: list[str] = []
        start = 0
        for text, run in itertools.groupby(repr(module) for module in self):
            count = len(list(run))
            many = f"-{start + count - 1}): {count} x " if count > 1 else "): "
            lines.append(f"({start}{many}{text}".replace("\n", "\n  "))
            start += count
        return lines


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
        self.update({} if modules is None else modules)

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
        for key, module in pairs(self, modules):
            self[key] = module

    def pop(self, key: str) -> Any:
        """Take a module out, and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()
