"""What a model consists of and what a call of it costs, counted from the operations that the call recorded."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn._multiply_adds import multiply_adds, result_bytes
from nn.module import Module

__all__ = ["LayerSummary", "Summary", "summary"]


@dataclass(frozen=True)
class LayerSummary:
    """One module of a model; every number is its own, without those of the modules below it.

    Args:
        name: its dotted path; empty for the model itself.
        type: its class.
        calls: how often it was called.
        outputs: the shapes of the last call's results.
        parameters: how many numbers it learns or keeps fixed, without those that a module above has counted.
        trainable: how many of these require gradients.
        parameter_bytes: the memory of these.
        buffer_bytes: the memory of its buffers.
        multiply_adds: of the products in its own forward, over all calls.
        activation_bytes: of the results that its own forward made, over all calls.
    """

    name: str
    type: str
    calls: int
    outputs: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int
    parameter_bytes: int
    buffer_bytes: int
    multiply_adds: int
    activation_bytes: int

    @property
    def depth(self) -> int:
        """Return how many modules it lies in."""
        return self.name.count(".") + 1 if self.name else 0


@dataclass(frozen=True)
class Summary:
    """The modules of a model with their costs; it prints as a table, and shows itself as one in a notebook.

    Args:
        layers: the modules, in the order of `named_modules`.
    """

    layers: tuple[LayerSummary, ...]

    @property
    def parameters(self) -> int:
        """Return how many numbers the model has, shared ones counted once."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def trainable(self) -> int:
        """Return how many of them require gradients."""
        return sum(layer.trainable for layer in self.layers)

    @property
    def frozen(self) -> int:
        """Return how many of them are kept fixed."""
        return self.parameters - self.trainable

    @property
    def multiply_adds(self) -> int:
        """Return the multiply-adds of all products of one call."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        """Return the memory of the parameters."""
        return sum(layer.parameter_bytes for layer in self.layers)

    @property
    def buffer_bytes(self) -> int:
        """Return the memory of the buffers."""
        return sum(layer.buffer_bytes for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Return the memory of all results of one call, as if none were freed before its end."""
        return sum(layer.activation_bytes for layer in self.layers)

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                layer.name or "(model)",
                layer.type + (f" × {layer.calls}" if layer.calls > 1 else ""),
                ", ".join(map(str, layer.outputs)) or "-",
                f"{layer.parameters:,}",
                f"{layer.multiply_adds:,}",
                _size(layer.activation_bytes),
            )
            for layer in self.layers
        ]

    def _totals(self) -> list[tuple[str, str]]:
        kinds = f"{self.trainable:,} trainable, {self.frozen:,} frozen"
        memory = f"{_size(self.parameter_bytes)} parameters, {_size(self.buffer_bytes)} buffers"
        return [
            ("Parameters", f"{self.parameters:,} ({kinds})"),
            ("Multiply-adds", f"{self.multiply_adds:,}"),
            ("Memory", f"{memory}, {_size(self.activation_bytes)} activations"),
        ]

    def __str__(self) -> str:
        cells = [
            ("  " * layer.depth + row[0].rpartition(".")[2], *row[1:])
            for layer, row in zip(self.layers, self._cells(), strict=True)
        ]
        widths = [max(map(len, column)) for column in zip(_TITLES, *cells, strict=True)]
        lines = [_line(row, widths) for row in (_TITLES, *cells)]
        rule = "-" * max(map(len, lines))
        totals = [f"{name:<13}  {text}" for name, text in self._totals()]
        return "\n".join([lines[0], rule, *lines[1:], rule, *totals])

    __repr__ = __str__

    def markdown(self) -> str:
        """Return the table in Markdown.

        Example:
            >>> import nn
            >>> print(nn.summary(nn.Linear(3, 2), (5, 3)).markdown())
            | Layer | Type | Output | Parameters | Multiply-adds | Activations |
            |---|---|---|--:|--:|--:|
            | (model) | Linear | (5, 2) | 8 | 30 | 40 B |
            <BLANKLINE>
            Parameters: 8 (8 trainable, 0 frozen)
            Multiply-adds: 30
            Memory: 32 B parameters, 0 B buffers, 40 B activations
        """
        rows = [_TITLES, *self._cells()]
        lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
        lines.insert(1, "|" + "|".join(["---"] * _TEXTS + ["--:"] * (len(_TITLES) - _TEXTS)) + "|")
        return "\n".join([*lines, "", *(f"{name}: {text}" for name, text in self._totals())])

    def _repr_markdown_(self) -> str:
        return self.markdown()


_TITLES = ("Layer", "Type", "Output", "Parameters", "Multiply-adds", "Activations")
#: How many columns, from the left, are text; the others are numbers.
_TEXTS = 3


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.ljust(width) if i < _TEXTS else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def _size(count: int) -> str:
    """Return a number of bytes with three digits or so.

    Example:
        >>> _size(999), _size(12_345)
        ('999 B', '12.3 kB')
    """
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{count} B" if unit == "B" else f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"


def summary(model: Module, *inputs: Any, input_size: Any = None, **keywords: Any) -> Summary:
    """Call a model once in evaluation mode, and return what it consists of and what the call cost.

    The call is recorded, like any call in training, and what its graph holds is counted: multiply-adds of products
    (matrix products, convolutions, einsum, attention, recurrent layers), where one output of a convolution counts its
    whole window, also where that hangs over the edge; and the memory of every result but views. Element-wise
    arithmetic, normalisation and pooling have no products, and what runs under `no_grad` is not recorded.

    The model's modes are put back, and so is the random number generator; lazy layers get their sizes.

    Args:
        model: the model.
        inputs: what it is called with: Tensors, or sizes, for each of which random numbers are drawn.
        input_size: a size, or a list of sizes, instead of `inputs`.
        keywords: further arguments of the model, passed on as they are.

    Raises: ArgumentError if the model cannot be called with these arguments.
    Source: the idea is that of torchinfo.summary.

    Example:
        >>> import nn
        >>> nn.summary(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)), (5, 1, 8, 8))
        Layer    Type        Output        Parameters  Multiply-adds  Activations
        -------------------------------------------------------------------------
        (model)  Sequential  (5, 10)                0              0          0 B
          0      Conv2d      (5, 8, 6, 6)          80         12,960      5.76 kB
          1      ReLU        (5, 8, 6, 6)           0              0      5.76 kB
          2      Flatten     (5, 288)               0              0          0 B
          3      Linear      (5, 10)            2,890         14,400        200 B
        -------------------------------------------------------------------------
        Parameters     2,970 (2,970 trainable, 0 frozen)
        Multiply-adds  27,360
        Memory         11.9 kB parameters, 0 B buffers, 11.7 kB activations
    """
    if input_size is not None:
        inputs = tuple(input_size) if isinstance(input_size, list) else (input_size,)
    _check_call(model, inputs, keywords)
    counter = _Counter()
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    with _as_before(model), ExitStack() as hooks, ag.enable_grad():
        for parameter in frozen:
            # Else what depends on them alone would not be recorded.
            parameter.requires_grad_()
            hooks.callback(parameter.requires_grad_, False)
        for module in model.modules():
            hooks.enter_context(module.register_forward_pre_hook(counter.before, with_kwargs=True))
            hooks.enter_context(module.register_forward_hook(counter.after, prepend=True))
        model(*counter.given(model, inputs), **keywords)
    return Summary(tuple(_layers(model, counter)))


def _check_call(model: Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Raise ArgumentError unless the model's forward takes so many arguments of these names."""
    try:
        inspect.signature(model.forward).bind(*inputs, **keywords)
    except TypeError as error:
        given = ", ".join(["model", *("..." for _ in inputs), *(f"{name}=..." for name in keywords)])
        raise ArgumentError(
            f"summary: {type(model).__name__} cannot be called like this, summary({given}): {error}\n"
            "  fix: pass a Tensor or a size for each of its arguments, as in nn.summary(model, (1, 3, 32, 32))"
        ) from error


@contextmanager
def _as_before(model: Module) -> Iterator[None]:
    """Call the model in evaluation mode, and put back its modes and the default generator."""
    modes = [(module, module.training) for module in model.modules()]
    state = ag.get_rng_state()
    model.eval()
    try:
        yield
    finally:
        ag.set_rng_state(state)
        for module, training in modes:
            module.training = training


class _Counter:
    """Counts the operations of each module: what was recorded since those that are counted already is the caller's."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.running: list[Module] = []
        self.calls: dict[Module, int] = {}
        self.outputs: dict[Module, tuple[tuple[int, ...], ...]] = {}
        self.costs: dict[Module, tuple[int, int]] = {}

    def given(self, model: Module, inputs: tuple[Any, ...]) -> list[Any]:
        """Return the model's inputs; floating ones are recorded, in memory of their own."""
        like = next((p for p in model.parameters() if p.is_floating_point()), None)
        dtype = ag.get_default_dtype() if like is None else like.dtype
        generator = ag.Generator()
        made = [ag.rand(*x, generator=generator, dtype=dtype) if _is_size(x) else x for x in inputs]
        # Copies, because a leaf could not be written by layers that work in place.
        recorded = [x.detach().requires_grad_().clone() if _is_floating(x) else x for x in made]
        self._add(None, recorded)
        return recorded

    def before(self, module: Module, args: Any, kwargs: Any) -> None:
        """Count what the caller did to make the arguments."""
        self._add(self.running[-1] if self.running else None, (args, kwargs))
        self.running.append(module)

    def after(self, module: Module, _args: Any, output: Any) -> None:
        """Count what the module did to make its output."""
        self._add(module, output)
        self.running.pop()
        self.calls[module] = self.calls.get(module, 0) + 1
        self.outputs[module] = tuple(tensor.shape for tensor in _tensors(output))

    def _add(self, owner: Module | None, results: Any) -> None:
        stack = [tensor.grad_fn for tensor in _tensors(results)]
        products, memory = self.costs.get(owner, (0, 0)) if owner is not None else (0, 0)
        while stack:
            node: Any = stack.pop()
            if node is None or node.serial in self.seen:
                continue
            self.seen.add(node.serial)
            stack += node.edges
            # Leaves and the several outputs of one operation are no operations.
            if hasattr(node, "op"):
                products += multiply_adds(node)
                memory += result_bytes(node)
        if owner is not None:
            self.costs[owner] = products, memory


def _tensors(tree: Any) -> Iterator[Tensor]:
    """Yield the Tensors of nested sequences and mappings."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _tensors(item)
    elif isinstance(tree, dict):
        yield from _tensors(list(tree.values()))


def _is_size(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(n, int) and not isinstance(n, bool) for n in value)


def _is_floating(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _layers(model: Module, counter: _Counter) -> Iterator[LayerSummary]:
    counted: set[int] = set()
    for name, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) not in counted]
        buffers = [b for b in module.buffers(recurse=False) if id(b) not in counted]
        counted.update(map(id, (*own, *buffers)))
        products, memory = counter.costs.get(module, (0, 0))
        yield LayerSummary(
            name=name,
            type=type(module).__name__,
            calls=counter.calls.get(module, 0),
            outputs=counter.outputs.get(module, ()),
            parameters=sum(p.numel() for p in own),
            trainable=sum(p.numel() for p in own if p.requires_grad),
            parameter_bytes=sum(p.nbytes for p in own),
            buffer_bytes=sum(b.nbytes for b in buffers),
            multiply_adds=products,
            activation_bytes=memory,
        )
