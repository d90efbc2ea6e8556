"""Images changed at random for training, and data prepared by statistics of the training set.

Source: torchvision.transforms; scikit-learn's fit and transform for what has to see the training set first.
"""

# Each module's `__all__` is its public list, as in nn.functional.
# ruff: noqa: F403

from nn.transforms import base, frames, functional, preparation, values, warps
from nn.transforms._arguments import InterpolationMode
from nn.transforms.base import *
from nn.transforms.frames import *
from nn.transforms.preparation import *
from nn.transforms.values import *
from nn.transforms.warps import *

__all__ = ["InterpolationMode", "functional"]
__all__ += base.__all__
__all__ += frames.__all__
__all__ += preparation.__all__
__all__ += values.__all__
__all__ += warps.__all__
