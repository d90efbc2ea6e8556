"""Perceptrons, losses, gradients: what everything else stands on."""
