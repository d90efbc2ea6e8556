from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from nn import optim
from nn.training import Callback, Checkpoint, EarlyStopping, History, ProgressBar, Trainer, UpdateRatios
from nn.utils.data import DataLoader, TensorDataset


def data(count: int = 40) -> tuple[ag.Tensor, ag.Tensor]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, 3)).astype(np.float32)
    return ag.from_numpy(x), ag.from_numpy((x.sum(1) > 0).astype(np.int64))


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))


def share(outputs: ag.Tensor, targets: ag.Tensor) -> float:
    return (outputs.argmax(dim=1) == targets).float().mean().item()


def trainer(model: nn.Module, **options: Any) -> Trainer:
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    return Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": share}, **options)


def test_the_loss_is_the_mean_over_examples_and_metrics_see_the_whole_epoch() -> None:
    model = nn.Linear(3, 2)
    x, y = data(10)
    found = trainer(model).evaluate([(x[:7], y[:7]), (x[7:], y[7:])])
    assert found["loss"] == pytest.approx(nn.CrossEntropyLoss()(model(x), y).item(), rel=1e-6)
    assert found["accuracy"] == pytest.approx(share(model(x), y))


def test_it_trains_like_the_loop_by_hand() -> None:
    x, y = data()
    ag.manual_seed(3)
    model = net()
    history = trainer(model, clip_norm=0.5).fit(DataLoader(TensorDataset(x, y), 8, shuffle=True), 3)
    ag.manual_seed(3)
    by_hand = net()
    optimizer = optim.Adam(by_hand.parameters(), lr=0.05)
    loader = DataLoader(TensorDataset(x, y), 8, shuffle=True)
    losses = []
    for _ in range(3):
        total = 0.0
        for a, b in loader:
            loss = nn.CrossEntropyLoss()(by_hand(a), b)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(by_hand.parameters(), 0.5)
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    assert history["loss"] == losses
    for mine, other in zip(model.state_dict().values(), by_hand.state_dict().values(), strict=True):
        assert np.array_equal(mine.numpy(), other.numpy())


def test_validation_leaves_the_model_in_training_mode_and_has_no_graph() -> None:
    x, y = data()
    model = net()
    history = trainer(model).fit([(x, y)], 1, validation=[(x, y)])
    assert model.training
    assert set(history.last) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}
    model.eval()
    assert history.last["validation_loss"] == pytest.approx(nn.CrossEntropyLoss()(model(x), y).item(), rel=1e-6)


class Worse(Callback):
    """Writes figures into the history that stopping can be tried on."""

    def __init__(self, losses: list[float]) -> None:
        self.losses = losses

    def on_epoch(self, trainer: Trainer) -> None:
        trainer.history.last["validation_loss"] = self.losses[len(trainer.history) - 1]


def test_early_stopping_restores_copies_of_the_best_parameters() -> None:
    x, y = data()
    model = nn.Linear(3, 2)
    weights = []

    class Watch(Callback):
        def on_epoch(self, trainer: Trainer) -> None:
            weights.append(model.weight.detach().numpy().copy())

    stopping = EarlyStopping(patience=2)
    run = trainer(model, callbacks=[Worse([3, 2, 2.5, 2.1, 1]), Watch(), stopping])
    assert len(run.fit([(x, y)], 5)) == 4
    assert (stopping.best, stopping.best_epoch) == (2, 2)
    assert np.array_equal(model.weight.detach().numpy(), weights[1])
    assert not np.array_equal(weights[1], weights[3])


def test_early_stopping_waits_for_a_large_enough_gain() -> None:
    x, y = data()
    model = nn.Linear(3, 2)
    run = trainer(model, callbacks=[Worse([3, 2.99, 2.98, 1]), EarlyStopping(patience=2, min_delta=0.1)])
    assert len(run.fit([(x, y)], 4)) == 3


def test_early_stopping_names_the_figures_there_are() -> None:
    x, y = data()
    with pytest.raises(ArgumentError, match="no figure 'validation_loss', only loss, accuracy"):
        trainer(nn.Linear(3, 2), callbacks=[EarlyStopping()]).fit([(x, y)], 1)
    with pytest.raises(ArgumentError, match="'min' or 'max'"):
        EarlyStopping(mode="least")


def test_training_goes_on_from_a_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    x, y = data()

    def made(*callbacks: Callback) -> tuple[Trainer, DataLoader[Any]]:
        ag.manual_seed(11)
        model = net()
        optimizer = optim.Adam(model.parameters(), lr=0.05)
        schedule = optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
        loader = DataLoader(TensorDataset(x, y), 8, shuffle=True)
        return Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, callbacks=list(callbacks)), loader

    straight, loader = made(EarlyStopping(monitor="loss", restore=False))
    straight.fit(loader, 6)
    first, loader = made(EarlyStopping(monitor="loss", restore=False), Checkpoint(tmp_path / "{epoch}.safetensors", 3))
    first.fit(loader, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["3.safetensors"]
    second, loader = made(EarlyStopping(monitor="loss", restore=False), Checkpoint(tmp_path / "x"))
    ag.manual_seed(99)
    second.load(tmp_path / "3.safetensors")
    second.fit(loader, 6)
    assert second.history.epochs == straight.history.epochs
    for mine, other in zip(second.model.state_dict().values(), straight.model.state_dict().values(), strict=True):
        assert np.array_equal(mine.numpy(), other.numpy())
    with pytest.raises(ArgumentError, match="2 callbacks, this trainer 0"):
        trainer(net()).load(tmp_path / "3.safetensors")


def test_what_is_no_checkpoint_is_refused_and_changes_nothing() -> None:
    x, y = data()
    run = trainer(net(), callbacks=[EarlyStopping(monitor="loss")])
    run.fit([(x, y)], 2)
    good = run.state_dict()
    before = _written(good)
    for part in good.keys() - {"schedule"}:  # this trainer has none
        without = {key: value for key, value in good.items() if key != part}
        for wrong in (without, {**good, part: 3}, {**good, part: {"a": 1}}):
            with pytest.raises(
                ArgumentError,
                match=r"no checkpoint of such a trainer|no state of an optimiser|callbacks|does not fit|expected",
            ):
                run.load_state_dict(wrong)
            assert _written(run.state_dict()) == before
            run.load_state_dict(good)
    with pytest.raises(ArgumentError, match=r"no checkpoint of such a trainer \(TypeError: .*\n  fix: load what"):
        run.load_state_dict([1, 2])  # type: ignore[arg-type]  # any tree can stand in a file


def _written(state: Any) -> bytes:
    file = io.BytesIO()
    ag.save(state, file)
    return file.getvalue()


def test_update_ratios() -> None:
    model = nn.Linear(1, 1, bias=False)
    model.weight.data = ag.tensor([[2.0]])
    ratios = UpdateRatios()
    run = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=[ratios])
    run.fit([(ag.ones(1, 1), ag.ones(1, 1))], 2)
    # 2 - 0.1·2·(2 - 1) = 1.8, then 1.8 - 0.1·2·0.8 = 1.64
    assert ratios.ratios["weight"] == pytest.approx([0.1, 0.16 / 1.8])


def test_schedules_by_batch_and_on_a_plateau() -> None:
    x, y = data()
    model = nn.Linear(3, 2)
    run = trainer(model)
    run.schedule, run.schedule_each = optim.lr_scheduler.StepLR(run.optimizer, 2, gamma=0.1), "batch"
    run.fit([(x, y)] * 4, 1)
    assert run.optimizer.param_groups[0]["lr"] == pytest.approx(5e-4)
    plateau = optim.lr_scheduler.ReduceLROnPlateau(run.optimizer, patience=0, threshold=1e9, threshold_mode="abs")
    run.schedule, run.schedule_each = plateau, "epoch"
    run.fit([(x, y)], 4)
    assert run.optimizer.param_groups[0]["lr"] < 5e-4


def test_no_batch_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="there was no batch"):
        trainer(nn.Linear(3, 2)).fit(iter([]), 1)


def test_the_bar_shows_figures(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data()
    trainer(nn.Linear(3, 2), callbacks=[ProgressBar()]).fit([(x, y)], 2)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "accuracy=" in shown


def test_history() -> None:
    history = History()
    assert history.last == {}
    assert repr(history) == "History(0 epochs)"
    history.append({"a": 1})
    history.append({"b": 2})
    assert history["b"][1] == 2
    assert np.isnan(history["b"][0])
    assert "a" in history
    with pytest.raises(ArgumentError, match="no figure 'c'"):
        history["c"]
