"""Frames around the boxes of one group where the layout knows no groups: drawn where they hold nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd_np.viz.geometry import Box, Fence, Point

__all__ = ["HEADER", "around", "roomy"]

#: Room between a frame and what is in it, and for its title.
MARGIN, HEADER = 8.0, 22.0

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
        [Box(key='n0', width=56.0, height=64.0)]
    """
    depth = dict.fromkeys((box.key for box in boxes), 0)
    for members in _members(fences).values():
        for key in members:
            depth[key] += 1
    return [
        Box(b.key, b.width + 2 * MARGIN * depth[b.key], b.height + 2 * HEADER * depth[b.key]) if depth[b.key] else b
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


def _area(box: Box, centre: Point) -> Area:
    x, y = centre
    return x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2


def _overlap(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
