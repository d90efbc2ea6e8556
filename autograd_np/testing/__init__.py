"""Tools for tests: derivatives against differences, whole operations, values, precisions, and recorded graphs.

`autograd_np.testing.strategies` holds Hypothesis strategies; it is a module of its own, so that nothing else
here needs Hypothesis.
"""

from autograd_np.testing.comparison import assert_close
from autograd_np.testing.expressions import Expression, Step
from autograd_np.testing.gradcheck import gradcheck, gradgradcheck
from autograd_np.testing.graphs import assert_graph_matches, graph_text
from autograd_np.testing.operations import check_operation
from autograd_np.testing.precision import PrecisionReport, compare_precisions

__all__ = [
    "Expression",
    "PrecisionReport",
    "Step",
    "assert_close",
    "assert_graph_matches",
    "check_operation",
    "compare_precisions",
    "gradcheck",
    "gradgradcheck",
    "graph_text",
]
