"""The answer to programs that ask for a GPU: there is none. Source: torch.cuda."""

from __future__ import annotations

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all", "synchronize"]


def is_available() -> bool:
    """Return False: autograd_np computes on the CPU.

    Source: torch.cuda.is_available.

    Example:
        >>> is_available()
        False
    """
    return False


def device_count() -> int:
    """Return 0.

    Source: torch.cuda.device_count.

    Example:
        >>> device_count()
        0
    """
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing: there is no generator to seed.

    Source: torch.cuda.manual_seed.

    Example:
        >>> manual_seed(0)
    """


def manual_seed_all(seed: int) -> None:
    """Do nothing: there are no generators to seed.

    Source: torch.cuda.manual_seed_all.

    Example:
        >>> manual_seed_all(0)
    """


def empty_cache() -> None:
    """Do nothing: there is no memory of a GPU.

    Source: torch.cuda.empty_cache.

    Example:
        >>> empty_cache()
    """


def synchronize(device: object = None) -> None:
    """Do nothing: every operation has ended when it returns.

    Source: torch.cuda.synchronize.

    Example:
        >>> synchronize()
    """
