"""Preparing data, and telling whether training is well."""
