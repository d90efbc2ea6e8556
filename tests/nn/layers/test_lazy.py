"""Lazy layers: what they are before their first call, what it makes of them, and what a state does."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DeviceError, GraphError, ShapeError
from nn import optim

#: Lazy layer, its input, and the layer that it must become.
LAYERS: dict[str, tuple[tuple[int, ...], str]] = {
    "LazyLinear(3)": ((2, 5, 4), "Linear(4, 3)"),
    "LazyLinear(3, bias=False)": ((4,), "Linear(4, 3, bias=False)"),
    "LazyConv1d(4, 3, padding=1)": ((2, 6, 5), "Conv1d(6, 4, 3, padding=1)"),
    "LazyConv1d(4, 3)": ((6, 5), "Conv1d(6, 4, 3)"),
    "LazyConv2d(4, (1, 3), 2, 1, 1, 2, False)": ((2, 6, 5, 5), "Conv2d(6, 4, (1, 3), 2, 1, 1, 2, False)"),
    "LazyConv2d(4, 3, padding='same', padding_mode='circular')": (
        (2, 3, 5, 5),
        "Conv2d(3, 4, 3, padding='same', padding_mode='circular')",
    ),
    "LazyConv3d(2, 2, dilation=2)": ((1, 3, 4, 4, 4), "Conv3d(3, 2, 2, dilation=2)"),
    "LazyConvTranspose1d(4, 3, 2, 1, 1, 2)": ((2, 6, 5), "ConvTranspose1d(6, 4, 3, 2, 1, 1, 2)"),
    "LazyConvTranspose2d(4, 2, stride=2, bias=False)": ((2, 3, 4, 4), "ConvTranspose2d(3, 4, 2, stride=2, bias=False)"),
    "LazyConvTranspose3d(2, 2)": ((1, 3, 2, 2, 2), "ConvTranspose3d(3, 2, 2)"),
    "LazyBatchNorm1d()": ((4, 3), "BatchNorm1d(3)"),
    "LazyBatchNorm1d(0.1, None, False)": ((4, 3, 2), "BatchNorm1d(3, 0.1, None, False)"),
    "LazyBatchNorm2d(bias=False)": ((4, 3, 2, 2), "BatchNorm2d(3, bias=False)"),
    "LazyBatchNorm3d(track_running_stats=False)": ((2, 3, 2, 2, 2), "BatchNorm3d(3, track_running_stats=False)"),
    "LazyInstanceNorm1d()": ((4, 3, 5), "InstanceNorm1d(3, affine=True, track_running_stats=True)"),
    "LazyInstanceNorm1d(affine=False)": ((3, 5), "InstanceNorm1d(3, track_running_stats=True)"),
    "LazyInstanceNorm2d(1e-3, 0.2, False, False)": ((2, 3, 4, 4), "InstanceNorm2d(3, 1e-3, 0.2)"),
    "LazyInstanceNorm3d(bias=False)": (
        (1, 3, 2, 2, 2),
        "InstanceNorm3d(3, affine=True, track_running_stats=True, bias=False)",
    ),
}


def made(expression: str) -> Any:
    return eval(f"nn.{expression}", {"nn": nn})  # noqa: S307 (the expressions stand above)


@pytest.mark.parametrize("expression", LAYERS)
def test_the_first_call_makes_the_ordinary_layer(expression: str) -> None:
    shape, ordinary = LAYERS[expression]
    layer = made(expression)
    assert type(layer).__name__ == expression.partition("(")[0]
    assert layer.has_uninitialized_params() == bool(layer.state_dict())
    x = ag.randn(shape)
    ag.manual_seed(7)
    layer(x)
    ag.manual_seed(7)
    expected = made(ordinary)
    assert type(layer) is type(expected)
    assert repr(layer) == repr(expected)
    state, wanted = layer.state_dict(), expected.state_dict()
    expected(x)
    assert list(state) == list(wanted)
    for key, value in wanted.items():
        assert state[key].tolist() == value.tolist()
        assert state[key].dtype == value.dtype
    assert {type(p) for p in layer.parameters()} <= {nn.Parameter}
    assert layer(x).shape == expected(x).shape
    assert not layer._hooks


@pytest.mark.parametrize("expression", LAYERS)
def test_values_of_the_first_call_are_those_of_the_ordinary_layer(expression: str) -> None:
    shape, ordinary = LAYERS[expression]
    x = ag.randn(shape)
    ag.manual_seed(7)
    found = made(expression)(x).tolist()
    ag.manual_seed(7)
    assert found == made(ordinary)(x).tolist()


@pytest.mark.parametrize("expression", LAYERS)
def test_a_state_gives_shapes_and_values(expression: str) -> None:
    shape, ordinary = LAYERS[expression]
    source, layer = made(ordinary), made(expression)
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    assert repr(layer.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert not layer.has_uninitialized_params()
    x = ag.randn(shape)
    assert layer(x).tolist() == source(x).tolist()
    assert repr(layer) == repr(source)
    assert type(layer) is type(source)


def test_before_the_first_call() -> None:
    layer = nn.LazyLinear(3)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=3, bias=True)"
    assert repr(layer.weight) == "<UninitializedParameter>"
    assert [nn.is_lazy(p) for p in layer.parameters()] == [True, True]
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.weight.dtype == np.float32
    assert repr(nn.LazyConv2d(8, 3, padding=1)) == "LazyConv2d(0, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"


USES = {
    "shape": lambda p: p.shape,
    "numel": lambda p: p.numel(),
    "sum": lambda p: p.sum(),
    "function": ag.sum,
    "left operand": lambda p: p + 1,
    "right operand": lambda p: 1 - p,
    "tensor operand": lambda p: ag.ones(2) * p,
    "product": lambda p: ag.ones(2) @ p,
    "row": lambda p: nn.functional.linear(ag.ones(2), p),
    "comparison": lambda p: p > 0,
    "index": lambda p: p[0],
    "write": lambda p: p.zero_(),
    "init": nn.init.ones_,
    "numpy": np.asarray,
    "ufunc": lambda p: np.add(p, 1),
    "detach": lambda p: p.detach(),
    "item": lambda p: p.item(),
    "new data": lambda p: setattr(p, "_array", 3),
    "length": len,
    "copy": ag.tensor,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer], ids=lambda kind: kind.__name__)
def test_uses_that_need_values_say_what_to_do(use: str, kind: Any) -> None:
    with pytest.raises(
        GraphError, match=rf"{kind.__name__}: it has no shape and no values yet[\s\S]*call the model once"
    ):
        USES[use](kind())


def test_materialised_parameters_are_the_same_objects_everywhere() -> None:
    layer = nn.LazyLinear(2)
    weight = layer.weight
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    layer(ag.ones(1, 3)).sum().backward()
    optimizer.step()
    assert layer.weight is weight
    assert type(weight) is nn.Parameter
    assert weight.__dict__.keys() <= {"_grad"}
    assert weight.grad.tolist() == [[1, 1, 1]] * 2
    assert repr(weight).startswith("Parameter containing:\ntensor([[")


def test_settings_from_before_the_first_call_hold() -> None:
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d()).double()
    net[0].weight.requires_grad_(False)
    net[0].bias.requires_grad = False
    net(ag.randn(3, 2, dtype=np.float64))
    assert {t.dtype for t in (*net.parameters(), *net.buffers())} == {np.dtype(np.float64), np.dtype(np.int64)}
    assert [p.requires_grad for p in net.parameters()] == [False, False, True, True]
    assert nn.LazyLinear(3, dtype=np.float64).weight.dtype == np.float64
    with pytest.raises(DeviceError):
        nn.LazyLinear(3, device="cuda")


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])  # noqa: S301 (our own bytes)
def test_copies_are_lazy_on_their_own(again: Any) -> None:
    net = nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d())
    net.tied = nn.LazyLinear(2)
    net.tied.weight = net[0].weight
    other = again(net)
    assert other.tied.weight is other[0].weight
    other[0](ag.ones(1, 3))
    assert type(other[0]) is nn.Linear
    assert other.tied.weight.shape == (2, 3)
    assert type(net[0]) is nn.LazyLinear
    assert nn.is_lazy(net[0].weight)


def test_networks_of_lazy_layers_are_built_by_one_call_in_training_mode() -> None:
    net = nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5), nn.LazyLinear(2)
    )
    assert net(ag.randn(2, 1, 6, 6)).shape == (2, 2)
    assert [type(m).__name__ for m in net] == ["Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear", "Linear"]
    assert net[1].num_batches_tracked.item() == 1
    assert sum(p.numel() for p in net.parameters()) == 40 + 8 + 325 + 12


# --- states -----------------------------------------------------------------------------------------------------------


def test_states_of_lazy_layers() -> None:
    lazy, ready = nn.LazyLinear(2), nn.Linear(3, 2)
    nn.LazyLinear(2).load_state_dict(lazy.state_dict())
    with pytest.raises(ArgumentError, match=r"weight: has no values yet in the state[\s\S]*bias: has no values yet"):
        ready.load_state_dict(lazy.state_dict())
    with pytest.raises(ArgumentError, match="missing: bias"):
        lazy.load_state_dict({"weight": ag.ones(2, 3)})
    assert nn.is_lazy(lazy.weight)
    lazy.load_state_dict(ready.state_dict(), assign=True)
    assert lazy(ag.ones(1, 3)).tolist() == ready(ag.ones(1, 3)).tolist()
    assert type(lazy.weight) is nn.Parameter


def test_a_state_and_an_input_that_do_not_fit() -> None:
    layer = nn.LazyLinear(2)
    layer.load_state_dict(nn.Linear(3, 2).state_dict())
    with pytest.raises(ShapeError):
        layer(ag.ones(1, 4))


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "shape", "message"),
    [
        (
            "LazyConv2d(4, 3)",
            (6, 6),
            r"LazyConv2d: expected an input of 4 axes, or 3 without a batch, got shape \(6, 6\)",
        ),
        ("LazyConv1d(4, 3, groups=2)", (1, 3, 6), r"groups 2 must divide the 3 channels of shape \(1, 3, 6\)"),
        ("LazyLinear(2)", (), r"LazyLinear: expected an input of shape \(\*, D\), got a number"),
        ("LazyBatchNorm1d()", (3,), r"LazyBatchNorm1d: expected an input of shape \(N, C, \*\), got \(3,\)"),
        ("LazyInstanceNorm2d()", (3, 4), r"expected an input of shape \(N, C, H, W\) or \(C, H, W\), got \(3, 4\)"),
    ],
)
def test_inputs_that_cannot_be(expression: str, shape: tuple[int, ...], message: str) -> None:
    layer = made(expression)
    with pytest.raises(ShapeError, match=message):
        layer(ag.ones(*shape))
    assert layer.has_uninitialized_params()


def test_groups_that_cannot_be() -> None:
    with pytest.raises(ArgumentError, match="groups 3 must divide out_channels 4"):
        nn.LazyConv1d(4, 3, groups=3)


def test_a_mixin_of_ones_own() -> None:
    class LazyScale(nn.LazyModuleMixin):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.UninitializedParameter()
            self.register_buffer("seen", nn.UninitializedBuffer())

        def initialize_parameters(self, x: Any, *, times: int) -> None:
            self.factor.materialize((times, *x.shape))
            if times > 1:
                self.seen.materialize((1,))

        def forward(self, x: Any, *, times: int) -> Any:
            return x * self.factor

    scale = LazyScale()
    with pytest.raises(GraphError, match="LazyScale: initialize_parameters left parameters without values"):
        scale(ag.ones(2), times=1)
    other = LazyScale()
    assert other(ag.ones(2), times=3).shape == (3, 2)
    assert type(other) is LazyScale
    assert type(other.seen) is ag.Tensor
    with pytest.raises(NotImplementedError, match=r"LazyModuleMixin has no initialize_parameters\(self, input\)"):
        nn.LazyModuleMixin()(1)
