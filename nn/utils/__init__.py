"""Helpers for training: gradient clipping, parameters as one vector, and data loading in `nn.utils.data`.

Source: torch.nn.utils.
"""

from nn.utils import data
from nn.utils.gradients import clip_grad_norm_, clip_grad_value_, get_total_norm
from nn.utils.vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "data",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]
