"""Faults, load and hostile input: short versions run with the tests, long ones by `python -m tests.reliability --full`.

One module per subject. Whatever module of this package has a function `rows(full)` that yields `Row`s is a subject: its
short version is a test (test_subjects.py), and its long version writes its table into RELIABILITY.md.
"""
