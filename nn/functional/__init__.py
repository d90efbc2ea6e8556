"""The functions behind the layers, under PyTorch's names: `import nn.functional as F`.

Those that need nothing but the engine are the engine's own; the modules of this package add the rest.

Source: torch.nn.functional.
"""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from autograd_np import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    batch_norm,
    bilinear,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    channel_shuffle,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    cosine_similarity,
    cross_entropy,
    ctc_loss,
    fold,
    gelu,
    glu,
    grid_sample,
    group_norm,
    hardshrink,
    huber_loss,
    instance_norm,
    interpolate,
    kl_div,
    l1_loss,
    layer_norm,
    linear,
    logsigmoid,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
    mse_loss,
    nll_loss,
    one_hot,
    pad,
    pairwise_distance,
    pdist,
    pixel_shuffle,
    pixel_unshuffle,
    prelu,
    rms_norm,
    sigmoid,
    smooth_l1_loss,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    unfold,
)
from nn.functional import (
    activations,
    attention,
    dropouts,
    embeddings,
    images,
    losses,
    normalizations,
    pooling,
    ranking_losses,
)
from nn.functional.activations import *
from nn.functional.attention import *
from nn.functional.dropouts import *
from nn.functional.embeddings import *
from nn.functional.images import *
from nn.functional.losses import *
from nn.functional.normalizations import *
from nn.functional.pooling import *
from nn.functional.ranking_losses import *

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "fold",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "hardshrink",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "linear",
    "logsigmoid",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "rms_norm",
    "sigmoid",
    "smooth_l1_loss",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "unfold",
]
__all__ += activations.__all__
__all__ += attention.__all__
__all__ += dropouts.__all__
__all__ += embeddings.__all__
__all__ += images.__all__
__all__ += losses.__all__
__all__ += normalizations.__all__
__all__ += pooling.__all__
__all__ += ranking_losses.__all__
