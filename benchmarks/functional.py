"""The nets as functions of their weights, for libraries without layers. `F` holds a library's functions.

A library takes part in a net if it has every function that the net calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.nets import BLOCKS

#: F, weights, inputs and whether this is training -> outputs.
Function = Callable[[Any, Any, Any, bool], Any]


def mlp(F: Any, p: Any, x: Any, training: bool) -> Any:
    """Linear layers with ReLU between them."""
    for layer in range(0, len(p) - 2, 2):
        x = F.relu(F.linear(x, p[layer], p[layer + 1]))
    return F.linear(x, p[-2], p[-1])


def simple_conv_net(F: Any, p: Any, x: Any, training: bool) -> Any:
    """Return the scores after a convolution, a pooling and two linear layers."""
    x = F.max_pool2d(F.relu(F.conv2d(x, p[0], p[1])), 2)
    return mlp(F, p[2:], x.reshape(x.shape[0], -1), training)


def deep_conv_net(F: Any, p: Any, x: Any, training: bool) -> Any:
    """Six convolutions, a pooling after every second, and two linear layers with dropout."""
    for layer in range(6):
        x = F.relu(F.conv2d(x, p[2 * layer], p[2 * layer + 1], padding=2 if layer == 3 else 1))
        if layer % 2:
            x = F.max_pool2d(x, 2)
    x = F.relu(F.linear(x.reshape(x.shape[0], -1), p[12], p[13]))
    x = F.linear(F.dropout(x, 0.5) if training else x, p[14], p[15])
    return F.dropout(x, 0.5) if training else x


def _norm(F: Any, x: Any, w: Any, b: Any, training: bool) -> Any:
    # in inference a scale and a shift; the running mean and variance are 0 and 1 here, as for a new net
    return F.batch_norm(x, w, b) if training else x * (w / (1 + 1e-5) ** 0.5).reshape(-1, 1, 1) + b.reshape(-1, 1, 1)


def resnet(F: Any, p: Any, x: Any, training: bool) -> Any:
    """The nine residual blocks of a ResNet-20."""
    at = 0
    for _, _, stride in BLOCKS:
        y = F.relu(_norm(F, F.conv2d(x, p[at], stride=stride, padding=1), p[at + 1], p[at + 2], training))
        y = _norm(F, F.conv2d(y, p[at + 3], padding=1), p[at + 4], p[at + 5], training)
        at += 6
        if stride != 1:
            x = _norm(F, F.conv2d(x, p[at], stride=stride), p[at + 1], p[at + 2], training)
            at += 3
        x = F.relu(x + y)
    return x


def mobilenet(F: Any, p: Any, x: Any, training: bool) -> Any:
    """1×1 up, 3×3 depthwise, 1×1 down, and the shortcut."""
    y = F.relu6(_norm(F, F.conv2d(x, p[0]), p[1], p[2], training))
    y = F.relu6(_norm(F, F.conv2d(y, p[3], padding=1, groups=p[3].shape[0]), p[4], p[5], training))
    return x + _norm(F, F.conv2d(y, p[6]), p[7], p[8], training)


def lstm(F: Any, p: Any, x: Any, training: bool) -> Any:
    """All outputs of an LSTM."""
    return F.lstm(x, *p)


def gpt(F: Any, p: Any, x: Any, training: bool) -> Any:
    """Causal attention of four heads and a two-layer net, each on a normalised input and added to it."""
    n, t, e = x.shape
    parts = F.linear(F.layer_norm(x, p[0], p[1]), p[2], p[3])
    q, k, v = (parts[:, :, i * e : (i + 1) * e].reshape(n, t, 4, e // 4).swapaxes(1, 2) for i in range(3))
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True).swapaxes(1, 2).reshape(n, t, e)
    x = x + F.linear(y, p[4], p[5])
    y = F.gelu_tanh(F.linear(F.layer_norm(x, p[6], p[7]), p[8], p[9]))
    return x + F.linear(y, p[10], p[11])


KINDS: dict[str, Function] = {
    "mlp": mlp,
    "simple_conv_net": simple_conv_net,
    "deep_conv_net": deep_conv_net,
    "resnet": resnet,
    "mobilenet": mobilenet,
    "lstm": lstm,
    "gpt": gpt,
}


class Functions:
    """A library's table of functions, read as attributes; one that is not there is an `Absent` that says so."""

    def __init__(self, library: str, table: dict[str, Callable[..., Any]]) -> None:
        self._library = library
        self._table = table

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from benchmarks.libraries import Absent

        try:
            return self._table[name]
        except KeyError:
            raise Absent(f"{self._library} has no {name} of its own") from None


def loss_of(F: Any, kind: str, p: Any, x: Any, y: Any) -> Any:
    """Return the mean squared error, or the cross-entropy where targets are classes."""
    found = KINDS[kind](F, p, x, True)
    return F.mse_loss(found, y) if y.dtype.kind == "f" else F.cross_entropy(found, y)
