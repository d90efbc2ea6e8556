"""Every public name explains itself: a summary, and the sections that its kind requires."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

# The modules whose public names users meet.
MODULES = ("autograd_np", "nn", "nn.functional")


class Public(NamedTuple):
    """A callable of a module's `__all__`, under the dotted name that users write."""

    name: str
    value: Any

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.value) or ""


class Requirement(NamedTuple):
    """What a docstring must contain, of which names, and the names that may do without (with the reason)."""

    marker: str
    applies: Callable[[Any], bool]
    exceptions: dict[str, str]


def is_function(value: Any) -> bool:
    return not inspect.isclass(value)


def is_differentiable_function(value: Any) -> bool:
    """Tell whether a function takes tensors and returns one: its annotations say so."""
    if inspect.isclass(value):
        return False
    annotations = {name: str(kind) for name, kind in getattr(value, "__annotations__", {}).items()}
    result = annotations.pop("return", "")
    return "Tensor" in result and any("Tensor" in kind for kind in annotations.values())


def is_layer(value: Any) -> bool:
    """Tell whether a class computes on tensors: it has a forward of its own."""
    return inspect.isclass(value) and "forward" in vars(value)


REQUIREMENTS = (
    Requirement(
        "Shapes:",
        lambda value: is_differentiable_function(value) or is_layer(value),
        {"autograd_np.tensor": "the shape is that of the data"},
    ),
    Requirement(
        "Source:",
        is_differentiable_function,
        {},
    ),
    Requirement(
        ">>> ",
        lambda value: is_function(value) or is_layer(value),
        {},
    ),
)


def public_callables() -> list[Public]:
    """Return every public callable of our own making, once, under the first name that lists it."""
    found: dict[int, Public] = {}
    for module in MODULES:
        front = importlib.import_module(module)
        for name in front.__all__:
            value = getattr(front, name)
            ours = getattr(value, "__module__", "").partition(".")[0] in {"autograd_np", "nn"}
            if callable(value) and ours:
                found.setdefault(id(value), Public(f"{module}.{name}", value))
    return list(found.values())


PUBLIC = public_callables()
DOCS = {public.name: public.doc for public in PUBLIC}


@pytest.mark.parametrize("public", PUBLIC, ids=lambda public: public.name)
def test_summary_is_one_sentence(public: Public) -> None:
    summary, _, rest = public.doc.partition("\n")
    assert summary, f"{public.name} has no docstring"
    assert summary.endswith("."), f"{public.name}: the first line does not end with a period: {summary!r}"
    assert not rest or rest.startswith("\n"), f"{public.name}: an empty line is missing below the first"


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        (public.name, requirement.marker)
        for public in PUBLIC
        for requirement in REQUIREMENTS
        if requirement.applies(public.value) and public.name not in requirement.exceptions
    ],
)
def test_required_sections_are_there(name: str, marker: str) -> None:
    assert marker in DOCS[name], f"{name} has no {marker!r} in its docstring"


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.marker)
def test_exceptions_are_still_needed(requirement: Requirement) -> None:
    for name in requirement.exceptions:
        assert name in DOCS, f"{name} is excepted from {requirement.marker!r} but is not public"
        assert requirement.marker not in DOCS[name], f"{name} no longer needs its exception"
