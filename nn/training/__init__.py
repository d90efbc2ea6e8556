"""Aids for training loops that no one has to use: a trainer, its history and callbacks, and pictures of both.

`import nn` does not load this package; `nn.training` does on first use. The progress bar needs tqdm, the pictures need
matplotlib: `pip install autograd-np[examples]`.
"""

from nn.training.callbacks import Callback, Checkpoint, EarlyStopping, ProgressBar, UpdateRatios
from nn.training.history import History
from nn.training.pictures import draw_curves, draw_filters
from nn.training.trainer import Trainer

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "ProgressBar",
    "Trainer",
    "UpdateRatios",
    "draw_curves",
    "draw_filters",
]
