"""Layers: modules that compute, a file per kind."""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from nn.layers import (
    activation,
    adaptive_pooling,
    attention,
    batch_norm,
    convolution,
    distance,
    dropout,
    embedding,
    gates,
    images,
    instance_norm,
    lazy,
    lazy_convolution,
    lazy_normalization,
    linear,
    normalization,
    padding,
    pooling,
    recurrent,
    recurrent_cells,
    softmax,
    transformer,
    transformer_layers,
    unpooling,
    windows,
)
from nn.layers.activation import *
from nn.layers.adaptive_pooling import *
from nn.layers.attention import *
from nn.layers.batch_norm import *
from nn.layers.convolution import *
from nn.layers.distance import *
from nn.layers.dropout import *
from nn.layers.embedding import *
from nn.layers.gates import *
from nn.layers.images import *
from nn.layers.instance_norm import *
from nn.layers.lazy import *
from nn.layers.lazy_convolution import *
from nn.layers.lazy_normalization import *
from nn.layers.linear import *
from nn.layers.normalization import *
from nn.layers.padding import *
from nn.layers.pooling import *
from nn.layers.recurrent import *
from nn.layers.recurrent_cells import *
from nn.layers.softmax import *
from nn.layers.transformer import *
from nn.layers.transformer_layers import *
from nn.layers.unpooling import *
from nn.layers.windows import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += adaptive_pooling.__all__
__all__ += attention.__all__
__all__ += batch_norm.__all__
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
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += pooling.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cells.__all__
__all__ += softmax.__all__
__all__ += transformer.__all__
__all__ += transformer_layers.__all__
__all__ += unpooling.__all__
__all__ += windows.__all__
