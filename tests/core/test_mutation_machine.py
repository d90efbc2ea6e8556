"""Random programs of views, writes in place, forks and backwards: their functional form's gradients, or an error.

Hypothesis draws the programs. Each step runs on the engine and on the oracle of functional_oracle.py. A backward must
give the oracle's gradients, or raise MutationError; and it may raise only if something that the loss was computed from
was written since it was read. A refused write must have changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

import autograd_np as ag
import nn
from autograd_np.autograd import Function, detect_mutation, function, grad, mutation_check
from autograd_np.core import Tensor, arities, engine, mutation, registry, wrap
from autograd_np.core.tensor import View
from autograd_np.core.versions import VersionCell
from autograd_np.errors import GraphError, MutationError
from autograd_np.utils import checkpoint as checkpointing
from autograd_np.utils.checkpoint import checkpoint
from nn.optim import _flat
from tests.core.functional_oracle import FUNCTIONS, SLOTS, Family, Jets, Storage, constant, merged

#: Views, which work alike on Tensors and on arrays of places.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "first": lambda v: v[0] if v.ndim and len(v) else v[...],
    "rest": lambda v: v[1:] if v.ndim else v[...],
    "backwards": lambda v: v[::-1] if v.ndim else v[...],
    "every second": lambda v: v[..., ::2] if v.ndim else v[...],
    "new axis": lambda v: v[None],
    # Always a view; where reshape has to copy, writes do not reach the base.
    "reshaped": lambda v: v.reshape((1, *v.shape, 1)),
    "swapped": lambda v: v.swapaxes(0, -1) if v.ndim else v[...],
    "diagonal": lambda v: v.diagonal() if v.ndim > 1 else v[...],
    "repeated": lambda v: v.expand(2, *v.shape) if isinstance(v, Tensor) else np.broadcast_to(v, (2, *v.shape)),
    "last": lambda v: v.unbind(-1)[-1] if isinstance(v, Tensor) and v.ndim else v[..., -1] if v.ndim else v[...],
}

WRITES = ("add", "mul", "copy", "item", "masked", "put", "sin", "tanh", "zero", "itself", "dirty")

#: Beyond this, sums that cancel would differ by rounding.
BOUND = 1e4


class _Passed(Function):
    """Returns its argument as it is: a tensor with a history of its own that looks into the argument's memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g


class _TanhInPlace(Function):
    """Writes its argument's tanh into it, from which the derivative can be told."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x.tanh_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y)


class Pair:
    """A tensor and what the oracle knows of it: its family, its places in the storage.

    `loose` tells that its place in the graph does not follow from its base, so that the engine may refuse it.
    """

    def __init__(
        self,
        real: Tensor,
        family: Family,
        places: Any,
        *,
        root: bool = True,
        loose: bool = False,
        shared: bool = False,
    ) -> None:
        self.real = real
        self.family = family
        self.places = np.asarray(places)
        self.root = root
        self.loose = loose
        #: Two places are one, or were in what this is a view of: it cannot be written.
        self.shared = shared or len(np.unique(self.places)) < self.places.size

    def read(self) -> Jets:
        return self.family.read(self.places)


class Loss:
    """A number that a backward may start from, with the gradients that it should have."""

    def __init__(self, real: Tensor, jets: Jets, reads: dict[Storage, int]) -> None:
        self.real = real
        self.jets = jets
        self.reads = reads


class Programs(RuleBasedStateMachine):
    """Programs on two leaves, more of which may come up, and on what is computed from them."""

    #: Whether saved values have checksums; then writes past the engine are part of the programs.
    checked = False

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.pairs: list[Pair] = []
        self.leaves: list[tuple[Pair, int]] = []
        self.losses: list[Loss] = []
        self.gradients: dict[int, Pair] = {}
        self.freed = False
        self.slots = 0
        self.mode: Any = detect_mutation(every_operation=True) if self.checked else nullcontext()
        self.mode.__enter__()

    def teardown(self) -> None:
        try:
            self.lose(list(range(len(self.pairs))), fork=True)
            for loss in self.losses:
                self.gradient_of(loss, retain_graph=True)
        finally:
            self.mode.__exit__(None, None, None)

    # --- the steps' common parts --------------------------------------------------------------------------------

    def pick(self, number: int) -> Pair:
        return self.pairs[-1 - number % len(self.pairs)]

    def tick(self) -> int:
        self.now += 1
        return self.now

    def keep(self, pair: Pair) -> None:
        self.pairs.append(pair)
        if len(self.pairs) > 12:
            own = [p for p, _ in self.leaves] + list(self.gradients.values())
            self.pairs.remove(next(p for p in self.pairs if p not in own))

    def computed(self, real: Tensor, jets: Jets, *operands: Pair) -> Pair:
        """Return the pair of a result in memory of its own."""
        family = Family(Storage(jets.value))
        places = np.arange(jets.value.size).reshape(jets.value.shape)
        family.first, family.second = jets.first.reshape(-1, SLOTS), jets.second.reshape(-1, SLOTS, SLOTS)
        family.reads = self.history(*operands)
        family.reads.setdefault(family.storage, self.now)
        return Pair(real, family, places)

    def history(self, *operands: Pair) -> dict[Storage, int]:
        return merged(*(p.family.reads for p in operands), {p.family.storage: self.now for p in operands})

    def beside(self, pair: Pair, number: int) -> Pair | None:
        """Return another tensor that broadcasts to this one's shape."""
        found = [p for p in self.pairs if _broadcasts(p.places.shape, pair.places.shape)]
        return found[number % len(found)] if found else None

    def attempt(self, run: Callable[[], Any], *operands: Pair, may_refuse: bool = False) -> Any:
        """Return a step's result on the engine, or None where it was refused."""
        try:
            return run()
        except MutationError:
            assert may_refuse or any(p.loose for p in operands), "refused without a reason"
            return None

    def add_leaf(self, pair: Pair) -> None:
        self.leaves.append((pair, self.slots))
        pair.family.require(pair.places, self.slots)
        self.slots += pair.places.size

    # --- making tensors -----------------------------------------------------------------------------------------

    @initialize()
    def leaves_first(self) -> None:
        for values in ([[0.5, -1.0], [1.5, 0.25]], [0.75, -0.5]):
            pair = self.buffer(values)
            pair.real.requires_grad_()
            self.add_leaf(pair)
        self.apply(1, "sin", kept=True)
        self.apply(1, "neg", kept=True)

    def buffer(self, values: Any) -> Pair:
        storage = Storage(values)
        array = np.array(values)
        pair = Pair(ag.tensor(array), Family(storage), np.arange(array.size).reshape(array.shape))
        self.keep(pair)
        return pair

    @rule(i=st.integers(0, 11), what=st.sampled_from(("buffer", "require", "recompute", "replace", "optimise")))
    def something_rare(self, i: int, what: str) -> None:
        if what == "buffer":
            self.buffer([[0.1, 0.2], [-0.3, 0.4]] if i % 2 else [0.6, -0.7])
        elif what == "optimise":
            self.optimise()
        else:
            {"require": self.require, "recompute": self.recompute, "replace": self.replace}[what](i)

    def require(self, i: int) -> None:
        p = self.pick(i)
        fits = self.slots + p.places.size <= SLOTS and p.root and not p.loose and not p.shared
        if fits and not p.real.requires_grad and not p.family.first.any() and p not in self.gradients.values():
            p.real.requires_grad_()
            self.add_leaf(p)

    @rule(i=st.integers(0, 11), name=st.sampled_from(sorted(FUNCTIONS)), kept=st.booleans())
    def apply(self, i: int, name: str, kept: bool) -> None:
        p = self.pick(i)
        jets = FUNCTIONS[name](p.read())
        if jets.within(BOUND):
            self.tick()
            real = self.attempt(lambda: _call(name, p.real, again=not kept), p)
            if real is not None:
                self.keep(self.computed(real, jets, p))

    @rule(i=st.integers(0, 11), j=st.integers(0, 11), product=st.booleans())
    def combine(self, i: int, j: int, product: bool) -> None:
        p = self.pick(i)
        q = self.beside(p, j)
        if q is None:
            return
        jets = p.read() * q.read() if product else p.read() + q.read()
        if jets.within(BOUND):
            self.tick()
            real = self.attempt(lambda: p.real * q.real if product else p.real + q.real, p, q)
            if real is not None:
                self.keep(self.computed(real, jets, p, q))

    @rule(i=st.integers(0, 11), name=st.sampled_from(sorted(VIEWS)), recorded=st.sampled_from((True, True, True, False)))
    def view(self, i: int, name: str, recorded: bool) -> None:
        p = self.pick(i)
        if 0 in p.places.shape:
            return
        places = np.asarray(VIEWS[name](p.places))
        if places.size > 8 or places.ndim > 4:
            return
        with ag.set_grad_enabled(recorded):
            real = self.attempt(lambda: VIEWS[name](p.real), p)
        if real is not None:
            family = p.family if recorded else Family(p.family.storage)
            loose = p.loose or not recorded
            self.keep(Pair(real, family, places, root=False, loose=loose, shared=p.shared))

    @rule(i=st.integers(0, 11), how=st.sampled_from(("detach", "data", "function")))
    def alias(self, i: int, how: str) -> None:
        p = self.pick(i)
        self.tick()
        own = how == "function"
        if own and not self.attempt(lambda: p.real.requires_grad, p):
            return
        make: Callable[[], Tensor] = lambda: _Passed.apply(p.real) if own else getattr(p.real, how)
        real = self.attempt(lambda: make() if how != "detach" else p.real.detach(), p)
        if real is not None:
            family = Family(p.family.storage)
            if own:
                family.first, family.second = p.family.first.copy(), p.family.second.copy()
                family.reads = self.history(p)
            self.keep(Pair(real, family, p.places, root=not own, loose=own, shared=p.shared))

    # --- writing ------------------------------------------------------------------------------------------------

    @rule(
        i=st.integers(0, 11),
        j=st.integers(0, 11),
        how=st.sampled_from(WRITES),
        mode=st.sampled_from(("no_grad", "detach", "data")),
    )
    def write_unrecorded(self, i: int, j: int, how: str, mode: str) -> None:
        self.write(i, j, how, mode)

    @rule(
        i=st.integers(0, 11), j=st.integers(0, 11), name=st.sampled_from(sorted(VIEWS)), how=st.sampled_from(WRITES)
    )
    def write_through_a_view(self, i: int, j: int, name: str, how: str) -> None:
        self.view(i, name, recorded=True)
        self.write(0, j, how, "recorded")

    @rule(i=st.integers(0, 11), j=st.integers(0, 11), how=st.sampled_from(WRITES))
    def write_recorded(self, i: int, j: int, how: str) -> None:
        self.write(i, j, how, "recorded")

    def write(self, i: int, j: int, how: str, mode: str) -> None:
        p = self.pick(i)
        q = self.beside(p, j) if how in ("add", "mul", "copy", "item", "masked") else p
        if q is None or (how in ("item", "put") and not p.places.size) or (how in ("item", "masked") and q.places.ndim):
            return
        if how == "dirty" and (p.shared or p.loose or p.family.leaf):
            return  # what a Function has written is written, also where it is refused afterwards
        new = _written(p.read(), q.read(), how)
        if not new.within(BOUND):
            return
        self.tick()
        target = {"detach": p.real.detach, "data": lambda: p.real.data}.get(mode, lambda: p.real)()
        with ag.set_grad_enabled(mode == "recorded"):
            refusable = p.shared or (mode == "recorded" and (p.family.leaf or p.loose))
            if self.attempt(lambda: _write(target, q.real, how), p, q, may_refuse=refusable) is None:
                return
        p.family.write(p.places, new, self.now, recorded=mode == "recorded")
        if how == "dirty":
            self.tick()  # its output is saved: as if read after the write
            q = p
        if mode == "recorded":
            p.family.reads = merged(p.family.reads, self.history(q))

    @rule(i=st.integers(0, 11), name=st.sampled_from(("t_", "unsqueeze_", "squeeze_")))
    def reshape(self, i: int, name: str) -> None:
        p = self.pick(i)
        if p.family.leaf or (name == "t_" and p.places.ndim > 2) or p in self.gradients.values():
            return
        if self.attempt(lambda: getattr(p.real, name)(*((0,) if name == "unsqueeze_" else ())), p) is not None:
            p.places = {"t_": p.places.T, "unsqueeze_": p.places[None], "squeeze_": p.places.squeeze()}[name]
            p.root = False
            p.family.storage.written = self.tick()  # to what is computed again from it, as good as a write

    def replace(self, i: int) -> None:
        p = self.pick(i)
        if not p.root or p.loose or p in self.gradients.values():
            return
        self.tick()
        old, values = p.family, np.linspace(-0.4, 0.9, p.places.size).reshape(p.places.shape)
        p.real.data = ag.tensor(values)
        old.storage.written = self.now  # to what is computed again from it, this is as good as a write
        for other in self.pairs:
            other.loose = other.loose or (other.family is old and other is not p)
        p.family = old.copied(Storage(values), p.places)
        p.places = np.arange(values.size).reshape(values.shape)

    def recompute(self, i: int) -> None:
        p = self.pick(i)
        jets = _tanh_times(p.read())
        if jets.within(BOUND):
            self.tick()
            real = self.attempt(lambda: checkpoint(lambda t: (t + 0.5).tanh() * t, p.real), p)
            if real is not None:
                self.keep(self.computed(real, jets, p))

    @precondition(lambda self: self.checked)
    @rule(i=st.integers(0, 11), value=st.sampled_from((0.3, -0.8)))
    def write_past_the_engine(self, i: int, value: float) -> None:
        p = self.pick(i)
        if not p.shared:
            p.real.detach().numpy()[...] = value
            p.family.write(p.places, constant(value), self.tick(), recorded=False)

    # --- differentiating ----------------------------------------------------------------------------------------

    @rule(chosen=st.lists(st.integers(0, 11), min_size=1, max_size=3), fork=st.booleans())
    def lose(self, chosen: list[int], fork: bool) -> None:
        self.tick()
        pairs = [self.pick(i) for i in chosen]
        jets, real = constant(0.0), ag.tensor(0.0, dtype=ag.float64)
        for k, p in enumerate(pairs):
            x = p.read()
            part = self.attempt(lambda p=p, k=k: (p.real * p.real if fork else p.real).sum() * (1.0 + k), p)
            if part is None or not (x * x).within(BOUND):
                continue
            real = real + part
            jets = jets + (x * x if fork else x).sum() * constant(1.0 + k)
        assert real.requires_grad or not jets.first.any(), "the engine lost the history"
        if real.requires_grad:
            self.losses = [*self.losses[-5:], Loss(real, jets, self.history(*pairs))]

    def gradient_of(self, loss: Loss, **options: Any) -> list[Any] | None:
        """Return the gradients of a loss for the leaves, or None where an error says that a value was overwritten."""
        try:
            found = grad(loss.real, [p.real for p, _ in self.leaves], allow_unused=True, **options)
        except MutationError:
            assert any(s.written > time for s, time in loss.reads.items()), "nothing was written since"
            return None
        except GraphError:
            assert self.freed
            return None
        for g, (p, slot) in zip(found, self.leaves, strict=True):
            _check(g, loss.jets.first[slot : slot + p.places.size].reshape(p.places.shape))
        return list(found)

    @precondition(lambda self: self.losses)
    @rule(k=st.integers(0, 5), retain=st.sampled_from((True, True, True, False)))
    def differentiate(self, k: int, retain: bool) -> None:
        self.freed |= not retain
        self.gradient_of(self.losses[k % len(self.losses)], retain_graph=retain)

    @precondition(lambda self: self.losses)
    @rule(k=st.integers(0, 5))
    def differentiate_the_gradient_later(self, k: int) -> None:
        loss = self.losses[k % len(self.losses)]
        if not loss.jets.second.any():
            return
        self.tick()
        found = self.gradient_of(loss, create_graph=True)
        if found is None:
            return
        total, direction = ag.tensor(0.0, dtype=ag.float64), np.zeros(SLOTS)
        for g, (p, slot) in zip(found, self.leaves, strict=True):
            if g is not None:
                weights = np.linspace(0.5, 1.5, g.numel()).reshape(g.shape)
                direction[slot : slot + g.numel()] = weights.reshape(-1)
                total = total + (g * ag.tensor(weights)).sum()
        if total.requires_grad:
            jets = constant(loss.jets.first @ direction)
            jets.first = loss.jets.second @ direction
            self.losses.append(Loss(total, jets, loss.reads))

    @precondition(lambda self: self.losses)
    @rule(k=st.integers(0, 5))
    def accumulate(self, k: int) -> None:
        loss = self.losses[k % len(self.losses)]
        self.tick()
        try:
            loss.real.backward(retain_graph=True)
        except (MutationError, GraphError):
            # What had arrived before the error stays, as in PyTorch: a program would begin anew.
            for p, _ in self.leaves:
                p.real.grad = None
            self.gradients = {}
            return
        for number, (p, slot) in enumerate(self.leaves):
            wanted = loss.jets.first[slot : slot + p.places.size].reshape(p.places.shape)
            held = self.gradients.get(number)
            if held is not None:
                wanted = wanted + held.read().value
            _check(p.real.grad, wanted)
            if held is not None and held.real is p.real.grad:
                held.family.write(held.places, constant(wanted), self.now, recorded=False)
            elif p.real.grad is not None:
                places = np.arange(wanted.size).reshape(wanted.shape)
                self.gradients[number] = Pair(p.real.grad, Family(Storage(wanted)), places)
                self.keep(self.gradients[number])

    def optimise(self) -> None:
        self.tick()
        nn.optim.SGD([p.real for p, _ in self.leaves], lr=0.01).step()
        for number, (p, _) in enumerate(self.leaves):
            if number in self.gradients:
                p.family.write(p.places, constant(p.real.detach().numpy()), self.now, recorded=False)

    # --- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def values_are_the_oracles(self) -> None:
        for p in self.pairs:
            np.testing.assert_allclose(p.real._array, p.read().value, rtol=1e-9, atol=1e-12)


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def _call(name: str, x: Tensor, *, again: bool) -> Tensor:
    result: Tensor = checkpoint(getattr(ag, name), x) if again else getattr(x, name)()
    return result


def _tanh_times(x: Jets) -> Jets:
    return FUNCTIONS["tanh"](x + constant(0.5)) * x


def _written(x: Jets, q: Jets, how: str) -> Jets:
    """Return the whole of what is written to: its new elements."""
    if how in ("sin", "tanh"):
        return FUNCTIONS[how](x)
    if how == "dirty":
        return FUNCTIONS["tanh"](x)
    if how == "add":
        return x + q
    if how in ("mul", "itself"):
        return x * q
    if how == "zero":
        return constant(np.zeros_like(x.value))
    if how == "copy" or not x.value.ndim:
        return (x + constant(0.3) if how == "put" else q).spread(x.value.shape)
    places = {"item": np.arange(len(x.value)) == 0, "put": np.arange(len(x.value)) == 0}
    mask = places.get(how, np.arange(len(x.value)) % 2 == 0)
    at = mask.reshape(-1, *(1,) * (x.value.ndim - 1))
    new = x + constant(0.3) if how == "put" else q.spread(x.value.shape)
    return Jets(
        np.where(at, new.value, x.value),
        np.where(at[..., None], new.first, x.first),
        np.where(at[..., None, None], new.second, x.second),
    )


def _write(t: Tensor, q: Tensor, how: str) -> Tensor:
    if how == "dirty":
        _TanhInPlace.apply(t)
    elif how in ("sin", "tanh", "zero"):
        getattr(t, f"{how}_")()
    elif how in ("add", "mul", "copy"):
        getattr(t, f"{how}_")(q)
    elif how == "itself":
        t *= t
    elif how == "put":
        if t.ndim:
            twice = ag.tensor(np.stack([np.full(t.shape[1:], 0.1), np.full(t.shape[1:], 0.2)]))
            t.index_put_((ag.tensor([0, 0]),), twice, accumulate=True)
        else:
            t += 0.3
    elif not t.ndim:
        t[...] = q
    else:
        t[0 if how == "item" else np.arange(t.shape[0]) % 2 == 0] = q
    return t


def _check(got: Tensor | None, wanted: Any) -> None:
    found = np.zeros_like(wanted) if got is None else got.detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-9 * max(1.0, np.abs(wanted).max(initial=0)))


class CheckedPrograms(Programs):
    """The same inside detect_mutation(), with writes through NumPy arrays."""

    checked = True


THOROUGH = settings.default is not None and settings.default.max_examples >= 1000


def effort(examples: int, **options: Any) -> settings:
    """Return how long to look: at 2 000 programs of 50 steps in the thorough profile."""
    return settings(
        max_examples=2000 if THOROUGH else examples,
        stateful_step_count=50 if THOROUGH else 30,
        suppress_health_check=list(HealthCheck),
        **options,
    )


@pytest.mark.parametrize("programs", [Programs, CheckedPrograms])
def test_programs_have_the_gradients_of_their_functional_form(programs: type[Programs]) -> None:
    run_state_machine_as_test(programs, settings=effort(60))


# --- planted faults -----------------------------------------------------------------------------------------


def _sets(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def _without_a_view(self: Any, x: Any, **static: Any) -> Any:
    result = arities.UnaryOp.__call__(self, x, **static)
    if isinstance(result, Tensor) and result._array is x._array:
        result._array = result._array[...]
    return result


def _detached(self: Tensor) -> Tensor:
    return wrap(self._array, None)


def _right_view(base: Tensor, op: Any, static: Any, rewired: int, loose: str = "") -> View:
    return View(base, op or registry["index"], static or {"index": (...,)}, rewired)


def _plant_no_copy(patch: pytest.MonkeyPatch) -> None:
    """Let writes in place hand rules the memory that they are about to change."""
    for name in ("mul", "sin", "tanh"):
        patch.setattr(registry[name], "keeps", ())


def _plant_overwriting_rule(patch: pytest.MonkeyPatch) -> None:
    """Let the product's rules write into what was saved for them."""
    right = arities.BinaryOp.vjp

    def vjp(self: Any, node: Any, g: Any, saved: Any) -> Any:
        results = right(self, node, g, saved)
        for value in saved:
            if self.name == "mul" and isinstance(value, np.ndarray) and value.flags.writeable:
                value *= 1.5
        return results

    patch.setattr(arities.BinaryOp, "vjp", vjp)


#: Faults that an engine like this one may have, each put into it for a moment; and the programs that must find it.
FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], type[Programs]]] = {
    "writes are not counted": (_sets(VersionCell, "written", lambda self, writer: None), Programs),
    "values written since are used": (_sets(engine, "_check_saved", lambda node: _values(node)), Programs),
    "a view does not know its base": (_sets(arities.ViewOp, "__call__", _without_a_view), Programs),
    "a write through a view stays there": (
        _sets(mutation, "rewire", lambda target, node, before=None: target._adopt(node) or target),
        Programs,
    ),
    "other views do not follow a write": (_sets(Tensor, "_live", lambda self: None), Programs),
    "the old values are not copied": (_plant_no_copy, Programs),
    "detached tensors do not share the count": (_sets(Tensor, "detach", _detached), Programs),
    "views made under no_grad are taken for others": (_sets(arities, "View", _right_view), Programs),
    "what a Function returns is taken for a view": (_sets(function, "View", _right_view), Programs),
    "the base of a view may move": (_sets(View, "base_now", lambda self: self.base), Programs),
    "checkpoints do not look at their arguments": (_sets(checkpointing._Entry, "check", lambda self: None), Programs),
    "optimisers do not count their writes": (_sets(_flat, "increment_version", lambda *_: None), Programs),
    "a gradient aliases a cotangent": (_sets(engine, "_is_own", lambda c, g, saved: True), Programs),
    "a rule overwrites what was saved": (_plant_overwriting_rule, Programs),
    "a rule overwrites what was saved, with checksums": (_plant_overwriting_rule, CheckedPrograms),
    "checksums are not compared": (_sets(mutation_check._Array, "changed", lambda self: False), CheckedPrograms),
    "what is computed again is not compared": (_sets(checkpointing, "_check_alike", lambda *_: None), CheckedPrograms),
}


def _values(node: Any) -> Any:
    return node.saved if type(node.saved) is tuple else node.saved(node)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, programs = FAULTS[fault]
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(programs, settings=effort(1000, phases=(Phase.generate,), print_blob=False))
