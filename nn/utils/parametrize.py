"""Weights that are computed from others whenever they are read: constraints that hold through all of training.

Source: torch.nn.utils.parametrize.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from autograd_np import Tensor, no_grad
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn.containers import ModuleDict, ModuleList
from nn.module import Module
from nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

AnyModule = TypeVar("AnyModule", bound=Module)


class _Cache(threading.local):
    """The tensors computed within `cached()`, in this thread."""

    depth = 0
    tensors: dict[ParametrizationList, Tensor] | None = None


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrised tensor only once within the block, for a layer that is used many times.

    Source: torch.nn.utils.parametrize.cached.

    Example:
        >>> import nn
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
        >>> with cached():
        ...     layer.weight is layer.weight
        True
        >>> layer.weight is layer.weight
        False
    """
    if _cache.depth == 0:
        _cache.tensors = {}
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if _cache.depth == 0:
            _cache.tensors = None


class ParametrizationList(ModuleList):
    """The parametrisations of one tensor, in order, with what they start from: 'original', or 'original0' and so on.

    It stands in `module.parametrizations` under the tensor's name and is made by `register_parametrization`.

    Args:
        modules: the parametrisations.
        original: the parameter or buffer.
        unsafe: whether shape and type may change.

    Shapes: none -> that of the tensor.
    Raises: ArgumentError, DTypeError or ShapeError for a parametrisation that does not fit the tensor.
    Source: torch.nn.utils.parametrize.ParametrizationList.

    Example:
        >>> import nn
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> [(name, tuple(p.shape)) for name, p in layer.parametrizations.weight.named_parameters()]
        [('original0', (2, 1)), ('original1', (2, 3))]
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ArgumentError("ParametrizationList: there are no parametrisations")
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            start = self._inverse(original, tolerant=True)
        self.is_tensor = isinstance(start, Tensor)
        if isinstance(start, Tensor):
            _check_like(start, original, f"{_names(self)}.right_inverse", shape=False)
            # It stays the same object, so that an optimiser that has it need not be told.
            if start is not original:
                original.data = start.detach()
            self._enter("original", original)
        elif isinstance(start, Sequence) and all(isinstance(part, Tensor) for part in start):
            for i, part in enumerate(start):
                kept = Parameter(part.detach(), original.requires_grad) if isinstance(original, Parameter) else part
                self._enter(f"original{i}", kept)
        else:
            raise ArgumentError(
                f"{_names(self)}.right_inverse: must return a Tensor or a sequence of them, got {type(start).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(start)
        if not unsafe:
            _check_like(self(), original, _names(self))

    def _enter(self, name: str, tensor: Tensor) -> None:
        _register(self, name, tensor)

    def _originals(self) -> list[Tensor]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def _inverse(self, value: Any, *, tolerant: bool) -> Any:
        """Return what the parametrisations make `value` of; with `tolerant`, one without an inverse is passed over."""
        for module in reversed(list(self)):
            inverse = getattr(module, "right_inverse", None)
            if inverse is None:
                if not tolerant:
                    raise ArgumentError(
                        f"{type(module).__name__}: has no right_inverse, so the tensor cannot be assigned to\n"
                        "  fix: define right_inverse(self, value), or assign to parametrizations.<name>.original"
                    )
                continue
            try:
                value = inverse(value)
            except NotImplementedError:
                if not tolerant:
                    raise
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the tensor becomes `value`, by the inverses of the parametrisations.

        Raises: ArgumentError if one has no inverse, or the inverse returns something else than when it was registered.
        Source: torch.nn.utils.parametrize.ParametrizationList.right_inverse.
        """
        with no_grad():
            start = self._inverse(value, tolerant=False)
        parts = [start] if isinstance(start, Tensor) else list(start)
        originals = self._originals()
        if len(parts) != len(originals):
            raise ArgumentError(f"{_names(self)}.right_inverse: expected {len(originals)} tensors, got {len(parts)}")
        for part, original in zip(parts, originals, strict=True):
            _check_like(part, original, f"{_names(self)}.right_inverse")
        for part, original in zip(parts, originals, strict=True):
            with no_grad():
                original.copy_(part)

    def forward(self) -> Any:
        """Return the tensor.

        Shapes: none -> that of the tensor.
        """
        first, *others = self
        value = first(*self._originals())
        for module in others:
            value = module(value)
        return value


class _Parametrized:
    """What a module with parametrised tensors does in addition: reading one computes it, assigning inverts that."""

    _plain: Any
    _modules: dict[str, Any]

    def _list_of(self, name: str) -> ParametrizationList | None:
        lists = self.__dict__.get("_modules", {}).get("parametrizations")
        return lists[name] if lists is not None and name in lists else None

    def __getattr__(self, name: str) -> Any:
        computed = self._list_of(name)
        if computed is None:
            return super().__getattr__(name)  # type: ignore[misc]  # the other base is a Module
        if _cache.tensors is None:
            return computed()
        if computed not in _cache.tensors:
            _cache.tensors[computed] = computed()
        return _cache.tensors[computed]

    def __setattr__(self, name: str, value: Any) -> None:
        computed = self._list_of(name)
        if computed is None:
            super().__setattr__(name, value)
        elif not isinstance(value, Tensor):
            raise TypeError(f"{type(self).__name__}.{name}: must be a Tensor, got {type(value).__name__}")
        else:
            computed.right_inverse(value)

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self._modules.get("parametrizations", ())})

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The class is made when it is needed, so that a file names only the one below it.
        reduced: Any = super().__reduce_ex__(max(protocol, 2))
        return _new, (self._plain,), *reduced[2:]


@functools.cache
def _parametrized(plain: Any) -> Any:
    """Return the class of a module with parametrised tensors, which prints as PyTorch's does."""
    return type(f"Parametrized{plain.__name__}", (_Parametrized, plain), {"_plain": plain, "__doc__": plain.__doc__})


def _new(plain: Any) -> Any:
    """Return an instance without contents, which copying and unpickling fill."""
    made = _parametrized(plain)
    return made.__new__(made)


def _names(modules: Iterable[Module]) -> str:
    return " after ".join(type(module).__name__ for module in reversed(list(modules)))


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_like(value: Any, like: Tensor, what: str, *, shape: bool = True) -> None:
    """Raise an error unless a value is a Tensor of the type, and the shape, of another."""
    if not isinstance(value, Tensor):
        raise ArgumentError(f"{what}: must return a Tensor, got {type(value).__name__}")
    if value.dtype != like.dtype:
        raise DTypeError(
            f"{what}: must keep the tensor's type {like.dtype}, got {value.dtype}\n  fix: convert, or pass unsafe=True"
        )
    if shape and value.shape != like.shape:
        raise ShapeError(
            f"{what}: must keep the tensor's shape {tuple(like.shape)}, got {tuple(value.shape)}\n"
            "  fix: reshape, or pass unsafe=True"
        )


def register_parametrization(
    module: AnyModule, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> AnyModule:
    """Let a parameter or buffer of a module be computed by another module, of what is trained in its place.

    `module.weight` is then `parametrization(module.parametrizations.weight.original)`. A second one takes the result
    of the first. Where the parametrisation has a method `right_inverse(value)`, it gives the first value of what is
    trained, and the tensor can be assigned to; if it returns several tensors, they are 'original0' and so on, new
    parameters of which an optimiser must be told.

    Args:
        module: the module; it becomes an instance of a subclass that is named after its class.
        tensor_name: which tensor.
        parametrization: computes it.
        unsafe: allow another shape or type, and compute nothing now.

    Raises: ArgumentError if there is no such tensor, DTypeError or ShapeError if it would change its type or shape.
    Source: torch.nn.utils.parametrize.register_parametrization.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        ...     def right_inverse(self, value):
        ...         return value.triu()
        >>> layer = register_parametrization(nn.Linear(2, 2), "weight", Symmetric())
        >>> layer.weight = ag.tensor([[1.0, 2.0], [2.0, 3.0]])
        >>> layer.parametrizations.weight.original.data
        tensor([[1., 2.],
                [0., 3.]])
    """
    if not isinstance(parametrization, Module):
        made_of = (
            f"the class {parametrization.__name__}" if isinstance(parametrization, type) else repr(parametrization)
        )
        raise TypeError(
            f"register_parametrization: expected a Module, got {made_of}\n"
            "  fix: define a Module whose forward takes the original, and pass an instance of it"
        )
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        present: ParametrizationList = module.parametrizations[tensor_name]
        if not unsafe:
            value = getattr(module, tensor_name)
            result = parametrization(value)
            _check_like(result, value, type(parametrization).__name__)
        present.append(parametrization)
        present.unsafe = present.unsafe or unsafe
        return module
    original = {**module._buffers, **module._parameters}.get(tensor_name)
    if original is None:
        raise ArgumentError(
            f"register_parametrization: {type(module).__name__} has no parameter and no buffer {tensor_name!r}"
        )
    made = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
        plain: Any = type(module)
        module.__class__ = _parametrized(plain)
    module.parametrizations[tensor_name] = made
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Tell whether a tensor of a module is parametrised, or, without a name, any.

    Source: torch.nn.utils.parametrize.is_parametrized.

    Example:
        >>> import nn
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> is_parametrized(layer), is_parametrized(layer, "bias")
        (True, False)
    """
    lists = module._modules.get("parametrizations")
    if not isinstance(lists, ModuleDict):
        return False
    return len(lists) > 0 if tensor_name is None else tensor_name in lists


def remove_parametrizations(module: AnyModule, tensor_name: str, leave_parametrized: bool = True) -> AnyModule:
    """Make a tensor a plain parameter or buffer again.

    Args:
        module: the module.
        tensor_name: which tensor.
        leave_parametrized: with its present value; False gives it that of 'original'.

    Raises: ArgumentError if it is not parametrised, or has several originals and none can be left.
    Source: torch.nn.utils.parametrize.remove_parametrizations.

    Example:
        >>> import nn
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> list(remove_parametrizations(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(f"remove_parametrizations: {type(module).__name__}.{tensor_name} is not parametrised")
    lists: ModuleDict = module.parametrizations
    computed: ParametrizationList = lists[tensor_name]
    if not computed.is_tensor and not leave_parametrized:
        raise ArgumentError(
            f"remove_parametrizations: {tensor_name} is computed from {computed.ntensors} tensors, so there is no "
            "original to leave\n  fix: pass leave_parametrized=True"
        )
    original: Tensor = computed._originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach().clone()
        if computed.is_tensor:
            original.data = value
        else:
            trained = any(part.requires_grad for part in computed._originals())
            original = Parameter(value) if trained else value
    del lists[tensor_name]
    if not len(lists):
        del module.parametrizations
        plain: Any = type_before_parametrizations(module)
        module.__class__ = plain
    _register(module, tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """Return the class of a module, or the one it had before a tensor was parametrised.

    Source: torch.nn.utils.parametrize.type_before_parametrizations.

    Example:
        >>> import nn
        >>> type_before_parametrizations(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))).__name__
        'Linear'
    """
    return module._plain if isinstance(module, _Parametrized) else type(module)
