"""ResNet-18 at a small width, on real digits: `python -m examples.ports.resnet`.

Source: He et al. (2016), in the form that is used for images of 32×32: a first convolution of 3×3 and no pooling.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, agreement, batches, handwritten, main, percent, side_by_side
from nn import optim


class BasicBlock(nn.Module):
    """Two convolutions of 3×3 and a shortcut, which is a convolution of 1×1 where sizes differ.

    Shapes: (N, C, H, W) -> (N, O, H/stride, W/stride).
    """

    expansion = 1

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion * planes),
            )

    def forward(self, x: Any) -> Any:
        """Return the block's maps."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    """Four stages of blocks, a global mean and a linear layer.

    Shapes: (N, 1, H, W) -> scores (N, K).
    """

    def __init__(self, block: Any, num_blocks: list[int], width: int = 8, num_classes: int = 10) -> None:
        super().__init__()
        self.in_planes = width
        self.conv1 = nn.Conv2d(1, width, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(block, width, num_blocks[0], stride=1)
        self.layer2 = self._make_layer(block, 2 * width, num_blocks[1], stride=2)
        self.layer3 = self._make_layer(block, 4 * width, num_blocks[2], stride=2)
        self.layer4 = self._make_layer(block, 8 * width, num_blocks[3], stride=2)
        self.linear = nn.Linear(8 * width * block.expansion, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def _make_layer(self, block: Any, planes: int, num_blocks: int, stride: int) -> nn.Sequential:
        layers = []
        for step in [stride] + [1] * (num_blocks - 1):
            layers.append(block(self.in_planes, planes, step))
            self.in_planes = planes * block.expansion
        return nn.Sequential(*layers)

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer4(self.layer3(self.layer2(self.layer1(out))))
        out = F.adaptive_avg_pool2d(out, 1)
        return self.linear(out.view(out.size(0), -1))


def resnet18(width: int = 8) -> Any:
    """Return 18 layers: two blocks in each stage."""
    return ResNet(BasicBlock, [2, 2, 2, 2], width)


def train(net: Any, data: Any, steps: int, batch_size: int = 64) -> list[float]:
    """Train with momentum and a cosine schedule; return the loss at each step."""
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    losses = []
    net.train()
    for _, rows in zip(range(steps), batches(len(data.train_labels), batch_size, seed=0), strict=False):
        inputs, targets = torch.from_numpy(data.train_images[rows]), torch.from_numpy(data.train_labels[rows])
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def accuracy(net: Any, images: Any, labels: Any) -> float:
    """Return the share of right answers."""
    net.eval()
    correct = 0
    with torch.no_grad():
        for start in range(0, len(labels), 250):
            outputs = net(torch.from_numpy(images[start : start + 250]))
            _, predicted = outputs.max(1)
            correct += predicted.eq(torch.from_numpy(labels[start : start + 250])).sum().item()
    return correct / len(labels)


def run(setting: Setting) -> list[Row]:
    """Train on digits."""
    data = handwritten()
    steps = setting.choose(80, 250)

    def trained(module: Any, net: Any) -> tuple[list[float], float]:
        return module.train(net, data, steps), module.accuracy(net, data.test_images, data.test_labels)

    found = side_by_side(__name__, lambda module: module.resnet18(), trained, setting)
    (_, share), (_, other) = found.ours, found.torch or (None, None)
    # In single precision batch norm makes rounding differences grow from step to step; in double there are none to see.
    double = data._replace(train_images=data.train_images.astype("float64"))
    exact = side_by_side(
        __name__,
        lambda module: module.resnet18().double(),
        lambda module, net: module.train(net, double, 20),
        setting,
    )
    where = f"{data.name}, {data.split}, {steps} steps of 64"
    return [
        Row("ResNet-18, width 8", "test accuracy", percent(share), share > 0.9, where, percent(other)),
        *agreement("ResNet-18, double precision", exact.ours, exact.torch),
    ]


if __name__ == "__main__":
    main(run)
