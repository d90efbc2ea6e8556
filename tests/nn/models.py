"""A small model with parameters, buffers and submodules at several depths."""

from __future__ import annotations

from typing import Any

import autograd_np as ag
import nn


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(ag.ones(2))
        self.inner = nn.Linear(2, 2)
        self.register_buffer("seen", ag.zeros(1))
        self.register_buffer("scratch", ag.zeros(3), persistent=False)
        self.offset = nn.Parameter(ag.zeros(2))

    def forward(self, x: Any) -> Any:
        return self.inner(x) * self.scale + self.offset


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(2, 3)

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(x)
