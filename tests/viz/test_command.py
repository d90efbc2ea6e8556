from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_np import is_recording
from autograd_np.core import registry
from autograd_np.viz.command import main
from tests.viz.reading import assert_chain_rule, read

HELPER = "def factor():\n    return 3.0\n"
SCRIPT = '''"""Fit one number."""
import sys
import autograd_np as torch
import nn
from nn import optim
from helper import factor


class Trainer:
    pass


def main(steps):
    w = torch.tensor(2.0, requires_grad=True)
    bias = nn.Parameter(torch.tensor(0.5))
    trainer = Trainer()
    trainer.optimizer = optim.SGD([w, bias], lr=0.1)
    trainer.history = [{"losses": []}]
    for _ in range(steps):
        trainer.optimizer.zero_grad()
        trainer.loss = (w * factor() + bias - 1.0) ** 2
        trainer.loss.backward()
        trainer.optimizer.step()
        trainer.history[0]["losses"].append(trainer.loss)
    return trainer, w, bias


trainer, w, bias = main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
loss = trainer.loss
value = loss.item()
data = torch.ones(3)
if __name__ == "__main__":
    print("steps", len(trainer.history[0]["losses"]))
    if "raise" in sys.argv:
        raise ValueError("as asked")
    if "leave" in sys.argv:
        sys.exit(int(sys.argv[-1]))
'''


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER, "utf-8")
    path = tmp_path / "fit.py"
    path.write_text(SCRIPT, "utf-8")
    return path


@pytest.fixture(autouse=True)
def _modules_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "helper", raising=False)


def test_a_script_is_drawn_next_to_itself(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv, path = list(sys.argv), list(sys.path)
    assert main([str(script)]) == 0
    assert (sys.argv, sys.path) == (argv, path)
    assert not is_recording()
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["steps 2", f"{script.with_suffix('.svg')}: 4 operations, 2 leaves"]
    picture = read(script.with_suffix(".svg").read_text("utf-8"))
    # The optimiser has moved the leaves since: what is drawn is what was recorded.
    assert assert_chain_rule(picture) == 5
    assert {node["name"] for node in picture.nodes.values()} >= {"w", "bias", "loss"}
    assert picture.node("bias")["role"] == "parameter"
    assert picture.node("loss")["loc"] == "fit.py:21"


def test_what_follows_two_dashes_is_for_the_script(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(script), "-o", str(script.parent / "a.json"), "--", "5"]) == 0
    assert capsys.readouterr().out.startswith("steps 5\n")


@pytest.mark.parametrize("name", ["trainer.loss", "trainer.history.0.losses.-1"])
def test_tensors_are_found_by_attributes_keys_and_positions(script: Path, name: str) -> None:
    target = script.parent / "a.json"
    assert main([f"{script}:{name}", "-o", str(target)]) == 0
    data = json.loads(target.read_text("utf-8"))
    assert data["nodes"][data["output"]]["name"] in {"loss", name}


@pytest.mark.parametrize(
    ("ending", "beginning"), [("html", "<!DOCTYPE"), ("tex", "\\documentclass"), ("py", '"""'), ("txt", "loss = ")]
)
def test_the_ending_names_the_form(script: Path, ending: str, beginning: str) -> None:
    target = script.parent / f"out.{ending}"
    assert main([str(script), "--output", str(target)]) == 0
    assert target.read_text("utf-8").startswith(beginning)


def test_options_reach_the_picture(script: Path) -> None:
    target = script.parent / "a.svg"
    options = ["--title", "Fit", "--theme", "dark", "--rankdir", "TB", "--max-nodes", "50", "--no-fold"]
    assert main([str(script), "-o", str(target), *options]) == 0
    svg = target.read_text("utf-8")
    assert "Fit" in read(svg).texts
    assert 'data-theme="dark"' in svg


def test_explain_prints_and_highlights(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{script}:loss", "--explain", "w", "--paths", "1"]) == 0
    out = capsys.readouterr().out
    assert "1 path from w to loss" in out
    assert script.with_suffix(".svg").read_text("utf-8").count('class="stress"') == 4


def test_train_level_keeps_only_what_training_needs(script: Path) -> None:
    target = script.parent / "a.json"
    assert main([str(script), "-o", str(target), "--level", "train"]) == 0
    data = json.loads(target.read_text("utf-8"))
    assert data["nodes"][-1]["source"] == ""
    assert main([str(script), "-o", str(script.parent / "a.py"), "--level", "train"]) == 2


def test_a_script_that_leaves_by_exit_is_drawn_if_it_meant_no_error(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(script), "--", "1", "leave", "0"]) == 0
    assert main([str(script), "--", "1", "leave", "3"]) == 1
    assert capsys.readouterr().err == "autograd_np.viz: fit.py ended by exit(3); nothing was drawn\n"


def test_a_script_that_raises_shows_its_own_traceback(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(script), "--", "1", "raise"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "{script}", line 35, in <module>'
    assert lines[-2:] == ["ValueError: as asked", "autograd_np.viz: fit.py raised; nothing was drawn"]
    assert not any("runpy" in line or "command.py" in line for line in lines)
    assert not is_recording()


def test_a_script_with_a_syntax_error_shows_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.py"
    path.write_text("x = (\n", "utf-8")
    assert main([str(path)]) == 1
    err = capsys.readouterr().err
    assert "SyntaxError" in err
    assert "broken.py" in err
    assert "runpy" not in err


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("fti.py", "there is no script {folder}/fti.py\n  did you mean fit.py?"),
        ("nowhere/fit.py", "there is no script {folder}/nowhere/fit.py"),
        ("fit.py:", "name the tensor after the colon, as in fit.py:loss"),
        ("fit.py:los", "fit.py has no variable 'los' at its end\n  did you mean loss?\n  tensors with a gradient: "),
        ("fit.py:trainer.los", "trainer, a Trainer, has no 'los'\n  did you mean loss?"),
        ("fit.py:trainer.history.3", "trainer.history, a list of 1 elements, has no '3'"),
        ("fit.py:trainer.history.0.loss", "trainer.history.0, a dict, has no 'loss'\n  did you mean losses?"),
        ("fit.py:value", "value is no Tensor but a float\n  fix: draw the tensor itself, not its item()"),
        ("fit.py:trainer", "trainer is no Tensor but a Trainer"),
        ("fit.py:data", "data of shape (3,) has no gradient: nothing that it was computed from requires one"),
    ],
)
def test_what_does_not_fit_the_script_is_said(
    script: Path, target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{script.parent}/{target}"]) == 2
    err = capsys.readouterr().err
    assert said.format(folder=script.parent) in err
    assert err.startswith("autograd_np.viz: ")
    assert not script.with_suffix(".svg").exists()


def test_variables_of_functions_are_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hidden.py"
    path.write_text("def run():\n    loss = 1\nrun()\n", "utf-8")
    assert main([str(path)]) == 2
    assert "variables of functions are gone when these end" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "{folder}/a.jpg"], "'a.jpg' has no ending that names a form"),
        (["-o", "{folder}/gone/a.svg"], "there is no folder {folder}/gone"),
        (
            ["-o", "{folder}/a.json", "--theme", "dark", "--no-fold"],
            "--no-fold, --theme changes nothing in a .json file",
        ),
        (["--explain", "data"], "data of shape (3,) has no gradient"),
    ],
)
def test_options_that_do_not_fit_are_said(
    script: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [option.format(folder=script.parent) for option in options]
    assert main([str(script), *given]) == 2
    assert said.format(folder=script.parent) in capsys.readouterr().err


def test_a_scripts_own_row_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.py"
    path.write_text(
        "import numpy as np\nimport autograd_np as ag\nSCALE = 0.5\n"
        "def bump(x):\n    y = np.zeros_like(x)\n    for k in range(4):\n        y += SCALE * x**k\n    return y\n"
        "row = ag.UnaryOp('test_bump', bump, lambda g, _y, x: g * x)\n"
        "x = ag.tensor([0.5, 1.5], requires_grad=True)\nloss = row(x).sum()\n",
        "utf-8",
    )
    try:
        assert main([str(path), "-o", str(tmp_path / "alone.py")]) == 0
    finally:
        del registry["test_bump"]
    text = (tmp_path / "alone.py").read_text("utf-8")
    assert "def bump(x):" in text
    assert "SCALE = 0.5" in text
    assert "autograd_np as" not in text


def test_help_explains_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    for option in (
        "-o",
        "--level",
        "--explain",
        "--paths",
        "--title",
        "--theme",
        "--rankdir",
        "--max-nodes",
        "--no-fold",
    ):
        assert option in shown
    assert "python -m autograd_np.viz train.py:trainer.loss -o a.html" in shown


def test_the_module_runs_as_a_command(script: Path) -> None:
    command = [sys.executable, "-m", "autograd_np.viz", str(script), "-o", str(script.parent / "a.txt")]
    out = subprocess.check_output(command, text=True)  # noqa: S603 (our own program)
    assert out == f"steps 2\n{script.parent / 'a.txt'}: 4 operations, 2 leaves\n"
