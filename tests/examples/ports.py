"""The four ported programs from weights that every machine computes alike, on our library or in PyTorch.

`python -m tests.examples.ports` writes PyTorch's losses anew into ports.json, where it is installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from examples import digits
from examples.ports import text

LOSSES = Path(__file__).with_name("ports.json")
STEPS = 20


def settled(module: Any, model: Any) -> Any:
    """Return the model with weights of a usual size that depend on nothing but their place."""
    for i, p in enumerate(model.parameters()):
        # The old generator: its stream is frozen, whatever NumPy is installed.
        values = np.random.RandomState(i).uniform(-1, 1, tuple(p.shape))
        inputs = int(np.prod(p.shape[1:]))
        values = values / np.sqrt(inputs) if len(p.shape) > 1 else 1 + 0.1 * values
        p.data = module.torch.from_numpy(values.astype(np.float32))
    return model


def _gan(module: Any) -> Any:
    images = digits.small().train_images.reshape(-1, 64) * 2 - 1
    return module.train(settled(module, module.build(64)), images, STEPS)


def _char_lstm(module: Any) -> Any:
    corpus = text.zen()
    return module.train(settled(module, module.CharLSTM(len(corpus.letters))), corpus.codes, STEPS)


def _gpt(module: Any) -> Any:
    corpus = text.zen()
    return module.train(settled(module, module.GPT(module.Config(len(corpus.letters)))), corpus.codes, STEPS)


def _resnet(module: Any) -> Any:
    return module.train(settled(module, module.resnet18()), digits.small(), STEPS)


PROGRAMS: dict[str, Callable[[Any], list[float]]] = {
    "gan": _gan,
    "char_lstm": _char_lstm,
    "gpt": _gpt,
    "resnet": _resnet,
}


def main() -> None:
    """Write PyTorch's losses."""
    from examples.pytorch_twin import in_pytorch

    found = {name: run(in_pytorch(f"examples.ports.{name}")) for name, run in PROGRAMS.items()}
    LOSSES.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
