"""Mirrors nn/utils/data."""
