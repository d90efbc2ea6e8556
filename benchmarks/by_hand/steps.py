"""The nets' losses and gradients by hand, and Adam over one flat vector.

A net is a function `weights, x, y -> (loss, gradients in the order of the weights)`. What a batch's own gradient would
cost is left out, as every engine does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.by_hand import images, kernels
from benchmarks.by_hand.recurrent import lstm as lstm_kernel
from benchmarks.nets import BETAS, BLOCKS, EPSILON, LEARNING_RATE

One = np.float32(1)
Found = tuple[Any, list[Any]]


def _loss(found: Any, y: Any) -> tuple[Any, Any]:
    value, back = kernels.mse_loss(found, y) if y.dtype.kind == "f" else kernels.cross_entropy(found, y)
    return value, back(One)[0]


def mlp(weights: list[Any], x: Any, y: Any) -> Found:
    """Linear layers with ReLU between them."""
    inputs, last = [x], len(weights) // 2 - 1
    for layer in range(last + 1):
        x = inputs[-1] @ weights[2 * layer].T
        x += weights[2 * layer + 1]
        inputs.append(np.maximum(x, np.float32(0), out=x) if layer < last else x)
    value, g = _loss(inputs.pop(), y)
    gradients = list(weights)
    for layer in range(last, -1, -1):
        x = inputs[layer]
        gradients[2 * layer], gradients[2 * layer + 1] = g.T @ x, g.sum(0)
        if layer:
            g = g @ weights[2 * layer]
            g *= x > 0
    return value, gradients


def simple_conv_net(weights: list[Any], x: Any, y: Any) -> Found:
    """Convolution, ReLU, pooling, and the rest as in mlp. ReLU comes after the pooling: the same, on a quarter."""
    maps, conv_back = images.conv2d(x, *weights[:2])
    pooled, pool_back = images.max_pool2d(maps, 2)
    np.maximum(pooled, np.float32(0), out=pooled)
    flat = pooled.reshape(len(x), -1)
    hidden, hidden_back = kernels.linear(flat, *weights[2:4])
    np.maximum(hidden, np.float32(0), out=hidden)
    scores, scores_back = kernels.linear(hidden, *weights[4:])
    value, g = _loss(scores, y)
    g, *last = scores_back(g)
    g *= hidden > 0
    g, *middle = hidden_back(g)
    g *= flat > 0
    (g,) = pool_back(g.reshape(pooled.shape))
    return value, [*conv_back(g, to_x=False)[1:], *middle, *last]


def _dropout(x: Any, share: float, rng: np.random.Generator) -> kernels.Pair:
    if not share:
        return x, lambda g: (g,)
    mask = (rng.random(x.shape, np.float32) >= share) * np.float32(1 / (1 - share))
    return x * mask, lambda g: (g * mask,)


_RNG = np.random.default_rng(2)


def deep_conv_net(weights: list[Any], x: Any, y: Any, dropout: float = 0.5) -> Found:
    """Six convolutions with ReLU, a pooling after every second, and two linear layers with dropout."""
    backs = []
    for layer in range(6):
        x, conv_back = images.conv2d(x, *weights[2 * layer : 2 * layer + 2], padding=2 if layer == 3 else 1)
        x, relu_back = kernels.relu(x)
        backs += [conv_back, relu_back]
        if layer % 2:
            x, pool_back = images.max_pool2d(x, 2)
            backs.append(pool_back)
    hidden, hidden_back = kernels.linear(x.reshape(len(x), -1), *weights[12:14])
    hidden, relu_back = kernels.relu(hidden)
    hidden, hidden_drop = _dropout(hidden, dropout, _RNG)
    scores, scores_back = kernels.linear(hidden, *weights[14:])
    scores, scores_drop = _dropout(scores, dropout, _RNG)
    value, g = _loss(scores, y)
    g, *last = scores_back(*scores_drop(g))
    g, *middle = hidden_back(*relu_back(*hidden_drop(g)))
    gradients, g = [*middle, *last], g.reshape(x.shape)
    for back in reversed(backs[1:]):
        g, *found = back(g)
        gradients = found + gradients
    return value, [*backs[0](g, to_x=False)[1:], *gradients]


def _residual(weights: list[Any], x: Any, stride: int) -> kernels.Pair:
    y, conv1 = images.conv2d(x, weights[0], stride=stride, padding=1)
    y, norm1 = kernels.batch_norm(y, *weights[1:3])
    y, relu1 = kernels.relu(y)
    y, conv2 = images.conv2d(y, weights[3], padding=1)
    y, norm2 = kernels.batch_norm(y, *weights[4:6])
    if stride == 1:
        y += x
    else:
        across, conv3 = images.conv2d(np.ascontiguousarray(x[:, :, ::stride, ::stride]), weights[6])
        across, norm3 = kernels.batch_norm(across, *weights[7:])
        y += across
    y, relu2 = kernels.relu(y)

    def back(g: Any) -> Any:
        (top,) = relu2(g)
        g, *second_norm = norm2(top)
        g, second = conv2(g)
        g, *first_norm = norm1(*relu1(g))
        dx, first = conv1(g)
        gradients = [first, *first_norm, second, *second_norm]
        if stride == 1:
            return dx + top, *gradients
        g, *third_norm = norm3(top)
        g, third = conv3(g)
        dx[:, :, ::stride, ::stride] += g
        return dx, *gradients, third, *third_norm

    return y, back


def resnet(weights: list[Any], x: Any, y: Any) -> Found:
    """The nine residual blocks of a ResNet-20."""
    backs, at = [], 0
    for _, _, stride in BLOCKS:
        count = 6 if stride == 1 else 9
        x, back = _residual(weights[at : at + count], x, stride)
        backs.append(back)
        at += count
    value, g = _loss(x, y)
    gradients: list[Any] = []
    for back in reversed(backs):
        g, *found = back(g)
        gradients = found + gradients
    return value, gradients


def mobilenet(weights: list[Any], x: Any, y: Any) -> Found:
    """1×1 up, 3×3 depthwise, 1×1 down, each with batch norm, and the shortcut."""
    wide, up = images.conv2d(x, weights[0])
    wide, norm1 = kernels.batch_norm(wide, *weights[1:3])
    wide, relu1 = kernels.relu6(wide)
    wide, depthwise = images.conv2d(wide, weights[3], padding=1, groups=len(weights[3]))
    wide, norm2 = kernels.batch_norm(wide, *weights[4:6])
    wide, relu2 = kernels.relu6(wide)
    narrow, down = images.conv2d(wide, weights[6])
    narrow, norm3 = kernels.batch_norm(narrow, *weights[7:])
    narrow += x
    value, g = _loss(narrow, y)
    g, *third_norm = norm3(g)
    g, third = down(g)
    g, *second_norm = norm2(*relu2(g))
    g, second = depthwise(g)
    g, *first_norm = norm1(*relu1(g))
    return value, [up(g, to_x=False)[1], *first_norm, second, *second_norm, third, *third_norm]


def lstm(weights: list[Any], x: Any, y: Any) -> Found:
    """An LSTM, of which all outputs are used."""
    found, back = lstm_kernel(x, *weights)
    value, g = _loss(found, y)
    return value, list(back(g, to_x=False)[1:])


def _heads(x: Any, heads: int) -> Any:
    n, t, e = x.shape
    return x.reshape(n, t, heads, e // heads).swapaxes(1, 2)


def _joined(x: Any) -> Any:
    n, heads, t, e = x.shape
    return x.swapaxes(1, 2).reshape(n, t, heads * e)


def gpt(weights: list[Any], x: Any, y: Any, heads: int = 4) -> Found:
    """Causal attention and a two-layer net, each on a normalised input and added to it."""
    ready, norm1 = kernels.layer_norm(x, *weights[:2])
    parts, split_back = kernels.linear(ready, *weights[2:4])
    q, k, v = (_heads(part, heads) for part in np.split(parts, 3, axis=2))
    gathered, attention_back = kernels.scaled_dot_product_attention(q, k, v, is_causal=True)
    mixed, mixed_back = kernels.linear(_joined(gathered), *weights[4:6])
    middle = x + mixed
    ready, norm2 = kernels.layer_norm(middle, *weights[6:8])
    wide, up_back = kernels.linear(ready, *weights[8:10])
    wide, gelu_back = kernels.gelu_tanh(wide)
    narrow, down_back = kernels.linear(wide, *weights[10:])
    value, top = _loss(middle + narrow, y)
    g, *down = down_back(top)
    g, *up = up_back(*gelu_back(g))
    g, *second_norm = norm2(g)
    top = top + g
    g, *mix = mixed_back(top)
    pieces = attention_back(_heads(g, heads))
    g, *split = split_back(np.concatenate([_joined(piece) for piece in pieces], axis=2))
    return value, [*norm1(g)[1:], *split, *mix, *second_norm, *up, *down]


KINDS: dict[str, Callable[..., Found]] = {
    "mlp": mlp,
    "simple_conv_net": simple_conv_net,
    "deep_conv_net": deep_conv_net,
    "resnet": resnet,
    "mobilenet": mobilenet,
    "lstm": lstm,
    "gpt": gpt,
}


class Adam:
    """Adam over one vector, of which the weights are views: a dozen calls for any number of weights.

    Source: Kingma and Ba (2015), in the order of operations of torch.optim.Adam.
    """

    def __init__(self, weights: list[Any]) -> None:
        self.flat = np.concatenate([w.ravel() for w in weights])
        self.weights, at = [], 0
        for w in weights:
            self.weights.append(self.flat[at : at + w.size].reshape(w.shape))
            at += w.size
        self.gradient, self.work = np.empty_like(self.flat), np.empty_like(self.flat)
        self.first, self.second = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self.steps = 0

    def step(self, gradients: list[Any]) -> None:
        """Move the weights."""
        self.steps += 1
        g, work, (beta1, beta2) = self.gradient, self.work, BETAS
        np.concatenate([d.ravel() for d in gradients], out=g)
        self.first *= beta1
        self.first += np.multiply(g, 1 - beta1, out=work)
        self.second *= beta2
        np.multiply(g, g, out=g)
        self.second += np.multiply(g, 1 - beta2, out=g)
        np.sqrt(self.second, out=work)
        work *= (1 - beta2**self.steps) ** -0.5
        work += EPSILON
        np.divide(self.first, work, out=work)
        work *= LEARNING_RATE / (1 - beta1**self.steps)
        self.flat -= work
