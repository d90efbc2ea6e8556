"""Every system runs in its small setting and reaches what that setting should reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import systems
from examples.harness import Row, Setting
from examples.pytorch_twin import source_in_pytorch

SCRIPTS = [script for part in systems.PARTS for script in systems.scripts(part)]


@pytest.mark.parametrize("script", SCRIPTS)
def test_small_setting(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    result = systems.outcome(script, Setting(out=tmp_path))
    assert not result.error
    assert result.rows
    assert not [row for row in result.rows if not row.holds]
    assert all(path.stat().st_size > 100 for path in tmp_path.iterdir())


def test_the_table_stands_between_its_markers(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{systems.START}\nold\n{systems.END}\nafter\n", "utf-8")
    row = Row("a|b", "loss", "0.5", holds=True)
    script = SCRIPTS[0]
    first = systems.kept(tmp_path / "out" / "outcomes.json", [systems.Outcome(script, [row], "", 1.23)])
    assert first == [systems.Outcome(script, [row], "", 1.23)]
    both = systems.kept(tmp_path / "out" / "outcomes.json", [systems.Outcome(SCRIPTS[1], [row], "", 2.0)])
    assert [result.script for result in both] == SCRIPTS[:2]
    systems.rewrite(path, both)
    text = path.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert f"| a\\|b | loss | – | 0.5 | – | made-up | `{script}` | 1.2 s |" in text


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("import autograd_np as torch", "import torch as torch"),
        ("import nn", "from torch import nn"),
        ("import nn.functional as F", "import torch.nn.functional as F"),
        ("from nn import optim", "from torch import optim as optim"),
        ("from nn import Module", "from torch.nn import Module"),
        ("from nn.utils.data import DataLoader", "from torch.utils.data import DataLoader"),
        ("from nn.optim.lr_scheduler import StepLR", "from torch.optim.lr_scheduler import StepLR"),
        ("from examples.harness import Row", "from examples.harness import Row"),
        ("from autograd_np import Tensor, viz", "from torch import Tensor\nfrom autograd_np import viz"),
    ],
)
def test_only_import_lines_change_for_pytorch(ours: str, theirs: str) -> None:
    assert source_in_pytorch(f"{ours}\nx = 1") == f"{theirs}\nx = 1"
