"""What programs written for PyTorch pass, and must find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, GraphError


@pytest.mark.parametrize("make", [ag.Tensor, ag.FloatTensor, ag.LongTensor, ag.ones(1).new])
def test_a_size_means_sizes_and_a_plain_tuple_is_refused(make: Any) -> None:
    x = ag.ones(2, 3)
    assert make(x.size()).shape == (2, 3)
    assert make([2, 3]).tolist() == [2, 3]
    with pytest.raises(ArgumentError, match=r"\(2, 3\) could be sizes or data"):
        make((2, 3))
    assert x.size().numel() == 6


def test_a_size_is_saved_as_a_tuple(tmp_path: Path) -> None:
    ag.save({"size": ag.ones(2, 3).size()}, tmp_path / "x")
    assert ag.load(tmp_path / "x") == {"size": (2, 3)}


def test_backward_names_its_argument_gradient() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    (x * x).backward(gradient=ag.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2, 40]


def test_grad_takes_pytorchs_flags() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(1.0, requires_grad=True)
    assert ag.autograd.grad(x * x, x, None, None, False, True)[0].item() == 6
    assert ag.autograd.grad(x * x, [x, y], only_inputs=True, allow_unused=True)[1] is None
    with pytest.raises(ArgumentError, match="only_inputs=False is not supported"):
        ag.autograd.grad(x * x, x, only_inputs=False)
    with pytest.raises(ArgumentError, match="is_grads_batched=True is not supported"):
        ag.autograd.grad(x * x, x, is_grads_batched=True)


class _Scaled(ag.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor, factor: float = 2.0) -> ag.Tensor:
        return x * factor

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> Any:
        return 2 * g, None


class _TooMany(_Scaled):
    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> Any:
        return g, g


def test_a_function_may_answer_for_arguments_that_it_was_not_given() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    _Scaled.apply(x).backward()
    assert x.grad.item() == 2
    with pytest.raises(GraphError, match="that is 1, got 2"):
        _TooMany.apply(x).backward()


def test_orders_of_memory_change_no_values() -> None:
    x = ag.arange(4.0).reshape(2, 2)
    for y in (
        x.clone(memory_format=ag.preserve_format),
        x.contiguous(memory_format=ag.contiguous_format),
        x.to(memory_format=ag.channels_last),
        ag.zeros_like(x, memory_format=ag.preserve_format) + x,
    ):
        assert y.tolist() == x.tolist()


def test_a_single_number_is_formatted_as_a_number() -> None:
    assert f"{ag.tensor(0.5)} {ag.tensor(0.25):.1f} {ag.tensor([1.0])}" == "0.5 0.2 tensor([1.])"
