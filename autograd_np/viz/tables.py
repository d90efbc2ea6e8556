"""Formulas of the common operations, by their name in the registry.

`{a}`, `{b}`, `{c}` stand for the operands, `{y}` for the output, `{g}` for the upstream gradient, `{n}` for how many
elements of the operand make one of the output, `{all}` for every operand, and other names for the operation's settings.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LOCAL", "PULLBACK", "Formula"]


class Formula(NamedTuple):
    """One operation: its expression, and per operand a local derivative (element-wise) or a pullback (otherwise)."""

    text: str
    parts: tuple[str | None, ...]


# Element by element: the derivative of the output with respect to each operand.
LOCAL: dict[str, Formula] = {
    "abs": Formula("|{a}|", ("sign({a})",)),
    "acos": Formula("acos({a})", ("-1/√(1 - {a}²)",)),
    "acosh": Formula("acosh({a})", ("1/√({a}² - 1)",)),
    "add": Formula("{a} + {b}", ("1", "1")),
    "asin": Formula("asin({a})", ("1/√(1 - {a}²)",)),
    "asinh": Formula("asinh({a})", ("1/√({a}² + 1)",)),
    "atan": Formula("atan({a})", ("1/(1 + {a}²)",)),
    "atan2": Formula("atan2({a}, {b})", ("{b}/({a}² + {b}²)", "-{a}/({a}² + {b}²)")),
    "atanh": Formula("atanh({a})", ("1/(1 - {a}²)",)),
    "binary_cross_entropy": Formula(
        "-{b}·ln {a} - (1 - {b})·ln(1 - {a})", ("({a} - {b})/({a}·(1 - {a}))", "ln(1 - {a}) - ln {a}")
    ),
    "binary_cross_entropy_with_logits": Formula("bce(σ({a}), {b})", ("σ({a}) - {b}", "-{a}")),
    "cast": Formula("{a} as {dtype}", ("1",)),
    "ceil": Formula("⌈{a}⌉", ("0",)),
    "clamp": Formula("clamp({a}, {min}, {max})", ("1[{min}≤{a}≤{max}]",)),
    "clamp_max": Formula("min({a}, {b})", ("1[{a}≤{b}]", "1[{a}>{b}]")),
    "clamp_min": Formula("max({a}, {b})", ("1[{a}≥{b}]", "1[{a}<{b}]")),
    "clone": Formula("clone({a})", ("1",)),
    "contiguous": Formula("{a}", ("1",)),
    "cos": Formula("cos({a})", ("-sin({a})",)),
    "cosh": Formula("cosh({a})", ("sinh({a})",)),
    "deg2rad": Formula("{a}·π/180", ("π/180",)),
    "div": Formula("{a}/{b}", ("1/{b}", "-{y}/{b}")),
    "erf": Formula("erf({a})", ("2/√π·exp(-{a}²)",)),
    "erfc": Formula("erfc({a})", ("-2/√π·exp(-{a}²)",)),
    "exp": Formula("exp({a})", ("{y}",)),
    "exp2": Formula("2^{a}", ("{y}·ln 2",)),
    "expm1": Formula("expm1({a})", ("{y} + 1",)),
    "floor": Formula("⌊{a}⌋", ("0",)),
    "fmod": Formula("fmod({a}, {b})", ("1", "-trunc({a}/{b})")),
    "gelu": Formula("gelu({a})", ("Φ({a}) + {a}·φ({a})",)),
    "hardtanh": Formula("clamp({a}, {low}, {high})", ("1[{low}<{a}<{high}]",)),
    "hypot": Formula("√({a}² + {b}²)", ("{a}/{y}", "{b}/{y}")),
    "leaky_relu": Formula("leaky_relu({a})", ("1[{a}>0] + {slope}·1[{a}≤0]",)),
    "lerp": Formula("{a} + {c}·({b} - {a})", ("1 - {c}", "{c}", "{b} - {a}")),
    "log": Formula("ln({a})", ("1/{a}",)),
    "log10": Formula("log10({a})", ("1/({a}·ln 10)",)),
    "log1p": Formula("log1p({a})", ("1/(1 + {a})",)),
    "log2": Formula("log2({a})", ("1/({a}·ln 2)",)),
    "logaddexp": Formula("ln(exp({a}) + exp({b}))", ("exp({a} - {y})", "exp({b} - {y})")),
    "logit": Formula("logit({a})", ("1/({a}·(1 - {a}))",)),
    "logsigmoid": Formula("ln σ({a})", ("σ(-{a})",)),
    "masked_fill": Formula("masked_fill({a}, {b}, {c})", ("1[not {b}]", None, "1[{b}]")),
    "maximum": Formula("max({a}, {b})", ("1[{a}>{b}]", "1[{b}>{a}]")),
    "minimum": Formula("min({a}, {b})", ("1[{a}<{b}]", "1[{b}<{a}]")),
    "mul": Formula("{a}·{b}", ("{b}", "{a}")),
    "neg": Formula("-{a}", ("-1",)),
    "pow_tensor": Formula("{a}^{b}", ("{b}·{a}^({b} - 1)", "{y}·ln {a}")),
    "rad2deg": Formula("{a}·180/π", ("180/π",)),
    "reciprocal": Formula("1/{a}", ("-{y}²",)),
    "relu": Formula("relu({a})", ("1[{a}>0]",)),
    "remainder": Formula("{a} mod {b}", ("1", "-⌊{a}/{b}⌋")),
    "round": Formula("round({a})", ("0",)),
    "rsqrt": Formula("1/√{a}", ("-{y}/(2·{a})",)),
    "sigmoid": Formula("σ({a})", ("{y}·(1 - {y})",)),
    "sign": Formula("sign({a})", ("0",)),
    "silu": Formula("{a}·σ({a})", ("σ({a}) + {y}·(1 - σ({a}))",)),
    "sin": Formula("sin({a})", ("cos({a})",)),
    "sinh": Formula("sinh({a})", ("cosh({a})",)),
    "softplus": Formula("softplus({a})", ("σ({a})",)),
    "sqrt": Formula("√{a}", ("1/(2·{y})",)),
    "square": Formula("{a}²", ("2·{a}",)),
    "sub": Formula("{a} - {b}", ("1", "-1")),
    "tan": Formula("tan({a})", ("1 + {y}²",)),
    "tanh": Formula("tanh({a})", ("1 - {y}²",)),
    "trunc": Formula("trunc({a})", ("0",)),
    "where": Formula("{b} where {a} else {c}", (None, "1[{a}]", "1[not {a}]")),
    "xlogy": Formula("{a}·ln {b}", ("ln {b}", "{a}/{b}")),
}

_PLACED = ("{g} at the index, else 0",)
_BACK = ("{g} reshaped",)
_CONVOLUTION = Formula("{a} ⋆ {b} + {c}", ("{g} ⋆ᵀ {b}", "{a} ⋆ {g}", "Σ {g}"))
_NORMALISED = ("1/σ·(γ·{g} - ⟨γ·{g}⟩ - x̂·⟨γ·{g}·x̂⟩)", "Σ {g}·x̂", "Σ {g}")

# Across elements: what each operand receives for the upstream gradient.
PULLBACK: dict[str, Formula] = {
    "amax": Formula("max({a})", ("{g} at the maximum",)),
    "amin": Formula("min({a})", ("{g} at the minimum",)),
    "avg_pool1d": Formula("avg_pool({a})", ("{g} spread over each window",)),
    "avg_pool2d": Formula("avg_pool({a})", ("{g} spread over each window",)),
    "batch_norm": Formula("batch_norm({a})", _NORMALISED),
    "batch_norm_fixed": Formula("batch_norm({a})", ("{g}·γ/√(σ² + ε)", "-Σ {g}·γ/√(σ² + ε)", None, "Σ {g}·x̂", "Σ {g}")),
    "cat": Formula("cat({all})", ()),
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "cross_entropy": Formula("cross_entropy({a}, {b})", ("{g}·(softmax({a}) - onehot({b}))",)),
    "cumsum": Formula("cumsum({a})", ("cumsum of {g} from the end",)),
    "diagonal": Formula("diagonal({a})", ("{g} on the diagonal",)),
    "dot": Formula("{a}·{b}", ("{g}·{b}", "{g}·{a}")),
    "embedding": Formula("{a}[…]", ("{g} added at its rows",)),
    "expand": Formula("expand({a})", ("Σ {g}",)),
    "flip": Formula("flip({a})", ("flip({g})",)),
    "gather": Formula("{a}[…]", _PLACED),
    "index": Formula("{a}[…]", _PLACED),
    "index_select": Formula("{a}[…]", _PLACED),
    "inv": Formula("{a}⁻¹", ("-{y}ᵀ·{g}·{y}ᵀ",)),
    "layer_norm": Formula("layer_norm({a})", _NORMALISED),
    "linear": Formula("{a}·{b}ᵀ + {c}", ("{g}·{b}", "{g}ᵀ·{a}", "Σ {g}")),
    "log_softmax": Formula("log_softmax({a})", ("{g} - exp({y})·Σ {g}",)),
    "logsumexp": Formula("logsumexp({a})", ("{g}·exp({a} - {y})",)),
    "matmul": Formula("{a} @ {b}", ("{g}·{b}ᵀ", "{a}ᵀ·{g}")),
    "matmul_rows": Formula("{a} @ {b}", ("{g}·{b}ᵀ", "{a}ᵀ·{g}")),
    "max": Formula("max({a})", ("{g} at the maximum",)),
    "max_pool1d": Formula("max_pool({a})", ("{g} at each maximum",)),
    "max_pool2d": Formula("max_pool({a})", ("{g} at each maximum",)),
    "mean": Formula("mean({a})", ("{g}/{n}",)),
    "min": Formula("min({a})", ("{g} at the minimum",)),
    "norm_2": Formula("‖{a}‖", ("{g}·{a}/{y}",)),
    "pad": Formula("pad({a})", ("{g} cropped",)),
    "permute": Formula("permute({a})", ("{g}, axes back",)),
    "prod": Formula("∏ {a}", ("{g}·{y}/{a}",)),
    "repeat": Formula("repeat({a})", ("Σ {g} over the copies",)),
    "reshape": Formula("reshape({a})", _BACK),
    "roll": Formula("roll({a})", ("{g} rolled back",)),
    "setitem": Formula("{a} with […] = {b}", ("{g}, but 0 at the index", "{g} at the index")),
    "softmax": Formula("softmax({a})", ("{y}·({g} - Σ {g}·{y})",)),
    "sort": Formula("sort({a})", ("{g} in the old order",)),
    "squared_error": Formula("{scale}·Σ({a} - {b})²", ("{g}·2·{scale}·({a} - {b})", "-{g}·2·{scale}·({a} - {b})")),
    "squeeze": Formula("squeeze({a})", _BACK),
    "stack": Formula("stack({all})", ()),
    "std": Formula("std({a})", ("{g}·({a} - ⟨{a}⟩)/(({n} - {correction})·{y})",)),
    "sum": Formula("Σ {a}", ("{g} to every element",)),
    "topk": Formula("topk({a})", ("{g} at the places taken",)),
    "trace": Formula("trace({a})", ("{g} on the diagonal",)),
    "transpose": Formula("{a}ᵀ", ("{g}ᵀ",)),
    "tril": Formula("tril({a})", ("tril({g})",)),
    "triu": Formula("triu({a})", ("triu({g})",)),
    "unsqueeze": Formula("unsqueeze({a})", _BACK),
    "var": Formula("var({a})", ("{g}·2·({a} - ⟨{a}⟩)/({n} - {correction})",)),
}
