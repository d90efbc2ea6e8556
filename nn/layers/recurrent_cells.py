"""Recurrent cells: one step of RNN, LSTM and GRU, for loops of one's own."""

from __future__ import annotations

import math
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """What the cells share: two weights and two biases for a number of gates.

    Args:
        input_size: D.
        hidden_size: E.
        bias: False leaves both biases out.
        num_chunks: how many gates.
        device: the CPU.
        dtype: type of the parameters.

    Raises: ArgumentError for sizes below 1.
    Source: torch.nn.RNNCellBase.
    """

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not hasattr(size, "__index__") or size < 1:
                raise ArgumentError(f"{self._get_name()}: {name} must be a whole number of at least 1, got {size!r}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size

        def new(*size: int) -> Parameter:
            return Parameter(ag.empty(*size, device=device, dtype=dtype))

        self.weight_ih = new(rows, input_size)
        self.weight_hh = new(rows, hidden_size)
        self.register_parameter("bias_ih", new(rows) if bias else None)
        self.register_parameter("bias_hh", new(rows) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew, uniformly within ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _weights(self) -> tuple[Parameter | None, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _batch(self, input: Tensor, states: Any) -> tuple[Tensor, list[Tensor]]:
        """Return the input and its states as a batch, checked; zeros where no states are given."""
        if input.ndim not in {1, 2} or input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{self._get_name()}: expected (N, D) or (D,) with D = input_size = {self.input_size}, "
                f"got shape {input.shape}"
            )
        expected = (*input.shape[:-1], self.hidden_size)
        for state in states:
            if not isinstance(state, Tensor) or state.shape != expected:
                found = f"shape {state.shape}" if isinstance(state, Tensor) else f"a {type(state).__name__}"
                raise ShapeError(f"{self._get_name()}: the state must have shape {expected} here, got {found}")
        x = input if input.ndim == 2 else input.unsqueeze(0)
        return x, [state if input.ndim == 2 else state.unsqueeze(0) for state in states]

    def _zeros(self, input: Tensor) -> Tensor:
        return ag.zeros(*input.shape[:-1], self.hidden_size, dtype=input.dtype)

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias is True else f", bias={self.bias}")


class RNNCell(RNNCellBase):
    """Return a plain recurrent net's state after one step: tanh(W x + b + V h + c).

    Called as `cell(input, hx)`; without `hx` the state is zero.

    Args:
        input_size: D.
        hidden_size: E.
        bias: False leaves b and c out.
        nonlinearity: 'tanh' or 'relu'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (N, D), hx (N, E) -> (N, E); the same without N.
    Raises: ArgumentError for another nonlinearity; ShapeError for operands that do not fit.
    Source: Elman (1990); torch.nn.RNNCell.

    Example:
        >>> import autograd_np as ag
        >>> RNNCell(3, 4)(ag.ones(5, 3)).shape
        (5, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in {"tanh", "relu"}:
            raise ArgumentError(f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the new state."""
        x, (h,) = self._batch(input, [self._zeros(input) if hx is None else hx])
        cell = ag.rnn_relu_cell if self.nonlinearity == "relu" else ag.rnn_tanh_cell
        y = cell(x, h, *self._weights())
        return y if input.ndim == 2 else y.squeeze(0)

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        usual = self.nonlinearity == "tanh"
        return super().extra_repr() + ("" if usual else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """Return an LSTM's output and cell after one step, as LSTM defines them.

    Called as `cell(input, (h, c))`; without the pair both are zero.

    Args:
        input_size: D.
        hidden_size: E.
        bias: False leaves both biases out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (N, D), h and c (N, E) -> twice (N, E); the same without N.
    Raises: ShapeError for operands that do not fit.
    Source: Hochreiter and Schmidhuber (1997), Gers et al. (2000); torch.nn.LSTMCell.

    Example:
        >>> import autograd_np as ag
        >>> h, c = LSTMCell(3, 4)(ag.ones(5, 3))
        >>> h.shape, c.shape
        ((5, 4), (5, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return the new output and the new cell."""
        if hx is None:
            zeros = self._zeros(input)
            hx = zeros, zeros
        elif isinstance(hx, Tensor) or len(hx) != 2:
            raise ShapeError(f"LSTMCell: hx must be the pair (h, c), got a {type(hx).__name__}\n  fix: pass (h, c)")
        x, states = self._batch(input, hx)
        h, c = ag.lstm_cell(x, states, *self._weights())
        return (h, c) if input.ndim == 2 else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """Return the state of gated recurrent units after one step, as GRU defines it.

    Called as `cell(input, hx)`; without `hx` the state is zero.

    Args:
        input_size: D.
        hidden_size: E.
        bias: False leaves both biases out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (N, D), hx (N, E) -> (N, E); the same without N.
    Raises: ShapeError for operands that do not fit.
    Source: Cho et al. (2014); torch.nn.GRUCell.

    Example:
        >>> import autograd_np as ag
        >>> GRUCell(3, 4)(ag.ones(3)).shape
        (4,)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the new state."""
        x, (h,) = self._batch(input, [self._zeros(input) if hx is None else hx])
        y = ag.gru_cell(x, h, *self._weights())
        return y if input.ndim == 2 else y.squeeze(0)
