"""Modes, gradients, and the conversion of all tensors of a module."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import DeviceError, DTypeError
from tests.nn.models import Block, Net


def test_train_and_eval_reach_all_and_can_be_overridden() -> None:
    class Frozen(nn.Linear):
        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    net = nn.Sequential(nn.Dropout(), Frozen(1, 1))
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert [module.training for module in net.modules()] == [True, True, False]
    with pytest.raises(TypeError, match="True or False"):
        net.train(3)


def test_gradients_can_be_switched_off_and_forgotten() -> None:
    net = Net()
    net(ag.ones(1, 2)).sum().backward()
    net.head.bias.grad = None
    net.zero_grad(set_to_none=False)
    assert net.head.weight.grad.abs().sum().item() == 0
    assert net.head.bias.grad is None
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert net(ag.ones(1, 2)).grad_fn is None


def test_conversion_keeps_the_parameters_and_converts_gradients_and_buffers() -> None:
    block = Block()
    scale = block.scale
    block(ag.ones(1, 2)).sum().backward()
    block.register_buffer("count", ag.tensor(0))
    assert block.double() is block
    assert block.scale is scale
    assert {p.dtype for p in block.parameters()} == {np.dtype(np.float64)}
    assert scale.grad.dtype == np.float64
    assert block.seen.dtype == np.float64
    assert block.count.dtype == np.int64
    assert block.half().scale.dtype == np.float16
    assert block.float().scale.dtype == np.float32
    assert block.to(ag.zeros(1, dtype=np.float64)).scale.dtype == np.float64
    assert block.to("cpu", np.float32).scale.dtype == np.float32
    assert block.to(dtype=np.float64, non_blocking=True).scale.dtype == np.float64
    assert block.to(ag.device("cpu")).cpu().scale.dtype == np.float64


def test_conversion_to_the_same_type_leaves_recorded_graphs_alone() -> None:
    layer = nn.Linear(2, 1)
    loss = layer(ag.ones(1, 2)).sum()
    layer.to("cpu").float()
    loss.backward()
    assert layer.weight.grad is not None


def test_conversions_that_cannot_be() -> None:
    layer = nn.Linear(2, 1)
    with pytest.raises(DeviceError):
        layer.to("cuda")
    with pytest.raises(DeviceError):
        layer.cuda()
    with pytest.raises(DeviceError):
        layer.cuda(1)
    with pytest.raises(TypeError, match="cannot become int64"):
        layer.to(np.int64)
    with pytest.raises(TypeError, match=r"unknown arguments \['place'\]"):
        layer.to(place="cpu")


def test_type_converts_what_is_floating() -> None:
    layer = nn.BatchNorm1d(2)
    assert layer.type(np.float64) is layer
    assert layer.weight.dtype == np.float64
    assert layer.num_batches_tracked.dtype == np.int64
    assert layer.type("torch.float32").running_mean.dtype == np.float32
    with pytest.raises(TypeError, match="cannot become int64"):
        layer.type(np.int64)
    with pytest.raises(DTypeError, match="NumPy has no such type"):
        layer.bfloat16()


def test_other_devices_are_not_there() -> None:
    layer = nn.Linear(1, 1)
    for move in (layer.cuda, layer.xpu, layer.ipu, layer.mtia):
        for number in (None, 1):
            with pytest.raises(DeviceError):
                move(number)
    assert layer.cuda("cpu") is layer
    assert layer.share_memory() is layer
    assert layer.compile(mode="max-autotune") is None


def test_shared_buffers_stay_shared_when_they_are_converted() -> None:
    net = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
    net[1].running_mean = net[0].running_mean
    net.double()
    assert net[1].running_mean is net[0].running_mean
    assert net[0].running_mean.dtype == np.float64


def test_emptied_modules_keep_shapes_types_and_parameters() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).double()
    weight, values = net[0].weight, net[0].weight.detach().numpy()
    assert net.to_empty(device="cpu") is net
    assert net[0].weight is weight
    assert not np.shares_memory(weight.detach().numpy(), values)
    assert (weight.shape, weight.dtype, weight.requires_grad) == ((3, 2), np.float64, True)
    mean = net[1].running_mean.numpy()
    net.to_empty(recurse=False)
    assert net[1].running_mean.numpy() is mean
    with pytest.raises(DeviceError):
        net.to_empty(device="cuda")


def test_making_a_layer_does_not_look_for_similar_names(monkeypatch: pytest.MonkeyPatch) -> None:
    # Looking for them took twenty times as long as the rest.
    monkeypatch.setattr("difflib.get_close_matches", lambda *_: pytest.fail("similar names were looked for"))
    nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))


def test_apply_goes_children_first() -> None:
    seen: list[str] = []
    net = Net()
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Linear", "Block", "Linear", "Block", "ModuleList", "Linear", "Net"]
