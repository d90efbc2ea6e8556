"""Kernels: plain NumPy functions of arrays, which know nothing of tensors or graphs."""
