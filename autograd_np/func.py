"""Function transforms in JAX's style: `grad(f)` is again a function, and transforms nest.

Source: torch.func; Maclaurin, Duvenaud & Adams (2015).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_np.autograd.functional import (
    checked as checked_vectors,
)
from autograd_np.autograd.functional import (
    columns_of,
    depends_outside,
    fresh_inputs,
    listed,
    one_hots,
    packed,
    pulled,
    pushed,
)
from autograd_np.core import Tensor, enable_grad
from autograd_np.errors import ArgumentError, GraphError
from autograd_np.ops.joining import stack

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]

Argnums = int | tuple[int, ...]


def _chosen(args: Sequence[Any], argnums: Argnums, what: str) -> tuple[list[int], bool]:
    several = isinstance(argnums, tuple)
    numbers = list(argnums) if isinstance(argnums, tuple) else [argnums]
    if not all(-len(args) <= n < len(args) for n in numbers):
        raise ArgumentError(f"{what}: argnums {argnums} does not fit a call with {len(args)} arguments")
    return [n % len(args) for n in numbers], several


def _traced(
    func: Callable[..., Any], args: Sequence[Any], argnums: Argnums, kwargs: dict[str, Any], what: str
) -> tuple[list[Tensor], bool, Any, bool]:
    """Return fresh inputs, whether there are several, the function's result, and whether an outer graph reaches it."""
    numbers, several = _chosen(args, argnums, what)
    given, _ = listed([args[n] for n in numbers], f"{what}: argument")
    xs = fresh_inputs(given)
    call = list(args)
    for n, x in zip(numbers, xs, strict=True):
        call[n] = x
    with enable_grad():
        result = func(*call, **kwargs)
    return xs, several, result, any(x.requires_grad for x in given)


def _outer(ys: Sequence[Tensor], xs: Sequence[Tensor], nested: bool) -> bool:
    return nested or depends_outside(ys, xs)


def value_and_grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that computes `func` and its gradient: (value, gradient).

    Args:
        func: returns a single element, or (that, anything) with `has_aux`.
        argnums: which positional arguments to differentiate by.
        has_aux: func returns something beside the value; the result is ((value, aux), gradient).

    Raises: GraphError when called, if func does not return a single element.
    Source: jax.value_and_grad.

    Example:
        >>> import autograd_np as ag
        >>> value_and_grad(lambda x: (x ** 2).sum())(ag.tensor([1.0, 3.0]))
        (tensor(10.), tensor([2., 6.]))
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        xs, several, result, nested = _traced(func, args, argnums, kwargs, "grad")
        y, aux = result if has_aux else (result, None)
        if not isinstance(y, Tensor) or y.numel() != 1:
            got = f"shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
            raise GraphError(f"grad: the function must return a single element, got {got}\n  fix: reduce with sum()")
        outer = _outer([y], xs, nested)
        seed = one_hots(y)[0]
        slopes = pulled([y], xs, [seed], create_graph=outer, strict=False)
        value = y if outer else y.detach()
        return ((value, aux) if has_aux else value), packed(slopes, several)

    return wrapped


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that computes (gradient, value): `value_and_grad` in PyTorch's order.

    Source: torch.func.grad_and_value.

    Example:
        >>> import autograd_np as ag
        >>> grad_and_value(lambda x: (x ** 2).sum())(ag.tensor([1.0, 3.0]))
        (tensor([2., 6.]), tensor(10.))
    """
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, slope = both(*args, **kwargs)
        return slope, value

    return wrapped


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return the gradient of a function, as a function of the same arguments; apply it again for higher orders.

    Args:
        func: returns a single element, or (that, anything) with `has_aux`.
        argnums: which positional arguments to differentiate by.
        has_aux: func returns something beside the value; the result is (gradient, aux).

    Raises: GraphError when called, if func does not return a single element.
    Source: torch.func.grad.

    Example:
        >>> import autograd_np as ag
        >>> second = grad(grad(ag.sin))
        >>> second(ag.tensor(0.5)), -ag.sin(ag.tensor(0.5))
        (tensor(-0.4794), tensor(-0.4794))
    """
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, slope = both(*args, **kwargs)
        return (slope, value[1]) if has_aux else slope

    return wrapped


def vjp(func: Callable[..., Any], *primals: Tensor, has_aux: bool = False) -> Any:
    """Return the function's outputs, and a function from cotangents to the inputs' gradients.

    Source: torch.func.vjp.

    Example:
        >>> import autograd_np as ag
        >>> y, pull = vjp(lambda x: x ** 2, ag.tensor([1.0, 2.0]))
        >>> pull(ag.tensor([1.0, 10.0]))
        (tensor([ 2., 40.]),)
    """
    xs, _, result, nested = _traced(func, primals, tuple(range(len(primals))), {}, "vjp")
    outputs, aux = result if has_aux else (result, None)
    ys, several = listed(outputs, "vjp: output")
    outer = _outer(ys, xs, nested)

    def pull(*cotangents: Any) -> tuple[Tensor, ...]:
        vs = checked_vectors(cotangents[0] if len(cotangents) == 1 else cotangents, ys, "vjp")
        again = outer or any(v.requires_grad for v in vs)
        return tuple(pulled(ys, xs, vs, create_graph=again, strict=False))

    shown = packed(ys if outer else [y.detach() for y in ys], several)
    return (shown, pull, aux) if has_aux else (shown, pull)


def jvp(func: Callable[..., Any], primals: Sequence[Tensor], tangents: Sequence[Tensor]) -> tuple[Any, Any]:
    """Return the function's outputs and their derivative along the tangents, as the vjp of the vjp.

    Raises: ShapeError if a tangent does not have its input's shape.
    Source: torch.func.jvp.

    Example:
        >>> import autograd_np as ag
        >>> jvp(ag.sin, (ag.tensor(0.0),), (ag.tensor(2.0),))
        (tensor(0.), tensor(2.))
    """
    xs, _, outputs, nested = _traced(func, primals, tuple(range(len(primals))), {}, "jvp")
    ys, several = listed(outputs, "jvp: output")
    vs = checked_vectors(tuple(tangents), xs, "jvp")
    outer = _outer(ys, xs, nested) or any(v.requires_grad for v in vs)
    results = pushed(ys, xs, vs, create_graph=outer)
    return packed(ys if outer else [y.detach() for y in ys], several), packed(results, several)


def jacrev(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the Jacobian of a function as a function, computed row by row with vjps.

    Shapes: for one output and one argument, (*output, *argument).
    Source: torch.func.jacrev.

    Example:
        >>> import autograd_np as ag
        >>> jacrev(lambda x: x ** 2)(ag.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        xs, several, outputs, nested = _traced(func, args, argnums, kwargs, "jacrev")
        ys, many = listed(outputs, "jacrev: output")
        outer = _outer(ys, xs, nested)
        blocks = []
        for y in ys:
            rows = [pulled([y], xs, [unit], create_graph=outer, strict=False) for unit in one_hots(y)]
            block: list[Any] = [stack([row[i] for row in rows]).reshape((*y.shape, *x.shape)) for i, x in enumerate(xs)]
            blocks.append(packed(block, several))
        return packed(blocks, many)

    return wrapped


def jacfwd(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the Jacobian of a function as a function, computed column by column with jvps.

    Shapes: for one output and one argument, (*output, *argument).
    Source: torch.func.jacfwd.

    Example:
        >>> import autograd_np as ag
        >>> jacfwd(lambda x: x ** 2)(ag.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        xs, several, outputs, nested = _traced(func, args, argnums, kwargs, "jacfwd")
        ys, many = listed(outputs, "jacfwd: output")
        blocks = columns_of(ys, xs, create_graph=_outer(ys, xs, nested))
        return packed([packed(block, several) for block in blocks], many)

    return wrapped


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the second derivatives of a function as a function: the Jacobian of its Jacobian.

    Shapes: for one argument, (*output, *argument, *argument).
    Source: torch.func.hessian.

    Example:
        >>> import autograd_np as ag
        >>> hessian(lambda x: (x ** 3).sum())(ag.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers: the model as a function of them.

    Args:
        module: an `nn.Module`; it has its own tensors again afterwards.
        parameter_and_buffer_dicts: tensors by the names of `named_parameters` and `named_buffers`, or several such
            dictionaries.
        args: the positional argument, or a tuple of them.
        kwargs: the keyword arguments.
        tie_weights: a tensor that the module has under several names is replaced under all of them.
        strict: every parameter and buffer must be given.

    Raises: ArgumentError for names that the module does not have, are given twice, or, with `strict`, are missing.
    Source: torch.func.functional_call.

    Example:
        >>> import autograd_np as ag
        >>> import nn
        >>> layer, x = nn.Linear(2, 1), ag.tensor([3.0, 4.0])
        >>> loss = lambda weight: functional_call(layer, {"weight": weight, "bias": ag.zeros(1)}, x).sum()
        >>> grad(loss)(ag.ones(1, 2))
        tensor([[3., 4.]])
    """
    dicts = (
        [parameter_and_buffer_dicts] if isinstance(parameter_and_buffer_dicts, Mapping) else parameter_and_buffer_dicts
    )
    given: dict[str, Tensor] = {}
    for tensors in dicts:
        twice = given.keys() & tensors.keys()
        if twice:
            raise ArgumentError(f"functional_call: given in two dictionaries: {', '.join(sorted(twice))}")
        given.update(tensors)
    listed_args = args if isinstance(args, tuple) else () if args is None else (args,)
    with _replaced(module, given, tie_weights=tie_weights, strict=strict):
        return module(*listed_args, **(kwargs or {}))


@contextmanager
def _replaced(module: Any, given: Mapping[str, Tensor], *, tie_weights: bool, strict: bool) -> Iterator[None]:
    """Put tensors into a module's registries, and within the block only."""
    places: dict[str, tuple[dict[str, Any], str]] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        for registry in (part._parameters, part._buffers):
            for name, tensor in registry.items():
                if tensor is not None:
                    places[f"{path}.{name}" if path else name] = registry, name
    before = {key: registry[name] for key, (registry, name) in places.items()}
    problems = {"unknown": given.keys() - places.keys()}
    if strict:
        same = {id(before[key]) for key in given if tie_weights and key in before}
        problems["missing"] = {key for key in places.keys() - given.keys() if id(before[key]) not in same}
    if any(problems.values()):
        found = "; ".join(f"{what}: {', '.join(sorted(keys))}" for what, keys in problems.items() if keys)
        raise ArgumentError(
            f"functional_call: the names do not fit {type(module).__name__}: {found}\n"
            "  fix: use the names of named_parameters() and named_buffers()"
        )
    new = dict(given)
    if tie_weights:
        chosen: dict[int, str] = {}
        for key in given:
            first = chosen.setdefault(id(before[key]), key)
            if given[first] is not given[key]:
                raise ArgumentError(
                    f"functional_call: {first} and {key} are one tensor, but two different ones are given\n"
                    "  fix: give one of them, or pass tie_weights=False"
                )
        new.update({key: given[chosen[id(tensor)]] for key, tensor in before.items() if id(tensor) in chosen})
    try:
        for key, tensor in new.items():
            registry, name = places[key]
            registry[name] = tensor
        yield
    finally:
        for key in new:
            registry, name = places[key]
            registry[name] = before[key]
