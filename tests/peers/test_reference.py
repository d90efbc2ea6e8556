"""Values, types and gradients of every record are PyTorch's, as stored by `python -m tests.peers.generate`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.ops.calls import CALLS, Call, first_and_second
from tests.peers.differences import DIFFERENT_CALLS, DIFFERENT_KINDS, DIFFERENT_PROMOTION, LESS_EXACT
from tests.peers.observations import KINDS, REFERENCE, cast, digest, load, mismatch, promotes, promotion_operands
from tests.samples import Record, all_records

PEERS = [r for r in all_records() if r.torch is not None]
PEER_CALLS = [call for call in CALLS if call.record.torch is not None]
TOLERANCE = {"float32": 2e-5, "float16": 2e-2}


@functools.cache
def reference() -> dict[str, Any]:
    return load()


def stored(call: Call) -> dict[str, Any]:
    """Return the stored values of a call, or fail and say how to make them."""
    calls = reference().get(call.record.name, {}).get("calls", [])
    known = call.number < len(calls) and calls[call.number]["digest"] == digest(call)
    assert known, f"no stored values for {call}: run `make reference`"
    return calls[call.number]  # type: ignore[no-any-return]  # as generate wrote it


def tolerance(call: Call) -> float:
    known = LESS_EXACT.get(call.record.name, (0.0, ""))[0]
    return max(1e-9, known, call.record.tolerance if call.record.tolerance > 1e-6 else 0)


def compare(what: str, ours: Sequence[Any], theirs: Sequence[Any], allowed: float) -> None:
    assert len(ours) == len(theirs), f"{what}: {len(ours)} tensors, PyTorch gives {len(theirs)}"
    problems = [mismatch(t.detach().numpy(), s, allowed) for t, s in zip(ours, theirs, strict=True)]
    wrong = [f"{what} {k}: {problem}" for k, problem in enumerate(problems) if problem]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("call", PEER_CALLS, ids=str)
def test_values_and_gradients(call: Call) -> None:
    theirs = stored(call)
    ys, first, second = first_and_second(call, call.arrays(), order=min(2, call.record.order))
    compare("output", ys, theirs["values"], tolerance(call))
    if theirs["first"] is not None:
        compare("gradient", first, theirs["first"], tolerance(call))
    if theirs["second"] is not None:
        compare("second gradient", second, theirs["second"], 10 * tolerance(call))


@pytest.mark.parametrize("call", PEER_CALLS, ids=str)
def test_float32(call: Call) -> None:
    theirs = stored(call)
    if "float32" in theirs:
        compare("output", call(call.arrays(np.float32)), theirs["float32"], TOLERANCE["float32"])


def kind_differs(call: Call, kind: str) -> str | None:
    """Return in words how a call in another type differs, or None; types that PyTorch refuses are ours to choose."""
    theirs = stored(call).get("kinds", {}).get(kind)
    if theirs is None:
        return None
    try:
        with np.errstate(all="ignore"):
            outputs = call([cast(a, kind) for a in call.arrays()])
        compare("output", outputs, theirs, TOLERANCE.get(kind, 2e-5))
    except Exception as error:  # noqa: BLE001 (all types are listed at once)
        return f"{kind}: {type(error).__name__}: {error}".partition("\n")[0]
    return None


@pytest.mark.parametrize("call", PEER_CALLS, ids=str)
def test_other_types(call: Call) -> None:
    found = {kind: kind_differs(call, kind) for kind in KINDS}
    wrong = [words for kind, words in found.items() if words and (call.record.name, kind) not in DIFFERENT_KINDS]
    if str(call) in DIFFERENT_CALLS:
        assert wrong, f"{call} differs no longer: take it from DIFFERENT_CALLS"
        return
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("r", [r for r in PEERS if promotes(r)], ids=lambda r: r.name)
def test_promotion(r: Record) -> None:
    theirs = reference().get(r.name, {}).get("promotion")
    assert theirs is not None, f"no stored promotion of {r.name}: run `make reference`"
    wrong = []
    for name, pair in promotion_operands():
        if theirs[name] is None:
            continue
        try:
            with np.errstate(all="ignore"):
                y = r.function(*pair)
            problem = mismatch(y.detach().numpy(), theirs[name], 2e-5)
        except Exception as error:  # noqa: BLE001 (all combinations are listed at once)
            problem = f"{type(error).__name__}: {error}".partition("\n")[0]
        if problem and (r.name, name) not in DIFFERENT_PROMOTION:
            wrong.append(f"({name}): {problem}")
    assert not wrong, "\n".join(wrong)


def test_every_record_has_stored_values_or_none_to_have() -> None:
    names = {r.name for r in PEERS}
    assert names <= reference().keys(), f"run `make reference`: {sorted(names - reference().keys())}"
    assert reference().keys() <= names | {""}, f"stored, but no record: {sorted(reference().keys() - names)}"


def test_the_file_is_small() -> None:
    assert REFERENCE.stat().st_size <= 1_000_000


@pytest.mark.parametrize(("name", "kind"), DIFFERENT_KINDS)
def test_differences_are_still_there(name: str, kind: str) -> None:
    assert any(kind_differs(call, kind) for call in PEER_CALLS if call.record.name == name)
