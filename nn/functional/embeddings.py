"""Rows of a table by their numbers: alone, and in bags."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.autograd import Function
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError

__all__ = ["embedding", "embedding_bag"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class SharedByFrequency(Function):
    """The rows as they are; their gradients, which are no derivatives then, divided by how often a row is named."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, share: Tensor) -> Tensor:
        """Return the rows."""
        ctx.save_for_backward(share)
        return rows

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        """Return each row's share of the gradient."""
        (share,) = ctx.saved_tensors
        return g * share, None


def _shorten(weight: Tensor, indices: Array, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are asked for down to the greatest norm, in the table's own memory and unrecorded."""
    table = weight.detach()
    with ag.no_grad():
        asked = np.unique(indices)
        rows = table[asked]
        lengths = ag.norm(rows, norm_type, 1, keepdim=True)
        long = (lengths > max_norm).flatten().numpy()
        if long.any():
            # PyTorch's small addition keeps what was scaled once below the limit.
            table[asked[long]] = (rows * (max_norm / (lengths + 1e-7)))[long]


@ag.at_every_replay
def _check_range(name: str, input: Tensor, count: int) -> None:
    indices = input.numpy()
    if indices.size and (indices.min() < 0 or indices.max() >= count):
        wrong = indices[(indices < 0) | (indices >= count)][0]
        raise IndexingError(
            f"{name}: index {wrong} is out of range for a table of {count} rows\n"
            f"  fix: indices must lie between 0 and {count - 1}; build the layer with a larger num_embeddings"
        )


def _looked_up(
    name: str,
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None,
    max_norm: float | None,
    norm_type: float,
    scale_grad_by_freq: bool,
) -> Tensor:
    """Return the rows of the table after the checks and with the options that both functions share."""
    input = ag.as_tensor(input)
    if input.dtype.kind not in "iu":
        raise DTypeError(
            f"{name}: the input must hold integers, got {input.dtype}\n  fix: convert it with input.long()"
        )
    if weight.ndim != 2:
        raise ShapeError(f"{name}: the weight must be a matrix (K, E), got {weight.shape}")
    _check_range(name, input, len(weight))
    if max_norm is not None and input.numel():
        _shorten(weight, input.numpy(), max_norm, norm_type)
    rows = ag.embedding(weight, input, padding_idx)
    if not scale_grad_by_freq or not input.numel():
        return rows
    indices = input.numpy()
    share = (1 / np.bincount(indices.reshape(-1))[indices]).astype(weight.dtype)
    scaled: Tensor = SharedByFrequency.apply(rows, ag.from_numpy(share[..., None]))
    return scaled


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up one row of a table for each index.

    Args:
        input: which rows; integers.
        weight: the table.
        padding_idx: a row that receives no gradient.
        max_norm: first scale rows that are longer down to this norm, in the table itself.
        norm_type: order of that norm.
        scale_grad_by_freq: divide each row's gradient by how often the input names it.
        sparse: changes nothing: gradients are added into one dense buffer.

    Shapes: input (*), weight (K, E) -> (*, E).
    Raises: IndexingError if an index is out of range, DTypeError unless indices are integers, ShapeError if the table
        is not a matrix.
    Source: torch.nn.functional.embedding.

    Example:
        >>> import autograd_np as ag
        >>> table = ag.tensor([[0.0, 0.0], [3.0, 4.0]])
        >>> embedding(ag.tensor([1, 0]), table), embedding(ag.tensor([1]), table, max_norm=1.0)
        (tensor([[3., 4.],
                [0., 0.]]), tensor([[0.6, 0.8]]))
    """
    return _looked_up("embedding", input, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)


# --- bags ---------------------------------------------------------------------------------------------------------


def _bags(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> tuple[Array, int]:
    """Return which bag each index of the flattened input belongs to, and the number of bags."""
    if input.ndim == 2:
        if offsets is not None:
            raise ArgumentError("embedding_bag: a matrix of indices has one bag per row, so offsets must not be given")
        count, size = input.shape
        return np.repeat(np.arange(count), size), count
    if input.ndim != 1:
        raise ShapeError(f"embedding_bag: expected indices (N, L), or (L,) with offsets, got shape {input.shape}")
    if offsets is None:
        raise ArgumentError(
            "embedding_bag: a vector of indices needs offsets, the place where each bag begins\n"
            "  fix: pass offsets, or a matrix of indices with one bag per row"
        )
    begins = ag.as_tensor(offsets).numpy()
    total = len(input)
    wrong = begins.ndim != 1 or begins.dtype.kind not in "iu" or not begins.size or begins[0] != 0
    if wrong or begins.max() > total or (np.diff(begins) < 0).any():
        raise ArgumentError(
            f"embedding_bag: offsets must be integers that begin with 0, never fall, and end at {total} at most, "
            f"got {begins.tolist()}"
        )
    lengths = np.diff(begins) if include_last_offset else np.diff(begins, append=total)
    if include_last_offset and begins[-1] != total:
        raise ArgumentError(
            f"embedding_bag: with include_last_offset the last offset is the number of indices, {total}, "
            f"got {begins[-1]}"
        )
    return np.repeat(np.arange(len(lengths)), lengths), len(lengths)


def _maxima(rows: Tensor, bags: Array, count: int) -> Tensor:
    """Return the maxima over each bag's rows, and zeros for empty bags; of equal elements the first gets the gradient.

    Shapes: rows (L, E), bags (L,) in ascending order -> (count, E).
    """
    values = rows.detach().numpy()
    starts = np.flatnonzero(np.diff(bags, prepend=-1))
    filled = bags[starts]
    result = ag.zeros(count, rows.shape[1], dtype=rows.dtype)
    if not len(starts):
        return result
    top = np.repeat(np.maximum.reduceat(values, starts), np.diff(starts, append=len(bags)), axis=0)
    place = np.where((values == top) | np.isnan(values), np.arange(len(bags))[:, None], len(bags))
    first = np.minimum.reduceat(place, starts)
    return result.index_copy(0, ag.from_numpy(filled), rows.gather(0, ag.from_numpy(first)))


def _check_bag_options(
    input: Tensor, mode: str, sparse: bool, scale_grad_by_freq: bool, per_sample_weights: Tensor | None
) -> None:
    if mode not in {"sum", "mean", "max"}:
        raise ArgumentError(f"embedding_bag: mode must be 'sum', 'mean' or 'max', got {mode!r}")
    if mode == "max" and (sparse or scale_grad_by_freq):
        option = "sparse" if sparse else "scale_grad_by_freq"
        raise ArgumentError(f"embedding_bag: {option} does not go with the mode 'max'")
    if per_sample_weights is not None:
        if mode != "sum":
            raise ArgumentError(f"embedding_bag: per_sample_weights go with the mode 'sum' only, got {mode!r}")
        if per_sample_weights.shape != input.shape:
            raise ShapeError(
                f"embedding_bag: per_sample_weights must have the input's shape {input.shape}, "
                f"got {per_sample_weights.shape}"
            )


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Look up rows of a table, and sum, average or maximise them over bags of indices.

    Args:
        input: which rows; a matrix has one bag in each row.
        weight: the table.
        offsets: where in a vector of indices each bag begins.
        max_norm: first scale rows that are longer down to this norm, in the table itself.
        norm_type: order of that norm.
        scale_grad_by_freq: divide each row's gradient by how often the input names it.
        mode: 'sum', 'mean' or 'max'; an empty bag gives zeros.
        sparse: changes nothing: gradients are added into one dense buffer.
        per_sample_weights: what each row is multiplied by; for the mode 'sum'.
        include_last_offset: the offsets end with the number of indices.
        padding_idx: indices that do not count.

    Shapes: input (N, L), or (L,) with offsets (N,); weight (K, E) -> (N, E).
    Raises: ArgumentError for options that do not fit each other or wrong offsets; otherwise as `embedding`.
    Source: torch.nn.functional.embedding_bag.

    Example:
        >>> import autograd_np as ag
        >>> table = ag.tensor([[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]])
        >>> embedding_bag(ag.tensor([0, 1, 2]), table, ag.tensor([0, 2]))
        tensor([[1.5, 2.5],
                [3. , 9. ]])
    """
    input = ag.as_tensor(input)
    _check_bag_options(input, mode, sparse, scale_grad_by_freq, per_sample_weights)
    bags, count = _bags(input, offsets, include_last_offset)
    indices, factors = input.reshape(-1), per_sample_weights
    if factors is not None:
        factors = factors.reshape(-1)
    if padding_idx is not None:
        counted = indices.numpy() != (padding_idx + len(weight) if padding_idx < 0 else padding_idx)
        bags, indices = bags[counted], indices[counted]
        factors = None if factors is None else factors[counted]
    rows = _looked_up("embedding_bag", indices, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if mode == "max":
        return _maxima(rows, bags, count)
    if factors is not None:
        rows = rows * factors.unsqueeze(1)
    total = ag.zeros(count, rows.shape[1], dtype=rows.dtype).index_add(0, ag.from_numpy(bags), rows)
    if mode == "sum":
        return total
    sizes = np.maximum(np.bincount(bags, minlength=count), 1).astype(rows.dtype)
    return total / ag.from_numpy(sizes[:, None])
