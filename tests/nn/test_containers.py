from __future__ import annotations

from collections import OrderedDict

import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError


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


def test_sequential_arithmetic() -> None:
    a, b = linears(2)
    net = nn.Sequential(a, b)
    net += nn.Sequential(b)
    assert list(net) == [a, b, b]
    assert list(net * 2) == list(2 * net) == [a, b, b] * 2
    net *= 2
    assert names(net) == ["0", "1"]
    assert len(net) == 6
    with pytest.raises(ArgumentError, match="it can be repeated once or more, got 0"):
        net * 0
    with pytest.raises(TypeError):
        net + a


def test_sequential_pop() -> None:
    a, b, c = linears(3)
    net = nn.Sequential(a, b, c)
    part = net.pop(slice(1, 3))
    assert (list(part), list(net)) == ([b, c], [a])
    assert net.pop() is a
    assert len(net) == 0


def test_edits_of_named_modules_do_not_overwrite_one() -> None:
    net = nn.Sequential(OrderedDict([("1", nn.ReLU())]))
    with pytest.raises(KeyError, match=r"a module is named '1' already\\n  fix: use register_module"):
        net.append(nn.Tanh())
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    del named[0]
    assert names(named) == ["b"]
    named.append(nn.ReLU())
    assert names(named) == ["b", "1"]


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
    with pytest.raises(TypeError, match=r"ModuleList: expected an iterable of modules, got ReLU[\s\S]*append\(\)"):
        layers.extend(nn.ReLU())
    assert layers.pop(1) is b
    assert layers.insert(0, b)[0] is b
    layers[1] = c
    assert list(layers) == [b, c, c]
    assert c in layers
    assert nn.ReLU() not in layers


def test_equal_neighbours_are_printed_once() -> None:
    block = nn.Sequential(nn.Linear(1, 1))
    layers = nn.ModuleList([nn.ReLU(), nn.ReLU(), block, block, nn.Tanh(), nn.ReLU()])
    assert repr(layers) == (
        "ModuleList(\n"
        "  (0-1): 2 x ReLU()\n"
        "  (2-3): 2 x Sequential(\n"
        "    (0): Linear(in_features=1, out_features=1, bias=True)\n"
        "  )\n"
        "  (4): Tanh()\n"
        "  (5): ReLU()\n"
        ")"
    )
    assert repr(nn.ModuleList()) == "ModuleList()"


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


def test_mappings_of_modules_are_taken_from_anything_that_has_items() -> None:
    a, b = linears(2)
    parts = nn.ModuleDict(nn.ModuleDict({"a": a}))
    parts.update(OrderedDict(b=b))
    assert dict(parts.items()) == {"a": a, "b": b}
    with pytest.raises(TypeError, match=r"ModuleDict: expected an iterable of \(name, value\) pairs, got int"):
        parts.update(3)
    with pytest.raises(ArgumentError, match="entry 0 must be a name and a value, got 3 items"):
        parts.update([("a", b, b)])
    with pytest.raises(TypeError, match="must be a Module"):
        parts.update({"a": ag.zeros(1)})


# --- ParameterList ----------------------------------------------------------------------------------------------------


def test_parameter_list() -> None:
    values = nn.ParameterList([ag.zeros(2), nn.Parameter(ag.ones(3))])
    values += [ag.zeros(1)]
    assert [name for name, _ in values.named_parameters()] == ["0", "1", "2"]
    assert len(values) == 3
    assert values[-1].shape == (1,)
    assert isinstance(values[:2], nn.ParameterList)
    assert [p is q for p, q in zip(values[:2], values, strict=False)] == [True, True]
    values[0] = ag.ones(5)
    assert isinstance(values[0], nn.Parameter)
    assert values[0].shape == (5,)
    assert values[1] in values
    assert ag.ones(3) not in values
    assert repr(values) == (
        "ParameterList(\n"
        "  (0): Parameter containing: [float32 of size 5]\n"
        "  (1): Parameter containing: [float32 of size 3]\n"
        "  (2): Parameter containing: [float32 of size 1]\n)"
    )
    with pytest.raises(IndexError, match="index 3"):
        values[3]
    with pytest.raises(TypeError, match="Parameter or None, got float"):
        values.append(1.0)
    with pytest.raises(TypeError, match=r"expected an iterable of parameters, got Tensor[\s\S]*append\(\)"):
        values.extend(ag.ones(2))


def test_parameter_list_edits() -> None:
    a, b, c, d = (nn.Parameter(ag.full((i + 1,), 1.0)) for i in range(4))
    values = nn.ParameterList([a, c])
    assert values.insert(1, b) is values
    assert [p.shape[0] for p in values] == [1, 2, 3]
    assert values.pop() is c
    assert values.pop(0) is a
    values.extend(p for p in (c, d))
    del values[0]
    assert [name for name, _ in values.named_parameters()] == ["0", "1"]
    assert list(values) == [c, d]
    del values[:]
    assert len(values) == 0
    assert repr(nn.ParameterList([None])) == "ParameterList((0): None)"


# --- ParameterDict ----------------------------------------------------------------------------------------------------


def test_parameter_dict() -> None:
    a, b = nn.Parameter(ag.ones(2)), nn.Parameter(ag.zeros(3))
    values = nn.ParameterDict({"a": a})
    values["b"] = b
    values["c"] = ag.ones(1, 2)
    assert isinstance(values["c"], nn.Parameter)
    assert [name for name, _ in values.named_parameters()] == ["a", "b", "c"]
    assert list(values) == list(values.keys()) == ["a", "b", "c"]
    assert list(reversed(values)) == ["c", "b", "a"]
    assert next(iter(values.values())) is a
    assert dict(values.items())["b"] is b
    assert len(values) == 3
    assert "a" in values
    assert "z" not in values
    assert values.get("z") is None
    assert values.get("a", b) is a
    assert values.setdefault("a", b) is a
    assert values.setdefault("d", ag.ones(1)) is values["d"]
    assert values.pop("b") is b
    assert values.popitem()[0] == "d"
    del values["c"]
    assert list(values.state_dict()) == ["a"]
    assert repr(values) == "ParameterDict((a): Parameter containing: [float32 of size 2])"
    values.clear()
    assert len(values) == 0
    with pytest.raises(KeyError):
        values["a"]
    with pytest.raises(KeyError, match="already has an attribute 'keys'"):
        values["keys"] = a
    with pytest.raises(TypeError, match="Parameter or None, got float"):
        values["x"] = 1.0


def test_parameter_dicts_are_merged_and_copied() -> None:
    a, b, c = (nn.Parameter(ag.ones(1)) for _ in range(3))
    left, right = nn.ParameterDict({"a": a, "b": b}), nn.ParameterDict([("b", c)])
    both = left | right
    assert [both["a"] is a, both["b"] is c, left["b"] is b] == [True] * 3
    left |= right
    assert left["b"] is c
    copied = left.copy()
    del left["a"]
    assert list(copied) == ["a", "b"]
    same = nn.ParameterDict().fromkeys(["x", "y"], a)
    assert same["x"] is same["y"] is a
