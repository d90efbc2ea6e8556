"""The one table through which operations become methods, properties and operators of Tensor."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from autograd_np.core import BinaryOp, Tensor, backward, check_device, write
from autograd_np.core.op import Op
from autograd_np.ops import (
    _masks,
    activations,
    arithmetic,
    assignment,
    axes,
    classification,
    comparison,
    compound_products,
    conversion,
    creation,
    cumulative,
    decompositions,
    exponential,
    extremes,
    gamma,
    histograms,
    in_place,
    index_reductions,
    indexing,
    joining,
    legacy,
    logic,
    masking,
    matrices,
    norm_limits,
    norms,
    numbers,
    numpy_protocol,
    ordering,
    part_writes,
    parts,
    products,
    quantiles,
    queries,
    random,
    real_parts,
    reductions,
    repeating,
    scattering,
    selection,
    shapes,
    solving,
    splitting,
    statistics,
    trigonometric,
)

__all__ = ["METHODS", "OPERATORS", "PROPERTIES", "install"]


def _binary(row: Op) -> Callable[..., Any]:
    """Return the operator that is this row."""
    return row.function if isinstance(row, BinaryOp) else lambda self, other: row(self, other)


def _reflected(row: Op) -> Callable[..., Any]:
    """Return the operator for a tensor on the right-hand side."""
    return lambda self, other: row(other, self)


def _unless_unlike(row: Op) -> Callable[..., Any]:
    """Return the operator that is this row, but leaves None and strings to Python: they equal no tensor.

    So `if mask != None` asks what its writer meant, and not for a mask of True.
    """
    return lambda self, other: NotImplemented if other is None or type(other) is str else row(self, other)


def _in_place(operation: Any) -> Callable[..., Tensor]:
    """Return the method that computes an operation into the tensor's own memory."""

    def method(self: Tensor, *others: Any, **options: Any) -> Tensor:
        return write(self, operation, *others, **options)

    name = operation.name if isinstance(operation, Op) else operation.__name__
    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"Compute `{name}` into the tensor's own memory and return the tensor.\n\n    See `{name}`."
    return method


def _converted(dtype: Any) -> Callable[[Tensor], Tensor]:
    """Return the method that converts to one type."""

    def method(self: Tensor) -> Tensor:
        return conversion.to(self, dtype)

    method.__doc__ = f"Return the tensor converted to {np.dtype(dtype)}; the gradient is converted back."
    return method


def _answer(value: bool) -> Callable[[Tensor], bool]:
    """Return the function whose answer is always this one."""
    return lambda self: value


def _new(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the method that creates a tensor of the same type, as PyTorch's new_zeros."""

    def method(self: Tensor, *args: Any, dtype: Any = None, **options: Any) -> Tensor:
        return create(*args, dtype=self.dtype if dtype is None else dtype, **options)

    method.__doc__ = f"Return `{create.__name__}` of this tensor's type.\n\n    See `{create.__name__}`."
    return method


def _polygamma(input: Tensor, n: int) -> Tensor:
    return gamma.polygamma(n, input)


_polygamma.__name__ = "polygamma"


def _cuda(self: Tensor, device: Any = "cuda", **options: Any) -> Tensor:
    """Raise DeviceError: there is only the CPU."""
    check_device("cuda" if device is None else device)
    return self


def _cpu(self: Tensor) -> Tensor:
    """Return the tensor itself: it is on the CPU."""
    return self


#: PyTorch's older names of element types: FloatTensor is both a constructor and what `x.type()` says.
_OLD_NAMES = {
    "float64": "DoubleTensor",
    "float32": "FloatTensor",
    "float16": "HalfTensor",
    "int64": "LongTensor",
    "int32": "IntTensor",
    "int16": "ShortTensor",
    "int8": "CharTensor",
    "uint8": "ByteTensor",
    "bool": "BoolTensor",
}
_BY_OLD_NAME = {old: name for name, old in _OLD_NAMES.items()}


def _type(self: Tensor, dtype: Any = None) -> Any:
    """Return the tensor converted to a type, or the type's name as PyTorch spells it: also x.type(FloatTensor)."""
    if dtype is None:
        return f"torch.{_OLD_NAMES.get(self.dtype.name, self.dtype.name)}"
    name = dtype.removeprefix("torch.") if isinstance(dtype, str) else getattr(dtype, "__name__", "")
    return conversion.cast(self, _BY_OLD_NAME.get(name, dtype))


def _new_of(self: Tensor, *data: Any) -> Tensor:
    """Return a tensor of the same type from data or sizes, as PyTorch's old constructor does."""
    return Tensor(*data, dtype=self.dtype)


def _copy(self: Tensor) -> Tensor:
    """Return a shallow copy, which shares memory, for `copy.copy`."""
    return self.detach().requires_grad_(self.requires_grad) if self.is_leaf else shapes.view_as(self, self)


#: Operators: the rows themselves, with no function between, since every model line passes here.
OPERATORS: dict[str, Any] = {
    "__add__": _binary(arithmetic._add),
    "__radd__": _reflected(arithmetic._add),
    "__sub__": _binary(arithmetic._sub),
    "__rsub__": _reflected(arithmetic._sub),
    "__mul__": _binary(arithmetic._mul),
    "__rmul__": _reflected(arithmetic._mul),
    "__truediv__": _binary(arithmetic._div),
    "__rtruediv__": _reflected(arithmetic._div),
    "__floordiv__": _binary(arithmetic._floor_divide),
    "__rfloordiv__": _reflected(arithmetic._floor_divide),
    "__mod__": _binary(arithmetic._remainder),
    "__rmod__": _reflected(arithmetic._remainder),
    "__pow__": arithmetic.pow,
    "__rpow__": lambda self, other: arithmetic.pow(other, self),
    "__matmul__": products.matmul,
    "__rmatmul__": lambda self, other: products.matmul(other, self),
    "__neg__": lambda self: arithmetic._neg(self),
    "__pos__": lambda self: self,
    "__abs__": lambda self: arithmetic._abs(self),
    "__round__": lambda self, ndigits=0: arithmetic.round(self, decimals=ndigits or 0),
    "__eq__": _unless_unlike(_masks._eq),
    "__ne__": _unless_unlike(_masks._ne),
    "__lt__": _binary(_masks._lt),
    "__le__": _binary(_masks._le),
    "__gt__": _binary(_masks._gt),
    "__ge__": _binary(_masks._ge),
    "__and__": logic.bitwise_and,
    "__rand__": logic.bitwise_and,
    "__or__": logic.bitwise_or,
    "__ror__": logic.bitwise_or,
    "__xor__": logic.bitwise_xor,
    "__rxor__": logic.bitwise_xor,
    "__invert__": logic.bitwise_not,
    "__lshift__": logic.bitwise_left_shift,
    "__rshift__": logic.bitwise_right_shift,
    "__iadd__": _in_place(arithmetic._add),
    "__isub__": _in_place(arithmetic._sub),
    "__imul__": _in_place(arithmetic._mul),
    "__itruediv__": _in_place(arithmetic._div),
    "__ifloordiv__": _in_place(arithmetic._floor_divide),
    "__imod__": _in_place(arithmetic._remainder),
    "__ipow__": _in_place(arithmetic.pow),
    "__iand__": _in_place(logic.bitwise_and),
    "__ior__": _in_place(logic.bitwise_or),
    "__ixor__": _in_place(logic.bitwise_xor),
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__copy__": _copy,
    "__array_ufunc__": numpy_protocol.array_ufunc,
    "__array_function__": numpy_protocol.array_function,
}

#: Functions that are also methods under the same name, with the tensor as their first argument.
_FUNCTIONS: dict[ModuleType, str] = {
    arithmetic: """abs absolute add addcdiv addcmul ceil div divide fix floor floor_divide fmod frac lerp mul
        multiply neg negative positive pow reciprocal remainder round rsqrt sgn sign sqrt square sub subtract
        true_divide trunc""",
    exponential: "erf erfc exp exp2 expm1 log log1p log2 log10 logaddexp logaddexp2 logit sigmoid xlogy",
    gamma: "digamma erfinv lgamma",
    trigonometric: """acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos
        cosh deg2rad hypot rad2deg sin sinc sinh tan tanh""",
    comparison: """allclose eq equal ge greater greater_equal gt isclose isfinite isinf isnan isneginf isposinf le less
        less_equal lt ne not_equal signbit""",
    logic: """bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor logical_and
        logical_not logical_or logical_xor""",
    selection: "clamp clamp_max clamp_min clip copysign fmax fmin heaviside maximum minimum nan_to_num",
    activations: "relu hardshrink prelu",
    classification: "softmax log_softmax",
    reductions: "all any count_nonzero logsumexp mean nanmean nansum prod sum",
    extremes: "amax amin aminmax argmax argmin max min",
    statistics: "corrcoef cov median mode nanmedian std var",
    quantiles: "nanquantile quantile",
    histograms: "bincount histc histogram",
    norms: "dist norm",
    cumulative: "cummax cummin cumprod cumsum diff logcumsumexp",
    ordering: "argsort kthvalue msort sort topk unique unique_consecutive",
    products: "bmm cross dot ger inner matmul mm mv outer trace vdot",
    compound_products: "addbmm addmm addmv addr baddbmm kron",
    decompositions: "cholesky qr",
    solving: "cholesky_inverse cholesky_solve det inverse logdet matrix_exp matrix_power pinverse slogdet",
    shapes: """broadcast_to expand expand_as flatten ravel reshape reshape_as squeeze sum_to_size unflatten unsqueeze
        view view_as""",
    axes: "adjoint flip fliplr flipud moveaxis movedim permute roll rot90 swapaxes swapdims t transpose",
    parts: "diag diag_embed diagonal narrow narrow_copy select tril triu unfold",
    matrices: "diagflat",
    part_writes: "as_strided as_strided_scatter diagonal_scatter select_scatter slice_scatter",
    splitting: "dsplit hsplit split_with_sizes unsafe_chunk unsafe_split unsafe_split_with_sizes vsplit",
    index_reductions: "index_reduce",
    norm_limits: "renorm",
    numbers: "frexp gcd i0 lcm ldexp mvlgamma nextafter",
    real_parts: "angle conj conj_physical isreal resolve_conj resolve_neg",
    queries: """get_device is_complex is_conj is_inference is_neg is_nonzero is_same_size is_signed""",
    in_place: "apply_ cauchy_ fill_diagonal_ geometric_ log_normal_ map_ resize_ resize_as_",
    repeating: "repeat repeat_interleave tile",
    joining: "chunk split tensor_split unbind",
    indexing: "gather index_select take take_along_dim",
    masking: "argwhere masked_fill masked_fill_ masked_select nonzero",
    scattering: """index_add index_copy index_fill index_put masked_scatter put scatter scatter_add
        scatter_reduce""",
    conversion: "clone contiguous to type_as",
    assignment: "bernoulli_ copy_ exponential_ fill_ normal_ random_ uniform_ zero_",
    random: "bernoulli multinomial",
    legacy: "float_power svd",
}

#: Functions with a form in place: x.exp_() writes exp(x) into x.
_IN_PLACE: dict[ModuleType, str] = {
    arithmetic: """abs absolute add addcdiv addcmul ceil div divide fix floor floor_divide fmod frac lerp mul multiply
        neg negative pow reciprocal remainder round rsqrt sgn sign sqrt square sub subtract true_divide trunc""",
    compound_products: "addbmm addmm addmv addr baddbmm",
    index_reductions: "index_reduce",
    legacy: "float_power",
    norm_limits: "renorm",
    numbers: "gcd i0 lcm ldexp mvlgamma nextafter",
    real_parts: "conj_physical",
    exponential: "erf erfc exp exp2 expm1 log log1p log2 log10 logit sigmoid xlogy",
    gamma: "digamma erfinv lgamma",
    trigonometric: """acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos
        cosh deg2rad hypot rad2deg sin sinc sinh tan tanh""",
    comparison: "eq ge greater greater_equal gt le less less_equal lt ne not_equal",
    logic: """bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor logical_and
        logical_not logical_or logical_xor""",
    selection: "clamp clamp_max clamp_min clip copysign heaviside nan_to_num",
    activations: "relu",
    cumulative: "cumprod cumsum",
    parts: "tril triu",
    scattering: """index_add index_copy index_fill index_put masked_scatter put scatter scatter_add
        scatter_reduce""",
}

#: Functions that give the tensor itself another shape: x.t_() makes x its transpose.
_RESHAPING: dict[ModuleType, str] = {
    shapes: "squeeze unsqueeze",
    axes: "swapaxes swapdims t transpose",
}

PROPERTIES: dict[str, Callable[[Tensor], Any]] = {
    "T": axes.T,
    "mT": axes.mT,
    "H": axes.H,
    "mH": axes.adjoint,
    "real": real_parts.real,
    "imag": queries.imag,
}


def _backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
    *,
    check: bool = False,
) -> None:
    """Accumulate the gradient of this tensor into `.grad` of the leaves behind it; see `autograd.backward`."""
    backward(self, gradient, retain_graph, create_graph, inputs, check=check)


def _methods() -> dict[str, Any]:
    table: dict[str, Any] = {}
    for module, names in _FUNCTIONS.items():
        table.update({name: getattr(module, name) for name in names.split()})
    for module, names in _IN_PLACE.items():
        table.update({f"{name}_": _in_place(getattr(module, name)) for name in names.split()})
    for module, names in _RESHAPING.items():
        table.update({f"{name}_": in_place.reshaping(getattr(module, name)) for name in names.split()})
    return table


#: Methods by name.
METHODS: dict[str, Any] = {
    **_methods(),
    **queries.METHODS,
    "backward": _backward,
    "where": lambda self, condition, other: selection.where(condition, self, other),
    "polygamma": lambda self, n: gamma.polygamma(n, self),
    "polygamma_": lambda self, n: write(self, _polygamma, n),
    "cpu": _cpu,
    "cuda": _cuda,
    "type": _type,
    "half": _converted(np.float16),
    "float": _converted(np.float32),
    "double": _converted(np.float64),
    "byte": _converted(np.uint8),
    "char": _converted(np.int8),
    "short": _converted(np.int16),
    "int": _converted(np.int32),
    "long": _converted(np.int64),
    "bool": _converted(np.bool_),
    "new": _new_of,
    "new_tensor": _new(creation.tensor),
    "new_zeros": _new(creation.zeros),
    "new_ones": _new(creation.ones),
    "new_empty": _new(creation.empty),
    "new_full": _new(creation.full),
}


def install() -> None:
    """Give Tensor what the tables list.

    Example:
        >>> install(); Tensor([1.0, 4.0]).sqrt()
        tensor([1., 2.])
    """
    for name, function in {**METHODS, **OPERATORS}.items():
        setattr(Tensor, name, function)
    for name, function in PROPERTIES.items():
        summary = (function.__doc__ or "").partition("\n")[0]
        setattr(Tensor, name, property(function, doc=f"{summary}\n\nSee `{function.__module__}`."))
    for name, answer in queries.FLAGS.items():
        setattr(Tensor, name, property(_answer(answer), doc=f"Return {answer}: there is one kind of tensor."))
