"""Recurrent layers: RNN, LSTM and GRU, one layer in one direction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from autograd_np._typing import Shape, TensorLike
from autograd_np.core import Tensor, as_array, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, raise_shape
from autograd_np.kernels import recurrent as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops._fused import FusedOp
from autograd_np.ops.activations import relu
from autograd_np.ops.exponential import sigmoid
from autograd_np.ops.joining import cat, chunk
from autograd_np.ops.products import linear
from autograd_np.ops.trigonometric import tanh

__all__ = ["gru_layer", "lstm_layer", "rnn_layer"]

# --- definitions --------------------------------------------------------------------------------------------------

# Each layer is defined by one step; kernels do the same for all steps, faster.


def _over_time(
    step: Callable[..., tuple[Tensor, ...]],
    shares: Tensor,
    states: Sequence[Tensor],
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Tensor, ...]:
    """Return the first state after each step, and all states after the last one of their sequence.

    Args:
        step: takes the input's share of the gates and the states of the running sequences; returns their new states.
        shares: rows of all steps.
        states: first states of all sequences, the longest sequence first.
        sizes: how many sequences run in each step.
        reverse: go from the last step to the first.
    """
    outputs = []
    for rows, size in kernels.steps(sizes, reverse=reverse):
        new = step(shares[rows], *(state[:size] for state in states))
        outputs.append(new[0])
        states = [cat([after, state[size:]]) for after, state in zip(new, states, strict=True)]
    return (cat(outputs[::-1] if reverse else outputs), *states)


def _rnn_definition(
    x: Tensor, h0: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Any, b_hh: Any, relu: bool, sizes: Any, reverse: bool
) -> tuple[Tensor, ...]:
    def step(share: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        return (_activated(share + linear(h, w_hh, b_hh), relu),)

    return _over_time(step, linear(x, w_ih, b_ih), [h0], sizes, reverse)


def _activated(x: Tensor, by_relu: bool) -> Tensor:
    return relu(x) if by_relu else tanh(x)


def _lstm_definition(
    x: Tensor,
    h0: Tensor,
    c0: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Any,
    b_hh: Any,
    w_hr: Any,
    sizes: Any,
    reverse: bool,
) -> tuple[Tensor, ...]:
    def step(share: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        i, f, n, o = chunk(share + linear(h, w_hh, b_hh), 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(n)
        m = sigmoid(o) * tanh(c)
        return m if w_hr is None else linear(m, w_hr), c

    return _over_time(step, linear(x, w_ih, b_ih), [h0, c0], sizes, reverse)


def _gru_definition(
    x: Tensor, h0: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Any, b_hh: Any, sizes: Any, reverse: bool
) -> tuple[Tensor, ...]:
    def step(share: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        xr, xz, xn = chunk(share, 3, 1)
        hr, hz, hn = chunk(linear(h, w_hh, b_hh), 3, 1)
        z = sigmoid(xz + hz)
        n = tanh(xn + sigmoid(xr + hr) * hn)
        return ((1 - z) * n + z * h,)

    return _over_time(step, linear(x, w_ih, b_ih), [h0], sizes, reverse)


# --- rows ---------------------------------------------------------------------------------------------------------

_rnn = FusedOp("rnn", kernels.rnn, kernels.rnn_back, _rnn_definition, operands=6, outputs=2)
_lstm = FusedOp(
    "lstm",
    kernels.lstm,
    kernels.lstm_back,
    _lstm_definition,
    operands=8,
    outputs=3,
    by_products=("gates", "cells"),
)
_gru = FusedOp(
    "gru", kernels.gru, kernels.gru_back, _gru_definition, operands=6, outputs=2, by_products=("gates", "shares")
)

# --- arguments ----------------------------------------------------------------------------------------------------


def _check(name: str, x: Tensor, states: dict[str, Tensor], weights: dict[str, Tensor], gates: int) -> None:
    """Raise unless states and weights fit each other and rows of this input; all have one type."""
    check_one_type(name, *(t.dtype for t in (x, *states.values(), *weights.values())))
    if x.dtype.kind != "f":
        raise DTypeError(f"{name}: states are floating numbers, got {x.dtype}\n  fix: x.float()")
    w_hh = weights["w_hh"]
    if w_hh.ndim != 2 or w_hh.shape[0] % gates or ("w_hr" not in weights and w_hh.shape[0] != gates * w_hh.shape[1]):
        wanted = f"({gates}E, E)" if gates > 1 else "(E, E)"
        raise_shape(name, {"w_hh": w_hh.shape}, f"w_hh must have shape {wanted} for a state of size E")
    width, output = w_hh.shape[0] // gates, w_hh.shape[1]
    rows = next(iter(states.values())).shape[:1]
    expected: dict[str, Shape] = dict.fromkeys(weights, w_hh.shape[:1])
    expected |= {"w_ih": (w_hh.shape[0], x.shape[-1]), "w_hh": w_hh.shape, "w_hr": (output, width)}
    expected |= {key: (*rows, size) for key, size in zip(states, (output, width), strict=False)}
    for key, tensor in {**weights, **states}.items():
        if tensor.shape != expected[key]:
            table = {"input": x.shape, "w_hh": w_hh.shape, key: tensor.shape}
            raise_shape(name, table, f"{key} must have shape {expected[key]} here, got {tensor.shape}")


def _rows(name: str, x: Tensor, batch_sizes: TensorLike | None) -> tuple[Tensor, tuple[int, ...]]:
    """Return the rows of all steps one after the other, and how many each step has."""
    if batch_sizes is None:
        if x.ndim != 3:
            raise_shape(name, {"input": x.shape}, "expected (L, N, D), or rows (R, D) with batch_sizes")
        if not x.shape[0]:
            raise ArgumentError(f"{name}: the sequence has no steps, got an input of shape {x.shape}")
        return x.reshape((x.shape[0] * x.shape[1], x.shape[2])), (x.shape[1],) * x.shape[0]
    sizes = tuple(int(size) for size in as_array(batch_sizes))
    falling = all(a >= b for a, b in itertools.pairwise(sizes))
    if x.ndim != 2 or not sizes or sum(sizes) != x.shape[0] or not falling or sizes[-1] < min(sizes[0], 1):
        raise ArgumentError(
            f"{name}: batch_sizes must not rise, and sum up to the rows of an input (R, D); "
            f"got {list(sizes)} for an input of shape {x.shape}\n  fix: pack_padded_sequence makes both"
        )
    return x, sizes


def as_pair(name: str, hx: Sequence[TensorLike]) -> dict[str, TensorLike]:
    """Return output and cell by name."""
    if isinstance(hx, Tensor) or len(hx) != 2:
        raise ArgumentError(f"{name}: hx must be the pair (h, c), got {type(hx).__name__}\n  fix: pass (h, c)")
    return {"hx[0]": hx[0], "hx[1]": hx[1]}


def run_checked(
    name: str,
    row: FusedOp,
    gates: int,
    input: TensorLike,
    states: dict[str, TensorLike],
    weights: dict[str, TensorLike | None],
    *,
    batch_sizes: TensorLike | None = None,
    reverse: bool = False,
    **static: Any,
) -> tuple[Tensor, ...]:
    """Return what a row gives for these arguments, checked; the states of all steps have the form of the input."""
    x, first = as_tensor(input), {key: as_tensor(state) for key, state in states.items()}
    given = {key: as_tensor(weight) for key, weight in weights.items() if weight is not None}
    rows, sizes = _rows(name, x, batch_sizes)
    _check(name, x, first, given, gates)
    batch = next(iter(first.values())).shape[0]
    if sizes[0] != batch:
        table = {"input": x.shape, **{key: state.shape for key, state in first.items()}}
        raise_shape(name, table, f"the input has {sizes[0]} sequences, the state {batch} rows")
    y, *last = row(rows, *first.values(), *map(given.get, weights), sizes=sizes, reverse=reverse, **static)
    return (y if x.ndim == 2 else y.reshape((*x.shape[:2], y.shape[1])), *last)


# --- layers -------------------------------------------------------------------------------------------------------


def rnn_layer(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
    *,
    nonlinearity: str = "tanh",
    batch_sizes: TensorLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run one layer of a plain recurrent net in one direction: h' = tanh(W x + b + V h + c).

    Args:
        input: sequences, or the rows of all steps with `batch_sizes`.
        hx: first state of each sequence.
        w_ih: W.
        w_hh: V.
        b_ih: b.
        b_hh: c.
        nonlinearity: 'tanh' or 'relu'.
        batch_sizes: how many sequences run in each step, as in PackedSequence.
        reverse: go from the last step to the first.

    Shapes: input (L, N, D) or (R, D), hx (N, E), w_ih (E, D), w_hh (E, E), biases (E,) -> states (L, N, E) or (R, E),
        and each sequence's last one (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types; ArgumentError
        for another nonlinearity, or batch_sizes that do not fit the input.
    Source: Elman (1990); one layer of torch.nn.RNN.

    Example:
        >>> one = as_tensor([[1.0]])
        >>> rnn_layer(as_tensor([[[1.0]], [[2.0]]]), one, one, one, nonlinearity="relu")[0].flatten()
        tensor([2., 4.])
    """
    if nonlinearity not in {"tanh", "relu"}:
        raise ArgumentError(f"rnn_layer: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    by_relu = nonlinearity == "relu"
    y, h = run_checked(
        "rnn_layer", _rnn, 1, input, {"hx": hx}, weights, batch_sizes=batch_sizes, reverse=reverse, relu=by_relu
    )
    return y, h


def lstm_layer(
    input: TensorLike,
    hx: Sequence[TensorLike],
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
    w_hr: TensorLike | None = None,
    *,
    batch_sizes: TensorLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run one layer of an LSTM in one direction.

    With the gates i, f, n, o = W x + b + V h + c, the cell is c' = σ(f)·c + σ(i)·tanh(n), the output
    h' = σ(o)·tanh(c'), multiplied by `w_hr` if that is given.

    Args:
        input: sequences, or the rows of all steps with `batch_sizes`.
        hx: first output and first cell of each sequence.
        w_ih: W, the rows of the four gates one below the other.
        w_hh: V, likewise.
        b_ih: b.
        b_hh: c.
        w_hr: maps the output to another size.
        batch_sizes: how many sequences run in each step, as in PackedSequence.
        reverse: go from the last step to the first.

    Shapes: input (L, N, D) or (R, D), hx (N, P) and (N, E), w_ih (4E, D), w_hh (4E, P), biases (4E,), w_hr (P, E),
        where P is E without w_hr -> outputs (L, N, P) or (R, P), and of each sequence the last output (N, P) and the
        last cell (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types; ArgumentError
        for batch_sizes that do not fit the input.
    Source: Hochreiter and Schmidhuber (1997), Gers et al. (2000), Sak et al. (2014) for w_hr; one layer of
        torch.nn.LSTM.

    Example:
        >>> zero, w = as_tensor([[0.0]]), as_tensor([[0.0], [0.0], [1.0], [0.0]])
        >>> lstm_layer(as_tensor([[[1.0]], [[1.0]]]), (zero, zero), w, w)[2]
        tensor([[0.6044]])
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh, "w_hr": w_hr}
    states = as_pair("lstm_layer", hx)
    y, h, c = run_checked("lstm_layer", _lstm, 4, input, states, weights, batch_sizes=batch_sizes, reverse=reverse)
    return y, h, c


def gru_layer(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
    *,
    batch_sizes: TensorLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run one layer of gated recurrent units in one direction.

    With the shares x = W x + b and h = V h + c of three gates each, r = σ(x₁ + h₁), z = σ(x₂ + h₂),
    n = tanh(x₃ + r·h₃), and the new state is (1 - z)·n + z·h.

    Args:
        input: sequences, or the rows of all steps with `batch_sizes`.
        hx: first state of each sequence.
        w_ih: W, the rows of the three gates one below the other.
        w_hh: V, likewise.
        b_ih: b.
        b_hh: c.
        batch_sizes: how many sequences run in each step, as in PackedSequence.
        reverse: go from the last step to the first.

    Shapes: input (L, N, D) or (R, D), hx (N, E), w_ih (3E, D), w_hh (3E, E), biases (3E,) -> states (L, N, E) or
        (R, E), and each sequence's last one (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types; ArgumentError
        for batch_sizes that do not fit the input.
    Source: Cho et al. (2014); one layer of torch.nn.GRU.

    Example:
        >>> one, w = as_tensor([[1.0]]), as_tensor([[0.0], [0.0], [0.0]])
        >>> gru_layer(as_tensor([[[1.0]], [[1.0]]]), one, w, w)[1]
        tensor([[0.25]])
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    y, h = run_checked("gru_layer", _gru, 3, input, {"hx": hx}, weights, batch_sizes=batch_sizes, reverse=reverse)
    return y, h
