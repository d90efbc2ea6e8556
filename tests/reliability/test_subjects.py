"""The short version of every subject, and the table that the long ones write."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from tests.reliability.rows import FILE, Row, Subject, subjects, with_table

#: They limit, signal and look into processes as Linux does.
SUBJECTS = subjects() if sys.platform == "linux" else {}


@pytest.fixture(autouse=True)
def _as_programs_are() -> Iterator[None]:
    """Undo what tests set up for themselves: subjects run as programs do."""
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


@pytest.mark.parametrize("name", SUBJECTS)
def test_short_version(name: str) -> None:
    rows = list(SUBJECTS[name].rows(False))
    assert rows
    for row in rows:
        assert row.what
        assert row.times
        assert row.found


def test_a_table_replaces_its_own_predecessor_only() -> None:
    one, two = (Subject(name, f"About {name}", lambda full: []) for name in ("one", "two"))
    text = with_table("# Title\n", one, [Row("a | b", "3 times", "nothing", 1.4)])
    text = with_table(text, two, [Row("c", "4", "nothing", 0.6)])
    assert "| a \\| b | 3 times | nothing | 1 |" in text
    again = with_table(text, one, [Row("d", "5", "all", 0)])
    assert again.count("## About one") == 1
    assert "a \\| b" not in again
    assert again.partition("<!-- two: begin -->")[2] == text.partition("<!-- two: begin -->")[2]


def test_the_file_has_a_table_of_every_subject() -> None:
    text = FILE.read_text("utf-8")
    for name in SUBJECTS:
        assert f"<!-- {name}: begin -->" in text
    assert "FAILED" not in text
