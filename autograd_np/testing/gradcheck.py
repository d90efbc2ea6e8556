"""Derivatives against finite differences: first order, and second order through the recorded backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, as_tensor, gradients
from autograd_np.errors import ArgumentError, DTypeError
from autograd_np.testing._differences import Problem, passes
from autograd_np.testing._snippets import title

__all__ = ["gradcheck", "gradgradcheck"]


def gradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-4,
    tolerance: float = 1e-6,
    rtol: float | None = None,
    atol: float = 0.0,
    raise_exception: bool = True,
    fast_mode: bool | None = None,
) -> bool:
    """Compare the gradients of a function with central differences.

    An element passes where |n - a| ≤ tolerance·max(|n|, |a|, largest |gradient| of that tensor), beyond what
    rounding does to the difference n.

    Args:
        fn: takes the inputs; returns a Tensor or several. Outputs that are not floating are left out.
        inputs: a Tensor or a sequence. Those that require gradients are checked and must be float64.
        eps: step of the differences, for elements of magnitude 1; larger elements move by as much more.
        tolerance: relative error allowed.
        rtol: PyTorch's name for `tolerance`.
        atol: absolute error allowed on top.
        raise_exception: return False instead of raising where a gradient is wrong.
        fast_mode: True for random directions, False for every element; chosen by size if not given.

    Shapes: any.

    Returns:
        True where all gradients agree.

    Raises:
        GradcheckError: a gradient is wrong or not finite, or the function depends on more than its inputs.
        DTypeError: an input that requires gradients, or an output, is not float64.
        ArgumentError: no input requires gradients.

    Source: torch.autograd.gradcheck; central differences of fourth order.

    Example:
        >>> from autograd_np import tensor
        >>> x = tensor([0.5, -1.5], dtype="float64", requires_grad=True)
        >>> gradcheck(lambda x: x * x * x, x)
        True
        >>> gradcheck(lambda x: x * x.detach(), x, raise_exception=False)
        False
    """
    given = _listed(inputs)
    places = _checked("gradcheck", given)

    def graph(arrays: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        leaves = [_leaf(array) for array in arrays]
        return _floating("gradcheck", fn(*_replaced(given, places, leaves))), leaves

    problem = Problem(
        "gradcheck",
        title(fn),
        tuple(given[i]._array for i in places),
        tuple(f"input {i}" for i in places),
        lambda arrays: [y._array for y in graph(arrays)[0]],
        graph,
        eps,
        tolerance if rtol is None else rtol,
        atol,
    )
    return passes(problem, fast_mode, raise_exception=raise_exception)


def gradgradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-4,
    tolerance: float = 1e-6,
    rtol: float | None = None,
    atol: float = 0.0,
    raise_exception: bool = True,
    fast_mode: bool | None = None,
) -> bool:
    """Compare the gradients of a function's gradients with central differences.

    The gradient is taken as a function of the inputs and of the outputs' cotangents; the differences run it
    plainly, the derivative runs it recorded (`create_graph=True`), so that both paths are compared as well.

    Args:
        fn: as in `gradcheck`.
        inputs: as in `gradcheck`.
        grad_outputs: cotangent of each floating output; drawn from a fixed seed if not given.
        eps: as in `gradcheck`.
        tolerance: as in `gradcheck`.
        rtol: as in `gradcheck`.
        atol: as in `gradcheck`.
        raise_exception: as in `gradcheck`.
        fast_mode: as in `gradcheck`.

    Shapes: any; a cotangent has its output's shape.

    Returns:
        True where all second derivatives agree.

    Raises:
        AutogradError: as `gradcheck`.

    Source: torch.autograd.gradgradcheck.

    Example:
        >>> from autograd_np import tensor
        >>> x = tensor([0.5, -1.5], dtype="float64", requires_grad=True)
        >>> gradgradcheck(lambda x: x * x * x, x)
        True
    """
    given = _listed(inputs)
    places = _checked("gradgradcheck", given)
    count = len(places)
    first = _floating("gradgradcheck", fn(*_replaced(given, places, [_leaf(given[i]._array) for i in places])))
    rng = np.random.default_rng(0)
    cotangents = (
        [rng.uniform(0.5, 1.5, y.shape) * rng.choice((-1.0, 1.0), y.shape) for y in first]
        if grad_outputs is None
        else [as_tensor(g)._array.astype(np.float64) for g in _listed(grad_outputs)]
    )
    if len(cotangents) != len(first):
        message = (
            f"gradgradcheck: got {len(cotangents)} grad_outputs for {len(first)} floating outputs\n"
            "  fix: pass one per floating output, or none"
        )
        raise ArgumentError(message)

    def first_order(arrays: Sequence[Array], *, recorded: bool) -> tuple[list[Tensor], list[Tensor]]:
        leaves = [_leaf(array) for array in arrays]
        xs, gs = leaves[:count], leaves[count:]
        outputs = _floating("gradgradcheck", fn(*_replaced(given, places, xs)))
        live = [(y, g) for y, g in zip(outputs, gs, strict=True) if y.requires_grad]
        if not live:
            return [_leaf(np.zeros(x.shape)) for x in xs], leaves
        ys, started = zip(*live, strict=True)
        got = gradients(ys, xs, started, create_graph=recorded, materialize_grads=True)
        return [g for g in got if g is not None], leaves

    problem = Problem(
        "gradgradcheck",
        title(fn),
        (*(given[i]._array for i in places), *cotangents),
        (*(f"input {i}" for i in places), *(f"grad_output {k}" for k in range(len(first)))),
        lambda arrays: [g._array for g in first_order(arrays, recorded=False)[0]],
        lambda arrays: first_order(arrays, recorded=True),
        eps,
        tolerance if rtol is None else rtol,
        atol,
    )
    return passes(problem, fast_mode, raise_exception=raise_exception)


# --- what is checked ----------------------------------------------------------------------------------------


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _checked(caller: str, inputs: Sequence[Any]) -> list[int]:
    """Return the positions of the inputs that require gradients; they must be float64."""
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not places:
        message = f"{caller}: no input requires gradients\n  fix: x.requires_grad_() on the inputs to be checked"
        raise ArgumentError(message)
    for i in places:
        if inputs[i].dtype != np.float64:
            message = (
                f"{caller}: input {i} is {inputs[i].dtype}, too coarse to judge a gradient by\n"
                "  fix: make it float64, for example x.detach().double().requires_grad_()"
            )
            raise DTypeError(message)
    return places


def _leaf(array: Array) -> Tensor:
    # A copy: whatever the function does, the point of the check stays.
    return as_tensor(array.copy(order="K")).requires_grad_()


def _replaced(inputs: Sequence[Any], places: Sequence[int], leaves: Sequence[Tensor]) -> list[Any]:
    result = list(inputs)
    for place, leaf in zip(places, leaves, strict=True):
        result[place] = leaf
    return result


def _floating(caller: str, result: Any) -> list[Tensor]:
    """Return the floating outputs of a function; they must be float64 as well."""
    outputs = [y for y in _listed(result) if isinstance(y, Tensor) and y.is_floating_point()]
    for k, y in enumerate(outputs):
        if y.dtype != np.float64:
            message = (
                f"{caller}: output {k} is {y.dtype} although the inputs are float64: too coarse to judge by\n"
                "  fix: keep float64 inside the function"
            )
            raise DTypeError(message)
    return outputs
