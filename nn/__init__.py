"""A neural-network library with PyTorch's grammar on autograd_np.

Source: torch.nn.
"""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from nn import (
    activation,
    adaptive_pooling,
    adaptive_softmax,
    attention,
    batch_norm,
    classification_loss,
    containers,
    convolution,
    distance,
    dropout,
    embedding,
    functional,
    gates,
    images,
    init,
    instance_norm,
    lazy,
    lazy_convolution,
    lazy_normalization,
    linear,
    loss,
    metrics,
    model_summary,
    module,
    normalization,
    optim,
    padding,
    parameter,
    parameter_containers,
    pooling,
    ranking_loss,
    recurrent,
    recurrent_cells,
    sequence_loss,
    softmax,
    transformer,
    transformer_layers,
    unpooling,
    utils,
    windows,
)
from nn.activation import *
from nn.adaptive_pooling import *
from nn.adaptive_softmax import *
from nn.attention import *
from nn.batch_norm import *
from nn.classification_loss import *
from nn.containers import *
from nn.convolution import *
from nn.distance import *
from nn.dropout import *
from nn.embedding import *
from nn.gates import *
from nn.images import *
from nn.instance_norm import *
from nn.lazy import *
from nn.lazy_convolution import *
from nn.lazy_normalization import *
from nn.linear import *
from nn.loss import *
from nn.model_summary import *
from nn.module import *
from nn.normalization import *
from nn.padding import *
from nn.parameter import *
from nn.parameter_containers import *
from nn.pooling import *
from nn.ranking_loss import *
from nn.recurrent import *
from nn.recurrent_cells import *
from nn.sequence_loss import *
from nn.softmax import *
from nn.transformer import *
from nn.transformer_layers import *
from nn.unpooling import *
from nn.windows import *

__all__ = ["functional", "init", "metrics", "optim", "utils"]
__all__ += activation.__all__
__all__ += adaptive_pooling.__all__
__all__ += adaptive_softmax.__all__
__all__ += attention.__all__
__all__ += batch_norm.__all__
__all__ += classification_loss.__all__
__all__ += containers.__all__
__all__ += convolution.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += gates.__all__
__all__ += images.__all__
__all__ += instance_norm.__all__
__all__ += lazy.__all__
__all__ += lazy_convolution.__all__
__all__ += lazy_normalization.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += model_summary.__all__
__all__ += module.__all__
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += parameter.__all__
__all__ += parameter_containers.__all__
__all__ += pooling.__all__
__all__ += ranking_loss.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cells.__all__
__all__ += sequence_loss.__all__
__all__ += softmax.__all__
__all__ += transformer.__all__
__all__ += transformer_layers.__all__
__all__ += unpooling.__all__
__all__ += windows.__all__
