"""Random tensors from a generator that can be seeded, saved and restored."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import numpy as np

from autograd_np._typing import DTypeLike, TensorLike
from autograd_np.core import Tensor, as_dtype, as_tensor, check_device, default_float, wrap
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.creation import Device, size_of

__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

_STATE_BYTES = 37


class Generator:
    """A source of random numbers: PCG64, whose state is a tensor of 37 bytes.

    The same seed gives the same numbers on every machine, but not PyTorch's.

    Source: torch.Generator; O'Neill, PCG (2014).

    Example:
        >>> g = Generator().manual_seed(3)
        >>> state = g.get_state(); a = rand(2, generator=g)
        >>> _ = g.set_state(state); bool((rand(2, generator=g) == a).all())
        True
    """

    def __init__(self, device: Device = None) -> None:
        check_device(device)
        self._seed = 0

    @cached_property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator of this sequence, made on first use: NumPy loads its own only then."""
        return np.random.Generator(np.random.PCG64(self._seed % 2**64))

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence that belongs to this seed, and return the generator."""
        self._seed = int(seed)
        self.__dict__.pop("numpy", None)
        return self

    def seed(self) -> int:
        """Start a sequence that nobody can foresee, and return its seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1).initial_seed()

    def initial_seed(self) -> int:
        """Return the seed of the current sequence."""
        return self._seed

    def get_state(self) -> Tensor:
        """Return the place in the sequence, as bytes.

        Shapes: () -> (37,), uint8.
        """
        state: Any = self.numpy.bit_generator.state
        parts = [
            state["state"]["state"].to_bytes(16, "little"),
            state["state"]["inc"].to_bytes(16, "little"),
            bytes([state["has_uint32"]]),
            state["uinteger"].to_bytes(4, "little"),
        ]
        return wrap(np.frombuffer(b"".join(parts), np.uint8).copy(), None)

    def set_state(self, new_state: Tensor) -> Generator:
        """Return to a place in the sequence, and return the generator.

        Raises: ArgumentError if these are not the 37 bytes of a state.
        """
        state = as_tensor(new_state)
        if state.dtype != np.uint8 or state.shape != (_STATE_BYTES,):
            raise ArgumentError(
                f"set_state: expected {_STATE_BYTES} bytes from get_state, got {state.dtype} of shape {state.shape}"
            )
        data = state._array.tobytes()
        self.numpy.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(data[:16], "little"),
                "inc": int.from_bytes(data[16:32], "little"),
            },
            "has_uint32": data[32],
            "uinteger": int.from_bytes(data[33:], "little"),
        }
        return self


#: The generator of every draw that names no other.
default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, and return it.

    Source: torch.manual_seed.

    Example:
        >>> _ = manual_seed(0); a = rand(2)
        >>> _ = manual_seed(0); bool((rand(2) == a).all())
        True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator unforeseeably, and return the seed.

    Source: torch.seed.

    Example:
        >>> first = seed(); initial_seed() == first
        True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """Return the default generator's seed.

    Source: torch.initial_seed.

    Example:
        >>> _ = manual_seed(7); initial_seed()
        7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the default generator's place in its sequence.

    Shapes: () -> (37,), uint8.
    Source: torch.get_rng_state.

    Example:
        >>> get_rng_state().shape
        (37,)
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Return the default generator to a place in its sequence.

    Raises: ArgumentError if these are not the bytes of a state.
    Source: torch.set_rng_state.

    Example:
        >>> set_rng_state(get_rng_state())
    """
    default_generator.set_state(new_state)


def _numpy(generator: Generator | None) -> np.random.Generator:
    return (generator or default_generator).numpy


def _floats(draw: Any, shape: Any, dtype: DTypeLike | None) -> Any:
    """Return what `draw(shape, dtype)` gives, in single or double precision as the type asks."""
    kind = default_float() if dtype is None else as_dtype(dtype)
    if kind.kind != "f":
        raise ArgumentError(f"random: floats cannot be drawn as {kind}\n  fix: use randint for integers")
    exact = kind if kind in (np.float32, np.float64) else np.dtype(np.float32)
    return np.asarray(draw(shape, exact)).astype(kind, copy=False)


def _leaf(array: Any, device: Device, requires_grad: bool) -> Tensor:
    check_device(device)
    result = wrap(np.asarray(array), None)
    return result.requires_grad_() if requires_grad else result


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniformly from [0, 1).

    Shapes: `sizes`, as numbers or one sequence, or `size` by name.
    Source: torch.rand.

    Example:
        >>> rand(2, 3).shape
        (2, 3)
    """
    return _leaf(_floats(_numpy(generator).random, size_of("rand", sizes, size), dtype), device, requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the standard normal distribution.

    Shapes: `sizes`, as numbers or one sequence, or `size` by name.
    Source: torch.randn.

    Example:
        >>> randn(2, 3).dtype
        dtype('float32')
    """
    return _leaf(
        _floats(_numpy(generator).standard_normal, size_of("randn", sizes, size), dtype), device, requires_grad
    )


def randint(
    low: int,
    high: int | Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers uniformly from [low, high), or from [0, high) with one bound.

    Shapes: `size`.
    Raises: ArgumentError if the range is empty.
    Source: torch.randint.

    Example:
        >>> randint(3, 4, (2,)), randint(1, (2,))
        (tensor([3, 3]), tensor([0, 0]))
    """
    if size is None:
        low, high, size = 0, low, high
    if high is None or low >= high:
        raise ArgumentError(f"randint: the range [{low}, {high}) is empty")
    shape = size_of("randint", size if isinstance(size, tuple) else (size,))
    values = np.asarray(_numpy(generator).integers(low, high, shape))
    return _leaf(values.astype(np.int64 if dtype is None else as_dtype(dtype)), device, requires_grad)


def rand_like(input: TensorLike, *, dtype: DTypeLike | None = None, generator: Generator | None = None) -> Tensor:
    """Draw uniformly from [0, 1) in another tensor's shape and type.

    Shapes: any.
    Source: torch.rand_like.

    Example:
        >>> rand_like(as_tensor([[1.0]])).shape
        (1, 1)
    """
    x = as_tensor(input)
    return rand(x.shape, dtype=x.dtype if dtype is None else dtype, generator=generator)


def randn_like(input: TensorLike, *, dtype: DTypeLike | None = None, generator: Generator | None = None) -> Tensor:
    """Draw from the standard normal distribution in another tensor's shape and type.

    Shapes: any.
    Source: torch.randn_like.

    Example:
        >>> randn_like(as_tensor([[1.0]])).shape
        (1, 1)
    """
    x = as_tensor(input)
    return randn(x.shape, dtype=x.dtype if dtype is None else dtype, generator=generator)


def randint_like(
    input: TensorLike,
    low: int,
    high: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw integers in another tensor's shape and type.

    Shapes: any.
    Source: torch.randint_like.

    Example:
        >>> randint_like(as_tensor([5.0]), 1)
        tensor([0.])
    """
    x = as_tensor(input)
    bounds = (0, low) if high is None else (low, high)
    return randint(*bounds, x.shape, dtype=x.dtype if dtype is None else dtype, generator=generator)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: DTypeLike | None = None, device: Device = None
) -> Tensor:
    """Return the integers below n in random order.

    Shapes: () -> (n,).
    Source: torch.randperm.

    Example:
        >>> sorted(randperm(3).tolist())
        [0, 1, 2]
    """
    kind = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    return _leaf(_numpy(generator).permutation(n).astype(kind), device, requires_grad=False)


def normal(mean: TensorLike, std: TensorLike = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Draw from normal distributions with the given means and standard deviations.

    Shapes: mean and std broadcast; with `size` both are numbers.
    Raises: ArgumentError for a negative standard deviation.
    Source: torch.normal.

    Example:
        >>> normal(0.0, 1.0, (2, 3)).shape
        (2, 3)
    """
    centre, width = as_tensor(mean), as_tensor(std)
    if (width._array < 0).any():
        raise ArgumentError(f"normal: the standard deviation must not be negative, got {std}")
    shape = np.broadcast_shapes(centre.shape, width.shape) if size is None else size_of("normal", (size,))
    noise = _floats(_numpy(generator).standard_normal, shape, None)
    return wrap(np.asarray(noise * width._array + centre._array, noise.dtype), None)


def bernoulli(input: TensorLike, *, generator: Generator | None = None) -> Tensor:
    """Draw 1 with the given probabilities, else 0.

    Shapes: any.
    Raises: ArgumentError for probabilities outside [0, 1].
    Source: torch.bernoulli.

    Example:
        >>> bernoulli(as_tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    p = as_tensor(input)._array
    if not ((p >= 0) & (p <= 1)).all():
        raise ArgumentError("bernoulli: probabilities must lie in [0, 1]\n  fix: apply sigmoid or softmax first")
    return wrap(np.asarray(_numpy(generator).random(p.shape) < p).astype(p.dtype), None)


def poisson(input: TensorLike, *, generator: Generator | None = None) -> Tensor:
    """Draw from Poisson distributions with the given rates.

    Shapes: any.
    Raises: ArgumentError for negative rates.
    Source: torch.poisson.

    Example:
        >>> poisson(as_tensor([0.0]))
        tensor([0.])
    """
    rate = as_tensor(input)._array
    if not (rate >= 0).all():
        raise ArgumentError("poisson: rates must not be negative")
    return wrap(np.asarray(_numpy(generator).poisson(rate)).astype(rate.dtype), None)


def multinomial(
    input: TensorLike, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draw indices with probabilities proportional to the weights of each row.

    Shapes: weights (K,) -> (num_samples,), or (N, K) -> (N, num_samples).
    Raises: ShapeError for another rank, ArgumentError for weights that leave too little to draw from.
    Source: torch.multinomial.

    Example:
        >>> multinomial(as_tensor([0.0, 3.0]), 2, replacement=True)
        tensor([1, 1])
    """
    weights = np.asarray(as_tensor(input)._array, np.float64)
    if weights.ndim not in (1, 2):
        raise ShapeError(f"multinomial: expected weights of shape (K,) or (N, K), got {weights.shape}")
    rows = np.atleast_2d(weights)
    if not np.isfinite(rows).all() or (rows < 0).any() or (rows.sum(1) <= 0).any():
        raise ArgumentError("multinomial: each row needs finite weights that are not negative, with a positive sum")
    if not replacement and ((rows > 0).sum(1) < num_samples).any():
        raise ArgumentError(
            f"multinomial: {num_samples} different indices cannot be drawn from rows with fewer positive weights\n"
            "  fix: draw fewer, or pass replacement=True"
        )
    rng = _numpy(generator)
    draws = [rng.choice(row.size, num_samples, replace=replacement, p=row / row.sum()) for row in rows]
    result = np.asarray(draws, np.int64)
    return wrap(result if weights.ndim == 2 else result[0], None)
