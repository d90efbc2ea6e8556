"""Reading a pickle as data: its instructions are interpreted here, and none of them can call what a file names.

Python's own unpickler imports whatever a file asks for and calls it. This one knows the instructions that build
containers and numbers; a class or function is an entry of a table of ours or is refused by its name.
"""

from __future__ import annotations

import pickletools
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from autograd_np.errors import ArgumentError

__all__ = ["Made", "unpickled"]

#: The newest protocol whose instructions are known here.
PROTOCOL = 5
#: Elements that a key may have, with those of the tuples in it. Tuples that name each other over and over are a few
#: bytes in a file, and more than there are atoms when they are hashed.
KEY = 32
#: Elements that calls may copy beyond one for each byte of the pickle: a list that is written once can be named again
#: and again.
COPIES = 1000


class Made:
    """Base of what the table's functions return: plain records, which nothing in a file can alter."""

    __slots__ = ()


class _Named:
    """A class or function of the table, as it lies on the stack: to be called, or to be an argument."""

    __slots__ = ("call", "name")

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.name = name
        self.call = call


def _key(value: Any) -> Any:
    """Return what may be a key or a member of a set: text, a number, or a tuple of few of them."""
    left, open_ = KEY, [value]
    while open_:
        item = open_.pop()
        if type(item) is tuple:
            left -= len(item)
            if left < 0:
                raise ValueError(f"a tuple of more than {KEY} elements is used as a key")
            open_ += item
        elif item is not None and type(item) not in (str, int, float, bool, bytes):
            raise TypeError(f"a {type(item).__name__} is used as a key")
    return value


def _mapping(kind: Any) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        (items,) = args or ((),)
        return kind(items if type(items) is dict else [(_key(key), value) for key, value in items])

    return make


def _members(kind: Any) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        (members,) = args or ((),)
        return kind(_key(member) for member in members)

    return make


def _encoded(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes are written with latin1, not {encoding!r}")
    return text.encode(encoding)


#: Python's own, as every pickle may name them; protocol 2 has no instructions for sets and bytes.
BUILTINS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _mapping(OrderedDict),
    "collections.Counter": _mapping(Counter),
    "__builtin__.set": _members(set),
    "builtins.set": _members(set),
    "__builtin__.frozenset": _members(frozenset),
    "builtins.frozenset": _members(frozenset),
    "_codecs.encode": _encoded,
}


def unpickled(
    file: BytesIO, table: Mapping[str, Callable[..., Any]], persistent: Callable[[Any], Any] | None = None
) -> Any:
    """Return the object of the pickle that begins here, leaving the file at its end.

    What it takes is bounded by the length of the file: nothing that is written once can be multiplied.

    Args:
        file: where the pickle begins.
        table: what it may name beside Python's containers: functions from the arguments in the file to `Made`.
        persistent: answers references to what lies outside the pickle.

    Raises: ArgumentError for a name that is not in the table, or an instruction that makes no sense.
    """
    machine = _Machine({**BUILTINS, **table}, persistent, COPIES + len(file.getbuffer()))
    try:
        for opcode, argument, _ in pickletools.genops(file):
            machine.step(opcode.name, argument)
        return machine.pop()
    except ArgumentError:
        raise
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ArgumentError(f"load: the file is damaged ({type(error).__name__}: {str(error)[:100]})") from error


class _Machine:
    """The stack and the memory that a pickle's instructions work on."""

    def __init__(
        self, table: Mapping[str, Callable[..., Any]], persistent: Callable[[Any], Any] | None, copies: int
    ) -> None:
        self.table = table
        self.persistent = persistent
        self.copies = copies
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}

    def pop(self) -> Any:
        """Return the last value, which is not from before the last mark."""
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError("nothing is there since the last mark")
        return self.stack.pop()

    def since_mark(self) -> list[Any]:
        """Return the values since the last mark."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        else:
            raise ArgumentError(f"load: the file uses the pickle instruction {name}, which builds no plain data")

    # --- instructions -------------------------------------------------------------------------------------------------

    def begin(self, protocol: int) -> None:
        """Check the protocol."""
        if protocol > PROTOCOL:
            raise ArgumentError(f"load: the file is written in pickle protocol {protocol}, and {PROTOCOL} is known")

    def remember(self, place: int) -> None:
        """Keep the last value under a number."""
        self.memory[place] = self.stack[-1]

    def name(self, name: str) -> None:
        """Push an entry of the table."""
        if name not in self.table:
            raise ArgumentError(
                f"load: the file names {name[:200]}, which is neither a tensor nor a builtin container, and nothing "
                "that a file names is run\n  fix: in PyTorch, save the model's state_dict() rather than the model, and "
                "plain containers of tensors and numbers"
            )
        self.stack.append(_Named(name, self.table[name]))

    def stack_name(self) -> None:
        """Push the entry whose module and name lie on the stack."""
        name, module = self.pop(), self.pop()
        self.name(f"{module}.{name}")

    def call(self) -> None:
        """Call an entry of the table."""
        args, function = self.pop(), self.pop()
        if type(function) is not _Named or type(args) is not tuple:
            raise TypeError("only what the file names can be called, and with a tuple")
        self.copies -= len(args) + sum(len(arg) for arg in args if type(arg) in (list, tuple, dict, set, OrderedDict))
        if self.copies < 0:
            raise ValueError("it copies the same elements over and over")
        self.stack.append(function.call(*args))

    def build(self) -> None:
        """Drop the attributes that PyTorch hangs on a state_dict; nothing else may be given any."""
        _, target = self.pop(), self.stack[-1]
        if type(target) is not OrderedDict:
            raise TypeError(f"a {type(target).__name__} cannot be given attributes")

    def refer(self) -> None:
        """Push what lies outside the pickle."""
        if self.persistent is None:
            raise ValueError("it refers to something outside itself")
        self.stack.append(self.persistent(self.pop()))

    def append(self, values: list[Any]) -> None:
        """Add values to the list on the stack."""
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError(f"values are added to a {type(target).__name__}")
        target.extend(values)

    def set_items(self, values: list[Any]) -> None:
        """Add keys and values, in turn, to the dictionary on the stack."""
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter) or len(values) % 2:
            raise TypeError(f"items are added to a {type(target).__name__}")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[_key(key)] = value

    def add_items(self, values: list[Any]) -> None:
        """Add values to the set on the stack."""
        target = self.stack[-1]
        if type(target) is not set:
            raise TypeError(f"members are added to a {type(target).__name__}")
        target.update(map(_key, values))


#: Instructions whose argument is the value.
_VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}

_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
    "EMPTY_TUPLE": tuple,
}


def _tuple(count: int) -> Callable[[_Machine, Any], None]:
    def make(machine: _Machine, _: Any) -> None:
        values = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(reversed(values)))

    return make


_ACTIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, protocol: m.begin(protocol),
    "FRAME": lambda m, _: None,
    "STOP": lambda m, _: None,
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "POP": lambda m, _: m.pop(),
    "BINPUT": lambda m, place: m.remember(place),
    "LONG_BINPUT": lambda m, place: m.remember(place),
    "MEMOIZE": lambda m, _: m.remember(len(m.memory)),
    "BINGET": lambda m, place: m.stack.append(m.memory[place]),
    "LONG_BINGET": lambda m, place: m.stack.append(m.memory[place]),
    # The two words are separated by a space; a name has none.
    "GLOBAL": lambda m, words: m.name(words.replace(" ", ".")),
    "STACK_GLOBAL": lambda m, _: m.stack_name(),
    "REDUCE": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.refer(),
    "APPEND": lambda m, _: m.append([m.pop()]),
    "APPENDS": lambda m, _: m.append(m.since_mark()),
    "SETITEM": lambda m, _: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "ADDITEMS": lambda m, _: m.add_items(m.since_mark()),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "FROZENSET": lambda m, _: m.stack.append(_members(frozenset)(m.since_mark())),
}
