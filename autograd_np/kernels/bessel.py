"""Modified Bessel functions of whole order."""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array

__all__ = ["bessel_i"]


def bessel_i(x: Array, order: int) -> Array:
    """Return I_n(x), the modified Bessel function of the first kind, for a whole order n from 0.

    It is the mean of exp(x·cos θ)·cos(nθ) over a period, and equally spaced angles give the mean of a smooth periodic
    function to full precision as soon as they are some more than √(70·|x|).

    Example:
        >>> bessel_i(np.array([0.0, 1.0]), 0).round(6)
        array([1.      , 1.266066])
    """
    wide = x.astype(np.float64, copy=False)
    # Beyond 800 every value is infinite, and more angles would change nothing.
    largest = min(float(np.abs(wide[np.isfinite(wide)]).max(initial=0)), 800.0)
    half = math.ceil((math.sqrt(75 * largest) + 24 + order) / 2)
    total = np.zeros_like(wide)
    # exp(x·cos θ) = exp(x/2·cos θ)², whose root cannot overflow before the sum does.
    for k in range(half + 1):
        angle = math.pi * k / half
        share = (1 if k in (0, half) else 2) * math.cos(order * angle) / (2 * half)
        root = np.exp(wide * (math.cos(angle) / 2))
        total += (root * share) * root
    return total.astype(x.dtype, copy=False)
