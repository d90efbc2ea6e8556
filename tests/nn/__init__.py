"""Tests of nn, file by file."""
