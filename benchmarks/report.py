"""What the figures say: a line for the terminal, a table in Markdown, and the comparison with an earlier run."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from benchmarks.libraries import LIBRARIES

OURS = "autograd_np"
SCALES = {"s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")), "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))}
#: A ratio that moved by less than this is the machine's.
NOISE = 1.10


class Spread(NamedTuple):
    """A median between its quartiles."""

    low: float
    middle: float
    high: float


def spread(values: list[float]) -> Spread:
    """Return the quartiles; of a single value, itself three times."""
    if len(values) < 2:
        return Spread(*(values * 3))
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def ratios(ours: list[float], theirs: list[float]) -> Spread:
    """Return the quartiles of the ratios round by round: what both met in a round, such as a busy core, cancels."""
    return spread([a / b for a, b in zip(ours, theirs, strict=True) if b > 0] or [float("nan")])


def in_unit(values: Iterable[float], unit: str) -> str:
    """Return figures of one kind in the unit that suits the first of them.

    Example:
        >>> in_unit([0.0123, 0.012, 0.0131], "s")
        '12.3 12.0 13.1 ms'
    """
    figures = list(values)
    scale, name = next((pair for pair in SCALES[unit] if abs(figures[0]) >= pair[0]), SCALES[unit][-1])
    return " ".join(_short(figure / scale) for figure in figures) + f" {name}"


def _short(value: float) -> str:
    places = 0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.0995 or not value else 3
    return f"{value:.{places}f}"


def _with_quartiles(found: Spread, unit: str) -> str:
    middle, low, high, name = in_unit((found.middle, found.low, found.high), unit).split()
    return f"{middle} {name} ({low}–{high})"


def _ratio(found: Spread) -> str:
    return f"{_short(found.middle)} ({_short(found.low)}–{_short(found.high)})"


def peers(names: Iterable[str]) -> list[str]:
    """Return the libraries that ours is compared with, in the order of the columns."""
    return [name for name in LIBRARIES if name in set(names) and name != OURS]


WIDTHS = (56, 26, 22)


def heading(names: list[str]) -> str:
    """Return the line above the table."""
    label, own, other = WIDTHS
    cells = [f"{LIBRARIES[name].title:>{other}}" for name in peers(names)]
    return f"{'':<{label}}{LIBRARIES[OURS].title:>{own}}{''.join(cells)}"


def line(entry: Mapping[str, Any], names: list[str]) -> str:
    """Return a row for the terminal: our median and quartiles, and our ratio to each peer."""
    label, own, other = WIDTHS
    name, figures = entry["row"].partition(": ")[2], entry["figures"]
    ours = figures.get(OURS)
    cells = [f"{name:<{label}}", f"{_with_quartiles(spread(ours), entry['unit']) if ours else '–':>{own}}"]
    for peer in peers(names):
        theirs = figures.get(peer)
        cells.append(f"{_ratio(ratios(ours, theirs)) if ours and theirs else '–':>{other}}")
    return "".join(cells)


def machine(document: Mapping[str, Any]) -> str:
    """Return what the figures were taken on and how."""
    found, how = document["machine"], document["how"]
    versions = ", ".join(
        f"{LIBRARIES[name].title} {library['version']}" for name, library in document["libraries"].items()
    )
    return (
        f"{found['processor']}, {found['cores']} cores, {found['system']}, Python {found['python']}; "
        f"load average {found['load']} when the run began\n"
        f"{versions}; {how['threads']} thread(s) each, every library in a process of its own\n"
        f"median (quartiles) of up to {how['rounds']} rounds in turns, {how['turn']:g} s a turn; "
        "a peer's column is the ratio ours / peer, round by round: below 1 ours takes less"
    )


def markdown(document: Mapping[str, Any]) -> str:
    """Return the whole run as Markdown, a table for each family."""
    names = list(document["libraries"])
    others = peers(names)
    parts = [*(f"{text}  " for text in machine(document).splitlines())]
    family = None
    for entry in document["rows"]:
        here, _, name = entry["row"].partition(": ")
        if here != family:
            family = here
            titles = " | ".join(LIBRARIES[peer].title for peer in others)
            parts += ["", f"### {family}", "", f"| | {LIBRARIES[OURS].title} | {titles} |"]
            parts.append("|---|" + "--:|" * (1 + len(others)))
        figures, unit = entry["figures"], entry["unit"]
        ours = figures.get(OURS)
        cells = [_with_quartiles(spread(ours), unit) if ours else "–"]
        for peer in others:
            theirs = figures.get(peer)
            figure = in_unit([spread(theirs).middle], unit) if theirs else "–"
            cells.append(f"{figure}; **{_ratio(ratios(ours, theirs))}**" if ours and theirs else figure)
        parts.append(f"| {name} | {' | '.join(cells)} |")
    missing = _missing(document)
    return "\n".join([*parts, *(["", "Not measured:", "", *missing] if missing else []), ""])


def _missing(document: Mapping[str, Any]) -> list[str]:
    """Return each reason once, with the number of rows that it left out."""
    counts: dict[tuple[str, str], int] = {}
    for entry in document["rows"]:
        for name, why in entry["absent"].items():
            counts[name, why] = counts.get((name, why), 0) + 1
    return [f"- {LIBRARIES[name].title}: {why} ({count} rows)" for (name, why), count in counts.items()]


def comparison(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return how the ratios to peers moved between two runs.

    Times of two runs cannot be compared, for the machine changes; what is compared is our ratio to a peer that took
    part in both. A row is marked where the ratio moved by more than a tenth and the quartiles do not meet.
    """
    before = {entry["row"]: entry for entry in old["rows"]}
    lines, marked = [f"{'ratio ours / peer':<84}{'then':>18}{'now':>18}"], 0
    for entry in new["rows"]:
        for peer in peers(entry["figures"]):
            then, now = _ratio_in(before.get(entry["row"]), peer), _ratio_in(entry, peer)
            if then is None or now is None:
                continue
            mark = _moved(then, now)
            marked += bool(mark)
            label = f"{entry['row']} / {LIBRARIES[peer].title}"
            lines.append(f"{label:<84}{_ratio(then):>18}{_ratio(now):>18}{mark}")
    return "\n".join([*lines, f"{len(lines) - 1} ratios in both runs, {marked} of them moved"])


def _moved(then: Spread, now: Spread) -> str:
    change = now.middle / then.middle
    if change > NOISE and now.low > then.high:
        return f"  {change:.2f} × slower"
    if change < 1 / NOISE and now.high < then.low:
        return f"  {1 / change:.2f} × faster"
    return ""


def _ratio_in(entry: Mapping[str, Any] | None, peer: str) -> Spread | None:
    if entry is None or not {OURS, peer} <= entry["figures"].keys():
        return None
    return ratios(entry["figures"][OURS], entry["figures"][peer])
