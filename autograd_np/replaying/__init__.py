"""Replay: a call is recorded once per signature, and then done again as a flat list of NumPy calls.

    @ag.replay
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for x, y in loader:
        loss = step(x, y)       # recorded at the first batch, replayed from then on
    step.reason                 # why the last call ran eagerly; None if it did not

**What is recorded.** The first call of a signature (structure, shapes, types and layouts of Tensors and arrays; other
arguments by value or identity; gradient mode and default type) runs eagerly, and watch.py looks on: it sees every row
that is called, every write in place and every backward. What they do goes on a tape (tape.py), by running kernels and
rules again on arrays that log what is done with them: a kernel of a few lines leaves those lines, a larger one is one
call. derivatives.py takes the engine's steps on the tape. Whatever comes out must be the eager result, bit for bit.

**What a replay does.** program.py writes the tape as a Python function of NumPy calls. plan.py drops what nothing needs
and computes constants once; buffers.py gives results memory that is used again, never that of anything handed out.
Kernels that are more than a few calls (convolution, LSTM, attention) are called as they are. Functions declared
`at_every_replay` are called again: random draws, running statistics, optimisers' steps and schedules, clipping. So
random numbers are new, and learning rates and other settings of an optimiser are those of the moment.

**What is watched.** Parameters and buffers are read as they are at each replay; `load_state_dict`, `p.data = …` and
optimisers need nothing. guards.py reads from the bytecode of each function that ran which variables and attributes it
names: if a number, a Tensor, a module's part, `training` or a hook is another one, that is another recording. Printing
and other effects of Python's own happen once, when the call is recorded.

**What is refused.** Whatever reads values (`item`, `bool`, `numpy`, `tolist`, `float`, formatting, masks as indices),
arrays that come from nowhere (NumPy's own random numbers), hooks on tensors, users' Functions, `create_graph`,
arguments written in place, a result that still carries its graph, state of Python that the call itself changes. Such
calls run eagerly, and `reason` says why. `verify=n` runs every n-th replay eagerly as well, and compares.

One thread replays a recording at a time; others run eagerly meanwhile.
"""

from __future__ import annotations

import importlib
from typing import Any

from autograd_np.replaying.policies import at_every_replay

__all__ = ["ReplayError", "Replayed", "at_every_replay", "replay"]


def __getattr__(name: str) -> Any:
    """Return what is imported on first use: programs that replay nothing do not wait for it."""
    if name in ("ReplayError", "Replayed", "replay"):
        return getattr(importlib.import_module("autograd_np.replaying.function"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
