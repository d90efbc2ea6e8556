"""Recurrent layers, cells and packing, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_PACKED = "layer(nn.utils.rnn.pack_padded_sequence(a, [3, 2]))"
_UNSORTED = "layer(nn.utils.rnn.pack_padded_sequence(a, [1, 3], enforce_sorted=False)"

LAYERS: dict[str, tuple[Any, ...]] = {
    "RNN(2, 3)": ((3, 2, 2),),
    "RNN(2, 2, 2, 'relu', bidirectional=True) | layer(a, b)": ((3, 2, 2), (4, 2, 2)),
    "RNN(2, 2, bias=False, batch_first=True)": ((2, 3, 2),),
    "RNN(2, 2, nonlinearity='relu') | layer(a, b)": ((3, 2), (1, 2)),
    f"RNN(2, 2, bidirectional=True) | {_UNSORTED}, b)": ((3, 2, 2), (2, 2, 2)),
    "LSTM(2, 3)": ((3, 2, 2),),
    "LSTM(2, 2) | layer(a, (b, c))": ((3, 2, 2), (1, 2, 2), (1, 2, 2)),
    "LSTM(2, 2, num_layers=2, bidirectional=True) | layer(a, (b, c))": ((3, 2, 2), (4, 2, 2), (4, 2, 2)),
    "LSTM(2, 2, num_layers=2, dropout=1.0)": ((3, 2, 2),),
    "LSTM(2, 2, bias=False, batch_first=True)": ((2, 3, 2),),
    "LSTM(2, 2, 1, False) | layer(a, (b, c))": ((3, 2), (1, 2), (1, 2)),
    "LSTM(2, 3, proj_size=2)": ((3, 2, 2),),
    "LSTM(2, 3, 2, proj_size=1, bidirectional=True) | layer(a, (b, c))": ((2, 2, 2), (4, 2, 1), (4, 2, 3)),
    "LSTM(1, 2, bias=False, proj_size=1) | layer(a)": ((3, 1),),
    f"LSTM(2, 2) | {_PACKED}": ((3, 2, 2),),
    f"LSTM(2, 2, bidirectional=True) | {_UNSORTED}, (b, c))": ((3, 2, 2), (2, 2, 2), (2, 2, 2)),
    f"LSTM(2, 2, num_layers=2) | {_UNSORTED})": ((3, 2, 2),),
    "GRU(2, 3)": ((3, 2, 2),),
    "GRU(2, 2, num_layers=2, bidirectional=True) | layer(a, b)": ((3, 2, 2), (4, 2, 2)),
    "GRU(2, 2, num_layers=2, dropout=1.0, batch_first=True)": ((2, 3, 2),),
    "GRU(2, 2, bias=False) | layer(a, b)": ((3, 2), (1, 2)),
    f"GRU(2, 2) | {_PACKED}": ((3, 2, 2),),
    f"GRU(2, 2, bidirectional=True) | {_UNSORTED}, b)": ((3, 2, 2), (2, 2, 2)),
    "RNNCell(2, 3)": ((2, 2),),
    "RNNCell(2, 3) | layer(a, b)": ((2, 2), (2, 3)),
    "RNNCell(2, 3, bias=False, nonlinearity='relu') | layer(a, b)": ((2,), (3,)),
    "LSTMCell(2, 3)": ((2, 2),),
    "LSTMCell(2, 3) | layer(a, (b, c))": ((2, 2), (2, 3), (2, 3)),
    "LSTMCell(2, 3, bias=False) | layer(a, (b, c))": ((2,), (3,), (3,)),
    "GRUCell(2, 3)": ((2, 2),),
    "GRUCell(2, 3) | layer(a, b)": ((2, 2), (2, 3)),
    "GRUCell(2, 3, bias=False) | layer(a, b)": ((2,), (3,)),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "nn.utils.rnn.pack_padded_sequence(a, [3, 3, 1])": ((4, 3, 2),),
    "nn.utils.rnn.pack_padded_sequence(a, ag.tensor([1, 3]), batch_first=True, enforce_sorted=False)": ((2, 3),),
    "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(a, [3, 1]))": ((3, 2, 2),),
    "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(a, [2, 3], enforce_sorted=False),"
    " batch_first=True, padding_value=-1.5, total_length=4)": ((3, 2, 2),),
    "nn.utils.rnn.pack_sequence([a, b])": ((3, 2), (2, 2)),
    "nn.utils.rnn.pack_sequence([a, b, c], enforce_sorted=False)": ((2,), (3,), (2,)),
    "nn.utils.rnn.unpack_sequence(nn.utils.rnn.pack_sequence([a, b, c], enforce_sorted=False))": ((2,), (3,), (2,)),
    "nn.utils.rnn.pad_sequence([a, b])": ((1, 2), (3, 2)),
    "nn.utils.rnn.pad_sequence([a, b], batch_first=True, padding_value=2.0)": ((1, 2), (3, 2)),
    "nn.utils.rnn.pad_sequence([a, b], padding_side='left')": ((1,), (3,)),
    "nn.utils.rnn.unpad_sequence(a * 1, ag.tensor([3, 1]))": ((3, 2, 2),),
    "nn.utils.rnn.unpad_sequence(a, ag.tensor([3, 1]), batch_first=True)": ((2, 3),),
    "nn.utils.rnn.invert_permutation(ag.tensor([2, 0, 1])), a": ((1,),),
}
