from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import driver, overhead, report
from benchmarks.operations import OPERATIONS
from benchmarks.plot import draw
from benchmarks.rows import ROWS, chosen


def run(ours: list[float], **others: list[float]) -> dict[str, Any]:
    """Return a run of one row that MyGrad cannot do."""
    return {
        "machine": {"processor": "P", "cores": 2, "system": "S", "python": "3.11", "load": "0.10"},
        "libraries": {name: {"version": "1.0"} for name in ("autograd_np", *others)},
        "how": {"threads": 2, "rounds": len(ours), "turn": 0.1},
        "rows": [
            {
                "row": "matmul: matmul of 64×64",
                "unit": "s",
                "figures": {"autograd_np": ours, **others},
                "absent": {"mygrad": "Absent: none"},
            }
        ],
    }


def test_quartiles() -> None:
    assert report.spread([4.0, 1.0, 3.0, 2.0, 5.0]) == (2.0, 3.0, 4.0)
    assert report.spread([7.0]) == (7.0, 7.0, 7.0)


def test_ratios_are_taken_round_by_round() -> None:
    # the machine was three times slower in the second round, for both
    assert report.ratios([1.0, 3.0, 1.0], [2.0, 6.0, 2.0]) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="zip"):
        report.ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("values", "unit", "text"),
    [
        ([2.5e-7], "s", "250 ns"),
        ([1.234e-5, 9.99e-6], "s", "12.3 9.99 µs"),
        ([0.5, 1.5], "s", "500 1500 ms"),
        ([12.0], "s", "12.0 s"),
        ([2.5e6], "B", "2.50 MB"),
        ([0.0], "B", "0.00 kB"),
        ([20.0, 0.04], "s", "20.0 0.040 s"),
    ],
)
def test_units(values: list[float], unit: str, text: str) -> None:
    assert report.in_unit(values, unit) == text


def test_a_line_has_our_figures_and_each_ratio() -> None:
    document = run([0.001, 0.002, 0.003], numpy=[0.002, 0.004, 0.006])
    text = report.line(document["rows"][0], ["autograd_np", "numpy", "mygrad"])
    assert text.split("  ")[0] == "matmul of 64×64"
    assert "2.00 ms (1.50–2.50)" in text
    assert "0.50 (0.50–0.50)" in text
    assert text.endswith("–")
    assert len(text) == len(report.heading(["autograd_np", "numpy", "mygrad"]))


def test_markdown() -> None:
    text = report.markdown(run([0.001] * 3, numpy=[0.002] * 3))
    assert "### matmul\n\n| | autograd_np | NumPy by hand |\n|---|--:|--:|" in text
    assert "| matmul of 64×64 | 1.00 ms (1.00–1.00) | 2.00 ms; **0.50 (0.50–0.50)** |" in text
    assert "- MyGrad: Absent: none (1 rows)" in text
    assert "2 thread(s) each" in text


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ([1.30, 1.31, 1.32], "1.31 × slower"),
        ([0.70, 0.71, 0.72], "1.41 × faster"),
        ([1.05, 1.05, 1.05], "0 of them moved"),  # less than a tenth
        ([0.80, 1.20, 1.21], "0 of them moved"),  # its quartiles meet the old ones
    ],
)
def test_comparison(now: list[float], words: str) -> None:
    old = run([1.0, 1.01, 1.0], numpy=[1.0] * 3, torch=[1.0] * 3)
    text = report.comparison(old, run([10 * x for x in now], numpy=[10.0] * 3))
    assert words in text
    assert "1 ratios in both runs" in text
    assert "PyTorch" not in text


def test_picture(tmp_path: Path) -> None:
    draw(run([0.001] * 3, numpy=[0.002] * 3), tmp_path / "ratios.svg")
    assert "<!-- NumPy by hand -->" in (tmp_path / "ratios.svg").read_text("utf-8")


def test_rows_have_names_of_their_own() -> None:
    operations = {(operation.family, operation.name) for operation in OPERATIONS}
    assert len(operations) == len(OPERATIONS)
    assert len(ROWS) == 3 + 4 + 2 * len(OPERATIONS) + 3 * 10 + 1


def test_choice_of_rows() -> None:
    assert {row.family for row in chosen(["^overhead", "import of"])} == {"overhead per operation", "import"}
    assert chosen(["no such row"]) == []
    assert 8 <= len(chosen([], fast=True)) <= 14
    assert not [row for row in driver.wanted(driver.arguments([])) if row.task == "memory"]
    assert [row for row in driver.wanted(driver.arguments(["--memory"])) if row.task == "memory"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--libraries", "tensorflow"], "no library tensorflow"),
        (["--python", "torch"], "--python takes NAME=PATH"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--compare", "nowhere.json"], "there is no file nowhere.json"),
    ],
)
def test_wrong_command_lines(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        driver.arguments(given)
    assert words in capsys.readouterr().err


def test_the_command_for_overhead() -> None:
    options = driver.arguments(overhead.arguments(["--rounds", "3", "--longest", "10000", "--torch-python", "/p"]))
    assert (options.threads, options.rounds, options.python) == (1, 3, {"torch": "/p"})
    assert [row.name for row in driver.wanted(options)][-2:] == ["1,000 operations", "10,000 operations"]
    assert len(driver.wanted(options)) == 5


def test_fast_subset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CI prints our ratios to NumPy by hand; what they are is for the reader, since the machine is anyone's."""
    path = tmp_path / "run.json"
    command = ["--fast", "--threads", "1", "--json", str(path), "--markdown", str(tmp_path / "table.md")]
    with capsys.disabled():
        driver.main(command)
    document = json.loads(path.read_text("utf-8"))
    rows = chosen([], fast=True)
    assert [entry["row"] for entry in document["rows"]] == [row.key for row in rows]
    for entry in document["rows"]:
        assert not entry["absent"]
        assert {name: len(figures) for name, figures in entry["figures"].items()} == {"autograd_np": 5, "numpy": 5}
    driver.main(["--rows", "^elementwise: relu of 32.*backward", "--fast", "--rounds", "2", "--compare", str(path)])
    assert "1 ratios in both runs" in capsys.readouterr().out
