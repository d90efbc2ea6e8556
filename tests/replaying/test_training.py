"""Training steps, twenty of them, eagerly and replayed: losses, weights, statistics and gradients bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np import Tensor, replay
from nn import optim
from nn.optim import lr_scheduler

Batches = list[tuple[Tensor, Tensor]]


def batches(count: int = 20, shape: tuple[int, ...] = (8, 12), classes: int = 5, seed: int = 0) -> Batches:
    rng = np.random.default_rng(seed)
    xs = [ag.from_numpy(rng.standard_normal(shape, np.float32)) for _ in range(count)]
    return [(x, ag.from_numpy(rng.integers(classes, size=shape[0]))) for x in xs]


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 5))


def sgd(parameters: Any) -> optim.Optimizer:
    return optim.SGD(parameters, lr=0.1)


Between = Callable[[int, Any, optim.Optimizer], None]


def trained(
    model: nn.Module,
    optimizer: optim.Optimizer,
    data: Batches,
    *,
    replayed: bool,
    schedule: Any = None,
    between: Between | None = None,
    after_backward: Callable[[nn.Module], Any] | None = None,
    loss_of: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> tuple[list[bytes], list[str | None], Any]:
    """Return the bytes of everything that training changes, the reasons of each call, and the step."""

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        if after_backward is not None:
            after_backward(model)
        optimizer.step()
        if schedule is not None:
            schedule.step()
        return loss

    call: Any = replay(step) if replayed else step
    found, reasons = [], []
    for i, (x, y) in enumerate(data):
        if between is not None:
            between(i, model, optimizer)
        found.append(call(x, y).detach().numpy().tobytes())
        reasons.append(getattr(call, "reason", None))
    tensors = [*model.state_dict().values(), *(p.grad for p in model.parameters() if p.grad is not None)]
    state = [v for entry in optimizer.state.values() for v in entry.values() if isinstance(v, Tensor)]
    return found + [t.numpy(force=True).tobytes() for t in (*tensors, *state)], reasons, call


def check(
    make: Callable[[], nn.Module] = mlp,
    optimiser: Callable[[Any], optim.Optimizer] = sgd,
    data: Batches | None = None,
    schedule: Callable[[optim.Optimizer], Any] | None = None,
    recordings: int = 1,
    refused: Sequence[int] = (),
    **options: Any,
) -> Any:
    """Train twice from the same seed, and compare; calls that are `refused` give a reason, the others are replayed."""
    results = []
    for replayed in (False, True):
        ag.manual_seed(0)
        model = make()
        optimizer = optimiser(model.parameters())
        kept = None if schedule is None else schedule(optimizer)
        results.append(trained(model, optimizer, data or batches(), replayed=replayed, schedule=kept, **options))
    (eager, _, _), (again, reasons, step) = results
    assert again == eager
    assert [i for i, reason in enumerate(reasons) if reason is not None] == list(refused), reasons
    assert repr(step) == f"<replayed step: {recordings} recorded>"
    return step


@pytest.mark.parametrize(
    "optimiser",
    [
        sgd,
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: optim.Adam(p, lr=0.01),
        lambda p: optim.AdamW(p, lr=0.01),
        lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5),
        lambda p: optim.Adagrad(p, lr=0.05),
    ],
)
def test_optimisers(optimiser: Any) -> None:
    check(optimiser=optimiser)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda o: lr_scheduler.StepLR(o, 3, 0.5),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
        lambda o: lr_scheduler.OneCycleLR(o, 0.2, 25),
    ],
)
def test_schedules_inside_the_step(schedule: Any) -> None:
    check(schedule=schedule)


def test_hyper_parameters_are_read_at_every_replay() -> None:
    def set_lr(i: int, _: Any, optimizer: optim.Optimizer) -> None:
        optimizer.param_groups[0]["lr"] = 0.1 / (i + 1)

    check(between=set_lr)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 7, num_layers=2, batch_first=True, dropout=0.2)
        self.scores = nn.Linear(7, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.lstm(x)[0][:, -1])


class Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(6, 7, batch_first=True)
        self.scores = nn.Linear(7, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.gru(x)[1][0])


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.scores = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.layer(self.embed(x)).mean(1))


class Embedded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(9, 8)
        self.scores = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.table((x[..., 0] * 0).long()).mean(1))


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "dropout": (lambda: nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 5)), (8, 12)),
    "batch norm": (lambda: nn.Sequential(nn.Linear(12, 20), nn.BatchNorm1d(20), nn.Linear(20, 5)), (8, 12)),
    "layer norm": (lambda: nn.Sequential(nn.Linear(12, 20), nn.LayerNorm(20), nn.GELU(), nn.Linear(20, 5)), (8, 12)),
    "convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
        ),
        (4, 1, 8, 8),
    ),
    "LSTM": (Recurrent, (4, 3, 6)),
    "GRU": (Gated, (4, 3, 6)),
    "attention": (Attending, (4, 3, 6)),
    "embedding": (Embedded, (4, 3, 6)),
}


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    make, shape = MODELS[name]
    check(make, lambda p: optim.Adam(p, lr=0.01), batches(20, shape))


def test_clipped_gradients() -> None:
    check(after_backward=lambda m: nn.utils.clip_grad_norm_(m.parameters(), 0.1))
    check(after_backward=lambda m: nn.utils.clip_grad_value_(m.parameters(), 0.01))


def test_mean_squared_error() -> None:
    check(loss_of=lambda y, t: F.mse_loss(y, ag.ones(8, 5) / (t.unsqueeze(1) + 1)))


# --- what changes between calls ---------------------------------------------------------------------------------------


def test_another_batch_size_is_another_recording() -> None:
    check(data=batches(6) + batches(6, (3, 12)) + batches(6), recordings=2)


def test_training_and_evaluation_are_two_recordings() -> None:
    def flip(i: int, model: Any, _: Any) -> None:
        model.train(i % 3 != 2)

    check(MODELS["batch norm"][0], between=flip, recordings=2)


def test_loaded_state_is_used() -> None:
    state = mlp().state_dict()

    def load(i: int, model: Any, _: Any) -> None:
        if i in (4, 9):
            model.load_state_dict(state)

    check(between=load)


def test_replaced_data_is_used() -> None:
    def replace(i: int, model: Any, _: Any) -> None:
        if i in (3, 6):
            model[0].weight.data = model[0].weight.data * 0.5

    check(between=replace)


def test_replaced_data_is_used_where_nothing_else_happens() -> None:
    weight, shift = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), ag.zeros(2)
    product = replay(lambda x: (x @ weight.T + shift).detach())
    for scale in (1.0, 1.0, 2.0, 3.0):
        weight.data = ag.tensor([[1.0, 2.0], [3.0, 4.0]]) * scale
        shift.data = ag.ones(2) * scale
        np.testing.assert_array_equal(product(ag.ones(2)).numpy(), [4 * scale, 8 * scale])
        assert product.reason is None
    # Another layout, on which the last bits of products depend, is another recording.
    weight.data = ag.tensor([[1.0, 3.0], [2.0, 4.0]]).T
    np.testing.assert_array_equal(product(ag.ones(2)).numpy(), [6, 10])
    assert repr(product).endswith("2 recorded>")


def test_a_new_parameter_and_a_new_layer_are_noticed() -> None:
    def renew(i: int, model: Any, _: Any) -> None:
        if i == 5:
            model[0].bias = nn.Parameter(ag.zeros(20))
        if i == 9:
            model[1] = nn.Tanh()

    check(between=renew, recordings=3)


def test_a_frozen_parameter_keeps_its_values() -> None:
    def freeze(i: int, model: Any, _: Any) -> None:
        model[0].weight.requires_grad_(not 4 <= i < 8)

    check(between=freeze, recordings=2)


def test_hooks_are_noticed() -> None:
    handles = []

    def hook(i: int, model: Any, _: Any) -> None:
        if i == 4:
            handles.append(model[0].weight.register_hook(lambda g: g * 2))
        if i == 8:
            handles.pop().remove()
        if i == 12:
            model[0].register_forward_hook(lambda _, __, y: y * 2)

    check(between=hook, recordings=2, refused=range(4, 8))


def test_gradients_add_up_over_calls() -> None:
    results = []
    for replayed in (False, True):
        ag.manual_seed(0)
        model = mlp()
        optimizer = sgd(model.parameters())

        def gradient(x: Tensor, y: Tensor, model: Any = model) -> None:
            (F.cross_entropy(model(x), y) / 4).backward()

        call: Any = replay(gradient) if replayed else gradient
        for i, (x, y) in enumerate(batches()):
            call(x, y)
            if i % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        results.append([p.numpy(force=True).tobytes() for p in model.parameters()])
        assert not replayed or call.reason is None
    assert results[0] == results[1]


def test_labels_to_ignore_appear_later() -> None:
    data = batches(6)
    data[3][1][0] = -100
    check(data=data, refused=[3])


def test_a_class_out_of_range_is_an_error_at_a_replay() -> None:
    model = mlp()
    step = replay(lambda x, y: F.cross_entropy(model(x), y).detach())
    x, y = batches(1)[0]
    step(x, y)
    with pytest.raises(ag.errors.IndexingError, match="class"):
        step(x, y + 9)
    assert step(x, y).item() == F.cross_entropy(model(x), y).item()
    assert step.reason is None


# --- what is handed out -----------------------------------------------------------------------------------------------


def test_results_and_gradients_are_never_written_over() -> None:
    model = mlp()

    @replay
    def step(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        for p in model.parameters():
            p.grad = None
        y = model(x)
        y.sum().backward()
        return y.detach(), y.detach().T, ag.ones(2)

    kept = []
    for x, _ in batches(4):
        results = step(x)
        kept.append([(t, t.numpy().copy()) for t in (*results, *(p.grad for p in model.parameters()))])
        results[2].add_(1)
        kept[-1][2] = (results[2], np.full(2, 2, np.float32))
    assert step.reason is None
    for tensors in kept:
        for tensor, value in tensors:
            np.testing.assert_array_equal(tensor.numpy(), value)


def test_a_replayed_loss_has_used_up_its_graph() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    @replay
    def step(x: Tensor) -> Tensor:
        loss = (w * x).tanh().sum()
        loss.backward()
        return loss

    for _ in range(3):
        loss = step(ag.ones(2))
        assert loss.requires_grad
        with pytest.raises(ag.errors.GraphError, match="freed"):
            loss.backward()


def test_writes_at_a_replay_are_counted() -> None:
    """A graph that saved a parameter before a replayed step is stale after it."""
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    @replay
    def step(x: Tensor) -> None:
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    step(ag.ones(2))
    outer = (w * w).sum()
    step(ag.ones(2))
    assert step.reason is None
    with pytest.raises(ag.errors.MutationError, match=r"SGD\.step"):
        outer.backward()


def test_averages_are_written_in_place_and_counted() -> None:
    mean, w = ag.zeros(2), ag.tensor([1.0, 2.0], requires_grad=True)

    @replay
    def follow(x: Tensor) -> None:
        with ag.no_grad():
            mean.mul_(0.5).add_(x * 0.5)

    follow(ag.ones(2))
    outer = (w * mean).sum()
    follow(ag.ones(2))
    assert follow.reason is None
    np.testing.assert_array_equal(mean.numpy(), [0.75, 0.75])
    with pytest.raises(ag.errors.MutationError, match="add_"):
        outer.backward()
