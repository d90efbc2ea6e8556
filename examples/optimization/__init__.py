"""Optimisers, schedules, initialisation, regularisation."""
