"""The 1797 handwritten digits of 8×8 pixels that come with scikit-learn: real data that needs no download."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.datasets.files import DatasetError
from nn.datasets.images import LabelledImages

__all__ = ["Digits"]

_CONTENT = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
_LIMIT = 1 << 20


class Digits(LabelledImages):
    """Handwritten digits, 8×8: 1797 of them, four fifths to train on and one fifth held out, split at random by a seed.

    Args:
        train: the images to train on; else those held out.
        transform: applied to the image, a tensor (1, 8, 8) from 0 to 1.
        target_transform: applied to the class.
        normalize: subtract the mean of the training images and divide by their standard deviation.
        flatten: make the image a vector.
        one_hot: give the class as a vector, 1 at its place and 0 elsewhere.
        seed: of the split.

    Shapes: image (1, 8, 8), or (64,) with flatten; class (), or (10,) with one_hot.
    Raises: DatasetError if scikit-learn, whose installation has the file, is not there.
    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998), its test set;
        sklearn.datasets.load_digits.

    Example:
        >>> digits = Digits()
        >>> digits
        Digits(1437 images of 8×8; random split with seed 7, 1437 to train, 360 held out)
        >>> digits[0][0].shape, Digits(train=False, flatten=True).arrays()[0].shape
        ((1, 8, 8), (360, 64))
    """

    def __init__(
        self,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        *,
        normalize: bool = False,
        flatten: bool = False,
        one_hot: bool = False,
        seed: int = 7,
    ) -> None:
        table = _table()
        order = np.random.default_rng(seed).permutation(len(table))
        count = len(table) * 4 // 5
        chosen = table[order[:count] if train else order[count:]]
        scaled = table[order[:count], :-1] / 16
        self.train = train
        self.seed = seed
        super().__init__(
            chosen[:, :-1].reshape(-1, 8, 8),
            chosen[:, -1],
            brightest=16,
            mean=float(scaled.mean()),
            std=float(scaled.std()),
            name="scikit-learn's digits (8×8)",
            split=f"random split with seed {seed}, {count} to train, {len(table) - count} held out",
            classes=tuple("0123456789"),
            transform=transform,
            target_transform=target_transform,
            normalize=normalize,
            flatten=flatten,
            one_hot=one_hot,
        )


def _table() -> npt.NDArray[np.uint8]:
    """Return 64 pixels and the class of each image, from scikit-learn's own file.

    To import scikit-learn and SciPy for it would take a second.
    """
    found = importlib.util.find_spec("sklearn")
    places = (found.submodule_search_locations or []) if found else []
    path = next((p for p in (Path(place, "datasets/data/digits.csv.gz") for place in places) if p.is_file()), None)
    if path is None:
        raise DatasetError(
            "Digits: scikit-learn, whose installation has the file, is not there\n"
            "  fix: pip install 'autograd-np[data]', or pip install scikit-learn"
        )
    with gzip.open(path) as file:
        text = file.read(_LIMIT)
    if hashlib.sha256(text).hexdigest() != _CONTENT:
        raise DatasetError(f"{path}: this is not the file of the 1797 digits\n  fix: install scikit-learn again")
    return np.loadtxt(io.BytesIO(text), np.uint8, delimiter=",")
