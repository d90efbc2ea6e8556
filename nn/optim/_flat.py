"""Parameters gathered into runs, so that one step is a handful of NumPy calls however many parameters there are.

Small parameters share a run: their gradients are copied next to each other and their state lies in flat arrays.
A large parameter is a run of its own, worked through in blocks that stay in the processor's cache. Parameters keep
arrays of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

import numpy as np

from autograd_np import Tensor, float64, from_numpy, get_default_dtype
from autograd_np.autograd.graph import arrays_of, increment_version
from autograd_np.utils.parallel import for_each

__all__ = ["Array", "Run", "array_of", "gradient_of", "number_type", "runs_of"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
#: (gradient, values or None, arrays of state, out) -> None
Change: TypeAlias = Callable[[Array, "Array | None", SimpleNamespace, Array], None]

#: Elements of a parameter that is copied next to others rather than handled alone.
SMALL = 8192
#: Elements that are worked on at a time: about eight arrays of this length fit the second-level cache.
BLOCK = 32768


def array_of(tensor: Tensor) -> Array:
    """Return the array that a tensor holds, to be written into."""
    return tensor.numpy(force=True)


def gradient_of(parameter: Tensor) -> Array:
    """Return the array of a parameter's gradient, which is there."""
    return array_of(cast("Tensor", parameter.grad))


def number_type() -> np.dtype[Any]:
    """Return the type in which a state's numbers (such as its steps) are kept, which is PyTorch's."""
    return np.dtype(np.float64 if get_default_dtype() == float64 else np.float32)


class Run:
    """Parameters of one type whose states have the same numbers, with their arrays of state in flat ones.

    Args:
        params: the parameters; more than one only if all are small.
        initial: name and initial value of each array of state.
        numbers: name and initial value of each number of state, such as 'step'.
        states: each parameter's entries by name; what is there is taken over and what is missing is added.
    """

    def __init__(
        self,
        params: Sequence[Tensor],
        initial: Mapping[str, float],
        numbers: Mapping[str, float],
        states: Sequence[dict[str, Any]],
    ) -> None:
        self.params = list(params)
        self.states = list(states)
        arrays = self._arrays = arrays_of(params)
        self.shapes = [a.shape for a in arrays]
        self.dtype = arrays[0].dtype
        self.total = sum(a.size for a in arrays)
        self.alone = len(arrays) == 1 and arrays[0].size > SMALL
        self.first = not all(name in state for state in states for name in initial)
        #: What the state's entries must still be for the flat arrays to be the state: (state, name, tensor).
        self.bound: list[tuple[dict[str, Any], str, Tensor]] = []
        self.numbers: dict[str, Array] = {}
        for name, value in numbers.items():
            kept = np.array([float(state.get(name, value)) for state in states], number_type())
            self.numbers[name] = kept
            for i, state in enumerate(states):
                self._bind(state, name, kept[i : i + 1].reshape(()))
        flat = {name: np.full(self.total, value, self.dtype) for name, value in initial.items()}
        for name, values in flat.items():
            for state, view in zip(states, self._views(values), strict=True):
                if name in state:
                    view[...] = array_of(state[name])
                self._bind(state, name, view)
        length = 0 if self.alone else self.total
        self.gradient, self.values, self.change = (np.empty(length, self.dtype) for _ in range(3))
        self.change_views = [] if self.alone else self._views(self.change)
        starts = range(0, self.total, BLOCK) if self.alone else (0,)
        ends = [min(start + BLOCK, self.total) if self.alone else self.total for start in starts]
        self.blocks = [
            (start, end, SimpleNamespace(**{name: values[start:end] for name, values in flat.items()}))
            for start, end in zip(starts, ends, strict=True)
        ]

    def _views(self, flat: Array) -> list[Array]:
        """Return the part of a flat array that belongs to each parameter, in its shape."""
        views, start = [], 0
        for shape in self.shapes:
            end = start + int(np.prod(shape))
            views.append(flat[start:end].reshape(shape))
            start = end
        return views

    def _bind(self, state: dict[str, Any], name: str, view: Array) -> None:
        state[name] = from_numpy(view)
        self.bound.append((state, name, state[name]))

    def holds(self, states: Mapping[Tensor, Any]) -> bool:
        """Tell whether parameters and states are still what this run was made from."""
        arrays = arrays_of(self.params)
        if not all(map(is_, arrays, self._arrays)):
            if any(a.shape != s or a.dtype != self.dtype for a, s in zip(arrays, self.shapes, strict=True)):
                return False
            self._arrays = arrays
        if self.bound:
            if not all(map(is_, map(states.get, self.params), self.states)):
                return False
            for state, name, tensor in self.bound:
                if state.get(name) is not tensor:
                    return False
        return True

    def begin(self, writer: str) -> SimpleNamespace:
        """Count a step and return the state's numbers, with `first`: whether there was no state before.

        The writes to the parameters are counted before they happen: after an interrupt in their midst, a graph that
        was recorded before must not read the new values.
        """
        increment_version(self.params, writer)
        numbers = SimpleNamespace(first=self.first)
        for name, kept in self.numbers.items():
            if name == "step":
                np.add(kept, 1, out=kept)
                numbers.step = int(kept[0])
            else:
                setattr(numbers, name, float(kept[0]))
        return numbers

    def keep(self, numbers: SimpleNamespace) -> None:
        """Write the state's numbers back."""
        for name, kept in self.numbers.items():
            if name != "step":
                kept[...] = getattr(numbers, name)

    def subtract(self, change: Change, *, with_values: bool) -> None:
        """Subtract from the parameters what `change` makes of their gradients.

        Args:
            change: called on each part as (gradient, values or None, arrays of state, out), to fill `out` and to bring
                the state up to date. Parts do not depend on each other, and have threads of their own.
            with_values: whether it needs the parameters' values, as for weight decay.
        """
        if self.alone:
            self._subtract_alone(change)
        else:
            self._subtract_gathered(change, with_values=with_values)

    def _subtract_gathered(self, change: Change, *, with_values: bool) -> None:
        gradients = arrays_of([cast("Tensor", p.grad) for p in self.params])
        np.concatenate([g.reshape(-1) for g in gradients], out=self.gradient)
        arrays = arrays_of(self.params)
        if with_values:
            np.concatenate([array.reshape(-1) for array in arrays], out=self.values)
        change(self.gradient, self.values if with_values else None, self.blocks[0][2], self.change)
        for array, view in zip(arrays, self.change_views, strict=True):
            np.subtract(array, view, array)

    def _subtract_alone(self, change: Change) -> None:
        (array,) = arrays_of(self.params)
        # Other memory layouts are copied, and the result is copied back.
        values = array.reshape(-1)
        g = gradient_of(self.params[0]).reshape(-1)

        def work(block: tuple[int, int, SimpleNamespace]) -> None:
            start, end, state = block
            part, out = values[start:end], np.empty(end - start, self.dtype)
            change(g[start:end], part, state, out)
            np.subtract(part, out, out=part)

        for_each(work, self.blocks)
        if not array.flags.c_contiguous:
            array[...] = values.reshape(array.shape)

    def done(self) -> None:
        """Note that a step has been taken."""
        self.first = False


def runs_of(
    params: Sequence[Tensor],
    initial: Mapping[str, float],
    numbers: Mapping[str, float],
    states: Mapping[Tensor, dict[str, Any]],
) -> list[Run]:
    """Return the runs that parameters form: by type and numbers of state, large ones alone, small ones together."""
    kinds: dict[Any, list[list[Tensor]]] = {}
    sizes: dict[Any, int] = {}
    has_state = bool(initial or numbers)
    for p in params:
        state = states[p] if has_state else {}
        array = array_of(p)
        fresh = not all(name in state for name in initial)
        key = (array.dtype.str, fresh, *(float(state.get(name, value)) for name, value in numbers.items()))
        lists = kinds.setdefault(key, [])
        if array.size > SMALL:
            lists.insert(0, [p])
            continue
        if not lists or array_of(lists[-1][0]).size > SMALL or sizes[key] + array.size > BLOCK:
            lists.append([])
            sizes[key] = 0
        lists[-1].append(p)
        sizes[key] += array.size
    return [
        Run(run, initial, numbers, [states[p] if has_state else {} for p in run])
        for lists in kinds.values()
        for run in lists
    ]
