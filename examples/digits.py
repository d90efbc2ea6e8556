"""Real handwritten digits: MNIST where `MNIST_DIR` names a folder with its files, else scikit-learn's 8×8 images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from nn.datasets import MNIST, LabelledImages
from nn.datasets import Digits as SmallDigits

Array = npt.NDArray[Any]


class Digits(NamedTuple):
    """Images (N, 1, H, W) with values from 0 to 1 and classes (N,), to train on and held out."""

    name: str
    split: str
    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def load() -> Digits:
    """Return the digits: MNIST if `MNIST_DIR` is set, else scikit-learn's.

    Raises: DatasetError if `MNIST_DIR` is set but its files are missing or damaged.
    """
    folder = os.environ.get("MNIST_DIR")
    return mnist(Path(folder)) if folder else small()


def mnist(folder: Path) -> Digits:
    """Return MNIST; with the 10 000 test images alone, the first 8 000 of them are to train on."""
    return _both(MNIST(folder, train=True), MNIST(folder, train=False))


def small() -> Digits:
    """Return the 1797 images that come with scikit-learn, split at random with a fixed seed."""
    return _both(SmallDigits(train=True), SmallDigits(train=False))


def _both(train: LabelledImages, test: LabelledImages) -> Digits:
    return Digits(train.name, train.split, *train.arrays(), *test.arrays())
