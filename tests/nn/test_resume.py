"""Training that is stopped and taken up again in another process gives the same weights, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nn.resumable import PARTS, Training

KINDS = ("adam", "sgd")


@pytest.fixture(scope="module", params=KINDS)
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return the kind of training and its checkpoint after 5 epochs."""
    path = tmp_path_factory.mktemp(request.param) / "after-5"
    Training(request.param).train(5).save(path)
    return request.param, path


def test_ten_epochs_are_five_and_five_in_another_process(stopped: tuple[str, Path]) -> None:
    kind, path = stopped
    target = path.with_name("after-10")
    command = [sys.executable, "-m", "tests.nn.resumable", kind, str(path), "5", str(target)]
    subprocess.run(command, check=True, timeout=120, cwd=Path(__file__).parents[2])  # noqa: S603 (our own program)
    straight = Training(kind).train(10)
    assert len(straight.losses) == 30
    assert straight.losses[-1] < straight.losses[0]
    assert Training(kind).load(target).result() == straight.result()


def test_ten_epochs_are_five_and_five_in_this_process(stopped: tuple[str, Path]) -> None:
    kind, path = stopped
    assert Training(kind).load(path).train(5).result() == Training(kind).train(10).result()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_checkpoint_is_needed(stopped: tuple[str, Path], part: str) -> None:
    kind, path = stopped
    assert Training(kind).load(path, without=part).train(5).result() != Training(kind).train(10).result()


def test_the_checkpoint_says_what_was_done(stopped: tuple[str, Path]) -> None:
    kind, path = stopped
    before = Training(kind).train(5)
    assert Training(kind).load(path).result() == before.result()
