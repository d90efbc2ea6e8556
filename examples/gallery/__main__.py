"""Draw the gallery anew: `python -m examples.gallery [name ...] [--out DIR]`.

Every picture becomes an SVG and a page to step through; README.md is written with them when all are drawn.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import NamedTuple

from autograd_np import viz
from examples.gallery.pictures import PICTURES

GALLERY = Path(__file__).parent

_HEAD = """# The gallery

What the viewer draws, from the code in [pictures.py](pictures.py). `python -m examples.gallery` (or `make gallery`)
writes every file here anew: an SVG, which needs no scripts and follows the reader's colours, light or dark, and a page
that steps through forward and backward, to be opened in a browser from a checkout.

Of large graphs a part is folded, and the caption in the picture says which. Seconds are those for tracing, layout and
writing of all files of a picture.

| picture | what one sees | operations | nodes drawn | seconds | files |
|---|---|--:|--:|--:|---|
"""


class Drawn(NamedTuple):
    """What drawing one picture took and gave."""

    name: str
    operations: int
    cards: int
    seconds: float
    files: list[Path]

    def row(self) -> str:
        """Return the picture's row of the table."""
        picture = PICTURES[self.name]
        shown = f'[<img src="{self.name}.svg" width="320" alt="{picture.title}">]({self.name}.svg)'
        files = "<br>".join(f"[{f.suffix[1:]}]({f.name}) {_size(f.stat().st_size)}" for f in self.files)
        figures = f"{self.operations:,} | {self.cards} | {self.seconds:.1f}"
        return f"| {shown} | **{picture.title}.** {picture.text} | {figures} | {files} |"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{round(count / 1e3)} kB"


def draw(name: str, folder: Path) -> Drawn:
    """Write a picture's files, and return what it took."""
    picture = PICTURES[name]
    loss, names = picture.record()
    start = time.perf_counter()
    graph = viz.trace(loss, names=names)
    forms = {".svg": picture.options, ".html": picture.page}
    files = [
        Path(graph.save(folder / f"{name}{ending}", title=picture.title, **options))
        for ending, options in forms.items()
        if options is not None
    ]
    seconds = time.perf_counter() - start
    cards = files[0].read_text("utf-8").count('<g class="n ')
    return Drawn(name, sum(bool(node.op) for node in graph.nodes), cards, seconds, files)


def main(arguments: list[str] | None = None) -> list[Drawn]:
    """Draw the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(PICTURES)}; all if none is given")
    parser.add_argument("--out", type=Path, default=GALLERY, help="folder for the files")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in PICTURES]
    if unknown:
        parser.error(f"no picture is called {', '.join(unknown)}; there are {', '.join(PICTURES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    found = []
    for name in options.names or PICTURES:
        found.append(draw(name, options.out))
        print(f"{name}: {found[-1].operations:,} operations, {found[-1].cards} drawn, {found[-1].seconds:.1f} s")
    if not options.names:
        (options.out / "README.md").write_text(_HEAD + "".join(f"{drawn.row()}\n" for drawn in found), "utf-8")
    print(f"written to {options.out}")
    return found


if __name__ == "__main__":
    main()
