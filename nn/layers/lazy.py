"""Layers that take from their first input what they need to know of its size.

A lazy layer holds parameters without values. Its first call gives them shapes and initial values, and makes the
layer an ordinary one, of the class named in `cls_to_become`. Loading a state does the first half of that.
"""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from autograd_np.errors import GraphError, ShapeError
from nn._hooks import HookHandle
from nn.layers.linear import Linear
from nn.module import Module
from nn.parameter import UninitializedParameter, is_lazy

__all__ = ["LazyLinear", "LazyModuleMixin"]


class LazyModuleMixin(Module):
    """Base of modules whose parameters get their shapes from the first input.

    A subclass gives itself UninitializedParameters and UninitializedBuffers in `__init__`, and defines
    `initialize_parameters`, which is called with the arguments of the first call.

    Raises: GraphError if parameters are left without values.
    Source: torch.nn.modules.lazy.LazyModuleMixin.

    Example:
        >>> import autograd_np as ag, nn
        >>> class LazyScale(LazyModuleMixin):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = nn.UninitializedParameter()
        ...     def initialize_parameters(self, x):
        ...         self.factor.materialize((x.shape[-1],))
        ...         nn.init.ones_(self.factor)
        ...     def forward(self, x):
        ...         return x * self.factor
        >>> scale = LazyScale()
        >>> scale(ag.ones(2, 3)).shape, scale.factor.shape
        ((2, 3), (3,))
    """

    #: What the module is after its first call; None for what it is already.
    cls_to_become: type[Module] | None = None
    _initialize_hook: HookHandle

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give shapes and values to the parameters, for an input of this kind."""
        raise NotImplementedError(f"{type(self).__name__} has no initialize_parameters(self, input)")

    def has_uninitialized_params(self) -> bool:
        """Tell whether a parameter or buffer of this module itself has no values yet."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def _materialize(self, name: str, *shape: int) -> None:
        """Give a parameter or buffer its shape, where it is there and has none."""
        value: Any = getattr(self, name)
        if is_lazy(value):
            value.materialize(shape)

    def _infer_parameters(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise GraphError(
                f"{type(module).__name__}: initialize_parameters left parameters without values\n"
                "  fix: call materialize(shape) on each of them"
            )
        module._initialize_hook.remove()
        del module._initialize_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear layer whose number of input features is that of its first input.

    Args:
        out_features: O.
        bias: False leaves b out.
        device: the CPU.
        dtype: type of the parameters.

    Source: torch.nn.LazyLinear.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyLinear(2)
        >>> layer
        LazyLinear(in_features=0, out_features=2, bias=True)
        >>> layer(ag.ones(5, 3)).shape, layer
        ((5, 2), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        # Without bias, whose memory would only be thrown away.
        super().__init__(0, 0, False)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, where they have values."""
        if self.in_features and not self.has_uninitialized_params():
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the number of features from an input."""
        if not is_lazy(self.weight):
            # Its values came from a state.
            self.in_features = self.weight.shape[-1]
            return
        if not input.ndim:
            raise ShapeError(f"{self._get_name()}: expected an input of shape (*, D), got a number")
        self.in_features = input.shape[-1]
        self._materialize("weight", self.out_features, self.in_features)
        self._materialize("bias", self.out_features)
        self.reset_parameters()
