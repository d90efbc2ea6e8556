"""Records of autograd_np.ops.recurrent_cells."""

from __future__ import annotations

from autograd_np.ops import recurrent_cells
from tests.samples import Case, Record
from tests.samples.recurrent import (
    C2,
    H2,
    X,
    biases,
    check_floating,
    gru_step,
    layer,
    lstm_step,
    relu_step,
    tanh_step,
    weights,
)


def _cell(step):
    def run(x, hx, *weights):
        _, *states = layer(step, x[None], hx, *weights)
        return states

    return run


def _torch_cell(name):
    def run(torch, x, *operands):
        check_floating(x)
        return getattr(torch, name)(x, *operands)

    return run


RECORDS = [
    Record(
        "rnn_tanh_cell",
        recurrent_cells.rnn_tanh_cell,
        lambda *operands: _cell(tanh_step)(*operands)[0],
        (Case((X[0], H2, *weights(1), *biases(1))), Case((X[1], H2, *weights(1)))),
        rows=("rnn",),
        torch=_torch_cell("rnn_tanh_cell"),
    ),
    Record(
        "rnn_relu_cell",
        recurrent_cells.rnn_relu_cell,
        lambda *operands: _cell(relu_step)(*operands)[0],
        (Case((X[0], H2, *weights(1), *biases(1))), Case((X[1], H2, *weights(1)))),
        rows=("rnn",),
        torch=_torch_cell("rnn_relu_cell"),
    ),
    Record(
        "lstm_cell",
        recurrent_cells.lstm_cell,
        _cell(lstm_step),
        (Case((X[0], (H2, C2), *weights(4), *biases(4))), Case((X[1], (H2, C2), *weights(4)))),
        rows=("lstm",),
    ),
    Record(
        "gru_cell",
        recurrent_cells.gru_cell,
        lambda *operands: _cell(gru_step)(*operands)[0],
        (Case((X[0], H2, *weights(3), *biases(3))), Case((X[1], H2, *weights(3)))),
        rows=("gru",),
    ),
]
