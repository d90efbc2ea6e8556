from __future__ import annotations

from typing import Any

import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from tests.nn.models import Block, Net

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


def test_replacing_by_dotted_name() -> None:
    net = Net()
    part = nn.Identity()
    net.set_submodule("blocks.1.inner", part)
    assert net.blocks[1].inner is part
    net.set_submodule("blocks.2", part)
    assert len(net.blocks) == 3
    net.set_submodule("head", part, strict=True)
    assert net.head is part
    for strict in (True, False):
        with pytest.raises(AttributeError, match="has no 'bodies'"):
            net.set_submodule("bodies.0", part, strict)
    with pytest.raises(AttributeError, match="has no 'tail'"):
        net.set_submodule("tail", part, strict=True)
    with pytest.raises(AttributeError, match="is a Parameter, not a Module"):
        net.set_submodule("blocks.0.scale", part)
    with pytest.raises(ArgumentError, match="a module cannot replace itself"):
        net.set_submodule("", part)
    with pytest.raises(TypeError, match="must be a Module"):
        net.set_submodule("head", ag.zeros(1))


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
