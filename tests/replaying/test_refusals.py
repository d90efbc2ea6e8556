"""What cannot be replayed runs eagerly, for a reason that can be asked for, and leaves nothing behind."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np import ReplayError, Tensor, replay

W = ag.tensor([1.0, -2.0, 3.0], requires_grad=True)
STATISTICS = ag.zeros(3)


class Doubled(ag.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(_: Any, g: Tensor) -> Tensor:
        return g * 2


def hooked(x: Tensor) -> None:
    y = W * x
    y.register_hook(lambda g: g)
    y.sum().backward()


def assigned(x: Tensor) -> None:
    with ag.no_grad():
        x += 1


def leaf_inside(x: Tensor) -> Tensor:
    leaf = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (leaf * x).sum().backward()
    return leaf.grad


REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "item": (lambda x: x.sum().item(), "item"),
    "tolist": (lambda x: x.tolist(), "tolist"),
    "numpy": (lambda x: x.numpy() + 1, "numpy"),
    "bool": (lambda x: x + 1 if x.sum() > 0 else x, "bool"),
    "float": (lambda x: x * float(x.sum()), "float"),
    "index": (lambda x: x[int(x.argmax()) :], "int"),
    "format": (lambda x: f"{x.sum():.2f}", "format"),
    "repr": (repr, "repr"),
    "as an array": (lambda x: ag.from_numpy(np.exp(np.asarray(x))), "array"),
    "contains": (lambda x: x + (2.0 in x), "contains"),
    "a mask": (lambda x: x[x > 0], "a mask"),
    "masked_select": (lambda x: ag.masked_select(x, x > 0) * 2 + 1, "mask"),
    "nonzero": (lambda x: ag.nonzero(x) + 1, "values"),
    "equal": (lambda x: x + ag.equal(x, x), "values"),
    "NumPy's random numbers": (lambda x: x + ag.from_numpy(np.random.default_rng().random(3)), "does not\nwatch"),
    "NumPy's global random numbers": (lambda x: x + np.random.rand() * 0, "random numbers"),  # noqa: NPY002 (refused)
    "Python's random numbers": (lambda x: x + random.random() * 0, "random numbers"),  # noqa: S311 (refused)
    "a user's Function": (lambda x: Doubled.apply(W * x).sum().backward(), "Function"),
    "a hook": (hooked, "hook"),
    "an argument written to": (assigned, "an argument is written"),
    "a graph that is still wanted": (lambda x: (W * x).sum(), "still carries its graph"),
    "a second order": (lambda x: (W * x).sum().backward(create_graph=True), "create_graph"),
    "a leaf made inside": (leaf_inside, "requires_grad changes inside"),
    "an object returned": (lambda x: {1, 2}, "returns a set"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    function, reason = REFUSED[name]
    replayed = replay(function)
    for value in ([1.0, 2.0, 3.0], [-1.0, 2.0, -3.0]):
        W.grad = None
        result = replayed(ag.tensor(value))
        assert replayed.reason is not None
        assert reason.replace("\n", " ") in replayed.reason.replace("\n", " ")
        grad = None if W.grad is None else W.grad.detach().numpy()
        W.grad = None
        again = function(ag.tensor(value))
        np.testing.assert_array_equal(grad, None if W.grad is None else W.grad.detach().numpy())
        if isinstance(result, Tensor) and name != "NumPy's random numbers":
            np.testing.assert_array_equal(result.detach().numpy(), again.detach().numpy())
    assert repr(replayed) == f"<replayed {function.__name__}: 0 recorded>"


def test_branches_by_shape_are_replayed() -> None:
    @replay
    def halves(x: Tensor) -> Tensor:
        return x[: len(x) // 2] * x.shape[0] if x.ndim else x

    for n in (4, 6, 4, 6):
        np.testing.assert_array_equal(halves(ag.arange(n).float()).numpy(), np.arange(n // 2) * n)
        assert halves.reason is None


def test_an_error_while_recording_is_the_eager_error() -> None:
    calls = []

    @replay
    def step(x: Tensor) -> Tensor:
        calls.append(1)
        STATISTICS.add_(x)
        return x @ ag.ones(2)

    before = STATISTICS.numpy().copy()
    for _ in range(2):
        with pytest.raises(ag.errors.ShapeError, match="inner sizes"):
            step(ag.ones(3))
    assert len(calls) == 2
    np.testing.assert_array_equal(STATISTICS.numpy(), before + 2)


def test_python_effects_happen_once(capsys: pytest.CaptureFixture[str]) -> None:
    @replay
    def double(x: Tensor) -> Tensor:
        print("doubled")  # noqa: T201 (the effect that is looked for)
        return x * 2

    for _ in range(5):
        double(ag.ones(2))
    assert double.reason is None
    assert capsys.readouterr().out == "doubled\n"


def test_state_that_the_call_changes_itself_is_a_reason() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return x * self.calls

    model = Counting()
    call = replay(lambda x: model(x) + 0)
    for n in range(1, 5):
        assert call(ag.ones(1)).item() == n
        assert call.reason is not None
        assert "calls" in call.reason


def test_numbers_that_are_read_are_watched() -> None:
    settings = {"scale": 2.0}
    factor = 3.0

    class Holder:
        shift = 0.0

    holder = Holder()
    holder.shift = 1.0

    def scaled(x: Tensor) -> Tensor:
        return x * settings["scale"] * factor + holder.shift

    call = replay(scaled)
    assert [call(ag.ones(1)).item() for _ in range(2)] == [7.0, 7.0]
    settings["scale"] = 4.0
    assert call(ag.ones(1)).item() == 13.0
    factor = 1.0
    assert call(ag.ones(1)).item() == 5.0
    holder.shift = 0.0
    assert call(ag.ones(1)).item() == 4.0
    settings["scale"], factor, holder.shift = 2.0, 3.0, 1.0
    assert call(ag.ones(1)).item() == 7.0
    assert call.reason is None


def test_what_changes_with_every_call_is_given_up() -> None:
    settings = {"scale": 0.0}
    call = replay(lambda x: x * settings["scale"])
    for n in range(12):
        settings["scale"] = float(n)
        assert call(ag.ones(1)).item() == n
    assert call.reason == "what it reads changes from call to call"


def test_modes_have_recordings_of_their_own() -> None:
    call = replay(lambda x: (W * x).detach())
    call(ag.ones(3))
    with ag.no_grad():
        call(ag.ones(3))
    with ag.record():
        call(ag.ones(3))
    assert "record()" in str(call.reason)
    assert repr(call).endswith("2 recorded>")


def test_one_array_in_two_arguments_is_a_case_of_its_own() -> None:
    call = replay(lambda x, y: x * 2 + y)
    x, y = ag.ones(3), ag.zeros(3)
    for pair, expected in (((x, x), 3), ((x, y), 2), ((x, x.detach()), 3), ((y, x), 1), ((x, x), 3)):
        np.testing.assert_array_equal(call(*pair).numpy(), expected)
        assert call.reason is None


def test_one_array_of_two_tensors_from_outside_is_refused() -> None:
    one = ag.ones(3)
    other = ag.from_numpy(one.numpy())
    call = replay(lambda x: x * one + other)
    call(ag.ones(3))
    assert "share one array" in str(call.reason)
    other.data = ag.zeros(3)
    np.testing.assert_array_equal(call(ag.ones(3)).numpy(), 1)


RNG = np.random.default_rng(0)
NUMBERS = np.array([2.0, 3.0])
LARGE = np.zeros(100_000)


def test_numbers_of_arrays_from_outside() -> None:
    small, large, drawn = (replay(f) for f in (_by_number, lambda x: x + LARGE[0], lambda x: x + RNG.random() * 0))
    for n in range(3):
        NUMBERS[0] = n
        assert small(ag.ones(1)).item() == n
        assert small.reason is None
        large(ag.ones(1))
        assert "may read numbers from an array" in str(large.reason)
        drawn(ag.ones(1))
        assert "random numbers" in str(drawn.reason)


def _by_number(x: Tensor) -> Tensor:
    return x * NUMBERS[0]


class Slotted:
    __slots__ = ("scale",)

    def __init__(self, scale: float) -> None:
        self.scale = scale


class Constants:
    scale = 1.0


BLOCKS = [Slotted(1.0), Slotted(2.0)]


def _factor(x: Tensor, block: Slotted = BLOCKS[1]) -> Tensor:
    return x * block.scale


def test_slots_class_attributes_and_defaults_are_watched() -> None:
    def scaled(x: Tensor) -> Tensor:
        for block in BLOCKS:
            x = x * block.scale
        return _factor(x) * Constants.scale * getattr(Constants(), "scale")  # noqa: B009 (what is tested)

    call = replay(scaled)
    assert [call(ag.ones(1)).item() for _ in range(2)] == [4.0, 4.0]
    BLOCKS[0].scale = 3.0
    assert call(ag.ones(1)).item() == 12.0
    Constants.scale = 2.0
    assert call(ag.ones(1)).item() == 48.0
    BLOCKS[0].scale, Constants.scale = 1.0, 1.0
    assert call(ag.ones(1)).item() == 4.0
    assert call.reason is None


def test_nested_arguments_and_results() -> None:
    call = replay(
        lambda batch, scale, *, key: {"sum": batch["x"] + batch["y"][0] * scale, "key": key, "same": batch["x"]}
    )
    for n in range(3):
        x = ag.ones(2) * n
        found = call({"x": x, "y": [ag.ones(2)]}, 3, key="a")
        np.testing.assert_array_equal(found["sum"].numpy(), n + 3)
        assert found["same"] is x
        assert found["key"] == "a"
        assert call.reason is None


def test_methods_are_replayed() -> None:
    class Trainer:
        def __init__(self, scale: float) -> None:
            self.w = ag.tensor([1.0, 2.0]) * scale

        @replay
        def scaled(self, x: Tensor) -> Tensor:
            return x * self.w

    one, two = Trainer(1.0), Trainer(10.0)
    for _ in range(3):
        np.testing.assert_array_equal(one.scaled(ag.ones(2)).numpy(), [1, 2])
        np.testing.assert_array_equal(two.scaled(ag.ones(2)).numpy(), [10, 20])
        assert Trainer.scaled.reason is None


def test_a_replayed_function_inside_another() -> None:
    inner = replay(lambda x: x * 2)
    outer = replay(lambda x: inner(x) + 1)
    for n in range(3):
        np.testing.assert_array_equal(outer(ag.ones(2) * n).numpy(), 2 * n + 1)
    assert outer.reason is None


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_finds_what_recording_cannot_see() -> None:
    hidden = iter(range(100))

    def drawn() -> int:
        return next(hidden)

    call = replay(lambda x: x * drawn(), verify=2)
    call(ag.ones(2))
    call(ag.ones(2))
    with pytest.raises(ReplayError, match="array of shape \\(2,\\)"):
        call(ag.ones(2))


def test_verify_changes_nothing() -> None:
    """Weights, momentum, running statistics and the random generator are as if every call had been eager."""
    results = []
    for verify in (0, 3):
        ag.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
        optimizer = nn.optim.Adam(model.parameters(), lr=0.01)

        def step(x: Tensor, model: Any = model, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = (model(x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        call: Any = replay(step, verify=verify) if verify else step
        x = ag.arange(15).float().reshape(5, 3) * 0.1
        losses = [call(x).item() for _ in range(12)]
        results.append((losses, [t.numpy(force=True).tobytes() for t in model.state_dict().values()]))
        assert not verify or call.reason is None
    assert results[0] == results[1]


# --- threads ----------------------------------------------------------------------------------------------------------


def test_threads_share_a_replayed_function() -> None:
    call = replay(lambda x: ((x * 2 + 1).tanh() @ x.mT).exp().sum(0))
    inputs = [ag.randn(40, 40) * 0.1 for _ in range(4)]
    expected = [call.function(x).numpy().tobytes() for x in inputs]
    call(inputs[0])
    wrong: list[int] = []

    def work(k: int) -> None:
        wrong.extend(k for _ in range(200) if call(inputs[k]).numpy().tobytes() != expected[k])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_collection_while_recording_is_no_part_of_the_call() -> None:
    seen: list[str] = []
    collected = 0

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal collected
        collected += 1
        seen.append(f"{phase} {collected}")

    x = ag.rand(3).requires_grad_()
    double = replay(lambda: (x * 2).sum().backward())
    thresholds = gc.get_threshold()
    gc.callbacks.append(note)
    gc.set_threshold(1)
    try:
        double()
        assert gc.isenabled()
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(note)
    assert double.reason is None
    assert seen  # outside the recording, collections went on
