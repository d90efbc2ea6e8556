"""Measurements beside peers, each in a process of its own, taking turns in one run."""
