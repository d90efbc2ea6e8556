"""Hypothesis strategies: shapes, axes, indices, types, arrays in every memory layout, tensors, random expressions.

They serve the tests of this library and of operations that users write. Nothing else needs Hypothesis.
"""

from autograd_np.testing._layouts import LAYOUTS
from autograd_np.testing.strategies.graphs import expressions
from autograd_np.testing.strategies.shapes import axes, broadcastable_shapes, indices, shapes
from autograd_np.testing.strategies.values import arrays, broadcastable_tensors, dtypes, layouts, numbers, tensors

__all__ = [
    "LAYOUTS",
    "arrays",
    "axes",
    "broadcastable_shapes",
    "broadcastable_tensors",
    "dtypes",
    "expressions",
    "indices",
    "layouts",
    "numbers",
    "shapes",
    "tensors",
]
