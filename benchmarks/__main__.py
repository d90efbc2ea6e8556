"""`python -m benchmarks`."""

from __future__ import annotations

from benchmarks.driver import main

if __name__ == "__main__":
    main()
