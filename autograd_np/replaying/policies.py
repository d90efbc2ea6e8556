"""What replay does about functions that are more than rows: called again, let pass, or a reason to refuse.

Arrays flow from row to row, and one that no row made is refused where the next row takes it. So a function that hands
arrays on may read them as it likes; one that makes Python numbers or decisions of them may not, unless it is listed.
"""

from __future__ import annotations

import dis
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

from autograd_np.core import Tensor
from autograd_np.ops import (
    alignment,
    arithmetic,
    attention,
    class_losses,
    creation,
    index_reductions,
    indexing,
    losses,
    masking,
    normalization,
    random,
    scattering,
    selection,
)

__all__ = ["AGAIN", "CONSTANTS", "HARMLESS", "VALUES", "at_every_replay", "code_of", "hands_on", "reads_values"]

F = TypeVar("F", bound=Callable[..., Any])

#: Functions that are called again at every replay, by their code.
AGAIN: dict[CodeType, Callable[..., Any]] = {}


def at_every_replay(function: F) -> F:
    """Have replay call a function again each time, as it is, instead of recording what it does.

    For draws of random numbers, and for what changes state on purpose: an optimiser's step is declared so. What it is
    given and what it returns may be Tensors, arrays and plain values; it must not keep the Tensors it is given.

    Args:
        function: a Python function or method.

    Example:
        >>> import autograd_np as ag
        >>> @ag.at_every_replay
        ... def count():
        ...     calls.append(1)
        >>> calls = []
        >>> @ag.replay
        ... def double(x):
        ...     count()
        ...     return x * 2
        >>> for n in (1.0, 2.0, 3.0):
        ...     _ = double(ag.tensor([n]))
        >>> len(calls), double.reason
        (3, None)
    """
    AGAIN[function.__code__] = function
    return function


#: Of ours: what moves running statistics, what draws, and checks of values.
for _function in (
    normalization._follow,
    attention._kept,
    losses._check_probabilities,
    alignment._check_log_probs,
):
    at_every_replay(_function)
for _name in random.__all__:
    if _name not in ("Generator", "default_generator"):
        at_every_replay(getattr(random, _name))


def code_of(function: Any) -> CodeType:
    """Return the code of a function or method."""
    code: CodeType = getattr(function, "__func__", function).__code__
    return code


#: Make tensors of numbers: constants, unless arrays are among their arguments.
CONSTANTS = {
    code_of(getattr(creation, name)) for name in creation.__all__ if hasattr(getattr(creation, name), "__code__")
}
#: Read arrays to hand them on, or to raise an error where they are wrong.
HARMLESS = {
    code_of(f)
    for f in (
        indexing.unwrapped,
        indexing.setitem,
        indexing.write_at,
        class_losses.cross_entropy,
        class_losses.nll_loss,
        class_losses._constant,
        arithmetic.pow,
        normalization.batch_norm,
        selection.clamp,
        selection.where,
        masking.masked_fill_,
    )
}
#: Methods of Tensor whose result is no Tensor but its values, or depends on them.
VALUES = {
    code_of(getattr(Tensor, name)): name
    for name in (
        "item", "tolist", "numpy", "__array__", "__dlpack__", "__bool__", "__float__", "__int__", "__index__",
        "__complex__", "__contains__", "__format__", "__repr__", "__reduce_ex__", "__deepcopy__",
    )
}  # fmt: skip
#: Modules whose functions take a Tensor's array for an index, and hand it on to kernels and rows.
_HANDING_ON = frozenset(module.__name__ for module in (indexing, scattering, index_reductions))
_FACTS = frozenset({"dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides"})
_CORE = str(Path(__file__).resolve().parents[1] / "core") + os.sep


def hands_on(frame: FrameType) -> bool:
    """Tell whether a function that asked for the array of a Tensor only hands it on."""
    code = frame.f_code
    return (
        code.co_filename.startswith(_CORE)
        or frame.f_globals.get("__name__") in _HANDING_ON
        or code in (code_of(masking.checked_mask), code_of(creation.tensor), code_of(creation.from_numpy))
    )


@lru_cache(maxsize=4096)
def reads_values(code: CodeType) -> bool:
    """Tell whether a function outside the core reads Tensors' arrays, beyond their shape and type."""
    if "_array" not in code.co_names and "_array" not in code.co_consts:
        return False
    if code.co_filename.startswith(_CORE) or code in HARMLESS:
        return False
    steps = list(dis.get_instructions(code))
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.argval == "_array" and (following is None or following.argval not in _FACTS):
            return True
    return False
