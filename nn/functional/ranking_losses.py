"""Losses with a margin: of classes, of pairs that are alike or not, of orders, of triplets."""

from __future__ import annotations

from collections.abc import Callable

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError, aligned_shapes
from nn.functional._reduction import alike, alike_in_rank, checked, reduced, signs

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

#: PyTorch's constant: 1e-12 in single precision.
_LEAST_SQUARE = 9.999999960041972e-13


# --- classes ------------------------------------------------------------------------------------------------------


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return how far the right class fails to exceed the others by a margin: Σ max(0, margin - x_t + x_k)ᵖ/K, k not t.

    Args:
        input: scores of the classes.
        target: class indices t.
        p: 1, or 2 for the squares.
        margin: by how much the right class should exceed the others.
        weight: factor for each class.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none', over the samples.

    Shapes: input (N, K) or (K,), target (N,) or (), weight (K,); result () or, with 'none', as the target.

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if class indices are not integers.
        IndexingError: if a class is out of range.
        ArgumentError: for another reduction or p.

    Source: Crammer and Singer, 2001; torch.nn.functional.multi_margin_loss.

    Example:
        >>> multi_margin_loss(ag.tensor([[0.5, 1.0, -2.0]]), ag.tensor([0]))
        tensor(0.5)
    """
    reduction = checked("multi_margin_loss", reduction, size_average, reduce)
    if p not in {1, 2}:
        raise ArgumentError(f"multi_margin_loss: p must be 1 or 2, got {p}")
    if input.ndim not in {1, 2} or target.shape != input.shape[:-1]:
        _raise_shape("multi_margin_loss", input, target, "input (N, K) or (K,) and a class index for each sample")
    classes = input.shape[-1]
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(
            f"multi_margin_loss: expected one weight for each of the {classes} classes, got {weight.shape}"
        )
    _check_classes("multi_margin_loss", target, target, classes)
    place = target.long().unsqueeze(-1)
    violations = ag.relu(margin - input.gather(-1, place) + input) ** p
    if weight is not None:
        violations = violations * weight[place]
    others = ag.ones_like(input, requires_grad=False).scatter(-1, place, 0.0)
    return reduced((violations * others).mean(-1), reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return how far a sample's classes t fail to exceed all others k by 1: Σ max(0, 1 - x_t + x_k)/K over both.

    Args:
        input: scores of the classes.
        target: for each sample its classes, then -1; what follows is not read.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none', over the samples.

    Shapes: any two (N, K) or (K,) that are equal; result () or, with 'none', (N,) or ().

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if class indices are not integers.
        IndexingError: if a class is out of range.
        ArgumentError: for another reduction.

    Source: torch.nn.functional.multilabel_margin_loss.

    Example:
        >>> multilabel_margin_loss(ag.tensor([[0.1, 0.2, 0.4, 0.8]]), ag.tensor([[3, 0, -1, 1]]))
        tensor(0.85)
    """
    reduction = checked("multilabel_margin_loss", reduction, size_average, reduce)
    if input.ndim not in {1, 2} or target.shape != input.shape:
        _raise_shape("multilabel_margin_loss", input, target, "input and target of the same shape, (N, K) or (K,)")
    x, t = (input, target) if input.ndim == 2 else (input.unsqueeze(0), target.unsqueeze(0))
    ended = (t == -1).long().cumsum(-1) > 0
    _check_classes("multilabel_margin_loss", target, ag.where(ended, 0, t), x.shape[1])
    # No sample has more classes than this: most have few, and the table below has a row for each.
    most = int((~ended).sum(-1).max()) if len(t) else 0
    place, counts = ag.where(ended, 0, t).long()[:, :most], (~ended)[:, :most]
    own = ag.zeros(x.shape, dtype=ag.int64).scatter_add(1, place, counts.long()) > 0
    violations = ag.relu(1 - x.gather(1, place).unsqueeze(2) + x.unsqueeze(1))  # (N, most, K)
    allowed = counts.unsqueeze(2) & ~own.unsqueeze(1)
    losses = (violations * allowed).sum((1, 2)) / x.shape[1]
    return reduced(losses if input.ndim == 2 or reduction != "none" else losses.squeeze(0), reduction)


def _check_classes(loss: str, target: Tensor, read: Tensor, classes: int) -> None:
    """Raise unless the classes that are read are integers in range."""
    if target.dtype.kind not in "iu":
        raise DTypeError(f"{loss}: expected integer class indices, got {target.dtype}\n  fix: target.long()")
    wrong = (read < 0) | (read >= classes)
    if wrong.any():
        first = int(read[wrong][0])
        raise IndexingError(
            f"{loss}: class {first} is out of range for {classes} classes\n  fix: classes count from 0 to {classes - 1}"
        )


def _raise_shape(loss: str, input: Tensor, target: Tensor, expected: str) -> None:
    shapes = aligned_shapes({"input": input.shape, "target": target.shape})
    raise ShapeError(f"{loss}: expected {expected}\n{shapes}\n  fix: reshape or unsqueeze them")


# --- pairs --------------------------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return distances of pairs that are alike, and max(0, margin - distance) for those that are not.

    Args:
        input: distances.
        target: 1 for alike, -1 for not.
        margin: how far apart is far enough.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction, or labels other than 1 and -1.
    Source: torch.nn.functional.hinge_embedding_loss, which takes other labels for neither.

    Example:
        >>> hinge_embedding_loss(ag.tensor([0.25, 0.25]), ag.tensor([1, -1]), reduction="none")
        tensor([0.25, 0.75])
    """
    reduction = checked("hinge_embedding_loss", reduction, size_average, reduce)
    alike("hinge_embedding_loss", {"input": input, "target": target})
    signs("hinge_embedding_loss", target)
    return reduced(ag.where(target == 1, input, (margin - input).clamp(min=0)), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return 1 - cos of the angle between vectors that are alike, and max(0, cos - margin) for those that are not.

    Args:
        input1: vectors.
        input2: vectors.
        target: 1 for alike, -1 for not.
        margin: the cosine that is low enough; from 0 to 0.5 is usual.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none', over the pairs.

    Shapes: inputs (N, D) or (D,), target (N,) or (); result () or, with 'none', as the target.
    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction, or labels other than 1 and -1.
    Source: torch.nn.functional.cosine_embedding_loss, which takes other labels for neither.

    Example:
        >>> x, y = ag.tensor([[3.0, 4.0], [3.0, 4.0]]), ag.tensor([[3.0, 0.0], [3.0, 0.0]])
        >>> cosine_embedding_loss(x, y, ag.tensor([1, -1]), reduction="none")
        tensor([0.4, 0.6])
    """
    reduction = checked("cosine_embedding_loss", reduction, size_average, reduce)
    alike("cosine_embedding_loss", {"input1": input1, "input2": input2})
    if input1.ndim not in {1, 2} or target.shape != input1.shape[:-1]:
        _raise_shape("cosine_embedding_loss", input1, target, "inputs (N, D) or (D,) and a label for each pair")
    signs("cosine_embedding_loss", target)
    # Squares that are 0 would make the root's slope infinite.
    squares = [(x * x).sum(-1) + _LEAST_SQUARE for x in (input1, input2)]
    cosine = (input1 * input2).sum(-1) / (squares[0] * squares[1]).sqrt()
    return reduced(ag.where(target == 1, 1 - cosine, (cosine - margin).clamp(min=0)), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, margin - t·(x1 - x2)): how far one score fails to exceed the other by a margin.

    Args:
        input1: scores.
        input2: scores to compare them with.
        target: 1 where the first should be larger, -1 where the second should.
        margin: by how much.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: three with as many axes, that broadcast, such as (N, 1), (1, M) and (N, M); result () or, with 'none', what
        they broadcast to.

    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction, or labels other than 1 and -1.
    Source: torch.nn.functional.margin_ranking_loss.

    Example:
        >>> margin_ranking_loss(ag.tensor([1.0, 1.0]), ag.tensor([3.0, 3.0]), ag.tensor([1, -1]), reduction="none")
        tensor([2., 0.])
    """
    reduction = checked("margin_ranking_loss", reduction, size_average, reduce)
    alike_in_rank("margin_ranking_loss", {"input1": input1, "input2": input2, "target": target})
    signs("margin_ranking_loss", target)
    return reduced((margin - target * (input1 - input2)).clamp(min=0), reduction)


# --- triplets -----------------------------------------------------------------------------------------------------


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return how far vectors fail to be nearer by a margin to one that is alike than to one that is not.

    That is max(0, margin + d(anchor, positive) - d(anchor, negative)).

    Args:
        anchor: vectors.
        positive: vectors that are alike.
        negative: vectors that are not.
        margin: by how much.
        p: order of the norm of differences.
        eps: added to every difference, so that the distance of equal vectors has a gradient.
        swap: take d(positive, negative) in place of the second distance where that is less.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: three with as many axes, that broadcast, such as (N, D); result () or, with 'none', what they broadcast to
        without the last axis.

    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction, or a margin that is not positive.
    Source: Balntas et al., 2016; torch.nn.functional.triplet_margin_loss.

    Example:
        >>> x = ag.tensor([[0.0, 0.0]])
        >>> triplet_margin_loss(x, ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 2.0]]))
        tensor(4.)
    """
    reduction = checked("triplet_margin_loss", reduction, size_average, reduce)

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return ag.pairwise_distance(a, b, p, eps)

    return _triplets("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return `triplet_margin_loss` for a distance of one's own.

    Args:
        anchor: what is compared.
        positive: what is alike.
        negative: what is not.
        distance_function: takes two tensors and returns the distances; None for `pairwise_distance`.
        margin: by how much nearer the one that is alike should be.
        swap: take d(positive, negative) in place of the second distance where that is less.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: three with as many axes; result () or, with 'none', that of the distances.
    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction, or a margin that is not positive.
    Source: Balntas et al., 2016; torch.nn.functional.triplet_margin_with_distance_loss.

    Example:
        >>> x, y, z = ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 2.0]])
        >>> triplet_margin_with_distance_loss(x, y, z, distance_function=lambda a, b: (a - b).abs().amax(-1))
        tensor(3.)
    """
    reduction = checked("triplet_margin_with_distance_loss", reduction)
    distance = ag.pairwise_distance if distance_function is None else distance_function
    name = "triplet_margin_with_distance_loss"
    return _triplets(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplets(
    loss: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ArgumentError(f"{loss}: margin must be positive, got {margin}")
    alike_in_rank(loss, {"anchor": anchor, "positive": positive, "negative": negative})
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ag.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)
