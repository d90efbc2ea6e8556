from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, ShapeError
from nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    fuse_conv_bn_eval,
    fuse_linear_bn_eval,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)


def with_gradients(*gradients: list[float]) -> list[ag.Tensor]:
    params = [ag.zeros(len(g), requires_grad=True) for g in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad = ag.tensor(g)
    return params


# Norms and clipped gradients from PyTorch 2.13 for gradients [1, -2], [3] and limit 1.
@pytest.mark.parametrize(
    ("norm_type", "norm", "clipped"),
    [
        (2.0, 3.7416573867739413, [0.26726117730140686, -0.5345223546028137, 0.8017835021018982]),
        (1.0, 6.0, [0.16666664183139801, -0.33333328366279602, 0.5]),
        (3.0, 3.3019272488946263, [0.30285343527793884, -0.6057068705558777, 0.9085602760314941]),
        (math.inf, 3.0, [0.33333322405815125, -0.6666664481163025, 0.9999996423721313]),
    ],
)
def test_clipping_by_norm(norm_type: float, norm: float, clipped: list[float]) -> None:
    params = with_gradients([1.0, -2.0], [3.0])
    params.append(ag.zeros(1, requires_grad=True))
    total = clip_grad_norm_(params, 1.0, norm_type)
    assert total.item() == pytest.approx(norm, rel=1e-6)
    assert [*params[0].grad.tolist(), *params[1].grad.tolist()] == pytest.approx(clipped, rel=2e-6)
    assert params[2].grad is None


def test_small_gradients_are_left_alone() -> None:
    (p,) = with_gradients([0.3, 0.4])
    assert clip_grad_norm_(p, 1.0).item() == pytest.approx(0.5)
    assert p.grad.tolist() == pytest.approx([0.3, 0.4])
    assert clip_grad_norm_([], 1.0).item() == 0


def test_norms_that_are_not_finite() -> None:
    params = with_gradients([math.nan, 1.0])
    with pytest.raises(ArgumentError, match="the total norm of the gradients is nan"):
        clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert math.isnan(clip_grad_norm_(params, 1.0).item())
    assert np.isnan(params[0].grad.numpy()).all()
    # PyTorch's sum of squares overflows here; clipping by an infinite norm would set all gradients to zero.
    assert get_total_norm(ag.tensor([3e30, 4e30])).item() == pytest.approx(5e30)
    assert get_total_norm(ag.full((4,), 3e38)).item() == math.inf


def test_clipping_by_a_norm_that_is_known() -> None:
    params = with_gradients([3.0, 4.0], [5.0])
    clip_grads_with_norm_(params, 2.0, ag.tensor(4.0))
    assert [*params[0].grad.tolist(), *params[1].grad.tolist()] == pytest.approx([1.5, 2.0, 2.5])
    clip_grads_with_norm_(params[0], 9.0, 4.0)
    assert params[0].grad.tolist() == pytest.approx([1.5, 2.0])


def test_norms_of_several_types_and_of_no_order() -> None:
    assert get_total_norm([ag.ones(1), ag.ones(1, dtype=np.float64)]).dtype == np.float64
    for norm_type in (0, -1.0, -math.inf, math.nan):
        with pytest.raises(ArgumentError, match="clip_grad_norm_: norm_type must be above 0"):
            clip_grad_norm_(with_gradients([1.0]), 1.0, norm_type)


def test_a_generator_that_is_used_up() -> None:
    net = nn.Linear(1, 1)
    parameters = net.parameters()
    list(parameters)
    for clip in (lambda: clip_grad_norm_(parameters, 1.0), lambda: clip_grad_value_(parameters, 1.0)):
        with pytest.warns(UserWarning, match="the generator of parameters is empty, so nothing is clipped"):
            clip()


def test_clipping_by_value() -> None:
    params = with_gradients([3.0, -0.5, -7.0])
    clip_grad_value_(params, 1.0)
    assert params[0].grad.tolist() == [1.0, -0.5, -1.0]


def test_parameters_as_one_vector() -> None:
    net = nn.Linear(2, 3)
    vector = parameters_to_vector(net.parameters())
    assert vector.shape == (9,)
    assert vector.requires_grad
    vector_to_parameters(ag.arange(9, dtype=np.float32), net.parameters())
    assert net.bias.tolist() == [6, 7, 8]
    assert net.weight.is_leaf
    with pytest.raises(ShapeError, match=r"have 9 elements, the vector shape \(4,\)"):
        vector_to_parameters(ag.zeros(4), net.parameters())


# --- batch norm folded into the layer before it -----------------------------------------------------------------------


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (lambda bias: nn.Conv2d(2, 3, 2, bias=bias), nn.BatchNorm2d, (2, 2, 4, 4)),
        (lambda bias: nn.ConvTranspose1d(2, 3, 2, bias=bias), nn.BatchNorm1d, (2, 2, 4)),
        (lambda bias: nn.Linear(2, 3, bias=bias), nn.BatchNorm1d, (5, 2)),
    ],
)
def test_a_fused_layer_computes_the_same(
    layer: Any, norm: Any, shape: tuple[int, ...], affine: bool, bias: bool
) -> None:
    net = nn.Sequential(layer(bias), norm(3, affine=affine)).double()
    for p in net.parameters():
        nn.init.normal_(p)
    net(ag.randn(*shape, dtype=np.float64))
    net.eval()
    if isinstance(net[0], nn.Linear):
        fused = fuse_linear_bn_eval(net[0], net[1])
    else:
        fused = fuse_conv_bn_eval(net[0], net[1], transpose=isinstance(net[0], nn.ConvTranspose1d))
    x = ag.randn(*shape, dtype=np.float64)
    np.testing.assert_allclose(fused(x).detach().numpy(), net(x).detach().numpy(), rtol=1e-10)
    assert fused is not net[0]
    assert fused.weight.requires_grad


def test_layers_that_cannot_be_fused() -> None:
    conv, norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, track_running_stats=False)
    with pytest.raises(
        ArgumentError, match=r"fuse_conv_bn_eval: in training a batch norm is not linear\n  fix: call eval"
    ):
        fuse_conv_bn_eval(conv, norm)
    with pytest.raises(ArgumentError, match="fuse_conv_bn_eval: the batch norm has no running statistics"):
        fuse_conv_bn_eval(conv.eval(), norm.eval())
