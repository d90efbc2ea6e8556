"""Every row in PyTorch's grammar. PyTorch runs this same text with its own import lines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import autograd_np as torch
import nn
import nn.functional as F
from benchmarks.nets import BETAS, BLOCKS, EPSILON, LEARNING_RATE, NETS
from benchmarks.operations import cotangent
from nn import optim


def chain(x: Any, a: Any, b: Any, c: Any, d: Any, length: int) -> Any:
    """Return the end of a chain of so many operations."""
    for _ in range(length // 4):
        x = x * a
        x = x + b
        x = x - c
        x = x / d
    return x


#: Where neither `nn.functional` nor the package has the function under its own name with operands in this order.
FUNCTIONS = {
    "chain": chain,
    "layer_norm": lambda x, w, b, normalized_shape: F.layer_norm(x, normalized_shape, w, b),
    "batch_norm": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
}


class MLP(nn.Module):
    """Linear layers with ReLU between them.

    Shapes: (N, D) -> (N, K).
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(*pair) for pair in pairwise(widths)])

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


def simple_conv_net() -> Any:
    """Return 30 filters of 5×5, pooling, and two linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 30, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(30 * 12 * 12, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


def deep_conv_net(dropout: float = 0.5) -> Any:
    """Return six convolutions of 3×3, a pooling after every second, and two linear layers with dropout."""
    layers: list[Any] = []
    for number, (channels, maps) in enumerate(pairwise((1, 16, 16, 32, 32, 64, 64))):
        layers += [nn.Conv2d(channels, maps, 3, padding=2 if number == 3 else 1), nn.ReLU()]
        if number % 2 == 1:
            layers.append(nn.MaxPool2d(2))
    head = [nn.Linear(64 * 4 * 4, 50), nn.ReLU(), nn.Dropout(dropout), nn.Linear(50, 10), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Flatten(), *head)


class Residual(nn.Module):
    """Two convolutions of 3×3 with batch norm, and the shortcut around them.

    Shapes: (N, C, H, W) -> (N, O, H/stride, W/stride).
    """

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(maps),
            nn.ReLU(),
            nn.Conv2d(maps, maps, 3, padding=1, bias=False),
            nn.BatchNorm2d(maps),
        )
        self.shortcut: Any = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, maps, 1, stride, bias=False), nn.BatchNorm2d(maps))

    def forward(self, x: Any) -> Any:
        """Return the block's maps."""
        return F.relu(self.layers(x) + self.shortcut(x))


class InvertedResidual(nn.Module):
    """Six times as wide inside: 1×1 up, 3×3 depthwise, 1×1 down, and the shortcut.

    Shapes: (N, C, H, W) -> the same.
    """

    def __init__(self, channels: int, wide: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Any) -> Any:
        """Return the block's maps."""
        return x + self.layers(x)


class Recurrent(nn.Module):
    """An LSTM, of which all outputs are used.

    Shapes: (N, T, D) -> (N, T, 128).
    """

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)

    def forward(self, x: Any) -> Any:
        """Return the outputs of all steps."""
        return self.lstm(x)[0]


class Block(nn.Module):
    """Causal attention and a two-layer net, each on a normalised input and added to it.

    Shapes: (N, T, E) -> the same.
    """

    def __init__(self, width: int = 128, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, x: Any) -> Any:
        """Return the block's output."""
        n, t, e = x.shape
        parts = self.queries_keys_values(self.norm1(x)).split(e, dim=2)
        q, k, v = (part.view(n, t, self.heads, e // self.heads).transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mixed(y.transpose(1, 2).contiguous().view(n, t, e))
        return x + self.mlp(self.norm2(x))


KINDS: dict[str, Callable[..., Any]] = {
    "mlp": MLP,
    "simple_conv_net": simple_conv_net,
    "deep_conv_net": deep_conv_net,
    "resnet": lambda: nn.Sequential(*(Residual(*block) for block in BLOCKS)),
    "mobilenet": lambda: InvertedResidual(24, 144),
    "lstm": Recurrent,
    "gpt": Block,
}


def operation(subject: Any, task: str) -> Callable[[], Any]:
    """Return a function that does the operation."""
    name = subject.function
    function = FUNCTIONS.get(name) or getattr(F, name, None) or getattr(torch, name)
    operands = [torch.from_numpy(array) for array in subject.arrays()]
    leaves = [x.requires_grad_() for x, at in zip(operands, subject.operands, strict=True) if at.has_gradient]
    options = subject.options
    if task == "no_grad":

        def without() -> Any:
            with torch.no_grad():
                return function(*operands, **options)

        return without
    if task == "forward":
        return lambda: function(*operands, **options)
    g = torch.tensor(cotangent(tuple(function(*operands, **options).shape)))

    def both() -> Any:
        for leaf in leaves:
            leaf.grad = None
        function(*operands, **options).backward(g)
        return [leaf.grad for leaf in leaves]

    return both


def build(name: str, **options: Any) -> Any:
    """Return a net with the weights that all libraries start from."""
    net = NETS[name]
    model = KINDS[net.kind](**{**net.options, **options})
    with torch.no_grad():
        for parameter, array in zip(model.parameters(), net.weights(), strict=True):
            parameter.copy_(torch.from_numpy(array))
    return model


def loss_of(model: Any, x: Any, y: Any) -> Any:
    """Return the mean squared error, or the cross-entropy where targets are classes."""
    found = model(x)
    return F.mse_loss(found, y) if y.is_floating_point() else F.cross_entropy(found, y)


def step(name: str) -> Callable[[], Any]:
    """Return a function that does a training step."""
    model = build(name)
    optimizer = optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    x, y = map(torch.from_numpy, NETS[name].batch())

    def train() -> None:
        optimizer.zero_grad()
        loss_of(model, x, y).backward()
        optimizer.step()

    return train


def inference(name: str) -> Callable[[], Any]:
    """Return a function that computes a batch's outputs."""
    model = build(name).eval()
    x = torch.from_numpy(NETS[name].batch()[0])

    def infer() -> Any:
        with torch.no_grad():
            return model(x)

    return infer


def prepare(row: Any) -> Callable[[], Any]:
    """Return a function that does a row once."""
    if row.task in {"step", "memory"}:
        return step(row.subject)
    if row.task == "inference":
        return inference(row.subject)
    return operation(row.subject, row.task)
