"""Data to learn from: real digits and clothing, and made-up sets that follow from their seed.

Where files come from the internet they are checked and kept: `python -m nn.datasets mnist` fetches MNIST.

Source: torchvision.datasets for the names it has.
"""

from nn.datasets.digits import Digits
from nn.datasets.files import DatasetError, cache_folder, read_idx
from nn.datasets.images import LabelledImages
from nn.datasets.mnist import MNIST, FashionMNIST
from nn.datasets.shapes import ShapeBoxes, ShapeKeyPoints
from nn.datasets.text import CharDataset
from nn.datasets.toy import Spirals, Trigonometric, Waves

__all__ = [
    "MNIST",
    "CharDataset",
    "DatasetError",
    "Digits",
    "FashionMNIST",
    "LabelledImages",
    "ShapeBoxes",
    "ShapeKeyPoints",
    "Spirals",
    "Trigonometric",
    "Waves",
    "cache_folder",
    "read_idx",
]
