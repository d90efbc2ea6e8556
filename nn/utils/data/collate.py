"""Samples put together: a batch has the structure of a sample, with a new first axis in every tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np import Tensor, as_tensor, stack, tensor
from autograd_np.errors import DTypeError, ShapeError

__all__ = ["default_collate"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Return one batch of several samples.

    Tensors and arrays are stacked, numbers become a tensor, strings a list; tuples, lists and mappings keep their
    structure, with each entry collated.

    Shapes: samples of one shape (...) -> (N, ...).
    Raises: ShapeError for samples of different shapes or lengths, DTypeError for what cannot be put together.
    Source: torch.utils.data.default_collate.

    Example:
        >>> import autograd_np as ag
        >>> default_collate([(ag.ones(2), 0), (ag.zeros(2), 1)])
        [tensor([[1., 1.],
                 [0., 0.]]), tensor([0, 1])]
    """
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray)):
        shapes = [tuple(sample.shape) for sample in batch]
        if len(set(shapes)) > 1:
            odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
            raise ShapeError(
                f"default_collate: sample {odd} of the batch has shape {shapes[odd]}, sample 0 has {shapes[0]}\n"
                "  fix: bring the samples to one shape, or pass collate_fn= with padding"
            )
        return stack([as_tensor(sample) for sample in batch])
    if isinstance(first, float):
        return tensor(batch, dtype=np.float64)
    if isinstance(first, (bool, int, np.generic)):
        return as_tensor(np.asarray(batch))
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise ShapeError(f"default_collate: samples of one batch have different lengths {sorted(lengths)}")
        entries = [default_collate(list(entry)) for entry in zip(*batch, strict=True)]
        # A named tuple stays one; other tuples become lists, as in PyTorch.
        return type(first)(*entries) if hasattr(first, "_fields") else entries
    raise DTypeError(
        f"default_collate: samples must be made of tensors, arrays, numbers, strings, sequences and mappings, got "
        f"{type(first).__name__}\n  fix: pass collate_fn= that puts them together"
    )
