"""Leaves beside the operation that alone uses them, in pictures that run from top to bottom.

Weights and numbers then stand left of the computation, which runs straight down. A layout sees one box for an
operation with its leaves; what is inside is placed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from autograd_np.viz.geometry import CLEAR, Box, Fence, Placement, Point, Strand, curve, pooled, straight

__all__ = ["Pods"]

#: More leaves than this stand above their operation, where the layout finds room.
MOST = 6
#: Gap between leaves, room for a wire to bend before it meets the operation, and for its arrow at the leaf.
GAP, BEND, ARROW = 12.0, 34.0, 12.0
#: Length of a wire without a text.
BARE = 14.0
#: A frame's title ends this far before the wire that enters from above.
TITLE = 8.0
#: Wires meet the side of the operation this far apart, and this far from its corners.
SPACING, CORNER = 22.0, 12.0


class Pods:
    """What a layout sees: operations with the leaves beside them as one box, and everything else.

    Args:
        boxes: operands before operations.
        strands: wires between them.
        fences: frames around boxes, outer ones first.
    """

    def __init__(self, boxes: Sequence[Box], strands: Sequence[Strand], fences: Sequence[Fence]) -> None:
        self.sizes = {box.key: box for box in boxes}
        home = {key: fence.key for fence in fences for key in fence.members}
        #: The wires from the leaves beside each operation.
        self.seats = _seats(strands, home)
        taken = {strand.src for seats in self.seats.values() for strand in seats}
        left = [strand for strand in strands if strand.src not in taken]
        led = {s.dst for s in left if home.get(s.src) == home.get(s.dst)}
        self.strands = [replace(s, apart=s.apart and s.dst in led) for s in left]
        self.fences = [replace(f, members=tuple(key for key in f.members if key not in taken)) for f in fences]
        around = {fence.parent for fence in self.fences}
        #: Width of the title of a frame that holds one box alone.
        self.titles = {f.members[0]: f.width for f in self.fences if len(f.members) == 1 and f.key not in around}
        self.boxes = [self._pod(box) for box in boxes if box.key not in taken]

    def _pod(self, box: Box) -> Box:
        """Return the box of an operation with what stands left of it: leaves, and the title of its frame."""
        aside = max(0.0, self.titles.get(box.key, 0.0) + TITLE - box.width / 2)
        seats = self.seats.get(box.key)
        if not seats:
            return replace(box, aside=aside)
        _, reach = self._rows(seats)
        aside = max(aside, self._lane(box, seats) + ARROW + max(self.sizes[s.src].width for s in seats))
        return replace(box, height=max(box.height, 2 * reach), aside=aside)

    def _rows(self, seats: Sequence[Strand]) -> tuple[list[float], float]:
        """Return how far below the operation's centre each wire is, and how far the leaves reach up and down."""
        room = []
        for strand in seats:
            half = self.sizes[strand.src].height / 2
            room.append((max(half, strand.height + CLEAR if strand.width else 0.0), max(half, CLEAR)))
        if len(seats) == 1:
            return [0.0], max(room[0])
        at = -(sum(above + below for above, below in room) + GAP * (len(seats) - 1)) / 2
        reach, rows = -at, []
        for above, below in room:
            rows.append(at + above)
            at += above + below + GAP
        return rows, reach

    def _lane(self, box: Box, seats: Sequence[Strand]) -> float:
        """Return how far the leaves' arrows are from the operation."""
        rows, _ = self._rows(seats)
        bent = any(abs(row - level) > 1 for row, level in zip(rows, _levels(box, rows), strict=True))
        return max(*(s.width for s in seats), BARE) + (BEND if bent else ARROW)

    def spread(self, placement: Placement) -> Placement:
        """Return the placement of all boxes, wires and texts; wires end at the operations and not at the pods.

        Args:
            placement: of what the layout has seen.
        """
        boxes, labels = dict(placement.boxes), dict(placement.labels)
        routes = {key: list(route) for key, route in placement.routes.items()}
        high = {box.key: box.height for box in self.boxes}
        for strand in self.strands:
            route = routes[strand.key]
            down, up = ((high[key] - self.sizes[key].height) / 2 for key in (strand.src, strand.dst))
            if down:
                route[:1] = _straight((route[0][0], route[0][1] - down), route[0])
            if up:
                route[-1:] = _straight(route[-1], (route[-1][0], route[-1][1] + up))
        for key, seats in self.seats.items():
            box, (x, y) = self.sizes[key], boxes[key]
            rows, _ = self._rows(seats)
            side = x - box.width / 2
            start = side - self._lane(box, seats) - ARROW
            for strand, row, level in zip(seats, rows, _levels(box, rows), strict=True):
                leaf = self.sizes[strand.src]
                boxes[strand.src] = start - leaf.width / 2, y + row
                text = max(*(s.width for s in seats), BARE)
                bend = start + ARROW + text
                routes[strand.key] = curve([(start, y + row), (bend, y + row), (side, y + level)])
                if strand.width:
                    labels[strand.key] = (start + ARROW + bend) / 2, y + row - strand.height / 2 - CLEAR
        return replace(placement, boxes=boxes, routes=routes, labels=labels)


def _seats(strands: Sequence[Strand], home: dict[str, str]) -> dict[str, list[Strand]]:
    """Return the wires from leaves that one operation in the same frame uses once."""
    uses = Counter(strand.src for strand in strands)
    operands = Counter(strand.dst for strand in strands)
    found: dict[str, list[Strand]] = {}
    for strand in strands:
        is_leaf = not operands[strand.src] and uses[strand.src] == 1
        if is_leaf and home.get(strand.src) == home.get(strand.dst):
            found.setdefault(strand.dst, []).append(strand)
    for key, seats in found.items():
        if len(seats) == operands[key]:
            # The computation begins here: with its first operand above it.
            del seats[0]
    return {key: seats for key, seats in found.items() if 0 < len(seats) <= MOST}


def _levels(box: Box, rows: Sequence[float]) -> list[float]:
    """Return where the wires meet the operation's side: level with the leaves if they can."""
    room = box.height / 2 - CORNER
    gap = min(SPACING, 2 * room / len(rows))
    levels = pooled(rows, [gap] * len(rows))
    last = len(rows) - 1
    return [min(max(at, i * gap - room), room - (last - i) * gap) for i, at in enumerate(levels)]


def _straight(start: Point, end: Point) -> list[Point]:
    return [start, *straight(start, end)]
