"""Where we differ from PyTorch on purpose, and why; everything else must agree."""

from __future__ import annotations

__all__ = ["DIFFERENT_CALLS", "DIFFERENT_KINDS", "DIFFERENT_PROMOTION", "LESS_EXACT"]

#: Records whose float64 results are less exact in PyTorch: the relative error to allow.
LESS_EXACT: dict[str, tuple[float, str]] = {
    "hardsigmoid": (1e-7, "its gradient is multiplied by 1/6 rounded to float32"),
}

_TIES = "which of several equal values is picked is not specified there"
_WHOLE = "the mean is cut to a whole number there"
_CUT = "numbers with a fraction are cut to whole ones beside integers there"
_WRAPS = "a number that the type cannot hold wraps around there; here an error says so"
_FRACTIONS = "a negative power of an integer is cut to 0 there; here an error says so"
_BOOLEANS = "there `and` takes the place of the product, and `or` that of the sum; here an error says so"

#: Single calls whose operands, cut to whole numbers, give something else here, or an error.
DIFFERENT_CALLS: dict[str, str] = {"pow-0": _FRACTIONS, "pow-9": _FRACTIONS}

#: (record, type): some call in this type gives something else here, or an error.
DIFFERENT_KINDS: dict[tuple[str, str], str] = {
    **{("topk", kind): _TIES for kind in ("uint8", "int32", "int64")},
    ("kthvalue", "uint8"): _TIES,
    **{("batch_norm", kind): _WHOLE for kind in ("uint8", "int32", "int64")},
    **{("instance_norm", kind): _WHOLE for kind in ("uint8", "int32", "int64")},
    **{(name, "int64"): _WHOLE for name in ("avg_pool1d", "avg_pool2d", "avg_pool3d")},
    **{(name, "bool"): _BOOLEANS for name in ("einsum", "matmul")},
    **{(name, kind): _CUT for name in ("addcmul", "threshold") for kind in ("uint8", "int32", "int64")},
    **{(name, "uint8"): _WRAPS for name in ("clamp", "masked_fill", "mul")},
    ("matrix_exp", "float16"): "overflows there",
    ("interpolate", "uint8"): "means of whole numbers are rounded there; here an error says so",
}

#: (record, combination of types), as `promotion_operands` names them.
DIFFERENT_PROMOTION: dict[tuple[str, str], str] = {}
