"""Kernels: plain NumPy functions of arrays, which know nothing of tensors or graphs."""

from autograd_np.kernels.memory import keep_freed_memory

__all__: list[str] = []

keep_freed_memory()
