"""Arrays that log what is done with them: rows, rules and kernels that run on them leave NumPy expressions behind.

A logged array holds its value, so that shapes, types and branches are those of the recorded run. What it logs are the
entries of a log: viz/log.py's are written as text, replaying/tape.py's are done again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_np.core import Op

__all__ = ["Logged", "UntraceableError", "logged_in", "unwrapped"]

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

    def __init__(self, log: Any, position: int, form: str, head: Any, parts: tuple[Any, ...], value: Any) -> None:
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
        return np.abs(self)

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

    # --- values, which would leave no trace ----------------------------------------------------------------------

    def __bool__(self) -> bool:
        if self.log.limit is not None:
            message = "a kernel's branch depends on values"
            raise UntraceableError(message)
        # A rule's branch is that of the recorded run.
        return bool(self.value)

    def _refused(self, *_: Any, **__: Any) -> Any:
        message = "a plain number or array was made of a logged array"
        raise UntraceableError(message)

    __array__ = __float__ = __int__ = __index__ = item = tolist = _refused

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
        target = kwargs.get("out")
        if isinstance(target, Logged):
            self.log.changed(target)
            self.log.add("do", f"np.ndarray.{name}", ((self, *args), kwargs), None, pure=False)
            return target
        entry = self.log.add("method", name, (self, args, kwargs), value, pure=name not in {"astype", "copy"})
        return self.log.items(entry) if isinstance(value, tuple) else entry

    def __array_ufunc__(  # noqa: PLR0911 (one for each way to write a call)
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        outs = kwargs.get("out", ())
        if any(isinstance(out, Logged) for out in outs) or method == "at":
            return self._in_place(ufunc, method, inputs, kwargs)
        if outs:
            message = "a ufunc wrote a logged result into an array without a log"
            raise UntraceableError(message)
        path = f"np.{ufunc.__name__}"
        if self.log.exact:
            return self.log.call(path, ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)
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
