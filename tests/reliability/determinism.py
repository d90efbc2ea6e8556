"""Determinism: the same seed gives the same bytes, whatever the hash seed, the number of threads and of workers

`python -m tests.reliability.determinism <threads> <workers>` prints a checksum of everything that a seed decides.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_np as ag
import nn
from autograd_np import viz
from nn import optim
from nn.datasets import ShapeBoxes
from nn.training import EarlyStopping, Trainer
from nn.utils.data import DataLoader, TensorDataset, random_split
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]

ROOT = Path(__file__).parents[2]


def _digest(*parts: Any) -> str:
    state = hashlib.sha256()
    for part in parts:
        state.update(part if isinstance(part, bytes) else str(part).encode())
    return state.hexdigest()[:16]


def _bytes(obj: Any) -> bytes:
    file = io.BytesIO()
    ag.save(obj, file)
    return file.getvalue()


class Tagger(nn.Module):
    """A convolution, a recurrent layer, attention, dropout: every kernel that shares its work among threads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.lstm = nn.LSTM(16 * 14, 32, batch_first=True)
        self.attention = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.1, batch_first=True)
        self.head = nn.Linear(32 * 14, 300)
        self.out = nn.Linear(300, 3)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        x = nn.functional.max_pool2d(self.norm(self.conv(x)).relu(), 2)
        x, _ = self.lstm(x.permute(0, 2, 1, 3).flatten(2))
        return self.out(self.head(self.attention(x).flatten(1)).relu())


def _training(workers: int) -> dict[str, str]:
    ag.manual_seed(3)
    x, t = ag.randn(48, 1, 28, 28), ag.randint(3, (48,))
    train, _ = random_split(TensorDataset(x, t), [40, 8])
    model = Tagger()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 4)
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, callbacks=[EarlyStopping(monitor="loss")]
    )
    loader = DataLoader(train, 16, shuffle=True, num_workers=workers, generator=ag.Generator().manual_seed(4))
    history = trainer.fit(loader, 2)
    return {
        "training": _digest(_bytes(model.state_dict()), history.epochs),
        "checkpoint": _digest(_bytes(trainer.state_dict())),
    }


def _order(workers: int) -> dict[str, str]:
    """Return what a loader gives in two epochs: made-up pictures, shuffled."""
    generator = ag.Generator().manual_seed(9)
    data = ShapeBoxes(24, size=16)
    loader = DataLoader(data, 4, shuffle=True, num_workers=workers, generator=generator, collate_fn=ShapeBoxes.collate)
    parts = [
        (images.numpy().tobytes(), [target["boxes"].numpy().tobytes() for target in targets])
        for _ in range(2)
        for images, targets in loader
    ]
    return {"data order": _digest(*(part for images, boxes in parts for part in (images, *boxes)))}


def _pictures() -> dict[str, str]:
    ag.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, 4), nn.ReLU()), nn.Linear(4, 2))
    with ag.record():
        loss = nn.functional.cross_entropy(model(ag.randn(5, 3)), ag.tensor([0, 1, 0, 1, 1]))
    graph = viz.trace(loss, names={"model": model, "loss": loss})
    forms: dict[str, Callable[[], Any]] = {
        "SVG": lambda: graph.to_svg(engine="built-in"),
        "page": lambda: graph.to_html(engine="built-in"),
        "DOT": lambda: graph.to_dot().source,
        "TeX": graph.to_tex,
        "JSON": graph.to_json,
        "text": graph.to_text,
        "NumPy source": lambda: viz.to_numpy_source(loss, names={"model": model}),
    }
    if shutil.which("dot"):
        forms["SVG by Graphviz"] = graph.to_svg
    return {form: _digest(make()) for form, make in forms.items()}


def _main(threads: int, workers: int) -> dict[str, str]:
    ag.set_num_threads(threads)
    np.seterr(all="ignore")
    return _training(workers) | _order(workers) | _pictures()


def _sums(threads: int = 1, workers: int = 0, **environment: str) -> dict[str, str]:
    command = [sys.executable, "-W", "ignore", "-m", __name__, str(threads), str(workers)]
    env = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, str] = json.loads(done.stdout)
    return result


def _same(found: dict[str, str], first: dict[str, str], where: str) -> None:
    other = [name for name in first if found[name] != first[name]]
    assert not other, f"{where}: other bytes of {', '.join(other)}"


def rows(full: bool) -> Iterator[Row]:
    """Compare processes with other hash seeds, threads, workers and threads of BLAS."""
    first = _sums(PYTHONHASHSEED="0")
    names = ", ".join(first)
    seeds = ("1", "2", "4294967295", *(["random"] * 36)) if full else ("random",)
    with stopwatch() as seconds:
        for seed in seeds:
            _same(_sums(PYTHONHASHSEED=seed), first, f"PYTHONHASHSEED={seed}")
        yield Row(f"the bytes of {names}", f"{len(seeds)} hash seeds", "nothing", seconds())
    with stopwatch() as seconds:
        numbers = (2, 3, 4, 8) * 3 if full else (2,)
        for number in numbers:
            _same(_sums(threads=number, PYTHONHASHSEED="random"), first, f"{number} threads")
        yield Row(
            "the same, with threads for kernels", f"{len(numbers)} runs with 2 to 8 threads", "nothing", seconds()
        )
    with stopwatch() as seconds:
        runs = (1, 2, 3) * 3 if full else (2,)
        for workers in runs:
            _same(_sums(workers=workers, PYTHONHASHSEED="random"), first, f"{workers} workers")
        yield Row(
            "the same, with workers that load the data", f"{len(runs)} runs with 1 to 3 workers", "nothing", seconds()
        )
    if full:
        with stopwatch() as seconds:
            blas = ("1", "2", "4")
            for number in blas:
                _same(_sums(OPENBLAS_NUM_THREADS=number), first, f"OPENBLAS_NUM_THREADS={number}")
            yield Row("the same, with threads for BLAS", f"{len(blas)} numbers of threads", "nothing", seconds())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(int(sys.argv[1]), int(sys.argv[2]))))
