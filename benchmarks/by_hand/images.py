"""Convolution as a product with columns (im2col), and pooling, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.by_hand.kernels import Pair

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "conv2d", "conv_transpose2d", "max_pool2d"]


def _columns(x: Any, size: tuple[int, int], stride: int, padding: int, dilation: int) -> Any:
    # (N, C, H, W) -> (N, C·KH·KW, OH·OW)
    if padding:
        x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    reach = tuple(dilation * (k - 1) + 1 for k in size)
    windows = sliding_window_view(x, reach, (2, 3))[:, :, ::stride, ::stride, ::dilation, ::dilation]
    n, c, oh, ow, kh, kw = windows.shape
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, oh * ow)


def _images(
    columns: Any,
    shape: tuple[int, ...],
    out: tuple[int, int],
    size: tuple[int, int],
    stride: int,
    padding: int,
    dilation: int,
) -> Any:
    # the transpose of _columns: every entry is added back to the pixel it came from
    n, c, h, w = shape
    x = np.zeros((n, c, h + 2 * padding, w + 2 * padding), columns.dtype)
    (kh, kw), (oh, ow) = size, out
    columns = columns.reshape(n, c, kh, kw, oh, ow)
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dilation, i * dilation + (oh - 1) * stride + 1, stride)
            across = slice(j * dilation, j * dilation + (ow - 1) * stride + 1, stride)
            x[:, :, rows, across] += columns[:, :, i, j]
    return x[:, :, padding : padding + h, padding : padding + w]


#: Columns of so many numbers fit a core's cache; larger batches are convolved a few images at a time.
BLOCK = 2**18


def conv2d(
    x: Any, w: Any, b: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> Pair:
    """Convolve; with a bias its gradient is the third. Columns are made again on the way back: cheaper than to keep."""
    if groups > 1:
        return _depthwise(x, w, padding)
    (n, c, h, width), (o, _, kh, kw) = x.shape, w.shape
    oh, ow = ((full + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for full, k in ((h, kh), (width, kw)))
    how = ((kh, kw), stride, padding, dilation)
    plain = kh == kw == stride == 1 and not padding
    matrix = w.reshape(o, -1)
    few = max(1, BLOCK // (matrix.shape[1] * oh * ow))
    blocks = [slice(start, start + few) for start in range(0, n, few)]

    def columns(block: slice) -> Any:
        return x[block].reshape(-1, c, h * width) if plain else _columns(x[block], *how)

    y = np.empty((n, o, oh * ow), np.result_type(x, w))
    for block in blocks:
        np.matmul(matrix, columns(block), out=y[block])
    if b is not None:
        y += b[:, None]

    def back(g: Any, *, to_x: bool = True) -> Any:
        flat = np.ascontiguousarray(g).reshape(n, o, -1)
        dw, dx = np.zeros_like(matrix), np.empty_like(x) if to_x else None
        for block in blocks:
            dw += np.matmul(flat[block], columns(block).swapaxes(1, 2)).sum(0)
            if dx is not None:
                part = matrix.T @ flat[block]
                shape = dx[block].shape
                dx[block] = part.reshape(shape) if plain else _images(part, shape, (oh, ow), *how)
        found = (dx, dw.reshape(w.shape))
        return found if b is None else (*found, flat.sum((0, 2)))

    return y.reshape(n, o, oh, ow), back


def _depthwise(x: Any, w: Any, padding: int) -> Pair:
    # one filter a channel, stride 1: a sum of shifted images, each times one weight, one example after the other
    kh, kw = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh, ow = padded.shape[2] - kh + 1, padded.shape[3] - kw + 1
    places = [
        (w[:, 0, i, j, None, None], (i, j), np.s_[:, i : i + oh, j : j + ow]) for i in range(kh) for j in range(kw)
    ]
    y = np.zeros((*x.shape[:2], oh, ow), x.dtype)
    product = np.empty_like(y[0])
    for image, out in zip(padded, y, strict=True):
        for weight, _, at in places:
            np.add(out, np.multiply(image[at], weight, out=product), out=out)

    def back(g: Any) -> Any:
        dw, dx = np.zeros_like(w), np.zeros_like(padded)
        for image, gradient, into in zip(padded, g, dx, strict=True):
            for weight, (i, j), at in places:
                dw[:, 0, i, j] += np.multiply(image[at], gradient, out=product).sum((1, 2))
                into[at] += np.multiply(gradient, weight, out=product)
        return dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw

    return y, back


def conv_transpose2d(x: Any, w: Any, stride: int = 1, padding: int = 0) -> Pair:
    """Do what a convolution does to its cotangent."""
    (n, c, h, width), (_, o, kh, kw) = x.shape, w.shape
    shape = (n, o, *((full - 1) * stride - 2 * padding + k for full, k in ((h, kh), (width, kw))))
    flat, matrix = x.reshape(n, c, -1), w.reshape(c, -1)
    y = _images(matrix.T @ flat, shape, (h, width), (kh, kw), stride, padding, 1)

    def back(g: Any) -> Any:
        columns = _columns(g, (kh, kw), stride, padding, 1)
        return (matrix @ columns).reshape(x.shape), (flat @ columns.swapaxes(1, 2)).sum(0).reshape(w.shape)

    return y, back


def max_pool2d(x: Any, kernel_size: int, stride: int | None = None, padding: int = 0) -> Pair:
    """Return the largest of each window; the first of equals takes the gradient."""
    k, step = kernel_size, stride or kernel_size
    padded = x
    if padding:
        edge = (padding, padding)
        padded = np.pad(x, ((0, 0), (0, 0), edge, edge), constant_values=-np.inf)
    oh, ow = ((full - k) // step + 1 for full in padded.shape[2:])
    places = [
        np.s_[:, :, i : i + (oh - 1) * step + 1 : step, j : j + (ow - 1) * step + 1 : step]
        for i in range(k)
        for j in range(k)
    ]
    y = padded[places[0]].copy()
    for at in places[1:]:
        np.maximum(y, padded[at], out=y)

    def back(g: Any) -> Any:
        dx = np.zeros_like(padded)
        left = np.ones(y.shape, bool)
        for at in places:
            here = padded[at] == y
            here &= left
            left ^= here
            dx[at] += g * here
        return (dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]],)

    return y, back


def avg_pool2d(x: Any, kernel_size: int) -> Pair:
    """Return the mean of each window that touches no other."""
    k = kernel_size
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // k, k, w // k, k)
    share = np.float32(1 / k**2)

    def back(g: Any) -> Any:
        dx = np.empty_like(parts)
        dx[...] = (g * share)[:, :, :, None, :, None]
        return (dx.reshape(x.shape),)

    total = sum(parts[:, :, :, i, :, j] for i in range(k) for j in range(k))
    return total * share, back


def adaptive_avg_pool2d(x: Any, output_size: int = 1) -> Pair:
    """Return the mean of each map."""
    share = np.float32(1 / (x.shape[2] * x.shape[3]))

    def back(g: Any) -> Any:
        dx = np.empty_like(x)
        dx[...] = g * share
        return (dx,)

    return x.mean((2, 3), keepdims=True), back
