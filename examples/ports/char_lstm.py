"""A character-level LSTM that learns to write: `python -m examples.ports.char_lstm`.

Source: Karpathy (2015), The unreasonable effectiveness of recurrent neural networks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, agreement, main, number, side_by_side
from examples.ports import text
from nn import optim


class CharLSTM(nn.Module):
    """An embedding, two LSTM layers and a linear layer.

    Shapes: characters (N, T) -> scores (N, T, K), and the state.
    """

    def __init__(self, letters: int, hidden_size: int = 64, num_layers: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, 32)
        self.lstm = nn.LSTM(32, hidden_size, num_layers, batch_first=True, dropout=dropout)
        self.decoder = nn.Linear(hidden_size, letters)

    def forward(self, x: Any, state: Any = None) -> Any:
        """Return the scores of the next character, and the state to go on from."""
        output, state = self.lstm(self.embedding(x), state)
        return self.decoder(output), state


def train(model: Any, codes: Any, steps: int, length: int = 32, batch_size: int = 16) -> list[float]:
    """Train on random passages; return the loss at each step, in nats per character."""
    optimizer = optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.95)
    rng = np.random.default_rng(0)
    losses = []
    model.train()
    for _ in range(steps):
        inputs, targets = (torch.from_numpy(part) for part in text.windows(codes, length, batch_size, rng))
        scores, _ = model(inputs)
        loss = F.cross_entropy(scores.view(-1, scores.size(-1)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def write(model: Any, start: Any, length: int, seed: int = 0) -> list[int]:
    """Return characters drawn one by one from what the model expects next."""
    rng = np.random.default_rng(seed)
    model.eval()
    found = [int(code) for code in start]
    with torch.no_grad():
        scores, state = model(torch.tensor([found]))
        for _ in range(length):
            chances = F.softmax(scores[0, -1] / 0.7, dim=-1).numpy().astype(np.float64)
            found.append(int(rng.choice(len(chances), p=chances / chances.sum())))
            scores, state = model(torch.tensor([found[-1:]]), state)
    return found


def run(setting: Setting) -> list[Row]:
    """Learn the Zen of Python; in the full setting the start of the language reference."""
    corpus = text.manual(200_000) if setting.full else text.zen()
    steps = setting.choose(150, 1500)
    written = []

    def trained(module: Any, model: Any) -> list[float]:
        losses: list[float] = module.train(model, corpus.codes, steps)
        written.append(corpus.decoded(module.write(model, corpus.codes[:8], 120)))
        return losses

    found = side_by_side(__name__, lambda module: module.CharLSTM(len(corpus.letters)), trained, setting)
    setting.picture("char_lstm.txt").write_text(written[0] + "\n", "utf-8")
    last = float(np.mean(found.ours[-20:]))
    other = None if found.torch is None else float(np.mean(found.torch[-20:]))
    where = f"{'the language reference' if setting.full else 'the Zen of Python'}, {len(corpus.codes)} characters"
    return [
        Row("character LSTM", "loss in nats per character", number(last), last < 2.2, where, number(other)),
        *agreement("character LSTM", found.ours, found.torch),
    ]


if __name__ == "__main__":
    main(run)
