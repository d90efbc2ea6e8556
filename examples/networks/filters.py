"""The filters of the first layer before and after training, as a picture: `python -m examples.networks.filters`.

At random weights neighbouring pixels of a filter have nothing to do with each other; trained filters are edges and
blobs, so their neighbours agree. The row gives that agreement: the correlation between a filter's values and those one
pixel further.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

import autograd_np as torch
from examples.harness import SEED, Row, Setting, handwritten, main
from examples.networks.simple_conv_net import SimpleConvNet, train


def smoothness(filters: Any) -> float:
    """Return the correlation of neighbouring values within filters (O, 1, KH, KW)."""
    across = np.stack([filters[..., :-1].ravel(), filters[..., 1:].ravel()])
    down = np.stack([filters[..., :-1, :].ravel(), filters[..., 1:, :].ravel()])
    return float(np.corrcoef(np.concatenate([across, down], axis=1))[0, 1])


def draw(path: Any, before: Any, after: Any) -> None:
    """Write both sets of 30 filters side by side, in one scale of grey."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    bound = max(np.abs(before).max(), np.abs(after).max())
    for part, (title, filters) in zip(
        figure.subfigures(1, 2, wspace=0.05), (("before training", before), ("after training", after)), strict=True
    ):
        part.suptitle(title)
        for axes, filter in zip(part.subplots(5, 6).flat, filters[:, 0], strict=True):
            image = axes.imshow(filter, cmap="gray", vmin=-bound, vmax=bound)
            axes.set_axis_off()
        part.colorbar(image, ax=part.axes, orientation="horizontal", shrink=0.6, label="weight")
    figure.savefig(path, dpi=120)


def run(setting: Setting) -> list[Row]:
    """Train SimpleConvNet and draw its filters."""
    data = handwritten()
    epochs = setting.choose(15, 5)
    torch.manual_seed(SEED)
    with threadpool_limits(limits=1):
        model = SimpleConvNet(data.train_images.shape[-1])
        before = model.conv.weight.detach().numpy().copy()
        train(model, data, epochs)
    after = model.conv.weight.detach().numpy()
    draw(setting.picture("filters.png"), before, after)
    was, became = smoothness(before), smoothness(after)
    return [
        Row(
            "filters of SimpleConvNet",
            "correlation of neighbouring weights, before → after",
            f"{was:.2f} → {became:.2f}",
            became > was + 0.1,
            f"{data.name}, {epochs} epochs; filters.png",
        )
    ]


if __name__ == "__main__":
    main(run)
