"""MyGrad. It has no optimisers; Adam is that by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import logsoftmax, relu, softmax
from mygrad.nnet.layers import batchnorm, conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.by_hand.steps import Adam
from benchmarks.functional import KINDS, Functions, loss_of
from benchmarks.libraries import Absent
from benchmarks.libraries.numpy_like import chain, dropout_mask, gelu_tanh
from benchmarks.nets import NETS
from benchmarks.operations import cotangent


def conv2d(x: Any, w: Any, b: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Any:
    """Convolve; a bias is added to every map."""
    if groups > 1:
        raise Absent("MyGrad has no grouped convolution")
    y = conv_nd(x, w, stride=stride, padding=padding, dilation=dilation)
    return y if b is None else y + b.reshape(-1, 1, 1)


def max_pool2d(x: Any, kernel_size: int, stride: int | None = None, padding: int = 0) -> Any:
    """Return the largest of each window."""
    if padding:
        raise Absent("MyGrad's pooling has no padding")
    return max_pool(x, (kernel_size, kernel_size), stride or kernel_size)


def layer_norm(x: Any, w: Any, b: Any, normalized_shape: Any = None) -> Any:
    """Normalise the last axis by MyGrad's mean and var."""
    rest = x - mg.mean(x, axis=-1, keepdims=True)
    return rest / mg.sqrt(mg.var(x, axis=-1, keepdims=True) + 1e-5) * w + b


def attention(q: Any, k: Any, v: Any, is_causal: bool = False) -> Any:
    """Return softmax(q kᵀ / √E) v."""
    scores = mg.matmul(q, mg.swapaxes(k, -1, -2)) * (1 / math.sqrt(q.shape[-1]))
    if is_causal:
        scores = scores + np.triu(np.full(scores.shape[-2:], -np.inf, np.float32), 1)
    return mg.matmul(softmax(scores, axis=-1), v)


TABLE: dict[str, Callable[..., Any]] = {
    "chain": chain,
    "exp": mg.exp,
    "tanh": mg.tanh,
    "relu": relu,
    "gelu_tanh": lambda x: gelu_tanh(mg, x),
    "mul": mg.multiply,
    "div": mg.divide,
    "add": mg.add,
    "sum": lambda x, dim=None: mg.sum(x, axis=dim),
    "mean": lambda x, dim: mg.mean(x, axis=dim),
    "amax": lambda x, dim: mg.amax(x, axis=dim),
    "var": lambda x, dim: mg.var(x, axis=dim, ddof=1),
    "matmul": mg.matmul,
    "linear": lambda x, w, b: mg.matmul(x, w.T) + b,
    "softmax": lambda x, dim=-1: softmax(x, axis=dim),
    "log_softmax": lambda x, dim=-1: logsoftmax(x, axis=dim),
    "cross_entropy": softmax_crossentropy,
    "mse_loss": lambda x, y: mg.mean((x - y) ** 2),
    "layer_norm": layer_norm,
    "batch_norm": lambda x, w, b: batchnorm(x, gamma=w, beta=b, eps=1e-5),
    "embedding": lambda index, table: table[index],
    "scaled_dot_product_attention": attention,
    "conv2d": conv2d,
    "max_pool2d": max_pool2d,
    "dropout": lambda x, share: x * dropout_mask(x.shape, share),
}
F = Functions("MyGrad", TABLE)


def operation(subject: Any, task: str) -> Callable[[], Any]:
    """Return a function that does the operation."""
    function, options = getattr(F, subject.function), subject.options
    operands = [
        mg.tensor(array, constant=not at.has_gradient) if at.below is None else array
        for array, at in zip(subject.arrays(), subject.operands, strict=True)
    ]
    if task == "no_grad":

        def without() -> Any:
            with mg.no_autodiff:
                return function(*operands, **options)

        return without
    if task == "forward":
        return lambda: function(*operands, **options)
    g = cotangent(function(*operands, **options).shape)
    return lambda: function(*operands, **options).backward(g)


def step(name: str) -> Callable[[], Any]:
    """Return a function that does a training step."""
    net = NETS[name]
    adam = Adam(net.weights())
    x, y = net.batch()

    def train() -> None:
        weights = [mg.tensor(w, copy=False) for w in adam.weights]
        loss_of(F, net.kind, weights, x, y).backward()
        adam.step([w.grad for w in weights])

    return train


def inference(name: str) -> Callable[[], Any]:
    """Return a function that computes a batch's outputs."""
    net = NETS[name]
    weights = [mg.tensor(w) for w in net.weights()]
    x = mg.tensor(net.batch()[0], constant=True)

    def infer() -> Any:
        with mg.no_autodiff:
            return KINDS[net.kind](F, weights, x, False)

    return infer


def prepare(row: Any) -> Callable[[], Any]:
    """Return a function that does a row once."""
    if row.task in {"step", "memory"}:
        return step(row.subject)
    if row.task == "inference":
        return inference(row.subject)
    return operation(row.subject, row.task)
