"""Tools for tests: derivatives against finite differences, and values against each other.

`autograd_np.testing.strategies` holds Hypothesis strategies; it is a module of its own, so that nothing else
here needs Hypothesis.
"""

from autograd_np.testing.comparison import assert_close
from autograd_np.testing.gradcheck import gradcheck, gradgradcheck

__all__ = ["assert_close", "gradcheck", "gradgradcheck"]
