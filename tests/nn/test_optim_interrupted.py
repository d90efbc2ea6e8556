"""A step that is interrupted once it has written: an older graph must not read the new values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import MutationError
from nn import optim

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "Muon": lambda p: optim.Muon(p, lr=0.1),
    "Adafactor": lambda p: optim.Adafactor(p, lr=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_older_graph_does_not_read_what_an_interrupted_step_has_written(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = ag.ones(2, 3, requires_grad=True)
    optimizer = OPTIMIZERS[name]([w])
    older = (w**3).sum()
    older.backward(retain_graph=True)
    before, subtract = w.detach().numpy().copy(), np.subtract

    def interrupted(*args: Any, **options: Any) -> Any:
        result = subtract(*args, **options)
        if result is w._array:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(np, "subtract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    monkeypatch.undo()
    assert (w.detach().numpy() != before).any()
    with pytest.raises(MutationError, match=f"'{name}.step' has written"):
        older.backward()
    optimizer.step()
    assert np.isfinite(w.detach().numpy()).all()
