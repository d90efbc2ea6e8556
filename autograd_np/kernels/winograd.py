"""Convolutions of 3×3 with 16 multiplications for four elements of the output instead of 36.

Winograd's F(2×2, 3×3): with V = Bᵀ d B of a 4×4 tile d of the images, and U = G w Gᵀ of a filter, a 2×2 tile of the
output is Aᵀ (U · V) A, multiplied element by element and summed over channels. Each of the 16 elements is a matrix
product over all tiles. The form is trilinear as the convolution is, so that the filters' adjoint is had alike.

Tiles overlap by two: they are the windows of 4×4 with stride 2 on a canvas (canvas.py), so that B and A are additions of
long stretches. A value that is not finite spreads over its tiles, a little further than its windows.

Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks (2016).
"""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.blas import product
from autograd_np.kernels.canvas import Canvas, bands
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["conv", "conv_dw", "conv_dx", "suits"]

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
#: From the 9 elements of a filter to the 16 of U; and of a filter turned about.
_FILTERS, _TURNED = np.kron(_G, _G), np.kron(_G[:, ::-1], _G[:, ::-1])
_BLOCK = 1_000_000
_PARTS = 8
_SUMS = 4_000_000
