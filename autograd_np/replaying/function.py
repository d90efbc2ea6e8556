"""`replay`: a function that records itself once per signature, and then does again what was recorded."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any, overload

import numpy as np

from autograd_np.core import GraphNode, Leaf, Node, Tensor, default_float
from autograd_np.core.modes import RECORD, modes
from autograd_np.replaying.guards import Guards
from autograd_np.replaying.program import DivergedError, Program, Returned
from autograd_np.replaying.state import State
from autograd_np.replaying.tape import RefusedError
from autograd_np.replaying.watch import Watch
from autograd_np.errors import AutogradError
from autograd_np.tracing.logged import Logged

__all__ = ["ReplayError", "Replayed", "replay"]

#: Programs for one signature; a function that needs more of them reads what changes with every call.
MOST = 8
_SIMPLE = (bool, int, float, str, bytes, type(None))


class ReplayError(AutogradError):
    """A replay gave something else than the eager call did."""


class Replayed:
    """A function whose calls are recorded once per signature and replayed.

    Args:
        function: what is called.
        verify: run eagerly every so many replays, and compare; 0 for never.
    """

    def __init__(self, function: Callable[..., Any], verify: int = 0) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.verify = verify
        #: Why the last call ran eagerly; None if it was replayed, or recorded to be replayed.
        self.reason: str | None = None
        self.reasons: dict[Any, str] = {}
        self._recordings: dict[Any, list[Recording]] = {}
        self._last: Recording | None = None
        self._replays = 0

    def __repr__(self) -> str:
        count = sum(map(len, self._recordings.values()))
        return f"<replayed {getattr(self.function, '__name__', 'function')}: {count} recorded>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def forget(self) -> None:
        """Forget all recordings, and the reasons against others."""
        self.reasons.clear()
        self._recordings.clear()
        self._last = None

    @property
    def source(self) -> str:
        """Return the program of the last replay as text, or nothing."""
        return "" if self._last is None else self._last.program.text

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns."""
        last = self._last
        if last is not None and not kwargs and not self.verify and last.fits(args):
            if last.lock.acquire(blocking=False):
                try:
                    self.reason = None
                    return last.program.run(args)
                except DivergedError:
                    pass
                finally:
                    last.lock.release()
        return self._found(args, kwargs)

    def _found(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Replay a recording that fits, or record one."""
        if sys.getprofile() is not None:
            # Another recording sees what this function does; and of two profilers one would be blind.
            self.reason = "a profiler looks on"
            return self.function(*args, **kwargs)
        leaves: list[Any] = []
        kept: list[Any] = []
        try:
            key = (_mode(), _described(args, leaves, kept), _described(kwargs, leaves, kept))
        except RefusedError as error:
            self.reason = str(error)
            return self.function(*args, **kwargs)
        for recording in self._recordings.get(key, ()):
            if not recording.holds():
                continue
            if not recording.lock.acquire(blocking=False):
                self.reason = "another thread replays it"
                return self.function(*args, **kwargs)
            try:
                result = self._replayed(recording, leaves, args, kwargs)
            except DivergedError:
                continue
            finally:
                recording.lock.release()
            self._last = recording
            return result
        self.reason = self.reasons.get(key)
        if self.reason is not None:
            return self.function(*args, **kwargs)
        return self._recorded(key, args, kwargs, leaves, kept)

    def _replayed(self, recording: Recording, leaves: list[Any], args: Any, kwargs: Any) -> Any:
        self.reason = None
        self._replays += 1
        if not self.verify or self._replays % self.verify:
            return recording.program.run(leaves)
        before = State(recording.roots(leaves))
        result = recording.program.run(leaves)
        found = State([result, *recording.roots(leaves)])
        before.restore()
        result = self.function(*args, **kwargs)
        difference = found.difference([result, *recording.roots(leaves)])
        if difference:
            self.forget()
            name = getattr(self.function, "__name__", "function")
            raise ReplayError(
                f"replay: {name} gave another {difference} than when it was run eagerly\n"
                "  fix: it does something that recording cannot see; run it eagerly, or declare that part "
                "at_every_replay"
            )
        return result

    def _recorded(self, key: Any, args: Any, kwargs: Any, leaves: list[Any], kept: list[Any]) -> Any:
        watch = Watch(self.function, leaves, kept)
        with watch:
            result = self.function(*args, **kwargs)
        reason = watch.reason
        if reason is None:
            known = self._recordings.setdefault(key, [])
            try:
                recording = Recording(watch, args, kwargs, leaves, kept, result)
            except RefusedError as error:
                reason = str(error)
            else:
                known.append(recording)
                self._last = recording
                if len(known) > MOST:
                    reason = f"what it reads changes from call to call: {watch.guards.last_changed or 'its own state'}"
                    self._recordings.pop(key)
                    self._last = None
        if reason is not None:
            self.reasons[key] = self.reason = reason
        return result


class Recording:
    """A program, and what must hold for it."""

    def __init__(
        self, watch: Watch, args: Any, kwargs: Any, leaves: list[Any], kept: list[Any], result: Any
    ) -> None:
        changed = watch.guards.changed()
        if changed is not None:
            message = f"the call itself changes {changed}, which it reads"
            raise RefusedError(message)
        self.lock = threading.Lock()
        self.guards: Guards = watch.guards
        self.externals = list(watch.externals.values())
        self.gradients_read = list(watch.gradients_read.values())
        self.kept = kept
        self._effects = [e.parts for e in watch.tape.entries if e.form == "effect"]
        stubs: dict[Logged, Any] = {}
        returned = _returned(result, watch, {id(x): x for x in leaves}, stubs)
        self.program = Program(watch.tape, returned, leaves, stubs)
        self._forms = [(x._array.shape, x._array.dtype, x._array.strides) for x in self.externals]
        self._requiring = [x._node is not None for x in self.externals]
        self._mode = _mode()
        self._write_checks(args, kwargs)

    # --- whether it holds ------------------------------------------------------------------------------------------

    def _write_checks(self, args: Any, kwargs: Any) -> None:
        """Write the quick check: every object is the very one it was."""
        written = self.program.written
        space = written.namespace
        space.update(modes_=modes, default_float_=default_float, level_=modes.level, float_=default_float())
        terms = ["modes_.level == level_", "default_float_() is float_"]
        if not modes.level:
            terms += [f"modes_.inference is {modes.inference}", f"modes_.recording is {modes.recording}"]
        for n, (holder, key, value) in enumerate(self.guards.values.values()):
            space[f"g{n}_"] = value
            place = written.name(holder, "h")
            read = f"{place}[{key!r}]" if isinstance(holder, dict) else f"{place}.cell_contents"
            terms.append(f"{read} is g{n}_")
        for n, (container, items) in enumerate(self.guards.contents.values()):
            values = f"{written.name(container, 'h')}{'.values()' if isinstance(container, dict) else ''}"
            if isinstance(container, tuple):
                continue
            if not items:
                terms.append(f"not {written.name(container, 'h')}")
            elif len(items) > 1000:
                terms.append(f"len({values}) == {len(items)}")
            else:
                space[f"i{n}_"] = [*map(id, items)]
                terms.append(f"[*map(id, {values})] == i{n}_")
        self._nodes = [(f"n{n}_", x) for n, x in enumerate(self.externals)]
        for (name, x) in self._nodes:
            space[name] = x._node
            tensor = written.name(x, "t")
            if any(x is other for other in self.program.externals):
                terms.append(f"{tensor}._array is a{tensor}")
            terms.append(f"{tensor}._node is {name}")
            if x._node is not None:
                terms.append(f"{name}.extra is None")
        terms += [f"{written.name(x, 't')}._grad is not None" for x in self.gradients_read]
        held = "\n            and ".join(terms)
        self._quick = written.defined(f"def quick():\n    return (\n            {held}\n    )", "quick")
        form = _form_text(args, space) if not kwargs else "False"
        text = f"def fits(args):\n    try:\n        return (\n            {form}\n            and {held}\n        )\n    except (KeyError, ValueError):\n        return False"
        self.fits = written.defined(text, "fits")

    def holds(self) -> bool:
        """Tell whether everything that was read is still what it was, or equal to it; note what is new but equal."""
        try:
            if self._quick():
                return True
        except (KeyError, ValueError):
            return False
        if _mode() != self._mode or self.guards.changed() is not None:
            return False
        for x, form, requires in zip(self.externals, self._forms, self._requiring, strict=True):
            array, node = x._array, x._node
            if (array.shape, array.dtype, array.strides) != form or x._view is not None:
                return False
            if (node is not None) != requires or (node is not None and not _plain_leaf(node)):
                return False
        if any(x._grad is None for x in self.gradients_read):
            return False
        space = self.program.written.namespace
        self.program.bind()
        for name, x in self._nodes:
            space[name] = x._node
        return True

    # --- its state -------------------------------------------------------------------------------------------------

    def roots(self, leaves: list[Any]) -> list[Any]:
        """Return what a call may read and change."""
        return [leaves, self.externals, list(self.guards.reached.values()), self._effects]


def _plain_leaf(node: GraphNode) -> bool:
    return isinstance(node, Leaf) and (node.extra is None or not (node.extra.hooks or node.extra.retained))


def _mode() -> Any:
    return modes.level, modes.inference, modes.recording, default_float()


def _form_text(args: tuple[Any, ...], space: dict[str, Any]) -> str:
    """Return the check that positional arguments have the form of these, or that it has to be looked at closely."""
    terms = [f"len(args) == {len(args)}"]
    space.update(Tensor_=Tensor, ndarray_=np.ndarray)
    for k, x in enumerate(args):
        if not (type(x) in (Tensor, np.ndarray)):
            return "False"
        array = x._array if type(x) is Tensor else x
        space[f"s{k}_"], space[f"d{k}_"], space[f"p{k}_"] = array.shape, array.dtype, array.strides
        kind, name = ("Tensor_", f"args[{k}]._array") if type(x) is Tensor else ("ndarray_", f"args[{k}]")
        terms += [
            f"type(args[{k}]) is {kind}",
            f"{name}.shape == s{k}_ and {name}.dtype is d{k}_ and {name}.strides == p{k}_",
        ]
        if type(x) is Tensor:
            if x._node is not None:
                return "False"
            terms.append(f"args[{k}]._node is None")
        terms += [f"args[{k}] is {'' if x is args[j] else 'not '}args[{j}]" for j in range(k)]
    return " and ".join(terms)


def _described(part: Any, leaves: list[Any], kept: list[Any]) -> Any:
    """Return what two calls must have in common, and collect the Tensors and arrays in it."""
    if isinstance(part, (Tensor, np.ndarray)):
        array = getattr(part, "_array", part)
        requires = False
        if isinstance(part, Tensor):
            part._live()
            requires = part._node is not None
            if part._node is not None and not _plain_leaf(part._node):
                message = "an argument carries a graph or a hook\n  fix: detach() it, or compute it inside"
                raise RefusedError(message)
        first = next((i for i, x in enumerate(leaves) if x is part), len(leaves))
        leaves.append(part)
        return type(part), array.shape, array.dtype, array.strides, requires, first
    if type(part) in (tuple, list):
        return type(part), *(_described(item, leaves, kept) for item in part)
    if type(part) is dict:
        return dict, *((key, _described(value, leaves, kept)) for key, value in part.items())
    if isinstance(part, _SIMPLE):
        return type(part), part
    if isinstance(part, tuple):
        return type(part), *(_described(item, leaves, kept) for item in part)
    kept.append(part)
    return "object", id(part)


def _returned(part: Any, watch: Watch, inputs: dict[int, Any], stubs: dict[Logged, Any]) -> Any:
    """Return a result's structure with entries in the place of new Tensors and arrays."""
    if isinstance(part, (Tensor, np.ndarray)):
        if id(part) in inputs or (isinstance(part, Tensor) and id(part) in watch.guards.reached):
            return part
        entry = watch.tape.symbol(getattr(part, "_array", part), "the result")
        if isinstance(part, np.ndarray):
            return Returned(entry, array=True)
        if entry.form == "gradient" and entry.head._grad is part:
            return Returned(entry, owner=entry.head)
        part._live()
        if part._node is not None:
            stubs[entry] = _stub(part._node)
        return Returned(entry)
    if isinstance(part, (tuple, list)):
        items = [_returned(item, watch, inputs, stubs) for item in part]
        return items if type(part) is list else tuple(items) if type(part) is tuple else type(part)(*items)
    if type(part) is dict:
        return {key: _returned(value, watch, inputs, stubs) for key, value in part.items()}
    if isinstance(part, _SIMPLE):
        return part
    message = f"it returns a {type(part).__name__}, which replay could not make anew"
    raise RefusedError(message)


def _stub(node: GraphNode) -> Node:
    """Return a node without history for a result whose graph is used up; backward says so.

    Raises: RefusedError if backward could still run through it.
    """
    made: Any = node if isinstance(node, Node) else node.edges[0] if node.edges else None
    if not isinstance(made, Node):
        message = "a leaf that requires gradients is returned"
        raise RefusedError(message)
    seen: set[GraphNode] = set()
    stack: list[GraphNode] = [made]
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        if isinstance(current, Node) and current.cells and current.saved is not None:
            message = (
                "the result still carries its graph\n"
                "  fix: call backward() inside the function, detach() the result, or decorate it with no_grad()"
            )
            raise RefusedError(message)
        stack.extend(edge for edge in current.edges if edge is not None)
    stub = Node(made.op, node, (), (), {}, ())
    stub.saved = None
    return stub


@overload
def replay(function: Callable[..., Any], *, verify: int = ...) -> Replayed: ...
@overload
def replay(function: None = ..., *, verify: int = ...) -> Callable[[Callable[..., Any]], Replayed]: ...
def replay(function: Any = None, *, verify: int = 0) -> Any:
    """Record a function's calls once per signature of shapes and types, and replay them as flat lists of NumPy calls.

    Results, gradients, random numbers, running statistics and optimisers' updates are those of the eager call, bit
    for bit. See `autograd_np.replaying` for what is recorded, what is watched, and what refuses.

    Args:
        function: what to replay; a decorated training step, a function of arrays, a method.
        verify: run eagerly every so many replays, and raise ReplayError where the two differ.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> @ag.replay
        ... def gradient(x):
        ...     w.grad = None
        ...     loss = ((w * x) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> gradient(ag.tensor([1.0, 1.0])), gradient(ag.tensor([2.0, 3.0])), w.grad, gradient.reason
        (tensor(5., grad_fn=<sum>), tensor(40., grad_fn=<sum>), tensor([ 8., 36.]), None)
    """
    if function is None:
        return functools.partial(replay, verify=verify)
    return Replayed(function, verify)
