"""A small GPT with causal attention: `python -m examples.ports.gpt`.

Source: Radford et al. (2019), in the form of the minimal rewritings that are used for teaching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, agreement, main, number, side_by_side
from examples.ports import text
from nn import optim
from nn.optim.lr_scheduler import LambdaLR


@dataclass
class Config:
    """Sizes: block_size is the longest passage (T), n_embd the width (E)."""

    vocab_size: int
    block_size: int = 32
    n_layer: int = 2
    n_head: int = 4
    n_embd: int = 64
    dropout: float = 0.0


class CausalSelfAttention(nn.Module):
    """Attention of several heads, each position over those before it.

    Shapes: (N, T, E) -> the same.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.dropout = config.dropout
        self.resid_dropout = nn.Dropout(config.dropout)
        self.n_head = config.n_head
        self.n_embd = config.n_embd

    def forward(self, x: Any) -> Any:
        """Return what each position gathers."""
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        dropped = self.dropout if self.training else 0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=dropped, is_causal=True)
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.resid_dropout(self.c_proj(y))


class Block(nn.Module):
    """Attention and a two-layer net, each on a normalised input and added to it.

    Shapes: (N, T, E) -> the same.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = nn.Sequential(
            nn.Linear(config.n_embd, 4 * config.n_embd),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * config.n_embd, config.n_embd),
            nn.Dropout(config.dropout),
        )

    def forward(self, x: Any) -> Any:
        """Return the block's output."""
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Embeddings of characters and places, blocks, and scores through the characters' own embedding.

    Shapes: characters (N, T) -> scores (N, T, K), and the loss where targets are given.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, config.n_embd),
                "wpe": nn.Embedding(config.block_size, config.n_embd),
                "drop": nn.Dropout(config.dropout),
                "h": nn.ModuleList([Block(config) for _ in range(config.n_layer)]),
                "ln_f": nn.LayerNorm(config.n_embd),
            }
        )
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.apply(self._init_weights)
        for name, p in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * config.n_layer))

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)

    def forward(self, idx: Any, targets: Any = None) -> Any:
        """Return scores and loss."""
        _, T = idx.size()
        pos = torch.arange(0, T, dtype=torch.long, device=idx.device)
        x = self.transformer.drop(self.transformer.wte(idx) + self.transformer.wpe(pos))
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    @torch.no_grad()
    def generate(self, idx: Any, count: int, rng: np.random.Generator) -> Any:
        """Return the passage with `count` characters drawn one after the other."""
        for _ in range(count):
            logits, _ = self(idx[:, -self.config.block_size :])
            chances = F.softmax(logits[:, -1, :] / 0.7, dim=-1)[0].numpy().astype(np.float64)
            drawn = int(rng.choice(len(chances), p=chances / chances.sum()))
            idx = torch.cat((idx, torch.tensor([[drawn]])), dim=1)
        return idx


def configure_optimizers(model: Any, weight_decay: float, learning_rate: float) -> Any:
    """Return AdamW that decays matrices only."""
    params = {name: p for name, p in model.named_parameters() if p.requires_grad}
    groups = [
        {"params": [p for p in params.values() if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in params.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    return optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95))


def train(model: Any, codes: Any, steps: int, batch_size: int = 16) -> list[float]:
    """Train with warm-up on random passages; return the loss at each step, in nats per character."""
    optimizer = configure_optimizers(model, weight_decay=0.1, learning_rate=3e-3)
    warmup = 10
    schedule = LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warmup))
    rng = np.random.default_rng(0)
    losses = []
    model.train()
    for _ in range(steps):
        length = model.config.block_size
        inputs, targets = (torch.from_numpy(part) for part in text.windows(codes, length, batch_size, rng))
        _, loss = model(inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def write(model: Any, start: Any, length: int) -> list[int]:
    """Return a passage that goes on from `start`."""
    model.eval()
    found = model.generate(torch.from_numpy(start)[None], length, np.random.default_rng(0))
    return [int(code) for code in found[0].tolist()]


def run(setting: Setting) -> list[Row]:
    """Learn the Zen of Python; in the full setting the start of the language reference."""
    corpus = text.manual(200_000) if setting.full else text.zen()
    steps = setting.choose(150, 1500)
    written = []

    def trained(module: Any, model: Any) -> list[float]:
        losses: list[float] = module.train(model, corpus.codes, steps)
        written.append(corpus.decoded(module.write(model, corpus.codes[:8], 120)))
        return losses

    found = side_by_side(__name__, lambda module: module.GPT(module.Config(len(corpus.letters))), trained, setting)
    setting.picture("gpt.txt").write_text(written[0] + "\n", "utf-8")
    last = float(np.mean(found.ours[-20:]))
    other = None if found.torch is None else float(np.mean(found.torch[-20:]))
    where = f"{'the language reference' if setting.full else 'the Zen of Python'}, {len(corpus.codes)} characters"
    return [
        Row("GPT", "loss in nats per character", number(last), last < 2.0, where, number(other)),
        *agreement("GPT", found.ours, found.torch),
    ]


if __name__ == "__main__":
    main(run)
