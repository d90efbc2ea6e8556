"""Arrays that log what is done with them: rows, rules and kernels that run on them leave the NumPy expressions behind.

A logged array holds its value, so that shapes, types and branches are those of the recorded run; what it logs are the
entries of a `Program`, which program.py writes as text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_np.core import Op

__all__ = ["Log", "Logged", "UntraceableError", "logged_in", "unwrapped"]

_BINARY: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_UNARY: dict[str, Callable[..., Any]] = {"-": operator.neg, "~": operator.invert}
#: NumPy's functions that operators call on arrays.
_SIGNS: dict[Any, str] = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.floor_divide: "//",
    np.remainder: "%",
    np.power: "**",
    np.matmul: "@",
    np.equal: "==",
    np.not_equal: "!=",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
}
#: Reductions that have a function of their own, which calls them.
_REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}
#: Functions that write into their first argument.
_WRITING = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}
_METHODS = frozenset({
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumsum", "dot", "max", "mean", "min",
    "nonzero", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "sum", "swapaxes", "take", "transpose",
})  # fmt: skip
_FACTS = frozenset({"dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides"})


class UntraceableError(TypeError):
    """Something was done with a logged array that leaves no trace, or too long a one."""


def unwrapped(part: Any) -> Any:
    """Return arguments with values in place of logged arrays."""
    if isinstance(part, Logged):
        return part.value
    if type(part) in (tuple, list):
        return type(part)(unwrapped(item) for item in part)
    if type(part) is dict:
        return {key: unwrapped(item) for key, item in part.items()}
    if isinstance(part, slice):
        return slice(unwrapped(part.start), unwrapped(part.stop), unwrapped(part.step))
    return part


class Log:
    """Entries in the order they ran.

    Args:
        rows: called with a row, operands and settings when a row is called on logged arrays; returns the result.
        lifted: returns the arguments of an entry with logged arrays in place of those that are too long to write out.
    """

    def __init__(
        self, rows: Callable[[Op, tuple[Any, ...], Mapping[str, Any]], Any], lifted: Callable[[Any], Any]
    ) -> None:
        self.rows = rows
        self.lifted = lifted
        self.entries: list[Logged] = []
        #: While kernels are tried: how many entries there may be, and that no branch may depend on values.
        self.limit: int | None = None
        self._known: dict[Any, Logged] = {}

    def add(self, form: str, head: str, parts: tuple[Any, ...], value: Any, *, pure: bool = True) -> Logged:
        """Return a new entry, or the one that is the same.

        Args:
            form: what kind of expression or statement it is.
            head: the operator, or what is called.
            parts: operands and arguments; logged arrays among them.
            value: what it computed.
            pure: whether the same again would give the same array, which nobody writes to.
        """
        parts = self.lifted(parts)
        key = (form, head, _key(parts)) if pure else None
        if key is not None and key in self._known:
            return self._known[key]
        if self.limit is not None and len(self.entries) >= self.limit:
            message = "the trace is too long"
            raise UntraceableError(message)
        entry = Logged(self, len(self.entries), form, head, parts, value)
        self.entries.append(entry)
        if key is not None:
            self._known[key] = entry
        return entry

    def heading(self, text: str) -> None:
        """Begin a part of the program."""
        self.entries.append(Logged(self, len(self.entries), "heading", text, (), None))

    def mark(self) -> Any:
        """Return where the log stands."""
        return len(self.entries), dict(self._known)

    def rewind(self, mark: Any) -> None:
        """Forget everything since a mark."""
        length, self._known = mark[0], dict(mark[1])
        del self.entries[length:]

    def changed(self, target: Logged) -> None:
        """Note that an array was written to, and with it whatever it is a view of."""
        todo = [target]
        while todo:
            part = todo.pop()
            if not part.changed:
                part.changed = True
                todo += [base for base in logged_in(part.parts) if _shares(part.value, base.value)]
        # What was read from it before may now read otherwise.
        self._known.clear()

    def attempt(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], limit: int
    ) -> Any:
        """Run a function on logged arrays; without a trace if it does anything that cannot be traced in `limit` entries.

        Raises: UntraceableError if so.
        """
        before, mark = self.limit, self.mark()
        last = len(self.entries) + limit
        self.limit = last if before is None else min(last, before)
        try:
            return function(*args, **kwargs)
        except Exception as error:
            # Whatever a kernel does that these arrays do not know, its source can be copied instead.
            self.rewind(mark)
            raise UntraceableError(str(error)) from error
        finally:
            self.limit = before

    def call(self, path: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the logged result of a function call; a tuple of results where it returns one."""
        with np.errstate(all="ignore"):
            value = function(*unwrapped(args), **unwrapped(dict(kwargs)))
        if value is None:
            message = f"{path} returned nothing: it does something that is not logged"
            raise UntraceableError(message)
        if not isinstance(value, (np.ndarray, np.generic, tuple, list)) or _is_fact(value):
            return value
        fresh = path in {
            "np.array",
            "np.zeros",
            "np.zeros_like",
            "np.empty",
            "np.empty_like",
            "np.ones_like",
            "np.full_like",
        }
        entry = self.add("call", path, (args, dict(kwargs)), value, pure=not fresh)
        return self.items(entry) if isinstance(value, (tuple, list)) else entry

    def items(self, entry: Logged) -> tuple[Any, ...]:
        """Return the results of a call that returns several; None stays None."""
        return tuple(
            None if value is None else self.add("item", str(i), (entry,), value) for i, value in enumerate(entry.value)
        )


def _shares(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


def logged_in(parts: Any) -> Iterator[Logged]:
    """Yield every logged array among arguments."""
    if isinstance(parts, Logged):
        yield parts
    elif isinstance(parts, (tuple, list)):
        for part in parts:
            yield from logged_in(part)
    elif isinstance(parts, dict):
        yield from logged_in(tuple(parts.values()))
    elif isinstance(parts, slice):
        yield from logged_in((parts.start, parts.stop, parts.step))


def _is_fact(value: Any) -> bool:
    """Tell whether a function's result is no array but a fact such as a shape."""
    return isinstance(value, (tuple, list)) and not any(isinstance(item, (np.ndarray, np.generic)) for item in value)


def _key(part: Any) -> Any:
    """Return what two equal arguments have in common."""
    if isinstance(part, Logged):
        return "logged", part.position
    if isinstance(part, (tuple, list)):
        return type(part), *map(_key, part)
    if isinstance(part, dict):
        return "dict", *((key, _key(value)) for key, value in part.items())
    if isinstance(part, np.ndarray):
        return "array", id(part)
    return type(part), repr(part)


def _binary(sign: str) -> Callable[[Any, Any], Any]:
    def method(self: Logged, other: Any) -> Any:
        return self._operation(sign, self, other)

    return method


def _reflected(sign: str) -> Callable[[Any, Any], Any]:
    def method(self: Logged, other: Any) -> Any:
        return self._operation(sign, other, self)

    return method


def _updating(sign: str) -> Callable[[Any, Any], Any]:
    def method(self: Logged, other: Any) -> Any:
        return self._update(sign, other)

    return method


class Logged:
    """A value, and the expression that computed it.

    It answers to operators, indices, NumPy's functions and the commonest methods of arrays by logging them, and to rows
    by asking its log. Everything else raises.
    """

    __slots__ = ("changed", "comment", "form", "head", "key", "log", "parts", "position", "value", "wish")
    __hash__ = object.__hash__

    def __init__(self, log: Log, position: int, form: str, head: str, parts: tuple[Any, ...], value: Any) -> None:
        self.log = log
        self.position = position
        self.form = form
        self.head = head
        self.parts = parts
        self.value = value
        #: Whether it was written to after it was made.
        self.changed = False
        #: The name that its line should give it, if it should have one, and what further lines with this name share.
        self.wish = ""
        self.key: Any = None
        self.comment = ""

    def __repr__(self) -> str:
        return f"<logged {self.form} {self.head}>"

    def __op__(self, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Answer a row in place of its kernel."""
        return self.log.rows(row, operands, static)

    # --- operators -----------------------------------------------------------------------------------------------

    def _operation(self, sign: str, a: Any, b: Any) -> Any:
        if not isinstance(b if a is self else a, (Logged, np.ndarray, np.generic, bool, int, float)):
            return NotImplemented
        with np.errstate(all="ignore"):
            value = _BINARY[sign](unwrapped(a), unwrapped(b))
        return self.log.add("operator", sign, (a, b), value)

    def _update(self, sign: str, other: Any) -> Logged:
        self._write(lambda target: _BINARY[sign](target, unwrapped(other)), ...)
        self.log.add("update", sign, (self, other), None, pure=False)
        return self

    def _write(self, new: Callable[[Any], Any], index: Any) -> None:
        self.log.changed(self)
        with np.errstate(all="ignore"):
            self.value[index] = new(self.value[index])

    __add__, __radd__, __iadd__ = _binary("+"), _reflected("+"), _updating("+")
    __sub__, __rsub__, __isub__ = _binary("-"), _reflected("-"), _updating("-")
    __mul__, __rmul__, __imul__ = _binary("*"), _reflected("*"), _updating("*")
    __truediv__, __rtruediv__, __itruediv__ = _binary("/"), _reflected("/"), _updating("/")
    __floordiv__, __rfloordiv__ = _binary("//"), _reflected("//")
    __mod__, __rmod__ = _binary("%"), _reflected("%")
    __pow__, __rpow__ = _binary("**"), _reflected("**")
    __matmul__, __rmatmul__ = _binary("@"), _reflected("@")
    __and__, __rand__ = _binary("&"), _reflected("&")
    __or__, __ror__ = _binary("|"), _reflected("|")
    __xor__, __rxor__ = _binary("^"), _reflected("^")
    __eq__ = _binary("==")
    __ne__ = _binary("!=")
    __lt__, __le__, __gt__, __ge__ = _binary("<"), _binary("<="), _binary(">"), _binary(">=")

    def __neg__(self) -> Any:
        return self.log.add("operator", "-", (self,), _UNARY["-"](self.value))

    def __invert__(self) -> Any:
        return self.log.add("operator", "~", (self,), _UNARY["~"](self.value))

    def __abs__(self) -> Any:
        return np.abs(self)  # type: ignore[call-overload]  # answered by __array_ufunc__

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.value, tuple):
            return self.value[index]
        return self.log.add("index", "", (self, index), self.value[unwrapped(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._write(lambda _: unwrapped(value), unwrapped(index))
        self.log.add("store", "", (self, index, value), None, pure=False)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

    def __len__(self) -> int:
        return len(self.value)

    # --- values, where no trace must depend on them --------------------------------------------------------------

    def _taken(self, kind: Callable[[Any], Any]) -> Any:
        if self.log.limit is not None:
            message = "a kernel's branch depends on values"
            raise UntraceableError(message)
        return kind(self.value)

    def __bool__(self) -> bool:
        return bool(self._taken(bool))

    def __float__(self) -> float:
        return float(self._taken(float))

    def __int__(self) -> int:
        return int(self._taken(int))

    def __index__(self) -> int:
        return int(self._taken(operator.index))

    def item(self) -> Any:
        """Return the only element."""
        return self._taken(lambda value: value.item())

    def __array__(self, *_: Any, **__: Any) -> Any:
        message = "an array was made of a logged array"
        raise UntraceableError(message)

    # --- as an array ---------------------------------------------------------------------------------------------

    @property
    def T(self) -> Any:
        """Return the transposed array."""
        return self.log.add("attribute", "T", (self,), self.value.T)

    def __getattr__(self, name: str) -> Any:
        if name in _FACTS:
            return getattr(self.value, name)
        if name in _METHODS:
            return lambda *args, **kwargs: self._method(name, args, kwargs)
        message = f"logged arrays have no {name!r}"
        raise AttributeError(message)

    def _method(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == "copy" and isinstance(self.value, np.generic):
            # The copy of a number could not be written to.
            return self.log.call("np.array", np.array, (self,), {})
        with np.errstate(all="ignore"):
            value = getattr(self.value, name)(*unwrapped(args), **unwrapped(kwargs))
        entry = self.log.add("method", name, (self, args, kwargs), value, pure=name not in {"astype", "copy"})
        return self.log.items(entry) if isinstance(value, tuple) else entry

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        outs = kwargs.get("out", ())
        if any(isinstance(out, Logged) for out in outs) or method == "at":
            return self._in_place(ufunc, method, inputs, kwargs)
        if outs:
            message = "a ufunc wrote a logged result into an array without a log"
            raise UntraceableError(message)
        path = f"np.{ufunc.__name__}"
        if method == "__call__":
            sign = _SIGNS.get(ufunc)
            if sign is not None and not kwargs:
                with np.errstate(all="ignore"):
                    return self.log.add("operator", sign, inputs, ufunc(*unwrapped(inputs)))
            if ufunc is np.negative and not kwargs:
                return -inputs[0]
            return self.log.call(path, ufunc, inputs, kwargs)
        if method == "reduce" and ufunc in _REDUCTIONS and "axis" in kwargs:
            plain = {"axis": None, "keepdims": False, "dtype": None}
            given = {key: value for key, value in kwargs.items() if value is not plain.get(key, ...)}
            function = _REDUCTIONS[ufunc]
            return self.log.call(f"np.{function.__name__}", function, inputs, given)
        return self.log.call(f"{path}.{method}", getattr(ufunc, method), inputs, kwargs)

    def _in_place(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Log a call that writes into an array: `np.add(a, b, out=c)`, `np.add.at(a, index, b)`."""
        target = inputs[0] if method == "at" else kwargs["out"][0]
        if not isinstance(target, Logged) or method not in {"at", "__call__"}:
            message = "a ufunc wrote into an array without a log"
            raise UntraceableError(message)
        self.log.changed(target)
        with np.errstate(all="ignore"):
            (ufunc.at if method == "at" else ufunc)(*unwrapped(inputs), **unwrapped(kwargs))
        head = f"np.{ufunc.__name__}" + (".at" if method == "at" else "")
        given = {**kwargs, "out": target} if "out" in kwargs else kwargs
        self.log.add("do", head, (inputs, given), None, pure=False)
        return target

    def __array_function__(self, function: Any, _types: Any, args: Any, kwargs: Any) -> Any:
        path = f"np{function.__module__.removeprefix('numpy')}.{function.__name__}"
        target = kwargs.get("out", args[0] if function in _WRITING else None)
        if target is None:
            return self.log.call(path, function, args, kwargs)
        if not isinstance(target, Logged):
            message = f"{path} wrote into an array without a log"
            raise UntraceableError(message)
        self.log.changed(target)
        function(*unwrapped(args), **unwrapped(kwargs))
        self.log.add("do", path, (args, kwargs), None, pure=False)
        return target
