"""The tape as a program: a flat function of NumPy calls into buffers that were allocated once.

A ufunc whose result does not leave the call writes into a buffer; a buffer is used again when nothing looks into it
any more. What leaves (results, gradients, what other functions are given) is allocated anew each time, so nobody's
array is ever written over. Views of buffers are made once, views of tensors' arrays when these arrays change.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np.core import Tensor, wrap
from autograd_np.ops import class_losses
from autograd_np.replaying.tape import RefusedError, Tape, frozen
from autograd_np.tracing.logged import Logged, logged_in

__all__ = ["AsTensor", "DivergedError", "Program", "Returned", "Written"]

#: NumPy's functions that operators call where an operand is an array.
_UFUNCS: dict[tuple[str, int], np.ufunc] = {
    ("+", 2): np.add,
    ("-", 2): np.subtract,
    ("*", 2): np.multiply,
    ("/", 2): np.divide,
    ("@", 2): np.matmul,
    ("==", 2): np.equal,
    ("!=", 2): np.not_equal,
    ("<", 2): np.less,
    ("<=", 2): np.less_equal,
    (">", 2): np.greater,
    (">=", 2): np.greater_equal,
    ("//", 2): np.floor_divide,
    ("%", 2): np.remainder,
    ("&", 2): np.bitwise_and,
    ("|", 2): np.bitwise_or,
    ("^", 2): np.bitwise_xor,
    ("-", 1): np.negative,
    ("~", 1): np.invert,
}
#: Of these a third positional argument is deprecated as the output.
_BY_NAME = frozenset({np.maximum, np.minimum})
#: Exact to the last bit on whatever path NumPy takes, so the result may lie where an operand was.
_EXACT = frozenset({np.add, np.subtract, np.multiply, np.divide, np.negative})
_REDUCING = frozenset({np.add.reduce, np.maximum.reduce, np.minimum.reduce, np.multiply.reduce})
#: Methods that look into an array's own memory, where they can.
_VIEWS = frozenset({"reshape", "transpose", "swapaxes", "squeeze"})
_PURE = frozenset({"operator", "call", "method", "index", "attribute", "item"})
_PLAIN = (bool, int, str, type(None))


class Written:
    """Python text that refers to objects by names in a namespace."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def name(self, value: Any, kind: str) -> str:
        """Return the name of an object; the namespace keeps it, so its id stays its own."""
        if id(value) not in self._names:
            self._names[id(value)] = f"{kind}{len(self._names)}"
            self.namespace[self._names[id(value)]] = value
        return self._names[id(value)]

    def defined(self, text: str, name: str) -> Callable[..., Any]:
        """Return a function from its text."""
        exec(compile(text, f"<replayed {name}>", "exec"), self.namespace)  # noqa: S102 (the program written here)
        found: Callable[..., Any] = self.namespace[name]
        return found


class Program:
    """What was recorded, to be done again.

    Args:
        tape: the recorded call.
        returned: the structure that was returned, with entries, Tensors of the caller's and plain values in it.
        inputs: Tensors and arrays among the arguments, in order.
        stubs: the node of a returned entry that requires gradients.
    """

    def __init__(self, tape: Tape, returned: Any, inputs: Sequence[Any], stubs: dict[Logged, Any]) -> None:
        self.written = Written()
        self._tape = tape
        self._inputs = {id(x): k for k, x in enumerate(inputs)}
        self._stubs = stubs
        self._returned_entries = set(logged_in(_listed(returned)))
        self._entries = self._live(returned)
        self._escaping = self._leaving(returned)
        self._last = self._last_uses()
        self._buffers: dict[Logged, str] = {}
        self._names: dict[Logged, str] = {}
        self._bound: list[str] = []
        self._externals: list[tuple[str, str]] = []
        self.externals: list[Any] = []
        self.size = 0
        #: Tensors that have no gradient at this point, whatever they had before.
        self._without: set[str] = set()
        lines = self._lines(returned)
        self.text = "\n".join(["def run(leaves):", *(f"    {line}" for line in lines)])
        names = sorted({line.split(" = ")[0] for line in self._bound})
        bind = [f"    global {', '.join(names)}", *(f"    {line}" for line in self._bound)] if names else ["    pass"]
        self.bind = self.written.defined("\n".join(["def bind():", *bind]), "bind")
        self.bind()
        self.run = self.written.defined(self.text, "run")
        del self._tape, self._entries, self._escaping, self._last, self._buffers, self._names, self._stubs

    # --- what is needed, and for how long --------------------------------------------------------------------------

    def _live(self, returned: Any) -> list[Logged]:
        """Return the entries that something depends on."""
        tape = self._tape
        needed: set[Logged] = set(logged_in(_listed(returned)))
        roots = {tape.roots[e] for e in needed}
        kept = []
        for entry in reversed(tape.entries):
            parts = list(logged_in(entry.parts))
            if entry.form in ("update", "store", "do"):
                # A write counts where what it writes to is looked at later, or belongs to somebody else.
                target = tape.roots[parts[0] if entry.form != "do" else _target(entry)]
                wanted = target in roots or target.form not in ("call", "operator", "method")
            else:
                wanted = entry in needed or entry.form in ("effect", "deposit", "stamp", "grad", "check")
            if wanted:
                kept.append(entry)
                needed.update(parts)
                roots.update(tape.roots[p] for p in parts)
        return self._checked_first(self._folded(kept[::-1]))

    def _folded(self, entries: list[Logged]) -> list[Logged]:
        """Return the entries without those that are the same at every replay: these become constants."""
        fixed: set[Logged] = set()
        for entry in entries:
            parts = list(logged_in(entry.parts))
            if entry.form == "constant":
                if entry not in self._tape.written:
                    fixed.add(entry)
            elif entry.form in _PURE and isinstance(entry.value, (np.ndarray, np.generic)) and parts:
                if all(part in fixed for part in parts) and self._tape.roots[entry] not in self._tape.written:
                    entry.form, entry.head, entry.parts = "constant", frozen(entry.value), ()
                    self._tape.roots[entry] = entry
                    fixed.add(entry)
        used = {part for entry in entries for part in logged_in(entry.parts)}
        return [e for e in entries if e.form != "constant" or e in used or e in self._returned_entries]

    def _checked_first(self, entries: list[Logged]) -> list[Logged]:
        """Return the entries with those first that may still find that the program does not hold."""
        first: set[Logged] = set()
        for entry in reversed(entries):
            if entry.form == "check" or entry in first:
                first.add(entry)
                first.update(logged_in(entry.parts))
        for entry in first:
            if self._tape.roots[entry] in self._tape.written or entry.form in ("effect", "gradient", "external"):
                message = "the classes of a loss are computed from what the call itself changes"
                raise RefusedError(message)
        return [*(e for e in entries if e in first), *(e for e in entries if e not in first)]

    def _leaving(self, returned: Any) -> set[Logged]:
        """Return the entries whose memory somebody else gets to see."""
        found = set(logged_in(_listed(returned)))
        for entry in self._entries:
            if entry.form in ("effect", "deposit", "grad"):
                found.update(logged_in(entry.parts))
        return {self._tape.roots[e] for e in found}

    def _last_uses(self) -> dict[Logged, int]:
        last: dict[Logged, int] = {}
        for position, entry in enumerate(self._entries):
            for part in (entry, *logged_in(entry.parts)):
                last[self._tape.roots[part]] = position
        return last

    # --- text ------------------------------------------------------------------------------------------------------

    def _lines(self, returned: Any) -> list[str]:
        lines: list[str] = []
        free: list[Any] = []
        taken: dict[Logged, Any] = {}
        for position, entry in enumerate(self._entries):
            line = self._statement(entry, position, free, taken)
            if line:
                lines.append(line)
            for root in {self._tape.roots[p] for p in (entry, *logged_in(entry.parts))}:
                if self._last[root] == position and root in taken:
                    free.append(taken.pop(root))
        return [*lines, f"return {self._returned(returned)}"]

    def _statement(self, entry: Logged, position: int, free: list[Any], taken: dict[Logged, Any]) -> str:
        """Return an entry's line, or nothing where it needs none."""
        parts = entry.parts
        match entry.form:
            case "input":
                place, is_tensor = entry.head
                self._names[entry] = f"x{place}"
                return f"x{place} = leaves[{place}]{'._array' if is_tensor else ''}"
            case "external":
                name = self.written.name(entry.head, "t")
                self._names[entry] = f"a{name}"
                self._bound.append(f"a{name} = {name}._array")
                self.externals.append(entry.head)
                return ""
            case "array" | "constant":
                name = self.written.name(entry.head, "k")
                self._names[entry] = name
                if entry.form == "constant" and (entry in self._tape.written or entry in self._escaping):
                    self._names[entry] = f"v{position}"
                    return f"v{position} = {self.written.name(frozen, 'f')}({name})"
                return ""
            case "gradient":
                self._names[entry] = f"v{position}"
                return f"v{position} = {self._tensor(entry.head)}._grad._array"
            case "deposit":
                tensor, (g,) = self._tensor(entry.head[0]), parts
                name = self._names[g]
                fresh = name if entry.head[1] and self._tape.roots[g] is g else f"{name}.copy()"
                accumulate, made = self.written.name(_accumulate, "f"), self.written.name(wrap, "f")
                if tensor in self._without:
                    self._without.discard(tensor)
                    return f"{tensor}._grad = {made}({fresh}, None)"
                return (
                    f"if {tensor}._grad is None: {tensor}._grad = {made}({fresh}, None)\n"
                    f"    else: {accumulate}({tensor}, {name})"
                )
            case "grad":
                (self._without.discard if parts else self._without.add)(self._tensor(entry.head))
                value = "None" if not parts else f"{self.written.name(wrap, 'f')}({self._names[parts[0]]}, None)"
                return f"{self._tensor(entry.head)}._grad = {value}"
            case "check":
                name, shape, dtype, axis, ignored = entry.head
                checked = self.written.name(_Checked(name, shape, dtype, axis, ignored), "f")
                return f"{checked}({self._names[parts[0]]})"
            case "stamp":
                return f"{self._tensor(entry.head[0])}._shared_cell().written({entry.head[1]!r})"
            case "effect":
                return self._effect(entry, position)
            case "update":
                # An augmented assignment is this call; as one it would make a name of the namespace a local one.
                function = self.written.name(_UFUNCS[entry.head, 2], "f")
                return f"{function}({self._names[parts[0]]}, {self._text(parts[1])}, {self._names[parts[0]]})"
            case "store":
                return f"{self._names[parts[0]]}[{self._index(parts[1])}] = {self._text(parts[2])}"
            case "do":
                return self._call(entry.head, parts)
        return self._computed(entry, position, free, taken)

    def _computed(self, entry: Logged, position: int, free: list[Any], taken: dict[Logged, Any]) -> str:
        if self._hoisted(entry):
            return ""
        buffered = self._into_buffer(entry, position, free, taken)
        if buffered:
            return buffered
        name = self._names[entry] = f"v{position}"
        parts = entry.parts
        match entry.form:
            case "operator" if len(parts) == 2:
                text = f"{self._text(parts[0])} {entry.head} {self._text(parts[1])}"
            case "operator":
                text = f"{entry.head}{self._text(parts[0])}"
            case "call" | "method" if _ufunc_call(entry)[0] in _REDUCING and not _ufunc_call(entry)[2]:
                function, args, _ = _ufunc_call(entry)
                text = f"{self.written.name(function, 'f')}({', '.join(map(self._text, args))})"
            case "call":
                if entry.head is np.asarray and parts[0][0] in self._buffers:
                    self._names[entry] = self._names[parts[0][0]]
                    return ""
                text = self._call(entry.head, parts)
            case "method":
                text = f"{self._text(parts[0])}.{entry.head}{self._arguments(parts[1], parts[2])}"
            case "index":
                text = f"{self._text(parts[0])}[{self._index(parts[1])}]"
            case "item":
                text = f"{self._names[parts[0]]}[{entry.head}]"
            case "attribute":
                text = f"{self._text(parts[0])}.{entry.head}"
            case _:
                message = f"no text for {entry.form}"
                raise NotImplementedError(message)
        return f"{name} = {text}"

    def _hoisted(self, entry: Logged) -> bool:
        """Make a view of a buffer or of a tensor's array once, if it is one, and tell."""
        viewing = (entry.form == "method" and entry.head in _VIEWS) or entry.form in ("attribute", "index")
        if not viewing or self._tape.roots[entry] is entry or list(logged_in(entry.parts[1:])):
            return False
        source = self._names[entry.parts[0]]
        position = len(self._names)
        match entry.form:
            case "method":
                text = f"{source}.{entry.head}{self._arguments(entry.parts[1], entry.parts[2])}"
            case "attribute":
                text = f"{source}.{entry.head}"
            case _:
                text = f"{source}[{self._index(entry.parts[1])}]"
        if any(line.startswith(f"{source} = ") for line in self._bound):
            self._names[entry] = f"w{position}"
            self._bound.append(f"w{position} = {text}")
            return True
        if source in self.written.namespace:
            value = eval(text, self.written.namespace)  # noqa: S307 (a view of a buffer of this program)
            self._names[entry] = self.written.name(value, "b")
            return True
        return False

    def _into_buffer(self, entry: Logged, position: int, free: list[Any], taken: dict[Logged, Any]) -> str:
        """Return the line of a ufunc that writes into a buffer, or nothing where it cannot."""
        function, args, kwargs = _ufunc_call(entry)
        value = entry.value
        if (
            function is None
            or not isinstance(value, np.ndarray)
            or self._tape.roots[entry] is not entry
            or entry in self._escaping
            or not value.size
        ):
            return ""
        steps = _dense_steps(value)
        if steps is None:
            return ""
        block = None
        if function in _EXACT:
            block = self._operands_own(entry, position, taken)
        if block is None:
            block = _smallest(free, value.nbytes)
            if block is None:
                block = _block(value.nbytes)
                self.size += value.nbytes
            taken[entry] = block
        buffer = np.ndarray(value.shape, value.dtype, block, 0, steps)
        self.written.namespace[f"b{position}_"] = buffer
        self._names[entry] = f"b{position}_"
        self._buffers[entry] = f"b{position}_"
        call = self.written.name(function, "f")
        if function is np.copyto:
            return f"{call}(b{position}_, {self._text(args[0])}, 'unsafe')"
        listed = [*map(self._text, args)]
        if function in _REDUCING and len(args) == 2 and not kwargs:
            listed += ["None", f"b{position}_"]
        elif kwargs or function in _BY_NAME or function in _REDUCING:
            listed += [*(f"{key}={self._text(part)}" for key, part in kwargs.items()), f"out=b{position}_"]
        else:
            listed += [f"b{position}_"]
        return f"{call}({', '.join(listed)})"

    def _operands_own(self, entry: Logged, position: int, taken: dict[Logged, Any]) -> Any:
        """Return the block of an operand that ends here and has the result's form, to be written over."""
        used = list(logged_in(entry.parts))
        for part in used:
            root = self._tape.roots[part]
            if (
                part is root
                and root in taken
                and self._last[root] == position
                and part.value.shape == entry.value.shape
                and part.value.dtype == entry.value.dtype
                and part.value.strides == entry.value.strides
                and all(other is part or self._tape.roots[other] is not root for other in used)
            ):
                taken[entry] = taken.pop(root)
                return taken[entry]
        return None

    def _effect(self, entry: Logged, position: int) -> str:
        """Return the line that calls a function again, on Tensors where it was given Tensors."""
        args, kwargs = entry.parts
        self._without.clear()
        call = f"{self.written.name(entry.head, 'f')}{self._arguments(args, kwargs)}"
        self._names[entry] = f"v{position}"
        refresh = f"\n    {self.written.name(self._refresh, 'f')}()" if self._rebinds(position) else ""
        array = "._array" if entry.key == "tensor" else ""
        return f"v{position} = {call}{array}{refresh}" if entry.key else f"{call}{refresh}"

    def _rebinds(self, position: int) -> bool:
        """Tell whether a tensor's own array is read after this entry, which may have replaced it."""
        later = [p for e in self._entries[position + 1 :] for p in logged_in(e.parts)]
        return any(self._tape.roots[p].form == "external" for p in later)

    def _refresh(self) -> None:
        self.bind()

    def _returned(self, part: Any) -> str:
        if isinstance(part, Returned) and part.owner is not None:
            return f"{self._tensor(part.owner)}._grad"
        if isinstance(part, Returned):
            node = self._stubs.get(part.entry)
            stub = "None" if node is None else self.written.name(node, "n")
            made = self.written.name(wrap if not part.array else np.asarray, "f")
            name = self._names[part.entry]
            if part.array:
                return name
            root = self._tape.roots[part.entry]
            if root.form == "external":
                return f"{self.written.name(_sharing, 'f')}({name}, {stub}, {self._tensor(root.head)})"
            return f"{made}({name}, {stub})"
        if id(part) in self._inputs and isinstance(part, (Tensor, np.ndarray)):
            return f"leaves[{self._inputs[id(part)]}]"
        if type(part) in (list, tuple):
            items = ", ".join(map(self._returned, part))
            return f"[{items}]" if type(part) is list else f"({items}{',' if part else ''})"
        if isinstance(part, tuple):
            return f"{self.written.name(type(part), 'k')}({', '.join(map(self._returned, part))})"
        if type(part) is dict:
            return f"{{{', '.join(f'{k!r}: {self._returned(v)}' for k, v in part.items())}}}"
        return self._text(part)

    def _tensor(self, tensor: Any) -> str:
        return f"leaves[{self._inputs[id(tensor)]}]" if id(tensor) in self._inputs else self.written.name(tensor, "t")

    def _call(self, function: Any, parts: tuple[Any, ...]) -> str:
        args, kwargs = parts if len(parts) == 2 and isinstance(parts[1], dict) else (parts, {})
        return f"{self.written.name(function, 'f')}{self._arguments(args, kwargs)}"

    def _arguments(self, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
        return f"({', '.join([*map(self._text, args), *(f'{k}={self._text(v)}' for k, v in kwargs.items())])})"

    def _index(self, index: Any) -> str:
        return self._text(index)

    def _text(self, part: Any) -> str:
        if isinstance(part, Logged):
            return self._names[part]
        if isinstance(part, AsTensor):
            if part.owner is not None:
                return f"{self._tensor(part.owner)}._grad"
            if part.tensor is not None:
                return self._tensor(part.tensor)
            return f"{self.written.name(wrap, 'f')}({self._names[part.entry]}, None)"
        if type(part) in _PLAIN or (type(part) is float and part == part and abs(part) != np.inf):
            return repr(part) if not (isinstance(part, (int, float)) and part < 0) else f"({part!r})"
        if type(part) in (tuple, list) and list(_entries_in(part)):
            items = ", ".join(map(self._text, part))
            return f"[{items}]" if type(part) is list else f"({items},)"
        if type(part) is dict and list(_entries_in(part)):
            return f"{{{', '.join(f'{k!r}: {self._text(v)}' for k, v in part.items())}}}"
        if isinstance(part, slice) and list(_entries_in(part)):
            return f"slice({self._text(part.start)}, {self._text(part.stop)}, {self._text(part.step)})"
        return self.written.name(part, "k")


class Returned:
    """An entry in what a call returned: as a Tensor, as the plain array it was, or as its owner's gradient."""

    def __init__(self, entry: Logged, *, array: bool = False, owner: Any = None) -> None:
        self.entry = entry
        self.array = array
        self.owner = owner


class AsTensor(NamedTuple):
    """A Tensor in the arguments of a function that is called again: the caller's own, or one around an entry."""

    tensor: Any
    entry: Any
    #: Whose gradient it is.
    owner: Any = None


def _entries_in(part: Any) -> list[Any]:
    if isinstance(part, (Logged, AsTensor)):
        return [part]
    if isinstance(part, (tuple, list)):
        return [e for item in part for e in _entries_in(item)]
    if isinstance(part, dict):
        return _entries_in(tuple(part.values()))
    return _entries_in((part.start, part.stop, part.step)) if isinstance(part, slice) else []


def _listed(returned: Any) -> Any:
    """Return the entries in a returned structure."""
    if isinstance(returned, Returned):
        return (returned.entry,)
    if isinstance(returned, (tuple, list)):
        return tuple(_listed(item) for item in returned)
    if isinstance(returned, dict):
        return _listed(tuple(returned.values()))
    return ()


def _target(entry: Logged) -> Logged:
    """Return what a call writes to."""
    args, kwargs = entry.parts
    target: Logged = kwargs["out"] if "out" in kwargs else args[0]
    return target


def _ufunc_call(entry: Logged) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the ufunc (or the reduction of one) that an entry is a call of, with its arguments."""
    parts = entry.parts
    if entry.form == "operator":
        arrays = any(isinstance(p, Logged) and isinstance(p.value, np.ndarray) for p in parts)
        return (_UFUNCS.get((entry.head, len(parts))) if arrays else None), parts, {}
    if entry.form == "call" and len(parts) == 2 and isinstance(parts[1], dict):
        args, kwargs = parts
        if isinstance(entry.head, np.ufunc) and entry.head.nout == 1 and not kwargs.keys() & {"out", "where", "order"}:
            return entry.head, args, kwargs
        if entry.head in _REDUCING and not kwargs.keys() & {"out", "where"} and len(args) <= 2:
            if kwargs.keys() == {"axis"} and len(args) == 1:
                return entry.head, (*args, kwargs["axis"]), {}
            return entry.head, args, kwargs
    if entry.form == "method" and entry.head == "sum" and len(parts[1]) <= 1 and parts[2].keys() <= {"axis", "keepdims"}:
        # The method is this reduction, with axis None for all.
        axis = parts[1][0] if parts[1] else parts[2].get("axis")
        kwargs = {"keepdims": parts[2]["keepdims"]} if "keepdims" in parts[2] else {}
        return np.add.reduce, (parts[0], axis), kwargs
    if entry.form == "method" and entry.head == "astype" and parts[2].keys() <= {"copy"}:
        return np.copyto, (parts[0],), {}
    return None, (), {}


def _dense_steps(value: Any) -> tuple[int, ...] | None:
    """Return an array's strides if its elements fill their memory without gaps, in whatever order of axes."""
    expected = value.itemsize
    for step, size in sorted((s, n) for s, n in zip(value.strides, value.shape, strict=True) if n > 1):
        if step != expected:
            return None
        expected *= size
    # Axes of size 1 may have any stride.
    return tuple(value.strides)


def _block(size: int) -> Any:
    """Return aligned memory."""
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size]


def _smallest(free: list[Any], size: int) -> Any:
    """Take the smallest free block that is large enough and not much larger."""
    fitting = [block for block in free if size <= block.nbytes <= max(4 * size, 4096)]
    if not fitting:
        return None
    best = min(fitting, key=lambda block: block.nbytes)
    for i, block in enumerate(free):
        if block is best:
            del free[i]
            break
    return best


class DivergedError(Exception):
    """What was recorded does not hold for the values of this call; nothing was changed yet."""


class _Checked:
    """The check of a loss's classes, which a replay makes before anything else."""

    def __init__(self, name: str, shape: tuple[int, ...], dtype: Any, axis: int, ignored: int) -> None:
        # Only the shape of the scores is looked at.
        self.given = (name, wrap(np.broadcast_to(np.zeros((), dtype), shape), None))
        self.settings = (axis, ignored)

    def __call__(self, target: Any) -> None:
        """Raise IndexingError for classes out of range, and DivergedError if some are to be ignored."""
        classes, counts = class_losses._samples(*self.given, wrap(target, None), *self.settings)
        if counts is not None or classes._array is not target:
            raise DivergedError


def _accumulate(tensor: Tensor, g: Any) -> None:
    """Add to a gradient that is there, as the engine does."""
    before: Any = tensor._grad
    if before._node is None and before._array.flags.writeable:
        np.add(before._array, g, out=before._array)
        if before._cell is not None:
            before._cell.written("backward")
    else:
        tensor._grad = wrap(before._array + g, None)


def _sharing(array: Any, node: Any, owner: Tensor) -> Tensor:
    """Return a Tensor that shares another one's memory, and the count of writes to it."""
    result = wrap(array, node)
    result._cell = owner._shared_cell()
    return result


_ = operator
