from __future__ import annotations

from collections import OrderedDict

import pytest

import autograd_np as ag
import nn


def linears(n: int) -> list[nn.Linear]:
    return [nn.Linear(i + 1, i + 2) for i in range(n)]


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_children()]


# --- Sequential -------------------------------------------------------------------------------------------------------


def test_sequential_calls_in_turn() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = ag.ones(4, 2)
    assert net(x).tolist() == net[2](net[1](net[0](x))).tolist()
    assert len(net) == 3
    assert nn.Sequential()(x) is x


def test_sequential_by_name() -> None:
    net = nn.Sequential(OrderedDict([("a", nn.Linear(1, 2)), ("b", nn.ReLU())]))
    assert names(net) == ["a", "b"]
    assert net.b is net[1]
    assert names(net[:1]) == ["a"]


def test_sequential_edits() -> None:
    a, b, c, d = linears(4)
    net = nn.Sequential(a, b)
    assert net.append(c) is net
    net.insert(1, d)
    assert list(net) == [a, d, b, c]
    assert names(net) == ["0", "1", "2", "3"]
    assert net.pop(1) is d
    assert names(net) == ["0", "1", "2"]
    net[-1] = d
    assert list(net) == [a, b, d]
    del net[:2]
    assert list(net) == [d]
    assert names(net) == ["0"]
    assert net.extend([a, b])[1] is a
    assert a in net
    assert c not in net
    assert list(nn.Sequential(a) + nn.Sequential(b)) == [a, b]


def test_slices_share_modules() -> None:
    net = nn.Sequential(*linears(4))
    part = net[1:3]
    assert isinstance(part, nn.Sequential)
    assert part[0] is net[1]


@pytest.mark.parametrize("container", [nn.Sequential(nn.ReLU()), nn.ModuleList([nn.ReLU()])])
def test_positions_out_of_range(container: nn.Sequential) -> None:
    with pytest.raises(IndexError, match="index 1 is out of range for 1 modules"):
        container[1]
    with pytest.raises(IndexError, match="index -2"):
        del container[-2]


def test_forgotten_call() -> None:
    with pytest.raises(TypeError, match=r"nn.ReLU\(\)"):
        nn.Sequential(nn.Linear(1, 1), nn.ReLU)


# --- ModuleList -------------------------------------------------------------------------------------------------------


def test_module_list() -> None:
    a, b, c = linears(3)
    layers = nn.ModuleList([a])
    layers += [b]
    layers.append(c)
    assert list(layers) == [a, b, c]
    assert list(layers[1:]) == [b, c]
    assert isinstance(layers[1:], nn.ModuleList)
    assert list(layers + nn.ModuleList([a])) == [a, b, c, a]
    assert len(list(layers.parameters())) == 6
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        layers(1)


# --- ModuleDict -------------------------------------------------------------------------------------------------------


def test_module_dict() -> None:
    a, b, c = linears(3)
    parts = nn.ModuleDict({"a": a, "b": b})
    parts["c"] = c
    assert list(parts) == list(parts.keys()) == ["a", "b", "c"]
    assert list(parts.values()) == [a, b, c]
    assert dict(parts.items())["c"] is c
    assert "b" in parts
    assert parts.pop("b") is b
    assert len(parts) == 2
    parts.update([("d", b)])
    assert names(parts) == ["a", "c", "d"]
    parts.clear()
    assert len(parts) == 0
    with pytest.raises(KeyError):
        parts["a"]
    with pytest.raises(KeyError, match="already has an attribute 'items'"):
        parts["items"] = a


# --- ParameterList ----------------------------------------------------------------------------------------------------


def test_parameter_list() -> None:
    values = nn.ParameterList([ag.zeros(2), nn.Parameter(ag.ones(3))])
    values += [ag.zeros(1)]
    assert [name for name, _ in values.named_parameters()] == ["0", "1", "2"]
    assert len(values) == 3
    assert values[-1].shape == (1,)
    assert len(values[:2]) == 2
    values[0] = ag.ones(5)
    assert isinstance(values[0], nn.Parameter)
    assert values[0].shape == (5,)
    assert repr(values) == "ParameterList(\n  (0): (5,) float32\n  (1): (3,) float32\n  (2): (1,) float32\n)"
    with pytest.raises(IndexError, match="index 3"):
        values[3]
    with pytest.raises(TypeError, match="Parameter or None, got float"):
        values.append(1.0)
