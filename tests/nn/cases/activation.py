"""Activations, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "ReLU()": ((2, 4),),
    "ReLU(inplace=True)": ((2, 4),),
    "ReLU6()": ((2, 4),),
    "LeakyReLU()": ((2, 4),),
    "LeakyReLU(0.2, inplace=True)": ((2, 4),),
    "ELU()": ((2, 4),),
    "ELU(0.5)": ((2, 4),),
    "GELU()": ((2, 4),),
    "GELU(approximate='tanh')": ((2, 4),),
    "SiLU()": ((2, 4),),
    "Softplus()": ((2, 4),),
    "Softplus(2, threshold=1)": ((2, 4),),
    "Sigmoid()": ((2, 4),),
    "Tanh()": ((2, 4),),
    "Softmax(dim=1)": ((2, 4),),
    "LogSoftmax(dim=0)": ((2, 4),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.celu(a, 0.5)": ((2, 4),),
    "F.glu(a, 0)": ((2, 4),),
    "F.hardshrink(a)": ((2, 4),),
}
