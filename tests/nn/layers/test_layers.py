"""What layers do beyond PyTorch's stored values: initial values, errors, modes, randomness."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, ShapeError

# --- initial values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "weight_bound", "bias_bound"),
    [
        # Bounds of PyTorch's reset_parameters: 1/√fan_in for both, with fan_in read off axis 1 of the weight.
        (lambda: nn.Linear(400, 300), 1 / math.sqrt(400), 1 / math.sqrt(400)),
        (lambda: nn.Conv1d(40, 300, 5), 1 / math.sqrt(200), 1 / math.sqrt(200)),
        (lambda: nn.Conv2d(40, 300, 3, groups=2), 1 / math.sqrt(180), 1 / math.sqrt(180)),
        (lambda: nn.Conv3d(20, 300, (1, 3, 3)), 1 / math.sqrt(180), 1 / math.sqrt(180)),
        (lambda: nn.ConvTranspose1d(300, 40, 9), 1 / math.sqrt(360), 1 / math.sqrt(360)),
        (lambda: nn.ConvTranspose2d(300, 40, 3), 1 / math.sqrt(360), 1 / math.sqrt(360)),
        (lambda: nn.ConvTranspose3d(300, 40, (1, 3, 3)), 1 / math.sqrt(360), 1 / math.sqrt(360)),
    ],
)
def test_initial_bounds(layer: Any, weight_bound: float, bias_bound: float) -> None:
    made = layer()
    for values, bound in ((made.weight.detach().numpy(), weight_bound), (made.bias.detach().numpy(), bias_bound)):
        assert values.dtype == np.float32
        assert np.abs(values).max() <= bound * (1 + 1e-6)
        assert np.abs(values).max() > 0.9 * bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.15)


def test_initial_values_follow_the_seed() -> None:
    ag.manual_seed(5)
    first = nn.Linear(3, 2)
    ag.manual_seed(5)
    assert nn.Linear(3, 2).weight.tolist() == first.weight.tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda **how: nn.Linear(2, 2, **how),
        lambda **how: nn.Conv1d(2, 2, 2, **how),
        lambda **how: nn.Conv2d(2, 2, 2, **how),
        lambda **how: nn.Conv3d(2, 2, 2, **how),
        lambda **how: nn.ConvTranspose1d(2, 2, 2, **how),
        lambda **how: nn.ConvTranspose2d(2, 2, 2, **how),
        lambda **how: nn.ConvTranspose3d(2, 2, 2, **how),
        lambda **how: nn.BatchNorm1d(2, **how),
        lambda **how: nn.LayerNorm(2, **how),
    ],
)
def test_types_and_devices(make: Any) -> None:
    layer = make(device="cpu", dtype=ag.float64)
    assert all(t.dtype == np.float64 for t in [*layer.parameters(), *layer.buffers()] if t.is_floating_point())
    with pytest.raises(RuntimeError, match="cuda"):
        make(device="cuda")


def test_layers_without_features() -> None:
    assert nn.Linear(0, 2)(ag.zeros(3, 0)).shape == (3, 2)


# --- normalisation ----------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 10))
def test_batch_norm_does_not_see_the_scale_of_the_weights(scale: float) -> None:
    x, w = ag.randn(8, 3, dtype=ag.float64), ag.randn(3, 4, dtype=ag.float64)
    norm = nn.BatchNorm1d(4, eps=0.0, dtype=ag.float64)
    np.testing.assert_allclose(
        norm(x @ (w * scale)).detach().numpy(), norm(x @ w).detach().numpy(), rtol=1e-9, atol=1e-12
    )


def test_batch_norm_counts_batches_in_training_only() -> None:
    norm = nn.BatchNorm1d(2)
    norm(ag.randn(4, 2))
    norm(ag.randn(4, 2))
    norm.eval()(ag.randn(4, 2))
    assert norm.num_batches_tracked.item() == 2
    norm.reset_parameters()
    assert norm.num_batches_tracked.item() == 0
    assert norm.running_var.tolist() == [1, 1]


def test_cumulative_statistics_are_the_mean_over_the_batches() -> None:
    norm = nn.BatchNorm1d(1, momentum=None, dtype=ag.float64)
    batches = [ag.randn(5, 1, dtype=ag.float64) for _ in range(4)]
    for batch in batches:
        norm(batch)
    assert norm.running_mean.item() == pytest.approx(np.mean([b.mean().item() for b in batches]))
    assert norm.running_var.item() == pytest.approx(np.mean([b.numpy().var(ddof=1) for b in batches]))


def test_batch_norm_without_a_shift() -> None:
    norm = nn.BatchNorm2d(3, bias=False)
    assert [name for name, _ in norm.named_parameters()] == ["weight"]
    assert norm(ag.randn(2, 3, 2, 2)).shape == (2, 3, 2, 2)


def test_batch_norm_of_a_wrong_input() -> None:
    with pytest.raises(ShapeError, match=r"BatchNorm2d: expected an input of shape \(N, C, H, W\), got \(2, 3\)"):
        nn.BatchNorm2d(3)(ag.zeros(2, 3))
    with pytest.raises(ShapeError, match=r"BatchNorm1d: expected 3 channels in axis 1, got shape \(2, 4\)"):
        nn.BatchNorm1d(3)(ag.zeros(2, 4))


# --- dropout ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean(p: float) -> None:
    x = ag.ones(200, 200, requires_grad=True)
    y = nn.Dropout(p)(x)
    assert (y == 0).to(ag.float64).mean().item() == pytest.approx(p, abs=0.01)
    assert y.mean().item() == pytest.approx(1, abs=0.03)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_dropout_in_evaluation_is_the_input_itself() -> None:
    x = ag.ones(3)
    for layer in (nn.Dropout(), nn.Dropout1d(), nn.Dropout2d()):
        assert (
            layer.eval()(x.reshape(3, 1, 1, 1) if isinstance(layer, nn.Dropout2d) else x.reshape(3, 1, 1)) is not None
        )
    assert nn.Dropout().eval()(x) is x
    assert F.dropout(x, 0.0) is x


def test_dropout_of_everything() -> None:
    assert nn.Dropout(1.0)(ag.ones(4)).tolist() == [0] * 4


def test_dropout_follows_the_seed_or_a_generator() -> None:
    x = ag.ones(30)
    ag.manual_seed(3)
    first = F.dropout(x).tolist()
    ag.manual_seed(3)
    assert F.dropout(x).tolist() == first
    assert F.dropout(x, generator=ag.Generator().manual_seed(3)).tolist() == first
    assert F.dropout(x).tolist() != first


def test_dropout_in_place() -> None:
    x = ag.ones(50)
    assert nn.Dropout(0.5, inplace=True)(x) is x
    assert set(x.tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(("layer", "rank"), [(nn.Dropout1d, 1), (nn.Dropout2d, 2)])
def test_whole_channels_are_dropped(layer: Any, rank: int) -> None:
    y = layer(0.5)(ag.ones(20, 5, *[3] * rank))
    flat = y.reshape(100, -1)
    assert set(flat.sum(1).tolist()) == {0.0, 2.0 * 3**rank}
    with pytest.raises(ShapeError, match=f"{layer.__name__.lower()}: expected shape"):
        layer()(ag.ones(3))


def test_probabilities_outside_the_range() -> None:
    with pytest.raises(ArgumentError, match=r"Dropout: the probability must lie in \[0, 1\], got 1.5"):
        nn.Dropout(1.5)
    with pytest.raises(ArgumentError, match=r"dropout: the probability must lie in \[0, 1\], got -1"):
        F.dropout(ag.ones(1), -1)


# --- activations in place ---------------------------------------------------------------------------------------------

IN_PLACE = [
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "selu",
    "silu",
]


@pytest.mark.parametrize("name", IN_PLACE)
def test_activations_in_place_give_the_same_values_and_gradients(name: str) -> None:
    function = getattr(F, name)
    results = []
    for inplace in (False, True):
        x = ag.linspace(-2.3, 2.1, 9, dtype=ag.float64, requires_grad=True)
        hidden = x * 3
        y = function(hidden, inplace=inplace)
        assert (y is hidden) == inplace
        (y * y).sum().backward()
        results.append((y.tolist(), x.grad.tolist()))
    assert results[0] == results[1]


def test_inplace_as_the_last_argument_by_position() -> None:
    x = ag.tensor([-1.0, 1.0])
    assert F.leaky_relu(x, 0.5, True) is x
    assert F.relu(ag.tensor([-1.0]), False).tolist() == [0]
    assert F.threshold(input=x, threshold=0, value=7, inplace=True) is x
    assert x.tolist() == [7, 1]
    assert list(inspect.signature(F.elu).parameters) == ["input", "alpha", "inplace"]


# --- losses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "reduction"),
    [
        ({}, "mean"),
        ({"reduction": "none"}, "none"),
        ({"size_average": True}, "mean"),
        ({"size_average": False}, "sum"),
        ({"reduce": False}, "none"),
        ({"reduce": True}, "mean"),
        ({"size_average": False, "reduce": False}, "none"),
    ],
)
def test_older_names_of_reductions(arguments: dict[str, Any], reduction: str) -> None:
    assert nn.MSELoss(**arguments).reduction == reduction


def test_weights_are_buffers() -> None:
    loss = nn.CrossEntropyLoss(weight=ag.tensor([1.0, 2.0, 3.0]))
    assert list(loss.state_dict()) == ["weight"]
    scores, classes = ag.tensor([[1.0, 2.0, 0.5], [0.1, -1.0, 0.3]]), ag.tensor([2, 0])
    # PyTorch 2.13.
    assert loss(scores, classes).item() == pytest.approx(1.7077186107635498, rel=1e-6)
    loss = nn.NLLLoss(weight=ag.tensor([1.0, 2.0, 3.0]))
    assert loss(scores.log_softmax(1), classes).item() == pytest.approx(1.7077186107635498, rel=1e-6)
    loss = nn.BCEWithLogitsLoss(pos_weight=ag.tensor([3.0]), weight=ag.tensor([0.5]))
    targets = ag.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert loss(scores, targets).item() == pytest.approx(0.9030159115791321, rel=1e-6)
    assert list(loss.state_dict()) == ["weight", "pos_weight"]


def test_initial_loss_of_ten_classes() -> None:
    assert nn.CrossEntropyLoss()(ag.zeros(4, 10), ag.arange(4)).item() == pytest.approx(math.log(10))


def test_shapes_that_would_broadcast_raise() -> None:
    for loss in (nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.SmoothL1Loss(), nn.BCEWithLogitsLoss()):
        with pytest.raises(ShapeError, match="must have the same shape"):
            loss(ag.zeros(4, 1), ag.zeros(4))


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_tiny_subset_is_learnt_by_heart() -> None:
    """What the sources check first: 2 samples of each of 4 classes, [2, 100, 100, 4], loss 5.9e-4 within 100 epochs."""
    x = ag.randn(8, 2)
    y = ag.arange(8) % 4
    net = nn.Sequential(nn.Linear(2, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 4))
    optimizer = nn.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(100):
        loss = nn.CrossEntropyLoss()(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 5.9e-4
    assert (net(x).argmax(1) == y).all()
