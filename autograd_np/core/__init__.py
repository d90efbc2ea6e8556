"""The core: tensors that record, rows, and the backward engine. It knows no operation."""

from autograd_np.core.arities import BinaryOp, UnaryOp, VariadicOp, ViewOp
from autograd_np.core.arrays import Size, as_array
from autograd_np.core.backward import backward, gradients
from autograd_np.core.device import check_device, device
from autograd_np.core.dtypes import (
    as_dtype,
    default_float,
    get_default_dtype,
    promoted,
    result_dtype,
    set_default_dtype,
)
from autograd_np.core.engine import Placed, contributions
from autograd_np.core.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    is_recording,
    no_grad,
    record,
    scope,
    set_grad_enabled,
)
from autograd_np.core.mutation import overwrite, write
from autograd_np.core.node import UNKNOWN, GraphNode, Info, Leaf, Like, Node, Port, RemovableHandle
from autograd_np.core.op import Op, Rule, registry
from autograd_np.core.tensor import Tensor, as_tensor, wrap

__all__ = [
    "UNKNOWN",
    "BinaryOp",
    "GraphNode",
    "Info",
    "Leaf",
    "Like",
    "Node",
    "Op",
    "Placed",
    "Port",
    "RemovableHandle",
    "Rule",
    "Size",
    "Tensor",
    "UnaryOp",
    "VariadicOp",
    "ViewOp",
    "as_array",
    "as_dtype",
    "as_tensor",
    "backward",
    "check_device",
    "contributions",
    "default_float",
    "device",
    "enable_grad",
    "get_default_dtype",
    "gradients",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_recording",
    "no_grad",
    "overwrite",
    "promoted",
    "record",
    "registry",
    "result_dtype",
    "scope",
    "set_default_dtype",
    "set_grad_enabled",
    "wrap",
    "write",
]
