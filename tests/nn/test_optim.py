from __future__ import annotations

import copy
import pickle
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, MutationError
from nn import optim
from nn.optim import _flat

#: Those whose state lies in flat arrays.
FLAT = [
    lambda params: optim.SGD(params, lr=0.1),
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.1),
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    lambda params: optim.Adam(params, lr=0.1, amsgrad=True, weight_decay=0.1),
    lambda params: optim.AdamW(params, lr=0.1),
    lambda params: optim.NAdam(params, lr=0.1, weight_decay=0.1, momentum_decay=0.2),
    lambda params: optim.RAdam(params, lr=0.1, betas=(0.9, 0.8), decoupled_weight_decay=True, weight_decay=0.1),
    lambda params: optim.Adamax(params, lr=0.1),
    lambda params: optim.Adagrad(params, lr=0.1, lr_decay=0.1),
    lambda params: optim.RMSprop(params, lr=0.1, momentum=0.5, centered=True),
    optim.Adadelta,
    optim.Rprop,
    lambda params: optim.ASGD(params, lr=0.1, lambd=0.1, t0=2),
    lambda params: optim.Lion(params, lr=0.1, weight_decay=0.1),
]
#: One per kind of state: arrays, a maximum, numbers, the gradient's last sign, the values themselves.
KINDS = [FLAT[i] for i in (1, 3, 5, 11, 12)]
EVERY = [*FLAT, lambda params: optim.Adafactor(params, lr=0.1, weight_decay=0.1)]


def leaves(*shapes: tuple[int, ...], dtype: Any = np.float32) -> list[ag.Tensor]:
    generator = ag.Generator().manual_seed(1)
    return [ag.randn(shape, generator=generator, dtype=dtype, requires_grad=True) for shape in shapes]


def give_gradients(params: list[ag.Tensor], step: int = 0) -> None:
    for i, p in enumerate(params):
        p.grad = ag.tensor(np.asarray(np.cos(p.detach().numpy() * 3 + i + step), p.dtype))


# --- the flat arrays change nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", KINDS)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 3, 40, 400]), min_size=1, max_size=5),
    absent=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=6),
)
def test_together_as_one_by_one(make: Any, sizes: list[int], absent: list[tuple[int, int]]) -> None:
    """All parameters in one optimiser, some without a gradient at times, as each in an optimiser of its own."""
    before = _flat.SMALL, _flat.BLOCK
    # Small limits, so that all ways of gathering are taken.
    _flat.SMALL, _flat.BLOCK = 50, 64
    try:
        together = leaves(*[(n,) for n in sizes], dtype=np.float64)
        alone = [ag.tensor(p.detach(), requires_grad=True) for p in together]
        optimizer, optimizers = make(together), [make([p]) for p in alone]
        for step in range(6):
            give_gradients(together, step)
            for i, p in enumerate(alone):
                p.grad = together[i].grad
                if (i, step) in absent:
                    p.grad = together[i].grad = None
            optimizer.step()
            for single in optimizers:
                single.step()
            for p, q in zip(together, alone, strict=True):
                np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-13, atol=1e-15)
    finally:
        _flat.SMALL, _flat.BLOCK = before


@pytest.mark.parametrize("make", FLAT)
def test_large_parameters_in_any_memory_layout(make: Any) -> None:
    values = np.random.default_rng(0).standard_normal((300, 200))
    params = [ag.tensor(values, requires_grad=True) for _ in range(3)]
    params[1].data = ag.from_numpy(np.asfortranarray(values))
    params[2].data = ag.from_numpy(np.repeat(values, 2, axis=1)[:, ::2])
    optimizer = make(params)
    for step in range(3):
        for p in params:
            p.grad = ag.from_numpy(np.sin(values + step))
        optimizer.step()
    for p in params[1:]:
        np.testing.assert_array_equal(p.detach().numpy(), params[0].detach().numpy())
    assert not params[1].detach().numpy().flags.c_contiguous


def test_types_may_be_mixed() -> None:
    params = [*leaves((3,)), *leaves((3,), dtype=np.float64), *leaves((2,), dtype=np.float16)]
    optimizer = optim.Adam(params, lr=0.1)
    give_gradients(params)
    optimizer.step()
    assert [p.dtype for p in params] == [np.float32, np.float64, np.float16]
    assert [optimizer.state[p]["exp_avg"].dtype for p in params] == [np.float32, np.float64, np.float16]


def test_parameters_stay_the_same_objects_with_arrays_of_their_own() -> None:
    params = leaves((3,), (2, 2))
    arrays = [p.detach().numpy() for p in params]
    optimizer = optim.Adam(params)
    for _ in range(2):
        give_gradients(params)
        optimizer.step()
    assert all(p.detach().numpy() is array for p, array in zip(params, arrays, strict=True))
    assert not np.shares_memory(*arrays)


def test_gradients_are_not_changed() -> None:
    for make in EVERY:
        params = leaves((5,), (200, 100))
        give_gradients(params)
        before = [p.grad.numpy().copy() for p in params]
        make(params).step()
        for p, values in zip(params, before, strict=True):
            np.testing.assert_array_equal(p.grad.numpy(), values)


def test_values_assigned_between_steps_are_noticed() -> None:
    params = leaves((3,), (2,))
    optimizer = optim.SGD(params, lr=1.0, momentum=0.5)
    give_gradients(params)
    optimizer.step()
    params[0].data = ag.zeros(3)
    params[1].data = ag.zeros(2, dtype=np.float64)
    momentum = optimizer.state[params[1]]["momentum_buffer"].numpy().copy()
    params[0].grad, params[1].grad = ag.ones(3), ag.ones(2, dtype=np.float64)
    optimizer.step()
    assert params[1].dtype == np.float64
    np.testing.assert_allclose(params[1].detach().numpy(), -(0.5 * momentum + 1), rtol=1e-6)


def test_state_replaced_between_steps_is_noticed() -> None:
    (p,) = leaves((2,))
    optimizer = optim.SGD([p], lr=0.0, momentum=0.5)
    p.grad = ag.ones(2)
    optimizer.step()
    optimizer.state[p]["momentum_buffer"] = ag.full((2,), 10.0)
    optimizer.step()
    assert optimizer.state[p]["momentum_buffer"].tolist() == [6, 6]
    optimizer.state[p] = {}
    optimizer.step()
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1, 1]
    optimizer.state = defaultdict(dict)
    optimizer.step()
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1, 1]
    optimizer.state[p]["momentum_buffer"].zero_()
    optimizer.step()
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1, 1]


def test_settings_changed_between_steps_are_noticed() -> None:
    (p,) = leaves((2,))
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = ag.ones(2)
    optimizer.step()
    optimizer.param_groups[0].update(amsgrad=True, lr=0.0)
    before = p.tolist()
    optimizer.step()
    assert p.tolist() == before
    assert optimizer.state[p]["step"].item() == 2
    assert "max_exp_avg_sq" in optimizer.state[p]


def test_a_step_makes_a_graph_recorded_before_stale() -> None:
    w = ag.tensor([2.0], requires_grad=True)
    loss = (w * w).sum()
    w.grad = ag.ones(1)
    optim.SGD([w], lr=0.1).step()
    with pytest.raises(MutationError, match=r"SGD.step"):
        loss.backward()


def test_nothing_is_left_for_the_cycle_collector() -> None:
    import gc

    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = optim.Adam(net.parameters())
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            optimizer.zero_grad()
            net(ag.ones(2, 4)).sum().backward()
            optimizer.step()
        assert gc.collect() == 0
    finally:
        gc.enable()


# --- groups, closures, gradients --------------------------------------------------------------------------------------


def test_groups_have_settings_of_their_own() -> None:
    a, b, c = leaves((1,), (1,), (1,))
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": [c], "momentum": 0.9})
    assert [(g["lr"], g["momentum"]) for g in optimizer.param_groups] == [(0.1, 0), (0.5, 0), (0.1, 0.9)]
    before = [p.item() for p in (a, b, c)]
    for p in (a, b, c):
        p.grad = ag.ones(1)
    optimizer.step()
    assert [x - p.item() for x, p in zip(before, (a, b, c), strict=True)] == pytest.approx([0.1, 0.5, 0.1])
    assert list(optimizer.state) == [c]


def test_named_parameters() -> None:
    net = nn.Linear(2, 1)
    optimizer = optim.SGD(net.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["params"] == list(net.parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]


def test_either_all_parameters_have_names_or_none() -> None:
    a, b = leaves((1,), (1,))
    with pytest.raises(ArgumentError, match="SGD: 1 of 2 parameters have names"):
        optim.SGD([("a", a), b])
    optimizer = optim.SGD([("a", a)])
    with pytest.raises(ArgumentError, match="the groups so far are with names, this one is without"):
        optimizer.add_param_group({"params": [b]})
    optimizer.add_param_group({"params": [("b", b)]})
    state = optimizer.state_dict()
    state["param_groups"][1].pop("param_names")
    state["param_groups"][0]["param_names"] = ["renamed"]
    optimizer.load_state_dict(state)
    assert [group["param_names"] for group in optimizer.param_groups] == [["renamed"], ["b"]]


def test_a_step_size_may_be_a_tensor() -> None:
    (w,) = leaves((1,))
    before = w.item()
    w.grad = ag.ones(1)
    optim.SGD([w], lr=ag.tensor(0.5)).step()
    assert w.item() == before - 0.5


def test_closure_computes_the_loss() -> None:
    w = ag.tensor(3.0, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 9
    assert w.item() == 1.5
    assert optimizer.step() is None


def test_zero_grad() -> None:
    params = leaves((2,), (3,))
    optimizer = optim.SGD(params)
    params[0].grad = ag.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad.tolist() == [0, 0]
    assert params[1].grad is None
    optimizer.zero_grad()
    assert params[0].grad is None


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_hooks_around_a_step() -> None:
    (w,) = leaves((1,))
    optimizer = optim.SGD([w], lr=0.0)
    seen: list[Any] = []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", o is optimizer, args[1:])))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(("after", args[1:], kwargs)))

    def closure() -> float:
        seen.append("closure")
        return 1.0

    assert optimizer.step(closure) == 1.0
    assert seen == [("before", True, (closure,)), "closure", ("after", (closure,), {})]
    before.remove()
    optimizer.step()
    assert seen[3:] == [("after", (), {})]


def test_a_hook_may_replace_the_arguments_of_a_step() -> None:
    optimizer = optim.SGD(leaves((1,)))
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 5.0), kwargs))
    assert optimizer.step() == 5.0


def test_hooks_around_saving_and_loading() -> None:
    optimizer = optim.SGD(leaves((1,)), lr=0.1)
    seen: list[Any] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("saving"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "note": 1})
    state = optimizer.state_dict()
    assert (seen, state["note"]) == (["saving"], 1)

    def faster(_: Any, state: dict[str, Any]) -> dict[str, Any]:
        return {**state, "param_groups": [{**group, "lr": 7.0} for group in state["param_groups"]]}

    optimizer.register_load_state_dict_pre_hook(faster)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(state)
    assert seen == ["saving", 7.0]


def test_copies_have_no_hooks() -> None:
    optimizer = optim.SGD(leaves((1,)))
    optimizer.register_step_post_hook(lambda *_: pytest.fail("a hook of the original"))
    copy.deepcopy(optimizer).step()
    pickle.loads(pickle.dumps(optimizer)).step()  # noqa: S301 (made on this line)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_parameters_that_cannot_be() -> None:
    net = nn.Linear(1, 1)
    (w,) = leaves((2,))
    with pytest.raises(TypeError, match=r"got Linear\n  fix: pass model.parameters\(\)"):
        optim.SGD(net)
    with pytest.raises(TypeError, match=r"got Tensor\n  fix: pass \[w\]"):
        optim.SGD(w)
    used = net.parameters()
    list(used)
    with pytest.raises(ArgumentError, match="SGD: there are no parameters"):
        optim.SGD(used)
    with pytest.raises(ArgumentError, match="a group without parameters"):
        optim.SGD([{"params": []}])
    with pytest.raises(ArgumentError, match=r"Adam: parameter 1 of shape \(2,\) is the result of an operation"):
        optim.Adam([w, w * 2])
    with pytest.raises(ArgumentError, match="is there twice"):
        optim.Adam([w, w])
    with pytest.raises(ArgumentError, match="is there twice"):
        optim.Adam([{"params": [w]}, {"params": [w]}])
    with pytest.raises(TypeError, match="parameter 0 must be a Tensor, got float"):
        optim.Adam([1.0])
    with pytest.raises(TypeError, match="a set of parameters has no order"):
        optim.Adam([{"params": {w}}])
    with pytest.raises(TypeError, match="must be a dictionary with 'params'"):
        optim.Adam([w]).add_param_group({"lr": 1})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.SGD(p, lr=-1), "SGD: lr must be at least 0, got -1"),
        (lambda p: optim.SGD(p, lr="fast"), "SGD: lr must be at least 0, got 'fast'"),
        (lambda p: optim.SGD(p, momentum=-0.1), "momentum must be at least 0"),
        (lambda p: optim.SGD(p, weight_decay=-0.1), "weight_decay must be at least 0"),
        (lambda p: optim.SGD(p, nesterov=True), "nesterov needs a momentum above 0 and no dampening"),
        (lambda p: optim.SGD(p, nesterov=True, momentum=0.1, dampening=0.1), "nesterov needs"),
        (lambda p: optim.SGD(p, differentiable=True), "differentiable must be False"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), r"Adam: betas must be two within \[0, 1\), got \(0.9, 1.0\)"),
        (lambda p: optim.Adam(p, betas=0.9), "betas must be two"),
        (lambda p: optim.AdamW(p, eps=-1), "AdamW: eps must be at least 0"),
        (lambda p: optim.AdamW(p, foreach=True, fused=True), "AdamW: foreach and fused are two ways"),
        (lambda p: optim.NAdam(p, momentum_decay=-1), "NAdam: momentum_decay must be at least 0"),
        (lambda p: optim.RAdam(p, betas=(1.0, 0.9)), "RAdam: betas must be two"),
        (lambda p: optim.Adadelta(p, rho=1.1), r"Adadelta: rho must be within \[0, 1\]"),
        (lambda p: optim.Rprop(p, etas=(0.5, 0.9)), "Rprop: etas must be one below 1 and one above"),
        (lambda p: optim.Rprop(p, step_sizes=(1.0, 0.1)), "Rprop: step_sizes must be the smallest and the largest"),
        (lambda p: optim.Lion(p, betas=(0.9,)), "Lion: betas must be two"),
        (lambda p: optim.Adafactor(p, beta2_decay=0.1), "Adafactor: beta2_decay must be at most 0"),
        (lambda p: optim.Adafactor(p, d=0.5), "Adafactor: d must be at least 1"),
        (lambda p: optim.Adafactor(p, eps=(-1, 0)), "Adafactor: eps must be two of at least 0"),
        (lambda p: optim.Muon(p, adjust_lr_fn="mine"), "Muon: adjust_lr_fn must be None, 'original'"),
        (lambda p: optim.Muon(p, ns_steps=0), r"Muon: ns_steps must be within \[1, 100\)"),
        (lambda p: optim.LBFGS(p, line_search_fn="armijo"), "LBFGS: line_search_fn must be None or 'strong_wolfe'"),
        (lambda p: optim.LBFGS(p, max_iter=0), "LBFGS: max_iter must be at least 1"),
    ],
)
def test_settings_out_of_range(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make(leaves((1,)))


def test_an_optimiser_without_a_rule() -> None:
    (w,) = leaves((1,))
    w.grad = ag.ones(1)
    with pytest.raises(NotImplementedError, match="Optimizer has no direction"):
        optim.Optimizer([w], {"lr": 1.0}).step()


def test_printed_form() -> None:
    text = repr(optim.SGD(leaves((1,)), lr=0.1))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n")
    assert "    lr: 0.1\n" in text
