"""Early stopping that keeps the best parameters: `python -m examples.optimization.early_stopping`."""

from __future__ import annotations

import numpy as np

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, main, number
from nn import optim
from nn.training import EarlyStopping, Trainer, draw_curves
from nn.utils.data import DataLoader, TensorDataset


def noisy_sine(count: int, seed: int) -> TensorDataset:
    """Return points of sin 3x with noise: too few of them for a net of this size."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (count, 1)).astype(np.float32)
    y = np.sin(3 * x) + 0.3 * rng.standard_normal((count, 1))
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y.astype(np.float32)))


def run(setting: Setting) -> list[Row]:
    """Train until the validation loss has not fallen for a while, and go back to its best."""
    torch.manual_seed(SEED)
    training, validation = DataLoader(noisy_sine(24, 0), 24), DataLoader(noisy_sine(200, 1), 200)
    model = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    stopping = EarlyStopping(patience=150)
    trainer = Trainer(model, nn.MSELoss(), optim.Adam(model.parameters(), lr=3e-3), callbacks=[stopping])
    history = trainer.fit(training, 3000, validation=validation)
    draw_curves(history, setting.picture("early_stopping.png"), log=True)
    kept = trainer.evaluate(validation)["loss"]
    last = history.last["validation_loss"]
    holds = len(history) < 3000 and kept == min(history["validation_loss"]) and kept < last
    text = f"{number(kept)} of epoch {stopping.best_epoch}, not {number(last)} of epoch {len(history)}"
    return [Row("early stopping", "validation loss kept", text, holds, "24 noisy points of sin 3x")]


if __name__ == "__main__":
    main(run)
