"""The single operations that are measured: PyTorch's name, operands and options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Operand:
    """An array of float32, normal; of indices if `below` is given; constant if `value` is.

    Only normal ones have a gradient.
    """

    shape: tuple[int, ...]
    below: int | None = None
    value: float | None = None

    @property
    def has_gradient(self) -> bool:
        """Tell whether backward reaches it."""
        return self.below is None and self.value is None

    def draw(self, rng: np.random.Generator) -> Any:
        """Return the array."""
        if self.below is not None:
            return rng.integers(self.below, size=self.shape)
        if self.value is not None:
            return np.full(self.shape, self.value, np.float32)
        return rng.standard_normal(self.shape, np.float32)


@dataclass(frozen=True)
class Operation:
    """A function by its name in `torch.nn.functional` or `torch`, with operands and options."""

    family: str
    name: str
    function: str
    operands: tuple[Operand, ...]
    options: dict[str, Any] = field(default_factory=dict)
    fast: bool = False

    def arrays(self) -> list[Any]:
        """Return the operands, the same ones each time."""
        rng = np.random.default_rng(0)
        return [operand.draw(rng) for operand in self.operands]


def cotangent(shape: tuple[int, ...]) -> Any:
    """Return what every library sends back through a result of this shape."""
    return np.random.default_rng(1).standard_normal(shape, np.float32)


def chain(length: int) -> Operation:
    """Return multiply, add, subtract, divide by four elements, over and over: nothing but overhead."""
    constants = (Operand((4,), value=value) for value in (1.25, 0.125, 0.125, 1.25))
    return Operation("chain", f"{length:,}", "chain", (Operand((4,)), *constants), {"length": length})


def _normal(*shapes: tuple[int, ...]) -> tuple[Operand, ...]:
    return tuple(Operand(shape) for shape in shapes)


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _each(
    family: str, functions: dict[str, dict[str, Any]], *shapes: tuple[tuple[int, ...], ...], fast: str = ""
) -> list[Operation]:
    """Return every function on every tuple of shapes; the one named `fast`, on the first shapes, is in the subset."""
    return [
        Operation(
            family,
            f"{label} of {', '.join(map(_size, dict.fromkeys(operands)))}",
            label.split()[0],
            _normal(*operands),
            options,
            fast=label == fast and operands == shapes[0],
        )
        for label, options in functions.items()
        for operands in shapes
    ]


def _convolution(name: str, x: tuple[int, ...], w: tuple[int, ...], fast: bool = False, **options: Any) -> Operation:
    function = "conv_transpose2d" if name.startswith("transposed") else "conv2d"
    maps = w[1] if function == "conv_transpose2d" else w[0]
    return Operation("convolution", f"{name}, {_size(x)} to {maps}", function, _normal(x, w), options, fast)


_IMAGES = (32, 64, 32, 32)

OPERATIONS: list[Operation] = [
    *_each("elementwise", {"exp": {}, "relu": {}, "tanh": {}, "gelu": {}}, ((32, 32),), ((1000, 1000),), fast="relu"),
    *_each("elementwise", {"mul": {}, "div": {}}, ((32, 32), (32, 32)), ((1000, 1000), (1000, 1000))),
    *_each("elementwise", {"add": {}}, ((1000, 1000), (1000,))),
    *_each(
        "reduction",
        {
            "sum": {},
            "sum dim 0": {"dim": 0},
            "sum dim 1": {"dim": 1},
            "mean dim 1": {"dim": 1},
            "amax dim 1": {"dim": 1},
            "var dim 1": {"dim": 1},
            "logsumexp dim 1": {"dim": 1},
        },
        ((100, 100),),
        ((1000, 1000),),
        fast="sum dim 0",
    ),
    *_each("matmul", {"matmul": {}}, *(((n, n), (n, n)) for n in (64, 256, 1024)), fast="matmul"),
    *_each("matmul", {"matmul batched": {}}, ((32, 128, 64), (32, 64, 128))),
    *_each("matmul", {"linear": {}}, ((100, 784), (100, 784), (100,)), ((4096, 256), (1024, 256), (1024,))),
    *_each(
        "softmax", {"softmax": {"dim": -1}, "log_softmax": {"dim": -1}}, ((100, 10),), ((512, 1000),), fast="softmax"
    ),
    *(
        Operation("softmax", f"cross_entropy of {n}×{k}", "cross_entropy", (Operand((n, k)), Operand((n,), below=k)))
        for n, k in ((100, 10), (512, 1000))
    ),
    *(
        Operation(
            "layer norm",
            f"layer_norm of {_size(shape)}",
            "layer_norm",
            _normal(shape, shape[-1:], shape[-1:]),
            {"normalized_shape": shape[-1:]},
            fast=shape[0] == 32,
        )
        for shape in ((32, 128, 128), (4096, 768))
    ),
    *(
        Operation("batch norm", f"batch_norm of {_size(shape)}", "batch_norm", _normal(shape, shape[1:2], shape[1:2]))
        for shape in ((100, 100), _IMAGES)
    ),
    *(
        Operation(
            "embedding",
            f"embedding of {_size(index)} in {_size(table)}",
            "embedding",
            (Operand(index, below=table[0]), Operand(table)),
        )
        for index, table in (((16, 64), (1000, 64)), ((32, 128), (10_000, 128)))
    ),
    *(
        Operation(
            "attention", f"{word} of {_size(shape)}", "scaled_dot_product_attention", _normal(*[shape] * 3), options
        )
        for word, options in (("attention", {}), ("causal attention", {"is_causal": True}))
        for shape in ((8, 4, 128, 32), (2, 8, 512, 64))
    ),
    *_each(
        "pooling",
        {
            "max_pool2d 2": {"kernel_size": 2},
            "max_pool2d 3, stride 2": {"kernel_size": 3, "stride": 2, "padding": 1},
            "avg_pool2d 2": {"kernel_size": 2},
            "adaptive_avg_pool2d to 1": {"output_size": 1},
        },
        ((100, 30, 24, 24),),
        (_IMAGES,),
        fast="max_pool2d 2",
    ),
    _convolution("1×1", _IMAGES, (128, 64, 1, 1)),
    _convolution("1×1", (8, 256, 14, 14), (256, 256, 1, 1)),
    _convolution("3×3", (100, 1, 28, 28), (16, 1, 3, 3), padding=1, fast=True),
    _convolution("3×3", _IMAGES, (64, 64, 3, 3), padding=1),
    _convolution("3×3", (8, 256, 14, 14), (256, 256, 3, 3), padding=1),
    _convolution("5×5", (100, 1, 28, 28), (30, 1, 5, 5)),
    _convolution("5×5", (32, 32, 32, 32), (32, 32, 5, 5), padding=2),
    _convolution("3×3 stride 2", _IMAGES, (128, 64, 3, 3), padding=1, stride=2),
    _convolution("3×3 dilated by 2", _IMAGES, (64, 64, 3, 3), padding=2, dilation=2),
    _convolution("3×3 depthwise", _IMAGES, (64, 1, 3, 3), padding=1, groups=64),
    _convolution("3×3 depthwise", (8, 144, 56, 56), (144, 1, 3, 3), padding=1, groups=144),
    _convolution("transposed 2×2 stride 2", (32, 64, 16, 16), (64, 32, 2, 2), stride=2),
    _convolution("transposed 4×4 stride 2", (32, 64, 16, 16), (64, 32, 4, 4), stride=2, padding=1),
]
