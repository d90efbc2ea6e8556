"""Values, types and gradients of every record beside PyTorch itself; `make test-peers` installs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch  # noqa: F401 (this line keeps the module from being collected where PyTorch is absent)

from autograd_np.core import as_tensor
from tests.ops.calls import CALLS, Call, first_and_second, flat
from tests.peers import generate
from tests.peers.test_reference import PEERS, TOLERANCE, compare, stored, tolerance
from tests.samples import Record

PEER_CALLS = [call for call in CALLS if call.record.torch is not None]


@pytest.mark.parametrize("call", PEER_CALLS, ids=str)
def test_pytorch_gives_what_is_stored(call: Call) -> None:
    theirs = stored(call)
    ys, first, second = generate.derivatives(call, call.arrays(), min(2, call.record.order))
    for name, tensors in (("values", ys), ("first", first), ("second", second)):
        assert (tensors is None) == (theirs[name] is None)
        arrays = [] if tensors is None else [as_tensor(generate.as_numpy(t)) for t in tensors]
        compare(name, arrays, theirs[name] or [], tolerance(call))


def drawn(call: Call, rng: np.random.Generator) -> list[Any]:
    """Return operands of an elementwise call with larger shapes that broadcast, in the record's domain."""
    r = call.record
    arrays = []
    positions = [i for i, operand in enumerate(call.case.operands) for _ in flat(operand)]
    for k, (position, sample) in enumerate(zip(positions, flat(call.case.operands), strict=True)):
        shape = ((3, 5, 4), (5, 4), (3, 1, 4))[k % 3]
        if sample.dtype.kind != "f":
            arrays.append(rng.choice(np.unique(sample), shape))
            continue
        low, high = r.domain[min(position, len(r.domain) - 1)]
        if not ((sample >= low) & (sample <= high)).all():
            low, high = float(sample.min()), float(sample.max())
        array = rng.uniform(low, high, shape)
        near = np.any([np.abs(array - kink) < 1e-3 for kink in r.kinks], axis=0) if r.kinks else False
        arrays.append(np.where(near, sample.flat[0], array))
    return arrays


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("call", [call for call in PEER_CALLS if call.record.elementwise], ids=str)
def test_random_operands(call: Call, seed: int) -> None:
    arrays = drawn(call, np.random.default_rng(seed))
    ours = first_and_second(call, arrays, order=min(2, call.record.order))
    theirs = generate.derivatives(call, arrays, min(2, call.record.order))
    for what, mine, other in zip(("output", "gradient", "second gradient"), ours, theirs, strict=True):
        if other is not None:
            compare(what, mine, [generate.shown(generate.as_numpy(t)) for t in other], 10 * tolerance(call))


@pytest.mark.parametrize("r", [r for r in PEERS if r.elementwise], ids=lambda r: r.name)
def test_random_operands_in_float32(r: Record) -> None:
    for call in (call for call in PEER_CALLS if call.record is r):
        arrays = [a.astype(np.float32) if a.dtype.kind == "f" else a for a in drawn(call, np.random.default_rng(9))]
        theirs = [generate.shown(generate.as_numpy(t)) for t in generate.derivatives(call, arrays, 0)[0]]
        compare("output", call(arrays), theirs, TOLERANCE["float32"])
