from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_np.core import Op, UnaryOp, as_tensor, registry
from autograd_np.errors import UnsupportedError
from autograd_np.kernels import reductions, rows
from autograd_np.viz.sources import Copier
from tests.viz import graphs

# Kernels in the forms in which people write them.
FACTOR: float = 2.0
#: Pairs of a name
#: and a number.
TABLE = {"first": FACTOR, "second": FACTOR * 2}


class Pair:
    """Two numbers.

    Example:
        >>> Pair(1, 2).sum()
        3
    """

    def __init__(self, a: float, b: float) -> None:
        self.a: float = a
        self.b = b

    def sum(self) -> float:
        """Return their sum."""
        return self.a + self.b


@functools.lru_cache(maxsize=4)
def _power(exponent: int, /, *, base: float = FACTOR) -> float:
    kept: float
    kept = base**exponent
    return kept


def even(x: Any, depth: int) -> Any:
    """Return x, by way of `odd`."""
    return x if depth == 0 else odd(x, depth - 1)


def odd(x: Any, depth: int) -> Any:
    return even(x, depth - 1)


def kernel(
    x: Any,
    scale: tuple[float, ...] = (1.0, 2.0),
) -> Any:
    """Return a mixture of everything.

    Shapes: any.

    Example:
        >>> kernel(1.0)
        34.0
    """
    total = reductions.count_over((2, 3), None)  # a number, wherever x comes from: σ
    return even(x, 2) * _power(2) * TABLE["second"] + Pair(*scale).sum() * total


def tensorial(x: Any) -> Any:
    return as_tensor(x)


def closed(factor: float, inner: Callable[..., Any], row: Op) -> Callable[..., Any]:
    def result(x: Any) -> Any:
        return inner(row(x)) * factor

    return result


def run(copier: Copier, name: str, *args: Any) -> Any:
    place: dict[str, Any] = {}
    text = "\n".join([*copier.imports, "import numpy as np", *copier.texts.values()])
    exec(compile(text, "copied", "exec"), place)  # noqa: S102 (our own program)
    return place[name](*args)


def test_a_function_comes_with_everything_it_uses() -> None:
    copier = Copier()
    name = copier.function(kernel)
    assert run(copier, name, 3.0) == kernel(3.0)
    text = copier.texts[name]
    assert text.splitlines()[:4] == ["def kernel(", "    x,", "    scale=(1.0, 2.0),", "):"]
    assert '    """Return a mixture of everything.\n\n    Shapes: any.\n    """' in text
    assert "# a number, wherever x comes from: σ" in text
    assert "= count_over((2, 3), None)" in text
    assert copier.texts["TABLE"].startswith("#: Pairs of a name\n#: and a number.\nTABLE = {")
    assert copier.texts["FACTOR"].endswith("FACTOR = 2.0")
    assert "self.a = a" in copier.texts["Pair"]
    assert copier.texts["_power"].startswith(
        "@functools.lru_cache(maxsize=4)\ndef _power(exponent, /, *, base=FACTOR):"
    )
    assert set(copier.imports) == {"import functools", "import math"}
    assert copier.function(kernel) == name


def test_functions_inside_functions_know_what_is_around_them() -> None:
    copier = Copier()
    name = copier.function(closed(2.5, lambda x: x + 1, registry["exp"]), "composed")
    assert name == "composed"
    assert run(copier, name, 0.5) == (np.exp(0.5) + 1) * 2.5
    assert "return inner(np.exp(x)) * 2.5" in copier.texts[name]


def test_lambdas_of_one_line_are_told_apart() -> None:
    one, two = (lambda x: x + FACTOR, lambda x: np.exp(x))  # noqa: PLW0108 (it is the lambda that is copied)
    copier = Copier()
    assert run(copier, copier.function(two, "two"), 0.0) == 1.0
    assert run(copier, copier.function(one, "one"), 1.0) == 3.0


def test_names_that_meet_are_told_apart() -> None:
    copier = Copier()
    copier.taken.add("kernel")
    assert copier.function(kernel) == "kernel_2"
    assert run(copier, "kernel_2", 3.0) == kernel(3.0)
    assert copier.function(lambda x: x, "sum") == "sum_2"


def test_what_has_no_source_is_named() -> None:
    with pytest.raises(UnsupportedError, match="is no function whose source could be copied"):
        Copier().function(functools.partial(kernel, scale=(1.0, 1.0)))
    with pytest.raises(UnsupportedError, match="cannot write 'factor', which a kernel takes from around it"):
        Copier().function(closed(np.ones(3), kernel, registry["exp"]))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(UnsupportedError, match="whose own kernel returns by-products"):
        Copier().row(registry["adaptive_max_pool2d"])
    place: dict[str, Any] = {"__name__": "prompt"}
    exec("def typed(x):\n    return x", place)  # noqa: S102 (what somebody types at a prompt)
    with pytest.raises(UnsupportedError, match=r"the source of prompt cannot be read(.|\n)*not at a prompt"):
        Copier().function(place["typed"])
    with pytest.raises(UnsupportedError, match="autograd_np does not define 'tensor' by a statement of its own"):
        Copier().function(graphs.leaf)
    with pytest.raises(UnsupportedError, match="a kernel uses 'as_tensor', which makes Tensors"):
        Copier().function(tensorial)


def test_a_row_that_a_kernel_calls_is_its_kernel() -> None:
    row = UnaryOp("test_outer", lambda x: registry_exp(x) + 1, lambda g, y, _x: g * y)
    try:
        copier = Copier()
        assert run(copier, copier.function(row.kernel, "outer"), 0.0) == 2.0
    finally:
        del registry["test_outer"]


registry_exp = registry["exp"]


def test_threads_are_left_out() -> None:
    copier = Copier()
    copier.function(rows.column_sums)
    copier.function(reductions.logsumexp_over)
    assert copier.texts["one_thread"] == "one_thread = contextlib.nullcontext()"
    assert copier.texts["for_each"].startswith("def for_each(work, parts):")
    assert set(copier.imports) == {
        "import contextlib",
        "import math",
        "from functools import cache",
        "import numpy as np",
    }
