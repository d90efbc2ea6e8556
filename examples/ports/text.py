"""Text that every Python carries: the Zen of Python, and the language's own help."""

from __future__ import annotations

import codecs
import importlib
import io
from contextlib import redirect_stdout
from pydoc_data.topics import topics
from typing import Any, NamedTuple

import numpy as np


class Text(NamedTuple):
    """Characters as numbers: `codes` (L,), and `letters`, where a number's character stands."""

    codes: Any
    letters: str

    def decoded(self, codes: Any) -> str:
        """Return numbers as text."""
        return "".join(self.letters[int(code)] for code in codes)


def encoded(text: str) -> Text:
    """Return a text as numbers, its characters in alphabetical order."""
    letters = "".join(sorted(set(text)))
    place = {letter: i for i, letter in enumerate(letters)}
    return Text(np.array([place[letter] for letter in text], np.int64), letters)


def zen() -> Text:
    """Return the Zen of Python, 856 characters, the same in every version."""
    with redirect_stdout(io.StringIO()):
        this = importlib.import_module("this")  # prints itself
    return encoded(codecs.decode(this.s, "rot13"))


def manual(length: int) -> Text:
    """Return the start of the language's reference as `help()` shows it."""
    return encoded("\n".join(topics[name] for name in sorted(topics))[:length])


def windows(codes: Any, length: int, count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return random passages (count, length) and the same one character later."""
    starts = rng.integers(0, len(codes) - length, count)[:, None] + np.arange(length)
    return codes[starts], codes[starts + 1]
