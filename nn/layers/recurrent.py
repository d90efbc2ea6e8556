"""Recurrent layers: RNN, LSTM and GRU, stacked, in one direction or both, over batches or packed sequences."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter
from nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

#: How many gates a mode has, and the function that runs one of its layers in one direction.
_MODES: dict[str, tuple[int, Callable[..., Any]]] = {
    "RNN_TANH": (1, ag.rnn_layer),
    "RNN_RELU": (1, functools.partial(ag.rnn_layer, nonlinearity="relu")),
    "LSTM": (4, ag.lstm_layer),
    "GRU": (3, ag.gru_layer),
}
#: What the parts of a parameter's name are called there.
_KEYWORDS = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh", "weight_hr": "w_hr"}


class RNNBase(Module):
    """What RNN, LSTM and GRU share: parameters by layer and direction, and the way through them.

    Args:
        mode: 'RNN_TANH', 'RNN_RELU', 'LSTM' or 'GRU'.
        input_size: D.
        hidden_size: E.
        num_layers: layers on top of each other.
        bias: False leaves both biases of each layer out.
        batch_first: inputs and outputs are (N, L, D) instead of (L, N, D); states are not concerned.
        dropout: probability of dropping each output of every layer but the last, in training.
        bidirectional: a second set of layers goes from the last step to the first.
        proj_size: map the output of each LSTM step to this size; 0 leaves it as it is.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: as those of the subclasses.
    Raises: ArgumentError for sizes below 1, a probability outside [0, 1], or an unknown mode.
    Source: torch.nn.RNNBase.

    Example:
        >>> [tuple(w.shape) for w in RNNBase("GRU", 2, 3).all_weights[0]]
        [(9, 2), (9, 3), (9,), (9,)]
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ArgumentError(f"RNNBase: mode must be one of {', '.join(_MODES)}, got {mode!r}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_settings()
        self._all_weights: list[list[str]] = []
        rows = _MODES[mode][0] * hidden_size
        output, directions = proj_size or hidden_size, 1 + bidirectional
        for layer in range(num_layers):
            sizes: dict[str, tuple[int, ...]] = {
                "weight_ih": (rows, output * directions if layer else input_size),
                "weight_hh": (rows, output),
            }
            if bias:
                sizes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                sizes |= {"weight_hr": (proj_size, hidden_size)}
            for end in ("", "_reverse")[:directions]:
                names = {f"{name}_l{layer}{end}": size for name, size in sizes.items()}
                for name, size in names.items():
                    self.register_parameter(name, Parameter(ag.empty(size, device=device, dtype=dtype)))
                self._all_weights.append(list(names))
        self.reset_parameters()

    def _check_settings(self) -> None:
        for name in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, name)
            if not hasattr(value, "__index__") or value < 1:
                raise ArgumentError(f"{self._get_name()}: {name} must be a whole number of at least 1, got {value!r}")
        for name in ("bias", "batch_first", "bidirectional"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                # A number in its place is mostly one that was meant for another argument.
                raise ArgumentError(f"{self._get_name()}: {name} must be True or False, got {value!r}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ArgumentError(
                f"{self._get_name()}: proj_size must be less than hidden_size {self.hidden_size}, or 0 for none, "
                f"got {self.proj_size}"
            )
        if not 0 <= self.dropout <= 1:
            raise ArgumentError(f"{self._get_name()}: dropout is a probability in [0, 1], got {self.dropout}")
        if self.dropout and self.num_layers == 1:
            warnings.warn(
                f"{self._get_name()}: dropout={self.dropout} changes nothing, because it acts between layers and "
                "num_layers is 1; use nn.Dropout on the output",
                stacklevel=4,
            )

    def reset_parameters(self) -> None:
        """Draw all parameters anew, uniformly within ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: parameters need no particular place in memory here."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """Return the parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the outputs of all steps of the last layer, and the last states of every layer and direction."""
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        form = "(N, L, D)" if self.batch_first else "(L, N, D)"
        self._check_input(input, (2, 3), f"{form}, or (L, D) for a single sequence")
        single, turned = input.ndim == 2, input.ndim == 3 and self.batch_first
        x = input.unsqueeze(1) if single else input.transpose(0, 1) if turned else input
        y, last = self._through_layers(x, self._first_states(hx, x, x.shape[1], single=single), None)
        if single:
            return y.squeeze(1), self._as_hx([state.squeeze(1) for state in last])
        return y.transpose(0, 1) if turned else y, self._as_hx(last)

    def _forward_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        rows, sizes, longest_first, as_before = input
        self._check_input(rows, (2,), "rows (R, D) in the PackedSequence")
        first = self._first_states(hx, rows, int(sizes[0]))
        if hx is not None and longest_first is not None:
            first = [state.index_select(1, longest_first) for state in first]
        y, last = self._through_layers(rows, first, sizes)
        if as_before is not None:
            last = [state.index_select(1, as_before) for state in last]
        return PackedSequence(y, sizes, longest_first, as_before), self._as_hx(last)

    def _through_layers(self, x: Tensor, first: list[Tensor], sizes: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """Return the last layer's outputs and the last states of all, for (L, N, D) or packed rows and their sizes."""
        run, directions = _MODES[self.mode][1], (False, True)[: 1 + self.bidirectional]
        lasts: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            outputs = []
            for reverse in directions:
                place = len(lasts)
                weights = {
                    _KEYWORDS[name.partition("_l")[0]]: self._parameters[name] for name in self._all_weights[place]
                }
                hx = self._as_hx([state[place] for state in first])
                y, *last = run(x, hx, **weights, batch_sizes=sizes, reverse=reverse)
                outputs.append(y)
                lasts.append(last)
            x = ag.cat(outputs, -1) if self.bidirectional else outputs[0]
            if layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, [ag.stack(states) for states in zip(*lasts, strict=True)]

    # --- arguments of forward -------------------------------------------------------------------------------------

    def _check_input(self, x: Any, ranks: tuple[int, ...], expected: str) -> None:
        name, weight = self._get_name(), self._parameters["weight_ih_l0"]
        if not isinstance(x, Tensor) or x.ndim not in ranks or x.shape[-1] != self.input_size:
            found = f"shape {x.shape}" if isinstance(x, Tensor) else f"a {type(x).__name__}"
            raise ShapeError(f"{name}: expected {expected} with D = input_size = {self.input_size}, got {found}")
        if weight is not None and x.dtype != weight.dtype:
            raise DTypeError(
                f"{name}: the input is {x.dtype}, the parameters are {weight.dtype}\n"
                f"  fix: input.to({str(weight.dtype)!r}), or convert the layer"
            )

    def _first_states(self, hx: Any, x: Tensor, batch: int, *, single: bool = False) -> list[Tensor]:
        """Return the first states (layers and directions, N, size), checked; zeros where none are given."""
        places, sizes = len(self._all_weights), [self.proj_size or self.hidden_size]
        if self.mode == "LSTM":
            sizes.append(self.hidden_size)
        expected = [(places, size) if single else (places, batch, size) for size in sizes]
        if hx is None:
            return [ag.zeros(places, batch, size, dtype=x.dtype) for size in sizes]
        one = isinstance(hx, Tensor)
        given = [hx] if one else list(hx)
        shapes = [state.shape if isinstance(state, Tensor) else type(state).__name__ for state in given]
        if shapes != expected or one == (self.mode == "LSTM"):
            wanted = (
                f"one tensor of shape {expected[0]}" if len(sizes) == 1 else f"the pair (h, c) of shapes {expected}"
            )
            found = f"one tensor of shape {shapes[0]}" if one else f"a {type(hx).__name__} of {shapes}"
            raise ShapeError(
                f"{self._get_name()}: hx must be {wanted}, got {found}\n"
                "  fix: (layers x directions, N, size) whether or not batch_first; without N for a single sequence"
            )
        return [state.unsqueeze(1) for state in given] if single else given

    def _as_hx(self, states: list[Tensor]) -> Any:
        """Return states as users hand them over: a pair for LSTM."""
        return tuple(states) if self.mode == "LSTM" else states[0]

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        others = [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        projected = [f"proj_size={self.proj_size}"] if self.proj_size else []
        return ", ".join([str(self.input_size), str(self.hidden_size), *projected, *others])


class RNN(RNNBase):
    """Run plain recurrent layers: the state of each step is tanh(W x + b + V h + c), h being that of the step before.

    Called as `layer(input, hx)`; without `hx` the first states are zero. Returns the outputs of all steps, and the
    last state of every layer and direction. Each layer's output is the next one's input; where layers go both ways,
    their outputs lie side by side. A PackedSequence gives a PackedSequence.

    Args:
        input_size: D.
        hidden_size: E.
        num_layers: how many layers, K below.
        nonlinearity: 'tanh' or 'relu'.
        bias: False leaves b and c out.
        batch_first: inputs and outputs are (N, L, D) instead of (L, N, D); states are not concerned.
        dropout: probability of dropping each output of every layer but the last, in training.
        bidirectional: a second set of layers goes from the last step to the first; S below is 2 then, else 1.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (L, N, D), hx (S·K, N, E) -> (L, N, S·E), (S·K, N, E); for a single sequence the same without N.
    Raises: ArgumentError for settings that make no sense; ShapeError and DTypeError for an input or a state that does
        not fit.
    Source: Elman (1990); torch.nn.RNN.

    Example:
        >>> import autograd_np as ag
        >>> y, h = RNN(3, 4, num_layers=2, bidirectional=True)(ag.ones(7, 5, 3))
        >>> y.shape, h.shape
        ((7, 5, 8), (4, 5, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in {"tanh", "relu"}:
            raise ArgumentError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Run layers of long short-term memory.

    Each step computes from its input x, the output h and the cell c of the step before the gates
    i, f, n, o = W x + b + V h + d, the new cell σ(f)·c + σ(i)·tanh(n), and from that the output σ(o)·tanh(cell).

    Called as `layer(input, (h, c))`; without the pair both are zero at first. Returns the outputs of all steps, and
    the pair of last outputs and last cells of every layer and direction. Each layer's output is the next one's input;
    where layers go both ways, their outputs lie side by side. A PackedSequence gives a PackedSequence.

    Args:
        input_size: D.
        hidden_size: E.
        num_layers: how many layers, K below.
        bias: False leaves b and d out.
        batch_first: inputs and outputs are (N, L, D) instead of (L, N, D); states are not concerned.
        dropout: probability of dropping each output of every layer but the last, in training.
        bidirectional: a second set of layers goes from the last step to the first; S below is 2 then, else 1.
        proj_size: P, the size that a learned matrix maps each output to; 0 for none, and P is E then.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (L, N, D), h (S·K, N, P), c (S·K, N, E) -> (L, N, S·P), and the pair (S·K, N, P), (S·K, N, E); for a
        single sequence the same without N.
    Raises: ArgumentError for settings that make no sense; ShapeError and DTypeError for an input or a state that does
        not fit.
    Source: Hochreiter and Schmidhuber (1997), Gers et al. (2000), Sak et al. (2014) for proj_size; torch.nn.LSTM.

    Example:
        >>> import autograd_np as ag
        >>> y, (h, c) = LSTM(3, 4, batch_first=True)(ag.ones(5, 7, 3))
        >>> y.shape, h.shape, bool((y[:, -1] == h[0]).all())
        ((5, 7, 4), (1, 5, 4), True)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase):
    """Run layers of gated recurrent units.

    With three gates' shares each of the input, W x + b, and of the state of the step before, V h + c:
    r = σ(x₁ + h₁), z = σ(x₂ + h₂), n = tanh(x₃ + r·h₃), and the new state is (1 - z)·n + z·h.

    Called as `layer(input, hx)`; without `hx` the first states are zero. Returns the outputs of all steps, and the
    last state of every layer and direction. Each layer's output is the next one's input; where layers go both ways,
    their outputs lie side by side. A PackedSequence gives a PackedSequence.

    Args:
        input_size: D.
        hidden_size: E.
        num_layers: how many layers, K below.
        bias: False leaves b and c out.
        batch_first: inputs and outputs are (N, L, D) instead of (L, N, D); states are not concerned.
        dropout: probability of dropping each output of every layer but the last, in training.
        bidirectional: a second set of layers goes from the last step to the first; S below is 2 then, else 1.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: input (L, N, D), hx (S·K, N, E) -> (L, N, S·E), (S·K, N, E); for a single sequence the same without N.
    Raises: ArgumentError for settings that make no sense; ShapeError and DTypeError for an input or a state that does
        not fit.
    Source: Cho et al. (2014); torch.nn.GRU.

    Example:
        >>> import autograd_np as ag
        >>> y, h = GRU(3, 4)(ag.ones(7, 3))
        >>> y.shape, h.shape
        ((7, 4), (1, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
