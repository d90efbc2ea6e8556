from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ShapeError
from nn.training import History, draw_curves, draw_filters


def test_curves_share_axes_with_their_validation(tmp_path: Path) -> None:
    history = History()
    for i in range(3):
        history.append({"loss": 2.0**-i, "accuracy": i / 3, "validation_loss": 1.5**-i})
    figure = draw_curves(history, tmp_path / "curves.png", log=True)
    loss, accuracy = figure.axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), [1, 0.5, 0.25])
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_each_filter_has_its_own_scale() -> None:
    weight = ag.zeros(3, 1, 2, 2)
    weight[1] = ag.tensor([[[1.0, 2.0], [3.0, 5.0]]])
    figure = draw_filters(weight, columns=2, title="before")
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(pictures) == 3
    np.testing.assert_allclose(pictures[1], [[0, 0.25], [0.5, 1]])
    assert not pictures[0].any()


def test_coloured_filters_and_wrong_rank() -> None:
    figure = draw_filters(ag.randn(2, 3, 4, 4))
    assert figure.axes[0].images[0].get_array().shape == (4, 4, 3)
    with pytest.raises(ShapeError, match="expected a weight"):
        draw_filters(ag.zeros(3, 3))
