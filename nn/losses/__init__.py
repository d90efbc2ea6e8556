"""Losses as modules, a file per kind."""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from nn.losses import (
    adaptive_softmax,
    classification,
    ranking,
    regression,
    sequence,
)
from nn.losses.adaptive_softmax import *
from nn.losses.classification import *
from nn.losses.ranking import *
from nn.losses.regression import *
from nn.losses.sequence import *

__all__: list[str] = []
__all__ += adaptive_softmax.__all__
__all__ += classification.__all__
__all__ += ranking.__all__
__all__ += regression.__all__
__all__ += sequence.__all__
