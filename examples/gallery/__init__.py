"""The gallery: `python -m examples.gallery` draws every picture anew, as SVG and as a page to step through."""
