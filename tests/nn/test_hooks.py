from __future__ import annotations

import copy
from typing import Any

import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError


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


def test_always_called_hook_runs_once_and_also_after_the_error_of_a_hook() -> None:
    module, seen = Double(), []

    def failing(*_: Any) -> None:
        raise ValueError("hook")

    module.register_forward_hook(lambda m, args, y: seen.append(("first", y.item())), always_call=True)
    module.register_forward_hook(failing)
    module.register_forward_hook(lambda m, args, y: seen.append(("last", y.item())), always_call=True)
    module.register_forward_hook(failing, always_call=True)
    with (
        pytest.raises(ValueError, match="hook"),
        pytest.warns(UserWarning, match="a forward hook failed after an error: ValueError: hook"),
    ):
        module(ag.tensor(3.0))
    assert seen == [("first", 6.0), ("last", 6.0)]
    with pytest.raises(TypeError), pytest.warns(UserWarning, match="failed after an error"):
        module("no", number=3)


def test_hooks_registered_by_forward_run_in_the_same_call() -> None:
    class Late(nn.Module):
        def forward(self, x: Any) -> Any:
            self.register_forward_hook(lambda m, args, y: y + 1)
            return x

    module = Late()
    module.register_forward_pre_hook(lambda *_: None)
    assert module(ag.tensor(1.0)).item() == 2


def test_hooks_that_are_no_functions() -> None:
    with pytest.raises(TypeError, match="a hook must be a function, got int"):
        Double().register_forward_hook(3)


def test_keyword_hook_that_returns_something_else() -> None:
    module = Double()
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(ArgumentError, match=r"must return None or \(args, kwargs\), got tuple"):
        module(ag.tensor(1.0))


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


def test_backward_pre_hook_replaces_the_gradient_of_the_output() -> None:
    layer, seen = nn.Linear(2, 1, bias=False), []
    layer.register_full_backward_pre_hook(lambda m, go: (go[0] * 10,))
    layer.register_full_backward_pre_hook(lambda m, go: go[0] + 1, prepend=True)
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(go[0].item()))
    x = ag.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    assert seen == [20]
    assert layer.weight.grad.tolist() == [[20, 20]]
    assert x.grad.tolist() == (layer.weight * 20).tolist()


def test_backward_pre_hook_without_a_differentiated_input() -> None:
    layer = nn.Linear(2, 1)
    layer.register_full_backward_pre_hook(lambda m, go: go[0] * 3)
    layer(ag.ones(1, 2)).sum().backward()
    assert layer.bias.grad.tolist() == [3]
    layer.register_full_backward_hook(lambda m, gi, go: (None,))
    layer(ag.ones(1, 2)).sum().backward()
    layer.register_full_backward_hook(lambda m, gi, go: go)
    with pytest.raises(ArgumentError, match="returned gradients for inputs that need none"):
        layer(ag.ones(1, 2)).sum().backward()


def test_backward_hooks_that_return_another_number_of_gradients() -> None:
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        layer = nn.Linear(2, 1)
        getattr(layer, register)(lambda m, *gradients: (None, None))
        with pytest.raises(ArgumentError, match="was given 1 gradients and returned 2"):
            layer(ag.ones(1, 2, requires_grad=True)).sum().backward()


def test_the_older_backward_hook_sees_the_gradients_of_the_module() -> None:
    class Two(nn.Module):
        def forward(self, x: Any) -> Any:
            return (x * 2) * 3

    module, seen = Two(), []
    module.register_backward_hook(lambda m, gi, go: seen.append((gi[0].item(), go[0].item())))
    module(ag.tensor(1.0, requires_grad=True)).backward()
    assert seen == [(6.0, 1.0)]


def test_backward_hooks_of_a_module_that_returns_no_tensor_warn() -> None:
    class Named(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"y": x}

    module = Named()
    module.register_full_backward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="backward hooks are not called, because forward returned .* a dict"):
        module(ag.ones(1, requires_grad=True))


def test_hooks_are_copied_with_their_module() -> None:
    module, seen = Double(), []
    handle = module.register_forward_hook(lambda m, args, y: seen.append(m))
    other = copy.deepcopy(module)
    handle.remove()
    module(ag.tensor(1.0))
    other(ag.tensor(1.0))
    assert seen == [other]
