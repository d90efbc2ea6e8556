"""The ratios as a picture: a point for each row and peer, between its quartiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from benchmarks.libraries import LIBRARIES
from benchmarks.report import OURS, machine, peers, ratios

MARKS = "osD^v<>"


def draw(document: Mapping[str, Any], path: Path) -> None:
    """Write the picture; the file's ending says its kind."""
    from matplotlib.figure import Figure

    rows = [entry for entry in document["rows"] if OURS in entry["figures"]]
    figure = Figure(figsize=(10, 2 + 0.24 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for number, peer in enumerate(peers(document["libraries"])):
        found = [
            (place, ratios(entry["figures"][OURS], entry["figures"][peer]))
            for place, entry in enumerate(rows)
            if peer in entry["figures"]
        ]
        if not found:
            continue
        middles = [ratio.middle for _, ratio in found]
        axes.errorbar(
            middles,
            [place for place, _ in found],
            xerr=[[r.middle - r.low for _, r in found], [r.high - r.middle for _, r in found]],
            fmt=MARKS[number % len(MARKS)],
            markersize=4,
            linewidth=1,
            label=LIBRARIES[peer].title,
        )
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(
        xscale="log",
        xlabel="ours / peer (left of 1 ours takes less); median and quartiles",
        yticks=range(len(rows)),
        yticklabels=[entry["row"] for entry in rows],
        ylim=(len(rows) - 0.5, -0.5),
    )
    axes.tick_params(axis="y", labelsize=7)
    axes.grid(visible=True, axis="both", linewidth=0.3)
    lines = machine(document).splitlines()[:-1]
    axes.set_title("\n".join(part for text in lines for part in wrap(text, 120)), fontsize=7, loc="left")
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper right", ncols=3, fontsize=8)
    figure.savefig(path, dpi=120)
