"""Window functions: weights that fade a stretch of a signal out towards its ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd_np._typing import Array, DTypeLike
from autograd_np.core import Tensor, as_dtype, check_device, default_float, wrap
from autograd_np.errors import ArgumentError, DTypeError
from autograd_np.kernels.bessel import bessel_i
from autograd_np.ops.creation import Device

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _positions(name: str, window_length: int, periodic: bool) -> Array:
    """Return where the weights are taken, from 0 to 1; a periodic window leaves its last point to the next period."""
    if not hasattr(window_length, "__index__"):
        raise DTypeError(f"{name}: the length must be an integer, got {window_length!r}")
    window_length = window_length.__index__()
    if window_length < 0:
        raise ArgumentError(f"{name}: the length must not be negative, got {window_length}")
    steps = window_length - (0 if periodic else 1)
    return np.arange(window_length) / steps if window_length > 1 else np.full(window_length, 0.5)


def _finished(name: str, values: Array, dtype: DTypeLike | None, device: Device, requires_grad: bool) -> Tensor:
    check_device(device)
    kind = default_float() if dtype is None else as_dtype(dtype)
    if kind.kind != "f":
        raise DTypeError(f"{name}: a window holds floating numbers, and cannot be {kind}")
    result = wrap(values.astype(kind), None)
    return result.requires_grad_() if requires_grad else result


def _cosines(places: Array, weights: Sequence[float]) -> Array:
    """Return Σ weights[k]·cos(2πk·place), and 1 for the one point of a window that has no other."""
    if len(places) == 1:
        return np.ones(1)
    return sum((w * np.cos(2 * math.pi * k * places) for k, w in enumerate(weights)), np.zeros(len(places)))


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the Hann window, one raised period of a cosine.

    Args:
        window_length: how many weights.
        periodic: leave the last weight to the next period, as spectra need; False ends where it started.

    Shapes: () -> (window_length,).
    Raises: ArgumentError for a negative length, DTypeError for a type that is not floating.
    Source: torch.hann_window.

    Example:
        >>> hann_window(4)
        tensor([0. , 0.5, 1. , 0.5])
    """
    values = _cosines(_positions("hann_window", window_length, periodic), (0.5, -0.5))
    return _finished("hann_window", values, dtype, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the Hamming window alpha - beta·cos, which does not reach 0.

    Args:
        window_length: how many weights.
        periodic: leave the last weight to the next period, as spectra need; False ends where it started.
        alpha: the constant.
        beta: the cosine's weight.

    Shapes: () -> (window_length,).
    Raises: ArgumentError for a negative length, DTypeError for a type that is not floating.
    Source: torch.hamming_window.

    Example:
        >>> hamming_window(4)
        tensor([0.08, 0.54, 1.  , 0.54])
    """
    values = _cosines(_positions("hamming_window", window_length, periodic), (alpha, -beta))
    return _finished("hamming_window", values, dtype, device, requires_grad)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the Blackman window, a sum of two cosines.

    Args:
        window_length: how many weights.
        periodic: leave the last weight to the next period, as spectra need; False ends where it started.

    Shapes: () -> (window_length,).
    Raises: ArgumentError for a negative length, DTypeError for a type that is not floating.
    Source: torch.blackman_window.

    Example:
        >>> blackman_window(4).abs().round(decimals=4)
        tensor([0.  , 0.34, 1.  , 0.34])
    """
    values = _cosines(_positions("blackman_window", window_length, periodic), (0.42, -0.5, 0.08))
    return _finished("blackman_window", values, dtype, device, requires_grad)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the Bartlett window, a triangle.

    Args:
        window_length: how many weights.
        periodic: leave the last weight to the next period, as spectra need; False ends where it started.

    Shapes: () -> (window_length,).
    Raises: ArgumentError for a negative length, DTypeError for a type that is not floating.
    Source: torch.bartlett_window.

    Example:
        >>> bartlett_window(4)
        tensor([0. , 0.5, 1. , 0.5])
    """
    places = _positions("bartlett_window", window_length, periodic)
    return _finished("bartlett_window", 1 - np.abs(2 * places - 1), dtype, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the Kaiser window I₀(beta·√(1 - t²)) / I₀(beta), with t from -1 to 1.

    Args:
        window_length: how many weights.
        periodic: leave the last weight to the next period, as spectra need; False ends where it started.
        beta: the greater, the narrower.

    Shapes: () -> (window_length,).
    Raises: ArgumentError for a negative length, DTypeError for a type that is not floating.
    Source: torch.kaiser_window.

    Example:
        >>> kaiser_window(4, beta=2.0)
        tensor([0.4387, 0.8348, 1.    , 0.8348])
    """
    scale = float(beta)
    t = 2 * _positions("kaiser_window", window_length, periodic) - 1
    values = bessel_i(scale * np.sqrt(np.maximum(1 - t * t, 0)), 0) / bessel_i(np.array([scale]), 0)
    return _finished("kaiser_window", values, dtype, device, requires_grad)
