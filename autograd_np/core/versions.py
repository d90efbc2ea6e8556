"""Serial numbers for nodes and writes, and the cell that remembers who last wrote a storage."""

from __future__ import annotations

import itertools

from autograd_np.core.modes import modes

__all__ = ["VersionCell", "next_serial"]

#: One clock for recorded nodes and for writes: a saved value is stale exactly when its storage was written
#: after its node was recorded.
next_serial = itertools.count(1).__next__


class VersionCell:
    """How often one storage was written in place, when last, and by which operation; shared by its views.

    Class attributes are the state of a storage that was never written, so that making a cell costs one allocation.
    """

    count = 0
    stamp = 0
    writer = ""
    rewired = 0
    #: The user's line of the write with this stamp, where somebody looks on.
    place = (0, "")

    def written(self, writer: str) -> None:
        """Note one write in place by the operation `writer`."""
        self.count += 1
        self.stamp = next_serial()
        self.writer = writer
        for watcher in modes.watchers:
            watcher.wrote(self)
