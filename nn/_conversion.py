"""Converting all tensors of a module at once: to another type, or to a device, of which there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import DTypeError
from nn._registry import Registry
from nn.parameter import is_lazy

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Converted"]


class Converted(Registry):
    """The part of Module that converts its parameters and buffers."""

    def _apply(self, convert: Callable[[Tensor], Tensor]) -> Self:
        """Convert the values of every parameter, gradient and buffer; parameters stay the same objects."""
        buffers: dict[int, Tensor] = {}
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is not None:
                    _convert_parameter(parameter, convert)
            for name, buffer in module._buffers.items():
                if buffer is None:
                    continue
                if is_lazy(buffer):
                    buffer.converted(convert)
                elif id(buffer) not in buffers:
                    buffers[id(buffer)] = convert(buffer)
                module._buffers[name] = buffers.get(id(buffer), buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating parameters and buffers to a type; the device is always the CPU.

        Takes `to(device)`, `to(dtype)`, `to(device, dtype)` or `to(tensor)`, as PyTorch does.

        Raises: DeviceError for another device, TypeError for a type that is not floating.
        Source: torch.nn.Module.to.

        Example:
            >>> import numpy as np, nn
            >>> nn.Linear(2, 3).to("cpu", np.float64).weight.dtype
            dtype('float64')
        """
        unknown = kwargs.keys() - {"device", "dtype", "non_blocking", "memory_format"}
        if unknown:
            raise TypeError(f"to: unknown arguments {sorted(unknown)}\n  fix: use device= or dtype=")
        dtype = kwargs.get("dtype")
        devices = [kwargs.get("device")]
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, (str, ag.device)):
                devices.append(arg)
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg
        for device in devices:
            if device is not None:
                ag.device(device)
        if dtype is None:
            return self
        kind = np.dtype(dtype)
        if kind.kind != "f":
            raise TypeError(f"to: a module's parameters are floating, so they cannot become {kind}")
        return self._apply(lambda t: t.to(kind) if t.is_floating_point() else t)

    def type(self, dst_type: Any) -> Self:
        """Convert floating parameters and buffers to a type; whole numbers, such as counts of batches, stay.

        Raises: TypeError for a type that is not floating.
        Source: torch.nn.Module.type.
        """
        return self.to(dtype=ag.empty(0).type(dst_type).dtype)

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32.

        Source: torch.nn.Module.float.
        """
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64.

        Source: torch.nn.Module.double.
        """
        return self.to(np.float64)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16.

        Source: torch.nn.Module.half.
        """
        return self.to(np.float16)

    def bfloat16(self) -> Self:
        """Raise DTypeError: NumPy has no bfloat16.

        Source: torch.nn.Module.bfloat16.
        """
        raise DTypeError("bfloat16: NumPy has no such type\n  fix: use float(), or half() for two bytes per element")

    def to_empty(self, *, device: Any = None, recurse: bool = True) -> Self:
        """Replace all values by memory that is still to be written.

        Args:
            device: the CPU.
            recurse: False leaves submodules alone.

        Raises: DeviceError for another device.
        Source: torch.nn.Module.to_empty.
        """
        ag.empty(0, device=device)
        targets = self.modules() if recurse else [self]
        for module in targets:
            for tensor in (*module._parameters.values(), *module._buffers.values()):
                if tensor is not None and not is_lazy(tensor):
                    tensor.data = ag.empty(tensor.shape, dtype=tensor.dtype)
        return self

    def cpu(self) -> Self:
        """Return the module: it is on the CPU.

        Source: torch.nn.Module.cpu.
        """
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raise DeviceError: there is only the CPU.

        Source: torch.nn.Module.cuda.
        """
        return self._to_device("cuda", device)

    def xpu(self, device: Any = None) -> Self:
        """Raise DeviceError: there is only the CPU.

        Source: torch.nn.Module.xpu.
        """
        return self._to_device("xpu", device)

    def ipu(self, device: Any = None) -> Self:
        """Raise DeviceError: there is only the CPU.

        Source: torch.nn.Module.ipu.
        """
        return self._to_device("ipu", device)

    def mtia(self, device: Any = None) -> Self:
        """Raise DeviceError: there is only the CPU.

        Source: torch.nn.Module.mtia.
        """
        return self._to_device("mtia", device)

    def _to_device(self, kind: str, number: Any) -> Self:
        return self.to(kind if number is None else f"{kind}:{number}" if isinstance(number, int) else number)

    def share_memory(self) -> Self:
        """Return the module: there are no other processes that it could be shared with.

        Source: torch.nn.Module.share_memory.
        """
        return self


def _convert_parameter(parameter: Any, convert: Callable[[Tensor], Tensor]) -> None:
    if is_lazy(parameter):
        parameter.converted(convert)
        return
    data = parameter.data
    converted = convert(data)
    # Assigning values makes a new leaf, which graphs recorded before do not reach.
    if converted is not data:
        parameter.data = converted
    if parameter.grad is not None:
        parameter.grad = convert(parameter.grad)
