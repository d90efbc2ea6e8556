"""Checkpoints: a killed process and a full disk, at any byte of a write, leave the last good file

`python -m tests.reliability.checkpoints <kind> <count> <folder>` forks the processes that are killed.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_np as ag
import nn
from nn import optim
from nn.training import Trainer
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]


def _trainer(number: int) -> Trainer:
    """Return a trainer every value of which is the number."""
    model = nn.Linear(300, 100)
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
    with ag.no_grad():
        for p in model.parameters():
            p.fill_(float(number))
    trainer.history.append({"number": number})
    return trainer


def _number(path: Path) -> int:
    """Return the number that a checkpoint is all of."""
    trainer = _trainer(-1)
    trainer.load(path)
    number = int(trainer.history.last["number"])
    for name, value in trainer.model.state_dict().items():
        assert (value.numpy() == number).all(), f"{name} is of another checkpoint than number {number}"
    return number


def _left(folder: Path) -> int:
    """Return 1 if an unfinished file lies there, else 0, and remove it; nothing else may lie there."""
    # The second is that of the package safetensors, which takes the place of ours.
    ours = [path for path in folder.iterdir() if re.fullmatch(r"\.autograd_np-\w{16}\.tmp|\.tmp\w{6}", path.name)]
    for path in ours:
        path.unlink()
    assert [path.name for path in folder.iterdir()] == ["checkpoint"]
    assert len(ours) <= 2
    return min(1, len(ours))


def _killed(count: int, folder: Path) -> dict[str, Any]:
    """Kill processes that save one checkpoint after the other, at random moments."""
    rng, path = random.Random(count), folder / "checkpoint"  # noqa: S311 - to be the same in every run
    _trainer(0).save(path)
    start = time.perf_counter()
    for _ in range(5):
        _trainer(0).save(path)
    span = (time.perf_counter() - start) / 5
    last, unfinished, between = 0, 0, 0
    for _ in range(count):
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            number = last
            while True:
                number += 1
                _trainer(number).save(path)
                os.write(write, number.to_bytes(4, "little"))
        os.close(write)
        time.sleep(rng.uniform(0, 4 * span))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(read, "rb") as pipe:
            reported = pipe.read()
        saved = int.from_bytes(reported[-4:], "little") if reported else last
        found = _number(path)
        # What was reported as saved is there, or the one after it.
        assert found in (saved, saved + 1), f"checkpoint {found} is there, and {saved} was the last that was saved"
        between += found == saved + 1
        unfinished += _left(folder)
        last = found
    return {"kills": count, "saved": last, "within a write": unfinished, "before it was reported": between}


def _at_each_byte(stride: int, folder: Path, *, killed: bool) -> dict[str, Any]:
    """End the disk after each number of bytes: the write fails, or the process is killed there."""
    import resource  # Windows has none

    path, good = folder / "checkpoint", {"w": np.full(200, 1.0), "epoch": 1, "name": "good"}
    ag.save(good, path)
    size = path.stat().st_size
    bad = {"w": np.full(200, 2.0), "epoch": 2, "name": "next"}
    places = range(0, size, stride)
    for place in places:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if killed else signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (place, place))
            try:
                ag.save(bad, path)
            except OSError:
                os._exit(17)
            os._exit(18)
        _, status = os.waitpid(pid, 0)
        if killed:
            assert os.WIFSIGNALED(status), f"at byte {place} it ended with {status}"
            assert os.WTERMSIG(status) == signal.SIGXFSZ
            assert _left(folder) == 1
        else:
            assert os.WEXITSTATUS(status) == 17, f"at byte {place} it ended with {status}"
            assert _left(folder) == 0
        found = ag.load(path)
        assert found["epoch"] == 1
        assert (found["w"] == 1).all()
    ag.save(bad, path)
    assert ag.load(path)["epoch"] == 2
    return {"places": len(places), "size": size}


KINDS = {
    "killed": _killed,
    "killed at each byte": lambda stride, folder: _at_each_byte(stride, folder, killed=True),
    "full at each byte": lambda stride, folder: _at_each_byte(stride, folder, killed=False),
}


def _run(kind: str, count: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-m", __name__, kind, str(count), folder]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, int] = json.loads(done.stdout)
    return result


def rows(full: bool) -> Iterator[Row]:
    """Kill 1000 processes, or ten; end the disk at every byte, or at some."""
    with stopwatch() as seconds:
        found = _run("killed", 1000 if full else 10)
        told = ", ".join(f"{number:,} {what}" for what, number in found.items())
        note = (
            "mended: an interrupt just after the unfinished file was made could leave it; accepted: a kill leaves it, "
            "as `.autograd_np-….tmp`, and that of safetensors, as `.tmp…`"
        )
        yield Row("Trainer.save, killed at random moments (SIGKILL)", told, note, seconds())
    for kind, what in (
        ("killed at each byte", "save, killed when so many bytes are written (SIGXFSZ)"),
        ("full at each byte", "save to a disk that is full after so many bytes (RLIMIT_FSIZE)"),
    ):
        with stopwatch() as seconds:
            found = _run(kind, 1 if full else 200)
            yield Row(what, f"{found['places']:,} of {found['size']:,} bytes", "nothing", seconds())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(KINDS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))))
