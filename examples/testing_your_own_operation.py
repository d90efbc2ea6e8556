"""An operation of one's own and its test, in ten lines; and what the test says where a rule is wrong.

`python -m examples.testing_your_own_operation`, or `pytest examples/testing_your_own_operation.py`. Needs Hypothesis.
"""

from __future__ import annotations

# --- the ten lines ----------------------------------------------------------------------------------------------------
import numpy as np

import autograd_np as ag
from autograd_np.testing import check_operation
from autograd_np.testing.strategies import tensors

soft_abs = ag.UnaryOp("soft_abs", lambda x: np.sqrt(x * x + 1), lambda g, y, x: g * x / y)


def test_soft_abs() -> None:
    """Check values, both orders of derivatives, types, memory layouts, and that nothing is written to."""
    check_operation(soft_abs, tensors(), reference=lambda x: np.hypot(x, 1))


# --- what failures look like ------------------------------------------------------------------------------------------

wrong_sign = ag.UnaryOp("wrong_sign", np.cos, lambda g, _y, x: g * ag.sin(x))


def scaled(x: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
    """Return rows of x, each weighted by w: an operation composed of others."""
    return (x * w).softmax(-1)


def main() -> None:
    """Run the test, a second one with a claim about batches, and one that must fail."""
    test_soft_abs()
    print("soft_abs: every check passed")
    # Rows do not know each other, and all share w: samples stand along axis 0 of x alone.
    check_operation(scaled, (tensors((3, 2)), tensors((2,))), batch_axis=(0, None), max_examples=10)
    print("scaled: every check passed\n")
    try:
        check_operation(wrong_sign, tensors())
    except AssertionError as failure:
        print(failure)


if __name__ == "__main__":
    main()
