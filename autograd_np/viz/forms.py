"""What is written by hand about rows: what helpers compute, and the few rules that cannot be read as they stand.

Most formulas come from running the rules themselves. By hand are, as expressions or in words, rules that call kernels:
a backward kernel's name says nothing. Expressions are checked: tests compute them and compare with the kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from autograd_np.core import Op, registry
from autograd_np.kernels.attention import later_keys
from autograd_np.viz.symbols import Constant, Short, Words

__all__ = ["BY_PRODUCTS", "FORMS", "PARTS", "RULES", "SAID", "Said", "form_of", "is_ours", "unbroadcast"]


def _row(name: str) -> Callable[..., Any]:
    """Return a row by name; rows are looked up when a formula is made, so that this module needs no sheet."""

    def call(*operands: Any, **static: Any) -> Any:
        return registry[name](*operands, **static)

    return call


_abs, _exp, _log, _sigmoid, _sign, _softmax = map(_row, ("abs", "exp", "log", "sigmoid", "sign", "softmax"))
_sqrt, _square, _pow, _sum, _erf, _where = map(_row, ("sqrt", "square", "pow", "sum", "erf", "where"))
_rsqrt = _row("rsqrt")


def _along(x: Any, axis: Any) -> Any:
    return _sum(x, axes=(axis,), keepdims=True)


def _affine(x: Any, w: Any, b: Any) -> Any:
    product = x @ w.T
    return product if b is None else product + b


def _bent(x: Any, threshold: Any) -> Any:
    """Return softplus's slope; a high threshold only spares what would round to 1."""
    slope = _sigmoid(x)
    return _where(x > threshold, 1.0, slope) if isinstance(threshold, (int, float)) and threshold < _HIGH else slope


#: From here on σ(x) differs from 1 by less than a billionth.
_HIGH = 20

#: What a row computes, where that is easier to read than its name.
#: Guards at single points, where a rule takes 0 for a derivative that does not exist, are left out.
FORMS: Mapping[str, Callable[..., Any]] = {
    # guards
    "nonzero_mask": lambda _x: 1,
    "xlogy_gap": lambda _x, _y: False,
    "maximum_share": lambda a, b: a > b,
    "fmax_mask": lambda a, b: a >= b,
    "root_at_zero": lambda _a, _b: 0,
    "log_or_zero": _log,
    "log_above": _log,
    "divide_or_zero": lambda a, b: a / b,
    "divide_or_nan": lambda a, b: a / b,
    # helpers of rules
    "relu_gate": lambda g, y: (y > 0) * g,
    "leaky_slope": lambda g, x, slope: g * ((x > 0) + slope * (x <= 0)),
    "elu_slope": lambda x, up, down, rate: up * (x > 0) + down * (x <= 0) * _exp(rate * x),
    "softplus_slope": lambda x, beta, threshold: _bent(beta * x, threshold),
    "gauss": lambda x: _exp(-_square(x)),
    "exp_difference": lambda a, b: _exp(a - b),
    "softmax_dx": lambda g, y, axis: y * (g - _along(g * y, axis)),
    "log_softmax_dx": lambda g, y, axis: g - _exp(y) * _along(g, axis),
    "abs_power": lambda x, exponent: _pow(_abs(x), exponent=exponent),
    "signed_power": lambda x, exponent: _sign(x) * _pow(_abs(x), exponent=exponent),
    "cross_entropy_dx": lambda g, p, place, share, **static: _shared(g * (p - _onehot(place)), place, share, **static),
    "nll_dx": lambda g, place, share, **static: Words(
        "{0} at {1}, else 0", (-_shared(g, place, share, **static), place)
    ),
    # operations that read better as what they are
    "binary_cross_entropy": lambda x, t: -(t * _log(x)) - (1 - t) * _log(1 - x),
    "deg2rad": lambda x: x * (math.pi / 180),
    "rad2deg": lambda x: x * (180 / math.pi),
    "hypot": lambda a, b: _sqrt(_square(a) + _square(b)),
    "lerp": lambda start, end, weight: start + weight * (end - start),
    "linear": _affine,
    "logaddexp": lambda a, b: _log(_exp(a) + _exp(b)),
    "logsigmoid": lambda x: _log(_sigmoid(x)),
    "silu": lambda x: x * _sigmoid(x),
    "squared_error": lambda x, t, scale: scale * _sum(_square(x - t), axes=None, keepdims=False),
    "xlogy": lambda x, y: x * _log(y),
}


def unbroadcast(symbol: Any, shape: tuple[Any, ...], wanted: tuple[Any, ...]) -> Any:
    """Return an expression of one shape summed to that which was broadcast to it, as the engine does it.

    Example:
        >>> from autograd_np.viz.symbols import Name
        >>> unbroadcast(Name("g"), (4, 3), (3,)), unbroadcast(Name("g"), (3,), (3,))
        (sum(g, axes=(0,), keepdims=False), g)
    """
    lead = len(shape) - len(wanted)
    kept = [lead + i for i, n in enumerate(wanted) if n == 1 and shape[lead + i] != 1]
    found = symbol.sum((*range(lead), *kept)) if lead or kept else symbol
    return found.reshape(wanted) if kept else found


def is_ours(row: Op) -> bool:
    """Tell whether a row is the package's own, so that what is written by hand under its name speaks of it.

    Example:
        >>> is_ours(registry["exp"])
        True
    """
    rules = [rule for rule in row.rules if rule is not None]
    return not rules or any(getattr(rule, "__module__", "").startswith("autograd_np.") for rule in rules)


def form_of(row: Op) -> Callable[..., Any] | None:
    """Return what says what a row computes, if there is something easier to read than its name.

    Example:
        >>> form_of(registry["exp"]) is None
        True
    """
    form = FORMS.get(row.name)
    return form if form is not None and is_ours(row) else None


# --- rules --------------------------------------------------------------------------------------------------------


def _gelu(g: Any, _y: Any, x: Any) -> Any:
    below = Short("Φ", (1 + _erf(x * math.sqrt(0.5))) / 2, (x,))
    density = Short("φ", _exp(-_square(x) / 2) / math.sqrt(2 * math.pi), (x,))
    return g * (below + x * density)


def _logcumsumexp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return _exp(x) * registry["cumsum"](g * _exp(-y), axis=axis, reverse=True)


def _outer(g: Any, _y: Any, _a: Any, v: Any) -> Any:
    """Return ȳ·vᵀ: a column times a row."""
    return g.reshape((*g.shape, 1)) @ v.reshape((*v.shape, 1)).T


def _attention(slot: int) -> Callable[..., Any]:
    """Return the rule of one operand, after Vaswani et al. (2017), equation 1, with P the weights."""

    def rule(g: Any, _y: Any, q: Any, k: Any, v: Any, mask: Any, keep: Any, scale: Any, causal: Any, p: Any) -> Any:
        scores = scale * (q @ k.T)
        if causal:
            later = Constant(later_keys(*(slice(0, int(x.shape[-2])) for x in (q, k))))
            scores = _where(later, -math.inf, scores)
        if mask is not None:
            scores = _where(mask, scores, -math.inf) if mask.dtype.kind == "b" else scores + mask
        weights = Short("P", _softmax(scores, axis=-1))
        kept = 1 if keep is None else keep / (1 - p)
        through = (g @ v.T) * kept
        slope = Short("S", weights * (through - _along(weights * through, -1)))
        operands: tuple[Callable[[], Any], ...] = (
            lambda: scale * (slope @ k),
            lambda: scale * (slope.T @ q),
            lambda: (weights * kept).T @ g,
            lambda: unbroadcast(slope, (*q.shape[:-1], k.shape[-2]), mask.shape) if mask is not None else slope,
            lambda: weights * (g @ v.T) / (1 - p),
        )
        return operands[slot]()

    return rule


#: Rules by operand, called as the row's own are, without by-products.
RULES: Mapping[tuple[str, int], Callable[..., Any]] = {
    ("relu", 0): lambda g, _y, x: (x > 0) * g,
    ("gelu", 0): _gelu,
    ("logcumsumexp", 0): _logcumsumexp,
    ("mv", 0): _outer,
    **{("attention", slot): _attention(slot) for slot in range(5)},
}


class Said(NamedTuple):
    """A rule in words: {0} is the cotangent, {1} the output, {2} and on the operands.

    Args:
        text: the words.
        latex: the same for LaTeX, where it needs more than the words.
        where: what the words need explained, as name and meaning.
    """

    text: str
    latex: str = ""
    where: tuple[str, str] | None = None


_STEP = ("δₜ", "the cotangent of what enters the activations at step t")
_GRU_STEP = ("δₜ", "the cotangent of the gates before σ and tanh at step t, δ′ₜ the same as the state sees it")
_OVER_STEPS = r"\sum_t \delta_t^{\top}\,"


def _through_time(step: tuple[str, str], state: str, weights: int) -> dict[int, Said]:
    """Return the rules of a recurrent row whose weights begin at this operand; `state` is what the state is met by."""
    latex = state.replace("δ′", r"\delta'").replace("δ", r"\delta")
    first, later = f"{{{weights + 2}}}", f"{{{weights + 3}}}"
    return {
        0: Said(f"δₜ·{first}", rf"\delta_t\,{first}", step),
        1: Said(f"{state}₁·{later}", rf"{latex}_1\,{later}", step),
        # In braces, for the operand's name may have an index of its own.
        weights: Said("Σₜ δₜᵀ·{2}ₜ", _OVER_STEPS + "{{2}}_t", step),
        weights + 1: Said(f"Σₜ {state}ₜᵀ·hₜ₋₁", rf"\sum_t {latex}_t^{{\top}}\,h_{{t-1}}", step),
        weights + 2: Said("Σₜ δₜ", r"\sum_t \delta_t", step),
        weights + 3: Said(f"Σₜ {state}ₜ", rf"\sum_t {latex}_t", step),
    }


def _onehot(target: Any) -> Any:
    return Words("onehot({0})", (target,), latex=r"\operatorname{onehot}({0})")


def _shared(g: Any, samples: Any, share: Any, *, reduction: str, **_: Any) -> Any:
    """Return each sample's part of a loss's gradient; a mean divides by how many there are."""
    g = g if share is None else g * share
    return g / samples.size if reduction == "mean" else g


def _class_loss(g: Any, _y: Any, x: Any, target: Any, share: Any, **static: Any) -> Any:
    return _shared(g * (_softmax(x, axis=static["axis"]) - _onehot(target)), target, share, **static)


#: Rules in words by operand, where expressions would not be shorter. A function gives an expression to be read only.
SAID: Mapping[tuple[str, int], Said | Callable[..., Any]] = {
    ("cross_entropy", 0): _class_loss,
    ("repeat", 0): Said("Σ {0} over the copies", r"\sum {0} \text{ over the copies}"),
    ("repeat_interleave", 0): Said("Σ {0} over the copies", r"\sum {0} \text{ over the copies}"),
    ("grid_sample", 1): Said(
        "Σ₁ {0}·∂{1}/∂{3}, by coordinate", r"\sum_1 {0} \cdot \frac{\partial {1}}{\partial {3}} \text{ by coordinate}"
    ),
    ("grid_sample_adjoint", 1): Said(
        "Σ₁ {2}·∂grid_sample({0}, {3})/∂{3}",
        r"\sum_1 {2} \cdot \frac{\partial}{\partial {3}} \operatorname{grid\_sample}({0}, {3})",
    ),
    ("matrix_exp", 0): Said(
        "upper right block of exp [[{2}ᵀ, {0}], [0, {2}ᵀ]]",
        r"\text{upper right block of } \exp \begin{pmatrix} {2}^{\top} & {0} \\ 0 & {2}^{\top} \end{pmatrix}",
    ),
    ("write_view", 0): Said("{0}, but 0 where the view is"),
    ("write_view", 1): Said("{0} where the view is"),
    **{("rnn", slot): said for slot, said in _through_time(_STEP, "δ", 2).items()},
    **{("gru", slot): said for slot, said in _through_time(_GRU_STEP, "δ′", 2).items()},
    **{("lstm", slot): said for slot, said in _through_time(_STEP, "δ", 3).items()},
    ("lstm", 2): Said(
        "f₁·c̄₁", r"f_1 \cdot \bar{c}_1", ("f₁", "the first step's forget gate, c̄₁ the cotangent of its cell")
    ),
    ("lstm", 7): Said("Σₜ h̄ₜᵀ·(oₜ·tanh(cₜ))", r"\sum_t \bar{h}_t^{\top}\,(o_t \cdot \tanh(c_t))"),
}

# --- names --------------------------------------------------------------------------------------------------------

#: What by-products are called in formulas, by row and name or by name alone. False: formulas are for the case that a
#: flag is not set.
BY_PRODUCTS: Mapping[tuple[str, str] | str, str | bool] = {
    "zeros": False,
    "singular": False,
    "index": "each maximum",
    "where": "each maximum",
    ("sort", "where"): "the old places",
    ("topk", "where"): "the places taken",
    ("kthvalue", "where"): "the place taken",
    ("max", "where"): "the maximum",
    ("min", "where"): "the minimum",
    ("cummin", "where"): "each minimum",
    "place": "the target",
    "old": "share_old",
    "new": "share_new",
    "mean": "μ",
    "var": "σ²",
    "phi": "φ",
}

#: A part of a row's rules that has a name everywhere: the name, and what it is of operands and by-products.
PARTS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    row: ("x̂", lambda x, _w, _b, mean, var, eps, **_: (x - mean) * _rsqrt(var + eps))
    for row in ("batch_norm", "layer_norm")
}
