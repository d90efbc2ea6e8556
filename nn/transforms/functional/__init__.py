"""Transforms whose parameters are given: what the classes apply once they have drawn theirs.

Images are arrays or Tensors, one (C, H, W) or a batch (N, C, H, W). A parameter that is one number may also be an array
(N,), with one for each image of a batch. The result is of the image's kind and type; integers are rounded.

Source: torchvision.transforms.functional.
"""

# Each module's `__all__` is its public list, as in nn.functional.
# ruff: noqa: F403

from nn.transforms._arguments import InterpolationMode
from nn.transforms.functional import frames, values, warps
from nn.transforms.functional.frames import *
from nn.transforms.functional.values import *
from nn.transforms.functional.warps import *

__all__ = ["InterpolationMode"]
__all__ += frames.__all__
__all__ += values.__all__
__all__ += warps.__all__
