"""An LSTM by hand: one product for all inputs, a loop over time, one product for each weight's gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.kernels import Pair

__all__ = ["lstm"]


def _sigmoid(x: Any) -> Any:
    # by tanh, which overflows nowhere
    return 0.5 * (1 + np.tanh(0.5 * x))


def lstm(x: Any, wx: Any, wh: Any, bx: Any, bh: Any) -> Pair:
    """Return the outputs of all steps, (N, T, D) -> (N, T, H); gates are in PyTorch's order: i, f, g, o."""
    n, t, d = x.shape
    size = wh.shape[1]
    inputs = np.ascontiguousarray(x.swapaxes(0, 1))  # (T, N, D)
    gates = (inputs.reshape(t * n, d) @ wx.T + (bx + bh)).reshape(t, n, 4 * size)
    h = np.zeros((t + 1, n, size), x.dtype)
    c = np.zeros_like(h)
    tanh_c = np.empty((t, n, size), x.dtype)
    i, f, z, o = (gates[:, :, part * size : (part + 1) * size] for part in range(4))
    for at in range(t):
        gates[at] += h[at] @ wh.T
        i[at], f[at], z[at], o[at] = _sigmoid(i[at]), _sigmoid(f[at]), np.tanh(z[at]), _sigmoid(o[at])
        c[at + 1] = f[at] * c[at] + i[at] * z[at]
        tanh_c[at] = np.tanh(c[at + 1])
        h[at + 1] = o[at] * tanh_c[at]

    def back(g: Any, *, to_x: bool = True) -> Any:
        slopes = np.empty_like(gates)
        di, df, dz, do = (slopes[:, :, part * size : (part + 1) * size] for part in range(4))
        # what no later step changes is computed for all steps at once
        np.multiply(z, i * (1 - i), out=di)
        np.multiply(c[:-1], f * (1 - f), out=df)
        np.multiply(i, 1 - z * z, out=dz)
        np.multiply(tanh_c, o * (1 - o), out=do)
        through = o * (1 - tanh_c * tanh_c)
        dh = np.zeros((n, size), x.dtype)
        dc = np.zeros_like(dh)
        for at in reversed(range(t)):
            dh += g[:, at]
            dc += dh * through[at]
            for slope in (di, df, dz):
                slope[at] *= dc
            do[at] *= dh
            dc *= f[at]
            dh = slopes[at] @ wh
        flat = slopes.reshape(t * n, 4 * size)
        db = flat.sum(0)
        dx = (flat @ wx).reshape(t, n, d).swapaxes(0, 1) if to_x else None
        return dx, flat.T @ inputs.reshape(t * n, d), flat.T @ h[:-1].reshape(t * n, size), db, db

    return h[1:].swapaxes(0, 1), back
