"""Frames around the boxes of one group: where the layout knows no groups, and with room for the texts inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograd_np.viz.geometry import Box, Fence, Placement, Point, Strand

__all__ = ["HEADER", "around", "roomy", "widened"]

#: Room between a frame and what is in it, and for its title.
MARGIN, HEADER = 8.0, 22.0
#: Room right of a frame, which may have sheets behind it, and the least gap between two frames.
SHEETS, CLOSE = 14.0, 3.0

Area = tuple[float, float, float, float]


def _members(fences: Sequence[Fence]) -> dict[str, list[str]]:
    """Return the boxes inside each frame, those of inner frames among them."""
    parents = {fence.key: fence.parent for fence in fences}
    found: dict[str, list[str]] = {fence.key: [] for fence in fences}
    for fence in fences:
        key = fence.key
        while key:
            found[key] += fence.members
            key = parents[key]
    return found


def roomy(boxes: Sequence[Box], fences: Sequence[Fence]) -> list[Box]:
    """Return the boxes with room around them for the frames that they are in.

    Example:
        >>> roomy([Box("n0", 40, 20)], [Fence("g0", "", ("n0",), 30)])
        [Box(key='n0', width=56.0, height=64.0, aside=0.0)]
    """
    depth = dict.fromkeys((box.key for box in boxes), 0)
    for members in _members(fences).values():
        for key in members:
            depth[key] += 1
    return [
        replace(b, width=b.width + 2 * MARGIN * depth[b.key], height=b.height + 2 * HEADER * depth[b.key])
        for b in boxes
    ]


def around(centres: Mapping[str, Point], boxes: Sequence[Box], fences: Sequence[Fence]) -> dict[str, Area]:
    """Return left, top, right and bottom of each frame that no other box gets into.

    Args:
        centres: where the boxes are.
        boxes: their sizes.
        fences: the frames, outer ones first.

    Example:
        >>> around({"n0": (20, 10)}, [Box("n0", 40, 20)], [Fence("g0", "", ("n0",), 30)])
        {'g0': (-8.0, -22.0, 48.0, 28.0)}
    """
    areas = {box.key: _area(box, centres[box.key]) for box in boxes}
    members = _members(fences)
    found: dict[str, Area] = {}
    for fence in reversed(fences):
        inner = [found[f.key] for f in fences if f.parent == fence.key and f.key in found]
        inside = [areas[key] for key in members[fence.key]] + inner
        if not inside:
            continue
        left = min(area[0] for area in inside) - MARGIN
        right = max(max(area[2] for area in inside) + MARGIN, left + fence.width)
        area = (left, min(a[1] for a in inside) - HEADER, right, max(a[3] for a in inside) + MARGIN)
        own = set(members[fence.key])
        others = [other for key, other in areas.items() if key not in own]
        others += [other for key, other in found.items() if not set(members[key]) <= own]
        if not any(_overlap(area, other) for other in others):
            found[fence.key] = area
    return {fence.key: found[fence.key] for fence in fences if fence.key in found}


def widened(
    placement: Placement, boxes: Sequence[Box], strands: Sequence[Strand], fences: Sequence[Fence]
) -> Placement:
    """Return the placement with frames around the texts in them, where nothing else is in the way.

    A text is in a frame if both ends of its wire are, or its own middle.

    Args:
        placement: what the layout gave.
        boxes: sizes of the boxes.
        strands: the wires.
        fences: the frames, outer ones first.
    """
    frames = dict(placement.frames)
    areas = {box.key: _area(box, placement.boxes[box.key]) for box in boxes}
    texts = {s.key: _area(Box(s.key, s.width, s.height), placement.labels[s.key]) for s in strands if s.width}
    members = {key: set(inside) for key, inside in _members(fences).items()}
    for fence in reversed(fences):
        if fence.key not in frames:
            continue
        own = members[fence.key]
        area = frames[fence.key]
        found = [
            texts[s.key]
            for s in strands
            if s.key in texts and ({s.src, s.dst} <= own or _holds(area, placement.labels[s.key]))
        ]
        inner = [frames[f.key] for f in fences if f.parent == fence.key and f.key in frames]
        others = [area for key, area in areas.items() if key not in own]
        others += [frames[key] for key in frames if not (members[key] & own)]
        left, top, right, bottom = area
        for margin in (MARGIN, 0.0):
            west = min([left, *(text[0] - margin for text in found), *(frame[0] - MARGIN for frame in inner)])
            east = max([right, *(text[2] + margin for text in found), *(frame[2] + SHEETS for frame in inner)])
            if not any(_overlap((west - CLOSE, top, east + CLOSE, bottom), other) for other in others):
                frames[fence.key] = (max(0.0, west), top, east, bottom)
                break
    width = max([placement.width, *(area[2] for area in frames.values()), *(area[2] for area in texts.values())])
    return replace(placement, frames=frames, width=width)


def _area(box: Box, centre: Point) -> Area:
    x, y = centre
    return x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2


def _holds(area: Area, point: Point) -> bool:
    return area[0] < point[0] < area[2] and area[1] < point[1] < area[3]


def _overlap(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
