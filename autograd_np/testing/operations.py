"""check_operation: everything that an operation should keep to, checked on drawn operands or on given ones."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Collection, Sequence
from typing import Any

from autograd_np.errors import ArgumentError, did_you_mean
from autograd_np.testing._calls import Subject
from autograd_np.testing._checks import CHECKS
from autograd_np.testing._snippets import program, title

__all__ = ["check_operation"]


class _Finding(Exception):  # noqa: N818 (a finding about the function under test, never seen by users)
    """One check failed at one point."""

    def __init__(self, check: str, error: Exception, inputs: tuple[Any, ...]) -> None:
        super().__init__(check)
        self.check = check
        self.error = error
        self.inputs = inputs

    def text(self) -> str:
        """Return what was found."""
        found = self.error
        return str(found) if isinstance(found, AssertionError) else f"{type(found).__name__}: {found}"


def check_operation(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    reference: Callable[..., Any] | None = None,
    order: int = 2,
    batch_axis: int | Sequence[int | None] | None = None,
    tolerance: float = 1e-6,
    skip: Collection[str] = (),
    max_examples: int | None = None,
) -> None:
    """Check a differentiable function: its values, its gradients of both orders, and its manners.

    The checks, by the names that failures give: 'forward' (it returns Tensors), 'cotangent shape' (every operand
    gets a gradient of its own shape), 'mutation' (operands stay as they were), 'determinism', 'value' (the same without
    recording, and the reference's), 'dtype' (float32 stays float32 and means the same), 'layout' (operands and
    cotangents in every memory layout), 'saved values' (backward can be repeated, writes into nothing, and does not
    depend on other calls), 'linearity' (of backward in its cotangent), 'first order' and 'second order' (against finite
    differences), 'dot product' (⟨u, J·v⟩ = ⟨vjp(u), v⟩, jvp against vjp), 'batching' (samples do not know each other).

    What fails is shrunk by Hypothesis and printed as a program that fails the same way.

    Args:
        fn: a function of Tensors, a row, or a Function's `apply`; it returns a Tensor or several.
        inputs: its argument, or a tuple of its arguments, each a Hypothesis strategy or a value; or a strategy that
            draws all of them. Tensors that require gradients are differentiated by; other values are passed on.
        reference: the same on NumPy arrays, computed in another way.
        order: how often the function can be differentiated: 0 if its gradient is not its derivative (as a
            straight-through estimator's), 1 if it cannot be differentiated again.
        batch_axis: axis along which samples stand, if each is computed by itself; for operands of several kinds a
            sequence, with None for those that all samples share.
        tolerance: relative error allowed against differences and the reference.
        skip: names of checks that are not made.
        max_examples: how many points Hypothesis draws, if not as many as its profile says.

    Raises:
        AssertionError: a check failed; the text names it.
        ArgumentError: a name in `skip` is no check, or no operand requires gradients.

    Example:
        >>> import numpy as np
        >>> from autograd_np import UnaryOp
        >>> from autograd_np.testing.strategies import tensors
        >>> double = UnaryOp("double", lambda x: 2 * x, lambda g, _y, _x: 2 * g)
        >>> check_operation(double, tensors((2,)), reference=lambda x: x + x, batch_axis=0, max_examples=5)
    """
    __tracebackhide__ = True
    for name in skip:
        if name not in CHECKS:
            raise ArgumentError(f"check_operation: there is no check {name!r}{did_you_mean(name, CHECKS)}")
    claims = {"reference": reference, "order": order, "batch_axis": batch_axis, "tolerance": tolerance}

    def check(drawn: Any) -> None:
        __tracebackhide__ = True
        arguments = tuple(drawn) if isinstance(drawn, (tuple, list)) else (drawn,)
        _check_point(Subject(fn, arguments, **claims), skip)  # type: ignore[arg-type]  # each has its field's type

    strategy = _strategy_of(inputs)
    try:
        if strategy is None:
            check(inputs)
        else:
            _search(check, strategy, title(fn), max_examples)
    except _Finding as finding:
        text = f'check_operation of {title(fn)!r} fails the check "{finding.check}":\n{_indented(finding.text())}'
        if strategy is not None:
            options: dict[str, Any] = {name: value for name, value in claims.items() if value != _DEFAULTS[name]}
            if skip:
                options["skip"] = tuple(skip)
            code = program(fn, finding.inputs, options, sys._getframe(1).f_globals)
            text = f"{text}\n\nThe smallest example found, as a program:\n\n{_indented(code, 4)}"
        cause = None if isinstance(finding.error, AssertionError) else finding.error
        raise AssertionError(text) from cause


_DEFAULTS = {"reference": None, "order": 2, "batch_axis": None, "tolerance": 1e-6}


def _check_point(subject: Subject, skip: Collection[str]) -> None:
    """Make every check that applies at one point; the first that fails is the finding."""
    if subject.order and not subject.places:
        raise ArgumentError(
            "check_operation: no operand is a Tensor that requires gradients\n"
            "  fix: draw operands by strategies.tensors(), or claim order=0; wrap functions that take lists of tensors"
        )
    for name, (order, check) in CHECKS.items():
        if name in skip or order > subject.order:
            continue
        try:
            check(subject)
        except Exception as error:
            if type(error).__module__.startswith("hypothesis"):
                raise  # assume() inside the function: this point does not count
            raise _Finding(name, error, subject.inputs) from error


def _strategy_of(inputs: Any) -> Any:
    """Return a strategy for all arguments if any is drawn, None if they are given."""
    strategies = sys.modules.get("hypothesis.strategies")
    if strategies is None:  # then nobody can have made one
        return None
    if isinstance(inputs, (tuple, list)):
        drawn = [isinstance(x, strategies.SearchStrategy) for x in inputs]
        parts = (x if is_drawn else strategies.just(x) for x, is_drawn in zip(inputs, drawn, strict=True))
        return strategies.tuples(*parts) if any(drawn) else None
    return inputs if isinstance(inputs, strategies.SearchStrategy) else None


def _search(check: Callable[[Any], None], strategy: Any, name: str, max_examples: int | None) -> None:
    """Let Hypothesis look for a point where a check fails, and shrink it."""
    from hypothesis import Phase, errors, given, settings  # noqa: PLC0415 (checks at given points need no Hypothesis)

    found: list[_Finding] = []

    def drawn(inputs: Any) -> None:
        try:
            check(inputs)
        except _Finding as finding:
            # Shrinking stays with the check that failed first: a smaller example may fail another one.
            found.append(finding)
            if finding.check == found[0].check:
                raise

    # Hypothesis keeps what failed before under the function's name.
    drawn.__name__ = re.sub(r"\W+", "_", f"check_{name}")
    limits: dict[str, Any] = {} if max_examples is None else {"max_examples": max_examples}
    phases = [phase for phase in settings().phases if phase is not Phase.explain]
    chosen: Any = settings(deadline=None, report_multiple_bugs=False, print_blob=False, phases=phases, **limits)
    search: Any = given(strategy)
    try:
        chosen(search(drawn))()
    except errors.Flaky as error:
        message = (
            f'the check "{found[0].check}" failed, and passed with the same operands:\n{_indented(found[0].text())}\n'
            "  fix: take randomness and state out of the function, or seed the generator inside it"
        )
        raise _Finding("determinism", AssertionError(message), found[-1].inputs) from error


def _indented(text: str, width: int = 2) -> str:
    return textwrap.indent(text, " " * width)
