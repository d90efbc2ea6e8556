"""Comparison with PyTorch: with its stored values everywhere, with PyTorch itself where it is installed."""
