"""`python -m autograd_np.viz script.py:loss -o loss.svg`: see `autograd_np.viz.command`."""

from __future__ import annotations

import sys

from autograd_np.viz.command import main

if __name__ == "__main__":
    sys.exit(main())
