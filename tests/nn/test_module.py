from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DeviceError


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(ag.ones(2))
        self.inner = nn.Linear(2, 2)
        self.register_buffer("seen", ag.zeros(1))
        self.register_buffer("scratch", ag.zeros(3), persistent=False)
        self.offset = nn.Parameter(ag.zeros(2))

    def forward(self, x: Any) -> Any:
        return self.inner(x) * self.scale + self.offset


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(2, 3)

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


# --- registering ------------------------------------------------------------------------------------------------------


def test_names_are_in_order_of_definition_own_before_childrens() -> None:
    block = [
        "scale",
        "offset",
        "inner.weight",
        "inner.bias",
    ]
    assert [name for name, _ in Block().named_parameters()] == block
    expected = [f"blocks.{i}.{name}" for i in range(2) for name in block] + ["head.weight", "head.bias"]
    assert [name for name, _ in Net().named_parameters()] == expected
    assert [name for name, _ in Net().named_modules()] == [
        "",
        "blocks",
        "blocks.0",
        "blocks.0.inner",
        "blocks.1",
        "blocks.1.inner",
        "head",
    ]


def test_listing() -> None:
    net = Net()
    assert [name for name, _ in net.named_children()] == ["blocks", "head"]
    assert list(net.children()) == [net.blocks, net.head]
    assert next(iter(net.modules())) is net
    assert [name for name, _ in net.named_parameters(recurse=False)] == []
    assert [name for name, _ in net.blocks[0].named_parameters(prefix="b", recurse=False)] == ["b.scale", "b.offset"]
    assert [name for name, _ in net.named_buffers()] == [
        f"blocks.{i}.{name}" for i in range(2) for name in ("seen", "scratch")
    ]
    assert len(list(net.buffers())) == 4


def test_shared_modules_and_parameters_are_listed_once() -> None:
    net = Net()
    net.again = net.head
    net.tied = nn.Linear(2, 3)
    net.tied.weight = net.head.weight
    names = [name for name, _ in net.named_parameters()]
    assert names[-1] == "tied.bias"
    assert "again.weight" not in names
    assert "tied.weight" not in names
    assert "tied.weight" in [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert {"again.weight", "tied.weight"} <= net.state_dict().keys()


def test_assigning_moves_a_name_between_registries() -> None:
    module = nn.Module()
    module.x = 1
    module.x = nn.Parameter(ag.zeros(1))
    assert list(module._parameters) == ["x"]
    assert "x" not in module.__dict__
    module.x = None
    assert module.x is None
    assert list(module.parameters()) == []
    del module.x
    module.x = nn.Linear(1, 1)
    assert list(module._modules) == ["x"]
    module.x = nn.Buffer(ag.zeros(2), persistent=False)
    assert list(module._buffers) == ["x"]
    assert list(module._modules) == []
    assert module.state_dict() == {}
    module.x = ag.ones(2)
    assert module._buffers["x"].sum().item() == 2


def test_what_cannot_be_assigned() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match=r"Linear.weight is registered.*a Parameter or None, got Tensor"):
        layer.weight = ag.zeros(2, 2)
    with pytest.raises(TypeError, match="must be a Parameter or None, got Tensor"):
        layer.register_parameter("other", ag.zeros(2))
    with pytest.raises(ValueError, match="parameters are leaves"):
        layer.register_parameter("other", _made_parameter())
    with pytest.raises(TypeError, match="must be a Tensor or None, got list"):
        layer.register_buffer("other", [1.0])
    with pytest.raises(TypeError, match=r"got the class ReLU[\s\S]*call the class"):
        layer.add_module("other", nn.ReLU)
    with pytest.raises(TypeError, match="got a int"):
        layer.register_module("other", 3)
    with pytest.raises(KeyError, match="no dot"):
        layer.register_buffer("a.b", ag.zeros(1))
    with pytest.raises(KeyError, match="already has an attribute 'forward'"):
        layer.register_buffer("forward", ag.zeros(1))
    with pytest.raises(TypeError, match="a name must be a string"):
        layer.register_buffer(3, ag.zeros(1))


def _made_parameter() -> nn.Parameter:
    made = nn.Parameter(ag.ones(2), requires_grad=False)
    return made.mul_(ag.ones(2, requires_grad=True))


@pytest.mark.parametrize(
    "value", [nn.Parameter(ag.zeros(1)), nn.ReLU(), nn.Buffer(ag.zeros(1))], ids=lambda v: type(v).__name__
)
def test_forgotten_super_init(value: Any) -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.part = value

    with pytest.raises(
        AttributeError, match=r"Forgetful: cannot assign 'part'[\s\S]*did you forget super\(\).__init__"
    ):
        Forgetful()


def test_forgotten_super_init_shows_on_use() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.width = 3

    module = Forgetful()
    assert module.width == 3
    with pytest.raises(AttributeError, match="did you forget"):
        module(ag.zeros(1))
    with pytest.raises(AttributeError, match="did you forget"):
        module.register_buffer("x", ag.zeros(1))


def test_missing_attribute_names_what_is_near() -> None:
    net = Net()
    with pytest.raises(AttributeError, match=r"'Net' object has no attribute 'haed'\n  did you mean: head"):
        _ = net.haed
    assert not hasattr(net, "zzzz")
    assert "blocks" in dir(net)
    with pytest.raises(AttributeError):
        del net.nothing


def test_missing_forward() -> None:
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(1)


def test_finding_by_dotted_name() -> None:
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("blocks.1.inner") is net.blocks[1].inner
    assert net.get_parameter("blocks.1.scale") is net.blocks[1].scale
    assert net.get_buffer("blocks.0.seen") is net.blocks[0].seen
    with pytest.raises(AttributeError, match=r"blocks.1 \(Block\) has no 'outer'"):
        net.get_submodule("blocks.1.outer")
    with pytest.raises(AttributeError, match="not a Module"):
        net.get_submodule("head.weight")
    with pytest.raises(AttributeError, match="not a Parameter"):
        net.get_parameter("head")
    with pytest.raises(AttributeError, match="there is no buffer"):
        net.get_buffer("head.seen")


# --- saving -----------------------------------------------------------------------------------------------------------


def test_state_dict_shares_memory_and_leaves_out_what_is_not_persistent() -> None:
    block = Block()
    state = block.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == ["scale", "offset", "seen", "inner.weight", "inner.bias"]
    assert not state["scale"].requires_grad
    with ag.no_grad():
        block.scale.mul_(3)
    assert state["scale"].tolist() == [3, 3]
    assert block.state_dict(keep_vars=True)["scale"] is block.scale
    assert list(block.inner.state_dict(prefix="p.")) == ["p.weight", "p.bias"]


def test_load_state_dict_copies() -> None:
    source, target = Net(), Net()
    weight = target.head.weight
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched>"
    assert target.head.weight is weight
    assert weight.tolist() == source.head.weight.tolist()
    with ag.no_grad():
        source.head.weight.zero_()
    assert weight.tolist() != source.head.weight.tolist()


def test_load_state_dict_takes_arrays_and_other_types() -> None:
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
    assert layer.weight.dtype == np.float32
    assert layer.weight.tolist() == [[1, 1]]


def test_load_state_dict_lists_everything_that_does_not_fit_and_changes_nothing() -> None:
    net = Net()
    before = copy.deepcopy(net.state_dict())
    state = net.state_dict()
    del state["head.bias"]
    state["tail.bias"] = ag.zeros(1)
    state["head.weight"] = ag.zeros(3, 5)
    state["blocks.0.scale"] = ag.zeros(2)
    with pytest.raises(ArgumentError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "load_state_dict: the state does not fit Net\n"
        "  missing: head.bias\n"
        "  unexpected: tail.bias\n"
        "  of another shape:\n"
        "    head.weight: (3, 5) in the state, (3, 2) in the module\n"
        "  fix: build the model with the settings it was saved with"
    )
    assert isinstance(caught.value, RuntimeError)
    for key, value in net.state_dict().items():
        assert value.tolist() == before[key].tolist()


def test_load_state_dict_without_strict() -> None:
    layer = nn.Linear(2, 1)
    result = layer.load_state_dict({"weight": ag.ones(1, 2), "extra": ag.ones(1)}, strict=False)
    assert result.missing_keys == ["bias"]
    assert result.unexpected_keys == ["extra"]
    assert "missing_keys=['bias']" in repr(result)
    assert layer.weight.tolist() == [[1, 1]]
    with pytest.raises(ArgumentError, match="of another shape"):
        layer.load_state_dict({"weight": ag.ones(3, 2)}, strict=False)
    with pytest.raises(ArgumentError, match="strict=False"):
        layer.load_state_dict({"weight": ag.ones(1, 2)})
    with pytest.raises(TypeError, match="expected a mapping"):
        layer.load_state_dict([1])


def test_load_state_dict_by_assigning() -> None:
    block = Block()
    scale = nn.Parameter(ag.full((2,), 5.0))
    state = {**block.state_dict(), "scale": scale, "seen": ag.ones(1), "offset": ag.ones(2)}
    block.load_state_dict(state, assign=True)
    assert block.scale is scale
    assert isinstance(block.offset, nn.Parameter)
    assert block.offset.requires_grad
    assert block.seen.tolist() == [1]


def test_deepcopy_and_pickle_keep_ties_and_values() -> None:
    net = Net()
    net.blocks[1].scale = net.blocks[0].scale
    net(ag.ones(1, 2)).sum().backward()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):  # noqa: S301 (our own bytes)
        assert other.blocks[1].scale is other.blocks[0].scale
        assert other.blocks[0].scale is not net.blocks[0].scale
        assert isinstance(other.head.weight, nn.Parameter)
        assert other.head.weight.requires_grad
        assert other(ag.ones(1, 2)).tolist() == net(ag.ones(1, 2)).tolist()


# --- modes and conversions --------------------------------------------------------------------------------------------


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


def test_apply_goes_children_first() -> None:
    seen: list[str] = []
    net = Net()
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Linear", "Block", "Linear", "Block", "ModuleList", "Linear", "Net"]


# --- printing ---------------------------------------------------------------------------------------------------------


def test_printed_tree() -> None:
    class Told(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Sequential(nn.ReLU())

        def extra_repr(self) -> str:
            return "one\ntwo"

    assert repr(Told()) == "Told(\n  one\n  two\n  (part): Sequential(\n    (0): ReLU()\n  )\n)"
    assert repr(nn.Module()) == "Module()"
    assert repr(nn.Parameter(ag.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


# --- recording --------------------------------------------------------------------------------------------------------


def test_operations_carry_the_path_of_their_module() -> None:
    net = Net()
    with ag.record():
        y = net(ag.ones(1, 2)).sum()
    paths = set()
    stack = [y.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None:
            paths.add(node.info.module if node.info is not None else None)
            stack += [edge for edge in node.edges if edge is not None]
    assert {"", "Net.head", "Net.blocks.0", "Net.blocks.0.inner", "Net.blocks.1.inner"} <= paths


def test_recording_ends_with_the_call_also_after_an_error() -> None:
    class Failing(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("no")

    x = ag.ones(1, requires_grad=True)
    with ag.record():
        with pytest.raises(ValueError, match="no"):
            Failing()(x)
        assert (x * 2).grad_fn.info.module == ""


def test_buffers_and_parameters_are_named_while_a_module_is_recorded() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).eval()
    net[0].bias.name = "mine"
    with ag.record():
        y = net(ag.ones(1, 2))
    assert {"1.running_mean", "1.running_var", "1.weight", "1.bias"} <= set(y.grad_fn.info.names)
    (inner,) = [edge for edge in y.grad_fn.edges if edge is not None and hasattr(edge, "op")]
    assert inner.info.names[1:] == ("0.weight", "mine")
    assert [t.name for t in (*net.parameters(), *net.buffers())] == [None, "mine", *[None] * 5]


def test_absent_submodules_are_passed_over() -> None:
    module = nn.Module()
    module.register_module("left", None)
    module.right = nn.Linear(1, 1, bias=False)
    assert [name for name, _ in module.named_modules()] == ["", "right"]
    assert list(module.double().state_dict()) == ["right.weight"]
    assert repr(module).startswith("Module(\n  (left): None\n  (right): Linear(")
