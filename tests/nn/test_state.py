"""What a module saves, and what loading it changes."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from tests.nn.models import Block, Net


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
    assert repr(result) == "<All keys matched successfully>"
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
        "  unexpected: tail.bias; did you mean 'head.bias'?\n"
        "  of another shape:\n"
        "    head.weight: (3, 5) in the state, (3, 2) in the module\n"
        "  fix: build the model with the settings it was saved with"
    )
    assert isinstance(caught.value, RuntimeError)
    for key, value in net.state_dict().items():
        assert value.tolist() == before[key].tolist()


def test_load_state_dict_sees_where_the_names_are() -> None:
    net, state = Net(), Net().state_dict()
    with pytest.raises(
        ArgumentError, match=r"fix: load state_dict\['model'\], in which the names are those of the module"
    ):
        net.load_state_dict({"epoch": 3, "settings": {"lr": 0.1}, "model": state})
    with pytest.raises(ArgumentError, match=r"fix: take 'module\.' off the names"):
        net.load_state_dict({f"module.{key}": value for key, value in state.items()})
    with pytest.raises(ArgumentError, match=r"fix: put '0\.' before the names"):
        nn.Sequential(net).load_state_dict(state)
    with pytest.raises(ArgumentError, match="fix: build the model with the settings it was saved with, or pass strict"):
        net.load_state_dict({f"other.{key}": value for key, value in nn.Linear(1, 1).state_dict().items()})


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


def test_load_state_dict_by_assigning_keeps_ties_and_fixed_parameters() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    net[0].bias.requires_grad_(False)
    given = nn.Parameter(ag.ones(2))
    state = {**{key: ag.ones_like(value) for key, value in net.state_dict().items()}, "0.bias": given}
    net.load_state_dict(state, assign=True)
    assert net[1].weight is net[0].weight
    assert net[0].weight.tolist() == [[1, 1], [1, 1]]
    assert net[0].bias is given
    assert not given.requires_grad
    assert net[1].bias.requires_grad


def test_values_that_are_no_tensors_are_listed_too() -> None:
    layer = nn.Linear(2, 1)
    before = layer.weight.tolist()
    with pytest.raises(ArgumentError, match="weight: expected a tensor, got str"):
        layer.load_state_dict({"weight": "none", "bias": ag.ones(1)})
    with pytest.raises(ArgumentError, match=r"missing: bias\n  weight: expected a tensor, got object"):
        layer.load_state_dict({"weight": object()})
    assert layer.weight.tolist() == before


class Counting(nn.Module):
    """A module with state that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(1, 1)
        self.calls = 0

    def get_extra_state(self) -> Any:
        return {"calls": self.calls}

    def set_extra_state(self, state: Any) -> None:
        self.calls = state["calls"]


def test_extra_state() -> None:
    outer, other = nn.Sequential(Counting()), nn.Sequential(Counting())
    outer[0].calls = 7
    assert list(outer.state_dict()) == ["0._extra_state", "0.inner.weight", "0.inner.bias"]
    other.load_state_dict(outer.state_dict())
    assert other[0].calls == 7
    state = outer.state_dict()
    del state["0._extra_state"]
    with pytest.raises(ArgumentError, match=r"missing: 0\._extra_state"):
        other.load_state_dict(state)
    assert other.load_state_dict(state, strict=False).missing_keys == ["0._extra_state"]
    with pytest.raises(ArgumentError, match="unexpected: _extra_state"):
        nn.Linear(1, 1).load_state_dict({**nn.Linear(1, 1).state_dict(), "_extra_state": 1})
    with pytest.raises(NotImplementedError, match="define get_extra_state"):
        nn.Module().get_extra_state()
    with pytest.raises(NotImplementedError, match="define set_extra_state"):
        nn.Module().set_extra_state(1)


def test_hooks_of_saving() -> None:
    net, seen = nn.Sequential(nn.Linear(1, 1)), []
    net[0].register_state_dict_pre_hook(lambda module, prefix, keep: seen.append((module, prefix, keep)))

    def renamed(module: Any, state: Any, prefix: str, metadata: Any) -> None:
        assert metadata == {}
        state[f"{prefix}kernel"] = state.pop(f"{prefix}weight")

    handle = net[0].register_state_dict_post_hook(renamed)
    assert list(net.state_dict()) == ["0.bias", "0.kernel"]
    assert seen == [(net[0], "0.", False)]
    handle.remove()
    assert list(net.state_dict(keep_vars=True)) == ["0.weight", "0.bias"]
    net[0].register_state_dict_post_hook(lambda *_: {})
    with pytest.raises(ArgumentError, match="returns None"):
        net.state_dict()


def test_a_submodule_with_a_state_dict_of_its_own_is_asked() -> None:
    class Short(nn.Linear):
        def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
            destination[f"{prefix}all"] = 1
            return destination

    assert nn.Sequential(Short(1, 1)).state_dict() == {"0.all": 1}


def test_hooks_before_loading_can_rename_and_complain() -> None:
    net = nn.Sequential(nn.Linear(1, 1))

    def modernised(module: Any, state: Any, prefix: str, metadata: Any, strict: bool, *lists: Any) -> None:
        assert module is net[0]
        assert (prefix, metadata, strict, len(lists)) == ("0.", {}, True, 3)
        if f"{prefix}kernel" in state:
            state[f"{prefix}weight"] = state.pop(f"{prefix}kernel")
        else:
            lists[2].append("0: has no kernel")

    net[0].register_load_state_dict_pre_hook(modernised)
    old = {"0.kernel": ag.full((1, 1), 3.0), "0.bias": ag.zeros(1)}
    net.load_state_dict(old)
    assert net[0].weight.item() == 3
    assert list(old) == ["0.kernel", "0.bias"]
    with pytest.raises(ArgumentError, match="0: has no kernel"):
        net.load_state_dict({"0.weight": ag.zeros(1, 1), "0.bias": ag.zeros(1)})
    assert net[0].weight.item() == 3


def test_hooks_after_loading_see_the_values_and_can_excuse_keys() -> None:
    net, seen = nn.Sequential(nn.Linear(1, 1)), []

    def excused(module: Any, keys: Any) -> None:
        seen.append((module, module.weight.item(), list(keys.missing_keys)))
        keys.missing_keys.clear()

    net[0].register_load_state_dict_post_hook(excused)
    net.register_load_state_dict_post_hook(lambda module, keys: seen.append((module, keys.unexpected_keys)))
    assert repr(net.load_state_dict({"0.weight": ag.ones(1, 1)})) == "<All keys matched successfully>"
    assert seen == [(net[0], 1.0, ["0.bias"]), (net, [])]
    with pytest.raises(ArgumentError, match="unexpected: other"):
        net.load_state_dict({"0.weight": ag.ones(1, 1), "other": ag.ones(1)})
    net.register_load_state_dict_post_hook(lambda *_: 1)
    with pytest.raises(ArgumentError, match="returns None"):
        net.load_state_dict(net.state_dict())


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


@pytest.mark.parametrize("key", [1, ("weight",), None], ids=str)
def test_keys_that_are_no_names(key: Any) -> None:
    layer = nn.Linear(2, 3)
    with pytest.raises(ArgumentError, match=r"expected values by name, got a key of type .*\n  fix: load a module's"):
        layer.load_state_dict({**layer.state_dict(), key: ag.ones(1)})
