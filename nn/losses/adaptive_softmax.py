"""A softmax over very many classes, of which most are rare."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, IndexingError, ShapeError, aligned_shapes
from nn import functional as F
from nn.containers import ModuleList, Sequential
from nn.layers.linear import Linear
from nn.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _Output(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` returns: the log-probability of each sample's class, and minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of the right classes, where rare classes are computed in clusters, and only when needed.

    The head scores the frequent classes and, as one class each, the clusters; a cluster's own classes have a smaller
    projection the rarer they are.

    Args:
        in_features: features of a sample.
        n_classes: number of classes, the most frequent first.
        cutoffs: where clusters begin, in increasing order.
        div_value: by how much each cluster's projection is smaller than the one before.
        head_bias: give the head a bias.
        device: where the parameters are; there is only the CPU.
        dtype: type of the parameters.

    Shapes: samples (N, D), classes (N,) -> log-probabilities (N,), loss (); or (D,), () -> (), ().

    Raises:
        ArgumentError: if the cutoffs are not increasing classes, or leave a cluster without features.
        ShapeError: if samples and classes do not fit.
        IndexingError: if a class is out of range.

    Source: Grave et al. (2017); torch.nn.AdaptiveLogSoftmaxWithLoss.

    Example:
        >>> layer = AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10], div_value=2.0)
        >>> output, loss = layer(ag.ones(3, 8), ag.tensor([0, 5, 19]))
        >>> output.shape, loss.shape, layer.log_prob(ag.ones(3, 8)).exp().sum(1)
        ((3,), (), tensor([1., 1., 1.], grad_fn=<sum>))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        starts = [int(c) for c in cutoffs]
        if not starts or starts != list(cutoffs) or any(a >= b for a, b in pairwise([0, *starts, n_classes])):
            raise ArgumentError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs must be increasing whole numbers from 1 to {n_classes - 1}, got "
                f"{list(cutoffs)}\n  fix: name the first class of each cluster, without 0 and the number of classes"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*starts, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = starts[0]
        self.n_clusters = len(starts)
        self.head_size = self.shortlist_size + self.n_clusters
        where = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **where)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(pairwise(self.cutoffs), start=1):
            features = int(in_features // div_value**i)
            if not features:
                raise ArgumentError(
                    f"AdaptiveLogSoftmaxWithLoss: {in_features} features divided by {div_value}^{i} leave none for the "
                    f"classes from {start}\n  fix: a smaller div_value, or fewer cutoffs"
                )
            down = Linear(in_features, features, bias=False, **where)
            self.tail.append(Sequential(down, Linear(features, stop - start, bias=False, **where)))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def _check(self, input: Tensor, target: Tensor) -> None:
        if target.ndim > 1 or input.shape != (*target.shape, self.in_features):
            shapes = aligned_shapes({"input": input.shape, "target": target.shape})
            raise ShapeError(
                f"AdaptiveLogSoftmaxWithLoss: expected input (N, {self.in_features}) and target (N,), or one sample "
                f"without N\n{shapes}"
            )
        wrong = target[(target < 0) | (target >= self.n_classes)]
        if len(wrong):
            raise IndexingError(
                f"AdaptiveLogSoftmaxWithLoss: class {int(wrong[0])} is out of range for {self.n_classes} classes\n"
                f"  fix: classes count from 0 to {self.n_classes - 1}"
            )

    def forward(self, input: Tensor, target: Tensor) -> _Output:
        """Return the log-probability of each sample's class, and minus their mean."""
        self._check(input, target)
        x, t = (input, target) if target.ndim else (input.unsqueeze(0), target.unsqueeze(0))
        # A class of the shortlist is its own place in the head; one of cluster i is there as shortlist_size + i.
        place = t
        for i, start in enumerate(self.cutoffs[:-1]):
            place = ag.where(t >= start, self.shortlist_size + i, place)
        output = F.log_softmax(self.head(x), 1).gather(1, place.unsqueeze(1)).squeeze(1)
        for i, start in enumerate(self.cutoffs[:-1]):
            rows = (place == self.shortlist_size + i).nonzero().squeeze(1)
            if len(rows):
                logs = F.log_softmax(self.tail[i](x[rows]), 1)
                output = output.index_add(0, rows, logs.gather(1, (t[rows] - start).unsqueeze(1)).squeeze(1))
        return _Output(output if target.ndim else output.squeeze(0), -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes, (N, D) -> (N, n_classes)."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail, start=self.shortlist_size):
            parts.append(head[:, i : i + 1] + F.log_softmax(cluster(input), 1))
        return ag.cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each sample, (N, D) -> (N,)."""
        best = self.head(input).argmax(1)
        # A class of the shortlist that beats a whole cluster beats the classes in it.
        rare = best >= self.shortlist_size
        if rare.any():
            best[rare] = self.log_prob(input[rare]).argmax(1)
        return best
