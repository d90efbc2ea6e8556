"""PyTorch: the text of grammar.py with PyTorch's import lines."""

from __future__ import annotations

import os

from examples.pytorch_twin import in_pytorch

_twin = in_pytorch("benchmarks.libraries.grammar")
_twin.torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
prepare = _twin.prepare
