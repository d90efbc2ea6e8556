"""Text as a sequence of characters, to predict the next one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd_np import Tensor, from_numpy
from autograd_np.errors import ArgumentError
from nn.utils.data import Dataset

__all__ = ["CharDataset"]


class CharDataset(Dataset[tuple[Tensor, Tensor]]):
    """Windows of a text, each with the same window one character later as its target.

    Args:
        text: the text.
        length: T, the characters of a window.
        stride: from the beginning of one window to the next; 1 gives every window.
        vocabulary: the characters that are known, in the order of their numbers; those of the text, sorted, if not
            given. For held-out text give the training set's.

    Shapes: inputs (T,) and targets (T,), int64.
    Raises: ArgumentError for a text too short for one window, or with characters that are not known.
    Source: the character models of Karpathy's minGPT.

    Example:
        >>> data = CharDataset("hello", length=3)
        >>> x, y = data[1]
        >>> len(data), data.decode(x), data.decode(y), data.vocabulary
        (2, 'ell', 'llo', 'ehlo')
    """

    def __init__(self, text: str, length: int, stride: int = 1, vocabulary: Iterable[str] | None = None) -> None:
        if length < 1 or stride < 1:
            raise ArgumentError(f"CharDataset: length and stride must be at least 1, got {length} and {stride}")
        if len(text) <= length:
            raise ArgumentError(
                f"CharDataset: a window of {length} characters and the one after it need a text of at least "
                f"{length + 1}, got {len(text)}"
            )
        self.vocabulary = "".join(sorted(set(text)) if vocabulary is None else vocabulary)
        self.length = length
        self.stride = stride
        self._numbers = {character: i for i, character in enumerate(self.vocabulary)}
        self._encoded = self.encode(text).numpy()

    def __len__(self) -> int:
        return (len(self._encoded) - 1 - self.length) // self.stride + 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"CharDataset: index {index} is out of range for {len(self)} windows")
        start = position * self.stride
        window = self._encoded[start : start + self.length + 1].copy()
        return from_numpy(window[:-1]), from_numpy(window[1:])

    def encode(self, text: str) -> Tensor:
        """Return the number of each character.

        Shapes: (T,), int64.
        Raises: ArgumentError for a character that is not in the vocabulary.
        """
        unknown = set(text) - self._numbers.keys()
        if unknown:
            raise ArgumentError(
                f"CharDataset: the characters {sorted(unknown)} are not in the vocabulary\n"
                "  fix: make the vocabulary from all the text, or replace what is rare"
            )
        return from_numpy(np.fromiter((self._numbers[c] for c in text), np.int64, len(text)))

    def decode(self, numbers: Iterable[int] | Tensor) -> str:
        """Return the text of these numbers."""
        return "".join(self.vocabulary[int(i)] for i in numbers)
