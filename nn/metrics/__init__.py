"""How good predictions of classes are, with the names of torchmetrics and the averages of scikit-learn.

Predictions are class indices or booleans in the shape of the target, or scores with the classes along axis 1 (the last
one without a batch), whose highest counts. Results are Python numbers and NumPy arrays; nothing is recorded.

Averages of what is computed for each class:

average       result
'binary'      of class `pos_label` alone, where there are two
'micro'       from the counts of all classes together, which for one class per sample is the accuracy
'macro'       the mean over the classes that occur, among targets or predictions
'weighted'    the mean over the classes, each weighted with how often it is the target
'none', None  an array with a value for each class

Where a denominator is 0, such as in the precision of a class that was never predicted, the value is `zero_division`,
without a warning; values of NaN are left out of averages.

Source: torchmetrics.functional; scikit-learn's metrics, whose functions take the targets first.
"""

# Each module's `__all__` is its public list, as in autograd_np.ops.
# ruff: noqa: F403

from nn.metrics import accumulated, agreement, retrieval
from nn.metrics.accumulated import *
from nn.metrics.agreement import *
from nn.metrics.retrieval import *

__all__: list[str] = []
__all__ += accumulated.__all__
__all__ += agreement.__all__
__all__ += retrieval.__all__
