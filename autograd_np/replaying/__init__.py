"""Replay."""

from autograd_np.replaying.function import Replayed, ReplayError, replay
from autograd_np.replaying.policies import at_every_replay

__all__ = ["ReplayError", "Replayed", "at_every_replay", "replay"]
