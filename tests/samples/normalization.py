"""Records of autograd_np.ops.normalization."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import normalization
from tests.samples import Case, Record

_FLAT = np.sin(np.arange(12.0) * 1.3 + 0.4).reshape(4, 3)
_CUBE = np.sin(np.arange(48.0) * 1.7 + 0.2).reshape(2, 4, 2, 3) + 0.3
_W3, _B3 = np.array([0.7, -1.3, 2.1]), np.array([0.3, -0.5, 0.1])
_W4, _B4 = np.array([0.7, -1.3, 2.1, 1.1]), np.array([0.3, -0.5, 0.1, 0.4])
_W23, _B23 = _CUBE[0, 0] + 0.5, _CUBE[1, 1]
_MEAN, _VAR = np.array([0.1, -0.2, 0.3, 0.0]), np.array([0.5, 1.5, 2.0, 0.8])


def _standardised(x, axes, eps):
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + eps)


def _per_channel(values, x):
    return np.asarray(values).reshape(-1, *(1,) * (x.ndim - 2))


def _affine(y, weight, bias):
    y = y if weight is None else y * _per_channel(weight, y)
    return y if bias is None else y + _per_channel(bias, y)


def _batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training:
        return _affine(_standardised(x, (0, *range(2, x.ndim)), eps), weight, bias)
    y = (x - _per_channel(running_mean, x)) / np.sqrt(_per_channel(running_var, x) + eps)
    return _affine(y, weight, bias)


def _last(x, shape):
    return tuple(range(x.ndim - (len(shape) if isinstance(shape, tuple) else 1), x.ndim))


def _layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    y = _standardised(x, _last(x, normalized_shape), eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _rms_norm(x, normalized_shape, weight=None, eps=None):
    added = np.finfo(x.dtype).eps if eps is None else eps
    y = x / np.sqrt((x**2).mean(_last(x, normalized_shape), keepdims=True) + added)
    return y if weight is None else y * weight


def _group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    return _affine(_standardised(x.reshape(len(x), num_groups, -1), 2, eps).reshape(x.shape), weight, bias)


def _instance_norm(x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, eps=1e-5):
    if use_input_stats:
        return _group_norm(x, x.shape[1], weight, bias, eps)
    return _batch_norm(x, running_mean, running_var, weight, bias, eps=eps)


def _torch_batch_norm(torch, x, mean, var, weight=None, bias=None, training=False, eps=1e-5):
    """PyTorch takes no gradient in the statistics that it is given; the formula does."""
    if training:
        return torch.nn.functional.batch_norm(x, mean, var, weight, bias, training, eps=eps)
    shape = (-1, *(1,) * (x.ndim - 2))
    y = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + eps)
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


_TRAIN, _EPS = {"training": True}, {"eps": 0.1}

RECORDS = [
    Record(
        "batch_norm",
        normalization.batch_norm,
        _batch_norm,
        (
            Case((_FLAT, None, None, _W3, _B3), _TRAIN),
            Case((_FLAT, None, None), {**_TRAIN, **_EPS}),
            Case((_CUBE, None, None, _W4, None), {**_TRAIN, **_EPS}),
            Case((_CUBE, None, None, None, _B4), _TRAIN),
            Case((_CUBE, _MEAN, _VAR, _W4, _B4)),
            Case((_FLAT, _MEAN[:3], _VAR[:3]), _EPS),
        ),
        rows=("batch_norm", "batch_norm_fixed"),
        torch=_torch_batch_norm,
    ),
    Record(
        "layer_norm",
        normalization.layer_norm,
        _layer_norm,
        (
            Case((_FLAT, 3, _W3, _B3)),
            Case((_FLAT, (4, 3)), _EPS),
            Case((_CUBE, (2, 3), _W23, None), _EPS),
            Case((_CUBE, (3,), None, _B3)),
        ),
        rows=("layer_norm",),
        torch=lambda torch, x, shape, *rest, **options: torch.nn.functional.layer_norm(
            x, shape if isinstance(shape, tuple) else (shape,), *rest, **options
        ),
    ),
    Record(
        "rms_norm",
        normalization.rms_norm,
        _rms_norm,
        (Case((_FLAT, 3, _W3)), Case((_CUBE, (2, 3)), _EPS)),
        rows=("mul", "rsqrt", "mean", "square"),
        torch=lambda torch, x, shape, *rest, **options: torch.nn.functional.rms_norm(
            x, shape if isinstance(shape, tuple) else (shape,), *rest, **options
        ),
    ),
    Record(
        "group_norm",
        normalization.group_norm,
        _group_norm,
        (Case((_CUBE, 2, _W4, _B4)), Case((_CUBE, 4), _EPS), Case((_CUBE[:, :, 0], 1, _W4, None), _EPS)),
        rows=("layer_norm",),
        torch="nn.functional.group_norm",
    ),
    Record(
        "instance_norm",
        normalization.instance_norm,
        _instance_norm,
        (
            Case((_CUBE, None, None, _W4, _B4), _EPS),
            Case((_CUBE[:, :, 0],), _EPS),
            Case((_CUBE, _MEAN, _VAR, _W4), {"use_input_stats": False}),
        ),
        rows=("layer_norm", "batch_norm_fixed"),
        torch=lambda torch, x, mean=None, var=None, weight=None, bias=None, use_input_stats=True, eps=1e-5: (
            torch.nn.functional.instance_norm(x, mean, var, weight, bias, use_input_stats, eps=eps)
            if use_input_stats
            else _torch_batch_norm(torch, x, mean, var, weight, bias, eps=eps)
        ),
    ),
]
