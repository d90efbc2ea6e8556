"""Transforms put together, and where their random numbers come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_np import Generator, default_generator
from autograd_np.errors import ArgumentError
from nn.transforms._draws import check_probability
from nn.utils.data.worker import worker_seed

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder", "Transform"]


class Transform:
    """Base of transforms: callables from an image, or a batch of images, to another.

    A random one draws from `generator`, or from autograd_np's if none is given. Of a batch each image draws for itself,
    unlike in torchvision, which draws once for all. In a DataLoader's worker a generator gives its seed only: each
    worker, in each epoch, draws numbers of its own, although each has the same copy of the generator.

    Args:
        generator: where random numbers come from.

    Source: the classes of torchvision.transforms, which have no such base.

    Example:
        >>> class Invert(Transform):
        ...     def _apply(self, img):
        ...         return 1 - img
        >>> Compose([Invert(), Invert()])(0.25)
        0.25
    """

    def __init__(self, generator: Generator | None = None) -> None:
        self.generator = generator
        self._of_worker: tuple[int, np.random.Generator] | None = None

    def __call__(self, img: Any) -> Any:
        """Return the image, transformed; subclasses define `_apply`."""
        return self._apply(img)

    def _apply(self, img: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _apply(img)")

    @property
    def rng(self) -> np.random.Generator:
        """Return NumPy's generator to draw from."""
        seed = worker_seed()
        if self.generator is None or seed is None:
            return (self.generator or default_generator).numpy
        if self._of_worker is None or self._of_worker[0] != seed:
            words = np.random.SeedSequence([seed, self.generator.initial_seed() % 2**64])
            self._of_worker = seed, np.random.Generator(np.random.PCG64(words))
        return self._of_worker[1]

    def __repr__(self) -> str:
        shown = {k: v for k, v in vars(self).items() if not k.startswith("_") and k != "generator"}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class Compose(Transform):
    """Apply transforms one after the other.

    Args:
        transforms: any callables.

    Source: torchvision.transforms.Compose.

    Example:
        >>> import numpy as np
        >>> both = Compose([Lambda(lambda x: x + 1), Lambda(lambda x: 2 * x)])
        >>> both(np.array([1.0]))
        array([4.])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        super().__init__()
        self.transforms = list(transforms)
        _check_callable("Compose", self.transforms)

    def _apply(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return _listed(self, self.transforms)


def _check_callable(name: str, transforms: Sequence[Any]) -> None:
    for transform in transforms:
        if not callable(transform):
            raise ArgumentError(f"{name}: expected transforms, which can be called, got {type(transform).__name__}")


def _listed(owner: Any, transforms: Sequence[Any], more: str = "") -> str:
    lines = "".join(f"\n    {transform!r}".replace("\n", "\n    ").replace("    ", "", 1) for transform in transforms)
    return f"{type(owner).__name__}({more}{lines}\n)"


class Lambda(Transform):
    """Apply a function.

    A lambda cannot be sent to a spawned worker; a function at the top of a module can.

    Args:
        lambd: the function.

    Source: torchvision.transforms.Lambda.

    Example:
        >>> Lambda(abs)(-2)
        2
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        super().__init__()
        _check_callable("Lambda", [lambd])
        self.lambd = lambd

    def _apply(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__qualname__', self.lambd)})"


class RandomApply(Transform):
    """Apply transforms with a probability, else none of them; a batch as a whole.

    Args:
        transforms: any callables.
        p: the probability.
        generator: where random numbers come from.

    Source: torchvision.transforms.RandomApply.

    Example:
        >>> RandomApply([abs], p=1.0)(-2), RandomApply([abs], p=0.0)(-2)
        (2, -2)
    """

    def __init__(
        self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5, *, generator: Generator | None = None
    ) -> None:
        super().__init__(generator)
        self.transforms = list(transforms)
        self.p = check_probability("RandomApply", p)
        _check_callable("RandomApply", self.transforms)

    def _apply(self, img: Any) -> Any:
        if self.rng.random() >= self.p:
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return _listed(self, self.transforms, f"\n    p={self.p}")


class RandomChoice(Transform):
    """Apply one of several transforms; a batch as a whole.

    Args:
        transforms: any callables.
        p: how likely each is; they need not add up to 1. All the same if not given.
        generator: where random numbers come from.

    Raises: ArgumentError for weights that are not one per transform, negative, or all 0.
    Source: torchvision.transforms.RandomChoice.

    Example:
        >>> RandomChoice([abs, hex], p=[1, 0])(-2)
        2
    """

    def __init__(
        self,
        transforms: Sequence[Callable[[Any], Any]],
        p: Sequence[float] | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.transforms = list(transforms)
        self.p = None if p is None else list(p)
        _check_callable("RandomChoice", self.transforms)
        weights = np.ones(len(self.transforms)) if p is None else np.asarray(p, np.float64)
        if weights.shape != (len(self.transforms),) or (weights < 0).any() or not weights.sum() > 0:
            raise ArgumentError(
                f"RandomChoice: expected a weight for each of {len(self.transforms)} transforms, not negative and "
                f"not all 0, got {p}"
            )
        self._shares = weights / weights.sum()

    def _apply(self, img: Any) -> Any:
        return self.transforms[self.rng.choice(len(self.transforms), p=self._shares)](img)

    def __repr__(self) -> str:
        return _listed(self, self.transforms, f"\n    p={self.p}")


class RandomOrder(Transform):
    """Apply transforms in a random order; a batch as a whole.

    Args:
        transforms: any callables.
        generator: where random numbers come from.

    Source: torchvision.transforms.RandomOrder.

    Example:
        >>> RandomOrder([abs, float])(-2)
        2.0
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], *, generator: Generator | None = None) -> None:
        super().__init__(generator)
        self.transforms = list(transforms)
        _check_callable("RandomOrder", self.transforms)

    def _apply(self, img: Any) -> Any:
        for i in self.rng.permutation(len(self.transforms)):
            img = self.transforms[i](img)
        return img

    def __repr__(self) -> str:
        return _listed(self, self.transforms)
