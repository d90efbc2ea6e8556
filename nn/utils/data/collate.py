"""Samples put together: a batch has the structure of a sample, with a new first axis in every tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np import Tensor, as_tensor, stack, tensor
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Return one batch of several samples.

    Tensors and arrays are stacked, numbers become a tensor, strings a list; tuples, lists and mappings keep their
    structure, with each entry collated.

    Shapes: samples of one shape (...) -> (N, ...).
    Raises: ShapeError for samples of different shapes or lengths, ArgumentError for no samples and for mappings with
        different keys, DTypeError for what cannot be put together.
    Source: torch.utils.data.default_collate.

    Example:
        >>> import autograd_np as ag
        >>> default_collate([(ag.ones(2), 0), (ag.zeros(2), 1)])
        [tensor([[1., 1.],
                 [0., 0.]]), tensor([0, 1])]
    """
    if not len(batch):
        raise ArgumentError("default_collate: expected at least one sample")
    return _collate(batch, "")


def _collate(batch: Sequence[Any], place: str) -> Any:
    """Collate what stands at one place of every sample; `place` is written as an index, such as `['boxes'][0]`."""
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray)):
        return _stack(batch, place)
    if isinstance(first, float):
        return tensor(batch, dtype=np.float64)
    if isinstance(first, (bool, int, np.generic)):
        return as_tensor(np.asarray(batch))
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        return _collate_mappings(batch, place)
    if isinstance(first, Sequence):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise ShapeError(
                f"default_collate: samples of one batch have different lengths {sorted(lengths)}{_at(place)}"
            )
        columns = zip(*batch, strict=True)
        entries = [_collate(list(column), f"{place}[{i}]") for i, column in enumerate(columns)]
        # A named tuple stays one; other tuples become lists, as in PyTorch.
        return type(first)(*entries) if hasattr(first, "_fields") else entries
    raise DTypeError(
        f"default_collate: samples must be made of tensors, arrays, numbers, strings, sequences and mappings, got "
        f"{type(first).__name__}{_at(place)}\n  fix: pass collate_fn= that puts them together"
    )


def _stack(batch: Sequence[Any], place: str) -> Tensor:
    tensors = [as_tensor(sample) for sample in batch]
    shapes = [t.shape for t in tensors]
    if len(set(shapes)) > 1:
        odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        raise ShapeError(
            f"default_collate: sample {odd} of the batch has shape {shapes[odd]}, sample 0 has {shapes[0]}"
            f"{_at(place)}\n  fix: bring the samples to one shape, or pass collate_fn= with padding"
        )
    return stack(tensors)


def _collate_mappings(batch: Sequence[Any], place: str) -> dict[Any, Any]:
    keys = batch[0].keys()
    for i, sample in enumerate(batch):
        if sample.keys() != keys:
            raise ArgumentError(
                f"default_collate: sample {i} of the batch has the keys {list(sample)}, sample 0 has {list(keys)}"
                f"{_at(place)}\n  fix: give every sample the same keys, or pass collate_fn="
            )
    return {key: _collate([sample[key] for sample in batch], f"{place}[{key!r}]") for key in keys}


def _at(place: str) -> str:
    return f" (at sample{place})" if place else ""


def default_convert(data: Any) -> Any:
    """Return a sample with its arrays as tensors; what a loader without batches applies.

    Tuples, lists and mappings keep their structure (tuples become lists, as in PyTorch), all else is returned as it is.

    Shapes: any.
    Source: torch.utils.data.default_convert.

    Example:
        >>> import numpy as np
        >>> default_convert({"x": np.ones(2), "name": "a"})
        {'x': tensor([1., 1.], dtype=float64), 'name': 'a'}
    """
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, np.generic):
        return data if data.dtype.kind in "SUO" else as_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    return data
