"""A grid of anchors finds circles, squares and triangles: `python -m examples.networks.detection`.

The net halves the image three times; at each cell of what is left stand a few anchors, boxes of typical sizes found by
k-means with the distance 1 - IoU. For each anchor the net says whether there is a shape, how its box differs from the
anchor, and its class. What overlaps a surer box is dropped (NMS with 0.5 or 0.6) or doubted (soft-NMS with σ = 0.5).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, batches, main, number, percent, side_by_side
from examples.networks.boxes import iou, kmeans_anchors, nms, size_iou, soft_nms
from nn import optim
from nn.datasets import ShapeBoxes

STRIDE = 8
CLASSES = len(ShapeBoxes.classes)


class Shapes(NamedTuple):
    """Images (N, 3, H, W), and the boxes (M, 4) and labels (M,) of each."""

    images: Any
    boxes: list[Any]
    labels: list[Any]


class Targets(NamedTuple):
    """What the net should say at (row, column, anchor) of each image: 1, 0 or -1 for does not matter; box; class."""

    objects: Any
    boxes: Any
    labels: Any


def shapes(count: int, size: int, seed: int) -> Shapes:
    """Return made-up images with their shapes."""
    samples = list(ShapeBoxes(count, size, seed=seed))
    return Shapes(
        np.stack([image.numpy() for image, _ in samples]),
        [target["boxes"].numpy() for _, target in samples],
        [target["labels"].numpy() for _, target in samples],
    )


def cell_centres(side: int) -> Any:
    """Return the centre (x, y) of each cell: (side, side, 1, 2)."""
    centres = (np.arange(side, dtype=np.float32) + 0.5) * STRIDE
    return np.stack(np.meshgrid(centres, centres), axis=-1)[:, :, None]


def encode(data: Shapes, anchors: Any) -> Targets:
    """Give each shape to the best anchor of the cell that its centre is in; good but not best ones do not matter."""
    side = data.images.shape[-1] // STRIDE
    grid = (len(data.images), side, side, len(anchors))
    targets = Targets(np.zeros(grid, np.float32), np.zeros((*grid, 4), np.float32), np.zeros(grid, np.int64))
    for i, (boxes, labels) in enumerate(zip(data.boxes, data.labels, strict=True)):
        sizes, centres = boxes[:, 2:] - boxes[:, :2], (boxes[:, :2] + boxes[:, 2:]) / 2
        overlaps = size_iou(sizes, anchors)  # (M, anchors)
        for size, centre, label, overlap in zip(sizes, centres, labels, overlaps, strict=True):
            column, row = (centre // STRIDE).astype(int)
            cell, best = (i, row, column), overlap.argmax()
            targets.objects[cell] = np.where(overlap > 0.5, -1, targets.objects[cell])
            targets.objects[(*cell, best)] = 1
            shift = (centre - (np.array([column, row]) + 0.5) * STRIDE) / anchors[best]
            targets.boxes[(*cell, best)] = [*shift, *np.log(size / anchors[best])]
            targets.labels[(*cell, best)] = label
    return targets


def decode(offsets: Any, anchors: Any) -> Any:
    """Return the boxes that the net means: the reverse of `encode`.

    Shapes: (N, H, W, anchors, 4) -> the same.
    """
    centres = cell_centres(offsets.shape[1]) + offsets[..., :2] * anchors
    halves = np.exp(np.clip(offsets[..., 2:], -3, 3)) * anchors / 2
    return np.concatenate([centres - halves, centres + halves], axis=-1)


class Detector(nn.Module):
    """Convolutions down to a grid, and a head of 1×1 for its anchors.

    Shapes: (N, 3, H, W) -> (N, H/8, W/8, anchors, 1 + 4 + K): the score of a shape, its box, the scores of its class.
    """

    def __init__(self, anchors: int) -> None:
        super().__init__()
        layers: list[Any] = []
        for channels, maps, stride in ((3, 12, 2), (12, 24, 2), (24, 48, 2), (48, 48, 1)):
            layers += [nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()]
        self.maps = nn.Sequential(*layers)
        self.head = nn.Conv2d(48, anchors * (5 + CLASSES), 1)
        self.anchors = anchors
        with torch.no_grad():
            self.head.bias.view(anchors, -1)[:, 0] = -4.0  # most anchors have no shape

    def forward(self, x: Any) -> Any:
        """Return what the head says."""
        y = self.head(self.maps(x))
        N, _, H, W = y.shape
        return y.reshape(N, self.anchors, 5 + CLASSES, H, W).permute(0, 3, 4, 1, 2)


def loss_of(said: Any, objects: Any, boxes: Any, labels: Any) -> Any:
    """Return the loss: is there a shape, smooth-L1 of the box, cross-entropy of the class; per shape."""
    there, matters = objects == 1, objects >= 0
    count = there.sum()
    found = F.binary_cross_entropy_with_logits(said[..., 0][matters], objects[matters], reduction="sum")
    placed = F.smooth_l1_loss(said[..., 1:5][there], boxes[there], reduction="sum", beta=0.1)
    named = F.cross_entropy(said[..., 5:][there], labels[there], reduction="sum")
    return (found + placed + named) / count


def train(model: Any, data: Shapes, anchors: Any, epochs: int, size: int = 20) -> None:
    """Train with Adam, its learning rate falling along a cosine."""
    targets = encode(data, anchors)
    steps = epochs * (len(data.images) // size)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _, rows in zip(range(steps), batches(len(data.images), size, seed=0), strict=False):
        loss = loss_of(
            model(torch.from_numpy(data.images[rows])), *(torch.from_numpy(target[rows]) for target in targets)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def answers(model: Any, images: Any, anchors: Any) -> tuple[Any, Any]:
    """Return every anchor's box (N, *, 4) and the scores of its classes (N, *, K)."""
    model.eval()
    with torch.no_grad():
        said = model(torch.from_numpy(images))
        scores = (torch.sigmoid(said[..., :1]) * F.softmax(said[..., 5:], dim=-1)).numpy()
    boxes = decode(said[..., 1:5].numpy(), anchors)
    return boxes.reshape(len(images), -1, 4), scores.reshape(len(images), -1, CLASSES)


def detections(boxes: Any, scores: Any, way: str, least: float = 0.3) -> tuple[Any, Any, Any]:
    """Return boxes, scores and labels of one image, best first.

    Args:
        boxes: (M, 4).
        scores: (M, K).
        way: 'soft', or the threshold of NMS, which acts on each class by itself.
        least: the score to be believed.
    """
    found = []
    for label in range(CLASSES):
        sure = scores[:, label] > least
        mine, score = boxes[sure], scores[sure, label]
        if way == "soft":
            score = soft_nms(mine, score)
            kept = np.flatnonzero(score > least)
        else:
            kept = nms(mine, score, float(way))
        found += [(score[k], label, mine[k]) for k in kept]
    found.sort(key=lambda detection: -detection[0])
    return (
        np.array([box for _, _, box in found]).reshape(-1, 4),
        np.array([score for score, _, _ in found]),
        np.array([label for _, label, _ in found], dtype=np.int64),
    )


def right(boxes: Any, labels: Any, true_boxes: Any, true_labels: Any) -> int:
    """Return how many shapes were found: right class, IoU above 0.5, each by one detection at most."""
    overlaps = iou(boxes, true_boxes) * (labels[:, None] == true_labels[None])
    count = 0
    for overlap in overlaps:
        if overlap.max() > 0.5:
            count += 1
            overlaps[:, overlap.argmax()] = 0
    return count


def quality(model: Any, data: Shapes, anchors: Any) -> dict[str, tuple[float, float]]:
    """Return precision and recall for each way of suppression."""
    boxes, scores = answers(model, data.images, anchors)
    found = {}
    for way in ("0.5", "0.6", "soft"):
        hits = said = 0
        for i in range(len(data.images)):
            mine, _, labels = detections(boxes[i], scores[i], way)
            hits += right(mine, labels, data.boxes[i], data.labels[i])
            said += len(mine)
        found[way] = hits / max(said, 1), hits / sum(map(len, data.labels))
    return found


def draw(path: Any, model: Any, data: Shapes, anchors: Any) -> None:
    """Write eight images with the boxes that were found."""
    boxes, scores = answers(model, data.images[:8], anchors)
    figure = Figure(figsize=(10, 5.4), layout="constrained")
    figure.suptitle("what the detector finds on images that it has not seen")
    for i, axes in enumerate(figure.subplots(2, 4).flat):
        _, height, width = data.images[i].shape
        axes.imshow(data.images[i].transpose(1, 2, 0), extent=(0, width, height, 0))
        for box, score, label in zip(*detections(boxes[i], scores[i], "0.5"), strict=True):
            axes.add_patch(Rectangle(box[:2], *(box[2:] - box[:2]), fill=False, edgecolor="white", linewidth=1.5))
            name = f"{ShapeBoxes.classes[label]} {score:.2f}"
            axes.text(box[0], max(box[1] - 1, 3), name, color="white", fontsize=8)
        axes.set_axis_off()
    figure.savefig(path, dpi=120)


def exact_rows() -> list[Row]:
    """Return what soft-NMS makes of the score of a second box with IoU 0, 0.5 and 1."""
    best = np.array([0.0, 0, 1, 1])
    others = {0.0: [2.0, 0, 3, 1], 0.5: [0.0, 0, 0.5, 1], 1.0: [0.0, 0, 1, 1]}
    factors = [soft_nms(np.stack([best, box]), np.array([1.0, 0.9]))[1] / 0.9 for box in others.values()]
    kept = [len(nms(np.array([best, [0, 0, 0.55, 1]]), np.array([1.0, 0.9]), threshold)) for threshold in (0.5, 0.6)]
    return [
        Row(
            "soft-NMS, σ 0.5",
            "factors at IoU 0, 0.5, 1",
            ", ".join(map(number, factors)),
            np.allclose(factors, [1, 0.6065, 0.1353], atol=1e-4),
            "exact",
            "",
            "1, 0.6, 0.14",
        ),
        Row("NMS", "boxes left of two with IoU 0.55, at 0.5 and 0.6", f"{kept[0]}, {kept[1]}", kept == [1, 2], "exact"),
    ]


def run(setting: Setting) -> list[Row]:
    """Find the anchors, train, and measure on images that were not seen."""
    size, count, held_out, epochs = setting.choose((64, 300, 60, 20), (64, 2000, 300, 12))
    data, unseen = shapes(count, size, seed=0), shapes(held_out, size, seed=1)
    sizes = np.concatenate([boxes[:, 2:] - boxes[:, :2] for boxes in data.boxes])
    anchors = kmeans_anchors(sizes, 3).astype(np.float32)
    covered = float(size_iou(sizes, anchors).max(axis=1).mean())
    kept: list[Any] = []

    def measure(module: Any, model: Any) -> dict[str, tuple[float, float]]:
        kept.append(model)
        module.train(model, data, anchors, epochs)
        return module.quality(model, unseen, anchors)

    found = side_by_side(__name__, lambda module: module.Detector(len(anchors)), measure, setting)
    draw(setting.picture("detection.png"), kept[0], unseen, anchors)
    where = f"ShapeBoxes, {count} images of {size}×{size} to train on, {held_out} held out, {epochs} epochs"
    rows = exact_rows()
    rows.append(Row("k-means anchors, 1 - IoU", "mean IoU with the best of 3", number(covered), covered > 0.8, where))
    for way, name in (("0.5", "NMS 0.5"), ("0.6", "NMS 0.6"), ("soft", "soft-NMS σ 0.5")):
        precision, recall = found.ours[way]
        theirs = "" if found.torch is None else ", ".join(map(percent, found.torch[way]))
        rows.append(
            Row(
                f"detection, grid head with anchors, {name}",
                "precision, recall",
                f"{percent(precision)}, {percent(recall)}",
                min(precision, recall) > setting.choose(0.55, 0.9),
                where,
                theirs,
                "finds the shapes",
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
