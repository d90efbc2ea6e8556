"""This engine beside its peers and beside NumPy written by hand: `python -m benchmarks`; README.md says how to read it.

rows  operations  nets    what is measured, in NumPy alone: shapes, options, weights, batches
libraries/                how each library does it; by_hand/ is the same in plain NumPy with its derivatives
protocol  worker          the process that measures one library, and the lines it speaks
driver  report  plot      turns, tables, comparison with an earlier run, picture
"""
