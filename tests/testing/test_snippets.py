"""Programs that repeat a failing call: each kind of function and operand is written so that it runs again."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.testing import Expression, Step
from autograd_np.testing._snippets import program, title
from examples.custom_operation import Swish, my_tanh

FACTOR = 3.0


def run(text: str) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `check_operation` is called with when the program runs."""
    calls: list[Any] = []

    def note(fn: Any, inputs: Any, **options: Any) -> None:
        calls.append((fn, inputs, options))

    head, _, body = text.partition("from autograd_np.testing import check_operation\n")
    exec(head + body, {"check_operation": note})  # noqa: S102 (our own program)
    (call,) = calls
    return call


def of_the_module(x: Any) -> Any:
    return x * FACTOR


def test_what_can_be_imported_is_imported() -> None:
    for fn in (of_the_module, my_tanh, Swish.apply, ag.tanh, np.tanh):
        again, _, _ = run(program(fn, (), {}, globals()))
        assert again == fn
    assert "from examples.custom_operation import Swish" in program(Swish.apply, (), {}, globals())
    assert "import autograd_np as ag\n" in program(ag.tanh, (), {}, globals())


def test_the_program_itself_is_named_by_its_file_or_module() -> None:
    row = object()
    script = {"__name__": "__main__", "__spec__": None, "__file__": "/somewhere/mine.py", "row": row}
    assert "from mine import row" in program(row, (), {}, script)  # type: ignore[arg-type]  # anything in its place
    module = {**script, "__spec__": importlib.util.find_spec("examples.hessian")}
    assert "from examples.hessian import row" in program(row, (), {}, module)  # type: ignore[arg-type]  # the same


def test_lambdas_bring_what_they_use() -> None:
    exponent = 2
    again, _, _ = run(program(lambda x: np.abs(of_the_module(x)) ** exponent + FACTOR, (), {}, {}))
    assert again(-1.0) == 12.0


def test_local_functions_bring_what_they_use() -> None:
    shift = 0.5

    def inner(x: Any) -> Any:
        return x + shift

    def outer(x: Any) -> Any:
        # A comment.
        return inner(x) * 2

    again, _, _ = run(program(outer, (), {}, {}))
    assert again(1.0) == 3.0


def test_what_cannot_be_written_says_so() -> None:
    class Local:
        def __call__(self, x: Any) -> Any:
            return x

    text = program(Local(), (), {}, {})
    assert "operation = ...  # <" in text
    assert "Local object>: not importable" in text
    both = (lambda x: x, lambda x: -x)
    assert "operation = ...  # <function" in program(both[0], (), {}, {})


def test_expressions_are_written_out() -> None:
    e = Expression((ag.tensor(2.0),), (Step("mul", (0, 0)),))
    again, _, _ = run(program(e, (), {}, {}))
    assert again(3.0) == 9.0


@pytest.mark.parametrize(
    "value",
    [
        ag.tensor([[0.1, -2.5]], dtype=ag.float64, requires_grad=True),
        ag.tensor(1 / 3, dtype=ag.float64),
        ag.tensor([float("nan"), float("inf"), -float("inf")]),
        ag.zeros(0, 3, dtype=ag.float64),
        ag.zeros(0),
        ag.tensor([1, 2], dtype=ag.int32),
        ag.tensor([True, False]),
        np.array([[1.5], [2.5]], np.float32),
        np.zeros((2, 0), np.int64),
        (1, 2.5, None, "word", (True,)),
        float("inf"),
    ],
    ids=str,
)
def test_operands_come_back(value: Any) -> None:
    _, (again,), _ = run(program(ag.tanh, (value,), {}, {}))
    assert type(again) is type(value)
    if isinstance(value, (ag.Tensor, np.ndarray)):
        assert again.dtype == value.dtype
        assert again.shape == value.shape
        np.testing.assert_array_equal(np.asarray(again.tolist()), np.asarray(value.tolist()))
        assert getattr(again, "requires_grad", False) == getattr(value, "requires_grad", False)
    else:
        assert again == value


def test_options_are_written() -> None:
    _, _, options = run(program(ag.tanh, (), {"reference": np.tanh, "batch_axis": (0, None), "order": 1}, {}))
    assert options == {"reference": np.tanh, "batch_axis": (0, None), "order": 1}


def test_titles() -> None:
    def local(x: Any) -> Any:
        return x

    named = {title(fn) for fn in (local, my_tanh, Swish.apply, ag.tanh, np.tanh, lambda x: x)}
    assert named == {"local", "my_tanh", "Swish.apply", "tanh", "<lambda>"}
