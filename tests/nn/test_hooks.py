from __future__ import annotations

from typing import Any

import pytest

import autograd_np as ag
import nn


class Double(nn.Module):
    def forward(self, x: Any, *, times: int = 2) -> Any:
        return x * times


def test_forward_hooks_see_and_replace() -> None:
    module, seen = Double(), []
    module.register_forward_pre_hook(lambda m, args: seen.append(("before", args[0].item())))
    module.register_forward_hook(lambda m, args, y: seen.append(("after", y.item())))
    assert module(ag.tensor(3.0)).item() == 6
    assert seen == [("before", 3), ("after", 6)]
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_hook(lambda m, args, y: y * 10)
    assert module(ag.tensor(3.0)).item() == 80


def test_hooks_run_in_order_and_can_be_put_first_and_removed() -> None:
    module, seen = Double(), []
    module.register_forward_hook(lambda *_: seen.append("second"))
    first = module.register_forward_hook(lambda *_: seen.append("first"), prepend=True)
    module(ag.tensor(1.0))
    first.remove()
    first.remove()
    module(ag.tensor(1.0))
    with module.register_forward_pre_hook(lambda *_: seen.append("for a while")):
        module(ag.tensor(1.0))
    module(ag.tensor(1.0))
    assert seen == ["first", "second", "second", "for a while", "second", "second"]


def test_hooks_with_keywords() -> None:
    module = Double()
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"times": 5}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, y: y + kwargs["times"], with_kwargs=True)
    assert module(ag.tensor(1.0), times=3).item() == 10


def test_always_called_hook_runs_after_an_error() -> None:
    class Failing(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("no")

    module, seen = Failing(), []
    module.register_forward_hook(lambda m, args, y: seen.append("skipped"))
    module.register_forward_hook(lambda m, args, y: seen.append(y), always_call=True)
    with pytest.raises(ValueError, match="no"):
        module(1)
    assert seen == [None]


def test_backward_hook_sees_gradients_of_inputs_and_outputs() -> None:
    layer, seen = nn.Linear(2, 1, bias=False), []
    with ag.no_grad():
        layer.weight.copy_(ag.tensor([[2.0, 3.0]]))
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((m, gi[0].tolist(), go[0].tolist())))
    x = ag.ones(1, 2, requires_grad=True)
    (layer(x) * 4).sum().backward()
    assert seen == [(layer, [[8.0, 12.0]], [[4.0]])]
    assert x.grad.tolist() == [[8.0, 12.0]]
    assert layer.weight.grad.tolist() == [[4.0, 4.0]]


def test_backward_hook_can_replace_the_gradient_of_the_input() -> None:
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 0,))
    x = ag.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0]]
    assert layer.bias.grad.tolist() == [1.0]


def test_backward_hook_without_a_differentiated_input() -> None:
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(ag.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]


def test_backward_hook_with_several_inputs_and_outputs() -> None:
    class Both(nn.Module):
        def forward(self, a: Any, count: int, b: Any) -> Any:
            return a * count, b * 3

    module, seen = Both(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a, b = ag.tensor(1.0, requires_grad=True), ag.tensor(1.0, requires_grad=True)
    left, _ = module(a, 2, b)
    left.backward()
    ((grad_input, grad_output),) = seen
    assert grad_input[0].item() == 2
    assert grad_input[1] is None
    assert grad_output[0].item() == 1
    assert grad_output[1] is None
    assert a.grad.item() == 2
