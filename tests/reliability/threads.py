"""Threads: models trained at once as if each were alone, and a frozen one shared by all, to the last bit"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd_np as ag
import nn
from nn import optim
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]


def _at_once(work: Callable[[int], Any], count: int) -> list[Any]:
    """Return what `work` gives for each number, all in threads that begin together."""
    results: list[Any] = [None] * count
    failures: list[BaseException] = []
    begin = threading.Barrier(count)

    def run(number: int) -> None:
        begin.wait()
        try:
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # 500 times as often as usual
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    for error in failures:
        raise error
    return results


def _net(kind: int) -> nn.Module:
    """Return one of three nets; between them they have every cache and every fused row that threads could share."""
    if kind == 0:
        return nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    if kind == 1:
        return nn.LSTM(4, 8, num_layers=2, batch_first=True)
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)


SHAPES = ((4, 2, 12, 12), (4, 6, 4), (4, 5, 8))


def _made(number: int) -> tuple[nn.Module, ag.Tensor]:
    """Return the net and the data of a thread, made from its own numbers."""
    kind = number % 3
    net = _net(kind)
    rng = np.random.default_rng(number)
    with ag.no_grad():
        for p in net.parameters():
            p.copy_(ag.from_numpy(0.3 * rng.standard_normal(p.shape).astype(np.float32)))
    return net, ag.from_numpy(rng.standard_normal(SHAPES[kind]).astype(np.float32))


def _output(net: nn.Module, x: ag.Tensor) -> ag.Tensor:
    y = net(x)
    return y[0] if isinstance(y, tuple) else y


def _trained(number: int, steps: int) -> bytes:
    """Train a net of its own; modes are switched on and off on the way, as they are the thread's own."""
    net, x = _made(number)
    optimizer = optim.Adam(net.parameters(), lr=1e-2)
    for step in range(steps):
        if step % 3 == number % 3:
            with ag.no_grad():
                assert not _output(net, x).requires_grad
        assert ag.is_grad_enabled()
        optimizer.zero_grad()
        loss = (_output(net, x) ** 2).mean()
        assert loss.requires_grad, "another thread's no_grad is heard here"
        loss.backward()
        optimizer.step()
    return b"".join(t.numpy().tobytes() for t in net.state_dict().values())


def _shared(net: nn.Module, x: ag.Tensor, steps: int) -> tuple[bytes, bytes]:
    """Run a frozen net on an input of the thread's own, and differentiate by the input."""
    outputs, gradients = [], []
    for _ in range(steps):
        own = x.clone().requires_grad_()
        y = _output(net, own)
        (y * y).sum().backward()
        outputs.append(y.detach().numpy().tobytes())
        gradients.append(own.grad.numpy().tobytes())
    assert len(set(outputs)) == len(set(gradients)) == 1
    return outputs[0], gradients[0]


def rows(full: bool) -> Iterator[Row]:
    """Train and run in eight threads at once, and one after the other, and compare."""
    count, steps, rounds = (9, 200, 10) if full else (6, 8, 1)
    with stopwatch() as seconds:
        alone = [_trained(number, steps) for number in range(count)]
        for _ in range(rounds):
            assert _at_once(lambda number: _trained(number, steps), count) == alone
        told = f"{rounds} × {count} threads × {steps} steps"
        yield Row("separate models, modes switched on the way", told, "nothing", seconds())
    with stopwatch() as seconds:
        for kind in range(3):
            net, _ = _made(kind)
            net.eval().requires_grad_(False)
            inputs = [_made(kind + 3 * number)[1] for number in range(count)]
            alone_ = [_shared(net, x, 1) for x in inputs]
            for _ in range(rounds):
                found = _at_once(lambda number, net=net, inputs=inputs: _shared(net, inputs[number], steps), count)
                assert found == alone_
        told = f"3 models × {rounds} × {count} threads × {steps} runs"
        yield Row("one frozen model, gradients by the inputs", told, "nothing", seconds())
    with stopwatch() as seconds:
        # Documented: `.grad` of a leaf that threads share belongs to one thread at a time. With a lock it adds up.
        w, lock = ag.ones(50_000, requires_grad=True), threading.Lock()

        def add(number: int) -> None:
            for _ in range(steps):
                loss = (w * (number + 1.0)).sum()
                with lock:
                    loss.backward()

        _at_once(add, count)
        assert w.grad is not None
        assert (w.grad.numpy() == steps * count * (count + 1) / 2).all()
        told = f"{count} threads × {steps} backward passes"
        accepted = "accepted: without the lock two threads may add to the same `.grad` at once, and one may be lost"
        yield Row("a shared parameter's `.grad`, backward under a lock", told, accepted, seconds())
