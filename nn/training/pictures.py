"""Curves of a history, and filters as pictures, by matplotlib."""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn.training.history import History

__all__ = ["draw_curves", "draw_filters"]


def _new_figure(width: float, height: float) -> Any:
    try:
        figure = importlib.import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise ImportError("pictures of training need matplotlib\n  fix: pip install matplotlib") from error
    return figure(figsize=(width, height), layout="constrained")


def _finished(figure: Any, path: str | os.PathLike[str] | None) -> Any:
    if path is not None:
        figure.savefig(path, dpi=120)
    return figure


def draw_curves(history: History, path: str | os.PathLike[str] | None = None, *, log: bool = False) -> Any:
    """Draw every figure of a history over the epochs; a figure and its validation share axes.

    Args:
        history: what `Trainer.fit` returns.
        path: where to write the picture; its ending says how.
        log: draw losses on a logarithmic scale.

    Returns: matplotlib's Figure.
    Raises: ImportError where matplotlib is not installed.

    Example:
        >>> history = History()
        >>> history.append({"loss": 1.0, "validation_loss": 1.2, "accuracy": 0.5})
        >>> [axes.get_title() for axes in draw_curves(history).axes]
        ['loss', 'accuracy']
    """
    names = [name for name in history.names if not name.startswith("validation_")]
    figure = _new_figure(4.5 * max(1, len(names)), 3.4)
    epochs = np.arange(1, len(history) + 1)
    size = 3 if len(epochs) <= 50 else 0  # marks that touch each other would be a thick line
    for axes, name in zip(np.ravel(figure.subplots(1, max(1, len(names)))), names, strict=False):
        axes.plot(epochs, history[name], marker="o", markersize=size, label="training")
        if f"validation_{name}" in history:
            axes.plot(epochs, history[f"validation_{name}"], marker="s", markersize=size, label="validation")
            axes.legend()
        axes.set(title=name, xlabel="epoch", yscale="log" if log and "loss" in name else "linear")
        axes.grid(alpha=0.3)
    return _finished(figure, path)


def draw_filters(
    weight: Tensor, path: str | os.PathLike[str] | None = None, *, columns: int = 8, title: str = ""
) -> Any:
    """Draw the filters of a convolution, each on its own scale from dark (least) to bright (largest).

    Args:
        weight: one or three input channels are drawn as grey or coloured pictures; of others the mean over channels.
        path: where to write the picture.
        columns: filters in a row.
        title: above the picture.

    Shapes: weight (O, C, KH, KW).
    Returns: matplotlib's Figure.
    Raises: ShapeError for another rank, ImportError where matplotlib is not installed.

    Example:
        >>> import autograd_np as ag
        >>> len(draw_filters(ag.randn(5, 1, 3, 3), columns=4).axes)
        8
    """
    if weight.ndim != 4:
        raise ShapeError(f"draw_filters: expected a weight (O, C, KH, KW), got {weight.shape}")
    filters = weight.detach().numpy()
    filters = filters.transpose(0, 2, 3, 1) if filters.shape[1] == 3 else filters.mean(1)  # (O, KH, KW[, 3])
    rows = -(-len(filters) // columns)
    figure = _new_figure(columns * 0.9, rows * 0.9 + (0.4 if title else 0))
    grid = np.ravel(figure.subplots(rows, columns))
    for axes in grid:
        axes.set_axis_off()
    for axes, picture in zip(grid, filters, strict=False):
        low, high = picture.min(), picture.max()
        axes.imshow((picture - low) / (high - low if high > low else 1), cmap="gray", vmin=0, vmax=1)
    if title:
        figure.suptitle(title, fontsize=10)
    return _finished(figure, path)
