"""What a module is made of: registries of parameters, buffers and submodules, filled by assigning attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn._keywords import KnowsItsArguments
from nn.parameter import Buffer, Parameter

if TYPE_CHECKING:
    from nn.module import Module

__all__ = ["Registry"]

T = TypeVar("T")

#: The registries, and what an attribute that stands in one of them may be set to.
_KINDS = {"_parameters": "a Parameter", "_buffers": "a Tensor", "_modules": "a Module"}


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _once(named: Iterable[tuple[str, T | None]]) -> Iterator[tuple[str, T]]:
    """Yield what is there, each object under its first name."""
    seen: set[int] = set()
    for name, value in named:
        if value is not None and id(value) not in seen:
            seen.add(id(value))
            yield name, value


def _not_initialised(module: Any, action: str) -> str:
    return (
        f"{type(module).__name__}: cannot {action}, because Module.__init__ has not run\n"
        "  fix: did you forget super().__init__() as the first line of __init__?"
    )


class Registry(KnowsItsArguments):
    """The part of Module that holds its parameters, buffers and submodules, in order of definition."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _not_saved: set[str]

    def __init__(self) -> None:
        put = super().__setattr__
        put("_parameters", {})
        put("_buffers", {})
        put("_modules", {})
        put("_not_saved", set())

    # --- registering ----------------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None keeps the place for one that is absent.

        Raises: TypeError if it is no Parameter, KeyError for a name that cannot be used.
        Source: torch.nn.Module.register_parameter.
        """
        registry = self._registry("_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"register_parameter: {name!r} must be a Parameter or None, got {type(param).__name__}\n"
                "  fix: wrap it, as in nn.Parameter(x); use register_buffer for what is not trained"
            )
        if param is not None and not param.is_leaf:
            raise ValueError(f"register_parameter: {name!r} is the result of an operation; parameters are leaves")
        registry[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the state but not trained.

        Args:
            name: attribute and key in `state_dict`.
            tensor: the values; None keeps the place for one that is absent.
            persistent: False leaves it out of `state_dict`.

        Raises: TypeError if it is no Tensor, KeyError for a name that cannot be used.
        Source: torch.nn.Module.register_buffer.
        """
        registry = self._registry("_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {type(tensor).__name__}")
        registry[name] = tensor
        (self._not_saved.discard if persistent else self._not_saved.add)(name)

    def register_module(self, name: str, module: Registry | None) -> None:
        """Add a submodule under a name.

        Raises: TypeError if it is no Module, KeyError for a name that cannot be used.
        Source: torch.nn.Module.register_module.
        """
        registry = self._registry("_modules", name)
        if module is not None and not isinstance(module, Registry):
            made = f"the class {module.__name__}" if isinstance(module, type) else f"a {type(module).__name__}"
            raise TypeError(
                f"register_module: {name!r} must be a Module or None, got {made}"
                + ("\n  fix: call the class, as in nn.ReLU()" if isinstance(module, type) else "")
            )
        registry[name] = module

    def add_module(self, name: str, module: Registry | None) -> None:
        """Add a submodule under a name, as `register_module`.

        Source: torch.nn.Module.add_module.
        """
        self.register_module(name, module)

    def _registry(self, kind: str, name: Any) -> dict[str, Any]:
        """Return one of the registries, after checking that the name can be used as a new key of it."""
        registry: dict[str, Any] | None = self.__dict__.get(kind)
        if registry is None:
            raise AttributeError(_not_initialised(self, f"assign {name!r}"))
        if not isinstance(name, str):
            raise TypeError(f"a name must be a string, got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"the name {name!r} cannot be used: it must have at least one character and no dot")
        # Not hasattr(self, name): for a name that is free that would look for similar ones.
        own = self.__dict__
        taken = name in own or hasattr(type(self), name) or any(name in own[other] for other in _KINDS)
        if taken and name not in registry:
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}")
        return registry

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._take_name(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Registry):
            self._take_name(name, "_modules")
            self.register_module(name, value)
        elif isinstance(value, Buffer):
            self._take_name(name, "_buffers")
            self.register_buffer(name, value, value.persistent)
        else:
            for kind, wanted in _KINDS.items():
                if name in self.__dict__.get(kind, ()):
                    if value is not None and not (kind == "_buffers" and isinstance(value, Tensor)):
                        raise TypeError(
                            f"{type(self).__name__}.{name} is registered, so it must be {wanted} or None, "
                            f"got {type(value).__name__}\n  fix: delete the attribute first to change what it is"
                        )
                    self.__dict__[kind][name] = value
                    return
            super().__setattr__(name, value)

    def _take_name(self, name: str, kind: str) -> None:
        """Free a name from everything but the registry it is about to enter."""
        if kind not in self.__dict__:
            raise AttributeError(_not_initialised(self, f"assign {name!r}"))
        self.__dict__.pop(name, None)
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)
        self._not_saved.discard(name)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_modules" not in own:
            raise AttributeError(_not_initialised(self, f"find {name!r}"))
        for kind in _KINDS:
            registry = own[kind]
            if name in registry:
                return registry[name]
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        if not name.startswith("_"):
            import difflib  # noqa: PLC0415 (only an error needs it)

            near = difflib.get_close_matches(name, dir(self))
            message += f"\n  did you mean: {', '.join(near)}?" if near else ""
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        for kind in _KINDS:
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self._not_saved.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        registered = [key for kind in _KINDS for key in self.__dict__.get(kind, ())]
        return sorted({*super().__dir__(), *(key for key in registered if key.isidentifier())})

    # --- listing --------------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield the module itself and all below it with their dotted names, each before its submodules.

        Args:
            memo: modules to leave out; those yielded are added.
            prefix: put before every name.
            remove_duplicate: yield a shared module only once.

        Source: torch.nn.Module.named_modules.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, cast("Module", self)
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, _dotted(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Yield the module itself and all below it, each once.

        Source: torch.nn.Module.modules.
        """
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the direct submodules with their names, each once.

        Source: torch.nn.Module.named_children.
        """
        return _once((name, module) for name, module in self._modules.items())

    def children(self) -> Iterator[Module]:
        """Yield the direct submodules, each once.

        Source: torch.nn.Module.children.
        """
        return (module for _, module in self.named_children())

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        found = ((_dotted(path, name), t) for path, m in modules for name, t in m.__dict__[kind].items())
        return _once(found) if remove_duplicate else ((name, t) for name, t in found if t is not None)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their dotted names, the module's own first.

        Args:
            prefix: put before every name.
            recurse: False stays in this module.
            remove_duplicate: yield a shared parameter only once, under its first name.

        Source: torch.nn.Module.named_parameters.
        """
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters, each once.

        Source: torch.nn.Module.parameters.
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers with their dotted names, as `named_parameters`.

        Source: torch.nn.Module.named_buffers.
        """
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers, each once.

        Source: torch.nn.Module.buffers.
        """
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # --- finding --------------------------------------------------------------------------------------------------

    def _found(self, target: str, what: str) -> Any:
        value: Any = self
        names = target.split(".") if target else []
        for i, name in enumerate(names):
            if not (isinstance(value, Registry) and hasattr(value, name)):
                path = ".".join(names[:i]) or "the module itself"
                made = type(value).__name__
                raise AttributeError(f"get_{what}: {path} ({made}) has no {name!r}, looking for {target!r}")
            value = getattr(value, name)
        return value

    def get_submodule(self, target: str) -> Module:
        """Return the submodule with this dotted name; the module itself for an empty name.

        Raises: AttributeError if there is none.
        Source: torch.nn.Module.get_submodule.
        """
        value = self._found(target, "submodule")
        if isinstance(value, Registry):
            return cast("Module", value)
        raise AttributeError(f"get_submodule: {target!r} is a {type(value).__name__}, not a Module")

    def set_submodule(self, target: str, module: Registry, strict: bool = False) -> None:
        """Put a module in the place with this dotted name.

        Args:
            target: the name; its last part may be new.
            module: what comes there.
            strict: the name must be there already.

        Raises: AttributeError if there is no such place, ArgumentError for an empty name, TypeError for no Module.
        Source: torch.nn.Module.set_submodule.

        Example:
            >>> import nn
            >>> net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            >>> net.set_submodule("1", nn.Tanh()); net[1]
            Tanh()
        """
        path, _, name = target.rpartition(".")
        if not target:
            raise ArgumentError("set_submodule: the name is empty\n  fix: a module cannot replace itself; name a part")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            self.get_submodule(target)
        parent.register_module(name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter with this dotted name.

        Raises: AttributeError if there is none.
        Source: torch.nn.Module.get_parameter.
        """
        value = self._found(target, "parameter")
        if isinstance(value, Parameter):
            return value
        raise AttributeError(f"get_parameter: {target!r} is a {type(value).__name__}, not a Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer with this dotted name.

        Raises: AttributeError if there is none.
        Source: torch.nn.Module.get_buffer.
        """
        path, _, name = target.rpartition(".")
        buffer = self.get_submodule(path)._buffers.get(name)
        if buffer is None:
            raise AttributeError(f"get_buffer: there is no buffer {target!r}")
        return buffer
