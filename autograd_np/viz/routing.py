"""How wires run once boxes and texts have their places: ends apart, and a plain S where nothing is in the way."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from autograd_np.viz.geometry import Box, Placement, Point, Strand, beside, curve, pooled

__all__ = ["routed"]

#: Wires stand this far apart on the side of a box, if it is long enough.
SPACING = 22.0
#: No wire meets a box nearer to its corner than this.
CORNER = 12.0
#: How much more the end of a wire counts that Graphviz has led to its box.
FIXED = 1000.0


def routed(
    placement: Placement, boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool
) -> dict[str, list[Point]]:
    """Return the wires' control points with their ends apart along the sides of the boxes.

    Args:
        placement: what the layout gave.
        boxes: sizes of the boxes.
        strands: the wires.
        horizontal: wires leave on the right and enter on the left, otherwise below and above.
    """
    return _Router(placement, boxes, strands, horizontal=horizontal).routes()


class _Router:
    """Computes along (`main`) and across (`cross`) the flow."""

    def __init__(
        self, placement: Placement, boxes: Sequence[Box], strands: Sequence[Strand], *, horizontal: bool
    ) -> None:
        self.horizontal = horizontal
        # Graphviz leads a long wire between boxes up to its end; the built-in layout leaves the ends to this module.
        self.movable = placement.engine == "built-in"
        self.strands = strands
        self.sizes: dict[str, Point] = {}
        self.centres: dict[str, Point] = {}
        for box in boxes:
            self.sizes[box.key] = self._turn((box.width, box.height))
            self.centres[box.key] = self._turn(placement.boxes[box.key])
        self.lanes: dict[str, list[Point]] = {}
        for strand in strands:
            label = placement.labels.get(strand.key)
            if label is not None:
                self.lanes[strand.key] = [self._turn(p) for p in beside(label, strand, horizontal=horizontal)]
        self.found = {key: [self._turn(p) for p in route] for key, route in placement.routes.items()}
        self.short = self._short()

    def _turn(self, point: Point) -> Point:
        return point if self.horizontal else (point[1], point[0])

    def _short(self) -> set[str]:
        """Return the wires that nothing can be in the way of: no box stands beside the gap that they cross."""
        spans = sorted(
            (centre[0] - self.sizes[key][0] / 2, centre[0] + self.sizes[key][0] / 2)
            for key, centre in self.centres.items()
        )
        # Where along the flow there are boxes, as disjoint stretches.
        stretches: list[list[float]] = []
        for start, end in spans:
            if stretches and start <= stretches[-1][1]:
                stretches[-1][1] = max(stretches[-1][1], end)
            else:
                stretches.append([start, end])
        starts = [start for start, _ in stretches]
        number = {key: bisect_right(starts, centre[0]) for key, centre in self.centres.items()}
        # Among texts a wire without one keeps the way that the layout found around them.
        free = [s for s in self.strands if s.key in self.lanes or not self.lanes]
        return {s.key for s in free if number[s.dst] == number[s.src] + 1}

    def routes(self) -> dict[str, list[Point]]:
        """Return every wire's control points."""
        starts = self._ends({}, outgoing=True)
        ends = self._ends(starts, outgoing=False)
        result = {}
        for strand in self.strands:
            start, end = starts[strand.key], ends[strand.key]
            if strand.key in self.short:
                route = curve([start, *self._lane(strand.key, start, end), end])
            else:
                route = list(self.found[strand.key])
                if self.movable:
                    route[:2] = [start, (route[1][0], start[1])]
                    route[-2:] = [(route[-2][0], end[1]), end]
            result[strand.key] = [self._turn(point) for point in route]
        return result

    def _lane(self, key: str, start: Point, end: Point) -> list[Point]:
        """Return where a wire runs level beside its text: half as long towards an end on the side without the text."""
        if key not in self.lanes:
            return []
        first, last = self.lanes[key]
        middle = ((first[0] + last[0]) / 2, first[1])
        free = 1 if self.horizontal else -1
        # Further away, the wire would run over its neighbours' texts.
        lane = [
            middle if 0 < (start[1] - first[1]) * free < SPACING * 3 else first,
            middle if 0 < (end[1] - first[1]) * free < SPACING * 3 else last,
        ]
        return lane[:1] if lane[0] == lane[1] else lane

    def _ends(self, starts: Mapping[str, Point], *, outgoing: bool) -> dict[str, Point]:
        """Return where each wire leaves (or enters) its box: straight ahead if it can, in the order they go on."""
        at: dict[str, list[tuple[float, str]]] = {}
        for strand in self.strands:
            box = strand.src if outgoing else strand.dst
            at.setdefault(box, []).append((self._heading(strand, starts, outgoing=outgoing), strand.key))
        found = {}
        for box, wishes in at.items():
            (main, cross), (length, width) = self.centres[box], self.sizes[box]
            count = len(wishes)
            room = width - 2 * CORNER
            gap = min(SPACING, room / count)
            wishes.sort()
            lowest = cross - room / 2
            weights = [1.0 if self.movable or key in self.short else FIXED for _, key in wishes]
            levels = pooled([wish for wish, _ in wishes], [gap] * count, weights)
            for position, (_, key) in enumerate(wishes):
                first, last = lowest + position * gap, lowest + room - (count - 1 - position) * gap
                across = min(max(levels[position], first), last)
                found[key] = (main + length / 2 if outgoing else main - length / 2, across)
        return found

    def _heading(self, strand: Strand, starts: Mapping[str, Point], *, outgoing: bool) -> float:
        """Return where a wire goes to, or comes from, across the flow."""
        key = strand.key
        if key in self.short:
            if key in self.lanes:
                return self.lanes[key][0][1]
            return self.centres[strand.dst][1] if outgoing else starts[key][1]
        route = self.found[key]
        if not self.movable:
            return route[0 if outgoing else -1][1]
        # The nearest level that differs from the box's own tells to which side the wire turns.
        near = route[:4] if outgoing else route[-4:]
        return sum(point[1] for point in near) / len(near)
