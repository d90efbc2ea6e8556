"""Batches of sequences of unequal length: padded to one length, or packed without padding.

Packed, the first steps of all sequences come first, then the second steps of those that have one, and so on, the
longest sequence leading: each step's rows are neighbours, and no padding takes part in anything.

Source: torch.nn.utils.rnn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """Sequences of unequal length without padding, as recurrent layers take and return them.

    `pack_padded_sequence` and `pack_sequence` make it.

    Args:
        data: the rows of all first steps, then those of all second steps, and so on.
        batch_sizes: how many sequences have each step; falls from step to step.
        sorted_indices: which sequence of the batch comes first, second, …; None if they stand in order of length.
        unsorted_indices: the inverse of that.

    Source: torch.nn.utils.rnn.PackedSequence.

    Example:
        >>> import autograd_np as ag
        >>> pack_sequence([ag.tensor([1, 2, 3]), ag.tensor([7])])[:2]
        (tensor([1, 7, 2, 3]), tensor([2, 1, 1]))
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        """Take also one pair of data and batch_sizes, and invert the order where only that is given."""
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Tensor) -> Self:
        """Return the same order of other rows."""
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Return the sequences in another type, as `Tensor.to`."""
        return self._with(self.data.to(*args, **kwargs))

    def float(self) -> Self:
        """Return the sequences as float32."""
        return self._with(self.data.float())

    def double(self) -> Self:
        """Return the sequences as float64."""
        return self._with(self.data.double())

    def half(self) -> Self:
        """Return the sequences as float16."""
        return self._with(self.data.half())

    def long(self) -> Self:
        """Return the sequences as int64."""
        return self._with(self.data.long())

    def int(self) -> Self:
        """Return the sequences as int32."""
        return self._with(self.data.int())

    def cpu(self) -> Self:
        """Return the sequences themselves: they are on the CPU."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """Raise DeviceError: there is only the CPU."""
        return self._with(self.data.cuda(*args, **kwargs))

    @property
    def is_cuda(self) -> bool:
        """Return False: there is only the CPU."""
        return False


# --- which rows belong where ------------------------------------------------------------------------------------------


def _counts(name: str, lengths: Any, sequences: int, longest: int) -> Integers:
    """Return the lengths of the sequences, checked."""
    counts = np.asarray(lengths.numpy() if isinstance(lengths, Tensor) else lengths)
    if counts.shape != (sequences,) or (counts.size and counts.dtype.kind not in "iu"):
        raise ArgumentError(
            f"{name}: expected one whole length for each of the {sequences} sequences, got shape {counts.shape} of "
            f"{counts.dtype}"
        )
    if not sequences:
        raise ArgumentError(f"{name}: there are no sequences")
    if counts.min() < 1 or counts.max() > longest:
        raise ArgumentError(
            f"{name}: lengths must lie between 1 and the {longest} steps that are there, got {counts.tolist()}"
        )
    return counts.astype(np.int64)


def _longest_first(name: str, counts: Integers, enforce_sorted: bool) -> Integers | None:
    """Return which sequence comes first, second, …, or None where they stand in order."""
    if not enforce_sorted:
        return np.argsort(-counts, kind="stable")
    if (np.diff(counts) > 0).any():
        raise ArgumentError(
            f"{name}: enforce_sorted=True asks for the longest sequence first, got lengths {counts.tolist()}\n"
            "  fix: pass enforce_sorted=False; the order of the batch comes back after the layer"
        )
    return None


def _running(counts: Integers, order: Integers | None) -> tuple[Integers, Integers, Integers]:
    """Return the step and the sequence of each packed row, and how many rows each step has."""
    sizes = counts if order is None else counts[order]
    running = sizes > np.arange(sizes[0])[:, None]  # (L, N)
    steps, places = running.nonzero()
    return steps, places if order is None else order[places], running.sum(1)


def _unpacked(name: str, sequence: PackedSequence) -> tuple[Integers, Integers, Integers]:
    """Return the step and the sequence of each packed row, and the lengths in the order of the batch."""
    if not isinstance(sequence, PackedSequence):
        raise ArgumentError(f"{name}: expected a PackedSequence, got {type(sequence).__name__}")
    sizes = sequence.batch_sizes.numpy()
    running = np.arange(sizes[0]) < sizes[:, None]  # (L, N)
    steps, places = running.nonzero()
    counts = running.sum(0)
    if sequence.sorted_indices is None or sequence.unsorted_indices is None:
        return steps, places, counts
    return steps, sequence.sorted_indices.numpy()[places], counts[sequence.unsorted_indices.numpy()]


def _packed(data: Tensor, sizes: Integers, order: Integers | None) -> PackedSequence:
    return PackedSequence(data, ag.tensor(sizes), None if order is None else ag.tensor(order))


def _padded(
    rows: Tensor, key: tuple[Integers, Integers], steps: int, sequences: int, batch_first: bool, value: float
) -> Tensor:
    """Return rows at their (step, sequence), and the value elsewhere."""
    sizes = (sequences, steps) if batch_first else (steps, sequences)
    base = ag.full((*sizes, *rows.shape[1:]), value, dtype=rows.dtype)
    return base.index_put(key[::-1] if batch_first else key, rows)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that undoes another one; None for None.

    Shapes: (N,) -> (N,).
    Source: torch.nn.utils.rnn.invert_permutation.

    Example:
        >>> import autograd_np as ag
        >>> invert_permutation(ag.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    return None if permutation is None else permutation.argsort()


# --- packing ----------------------------------------------------------------------------------------------------------


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Take the padding out of a batch of padded sequences.

    Args:
        input: the batch.
        lengths: how many steps of each sequence count.
        batch_first: the batch axis comes before the steps.
        enforce_sorted: the sequences stand in order of falling length; False sorts them, and what is computed from
            them returns in the order of the batch.

    Shapes: (L, N, *) or, with batch_first, (N, L, *) -> data (sum of lengths, *).
    Raises: ArgumentError for lengths below 1 or above L, or that rise where they must not; ShapeError for fewer than
        two axes.
    Source: torch.nn.utils.rnn.pack_padded_sequence.

    Example:
        >>> import autograd_np as ag
        >>> batch = ag.tensor([[1, 2, 0], [4, 5, 6]])
        >>> pack_padded_sequence(batch, [2, 3], batch_first=True, enforce_sorted=False).data
        tensor([4, 1, 5, 2, 6])
    """
    name = "pack_padded_sequence"
    if input.ndim < 2:
        raise ShapeError(f"{name}: expected (L, N, *), or (N, L, *) with batch_first=True, got shape {input.shape}")
    sequences, steps = input.shape[:2] if batch_first else input.shape[1::-1]
    counts = _counts(name, lengths, sequences, steps)
    order = _longest_first(name, counts, enforce_sorted)
    step, sequence, sizes = _running(counts, order)
    return _packed(input[(sequence, step) if batch_first else (step, sequence)], sizes, order)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return packed sequences as a padded batch in its original order, and their lengths.

    Args:
        sequence: packed sequences.
        batch_first: put the batch axis before the steps.
        padding_value: what stands after the end of a sequence.
        total_length: the number of steps; that of the longest sequence if not given.

    Shapes: data (R, *) -> (L, N, *) or, with batch_first, (N, L, *), and (N,).
    Raises: ArgumentError if total_length is less than the longest sequence.
    Source: torch.nn.utils.rnn.pad_packed_sequence.

    Example:
        >>> import autograd_np as ag
        >>> packed = pack_sequence([ag.tensor([7]), ag.tensor([1, 2])], enforce_sorted=False)
        >>> pad_packed_sequence(packed, batch_first=True, padding_value=-1)
        (tensor([[ 7, -1],
                [ 1,  2]]), tensor([1, 2]))
    """
    step, place, counts = _unpacked("pad_packed_sequence", sequence)
    longest = len(sequence.batch_sizes)
    steps = longest if total_length is None else total_length
    if steps < longest:
        raise ArgumentError(f"pad_packed_sequence: total_length {steps} is less than the longest sequence, {longest}")
    padded = _padded(sequence.data, (step, place), steps, len(counts), batch_first, padding_value)
    return padded, ag.tensor(counts)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of unequal length.

    Args:
        sequences: at least one, each with at least one step.
        enforce_sorted: they stand in order of falling length; False sorts them.

    Shapes: each (L, *) with its own L -> data (sum of lengths, *).
    Raises: ArgumentError for an empty sequence, or lengths that rise where they must not; ShapeError if the sequences
        differ in other axes.
    Source: torch.nn.utils.rnn.pack_sequence.

    Example:
        >>> import autograd_np as ag
        >>> pack_sequence([ag.tensor([1, 2, 3]), ag.tensor([4, 5]), ag.tensor([6])]).data
        tensor([1, 4, 6, 2, 5, 3])
    """
    rows, counts = _joined("pack_sequence", sequences)
    counts = _counts("pack_sequence", counts, len(counts), max(counts.tolist(), default=0))
    order = _longest_first("pack_sequence", counts, enforce_sorted)
    step, sequence, sizes = _running(counts, order)
    return _packed(rows[np.cumsum(counts)[sequence] - counts[sequence] + step], sizes, order)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return packed sequences one by one, in the order of the batch.

    Shapes: data (R, *) -> each (L, *) with its own L.
    Source: torch.nn.utils.rnn.unpack_sequence.

    Example:
        >>> import autograd_np as ag
        >>> unpack_sequence(pack_sequence([ag.tensor([1, 2]), ag.tensor([7])]))
        [tensor([1, 2]), tensor([7])]
    """
    step, place, counts = _unpacked("unpack_sequence", packed_sequences)
    rows = np.lexsort((step, place))
    return [packed_sequences.data[part] for part in np.split(rows, np.cumsum(counts)[:-1])]


# --- padding ----------------------------------------------------------------------------------------------------------


def _joined(name: str, sequences: Iterable[Tensor]) -> tuple[Tensor, Integers]:
    """Return the rows of all sequences one after the other, and the sequences' lengths."""
    listed = list(sequences)
    if not listed:
        raise ArgumentError(f"{name}: there are no sequences")
    for number, sequence in enumerate(listed):
        if not isinstance(sequence, Tensor) or not sequence.ndim or sequence.shape[1:] != listed[0].shape[1:]:
            found = sequence.shape if isinstance(sequence, Tensor) else type(sequence).__name__
            raise ShapeError(
                f"{name}: expected tensors (L, *) that differ in L alone; the first has shape {listed[0].shape}, "
                f"number {number} is {found}"
            )
    return ag.cat(listed), np.array([len(sequence) for sequence in listed])


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Make one batch of sequences of unequal length.

    Args:
        sequences: at least one.
        batch_first: put the batch axis before the steps.
        padding_value: what is put beside shorter sequences.
        padding_side: 'right', after their end, or 'left', before their beginning.

    Shapes: each (L, *) with its own L -> (longest L, N, *) or, with batch_first, (N, longest L, *).
    Raises: ShapeError if the sequences differ in other axes; ArgumentError for another side, or no sequences.
    Source: torch.nn.utils.rnn.pad_sequence.

    Example:
        >>> import autograd_np as ag
        >>> pad_sequence([ag.tensor([1, 2, 3]), ag.tensor([4])], batch_first=True)
        tensor([[1, 2, 3],
                [4, 0, 0]])
    """
    if padding_side not in {"left", "right"}:
        raise ArgumentError(f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}")
    rows, counts = _joined("pad_sequence", sequences)
    longest = int(counts.max())
    sequence, step = (counts[:, None] > np.arange(longest)).nonzero()
    if padding_side == "left":
        step += (longest - counts)[sequence]
    return _padded(rows, (step, sequence), longest, len(counts), batch_first, padding_value)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False
) -> list[Tensor]:
    """Return the sequences of a padded batch one by one, as views.

    Shapes: (L, N, *) or, with batch_first, (N, L, *), and N lengths -> each (length, *).
    Raises: ShapeError if there is not one length for each sequence.
    Source: torch.nn.utils.rnn.unpad_sequence.

    Example:
        >>> import autograd_np as ag
        >>> unpad_sequence(ag.tensor([[1, 2], [4, 0]]), [2, 1], batch_first=True)
        [tensor([1, 2]), tensor([4])]
    """
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    counts: list[Any] = list(lengths)
    if len(batch) != len(counts):
        raise ShapeError(f"unpad_sequence: the batch has {len(batch)} sequences, but there are {len(counts)} lengths")
    return [sequence[: int(count)] for sequence, count in zip(batch, counts, strict=True)]
