"""Records of autograd_np.ops.recurrent."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import recurrent
from tests.samples import Case, Record


def _numbers(*shape, start):
    return np.sin(np.arange(float(np.prod(shape))) * 1.7 + start).reshape(shape)


_D, _E, _P = 2, 3, 2
X = _numbers(3, 2, _D, start=0.3)
#: Three sequences of 4, 2 and 1 steps, packed.
_PACKED, _SIZES = _numbers(7, _D, start=0.8), (3, 2, 1, 1)
H2, C2, _H3, _C3 = (_numbers(n, _E, start=0.1 + n + k) for n in (2, 3) for k in (0, 1))
_P2, _P3 = _numbers(2, _P, start=0.6), _numbers(3, _P, start=0.9)
_W_HR = _numbers(_P, _E, start=0.4)


def weights(gates, output=_E):
    return _numbers(gates * _E, _D, start=1.1), _numbers(gates * _E, output, start=2.2)


def biases(gates):
    return _numbers(gates * _E, start=3.3), _numbers(gates * _E, start=4.4)


# --- one sequence after another, one step after another -------------------------------------------------------------


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _affine(x, w, b):
    return w @ x + (0 if b is None else b)


def _rnn_step(activation):
    def step(x, states, w_ih, w_hh, b_ih=None, b_hh=None):
        return (activation(_affine(x, w_ih, b_ih) + _affine(states[0], w_hh, b_hh)),)

    return step


tanh_step, relu_step = _rnn_step(np.tanh), _rnn_step(lambda a: np.maximum(a, 0))


def lstm_step(x, states, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None):
    i, f, n, o = np.split(_affine(x, w_ih, b_ih) + _affine(states[0], w_hh, b_hh), 4)
    c = _sigmoid(f) * states[1] + _sigmoid(i) * np.tanh(n)
    h = _sigmoid(o) * np.tanh(c)
    return h if w_hr is None else w_hr @ h, c


def gru_step(x, states, w_ih, w_hh, b_ih=None, b_hh=None):
    xr, xz, xn = np.split(_affine(x, w_ih, b_ih), 3)
    hr, hz, hn = np.split(_affine(states[0], w_hh, b_hh), 3)
    z = _sigmoid(xz + hz)
    return ((1 - z) * np.tanh(xn + _sigmoid(xr + hr) * hn) + z * states[0],)


def layer(step, x, hx, *weights, batch_sizes=None, reverse=False):
    packed = batch_sizes is not None
    sizes = batch_sizes if packed else [x.shape[1]] * len(x)
    rows = x if packed else x.reshape(-1, x.shape[2])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    states = [hx] if isinstance(hx, np.ndarray) else list(hx)
    lasts = [np.array(state) for state in states]
    outputs = np.zeros((len(rows), states[0].shape[1]))
    for sequence in range(sizes[0]):
        running = [state[sequence] for state in states]
        own = [t for t in range(len(sizes)) if sizes[t] > sequence]
        for t in reversed(own) if reverse else own:
            running = step(rows[starts[t] + sequence], running, *weights)
            outputs[starts[t] + sequence] = running[0]
        for last, state in zip(lasts, running, strict=True):
            last[sequence] = state
    return (outputs if packed else outputs.reshape(*x.shape[:2], -1), *lasts)


def _rnn_layer(x, hx, *weights, nonlinearity="tanh", **options):
    return layer(relu_step if nonlinearity == "relu" else tanh_step, x, hx, *weights, **options)


# --- PyTorch's layers -----------------------------------------------------------------------------------------------


def check_floating(x):
    if not x.is_floating_point():
        raise TypeError("some plain layers also take integers there; here an error says so")


def _torch_layer(kind):
    def run(torch, x, hx, *weights, batch_sizes=None, reverse=False, nonlinearity="tanh"):
        check_floating(x)
        function = getattr(torch, f"rnn_{nonlinearity}" if kind == "rnn" else kind)
        states = [h[None] for h in hx] if kind == "lstm" else hx[None]
        *affine, project = [*weights, *[None] * (5 - len(weights))]
        parameters = [w for w in (*affine, project) if w is not None]
        biased = affine[2] is not None
        if reverse:
            # PyTorch goes backward only beside going forward: that half of its outputs is not looked at.
            parameters *= 2
            states = [torch.cat([h, h]) for h in states] if kind == "lstm" else torch.cat([states, states])
        settings = (parameters, biased, 1, 0.0, True, reverse)
        if batch_sizes is None:
            y, *last = function(x, states, *settings, False)
        else:
            y, *last = function(x, torch.tensor(batch_sizes), states, *settings)
        return (y[..., y.shape[-1] // 2 :] if reverse else y, *(state[-1] for state in last))

    return run


_TAIL = {"batch_sizes": _SIZES}

RECORDS = [
    Record(
        "rnn_layer",
        recurrent.rnn_layer,
        _rnn_layer,
        (
            Case((X, H2, *weights(1), *biases(1))),
            Case((X, H2, *weights(1)), {"reverse": True}),
            Case((_PACKED, _H3, *weights(1), *biases(1)), _TAIL),
            Case((_PACKED, _H3, *weights(1), *biases(1)), {**_TAIL, "reverse": True}),
            Case((X, H2, *weights(1), *biases(1)), {"nonlinearity": "relu"}),
        ),
        rows=("rnn",),
        torch=_torch_layer("rnn"),
    ),
    Record(
        "lstm_layer",
        recurrent.lstm_layer,
        lambda *operands, **options: layer(lstm_step, *operands, **options),
        (
            Case((X, (H2, C2), *weights(4), *biases(4))),
            Case((X, (H2, C2), *weights(4)), {"reverse": True}),
            Case((_PACKED, (_H3, _C3), *weights(4), *biases(4)), _TAIL),
            Case((_PACKED, (_H3, _C3), *weights(4)), {**_TAIL, "reverse": True}),
            Case((X, (_P2, C2), *weights(4, _P), *biases(4), _W_HR)),
            Case((_PACKED, (_P3, _C3), *weights(4, _P), None, None, _W_HR), _TAIL),
        ),
        rows=("lstm",),
        torch=_torch_layer("lstm"),
    ),
    Record(
        "gru_layer",
        recurrent.gru_layer,
        lambda *operands, **options: layer(gru_step, *operands, **options),
        (
            Case((X, H2, *weights(3), *biases(3))),
            Case((X, H2, *weights(3)), {"reverse": True}),
            Case((_PACKED, _H3, *weights(3), *biases(3)), _TAIL),
            Case((_PACKED, _H3, *weights(3)), {**_TAIL, "reverse": True}),
        ),
        rows=("gru",),
        torch=_torch_layer("gru"),
    ),
]
