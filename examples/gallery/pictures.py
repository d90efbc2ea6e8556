"""What the gallery draws: a function for each picture, written as one would write it for PyTorch.

A function returns the loss and its names. The first line of its docstring is the picture's title, the rest what the
gallery says of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_np as ag
import nn
import nn.functional as F
from examples import chain_rule as first_picture
from examples import demo, digits
from examples.ports import gpt as gpt_port
from examples.ports import resnet as resnet_port

__all__ = ["PICTURES", "Picture"]

Recorded = tuple[Any, dict[str, Any]]


def chain_rule() -> Recorded:
    """L = (x·y + x)².

    Solid lines carry values forward. Dashed lines carry gradients back: on each stands the local derivative, and
    below it what arrives from above times that. x is used twice, so its gradient is a sum of two: 48 + 16 = 64.
    """
    return first_picture.loss(), {}


def logistic_regression() -> Recorded:
    """Logistic regression: eight examples, three features.

    b is one number and meets eight. Going forward it is broadcast; going back its eight gradients are added up: Σ₀.
    w meets X in a matrix product, and its gradient is Xᵀ times what arrives. p is used twice, hence Σ of 2.
    """
    rng = np.random.default_rng(0)
    X, t = ag.tensor(rng.normal(size=(8, 3))), ag.tensor((rng.random(8) < 0.5).astype("float64"))
    w = ag.tensor(rng.normal(size=3), requires_grad=True)
    b = ag.tensor(0.5, dtype=ag.float64, requires_grad=True)
    with ag.record():
        p = ag.sigmoid(X @ w + b)
        loss = -(t * ag.log(p) + (1 - t) * ag.log(1 - p)).mean()
    return loss, {"X": X, "t": t, "w": w, "b": b, "p": p, "loss": loss}


class TwoLayerNet(nn.Module):
    """Two linear layers with a ReLU between them.

    Shapes: (N, 4) -> (N, 3).
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 5)
        self.scores = nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        """Return the scores of three classes."""
        return self.scores(F.relu(self.hidden(x)))


def _two_layer_net(batch: int) -> Recorded:
    ag.manual_seed(0)
    net = TwoLayerNet()
    x, labels = ag.randn(batch, 4), ag.arange(batch) % 3
    with ag.record():
        loss = F.cross_entropy(net(x), labels)
    return loss, {"net": net, "x": x, "labels": labels, "loss": loss}


def two_layer_net() -> Recorded:
    """A net of two layers on one example.

    Each layer is a frame, its weights stand beside what uses them. Follow the dashed line upwards from the loss: on
    its way it gives every weight its share. Where the ReLU let nothing through, nothing comes back.
    """
    return _two_layer_net(1)


def two_layer_net_batch() -> Recorded:
    """The same net on a batch of 32.

    The same operations on larger arrays: numbers become statistics. A weight's gradient has the weight's own shape,
    whatever the batch, because the matrix product sums over the examples.
    """
    return _two_layer_net(32)


def conv_net() -> Recorded:
    """The demo's convolutional net on two handwritten digits, while it trains.

    Dropout is a product with zeros and ones (scaled): what it leaves out gets no gradient. A bias before batch norm
    gets none either, up to rounding: the mean is subtracted at once, and with it the bias.
    """
    ag.manual_seed(0)
    data = digits.small()
    images, labels = ag.from_numpy(data.train_images[:2]), ag.from_numpy(data.train_labels[:2])
    net = demo.Net(8)
    with ag.record():
        loss = nn.CrossEntropyLoss()(net(images), labels)
    return loss, {"net": net, "images": images, "labels": labels, "loss": loss}


def resnet_block() -> Recorded:
    """A block of ResNet that halves the image.

    Two ways lead from x to the sum, and the gradient takes both: through the two convolutions, and through the
    shortcut. The sum passes it on to either side unchanged, and at x the two meet again.
    """
    ag.manual_seed(0)
    block = resnet_port.BasicBlock(4, 8, stride=2)
    x = ag.randn(2, 4, 8, 8, requires_grad=True)
    with ag.record():
        loss = block(x).square().mean()
    return loss, {"block": block, "x": x, "loss": loss}


class Reader(nn.Module):
    """Reads a sequence with one LSTM cell and scores what it remembers at the end.

    Shapes: T times (N, 3), with a state (N, 8) and a memory (N, 8) -> (N, 2).
    """

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(3, 8)
        self.scores = nn.Linear(8, 2)

    def forward(self, sequence: Any, h: Any, c: Any) -> Any:
        """Return the scores of two classes."""
        for x in sequence:
            h, c = self.cell(x, (h, c))
        return self.scores(h)


def lstm() -> Recorded:
    """An LSTM, unrolled over 50 steps.

    Fifty steps do the same, so one is drawn, with ×50 at its frame. All of them use the same weights, whose gradient
    is a sum of fifty. What reaches the first step is a billionth of what reaches the last: the viewer marks a gradient
    that vanishes.
    """
    ag.manual_seed(0)
    net = Reader()
    sequence = ag.randn(50, 2, 3).unbind(0)
    h, c, labels = ag.zeros(2, 8), ag.zeros(2, 8), ag.tensor([0, 1])
    h.name, c.name = "h", "c"
    with ag.record():
        loss = F.cross_entropy(net(sequence, h, c), labels)
    return loss, {"net": net, "labels": labels, "loss": loss, **{f"x{i}": x for i, x in enumerate(sequence)}}


def gpt() -> Recorded:
    """A GPT of twelve blocks.

    The twelve blocks are one frame, ×12. Inside it the residual stream passes attention and the two-layer net by: two
    sums, each of which hands its gradient on unchanged. The table of embeddings is the last layer's weight too, and
    gets two gradients. On the page a click opens a module.
    """
    ag.manual_seed(0)
    model = gpt_port.GPT(gpt_port.Config(vocab_size=50, block_size=16, n_layer=12, n_head=4, n_embd=32))
    codes, following = ag.randint(0, 50, (2, 16)), ag.randint(0, 50, (2, 16))
    with ag.record():
        _, loss = model(codes, following)
    return loss, {"model": model, "targets": following.view(-1), "loss": loss}


def pendulum(steps: int = 12_500) -> Recorded:
    """Where a pendulum hangs after 100 000 operations.

    12 500 steps of time, eight operations each: one step is drawn. Angle and speed go on to the next step, and the
    gradient comes back through all of them, to the angle that it started from, to gravity, and to friction.
    """
    angle, speed = ag.tensor(1.0, dtype=ag.float64, requires_grad=True), ag.tensor(0.0, dtype=ag.float64)
    gravity, friction = (ag.tensor(value, dtype=ag.float64, requires_grad=True) for value in (9.81, 0.1))
    speed.requires_grad_()
    names = {"angle": angle, "speed": speed, "gravity": gravity, "friction": friction}
    dt = 0.001
    for _ in range(steps):
        brake = ag.sin(angle) * gravity + speed * friction
        speed = speed - brake * dt
        angle = angle + speed * dt
    return angle, {**names, "end": angle}


class Picture(NamedTuple):
    """A picture: what records it, and the options with which the SVG and the page are drawn; None for no page."""

    record: Callable[[], Recorded]
    options: Mapping[str, Any] = {}
    page: Mapping[str, Any] | None = {}

    @property
    def title(self) -> str:
        """Return the picture's heading."""
        return inspect.getdoc(self.record).partition(".\n")[0]

    @property
    def text(self) -> str:
        """Return what one sees in the picture, as one line."""
        return " ".join(inspect.getdoc(self.record).partition("\n")[2].split())


#: The pictures by name, in the gallery's order. A page holds a drawing for every module that can be opened: the GPT's
#: begins with closed blocks, which leaves few of them, and the pendulum has none.
PICTURES = {
    picture.record.__name__: picture
    for picture in (
        Picture(chain_rule),
        Picture(logistic_regression),
        Picture(two_layer_net),
        Picture(two_layer_net_batch),
        Picture(conv_net),
        Picture(resnet_block),
        Picture(lstm),
        Picture(gpt, {"depth": 4}, {"depth": 2}),
        Picture(pendulum, page=None),
    )
}
