"""Programs of views, writes in place, forks and backwards, run on the engine and on the functional oracle.

A backward must give the oracle's gradients, or raise MutationError; and it may raise only if something that the loss
was computed from was written since it was read. A refused write must have changed nothing. Hypothesis draws the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import autograd_np as ag
import nn
from autograd_np.autograd import detect_mutation, grad
from autograd_np.core import Tensor
from autograd_np.errors import GraphError, MutationError
from autograd_np.utils.checkpoint import checkpoint
from tests.core.functional_oracle import FUNCTIONS, SLOTS, Family, Jets, Storage, constant, merged
from tests.core.mutation_steps import VIEWS, WRITES, Passed, broadcasts, call, check, tanh_times, write, written

__all__ = ["CheckedPrograms", "Programs"]

#: Beyond this, sums that cancel would differ by rounding.
BOUND = 1e4


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
            self.look_at_every_loss()
        finally:
            self.leave()

    def leave(self) -> None:
        self.mode.__exit__(None, None, None)

    def look_at_every_loss(self) -> None:
        """Differentiate whatever is left, and everything that there is at the end."""
        self.lose(list(range(len(self.pairs))), fork=True)
        for loss in self.losses:
            self.gradient_of(loss, retain_graph=True)

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
        found = [p for p in self.pairs if broadcasts(p.places.shape, pair.places.shape)]
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
            real = self.attempt(lambda: call(name, p.real, again=not kept), p)
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

    @rule(
        i=st.integers(0, 11), name=st.sampled_from(sorted(VIEWS)), recorded=st.sampled_from((True, True, True, False))
    )
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
        make: dict[str, Callable[[], Any]] = {
            "detach": p.real.detach,
            "data": lambda: p.real.data,
            "function": lambda: Passed.apply(p.real),
        }
        real = self.attempt(make[how], p)
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

    @rule(i=st.integers(0, 11), j=st.integers(0, 11), name=st.sampled_from(sorted(VIEWS)), how=st.sampled_from(WRITES))
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
        new = written(p.read(), q.read(), how)
        if not new.within(BOUND):
            return
        self.tick()
        target = {"detach": p.real.detach, "data": lambda: p.real.data}.get(mode, lambda: p.real)()
        with ag.set_grad_enabled(mode == "recorded"):
            refusable = p.shared or (mode == "recorded" and (p.family.leaf or p.loose))
            if self.attempt(lambda: write(target, q.real, how), p, q, may_refuse=refusable) is None:
                return
        read = self.history(q)
        p.family.write(p.places, new, self.tick(), recorded=mode == "recorded")
        if mode == "recorded":
            # What a Function wrote it saves, after the write.
            p.family.reads = merged(p.family.reads, self.history(p) if how == "dirty" else read)

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
        jets = tanh_times(p.read())
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
            check(g, loss.jets.first[slot : slot + p.places.size].reshape(p.places.shape))
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
        for g, (_, slot) in zip(found, self.leaves, strict=True):
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
            check(p.real.grad, wanted)
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


class CheckedPrograms(Programs):
    """The same inside detect_mutation(), with writes through NumPy arrays."""

    checked = True
