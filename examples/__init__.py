"""Short scripts, one per idea: `python -m examples.demo`; README.md beside this file lists them."""
