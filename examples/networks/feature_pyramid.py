"""Dilated and transposed convolutions, upsampling, a feature pyramid: `python -m examples.networks.feature_pyramid`.

What changes the size of maps, or how far a filter sees, by shapes and gradients: a 3×3 filter with dilation 2 sees 5×5
positions, nine of them; a transposed convolution is the adjoint of the convolution and enlarges; upsampling repeats
each value, so its gradient sums over the repetitions. A feature pyramid adds the upsampled maps of a small, deep level
to those of the larger one below it, so that every level knows what the deepest does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from autograd_np.autograd import gradcheck
from examples.harness import Figures, Row, Setting, main, number, side_by_side


class FeaturePyramid(nn.Module):
    """Three levels bottom-up, each at half the size of the one below, and the same three top-down.

    Shapes: (N, 3, H, W) -> (N, O, H/2, W/2), (N, O, H/4, W/4), (N, O, H/8, W/8).
    """

    def __init__(self, maps: int = 8) -> None:
        super().__init__()
        widths = [3, 4, 6, 8]
        self.up = nn.ModuleList([nn.Conv2d(widths[i], widths[i + 1], 3, stride=2, padding=1) for i in range(3)])
        self.lateral = nn.ModuleList([nn.Conv2d(width, maps, 1) for width in widths[1:]])
        self.smooth = nn.ModuleList([nn.Conv2d(maps, maps, 3, padding=1) for _ in range(3)])

    def forward(self, x: Any) -> Any:
        """Return the levels, the largest first."""
        levels = []
        for conv, lateral in zip(self.up, self.lateral, strict=True):
            x = torch.tanh(conv(x))
            levels.append(lateral(x))
        for i in (1, 0):
            levels[i] = levels[i] + F.interpolate(levels[i + 1], scale_factor=2, mode="nearest")
        return tuple(smooth(level) for smooth, level in zip(self.smooth, levels, strict=True))


class Layers(nn.Module):
    """The layers to look at, in float64."""

    def __init__(self) -> None:
        super().__init__()
        self.dilated = nn.Conv2d(2, 3, 3, padding=2, dilation=2)
        self.down = nn.Conv2d(2, 3, 4, stride=2, padding=1, bias=False)
        self.transposed = nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1, bias=False)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.pyramid = FeaturePyramid()
        self.double()


def images(*shape: int) -> Any:
    """Return random values that ask for gradients."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal(shape)).requires_grad_()


def receptive_field(layer: Any) -> str:
    """Return what one output sees: the extent of its gradient, and how many positions of it are not zero."""
    x = images(1, 2, 9, 9)
    layer(x)[0, 0, 4, 4].backward()
    rows, columns = np.nonzero(x.grad.numpy()[0, 0])
    return f"{np.ptp(rows) + 1}×{np.ptp(columns) + 1}, {len(rows)} positions"


def adjointness(down: Any, transposed: Any) -> float:
    """Return |⟨conv x, y⟩ - ⟨x, transposed y⟩| for the same weights."""
    with torch.no_grad():
        transposed.weight.copy_(down.weight)
    x, y = images(2, 2, 8, 8), images(2, 3, 4, 4)
    return abs(((down(x) * y).sum() - (x * transposed(y)).sum()).item())


def shapes(model: Any) -> dict[str, Any]:
    """Return the sizes that come out for maps of 8×8, or an image of 32×32."""
    x = images(1, 2, 8, 8)
    return {
        "dilated conv": tuple(model.dilated(x).shape[2:]),
        "transposed conv": tuple(model.transposed(images(1, 3, 8, 8)).shape[2:]),
        "upsampling": tuple(model.upsample(x).shape[2:]),
        "feature pyramid": tuple(tuple(level.shape[2:]) for level in model.pyramid(images(1, 3, 32, 32))),
    }


def gradients(model: Any) -> dict[str, tuple[bool, Any]]:
    """Return for each layer whether its gradients agree with differences, and its gradient for a random weighting."""
    inputs = {
        "dilated conv": (model.dilated, images(1, 2, 5, 5)),
        "transposed conv": (model.transposed, images(1, 3, 3, 3)),
        "upsampling": (model.upsample, images(1, 2, 3, 3)),
        "feature pyramid": (model.pyramid, images(1, 3, 8, 8)),
    }
    found = {}
    for name, (layer, x) in inputs.items():
        agrees = gradcheck(lambda x, *_, layer=layer: layer(x), (x, *layer.parameters()))
        y = layer(x)
        total = sum((part * images(*part.shape).detach()).sum() for part in (y if isinstance(y, tuple) else (y,)))
        total.backward()
        found[name] = (
            agrees,
            np.concatenate([x.grad.numpy().ravel(), *(p.grad.numpy().ravel() for p in layer.parameters())]),
        )
    return found


def observe(model: Any) -> dict[str, Any]:
    """Return everything there is to see."""
    return {
        "field": receptive_field(model.dilated),
        "adjoint": adjointness(model.down, model.transposed),
        "shapes": shapes(model),
        "gradients": gradients(model),
    }


EXPECTED = {
    "dilated conv": (8, 8),
    "transposed conv": (16, 16),
    "upsampling": (16, 16),
    "feature pyramid": ((16, 16), (8, 8), (4, 4)),
}


def sizes(shape: Any) -> str:
    """Return sizes as text, those of several levels beside each other."""
    return ", ".join(map(sizes, shape)) if isinstance(shape[0], tuple) else "×".join(map(str, shape))


def layer_rows(found: Figures, name: str) -> list[Row]:
    """Return the rows of one layer: sizes, and gradients against differences and against PyTorch."""
    shape = found.ours["shapes"][name]
    agrees, gradient = found.ours["gradients"][name]
    taken = "an image of 32×32" if name == "feature pyramid" else "maps of 8×8"
    rows = [
        Row(
            name,
            "size of what comes out",
            sizes(shape),
            shape == EXPECTED[name],
            taken,
            sizes(found.torch["shapes"][name]) if found.torch else "",
        ),
        Row(name, "gradients agree with differences", "yes" if agrees else "no", agrees, "random maps"),
    ]
    if found.torch:
        gap = float(np.abs(gradient - found.torch["gradients"][name][1]).max())
        rows.append(Row(name, "largest difference of a gradient from PyTorch's", number(gap), gap < 1e-10, "the same"))
    return rows


def run(setting: Setting) -> list[Row]:
    """Look at each layer, here and in PyTorch."""
    found = side_by_side(__name__, lambda module: module.Layers(), lambda module, model: module.observe(model), setting)
    field, gap = found.ours["field"], found.ours["adjoint"]
    return [
        Row(
            "dilated conv, 3×3, dilation 2",
            "receptive field",
            field,
            field == "5×5, 9 positions",
            "random maps",
            found.torch["field"] if found.torch else "",
            "5×5",
        ),
        Row(
            "transposed conv",
            "|⟨conv x, y⟩ - ⟨x, transposed y⟩|",
            number(gap),
            gap < 1e-12,
            "random maps",
            number(found.torch["adjoint"] if found.torch else None),
            "0",
        ),
        *(row for name in EXPECTED for row in layer_rows(found, name)),
    ]


if __name__ == "__main__":
    main(run)
