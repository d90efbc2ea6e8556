"""Comparing trees, and sending one through a file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

import autograd_np as ag


def written(obj: Any) -> bytes:
    file = io.BytesIO()
    ag.save(obj, file)
    return file.getvalue()


def through_file(obj: Any) -> Any:
    return ag.load(io.BytesIO(written(obj)))


def assert_same(found: Any, expected: Any, where: str = "obj") -> None:
    """Compare types, order, identity of NaN, sign of zero, and of arrays also element type and shape."""
    if isinstance(expected, ag.Tensor):
        assert type(found) is ag.Tensor, where
        assert found.requires_grad == expected.requires_grad, where
        assert_same(found.detach().numpy(), expected.detach().numpy(), where)
        return
    assert type(found) is type(expected), where
    if isinstance(expected, (np.ndarray, np.generic)):
        assert found.dtype == expected.dtype, where
        assert found.shape == expected.shape, where
        assert found.tobytes() == expected.tobytes(), where
    elif isinstance(expected, dict):
        assert_same(list(found), list(expected), f"{where}.keys")
        for mine, theirs in zip(found.values(), expected.values(), strict=True):
            assert_same(mine, theirs, f"{where}[...]")
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected), where
        for i, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
            assert_same(mine, theirs, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert repr(found) == repr(expected), where
    else:
        assert found == expected, where
