"""Helpers for training: limits on gradients, parametrised weights, parameters as one vector, and data loading.

Source: torch.nn.utils.
"""

import importlib
from types import ModuleType

from autograd_np.errors import did_you_mean
from nn.utils import parametrizations, parametrize, rnn
from nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from nn.utils.gradients import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from nn.utils.vectors import parameters_to_vector, vector_to_parameters
from nn.utils.weight_norm import remove_weight_norm, weight_norm


def __getattr__(name: str) -> ModuleType:
    """Return `data` on first use: a program without a loader needs no worker processes."""
    if name == "data":
        return importlib.import_module("nn.utils.data")
    hint = "" if name.startswith("_") else did_you_mean(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "data",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]
