"""What large arrays cost before anything is computed: memory that is fresh from the system is slower than arithmetic.

The C library hands blocks above a threshold back to the system as soon as they are freed, and the next one is taken
from it again, page by page: filling a fresh array of 4 MB takes up to ten times as long as filling a used one. A
training step frees and takes the same blocks over and over. glibc raises its threshold by itself, to the size of the
largest block freed so far, but to no more than 32 MB; freeing one of that size brings it there at once.
"""

from __future__ import annotations

import numpy as np

__all__ = ["keep_freed_memory"]

#: A little below the most that glibc's threshold rises to; its own notes on a block must fit as well.
_BLOCK = (1 << 25) - (1 << 16)


def keep_freed_memory() -> None:
    """Let freed blocks of up to 32 MB be used again: at most 64 MB are held for that.

    Nothing is written, so that nothing is taken from the system. A threshold that was set by the user, as
    MALLOC_TRIM_THRESHOLD_ does, stays; C libraries without one are not changed.
    """
    np.empty(_BLOCK, np.uint8)
