from __future__ import annotations

import re
from pathlib import Path

import pytest

import autograd_np as ag
from examples import chain_rule, custom_operation, define_by_run, demo, digits, hessian
from nn.utils.data import DataLoader, TensorDataset

FOLDER = Path(demo.__file__).parent


@pytest.fixture(autouse=True)
def _no_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)


# --- demo -------------------------------------------------------------------------------------------------------------


def test_demo_writes_its_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accuracy = demo.main(["--quick", "--out", str(tmp_path)])
    assert accuracy > 0.8
    printed = capsys.readouterr().out
    assert f"held-out accuracy: {accuracy:.2%} (scikit-learn's digits (8×8); random split with seed 7" in printed
    assert (tmp_path / "training.png").read_bytes()[:4] == b"\x89PNG"
    svg = (tmp_path / "graph.svg").read_text("utf-8")
    for name in ("conv1.weight", "norm1.running_var", "scores.bias", "images", "labels", "cross_entropy"):
        assert name in svg
    assert "<script" in (tmp_path / "steps.html").read_text("utf-8")


def test_demo_reaches_its_accuracy() -> None:
    ag.manual_seed(1)
    data = digits.small()
    history = demo.train(demo.Net(8), data, epochs=12, batch_size=64)
    assert history[-1].test_accuracy >= 0.97
    assert history[-1].loss < history[0].loss / 10


def test_held_out_digits_are_not_trained_on() -> None:
    data = digits.small()
    seen = {image.tobytes() for image in data.train_images}
    assert not any(image.tobytes() in seen for image in data.test_images)
    assert data.train_images.shape == (1437, 1, 8, 8)
    assert data.test_images.max() == 1
    (x, y), *_ = DataLoader(TensorDataset(*map(ag.from_numpy, data[2:4])), 3)
    assert (x.dtype, y.dtype) == (ag.float32, ag.int64)


# --- the others -------------------------------------------------------------------------------------------------------


def test_define_by_run(capsys: pytest.CaptureFixture[str]) -> None:
    define_by_run.main()
    printed = capsys.readouterr().out
    assert "start  27.0:  4 operations, value 1.6875, derivative 0.0625" in printed
    for derivative, exact in re.findall(r"derivative (\S+) \(exact (\S+)\)", printed):
        assert derivative == exact
    assert "gradients reach the, cat\n" in printed


def test_custom_operation(capsys: pytest.CaptureFixture[str]) -> None:
    custom_operation.main()
    printed = capsys.readouterr().out
    assert printed.count("True") == 4
    assert "SignThrough: gradient [0.0, 1.0, 1.0, 1.0, 0.0]" in printed
    # tanh's derivatives at 0.5 up to the fourth order.
    values = [float(v) for v in re.findall(r"derivative \d at 0.5: (\S+)", printed)]
    assert values == pytest.approx([0.786448, -0.726862, -0.565209, 3.952220], abs=1e-6)


def test_hessian(capsys: pytest.CaptureFixture[str]) -> None:
    hessian.main()
    printed = capsys.readouterr().out
    assert "  1 step; " in printed
    (steps,) = re.findall(r"(\d+) steps; ", printed)
    assert int(steps) <= 8


def test_the_table_lists_every_example() -> None:
    table = (FOLDER / "README.md").read_text("utf-8")
    scripts = {path.name for path in FOLDER.glob("*.py")} - {"__init__.py"}
    assert all(name in table for name in scripts)
    assert set(re.findall(r"\]\((\S+\.py)\)", table)) <= scripts


def test_chain_rule(tmp_path: Path) -> None:
    assert "48 + 16 = 64" in chain_rule.main(tmp_path).read_text("utf-8")
