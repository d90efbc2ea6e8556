"""The same work in plain NumPy with its derivatives worked out: what any engine on NumPy can hope for.

A kernel is a function `operands -> (result, back)`, and `back(cotangent)` the gradients of the operands that have one;
steps.py has the nets. A test holds that all of it agrees with the engine.
"""

import numpy as np

# Fresh memory costs more than arithmetic: freeing 32 MB once lets glibc keep freed blocks of up to that size.
np.empty((1 << 25) - (1 << 16), np.uint8)
