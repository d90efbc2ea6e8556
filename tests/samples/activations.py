"""Records of autograd_np.ops.activations."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.ops import activations
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_WIDE = np.array([[-7.2, -3.5, -1.7, -0.2], [0.3, 2.6, 3.4, 8.1]])
_X = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4) + 0.2

_cdf = np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)), otypes=[np.float64])


def _functional(name):
    return f"nn.functional.{name}"


def _clipped(x, low, high):
    return np.minimum(np.maximum(x, low), high)


def _elu(x, alpha=1.0, scale=1.0, rate=1.0):
    return scale * np.where(x > 0, x, alpha * (np.exp(rate * np.minimum(x, 0)) - 1))


def _gelu(x, approximate="none"):
    if approximate == "none":
        return x * _cdf(x)
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _softplus(x, beta=1.0, threshold=20.0):
    return np.where(beta * x > threshold, x, np.log(1 + np.exp(np.minimum(beta * x, threshold))) / beta)


def _prelu(x, weight):
    w = weight.reshape((-1,) + (1,) * (x.ndim - 2)) if weight.size > 1 else weight.reshape(())
    return np.where(x > 0, x, w * x)


def _glu(x, dim=-1):
    a, b = np.split(x, 2, axis=dim)
    return a / (1 + np.exp(-b))


def _record(name, reference, *options, rows, kinks=(), domain=(-8.0, 8.0)):
    cases = [Case((x,), o) for o in (options or ({},)) for x in (_A, _WIDE)]
    return Record(
        name,
        getattr(activations, name),
        reference,
        tuple(cases),
        rows=rows,
        elementwise=True,
        domain=(domain,),
        kinks=kinks,
        torch=_functional(name),
    )


RECORDS = [
    _record("relu", lambda x: np.where(x > 0, x, 0.0), rows=("relu", "relu_gate"), kinks=(0.0,)),
    _record("relu6", lambda x: _clipped(x, 0, 6), rows=("hardtanh", "hardtanh_mask"), kinks=(0.0, 6.0)),
    _record(
        "leaky_relu",
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        {},
        {"negative_slope": 0.3},
        {"negative_slope": 1.5},
        {"negative_slope": -0.5},
        rows=("leaky_relu", "leaky_slope"),
        kinks=(0.0,),
    ),
    _record(
        "hardtanh",
        lambda x, min_val=-1.0, max_val=1.0: _clipped(x, min_val, max_val),
        {},
        {"min_val": -0.5, "max_val": 2.0},
        rows=("hardtanh", "hardtanh_mask"),
        kinks=(-1.0, -0.5, 1.0, 2.0),
    ),
    _record(
        "hardsigmoid",
        lambda x: _clipped(x + 3, 0, 6) / 6,
        rows=("hardsigmoid", "hardtanh_mask"),
        kinks=(-3.0, 3.0),
    ),
    _record("hardswish", lambda x: x * _clipped(x + 3, 0, 6) / 6, rows=("hardswish", "ge"), kinks=(-3.0, 3.0)),
    _record(
        "hardshrink",
        lambda x, lambd=0.5: x * (np.abs(x) > lambd),
        {},
        {"lambd": 0.25},
        rows=("where", "gt"),
        kinks=(-0.5, -0.25, 0.25, 0.5),
    ),
    _record(
        "softshrink",
        lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
        {},
        {"lambd": 0.25},
        rows=("sub", "clamp"),
        kinks=(-0.5, -0.25, 0.25, 0.5),
    ),
    _record(
        "threshold",
        lambda x, threshold, value: np.where(x > threshold, x, float(value)),
        {"threshold": 0.1, "value": 20.0},
        {"threshold": -1, "value": 0},
        rows=("where", "gt"),
        kinks=(0.1, -1.0),
    ),
    _record("elu", _elu, {}, {"alpha": 0.5}, rows=("elu", "elu_slope"), kinks=(0.0,)),
    _record(
        "selu",
        lambda x: _elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946),
        rows=("elu", "elu_slope"),
        kinks=(0.0,),
    ),
    _record(
        "celu",
        lambda x, alpha=1.0: _elu(x, alpha, 1.0, 1 / alpha),
        {},
        {"alpha": 2.0},
        rows=("elu", "elu_slope"),
        kinks=(0.0,),
    ),
    _record(
        "gelu",
        _gelu,
        {},
        {"approximate": "tanh"},
        rows=("gelu", "gelu_tanh", "gauss"),
    ),
    _record("silu", lambda x: x / (1 + np.exp(-x)), rows=("silu", "sigmoid")),
    _record("mish", lambda x: x * np.tanh(np.log(1 + np.exp(x))), rows=("mul", "tanh", "softplus")),
    _record(
        "softplus",
        _softplus,
        {},
        {"beta": 2.0},
        {"beta": 0.5, "threshold": 1.0},
        rows=("softplus", "softplus_slope"),
        kinks=(2.0,),
    ),
    _record("logsigmoid", lambda x: -np.log(1 + np.exp(-x)), rows=("logsigmoid", "sigmoid")),
    _record("softsign", lambda x: x / (1 + np.abs(x)), rows=("div", "abs"), kinks=(0.0,)),
    _record("tanhshrink", lambda x: x - np.tanh(x), rows=("sub", "tanh")),
    Record(
        "prelu",
        activations.prelu,
        _prelu,
        (
            Case((_X, np.array([0.25, -0.4, 1.5]))),
            Case((_X, np.array([0.25]))),
            Case((_A, np.array([0.25, -0.4, 1.5]))),
            Case((_A[0], np.array(0.25))),
        ),
        rows=("where", "mul"),
        torch=_functional("prelu"),
    ),
    Record(
        "glu",
        activations.glu,
        _glu,
        (Case((_X,)), Case((_X,), {"dim": 0})),
        rows=("mul", "sigmoid"),
        torch=_functional("glu"),
    ),
]
