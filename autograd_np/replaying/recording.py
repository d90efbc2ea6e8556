"""A recording: a program, what it was recorded from, and the quick check that all of that still holds."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Leaf, Node, Tensor, default_float
from autograd_np.core.modes import modes
from autograd_np.ops.random import default_generator
from autograd_np.replaying.guards import MANY, PARTS
from autograd_np.replaying.plan import Returned
from autograd_np.replaying.program import Program
from autograd_np.replaying.tape import RefusedError
from autograd_np.replaying.watch import Watch
from autograd_np.tracing.logged import Logged

__all__ = ["Recording", "Signature", "mode"]

#: What an array may have to be compared at every replay.
_FEW_BYTES = 4096
_SIMPLE = (bool, int, float, str, bytes, type(None))


def mode() -> Any:
    """Return the settings of this thread that decide what a call computes and records."""
    return modes.level, modes.inference, modes.recording, default_float()


def _is_plain_leaf(node: GraphNode) -> bool:
    return isinstance(node, Leaf) and (node.extra is None or not (node.extra.hooks or node.extra.retained))


class Signature:
    """What two calls must have in common to share a recording: structure, shapes, types and layouts, other values.

    Args:
        args: positional arguments.
        kwargs: the others.

    Raises: RefusedError for an argument that carries a graph or a hook.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        #: Tensors and arrays among the arguments, in order.
        self.leaves: list[Any] = []
        #: Other objects, which count by identity and so are kept.
        self.objects: list[Any] = []
        self.key = (mode(), self._of(args), self._of(kwargs))

    def _of(self, part: Any) -> Any:
        if isinstance(part, (Tensor, np.ndarray)):
            return self._of_array(part)
        if isinstance(part, (tuple, list)):
            return type(part), *map(self._of, part)
        if type(part) is dict:
            return dict, *((key, self._of(value)) for key, value in part.items())
        if isinstance(part, _SIMPLE):
            return type(part), part
        self.objects.append(part)
        return "object", id(part)

    def _of_array(self, part: Any) -> Any:
        array, requires = getattr(part, "_array", part), False
        if isinstance(part, Tensor):
            part._live()
            requires = part._node is not None
            if part._node is not None and not _is_plain_leaf(part._node):
                message = "an argument carries a graph or a hook\n  fix: detach() it, or compute it inside"
                raise RefusedError(message)
        # Which arguments are one array decides what their gradients and derivatives are.
        first = next((i for i, x in enumerate(self.leaves) if getattr(x, "_array", x) is array), len(self.leaves))
        self.leaves.append(part)
        return type(part), array.shape, array.dtype, array.strides, requires, first


class Recording:
    """A program, and what must hold for it.

    Args:
        watch: what was seen of the call.
        args: its positional arguments.
        kwargs: its other arguments.
        signature: of these.
        result: what it returned.

    Raises: RefusedError if it cannot be done again.
    """

    def __init__(
        self, watch: Watch, args: tuple[Any, ...], kwargs: dict[str, Any], signature: Signature, result: Any
    ) -> None:
        watch.guards.finish()
        changed = watch.guards.changed()
        if changed is not None:
            message = f"the call itself changes {changed}, which it reads"
            raise RefusedError(message)
        if watch.guards.draws:
            message = "NumPy's or Python's own random numbers are in reach\n  fix: draw with ag.rand and the like"
            raise RefusedError(message)
        #: Buffers serve one replay at a time.
        self.lock = threading.Lock()
        self._guards = watch.guards
        self._gradients = list(watch.gradients_read.values())
        self._objects = signature.objects
        self._effects = [e.parts for e in watch.tape.entries if e.form == "effect"]
        self._numbers = _read_by_python(watch)
        stubs: dict[Logged, Any] = {}
        returned = _returned(result, watch, {id(x) for x in signature.leaves}, stubs)
        self.program = Program(watch.tape, returned, signature.leaves, stubs)
        self._externals = self.program.externals
        self._forms = [_form(x) for x in self._externals]
        self._mode = mode()
        held = self._held()
        names = self.program.names
        self._quick = names.defined("quick", _all(held))
        #: Tells from positional arguments, at once, whether a replay is right; False where it takes a closer look.
        self.fits = names.defined("fits", _all([*self._form_of(args), *held] if not kwargs else ["False"]), "args")

    # --- whether it holds ------------------------------------------------------------------------------------------

    def _held(self) -> list[str]:
        """Return the conditions that every object is the very one it was."""
        names = self.program.names
        names.objects.update(modes_=modes, level_=modes.level, default_float_=default_float, float_=default_float())
        terms = ["modes_.level == level_", "default_float_() is float_"]
        if not modes.level:
            terms += [f"modes_.inference is {modes.inference}", f"modes_.recording is {modes.recording}"]
        terms += self._contents()
        for n, (array, held) in enumerate(self._numbers):
            names.objects[f"m{n}_"] = held
            terms.append(f"{names.name(array, 'h')}.tobytes() == m{n}_")
        for n, (holder, key, value) in enumerate(self._guards.values.values()):
            # Of a container that is looked into every item is compared; and modules keep their own dictionaries.
            if id(holder) in self._guards.contents or (key in PARTS and id(value) in self._guards.contents):
                continue
            names.objects[f"g{n}_"] = value
            place = names.name(holder, "h")
            terms.append(f"{place}[{key!r}] is g{n}_" if isinstance(holder, dict) else f"{place}.{key} is g{n}_")
        for n, x in enumerate(self._externals):
            names.objects[f"n{n}_"] = x._node
            tensor = names.name(x, "t")
            terms += [f"{tensor}._array is a{tensor}", f"{tensor}._node is n{n}_"]
            terms += [f"n{n}_.extra is None"] if x._node is not None else []
        for n, x in enumerate(self._gradients):
            grad: Any = x._grad
            names.objects[f"q{n}_"], names.objects[f"r{n}_"] = grad._array.dtype, grad._array.strides
            place = f"{names.name(x, 't')}._grad"
            terms += [f"{place} is not None", f"{place}._array.dtype is q{n}_", f"{place}._array.strides == r{n}_"]
        return terms

    def _contents(self) -> list[str]:
        """Return the conditions that containers hold the very objects they held."""
        names = self.program.names
        terms, empty = [], []
        for n, (container, items) in enumerate(self._guards.contents.values()):
            place = names.name(container, "h")
            if isinstance(container, tuple):
                continue
            if not items:
                empty.append(place)
                continue
            terms.append(f"len({place}) == {len(items)}")
            if len(items) > MANY:
                continue
            if isinstance(container, dict) and all(type(key) is str for key in container):
                for k, key in enumerate(container):
                    names.objects[f"i{n}_{k}"] = container[key]
                    terms.append(f"{place}[{key!r}] is i{n}_{k}")
            else:
                names.objects[f"i{n}_"] = [*map(id, items)]
                terms.append(f"[*map(id, {place}{'.values()' if isinstance(container, dict) else ''})] == i{n}_")
        return [*terms, f"not ({' or '.join(empty)})"] if empty else terms

    def _form_of(self, args: tuple[Any, ...]) -> list[str]:
        """Return the conditions that arguments have the form of these; a False where that cannot be told so."""
        names = self.program.names
        names.objects.update(Tensor_=Tensor, ndarray_=np.ndarray)
        terms = [f"len(args) == {len(args)}"]
        arrays: list[tuple[Any, str]] = []
        for k, x in enumerate(args):
            if type(x) not in (Tensor, np.ndarray) or (type(x) is Tensor and x._node is not None):
                return ["False"]
            array, kind, text = x, "ndarray_", f"args[{k}]"
            if type(x) is Tensor:
                array, kind, text = x._array, "Tensor_", f"args[{k}]._array"
                terms.append(f"args[{k}]._node is None")
            names.objects[f"s{k}_"], names.objects[f"d{k}_"], names.objects[f"p{k}_"] = (
                array.shape,
                array.dtype,
                array.strides,
            )
            terms.insert(1, f"type(args[{k}]) is {kind}")
            terms += [f"{text}.shape == s{k}_", f"{text}.dtype is d{k}_", f"{text}.strides == p{k}_"]
            terms += [f"{text} is {'' if array is other else 'not '}{other_text}" for other, other_text in arrays]
            arrays.append((array, text))
        return terms

    def holds(self) -> bool:
        """Tell whether everything that was read is still what it was, or equal to it."""
        try:
            if self._quick():
                return True
        except (KeyError, ValueError, AttributeError):
            return False
        # What the quick check asks of gradients has no other form.
        if mode() != self._mode or self._guards.changed() is not None or self._gradients:
            return False
        if any(array.tobytes() != held for array, held in self._numbers):
            return False
        if [_form(x) for x in self._externals] != self._forms:
            return False
        self.program.bind()
        for n, x in enumerate(self._externals):
            self.program.names.objects[f"n{n}_"] = x._node
        return True

    def reached(self, leaves: list[Any]) -> list[Any]:
        """Return what a call may read and change."""
        return [leaves, self._externals, list(self._guards.reached.values()), self._effects, default_generator]


def _read_by_python(watch: Watch) -> list[tuple[Any, bytes]]:
    """Return arrays of NumPy's that the call can reach and no row took: Python may have read numbers from them.

    Raises: RefusedError if one is too large to be compared at every replay.
    """
    taken = {id(entry.head) for entry in watch.tape.entries if entry.form == "array"}
    arrays = [x for x in watch.guards.reached.values() if isinstance(x, np.ndarray) and id(x) not in taken]
    for x in arrays:
        if x.nbytes > _FEW_BYTES:
            message = f"Python may read numbers from an array of shape {x.shape}\n  fix: pass it as an argument"
            raise RefusedError(message)
    return [(x, x.tobytes()) for x in arrays]


def _all(terms: list[str]) -> list[str]:
    """Return the body of a function that tells whether all conditions hold."""
    lines = ["try:", "    return (", *(f"        {'and ' if n else ''}{term}" for n, term in enumerate(terms)), "    )"]
    # A variable or an entry that is gone, or an enclosing variable without a value.
    return [*lines, "except (KeyError, ValueError, AttributeError):", "    return False"]


def _form(x: Tensor) -> Any:
    """Return what must stay so of a Tensor from outside, whatever array it gets."""
    plain = x._node is None or _is_plain_leaf(x._node)
    return x._array.shape, x._array.dtype, x._array.strides, x._node is None, plain and x._view is None


# --- results ----------------------------------------------------------------------------------------------------------


def _returned(  # noqa: PLR0911 (one for each kind of result)
    part: Any, watch: Watch, inputs: set[int], stubs: dict[Logged, Any]
) -> Any:
    """Return a result's structure with entries in the place of new Tensors and arrays."""
    if isinstance(part, (Tensor, np.ndarray)):
        if id(part) in inputs or (isinstance(part, Tensor) and id(part) in watch.guards.reached):
            return part
        entry: Any = watch.tape.symbol(getattr(part, "_array", part), "the result")
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
    made: Any = node if isinstance(node, Node) or not node.edges else node.edges[0]
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
    stub = Node(made.op, node, (), (), {})
    stub.saved = None
    return stub
