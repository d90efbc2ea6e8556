"""Errors teach: the catalogue is the sources', every error has a fix, and what was misspelt is guessed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np import errors
from autograd_np.core import UnaryOp, registry
from autograd_np.errors import ArgumentError, ShapeError, aligned_shapes, clash
from nn import optim
from tests.error_catalogue import OURS, PAGE, catalogue, entries, general_fix


def stderr_of(*arguments: str) -> str:
    """Return what a Python with these arguments says."""
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    return run.stderr


# --- the catalogue --------------------------------------------------------------------------------------------


def test_the_catalogue_is_current() -> None:
    assert PAGE.read_text("utf-8") == catalogue(), "write it anew: python -m tests.error_catalogue"


def test_every_class_says_what_helps() -> None:
    assert [kind for kind in OURS if general_fix(kind).startswith("the message names what was expected")] == []


def test_every_class_is_a_runtime_error_as_ported_code_expects() -> None:
    assert all(issubclass(getattr(errors, kind), RuntimeError) for kind in OURS)


def test_every_error_says_its_cause() -> None:
    silent = [entry for entry in entries() if not entry.cause]
    assert silent == []


@pytest.mark.parametrize(
    ("kind", "module", "part", "fix"),
    [
        ("ShapeError", "autograd_np.core.op", "the shapes do not fit each other", "sizes must be equal or 1"),
        ("GraphError", "autograd_np.core.backward", "does not require gradients: it was computed", "create the inputs"),
        ("ShapeError", "autograd_np.ops.products", "the inner sizes differ: dim -1 of ⟨first⟩", "transpose ⟨second⟩"),
        ("MutationError", "autograd_np.core.mutation", "cannot be changed in place", "do it inside no_grad()"),
        ("ArgumentError", "nn._state", "load_state_dict: the state does not fit", "build the model with the settings"),
    ],
)
def test_errors_of_every_form_are_found(kind: str, module: str, part: str, fix: str) -> None:
    found = [e for e in entries() if e.kind == kind and e.module == module and part in e.cause]
    assert found
    assert found[0].fix.startswith(fix)


# --- shapes ---------------------------------------------------------------------------------------------------


def test_the_axis_is_marked_in_each_shape_where_axes_are_not_aligned() -> None:
    assert aligned_shapes({"input": (2, 3), "weight": (10, 5, 1)}, {"input": 1, "weight": 1}) == (
        "   input:    2 3\n               ^\n  weight: 10 5 1\n             ^"
    )


def test_the_clashing_axis_in_words() -> None:
    assert clash({"a": (2, 3, 1), "b": (4, 1)}) == "dim -2 is 3 in a and 4 in b"
    assert clash({"a": (2, 1), "b": (3,)}) == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x + ag.ones(5), "add: the shapes do not fit each other: dim -1 is 4 in a and 5 in b\n  a: 3 4\n"),
        (lambda x: ag.where(x > 0, x, ag.ones(2, 1)), "dim -2 is 3 in condition and 2 in b\n  condition: 3 4\n"),
        (lambda x: x @ ag.ones(5, 2), "dim -1 of input is 4, dim -2 of other is 5\n  input: 3 4\n           ^\n"),
        (
            lambda x: nn.Conv2d(3, 4, 3)(x[None, None]),
            "channels and the input has 1\n   input: 1 1 3 4\n            ^\n",
        ),
    ],
)
def test_shape_errors_name_operands_and_axis(call: Any, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call(ag.ones(3, 4))
    assert message in str(caught.value)
    assert "\n  fix: " in str(caught.value)


# --- did you mean ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name", "meant"),
    [
        (ag, "relus", "relu"),
        (ag, "Tensr", "Tensor"),
        (ag.autograd, "gradd", "grad"),
        (ag.utils, "chekpoint", "checkpoint"),
        (nn, "Lienar", "Linear"),
        (nn.utils, "clip_grad_norm", "clip_grad_norm_"),
    ],
)
def test_misspelt_names_of_modules(owner: Any, name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'; did you mean '{meant}'\\?"):
        getattr(owner, name)


def test_nothing_is_guessed_where_nothing_is_near() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = ag.completely_unknown
    assert "did you mean" not in str(caught.value)
    with pytest.raises(AttributeError) as caught:
        _ = ag._reluu
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "meant"),
    [("ag.ones(1).rehsape", "reshape"), ("optim.Adamm", "Adam"), ("F.cross_entorpy", "cross_entropy")],
)
def test_python_itself_guesses_the_rest(code: str, meant: str) -> None:
    # Tensor has no __getattr__: every access to its slots would be slower.
    program = f"import autograd_np as ag, nn.functional as F\nfrom nn import optim\n{code}"
    assert f"Did you mean: '{meant}'?" in stderr_of("-c", program)


def test_misspelt_keywords_of_layers_optimisers_and_schedules() -> None:
    with pytest.raises(TypeError, match="Linear: there is no argument 'baise'; did you mean 'bias'"):
        nn.Linear(2, 3, baise=False)
    layer = nn.Linear(2, 3, bias=False)
    with pytest.raises(TypeError, match="SGD: there is no argument 'momentun'; did you mean 'momentum'"):
        optim.SGD(layer.parameters(), lr=0.1, momentun=0.9)
    optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    with pytest.raises(TypeError, match="StepLR: there is no argument 'stepsize'; did you mean 'step_size'"):
        optim.lr_scheduler.StepLR(optimizer, stepsize=3)


def test_constructors_with_keywords_of_their_own_are_left_alone() -> None:
    class Free(nn.Module):
        def __init__(self, **options: Any) -> None:
            super().__init__()
            self.options = options

    assert Free(anything=1).options == {"anything": 1}


def test_misspelt_keys_of_a_state() -> None:
    layer = nn.Linear(2, 3)
    state = layer.state_dict()
    state["wieght"] = state.pop("weight")
    with pytest.raises(ArgumentError, match="missing: weight\n  unexpected: wieght; did you mean 'weight'"):
        layer.load_state_dict(state)


# --- a failure inside a rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", [True, False])
def test_a_failure_inside_a_rule_names_operation_argument_and_line(recorded: bool) -> None:
    def failing(_g: Any, _y: Any, x: Any) -> Any:
        raise ZeroDivisionError("in here")

    row = UnaryOp("fails_in_backward", np.negative, failing)
    del registry["fails_in_backward"]
    with ag.record() if recorded else ag.enable_grad():
        y = row(ag.ones(2, requires_grad=True))
    with pytest.raises(ZeroDivisionError) as caught:
        y.sum().backward()
    told = "".join(getattr(caught.value, "__notes__", caught.value.args))
    assert "in the backward of 'fails_in_backward', for x\n  shapes: output (2,), x (2,)\n  recorded at " in told
    line = "test_errors.py:" if recorded else "unknown: compute it inside record() or detect_anomaly() to see the line"
    assert line in told


def test_the_argument_is_told_from_others_by_its_rule() -> None:
    def failing(_g: Any, _y: Any, _a: Any, b: Any) -> Any:
        raise ZeroDivisionError

    row = ag.BinaryOp("fails_for_b", np.add, lambda g, _y, _a, _b: g, failing)
    del registry["fails_for_b"]
    with pytest.raises(ZeroDivisionError) as caught:
        row(ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)).sum().backward()
    assert "'fails_for_b', for b\n" in "".join(getattr(caught.value, "__notes__", caught.value.args))


# --- NumPy's warnings -----------------------------------------------------------------------------------------


def test_numpys_warnings_do_not_name_lines_of_the_engine() -> None:
    program = (
        "import numpy as np, autograd_np as ag\n"
        "x = ag.tensor([0.0], requires_grad=True)\n"
        "(x.log() + x / x).sum().backward()\n"
        "np.log(np.zeros(1))\n"
    )
    told = stderr_of("-c", program)
    assert told.count("RuntimeWarning") == 1
    assert "<string>:4: RuntimeWarning" in told
    assert "Traceback" in stderr_of("-W", "error", "-c", program)
