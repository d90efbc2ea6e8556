"""JAX, for both columns: `prepare(row, compiled)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.functional import KINDS, Functions, loss_of
from benchmarks.libraries import Absent
from benchmarks.libraries.numpy_like import functions
from benchmarks.nets import BETAS, EPSILON, LEARNING_RATE, NETS
from benchmarks.operations import cotangent

#: Longer chains take minutes, to trace or to compile.
LONGEST = {False: 10_000, True: 1_000}
_LAYOUT = ("NCHW", "OIHW", "NCHW")


def conv2d(x: Any, w: Any, b: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Any:
    """Convolve by XLA's convolution."""
    edges = [(padding, padding)] * 2
    y = lax.conv_general_dilated(
        x,
        w,
        (stride, stride),
        edges,
        rhs_dilation=(dilation, dilation),
        dimension_numbers=_LAYOUT,
        feature_group_count=groups,
    )
    return y if b is None else y + b[:, None, None]


def conv_transpose2d(x: Any, w: Any, stride: int = 1, padding: int = 0) -> Any:
    """Convolve the spread images with the mirrored filters."""
    edge = w.shape[2] - 1 - padding
    mirrored = jnp.flip(w, (2, 3)).swapaxes(0, 1)
    return lax.conv_general_dilated(
        x, mirrored, (1, 1), [(edge, edge)] * 2, lhs_dilation=(stride, stride), dimension_numbers=_LAYOUT
    )


def _pool(x: Any, start: float, join: Any, size: int, stride: int | None, padding: int = 0) -> Any:
    step = stride or size
    edges = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    return lax.reduce_window(x, start, join, (1, 1, size, size), (1, 1, step, step), edges)


def lstm(x: Any, wx: Any, wh: Any, bx: Any, bh: Any) -> Any:
    """Return the outputs of all steps of an LSTM by lax.scan."""

    def step(carry: tuple[Any, Any], into: Any) -> Any:
        h, c = carry
        i, f, z, o = jnp.split(into + h @ wh.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(z)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    start = jnp.zeros((x.shape[0], wh.shape[1]), x.dtype)
    _, found = lax.scan(step, (start, start), (x @ wx.T + (bx + bh)).swapaxes(0, 1))
    return found.swapaxes(0, 1)


_KEY = jax.random.key(2)


def dropout(x: Any, share: float) -> Any:
    """Zero a share and keep the mean; the same mask at each call, for keys are the caller's in JAX."""
    return x * jax.random.bernoulli(_KEY, 1 - share, x.shape) / (1 - share)


TABLE: dict[str, Callable[..., Any]] = {
    **functions(jnp),
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": jax.nn.gelu,
    "softmax": lambda x, dim: jax.nn.softmax(x, axis=dim),
    "log_softmax": lambda x, dim: jax.nn.log_softmax(x, axis=dim),
    "logsumexp": lambda x, dim: jax.nn.logsumexp(x, axis=dim),
    "conv2d": conv2d,
    "conv_transpose2d": conv_transpose2d,
    "max_pool2d": lambda x, kernel_size, stride=None, padding=0: _pool(
        x, -jnp.inf, lax.max, kernel_size, stride, padding
    ),
    "avg_pool2d": lambda x, kernel_size: _pool(x, 0.0, lax.add, kernel_size, None) / kernel_size**2,
    "lstm": lstm,
    "dropout": dropout,
}
F = Functions("JAX", TABLE)


def _waits(function: Callable[..., Any], *given: Any) -> Callable[[], Any]:
    # JAX returns before it has computed
    return lambda: jax.block_until_ready(function(*given))


def operation(subject: Any, task: str, compiled: bool) -> Callable[[], Any]:
    """Return a function that does the operation; a forward pass records (jax.vjp) where nothing is compiled."""
    if subject.options.get("length", 0) > LONGEST[compiled]:
        raise Absent(f"a chain of more than {LONGEST[compiled]:,} operations takes minutes to prepare")
    function, arrays = getattr(F, subject.function), [jnp.asarray(array) for array in subject.arrays()]
    places = [place for place, operand in enumerate(subject.operands) if operand.has_gradient]
    leaves = [arrays[place] for place in places]

    def of(*leaves: Any) -> Any:
        given = list(arrays)
        for place, leaf in zip(places, leaves, strict=True):
            given[place] = leaf
        return function(*given, **subject.options)

    if task == "no_grad" or (task == "forward" and compiled):
        return _waits(jax.jit(of) if compiled else of, *leaves)
    if task == "forward":
        return lambda: jax.block_until_ready(jax.vjp(of, *leaves)[0])

    def both(g: Any, *leaves: Any) -> Any:
        y, pull = jax.vjp(of, *leaves)
        return y, pull(g)

    g = jnp.asarray(cotangent(jax.eval_shape(of, *leaves).shape))
    return _waits(jax.jit(both) if compiled else both, g, *leaves)


def _adam(state: tuple[Any, ...], gradients: list[Any]) -> tuple[Any, ...]:
    weights, first, second, steps = state
    steps = steps + 1
    (beta1, beta2), tree = BETAS, jax.tree_util.tree_map
    first = tree(lambda m, g: beta1 * m + (1 - beta1) * g, first, gradients)
    second = tree(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, gradients)
    rate, root = LEARNING_RATE / (1 - beta1**steps), (1 - beta2**steps) ** -0.5
    weights = tree(lambda w, m, v: w - rate * m / (jnp.sqrt(v) * root + EPSILON), weights, first, second)
    return weights, first, second, steps


def step(name: str, compiled: bool) -> Callable[[], Any]:
    """Return a function that does a training step."""
    net = NETS[name]
    weights = [jnp.asarray(w) for w in net.weights()]
    zeros = [jnp.zeros_like(w) for w in weights]
    x, y = map(jnp.asarray, net.batch())
    gradient = jax.grad(lambda weights, x, y: loss_of(F, net.kind, weights, x, y))

    def whole(state: Any, x: Any, y: Any) -> Any:
        return _adam(state, gradient(state[0], x, y))

    run = jax.jit(whole) if compiled else whole
    state: list[Any] = [(weights, zeros, zeros, jnp.float32(0))]

    def train() -> None:
        state[0] = jax.block_until_ready(run(state[0], x, y))

    return train


def prepare(row: Any, compiled: bool) -> Callable[[], Any]:
    """Return a function that does a row once."""
    if row.task in {"step", "memory"}:
        return step(row.subject, compiled)
    if row.task == "inference":
        net = NETS[row.subject]
        weights, x = [jnp.asarray(w) for w in net.weights()], jnp.asarray(net.batch()[0])

        def infer(weights: Any, x: Any) -> Any:
            return KINDS[net.kind](F, weights, x, False)

        return _waits(jax.jit(infer) if compiled else infer, weights, x)
    return operation(row.subject, row.task, compiled)
