"""JAX without compiling: each operation by itself."""

from __future__ import annotations

from functools import partial

from benchmarks.libraries import jax_rows

prepare = partial(jax_rows.prepare, compiled=False)
