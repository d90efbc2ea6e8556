"""The tape as a program: a flat function of NumPy calls into buffers that were allocated once.

A ufunc whose result does not leave the call writes into a buffer. What leaves (results, gradients, what other functions
are given) is allocated anew each time, so nobody's array is ever written over. Views of buffers are made once, views of
tensors' arrays when these arrays change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_np.core import Tensor, wrap
from autograd_np.replaying.buffers import REDUCTIONS, UFUNCS, Buffers, UfuncCall, ufunc_call
from autograd_np.replaying.plan import AsTensor, Plan, Returned
from autograd_np.replaying.runtime import CheckedClasses, accumulate, sharing
from autograd_np.replaying.tape import Tape, frozen
from autograd_np.tracing.logged import Logged, logged_in

__all__ = ["Program"]

#: Methods that look into an array's own memory, where they can.
_VIEWS = frozenset({"reshape", "transpose", "swapaxes", "squeeze"})
#: Ufuncs of which a third positional argument is deprecated as the output.
_BY_NAME = frozenset({np.maximum, np.minimum})


class Namespace:
    """The objects that a program's text names."""

    def __init__(self) -> None:
        #: By name; a plain dictionary, in which Python finds global variables fastest.
        self.objects: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def name(self, value: Any, kind: str) -> str:
        """Return the name of an object; it stays alive here, so its id stays its own."""
        if id(value) not in self._names:
            self._names[id(value)] = f"{kind}{len(self._names)}"
            self.objects[self._names[id(value)]] = value
        return self._names[id(value)]

    def defined(self, name: str, lines: Sequence[str], arguments: str = "") -> Callable[..., Any]:
        """Return the function of these lines."""
        text = "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)])
        exec(compile(text, f"<replayed {name}>", "exec"), self.objects)  # noqa: S102 (the program that is written here)
        function: Callable[..., Any] = self.objects[name]
        return function


class Program:
    """What was recorded, to be done again.

    Args:
        tape: the recorded call.
        returned: the structure that was returned, with `Returned` entries, Tensors of the caller's and plain values.
        inputs: Tensors and arrays among the arguments, in order.
        stubs: the node of each returned entry that requires gradients.
    """

    def __init__(self, tape: Tape, returned: Any, inputs: Sequence[Any], stubs: dict[Logged, Any]) -> None:
        self.names = Namespace()
        #: Tensors whose arrays are read, as long as nothing else is assigned to their data.
        self.externals: list[Tensor] = []
        lines = _Text(self, Plan(tape, returned), inputs, stubs)
        body = [*lines.body(), f"return {lines.returned(returned)}"]
        self.text = "\n".join(body)
        #: Bytes in buffers.
        self.size = lines.buffers.size
        bound = [f"{name} = {text}" for name, text in lines.bound.items()]
        declared = [f"global {', '.join(lines.bound)}"] if bound else ["pass"]
        #: Looks up the arrays of the externals anew.
        self.bind = self.names.defined("bind", [*declared, *bound])
        self.bind()
        self.run = self.names.defined("run", body, "leaves")


class _Text:
    """The lines of a program."""

    def __init__(self, program: Program, plan: Plan, inputs: Sequence[Any], stubs: dict[Logged, Any]) -> None:
        self.plan = plan
        self.buffers = Buffers(plan)
        #: Names of externals' arrays and of views of them, and the text that makes them.
        self.bound: dict[str, str] = {}
        self._program = program
        self._inputs = {id(x): k for k, x in enumerate(inputs)}
        self._stubs = stubs
        #: What an entry is called.
        self._called: dict[Logged, str] = {}
        #: Tensors that have no gradient at this point, whatever they had before.
        self._without: set[str] = set()

    def body(self) -> list[str]:
        """Return the statements."""
        lines: list[str] = []
        for position, entry in enumerate(self.plan.entries):
            lines += self._statement(entry, position)
            self.buffers.passed(entry, position)
        return lines

    def _object(self, value: Any, kind: str = "f") -> str:
        return self._program.names.name(value, kind)

    def _tensor(self, tensor: Any) -> str:
        place = self._inputs.get(id(tensor))
        return self._object(tensor, "t") if place is None else f"leaves[{place}]"

    # --- statements ------------------------------------------------------------------------------------------------

    def _statement(self, entry: Logged, position: int) -> list[str]:
        """Return the lines of an entry."""
        method = getattr(self, f"_{entry.form}", None)
        if method is None:
            return self._computed(entry, position)
        lines: list[str] = method(entry, position)
        return lines

    def _named(self, entry: Logged, name: str) -> str:
        self._called[entry] = name
        return name

    def _input(self, entry: Logged, _: int) -> list[str]:
        place, is_tensor = entry.head
        return [f"{self._named(entry, f'x{place}')} = leaves[{place}]{'._array' if is_tensor else ''}"]

    def _external(self, entry: Logged, _: int) -> list[str]:
        tensor = self._object(entry.head, "t")
        self.bound[self._named(entry, f"a{tensor}")] = f"{tensor}._array"
        self._program.externals.append(entry.head)
        return []

    def _array(self, entry: Logged, _: int) -> list[str]:
        self._named(entry, self._object(entry.head, "k"))
        return []

    def _constant(self, entry: Logged, position: int) -> list[str]:
        name = self._object(entry.head, "k")
        if entry in self.plan.written or entry in self.plan.leaving:
            return [f"{self._named(entry, f'v{position}')} = {self._object(frozen)}({name})"]
        self._named(entry, name)
        return []

    def _gradient(self, entry: Logged, position: int) -> list[str]:
        return [f"{self._named(entry, f'v{position}')} = {self._tensor(entry.head)}._grad._array"]

    def _deposit(self, entry: Logged, _: int) -> list[str]:
        owner, is_own = entry.head
        (g,) = entry.parts
        tensor, name = self._tensor(owner), self._called[g]
        first = f"{tensor}._grad = {self._object(wrap)}({name if is_own else f'{name}.copy()'}, None)"
        if tensor in self._without:
            self._without.discard(tensor)
            return [first]
        return [f"if {tensor}._grad is None: {first}", f"else: {self._object(accumulate)}({tensor}, {name})"]

    def _grad(self, entry: Logged, _: int) -> list[str]:
        tensor = self._tensor(entry.head)
        if not entry.parts:
            self._without.add(tensor)
            return [f"{tensor}._grad = None"]
        self._without.discard(tensor)
        return [f"{tensor}._grad = {self._object(wrap)}({self._called[entry.parts[0]]}, None)"]

    def _stamp(self, entry: Logged, _: int) -> list[str]:
        owner, writer, form = entry.head
        grad = "._grad" if form == "gradient" else ""
        return [f"{self._tensor(owner)}{grad}._shared_cell().written({writer!r})"]

    def _check(self, entry: Logged, _: int) -> list[str]:
        return [f"{self._object(CheckedClasses(*entry.head))}({self._called[entry.parts[0]]})"]

    def _effect(self, entry: Logged, position: int) -> list[str]:
        """Call a function again; it may give parameters other arrays."""
        self._without.clear()
        call = f"{self._object(entry.head)}{self._arguments(*entry.parts)}"
        if entry.key is not None:
            call = f"{self._named(entry, f'v{position}')} = {call}{'._array' if entry.key == 'tensor' else ''}"
        later = (part for e in self.plan.entries[position + 1 :] for part in logged_in(e.parts))
        if any(self.plan.roots[part].form == "external" for part in later):
            return [call, "bind()"]
        return [call]

    def _update(self, entry: Logged, _: int) -> list[str]:
        # An augmented assignment is this call; as one it would make a name of the namespace a local one.
        target, other = (self._text(part) for part in entry.parts)
        return [f"{self._object(UFUNCS[entry.head, 2])}({target}, {other}, {target})"]

    def _store(self, entry: Logged, _: int) -> list[str]:
        target, index, value = (self._text(part) for part in entry.parts)
        return [f"{target}[{index}] = {value}"]

    def _do(self, entry: Logged, _: int) -> list[str]:
        return [f"{self._object(entry.head)}{self._arguments(*entry.parts)}"]

    # --- what is computed ------------------------------------------------------------------------------------------

    def _computed(self, entry: Logged, position: int) -> list[str]:
        if self._is_view_made_once(entry):
            return []
        call = ufunc_call(entry)
        buffer = None if call is None else self.buffers.place(entry, call.function, position)
        if call is not None and buffer is not None:
            name = self._named(entry, f"b{position}_")
            self._program.names.objects[name] = buffer
            return [self._into(call, name)]
        if entry.head is np.asarray and self._called[entry.parts[0][0]].startswith("b"):
            # Into a buffer NumPy puts an array where it would have made a number.
            self._called[entry] = self._called[entry.parts[0][0]]
            return []
        text = self._expression(entry, call)
        return [f"{self._named(entry, f'v{position}')} = {text}"]

    def _into(self, call: UfuncCall, name: str) -> str:
        """Return the call of a ufunc with an output."""
        function, args = self._object(call.function), [self._text(part) for part in call.args]
        if call.function is np.copyto:
            return f"{function}({name}, {args[0]}, 'unsafe')"
        if call.function in REDUCTIONS and len(args) == 2 and not call.kwargs:
            return f"{function}({args[0]}, {args[1]}, None, {name})"
        if call.kwargs or call.function in _BY_NAME or call.function in REDUCTIONS:
            args += [f"{key}={self._text(part)}" for key, part in call.kwargs.items()]
            return f"{function}({', '.join(args)}, out={name})"
        return f"{function}({', '.join(args)}, {name})"

    def _expression(self, entry: Logged, call: UfuncCall | None) -> str:  # noqa: PLR0911 (one for each form)
        """Return the text of what an entry computes."""
        head, parts = entry.head, entry.parts
        if call is not None and call.function in REDUCTIONS:
            return f"{self._object(call.function)}{self._arguments(call.args, call.kwargs)}"
        match entry.form:
            case "operator" if len(parts) == 2:
                return f"{self._text(parts[0])} {head} {self._text(parts[1])}"
            case "operator":
                return f"{head}{self._text(parts[0])}"
            case "call":
                return f"{self._object(head)}{self._arguments(*parts)}"
            case "method":
                return f"{self._text(parts[0])}.{head}{self._arguments(parts[1], parts[2])}"
            case "index":
                return f"{self._text(parts[0])}[{self._text(parts[1])}]"
            case "item":
                return f"{self._called[parts[0]]}[{head}]"
            case _:  # an attribute
                return f"{self._text(parts[0])}.{head}"

    def _is_view_made_once(self, entry: Logged) -> bool:
        """Make a view of a buffer now, or one of a tensor's array when that changes; tell whether it is one."""
        viewing = (entry.form == "method" and entry.head in _VIEWS) or entry.form in ("attribute", "index")
        if not viewing or self.plan.roots[entry] is entry or any(True for _ in logged_in(entry.parts[1:])):
            return False
        source, text = self._called[entry.parts[0]], self._expression(entry, None)
        if source in self.bound:
            self.bound[self._named(entry, f"w{len(self.bound)}")] = text
            return True
        if source in self._program.names.objects:
            view = eval(text, self._program.names.objects)  # noqa: S307 (a view of an array of this program)
            self._named(entry, self._object(view, "b"))
            return True
        return False

    # --- parts of lines --------------------------------------------------------------------------------------------

    def returned(self, part: Any) -> str:
        """Return the text of a returned structure."""
        if isinstance(part, Returned):
            return self._result(part)
        if id(part) in self._inputs and isinstance(part, (Tensor, np.ndarray)):
            return f"leaves[{self._inputs[id(part)]}]"
        if type(part) is list:
            return f"[{', '.join(map(self.returned, part))}]"
        if isinstance(part, tuple):
            items = ", ".join(map(self.returned, part))
            plain = type(part) is tuple
            return f"({items}{',' if items else ''})" if plain else f"{self._object(type(part), 'k')}({items})"
        if type(part) is dict:
            return f"{{{', '.join(f'{k!r}: {self.returned(v)}' for k, v in part.items())}}}"
        return self._text(part)

    def _result(self, part: Returned) -> str:
        if part.owner is not None:
            return f"{self._tensor(part.owner)}._grad"
        name = self._called[part.entry]
        if part.array:
            return name
        node = self._stubs.get(part.entry)
        stub = "None" if node is None else self._object(node, "n")
        root: Any = self.plan.roots[part.entry]
        if root.form == "external":
            return f"{self._object(sharing)}({name}, {stub}, {self._tensor(root.head)})"
        return f"{self._object(wrap)}({name}, {stub})"

    def _arguments(self, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
        named = [f"{key}={self._text(value)}" for key, value in kwargs.items()]
        return f"({', '.join([*map(self._text, args), *named])})"

    def _text(self, part: Any) -> str:  # noqa: PLR0911 (one for each kind of argument)
        """Return the text of an argument."""
        if isinstance(part, Logged):
            return self._called[part]
        if isinstance(part, AsTensor):
            if part.owner is not None:
                return f"{self._tensor(part.owner)}._grad"
            if part.tensor is not None:
                return self._tensor(part.tensor)
            return f"{self._object(wrap)}({self._called[part.entry]}, None)"
        if part is None or type(part) in (bool, str) or (type(part) is int and part >= 0):
            return repr(part)
        if not _is_mixed(part):
            return self._object(part, "k")
        if isinstance(part, slice):
            return f"slice({self._text(part.start)}, {self._text(part.stop)}, {self._text(part.step)})"
        if isinstance(part, dict):
            return f"{{{', '.join(f'{k!r}: {self._text(v)}' for k, v in part.items())}}}"
        items = "".join(f"{self._text(item)}, " for item in part)
        return f"[{items}]" if type(part) is list else f"({items})"


def _is_mixed(part: Any) -> bool:
    """Tell whether there are entries in an argument."""
    if isinstance(part, (Logged, AsTensor)):
        return True
    if isinstance(part, dict):
        part = tuple(part.values())
    elif isinstance(part, slice):
        part = (part.start, part.stop, part.step)
    return isinstance(part, (tuple, list)) and any(map(_is_mixed, part))
