"""Operations: sheets of rows, each with the public functions over them. `methods.py` gives them to Tensor."""

# Each sheet's `__all__` is its public list: naming some 450 functions here once more would only let the two drift.
# ruff: noqa: F403

from autograd_np.ops import (
    activations,
    adaptive_pooling,
    alignment,
    arithmetic,
    attention,
    average_pooling,
    axes,
    class_losses,
    classification,
    comparison,
    compound_products,
    conversion,
    convolution,
    creation,
    cumulative,
    decompositions,
    einstein,
    exponential,
    extremes,
    finite_differences,
    gamma,
    histograms,
    index_reductions,
    indexing,
    joining,
    legacy,
    logic,
    losses,
    masking,
    matrices,
    norm_limits,
    normalization,
    norms,
    numbers,
    ordering,
    part_writes,
    parts,
    pooling,
    products,
    quantiles,
    queries,
    random,
    real_parts,
    recurrent,
    recurrent_cells,
    reductions,
    repeating,
    resampling,
    scattering,
    selection,
    shapes,
    similarity,
    solving,
    splitting,
    statistics,
    transposed_convolution,
    trigonometric,
    unpooling,
    window_functions,
    windows,
)
from autograd_np.ops.activations import *
from autograd_np.ops.adaptive_pooling import *
from autograd_np.ops.alignment import *
from autograd_np.ops.arithmetic import *
from autograd_np.ops.attention import *
from autograd_np.ops.average_pooling import *
from autograd_np.ops.axes import *
from autograd_np.ops.class_losses import *
from autograd_np.ops.classification import *
from autograd_np.ops.comparison import *
from autograd_np.ops.compound_products import *
from autograd_np.ops.conversion import *
from autograd_np.ops.convolution import *
from autograd_np.ops.creation import *
from autograd_np.ops.cumulative import *
from autograd_np.ops.decompositions import *
from autograd_np.ops.einstein import *
from autograd_np.ops.exponential import *
from autograd_np.ops.extremes import *
from autograd_np.ops.finite_differences import *
from autograd_np.ops.gamma import *
from autograd_np.ops.histograms import *
from autograd_np.ops.index_reductions import *
from autograd_np.ops.indexing import *
from autograd_np.ops.joining import *
from autograd_np.ops.legacy import *
from autograd_np.ops.logic import *
from autograd_np.ops.losses import *
from autograd_np.ops.masking import *
from autograd_np.ops.matrices import *
from autograd_np.ops.norm_limits import *
from autograd_np.ops.normalization import *
from autograd_np.ops.norms import *
from autograd_np.ops.numbers import *
from autograd_np.ops.ordering import *
from autograd_np.ops.part_writes import *
from autograd_np.ops.parts import *
from autograd_np.ops.pooling import *
from autograd_np.ops.products import *
from autograd_np.ops.quantiles import *
from autograd_np.ops.queries import *
from autograd_np.ops.random import *
from autograd_np.ops.real_parts import *
from autograd_np.ops.recurrent import *
from autograd_np.ops.recurrent_cells import *
from autograd_np.ops.reductions import *
from autograd_np.ops.repeating import *
from autograd_np.ops.resampling import *
from autograd_np.ops.scattering import *
from autograd_np.ops.selection import *
from autograd_np.ops.shapes import *
from autograd_np.ops.similarity import *
from autograd_np.ops.solving import *
from autograd_np.ops.splitting import *
from autograd_np.ops.statistics import *
from autograd_np.ops.transposed_convolution import *
from autograd_np.ops.trigonometric import *
from autograd_np.ops.unpooling import *
from autograd_np.ops.window_functions import *
from autograd_np.ops.windows import *

__all__: list[str] = []
__all__ += activations.__all__
__all__ += adaptive_pooling.__all__
__all__ += alignment.__all__
__all__ += arithmetic.__all__
__all__ += attention.__all__
__all__ += average_pooling.__all__
__all__ += axes.__all__
__all__ += class_losses.__all__
__all__ += classification.__all__
__all__ += comparison.__all__
__all__ += compound_products.__all__
__all__ += conversion.__all__
__all__ += convolution.__all__
__all__ += creation.__all__
__all__ += cumulative.__all__
__all__ += decompositions.__all__
__all__ += einstein.__all__
__all__ += exponential.__all__
__all__ += extremes.__all__
__all__ += finite_differences.__all__
__all__ += gamma.__all__
__all__ += histograms.__all__
__all__ += index_reductions.__all__
__all__ += indexing.__all__
__all__ += joining.__all__
__all__ += legacy.__all__
__all__ += logic.__all__
__all__ += losses.__all__
__all__ += masking.__all__
__all__ += matrices.__all__
__all__ += norm_limits.__all__
__all__ += normalization.__all__
__all__ += norms.__all__
__all__ += numbers.__all__
__all__ += ordering.__all__
__all__ += part_writes.__all__
__all__ += parts.__all__
__all__ += pooling.__all__
__all__ += products.__all__
__all__ += quantiles.__all__
__all__ += queries.__all__
__all__ += random.__all__
__all__ += real_parts.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cells.__all__
__all__ += reductions.__all__
__all__ += repeating.__all__
__all__ += resampling.__all__
__all__ += scattering.__all__
__all__ += selection.__all__
__all__ += shapes.__all__
__all__ += similarity.__all__
__all__ += solving.__all__
__all__ += splitting.__all__
__all__ += statistics.__all__
__all__ += transposed_convolution.__all__
__all__ += trigonometric.__all__
__all__ += unpooling.__all__
__all__ += window_functions.__all__
__all__ += windows.__all__
