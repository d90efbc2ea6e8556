"""What an explanation of a gradient says: its largest paths as a table, as Markdown, as LaTeX, and in the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_np.viz.notation import factor, number, shorten, superscript, width_of
from autograd_np.viz.printing import LATEX
from autograd_np.viz.wording import superscript_slot

__all__ = ["Explanation", "GradientPath", "Rest", "Step", "count_text"]

#: Longest name in a path, and how many names and factors are written of a long path, at each end.
NAME, ENDS = 16, 4


class Step(NamedTuple):
    """One step of a path, from an operand to the operation that used it.

    Args:
        name: of the operation's result.
        op: name of the operation.
        slot: which argument the operand was.
        repeated: whether the operation used the same value in several arguments.
        local: derivative of the result with respect to the operand, between numbers; else None.
        key: serial of the operation and slot: what tells this step from others.
    """

    name: str
    op: str
    slot: int
    repeated: bool
    local: float | None
    key: tuple[int, int]


class GradientPath(NamedTuple):
    """One path, from the tensor to the output.

    Args:
        start: name of the tensor.
        steps: operations, the one that used the tensor first, the output last.
        contribution: what it adds to the gradient: between numbers the product of its local derivatives.
        share: contribution over gradient; None if the gradient is zero.
    """

    start: str
    steps: tuple[Step, ...]
    contribution: float
    share: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names along the path, the tensor first and the output last."""
        return (self.start, *(step.name for step in self.steps))

    @property
    def locals(self) -> tuple[float, ...] | None:
        """Return the local derivatives in the order of the chain rule, the output's first; None for arrays."""
        found = [step.local for step in reversed(self.steps)]
        return None if any(local is None for local in found) else tuple(f for f in found if f is not None)

    def __str__(self) -> str:
        return _path_text(self)


@dataclass(frozen=True, slots=True)
class Rest:
    """All paths that are not listed, together; see `GradientPath`."""

    count: int
    contribution: float
    share: float | None


class Explanation:
    """The largest paths from a tensor to an output; `explain` makes it, and print, notebooks and pictures show it.

    Args:
        paths: the largest paths, the largest first; paths that carry nothing are not among them.
        count: how many paths there are, as an exact integer of any size.
        total: the gradient (its length, for arrays): the sum of all contributions.
        exact: whether the listed paths are certainly the largest.
        number: whether tensor and output are numbers, so that contributions are products of local derivatives.
        output: the output's name.
        measure: what contributions of arrays are measured along, in words.
        draw: returns the graph that the paths run through.
    """

    def __init__(
        self,
        paths: Sequence[GradientPath],
        count: int,
        total: float,
        *,
        exact: bool,
        number: bool,
        start: str,
        output: str,
        measure: str,
        draw: Callable[[], Any],
    ) -> None:
        self.paths = tuple(paths)
        self.count = count
        self.total = total
        self.exact = exact
        self.start, self.output = start, output
        self._number = number
        self._measure = measure
        self._draw = draw
        left = total - math.fsum(path.contribution for path in self.paths)
        # What is left of rounding is no contribution.
        left = 0.0 if count == len(self.paths) or abs(left) < 1e-15 * abs(total) else left
        self.rest = Rest(count - len(self.paths), left, left / total if total else None)

    # --- in the picture ------------------------------------------------------------------------------------------

    @property
    def edges(self) -> Mapping[tuple[int, int], float]:
        """Return how much the listed paths carry through each step, by its key; the largest is 1."""
        carried: dict[tuple[int, int], float] = {}
        for path in self.paths:
            for step in path.steps:
                carried[step.key] = carried.get(step.key, 0.0) + abs(path.contribution)
        top = max(carried.values(), default=1.0)
        return {key: value / top for key, value in carried.items()}

    def graph(self) -> Any:
        """Return the graph with the listed paths highlighted: a band as broad as what they carry."""
        return self._draw().highlighted(self)

    @property
    def caption(self) -> str:
        """Return what the picture says below."""
        shown = sum(path.share or 0.0 for path in self.paths)
        which = "every path"
        if self.rest.count:
            largest = "largest" if len(self.paths) == 1 else f"{len(self.paths)} largest"
            which = f"the {largest} of {count_text(self.count)} paths"
        return f"highlighted: {which} from {self.start}, {_percent(shown)} of its gradient"

    # --- in words ------------------------------------------------------------------------------------------------

    @property
    def _heading(self) -> str:
        fraction = f"∂{self.output}/∂{self.start}"
        return f"{fraction} = {number(self.total)}" if self._number else f"{self._measure} = {number(self.total)}"

    @property
    def _notes(self) -> list[str]:
        inexact = "found by a beam: larger paths may have been missed; a larger beam= looks further"
        return [] if self.exact else [inexact]

    def _summary(self) -> str:
        paths = count_text(self.count)
        return f"{paths} path{'' if self.count == 1 else 's'} from {self.start} to {self.output}"

    def _rows(self) -> list[tuple[str, ...]]:
        steps = [{step.key for step in path.steps} for path in self.paths]
        common = set.intersection(*steps) if len(steps) > 1 else set()
        rows: list[tuple[str, ...]] = [
            (str(i), _percent(path.share), number(path.contribution), _path_text(path, common), _locals_text(path))
            for i, path in enumerate(self.paths, 1)
        ]
        if self.rest.count:
            what = f"{count_text(self.rest.count)} other path{'' if self.rest.count == 1 else 's'}"
            rows.append(("", _percent(self.rest.share), number(self.rest.contribution), what, ""))
        return rows

    @property
    def _head(self) -> tuple[str, ...]:
        return ("#", "share", "product" if self._number else "contribution", "path", "local derivatives")

    def __str__(self) -> str:
        rows = [self._head, *self._rows()]
        columns = 5 if any(row[4] for row in rows[1:]) else 4
        widths = [max(width_of(row[i]) for row in rows) for i in range(columns)]
        lines = []
        for row in rows:
            cells = [" " * (w - width_of(c)) + c if i < 3 else c + " " * (w - width_of(c))
                     for i, (c, w) in enumerate(zip(row, widths, strict=False))]  # fmt: skip
            lines.append("  ".join(cells).rstrip())
        return "\n".join([f"{self._heading}: {self._summary()}", *lines, *self._notes])

    def __repr__(self) -> str:
        return f"<explanation of {self._heading}: {len(self.paths)} of {count_text(self.count)} paths>"

    def _repr_markdown_(self) -> str:
        rows = self._rows()
        columns = 5 if any(row[4] for row in rows) else 4

        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells[:columns]) + " |"

        rule = "|" + "|".join(["---:", "---:", "---:", ":---", ":---"][:columns]) + "|"
        table = [line(self._head), rule, *(line(row) for row in rows)]
        notes = [f"\n{note}" for note in self._notes]
        return "\n".join([f"**{self._heading}**: {self._summary()}\n", *table, *notes])

    def to_latex(self) -> str:
        r"""Return the sum over paths as an `align*` of the amsmath package.

        Example:
            >>> from autograd_np import tensor, viz
            >>> x = tensor(3.0, requires_grad=True)
            >>> print(viz.explain(x * x, x, names={"x": x}).to_latex())
            \begin{align*}
            \frac{\partial v_{1}}{\partial x} &= \frac{\partial v_{1}}{\partial x^{(1)}} && = 3 && = 3 && (50\,\%) \\
            &\quad + \frac{\partial v_{1}}{\partial x^{(2)}} && = 3 && = 3 && (50\,\%) \\
            &= 6
            \end{align*}
        """
        left = rf"\frac{{\partial {LATEX.name(self.output)}}}{{\partial {LATEX.name(self.start)}}}"
        lines = []
        for i, path in enumerate(self.paths):
            beginning = f"{left} &= " if not i else r"&\quad + "
            values = path.locals
            middle = "" if values is None else f" && = {_latex_product(values)}"
            end = f" && = {LATEX.number(path.contribution)}" + (
                "" if path.share is None else rf" && ({_latex_percent(path.share)})"
            )
            lines.append(beginning + _latex_chain(path) + middle + end)
        if self.rest.count:
            what = rf"\text{{{_latex_count(self.rest.count)} other path{'' if self.rest.count == 1 else 's'}}}"
            end = "" if self.rest.share is None else rf" && ({_latex_percent(self.rest.share)})"
            skipped = " && " if self._number else ""
            beginning = f"{left} &= " if not self.paths else r"&\quad + "
            lines.append(f"{beginning}{what}{skipped} && = {LATEX.number(self.rest.contribution)}{end}")
        if self._number:
            lines.append(f"&= {LATEX.number(self.total)}")
        return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


# --- texts ----------------------------------------------------------------------------------------------------------


def count_text(count: int) -> str:
    """Return a number of paths: in full up to a million millions, then in powers of ten.

    Example:
        >>> count_text(1234), count_text(2**1000)
        ('1,234', '1.0715·10³⁰¹')
    """
    if count < 10**12:
        return f"{count:,}"
    # Python refuses to write out integers of thousands of digits; the logarithm of any is quick.
    exponent = math.floor(_log10(count))
    mantissa = 10 ** (_log10(count) - exponent)
    return f"{mantissa:.4f}·10{superscript(str(exponent))}"


def _log10(count: int) -> float:
    shift = max(0, count.bit_length() - 64)
    return math.log10(count >> shift) + shift * math.log10(2)


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{number(float(f'{100 * share:.3g}'))} %"


def _path_text(path: GradientPath, common: AbstractSet[tuple[int, int]] = frozenset()) -> str:
    """Return a path's names with arrows; of a long one its ends, and where it leaves what all listed paths share."""
    texts = [shorten(path.start, NAME)]
    for step in path.steps:
        if step.repeated:
            # Which of its uses this is belongs to the name before the arrow.
            texts[-1] += superscript_slot(step.slot)
        texts.append(shorten(step.name, NAME))
    if len(texts) <= 2 * ENDS + 2:
        return " → ".join(texts)
    own = [i for i, step in enumerate(path.steps) if step.key not in common]
    if 0 < len(own) < len(path.steps):
        near = {*own[:ENDS], *own[-ENDS:]}
        shown = {0, len(path.steps), *near, *(i + 1 for i in near)}
    else:
        shown = {*range(ENDS), *range(len(texts) - ENDS, len(texts))}
    parts, before = [], -1
    for i in sorted(shown):
        if i - before > 2:
            parts.append(f"… {i - before - 1:,} …")
        elif i - before == 2:
            parts.append(texts[i - 1])
        parts.append(texts[i])
        before = i
    return " → ".join(parts)


def _locals_text(path: GradientPath) -> str:
    values = path.locals
    if values is None:
        return ""
    texts = [number(values[0]) if values else "1", *(factor(value) for value in values[1:])]
    if len(texts) > 2 * ENDS + 1:
        texts = [*texts[:ENDS], "…", *texts[-ENDS:]]
    return "·".join(texts)


# --- LaTeX ----------------------------------------------------------------------------------------------------------


def _latex_chain(path: GradientPath) -> str:
    """Return a path as a product of partial derivatives, the output's first."""
    names = path.names
    terms = []
    for i in range(len(path.steps), 0, -1):
        step = path.steps[i - 1]
        below = LATEX.name(names[i - 1]) + (f"^{{({step.slot + 1})}}" if step.repeated else "")
        terms.append(rf"\frac{{\partial {LATEX.name(names[i])}}}{{\partial {below}}}")
    if len(terms) > 2 * ENDS + 1:
        terms = [*terms[:ENDS], r"\cdots", *terms[-ENDS:]]
    return " ".join(terms) or "1"


def _latex_product(values: Sequence[float]) -> str:
    texts = [LATEX.number(value) for value in values] or ["1"]
    texts = [texts[0], *(rf"\left({text}\right)" if text.startswith("-") else text for text in texts[1:])]
    if len(texts) > 2 * ENDS + 1:
        texts = [*texts[:ENDS], r"\cdots", *texts[-ENDS:]]
    return r" \cdot ".join(texts)


def _latex_percent(share: float) -> str:
    return rf"{LATEX.number(float(f'{100 * share:.3g}'))}\,\%"


def _latex_count(count: int) -> str:
    if count < 10**12:
        return f"{count:,}"
    exponent = math.floor(_log10(count))
    return rf"${10 ** (_log10(count) - exponent):.4f} \cdot 10^{{{exponent}}}$"
