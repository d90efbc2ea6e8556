"""The built-in layout: ranks by longest path from the output, barycentre sweeps, and no recursion.

It needs nothing but Python, is linear but for the sorting, and always gives a picture. Everything is computed in flow
coordinates: `main` runs with the computation, `cross` runs across it; the caller turns them into x and y.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autograd_np.viz.geometry import CLEAR, Box, Placement, Point, Strand, curve, pooled

__all__ = ["layered", "ranks"]

SWEEPS = 8
#: Gap between boxes of one rank, and between ranks without and with texts on the wires.
GAP, RANK_GAP, LABEL_GAP = 14.0, 64.0, 34.0
#: Above this many bends long wires are drawn straight, and above this many wires crossings are not counted.
MOST_BENDS, MOST_COUNTED = 20_000, 4_000


@dataclass(slots=True)
class _Cell:
    """What takes a place in a column: a box, the text of a wire, or a bend of a long wire.

    `before` and `after` are its neighbours in the next columns, each with the weight of the wire to it.
    """

    column: int
    main: float
    #: How far it reaches to both sides of the line on which its wire runs, across the flow.
    low: float
    high: float
    weight: float = 1.0
    before: list[tuple[int, int]] = field(default_factory=list)
    after: list[tuple[int, int]] = field(default_factory=list)
    at: float = 0.0
    rank: int = 0


def ranks(boxes: Sequence[Box], strands: Sequence[Strand]) -> list[int]:
    """Return each box's longest path to an output; leaves thus stand next to what uses them.

    Args:
        boxes: operands before operations.
        strands: wires between the boxes.
    """
    index = {box.key: i for i, box in enumerate(boxes)}
    leaving: list[list[tuple[int, int]]] = [[] for _ in boxes]
    for strand in strands:
        leaving[index[strand.src]].append((index[strand.dst], 2 if strand.apart else 1))
    found = [0] * len(boxes)
    for i in range(len(boxes) - 1, -1, -1):
        found[i] = max((found[j] + step for j, step in leaving[i] if j > i), default=0)
    return found


def layered(boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool) -> Placement:
    """Return the place of every box, wire and text.

    Args:
        boxes: operands before operations.
        strands: wires between the boxes.
        horizontal: the computation runs from left to right, otherwise from top to bottom.
    """
    plan = _Plan(boxes, strands, horizontal=horizontal)
    plan.order()
    plan.align()
    return plan.placement()


class _Plan:
    def __init__(self, boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool) -> None:
        self.boxes, self.strands, self.horizontal = boxes, strands, horizontal
        index = {box.key: i for i, box in enumerate(boxes)}
        depth = ranks(boxes, strands)
        self.labelled = any(strand.width for strand in strands)
        step = 2 if self.labelled else 1
        last = max(depth, default=0) * step
        self.cells: list[_Cell] = []
        weights: dict[str, float] = {}
        for strand in strands:
            weights[strand.src] = max(weights.get(strand.src, 0.0), strand.weight)
        for box, rank in zip(boxes, depth, strict=True):
            main, cross = (box.width, box.height) if horizontal else (box.height, box.width)
            # What the straight wires hang on stays, and what enters from the side makes room.
            weight = weights.get(box.key, 1.0)
            aside = 0.0 if horizontal else box.aside
            self.cells.append(_Cell(last - rank * step, main, cross / 2 + aside, cross / 2, weight))
        spans = [self.cells[index[s.dst]].column - self.cells[index[s.src]].column - 1 for s in strands]
        bends = sum(span for span in spans if span > 0) <= MOST_BENDS
        self.paths: list[list[int]] = []
        self.label_of: list[int | None] = []
        for strand, span in zip(strands, spans, strict=True):
            start, end = index[strand.src], index[strand.dst]
            path, label = [start], None
            if bends:
                middle = self._label_column(self.cells[start].column, span) if strand.width else -1
                for column in range(self.cells[start].column + 1, self.cells[end].column):
                    cell = _Cell(column, 1.0, 5.0, 5.0, weight=max(4.0, strand.weight))
                    if column == middle:
                        label = len(self.cells)
                        cell.main, cell.low, cell.high = self._label_size(strand)
                    path.append(len(self.cells))
                    self.cells.append(cell)
            path.append(end)
            self.paths.append(path)
            self.label_of.append(label)
            for u, v in pairwise(path):
                if self.cells[v].column == self.cells[u].column + 1:
                    self.cells[u].after.append((v, strand.weight))
                    self.cells[v].before.append((u, strand.weight))
        self.columns: list[list[int]] = [[] for _ in range(last + 1)]
        for i, cell in enumerate(self.cells):
            self.columns[cell.column].append(i)

    @staticmethod
    def _label_column(start: int, span: int) -> int:
        """Return the column between boxes (boxes stand in every second one) nearest the middle of a wire."""
        return start + 1 + 2 * (span // 4)

    def _label_size(self, strand: Strand) -> tuple[float, float, float]:
        if self.horizontal:
            return strand.width, strand.height + CLEAR, CLEAR
        return strand.height, CLEAR, strand.width + CLEAR

    # --- order in each column ------------------------------------------------------------------------------------

    def order(self) -> None:
        """Sort each column by the mean position of its neighbours, back and forth; keep what crosses least."""
        counted = len(self.cells) <= MOST_COUNTED
        best, fewest = self.columns, -1
        for flips in (False, True) if counted else (False,):
            self.columns = [list(column) for column in best]
            self._number()
            for sweep in range(SWEEPS):
                self._sweep(backward=sweep % 2 == 0, flips=flips)
                if counted:
                    crossings = self._crossings()
                    if fewest < 0 or crossings < fewest:
                        best, fewest = [list(column) for column in self.columns], crossings
        if counted:
            self.columns = best
            self._number()

    def _sweep(self, *, backward: bool, flips: bool) -> None:
        """Sort the columns one after the other; `flips` turns round those of equal mean, which finds other orders."""
        for column in reversed(self.columns) if backward else self.columns:
            keys = {}
            for i in column:
                cell = self.cells[i]
                near = cell.after if backward else cell.before
                keys[i] = sum(self.cells[j].rank for j, _ in near) / len(near) if near else float(cell.rank)
            if flips:
                column.reverse()
            column.sort(key=keys.__getitem__)
            for position, i in enumerate(column):
                self.cells[i].rank = position

    def _number(self) -> None:
        for column in self.columns:
            for position, i in enumerate(column):
                self.cells[i].rank = position

    def _crossings(self) -> int:
        total = 0
        for column in self.columns:
            seen: list[int] = []
            for i in column:
                targets = sorted(self.cells[j].rank for j, _ in self.cells[i].after)
                total += sum(len(seen) - bisect_right(seen, target) for target in targets)
                for target in targets:
                    insort(seen, target)
        return total

    # --- coordinates ---------------------------------------------------------------------------------------------

    def align(self) -> None:
        """Give each cell its place across the flow: as near its neighbours as the order and the gaps allow."""
        for column in self.columns:
            self._settle(column, [0.0] * len(column))
        for sweep in range(4 * SWEEPS + 1):
            for column in reversed(self.columns) if sweep % 2 == 0 else self.columns:
                wished = []
                for i in column:
                    cell = self.cells[i]
                    near = cell.after if sweep % 2 == 0 else cell.before
                    if sweep >= SWEEPS:
                        near = [*cell.after, *cell.before]
                    total = sum(weight for _, weight in near)
                    wished.append(sum(self.cells[j].at * w for j, w in near) / total if near else cell.at)
                self._settle(column, wished)

    def _settle(self, column: Sequence[int], wished: Sequence[float]) -> None:
        cells = [self.cells[i] for i in column]
        if not cells:
            return
        gaps = [0.0, *(u.high + v.low + GAP for u, v in pairwise(cells))]
        for cell, at in zip(cells, pooled(wished, gaps, [cell.weight for cell in cells]), strict=True):
            cell.at = at

    def placement(self) -> Placement:
        """Return the coordinates of everything."""
        lowest = min((c.at - c.low for c in self.cells), default=0.0)
        highest = max((c.at + c.high for c in self.cells), default=0.0)
        edges: list[tuple[float, float]] = []
        position = 0.0
        for column in self.columns:
            width = max((self.cells[i].main for i in column), default=0.0)
            edges.append((position, position + width))
            position += width + (LABEL_GAP if self.labelled else RANK_GAP)
        length = edges[-1][1] if edges else 0.0
        turn = self._turn
        boxes = {
            box.key: turn(sum(edges[cell.column]) / 2, cell.at - lowest)
            for box, cell in zip(self.boxes, self.cells, strict=False)
        }
        routes, labels = {}, {}
        for strand, path, label in zip(self.strands, self.paths, self.label_of, strict=True):
            points: list[Point] = []
            for i in path:
                cell = self.cells[i]
                left, right = edges[cell.column]
                at = cell.at - lowest
                if i == label:
                    aside = -strand.height / 2 - CLEAR if self.horizontal else strand.width / 2 + CLEAR
                    labels[strand.key] = turn((left + right) / 2, at + aside)
                if i == path[0]:
                    points.append((sum(edges[cell.column]) / 2 + cell.main / 2, at))
                elif i == path[-1]:
                    points.append((sum(edges[cell.column]) / 2 - cell.main / 2, at))
                else:
                    points += [(left, at), (right, at)]
            routes[strand.key] = [turn(*point) for point in curve(points)]
        size = turn(length, highest - lowest)
        return Placement(size[0], size[1], boxes, routes, labels, "built-in")

    def _turn(self, main: float, cross: float) -> Point:
        return (main, cross) if self.horizontal else (cross, main)
