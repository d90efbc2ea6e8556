"""Labelled images in memory, one at a time with transforms, or all at once as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import as_tensor, from_numpy
from nn.utils.data import Dataset, TensorDataset

__all__ = ["LabelledImages"]

Array = npt.NDArray[Any]


class LabelledImages(Dataset[tuple[Any, Any]]):
    """Grey images with a class each.

    A sample is (image, class): a float32 tensor from 0 to 1, and an int. `transform` sees that image; `normalize` and
    `flatten` come after it, so that what it fills in as 0 is black.

    Args:
        images: integers from 0 to `brightest`.
        labels: the classes.
        brightest: the value of white.
        mean: of the training images, scaled from 0 to 1.
        std: their standard deviation.
        name: for figures, such as "MNIST (28×28)".
        split: for figures, which images are trained on and which are held out.
        classes: their names.
        transform: applied to the image.
        target_transform: applied to the class.
        normalize: subtract `mean` and divide by `std`.
        flatten: make the image a vector.
        one_hot: give the class as a vector, 1 at its place and 0 elsewhere.

    Shapes: images (N, H, W), labels (N,) -> image (1, H, W), or (H·W,) with flatten; class (), or (K,) with one_hot.
    Source: torchvision.datasets.MNIST, whose `data`, `targets`, `classes` and `class_to_idx` it has.

    Example:
        >>> images, labels = np.array([[[0, 51]], [[255, 0]]], np.uint8), np.array([1, 0])
        >>> about = {"name": "dots", "split": "all to train", "classes": "ab", "mean": 0.5, "std": 0.5}
        >>> data = LabelledImages(images, labels, brightest=255, flatten=True, **about)
        >>> data[0]
        (tensor([0. , 0.2]), 1)
        >>> data.arrays()[0].shape
        (2, 2)
    """

    def __init__(
        self,
        images: Array,
        labels: Array,
        *,
        brightest: int,
        mean: float,
        std: float,
        name: str,
        split: str,
        classes: Sequence[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        normalize: bool = False,
        flatten: bool = False,
        one_hot: bool = False,
    ) -> None:
        self.data = as_tensor(images)
        self.targets = as_tensor(labels.astype(np.int64))
        self.name = name
        self.split = split
        self.classes = list(classes)
        self.mean = mean
        self.std = std
        self.transform = transform
        self.target_transform = target_transform
        self.normalize = normalize
        self.flatten = flatten
        self.one_hot = one_hot
        self._brightest = brightest

    @property
    def class_to_idx(self) -> dict[str, int]:
        """Return the number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = from_numpy(self._scaled(self.data.numpy()[index]))
        if self.transform is not None:
            image = as_tensor(self.transform(image))
        if self.normalize:
            image = (image - self.mean) / self.std
        if self.flatten:
            image = image.flatten()
        target: Any = int(self.targets.numpy()[index])
        if self.one_hot:
            target = from_numpy(self._codes(np.asarray(target)))
        return image, target if self.target_transform is None else self.target_transform(target)

    def arrays(self) -> tuple[Array, Array]:
        """Return all images and classes as arrays, with normalize, flatten and one_hot but without transforms.

        Shapes: (N, 1, H, W) or (N, H·W), float32; (N,), int64, or (N, K), float32.
        """
        images = self._scaled(self.data.numpy())
        if self.normalize:
            images -= np.float32(self.mean)
            images /= np.float32(self.std)
        labels = self.targets.numpy()
        return images.reshape(len(images), -1) if self.flatten else images, (
            self._codes(labels) if self.one_hot else labels.copy()
        )

    def tensors(self) -> TensorDataset:
        """Return the same as `arrays` as a TensorDataset: where no transform is needed, loading is faster from it."""
        return TensorDataset(*(from_numpy(array) for array in self.arrays()))

    def _scaled(self, images: Array) -> Array:
        scaled: Array = np.divide(images, self._brightest, dtype=np.float32)[..., None, :, :]
        return scaled

    def _codes(self, labels: Array) -> Array:
        return np.asarray(labels[..., None] == np.arange(len(self.classes)), np.float32)

    def __repr__(self) -> str:
        height, width = self.data.shape[1:]
        return f"{type(self).__name__}({len(self)} images of {height}×{width}; {self.split})"
