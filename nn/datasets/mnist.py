"""MNIST and Fashion-MNIST from their IDX files: in a folder, in the cache, or fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nn.datasets.fetching import download
from nn.datasets.files import DatasetError, cache_folder, check_file, read_idx
from nn.datasets.images import LabelledImages

__all__ = ["MNIST", "FashionMNIST"]

Array = npt.NDArray[Any]

_KINDS = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}
#: The 60 000 images have 47 MB.
_LIMIT = 1 << 26


class MNIST(LabelledImages):
    """Handwritten digits, 28×28: 60 000 to train on and 10 000 held out.

    The files are looked for in `root` (also where torchvision puts them, root/MNIST/raw); without `root` in the folder
    that the environment variable MNIST_DIR names; without that in the cache (see `cache_folder`). They may be
    compressed or not. With the 10 000 test images alone, the first four fifths of them are to train on and the rest is
    held out; `split` says which split it is.

    Args:
        root: the folder.
        train: the images to train on; else those held out.
        transform: applied to the image, a tensor (1, 28, 28) from 0 to 1.
        target_transform: applied to the class.
        download: fetch what is missing, into root/MNIST/raw or the cache.
        normalize: subtract the mean of the training images and divide by their standard deviation.
        flatten: make the image a vector.
        one_hot: give the class as a vector, 1 at its place and 0 elsewhere.
        verify: compare the files with their published checksums. Downloads always are, when they come and whenever
            they are read from where `fetch` puts them.

    Shapes: image (1, 28, 28), or (784,) with flatten; class (), or (10,) with one_hot.
    Raises: DatasetError if files are missing, damaged, or could not be fetched.
    Source: LeCun, Cortes, Burges, The MNIST database (1998); torchvision.datasets.MNIST.

    Example:
        >>> try:
        ...     data = MNIST("no/such/folder", train=True, normalize=True)
        ... except DatasetError as error:
        ...     print(str(error).partition(" in ")[0])
        MNIST: neither the training nor the test files are all
    """

    title: ClassVar[str] = "MNIST (28×28)"
    names: ClassVar[tuple[str, ...]] = tuple("0123456789")
    variable: ClassVar[str] = "MNIST_DIR"
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    #: Of the published files, by SHA-256.
    checksums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }
    #: Of what the files contain, where it is known.
    contents: ClassVar[dict[str, str]] = {
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }
    #: Of the 60 000 training images, scaled from 0 to 1.
    statistics: ClassVar[tuple[float, float]] = (0.1307, 0.3081)

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
        *,
        normalize: bool = False,
        flatten: bool = False,
        one_hot: bool = False,
        verify: bool = False,
    ) -> None:
        self.train = train
        self.folder = self._find(root, download=download)
        images, labels, split = self._read(verify=verify)
        super().__init__(
            images,
            labels,
            brightest=255,
            mean=self.statistics[0],
            std=self.statistics[1],
            name=self.title,
            split=split,
            classes=self.names,
            transform=transform,
            target_transform=target_transform,
            normalize=normalize,
            flatten=flatten,
            one_hot=one_hot,
        )

    @classmethod
    def fetch(cls, root: str | os.PathLike[str] | None = None) -> Path:
        """Download the four files that are not there, and return their folder.

        Raises: DatasetError if a file could not be fetched.
        """
        folder = (cache_folder() if root is None else Path(root)) / cls._below()
        for name, checksum in cls.checksums.items():
            download([mirror + name for mirror in cls.mirrors], folder / name, checksum)
        return folder

    @classmethod
    def _below(cls) -> Path:
        """Return where downloads go, below the folder that is named."""
        return Path(cls.__name__) / "raw"

    def _find(self, root: str | os.PathLike[str] | None, *, download: bool) -> Path:
        """Return the folder that has the files, or, where only the test files are found, those."""
        named = os.environ.get(self.variable)
        below = self._below()
        if root is not None:
            places = [Path(root), Path(root) / below]
        elif named:
            places = [Path(named), Path(named) / below]
        else:
            places = []
        if root is None and (download or not named):
            places.append(cache_folder() / below)
        for wanted in (("train", "t10k"), *([] if download else [("train",) if self.train else ("t10k",), ("t10k",)])):
            for place in places:
                if all(_path(place, part, kind) for part in wanted for kind in _KINDS):
                    return place
        if download:
            return self.fetch(root)
        looked = " and ".join(str(place) for place in places)
        raise DatasetError(
            f"{type(self).__name__}: neither the training nor the test files are all in {looked}\n"
            f"  fix: let {self.variable} name the folder that has {', '.join(self.checksums)}, compressed or "
            f"not, or fetch them by download=True or `python -m nn.datasets {type(self).__name__.lower()}`"
        )

    def _read(self, *, verify: bool) -> tuple[Array, Array, str]:
        part = "train" if self.train else "t10k"
        alone = _path(self.folder, "train", "images") is None
        images, labels = self._pair("t10k" if alone else part, verify=verify)
        if not alone:
            other = _path(self.folder, "t10k" if self.train else "train", "labels")
            counts = [len(labels), 0 if other is None else len(read_idx(other, _LIMIT))]
            trained, held_out = counts if self.train else reversed(counts)
            return images, labels, f"official split, {trained} to train, {held_out} held out"
        trained = len(labels) * 4 // 5
        chosen = slice(trained) if self.train else slice(trained, None)
        split = f"the test files alone, {trained} to train, {len(labels) - trained} held out"
        return images[chosen], labels[chosen], split

    def _pair(self, part: str, *, verify: bool) -> tuple[Array, Array]:
        images, labels = (self._file(part, kind, verify=verify) for kind in _KINDS)
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise DatasetError(
                f"{self.folder}: {part} has images {images.shape} and labels {labels.shape}, which do not match"
            )
        if images.dtype != np.uint8 or (labels.size and not 0 <= labels.min() <= labels.max() < len(self.names)):
            raise DatasetError(f"{self.folder}: {part} does not hold bytes with classes below {len(self.names)}")
        return images, labels

    def _file(self, part: str, kind: str, *, verify: bool) -> Array:
        path = _path(self.folder, part, kind)
        if path is None:
            raise DatasetError(f"{self.folder}: {part}-{_KINDS[kind]} is missing beside the other files")
        if path.parent.parts[-2:] == self._below().parts and path.name in self.checksums:
            check_file(path, self.checksums[path.name])
        elif verify:
            content, compressed = self.contents.get(f"{part}-{_KINDS[kind]}"), self.checksums.get(path.name)
            if content is not None:
                check_file(path, content, uncompressed=True)
            elif compressed is not None:
                check_file(path, compressed)
            else:
                raise DatasetError(
                    f"{path}: no checksum of this form of the file was published\n  fix: use {path.name}.gz"
                )
        return read_idx(path, _LIMIT)


class FashionMNIST(MNIST):
    """Articles of clothing, 28×28: 60 000 to train on and 10 000 held out; see MNIST for all else.

    The environment variable is FASHION_MNIST_DIR.

    Source: Xiao, Rasul, Vollgraf, Fashion-MNIST (2017); torchvision.datasets.FashionMNIST.
    """

    title = "Fashion-MNIST (28×28)"
    names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    variable = "FASHION_MNIST_DIR"
    mirrors = (
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    )
    checksums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    }
    contents: ClassVar[dict[str, str]] = {}
    statistics = (0.2860, 0.3530)


def _path(folder: Path, part: str, kind: str) -> Path | None:
    """Return the file of a part, under one of the names in use; None where there is none."""
    name = f"{part}-{_KINDS[kind]}"
    names = (name, f"{name}.gz", name.replace("-idx", ".idx"))
    return next((folder / n for n in names if (folder / n).is_file()), None)
