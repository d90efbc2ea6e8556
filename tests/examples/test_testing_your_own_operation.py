"""The page about testing one's own operation runs, fits in ten lines, and prints what its fault is."""

from __future__ import annotations

import inspect

import pytest

from examples import testing_your_own_operation as page


def test_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page.main()
    printed = capsys.readouterr().out
    assert printed.count("every check passed") == 2
    assert "check_operation of 'wrong_sign' fails the check \"first order\"" in printed
    assert "fix: the rule has the wrong sign" in printed
    assert "from examples.testing_your_own_operation import wrong_sign" in printed


def test_the_ten_lines_are_ten_at_most() -> None:
    text = inspect.getsource(page)
    part = text.partition("# --- the ten lines")[2].partition("# --- what failures")[0]
    assert len([line for line in part.splitlines()[1:] if line.strip()]) <= 10
