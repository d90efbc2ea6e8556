from __future__ import annotations

import io
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import worker
from benchmarks.libraries import LIBRARIES, Absent
from benchmarks.measure import in_turns
from benchmarks.protocol import KINDS, Channel, Ended, ProtocolError
from benchmarks.rows import ROWS, Row
from benchmarks.workers import LostError, Worker, importable


def heard(*lines: str) -> Channel:
    return Channel(io.StringIO("".join(lines)), io.StringIO())


def test_what_is_sent_is_received() -> None:
    out = io.StringIO()
    Channel(io.StringIO(), out).send("make", row="convolution: 3×3")
    assert out.getvalue().count("\n") == 1
    assert heard(out.getvalue()).receive("time", "make") == {"kind": "make", "row": "convolution: 3×3"}


@pytest.mark.parametrize("text", ["no json\n", "[1]\n", "{}\n", "null\n"])
def test_a_line_that_is_no_message(text: str) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        heard(text).receive(*KINDS)


@pytest.mark.parametrize(
    "text", ['{"kind": "made"}\n', '{"kind": "times"}\n', '{"kind": "times", "seconds": [], "x": 1}\n']
)
def test_a_message_that_was_not_due(text: str) -> None:
    with pytest.raises(ProtocolError, match="times or peak was due"):
        heard(text).receive("times", "peak")


@pytest.mark.parametrize("text", ["", '{"kind": "made"}'])
def test_the_end_even_within_a_line(text: str) -> None:
    with pytest.raises(Ended, match="the other side is gone"):
        heard(text).receive("made")


def test_fields_are_checked_where_they_are_sent() -> None:
    with pytest.raises(ProtocolError, match=r"time carries \['turn'\], not \['row'\]"):
        heard().send("time", row="x")


def served(monkeypatch: pytest.MonkeyPatch, prepare: Any, *lines: str) -> list[str]:
    monkeypatch.setattr(worker, "make", prepare)
    channel = heard(*lines)
    with pytest.raises(Ended):
        worker.serve("numpy", channel)
    return channel.writer.getvalue().splitlines()  # type: ignore[attr-defined]


MAKE, TIME, MEMORY = (
    '{"kind": "make", "row": "r"}\n',
    '{"kind": "time", "turn": 0}\n',
    '{"kind": "memory", "runs": 2}\n',
)


def test_the_worker_answers_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    answers = served(monkeypatch, lambda _name, row: lambda: calls.append(row), MAKE, TIME, MEMORY)
    assert [answer[:18] for answer in answers] == ['{"kind": "made"}', '{"kind": "times", ', '{"kind": "peak", "']
    assert calls == ["r"] * 3


def test_a_row_that_a_library_cannot_do_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(_name: str, row: str) -> Any:
        raise Absent("MyGrad has no gelu of its own") if row == "r" else ValueError("strides\nmore")

    assert served(monkeypatch, prepare, MAKE, MAKE.replace('r"}', 's"}')) == [
        '{"kind": "absent", "why": "MyGrad has no gelu of its own"}',
        '{"kind": "absent", "why": "ValueError: strides"}',
    ]


def test_a_turn_leaves_out_its_first_run_unless_that_fills_it() -> None:
    assert len(worker.run_for(lambda: None, turn=-1)) == 1
    assert 1 <= len(worker.run_for(lambda: None, turn=0.01)) <= worker.MOST


def interpreter(folder: Path, script: str) -> str:
    """Return an executable that takes the place of Python and runs a script whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


HELLO = 'print(\'{"kind": "hello", "version": "1", "imported": 0.5, "threads": 1}\', flush=True)'
CHAIN = ROWS["overhead per operation: forward"]


@pytest.mark.parametrize(
    ("script", "why"),
    [(f"{HELLO}\nsys.stdin.readline()", "the process died"), (f"{HELLO}\ntime.sleep(60)", "took more than 0.3 s")],
)
def test_a_worker_that_dies_or_hangs_is_replaced(tmp_path: Path, script: str, why: str) -> None:
    found = Worker("numpy", interpreter(tmp_path, script), threads=1, limit=0.3)
    first = found.process.pid
    try:
        with pytest.raises(LostError, match=why):
            found.ask("make", "made", "absent", row="r")
        assert found.process.pid != first
        assert found.hello["version"] == "1"
    finally:
        found.close()
    assert found.process.returncode is not None


def test_a_lost_worker_is_left_out_of_the_row_alone(tmp_path: Path) -> None:
    dying = Worker("torch", interpreter(tmp_path, f"{HELLO}\nsys.stdin.readline()"), threads=1)
    hand = Worker("numpy", sys.executable, threads=1)
    try:
        result = in_turns([dying, hand], CHAIN, rounds=3, turn=0)
        brought = in_turns([dying, hand], Row("import", "import of the library", "import"), rounds=2, turn=0)
    finally:
        dying.close()
        hand.close()
    assert result.absent == {"torch": "the process died"}
    assert len(result.figures["numpy"]) == 3
    assert brought.figures["torch"] == [0.5, 0.5]


MADE = """sys.stdin.readline(); print('{"kind": "made"}', flush=True)"""
TIMES = """print('{"kind": "times", "seconds": [4.0, 0.5, 1.5]}', flush=True)"""


def test_a_figure_is_the_median_run_for_each_operation_of_a_chain(tmp_path: Path) -> None:
    steady = Worker("torch", interpreter(tmp_path, f"{HELLO}\n{MADE}\nfor line in sys.stdin: {TIMES}"), threads=1)
    try:
        assert in_turns([steady], CHAIN, rounds=2, turn=0).figures == {"torch": [0.0015, 0.0015]}
    finally:
        steady.close()


def test_a_worker_that_dies_between_turns_leaves_no_half_row(tmp_path: Path) -> None:
    script = f"{HELLO}\n{MADE}\nsys.stdin.readline()\n{TIMES}\nsys.stdin.readline()"
    dying = Worker("torch", interpreter(tmp_path, script), threads=1)
    try:
        result = in_turns([dying], CHAIN, rounds=3, turn=0)
    finally:
        dying.close()
    assert (result.figures, result.absent) == ({}, {"torch": "the process died"})


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    hand = Worker("numpy", sys.executable, threads=1)
    try:
        result = in_turns([hand], ROWS["peak memory of a step: 784-1024-1024-10, batch 256"], rounds=5, turn=0)
    finally:
        hand.close()
    (figure,) = result.figures["numpy"]
    weights = 4 * (784 * 1024 + 1024 * 1024 + 10 * 1024)
    assert 4 * weights < figure < 40 * weights  # weights, two moments and gradients at least


def test_who_is_installed() -> None:
    assert importable("autograd_np", sys.executable)
    assert next(iter(LIBRARIES)) == "autograd_np"
