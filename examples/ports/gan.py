"""A generative adversarial net on real digits: `python -m examples.ports.gan`.

Source: Goodfellow et al. (2014), with the small fully connected nets of many tutorials.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import Row, Setting, agreement, batches, handwritten, main, number, side_by_side
from nn import optim

LATENT = 32


class Generator(nn.Module):
    """Noise to images in [-1, 1].

    Shapes: (N, 32) -> (N, pixels).
    """

    def __init__(self, pixels: int) -> None:
        super().__init__()

        def block(inputs: int, outputs: int, normalize: bool = True) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Linear(inputs, outputs)]
            if normalize:
                layers.append(nn.BatchNorm1d(outputs, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(
            *block(LATENT, 64, normalize=False), *block(64, 128), *block(128, 256), nn.Linear(256, pixels), nn.Tanh()
        )

    def forward(self, z: Any) -> Any:
        """Return images."""
        return self.model(z)


class Discriminator(nn.Module):
    """Images to the probability that they are real.

    Shapes: (N, pixels) -> (N, 1).
    """

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(pixels, 256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 128),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(128, 1),
            nn.Sigmoid(),
        )

    def forward(self, images: Any) -> Any:
        """Return probabilities."""
        return self.model(images)


def build(pixels: int) -> Any:
    """Return both nets."""
    return nn.ModuleDict({"generator": Generator(pixels), "discriminator": Discriminator(pixels)})


def train(nets: Any, images: Any, steps: int, batch_size: int = 64) -> list[float]:
    """Train both nets in turn; return the sum of their losses at each step.

    Args:
        nets: what `build` returns.
        images: (N, pixels) in [-1, 1].
        steps: how many batches.
        batch_size: images in a batch.
    """
    generator, discriminator = nets["generator"], nets["discriminator"]
    adversarial_loss = nn.BCELoss()
    optimizer_g = optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_d = optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    rng = np.random.default_rng(0)
    losses = []
    for _, rows in zip(range(steps), batches(len(images), batch_size, seed=1), strict=False):
        real = torch.from_numpy(images[rows])
        valid = torch.ones(real.size(0), 1)
        fake = torch.zeros(real.size(0), 1)

        optimizer_g.zero_grad()
        z = torch.tensor(rng.normal(0, 1, (real.shape[0], LATENT)), dtype=torch.float32)
        made = generator(z)
        g_loss = adversarial_loss(discriminator(made), valid)
        g_loss.backward()
        optimizer_g.step()

        optimizer_d.zero_grad()
        real_loss = adversarial_loss(discriminator(real), valid)
        fake_loss = adversarial_loss(discriminator(made.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_d.step()
        losses.append(g_loss.item() + d_loss.item())
    return losses


def samples(nets: Any, count: int) -> Any:
    """Return made images as an array (count, pixels)."""
    generator = nets["generator"].eval()
    with torch.no_grad():
        z = torch.from_numpy(np.random.default_rng(5).standard_normal((count, LATENT)).astype(np.float32))
        return generator(z).numpy()


def draw(images: Any, size: int, path: Any) -> None:
    """Write images as a grid of 4×8."""
    grid = images.reshape(4, 8, size, size).transpose(0, 2, 1, 3).reshape(4 * size, 8 * size)
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(grid, cmap="gray", vmin=-1, vmax=1)
    axes.set_axis_off()
    axes.set_title("digits that a generator made", fontsize=10)
    figure.savefig(path, dpi=120)


def run(setting: Setting) -> list[Row]:
    """Train on digits; the made images' brightness per pixel must come near that of the real ones."""
    data = handwritten()
    size = data.train_images.shape[-1]
    images = (data.train_images.reshape(len(data.train_images), -1) * 2 - 1).astype(np.float32)
    steps = setting.choose(600, 6000)
    pictures = []

    def trained(module: Any, nets: Any) -> list[float]:
        losses: list[float] = module.train(nets, images, steps)
        pictures.append(module.samples(nets, 32))
        return losses

    found = side_by_side(__name__, lambda module: module.build(images.shape[1]), trained, setting)
    draw(pictures[0], size, setting.picture("gan.png"))
    away = float(np.abs(pictures[0].mean(0) - images.mean(0)).mean())
    where = f"{data.name}, {steps} steps of 64"
    return [
        Row(
            "GAN",
            "mean made image minus mean real one, in [-1, 1]",
            number(away),
            away < 0.25,
            where,
        ),
        *agreement("GAN", found.ours, found.torch),
    ]


if __name__ == "__main__":
    main(run)
