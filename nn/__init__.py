"""A neural-network library with PyTorch's grammar on autograd_np.

Source: torch.nn.
"""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from nn import (
    activation,
    containers,
    convolution,
    dropout,
    functional,
    init,
    linear,
    loss,
    module,
    normalization,
    optim,
    parameter,
    pooling,
    utils,
)
from nn.activation import *
from nn.containers import *
from nn.convolution import *
from nn.dropout import *
from nn.linear import *
from nn.loss import *
from nn.module import *
from nn.normalization import *
from nn.parameter import *
from nn.pooling import *

__all__ = ["functional", "init", "optim", "utils"]
__all__ += activation.__all__
__all__ += containers.__all__
__all__ += convolution.__all__
__all__ += dropout.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += module.__all__
__all__ += normalization.__all__
__all__ += parameter.__all__
__all__ += pooling.__all__
