"""Layers, losses, optimisers and schedules beside PyTorch itself: it still gives the values that are stored."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from tests.nn.test_against_torch import TORCH, compare
from tests.nn.torch_cases import TABLES, as_stored, cases, run

LIBRARY = SimpleNamespace(torch=torch, nn=torch.nn, optim=torch.optim, tensor=torch.tensor, no_grad=torch.no_grad)


@pytest.mark.filterwarnings("ignore")  # PyTorch warns of its own deprecated arguments
@pytest.mark.parametrize(
    ("table", "module", "case"), [(table, module, case) for table in TABLES for module, case in cases(table)]
)
def test_pytorch_gives_what_is_stored(table: str, module: str, case: str) -> None:
    found = as_stored(run(table, case, cases(table)[module, case], LIBRARY))
    compare(found, TORCH[module][table][case], 1e-9, "" if isinstance(found, dict) else "found")
