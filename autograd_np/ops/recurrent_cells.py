"""Recurrent cells: one step of RNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import raise_shape
from autograd_np.ops._fused import FusedOp
from autograd_np.ops.recurrent import _gru, _lstm, _rnn, as_pair, run_checked

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]


def _step(name: str, row: FusedOp, gates: int, input: TensorLike, *operands: Any, **static: Any) -> tuple[Tensor, ...]:
    """Return the new states of a batch after one step."""
    x = as_tensor(input)
    if x.ndim != 2:
        raise_shape(name, {"input": x.shape}, "expected (N, D)", "add a batch axis: x.unsqueeze(0)")
    return run_checked(name, row, gates, x, *operands, batch_sizes=x.shape[:1], **static)[1:]


def rnn_tanh_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Return a plain recurrent net's state after one step: tanh(W x + b + V h + c).

    Args:
        input: one input for each sequence.
        hx: state of each sequence.
        w_ih: W.
        w_hh: V.
        b_ih: b.
        b_hh: c.

    Shapes: input (N, D), hx (N, E), w_ih (E, D), w_hh (E, E), biases (E,) -> (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types.
    Source: torch.rnn_tanh_cell.

    Example:
        >>> one = as_tensor([[1.0]])
        >>> rnn_tanh_cell(one, one, one, one)
        tensor([[0.964]])
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    return _step("rnn_tanh_cell", _rnn, 1, input, {"hx": hx}, weights, relu=False)[0]


def rnn_relu_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Return a plain recurrent net's state after one step: relu(W x + b + V h + c).

    Args:
        input: one input for each sequence.
        hx: state of each sequence.
        w_ih: W.
        w_hh: V.
        b_ih: b.
        b_hh: c.

    Shapes: input (N, D), hx (N, E), w_ih (E, D), w_hh (E, E), biases (E,) -> (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types.
    Source: torch.rnn_relu_cell.

    Example:
        >>> one = as_tensor([[1.0]])
        >>> rnn_relu_cell(one, one, one, one)
        tensor([[2.]])
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    return _step("rnn_relu_cell", _rnn, 1, input, {"hx": hx}, weights, relu=True)[0]


def lstm_cell(
    input: TensorLike,
    hx: Sequence[TensorLike],
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> tuple[Tensor, Tensor]:
    """Return an LSTM's output and cell after one step, as `lstm_layer` defines them.

    Args:
        input: one input for each sequence.
        hx: output and cell of each sequence.
        w_ih: weights of the input, the rows of the gates i, f, n, o one below the other.
        w_hh: weights of the output before, likewise.
        b_ih: bias.
        b_hh: another bias.

    Shapes: input (N, D), hx twice (N, E), w_ih (4E, D), w_hh (4E, E), biases (4E,) -> twice (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types.
    Source: torch.lstm_cell.

    Example:
        >>> one, w = as_tensor([[1.0]]), as_tensor([[0.0], [0.0], [1.0], [0.0]])
        >>> lstm_cell(one, (0 * one, 0 * one), w, 0 * w)
        (tensor([[0.1817]]), tensor([[0.3808]]))
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh, "w_hr": None}
    h, c = _step("lstm_cell", _lstm, 4, input, as_pair("lstm_cell", hx), weights)
    return h, c


def gru_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Return the state of gated recurrent units after one step, as `gru_layer` defines it.

    Args:
        input: one input for each sequence.
        hx: state of each sequence.
        w_ih: weights of the input, the rows of the gates r, z, n one below the other.
        w_hh: weights of the state, likewise.
        b_ih: bias.
        b_hh: another bias.

    Shapes: input (N, D), hx (N, E), w_ih (3E, D), w_hh (3E, E), biases (3E,) -> (N, E).
    Raises: ShapeError for shapes that do not fit each other; DTypeError for operands of several types.
    Source: torch.gru_cell.

    Example:
        >>> one, w = as_tensor([[1.0]]), as_tensor([[0.0], [0.0], [0.0]])
        >>> gru_cell(one, one, w, w)
        tensor([[0.5]])
    """
    weights = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    return _step("gru_cell", _gru, 3, input, {"hx": hx}, weights)[0]
