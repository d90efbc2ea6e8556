"""Tables of vectors, one for each class or word."""

from __future__ import annotations

from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """What both layers share: the table, its initial values, and the options of looking up."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        weight: Tensor | None,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ArgumentError(
                    f"{self._get_name()}: padding_idx {padding_idx} is none of the {num_embeddings} rows"
                )
            padding_idx %= num_embeddings
        if weight is not None and weight.shape != (num_embeddings, embedding_dim):
            raise ShapeError(
                f"{self._get_name()}: the given weight must have shape {(num_embeddings, embedding_dim)}, "
                f"got {weight.shape}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if weight is None:
            self.weight = Parameter(ag.empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
            self.reset_parameters()
        else:
            self.weight = Parameter(weight)

    def reset_parameters(self) -> None:
        """Draw the table from the standard normal distribution; the padding's row is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with ag.no_grad():
                self.weight[self.padding_idx] = 0

    def _sizes(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"

    def _options(self) -> str:
        """Return the settings that are not the default ones."""
        listed = [] if self.max_norm is None else [f"max_norm={self.max_norm}"]
        if self.norm_type != 2:
            listed.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq:
            listed.append("scale_grad_by_freq=True")
        return "".join(f", {setting}" for setting in listed)

    def _padding(self) -> str:
        return "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"


def _check_matrix(owner: str, embeddings: Tensor) -> tuple[int, int]:
    """Return the shape of given values, which must be a matrix."""
    if embeddings.ndim != 2:
        raise ShapeError(f"{owner}.from_pretrained: the values must be a matrix (K, E), got shape {embeddings.shape}")
    rows, columns = embeddings.shape
    return rows, columns


class Embedding(_Table):
    """Look up one vector for each index.

    Args:
        num_embeddings: K, the number of vectors.
        embedding_dim: E, their length.
        padding_idx: a vector that starts as zero and is not trained.
        max_norm: scale vectors that are longer down to this norm when they are looked up, in the table itself.
        norm_type: order of that norm.
        scale_grad_by_freq: divide each vector's gradient by how often the input names it.
        sparse: changes nothing: gradients are added into one dense buffer.
        device: the CPU.
        dtype: type of the table.

    Shapes: (*) -> (*, E); weight (K, E).
    Raises: IndexingError if an index is out of range, ArgumentError for a padding_idx that is no row.
    Source: torch.nn.Embedding.

    Example:
        >>> import autograd_np as ag
        >>> layer = Embedding(10, 3, padding_idx=0)
        >>> layer(ag.tensor([[1, 2], [0, 5]])).shape, layer(ag.tensor(0)).tolist()
        ((2, 2, 3), [0.0, 0.0, 0.0])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight,
            device,
            dtype,
        )
        self.weight.requires_grad_(not _freeze)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Return a layer over given vectors, whose memory it shares.

        Args:
            embeddings: the table, one vector per row.
            freeze: do not train it.
            padding_idx: a vector that is not trained.
            max_norm: as for the layer.
            norm_type: as for the layer.
            scale_grad_by_freq: as for the layer.
            sparse: as for the layer.

        Raises: ShapeError unless the values are a matrix.
        Source: torch.nn.Embedding.from_pretrained.

        Example:
            >>> import autograd_np as ag
            >>> layer = Embedding.from_pretrained(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
            >>> layer(ag.tensor([1]))
            tensor([[3., 4.]])
        """
        rows, columns = _check_matrix(cls.__name__, embeddings)
        return cls(
            rows,
            columns,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight=embeddings,
            _freeze=freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Return the vectors."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        sparse = ", sparse=True" if self.sparse else ""
        return f"{self._sizes()}{self._padding()}{self._options()}{sparse}"


class EmbeddingBag(_Table):
    """Look up vectors, and sum, average or maximise them over bags of indices, as for the words of a text.

    Args:
        num_embeddings: K, the number of vectors.
        embedding_dim: E, their length.
        max_norm: scale vectors that are longer down to this norm when they are looked up, in the table itself.
        norm_type: order of that norm.
        scale_grad_by_freq: divide each vector's gradient by how often the input names it.
        mode: 'sum', 'mean' or 'max'; an empty bag gives zeros.
        sparse: changes nothing: gradients are added into one dense buffer.
        include_last_offset: the offsets end with the number of indices.
        padding_idx: an index that does not count.
        device: the CPU.
        dtype: type of the table.

    Shapes: (N, L), or (L,) with offsets (N,) -> (N, E); weight (K, E).
    Raises: IndexingError if an index is out of range, ArgumentError for options that do not fit each other.
    Source: torch.nn.EmbeddingBag.

    Example:
        >>> import autograd_np as ag
        >>> layer = EmbeddingBag(10, 3, mode="sum")
        >>> layer(ag.tensor([1, 2, 4, 5, 4]), ag.tensor([0, 2])).shape
        (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight,
            device,
            dtype,
        )
        self.mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Return a layer over given vectors, whose memory it shares.

        Args:
            embeddings: the table, one vector per row.
            freeze: do not train it.
            max_norm: as for the layer.
            norm_type: as for the layer.
            scale_grad_by_freq: as for the layer.
            mode: as for the layer.
            sparse: as for the layer.
            include_last_offset: as for the layer.
            padding_idx: as for the layer.

        Raises: ShapeError unless the values are a matrix.
        Source: torch.nn.EmbeddingBag.from_pretrained.

        Example:
            >>> import autograd_np as ag
            >>> layer = EmbeddingBag.from_pretrained(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
            >>> layer(ag.tensor([[0, 1]]))
            tensor([[2., 3.]])
        """
        rows, columns = _check_matrix(cls.__name__, embeddings)
        layer = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        layer.weight.requires_grad_(not freeze)
        return layer

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """Return one vector for each bag."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self._sizes()}{self._options()}, mode={self.mode!r}{self._padding()}"
