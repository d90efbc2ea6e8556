"""The goals are read from a run's figures, and a miss is told with the rows that fall short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import goals, strain

STEP = "training step with Adam: "


def run(**rows: dict[str, list[float]]) -> dict[str, object]:
    return {"rows": [{"row": key, "unit": "s", "figures": figures, "absent": {}} for key, figures in rows.items()]}


def test_ratios_are_taken_round_by_round() -> None:
    assert goals.ratio({"autograd_np": [1.0, 4.0, 3.0], "torch": [1.0, 2.0, 1.0]}, "autograd_np", "torch") == 2.0
    assert goals.ratio({"autograd_np": [1.0]}, "autograd_np", "torch") is None


def test_a_miss_names_the_rows_that_fall_short() -> None:
    rows = {
        f"{STEP}A": {"autograd_np": [1.0], "torch": [2.0]},
        f"{STEP}B": {"autograd_np": [3.0], "torch": [2.0]},
        "softmax: s, forward": {"autograd_np": [1.0], "torch": [1.0]},
    }
    found = {goal.measure: goal for goal in goals.goals(rows)}
    steps = found["training steps, to PyTorch"]
    assert (steps.holds, steps.short) == (False, (f"{STEP}B: 1.50",))
    assert steps.seen == "geometric mean 0.87, largest 1.50, 1 of 2 over"
    assert found["single operations, to PyTorch"].holds


@pytest.mark.parametrize(("ours", "by_hand", "met"), [(1.0, 1.0, True), (1.0, 0.5, False), (0.4, 0.1, True)])
def test_other_engines_count_where_a_kernel_by_hand_shows_room(ours: float, by_hand: float, met: bool) -> None:
    figures = {"autograd_np": [ours], "numpy": [by_hand], "mygrad": [1.0], "autograd": [5.0]}
    (goal,) = (g for g in goals.goals({"softmax: s, forward": figures}) if g.goal.startswith("≥ 2"))
    assert goal.holds is met


def test_the_last_file_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = []
    for i, seconds in enumerate((9.0, 1.0)):
        figures = {"autograd_np": [seconds], "torch": [2.0]}
        names.append(str(tmp_path / f"{i}.json"))
        Path(names[-1]).write_text(json.dumps(run(**{"overhead per operation: forward and backward": figures})))
    goals.main(names)
    assert "| geometric mean 0.50, largest 0.50, 0 of 1 over | met |" in capsys.readouterr().out


def test_an_operation_costs_a_few_hundred_bytes() -> None:
    assert 100 < strain.bytes_per_operation(2000) < 500
