from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn import optim
from nn.utils import parametrizations, parametrize
from nn.utils.parametrize import register_parametrization, remove_parametrizations


class Symmetric(nn.Module):
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        """Return the upper triangle and its mirror image."""
        return x.triu() + x.triu(1).T

    def right_inverse(self, value: ag.Tensor) -> ag.Tensor:
        """Return the upper triangle."""
        return value.triu()


class Doubled(nn.Module):
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        """Return 2x."""
        return 2 * x

    def right_inverse(self, value: ag.Tensor) -> ag.Tensor:
        """Return the half."""
        return value / 2


class Squared(nn.Module):
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        """Return x²; there is no inverse."""
        return x * x


class RankOne(nn.Module):
    def forward(self, x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
        """Return the outer product."""
        return x.unsqueeze(-1) @ y.unsqueeze(-2)

    def right_inverse(self, value: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor]:
        """Return the first column and the first row over the corner."""
        return value[:, 0].clone(), value[0] / value[0, 0]


# --- registering ------------------------------------------------------------------------------------------------------


def test_a_weight_is_computed_and_the_original_trained() -> None:
    layer = nn.Linear(3, 3)
    parameter = layer.weight
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    assert register_parametrization(layer, "weight", Symmetric()) is layer
    original = layer.parametrizations.weight.original
    assert original is parameter
    (layer(ag.randn(5, 3)) ** 2).sum().backward()
    np.testing.assert_array_equal(np.tril(original.grad.numpy(), -1), 0)
    before = original.detach().clone()
    optimizer.step()
    assert not ag.equal(original, before)
    np.testing.assert_array_equal(layer.weight.detach().numpy(), layer.weight.detach().numpy().T)


def test_one_on_another() -> None:
    layer = nn.Linear(2, 2, bias=False)
    before = layer.weight.detach().clone()
    register_parametrization(layer, "weight", Doubled())
    assert ag.equal(layer.weight.detach(), before)
    layer = nn.Linear(2, 2, bias=False)
    register_parametrization(layer, "weight", Symmetric())
    register_parametrization(layer, "weight", Doubled())
    layer.weight = ag.tensor([[2.0, 4.0], [4.0, 6.0]])
    assert layer.parametrizations.weight.original.tolist() == [[1, 2], [0, 3]]
    assert layer.weight.tolist() == [[2, 4], [4, 6]]
    assert list(layer.state_dict()) == ["parametrizations.weight.original"]
    assert str(layer).splitlines()[4:7] == [
        "      (0): Symmetric()",
        "      (1): Doubled()",
        "    )",
    ]


def test_several_originals() -> None:
    layer = register_parametrization(nn.Linear(3, 2), "weight", RankOne(), unsafe=True)
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    layer.weight = ag.tensor([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]])
    assert layer.parametrizations.weight.original1.tolist() == [1, 2, 3]
    assert layer.weight.tolist() == [[2, 4, 6], [1, 2, 3]]
    with pytest.raises(ArgumentError, match="computed from 2 tensors, so there is no original to leave"):
        remove_parametrizations(layer, "weight", leave_parametrized=False)
    remove_parametrizations(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    assert layer.weight.tolist() == [[2, 4, 6], [1, 2, 3]]


def test_buffers_and_frozen_parameters() -> None:
    norm = nn.BatchNorm1d(2)
    register_parametrization(norm, "running_mean", Doubled())
    assert "parametrizations.running_mean.original" in dict(norm.named_buffers())
    norm.running_mean = ag.tensor([2.0, 4.0])
    assert norm.parametrizations.running_mean.original.tolist() == [1, 2]
    remove_parametrizations(norm, "running_mean")
    assert norm._buffers["running_mean"].tolist() == [2, 4]
    frozen = nn.Linear(3, 2).requires_grad_(False)
    register_parametrization(frozen, "weight", RankOne(), unsafe=True)
    assert not any(p.requires_grad for p in frozen.parameters())


def test_taking_back() -> None:
    layer = nn.Linear(2, 2)
    parameter, kind = layer.weight, type(layer)
    register_parametrization(layer, "weight", Doubled())
    register_parametrization(layer, "bias", Doubled())
    value = layer.weight.detach().clone()
    assert (type(layer).__name__, isinstance(layer, nn.Linear)) == ("ParametrizedLinear", True)
    remove_parametrizations(layer, "weight")
    assert layer.weight is parameter
    assert ag.equal(layer.weight.detach(), value)
    assert parametrize.is_parametrized(layer)
    assert parametrize.type_before_parametrizations(layer) is kind
    remove_parametrizations(layer, "bias", leave_parametrized=False)
    assert type(layer) is kind
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert not parametrize.is_parametrized(layer)


def test_copies_and_files() -> None:
    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    x = ag.randn(4, 3)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301 (made on this line)
        assert type(other) is type(layer)
        assert ag.equal(other(x), layer(x))
        # What is done to a copy is not done to the original.
        register_parametrization(other, "bias", Doubled())
        assert parametrize.is_parametrized(other, "bias")
        assert not parametrize.is_parametrized(layer, "bias")
        other.parametrizations.weight.original0.data.fill_(0.0)
        assert not ag.equal(other.weight, layer.weight)


def test_within_cached_a_weight_is_computed_once() -> None:
    calls = []

    class Counted(nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            calls.append(1)
            return x * 1

    layer = register_parametrization(nn.Linear(2, 2), "weight", Counted(), unsafe=True)
    with parametrize.cached():
        with parametrize.cached():
            first = layer(ag.ones(2)) + layer(ag.ones(2))
        assert layer.weight is layer.weight
    assert len(calls) == 1
    first.sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[2, 2], [2, 2]]
    layer(ag.ones(2))
    assert len(calls) == 2


def test_modes_and_types_reach_the_parametrisations() -> None:
    layer = nn.Linear(2, 2).eval()
    register_parametrization(layer, "weight", Doubled())
    assert not layer.parametrizations.weight[0].training
    assert layer.train().parametrizations.weight[0].training
    assert layer.double().weight.dtype == np.float64
    assert "weight" in dir(layer)


def test_parametrisations_that_do_not_fit() -> None:
    class Wider(nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return ag.cat([x, x])

    class Other(nn.Module):
        def __init__(self, result: Any) -> None:
            super().__init__()
            self.result = result

        def forward(self, x: ag.Tensor) -> Any:
            return self.result(x)

    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="register_parametrization: expected a Module, got the class Doubled"):
        register_parametrization(layer, "weight", Doubled)
    with pytest.raises(ArgumentError, match="Linear has no parameter and no buffer 'wieght'"):
        register_parametrization(layer, "wieght", Doubled())
    with pytest.raises(ShapeError, match=r"Wider: must keep the tensor's shape \(2, 2\), got \(4, 2\)\n  fix: reshape"):
        register_parametrization(layer, "weight", Wider())
    with pytest.raises(DTypeError, match="Other: must keep the tensor's type float32, got float64"):
        register_parametrization(layer, "weight", Other(lambda x: x.double()))
    with pytest.raises(ArgumentError, match="Other: must return a Tensor, got list"):
        register_parametrization(layer, "weight", Other(lambda x: x.tolist()))
    assert type(layer) is nn.Linear
    register_parametrization(layer, "weight", Wider(), unsafe=True)
    assert layer.weight.shape == (4, 2)
    with pytest.raises(ShapeError, match="Wider: must keep"):
        register_parametrization(layer, "weight", Wider())
    with pytest.raises(ArgumentError, match=r"Linear\.bias is not parametrised"):
        remove_parametrizations(layer, "bias")


def test_assignments_that_do_not_fit() -> None:
    layer = register_parametrization(nn.Linear(2, 2), "weight", Squared())
    with pytest.raises(
        ArgumentError, match=r"Squared: has no right_inverse, so the tensor cannot be assigned to\n  fix"
    ):
        layer.weight = ag.ones(2, 2)
    layer = register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    with pytest.raises(TypeError, match=r"ParametrizedLinear\.weight: must be a Tensor, got list"):
        layer.weight = [1.0]
    with pytest.raises(ShapeError, match=r"Doubled.right_inverse: must keep the tensor's shape \(2, 2\), got \(3,\)"):
        layer.weight = ag.ones(3)


# --- weight norm and spectral norm ------------------------------------------------------------------------------------


def test_weight_norm_splits_length_and_direction() -> None:
    layer = nn.Linear(3, 2)
    value = layer.weight.detach().numpy().copy()
    for dim, lengths in ((0, (1,)), (1, (0,)), (None, (0, 1))):
        normed = parametrizations.weight_norm(copy.deepcopy(layer), dim=dim)
        g = normed.parametrizations.weight.original0
        np.testing.assert_allclose(g.detach().numpy().ravel(), np.sqrt((value**2).sum(lengths)).ravel(), rtol=1e-6)
        np.testing.assert_allclose(normed.weight.detach().numpy(), value, rtol=1e-5)


def test_states_with_older_names_are_loaded() -> None:
    old = nn.utils.weight_norm(nn.Linear(3, 2))
    new = parametrizations.weight_norm(nn.Linear(3, 2))
    net = nn.Sequential(new)
    net.load_state_dict(nn.Sequential(old).state_dict())
    x = ag.randn(4, 3)
    assert ag.equal(net(x), old(x))


@pytest.mark.parametrize("make", [nn.utils.weight_norm, nn.utils.spectral_norm])
def test_hooks_recompute_the_weight_and_can_be_taken_back(make: Any) -> None:
    layer = make(nn.Linear(3, 2))
    remove = nn.utils.remove_weight_norm if make is nn.utils.weight_norm else nn.utils.remove_spectral_norm
    x = ag.randn(4, 3)
    (layer(x) ** 2).sum().backward()
    optim.SGD(layer.parameters(), lr=0.1).step()
    before = layer.weight.detach().clone()
    layer.eval()(x)
    assert not ag.equal(layer.weight, before)
    result = layer(x).detach()
    with pytest.raises(ArgumentError, match=r"weight of Linear has a \w+ norm already"):
        make(layer)
    remove(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(layer(x).detach().numpy(), result.numpy(), rtol=1e-6)
    with pytest.raises(ArgumentError, match=r"weight of Linear has no \w+ norm"):
        remove(layer)


def irregular(shape: tuple[int, ...], start: float) -> np.ndarray[Any, Any]:
    return (2 * np.sin(1.7 * np.arange(np.prod(shape)) + start)).reshape(shape)


# PyTorch 2.13: after two iterations from fixed vectors, the weight, u, v, and the gradient of what is trained.
TORCH = {
    "parametrized": (
        [[0.15752473525, 0.750320495787, -0.350874064928], [-0.659904112873, 0.520924088341, 0.525667711415]],
        [-0.094434150508, -0.995531110121],
        [0.642079359504, -0.589452014583, -0.490184066043],
        [[0.695320930223, 0.340602359785, -0.783090407828], [0.56090204204, 0.065200071796, -0.577703382597]],
    ),
    "hook": (
        [[0.162331003358, 0.773213671668, -0.361579652375], [-0.680038576752, 0.536818105421, 0.541706462109]],
        [0.669689633284, 0.742641094387],
        [-0.297957057351, 0.953143141314, 0.052342565283],
        [[0.899435323129, -0.408544200767, -0.794157981238], [0.059333349538, -0.112720171332, -0.030286602594]],
    ),
}


@pytest.mark.parametrize("form", TORCH)
def test_spectral_norm_beside_torch(form: str) -> None:
    layer = nn.Linear(3, 2).double()
    layer.weight.data = ag.tensor(irregular((2, 3), 0.2))
    u, v = (ag.tensor(x / np.linalg.norm(x)) for x in (irregular((2,), 1.0), irregular((3,), 2.0)))
    if form == "parametrized":
        parametrizations.spectral_norm(layer, n_power_iterations=2)
        holder = layer.parametrizations.weight[0]
        holder._u, holder._v, trained = u, v, layer.parametrizations.weight.original
        weight = layer.weight
        found = holder._u, holder._v
    else:
        nn.utils.spectral_norm(layer, n_power_iterations=2)
        layer.weight_u, layer.weight_v, trained = u, v, layer.weight_orig
        layer(ag.ones(1, 3, dtype=np.float64))
        weight, found = layer.weight, (layer.weight_u, layer.weight_v)
    (weight * ag.tensor(irregular((2, 3), 0.9))).sum().backward()
    for mine, theirs in zip((weight.detach(), *found, trained.grad), TORCH[form], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, atol=1e-11)


@pytest.mark.parametrize("make", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_of_a_transposed_convolution_is_along_its_outputs(make: Any) -> None:
    layer = make(nn.ConvTranspose1d(2, 3, 2), n_power_iterations=50)
    layer(ag.ones(1, 2, 4))
    matrix = np.moveaxis(layer.weight.detach().numpy(), 1, 0).reshape(3, -1)
    assert np.linalg.norm(matrix, 2) == pytest.approx(1, rel=1e-5)


def test_spectral_norm_iterates_in_training_only_and_serves_two_forwards() -> None:
    layer = parametrizations.spectral_norm(nn.Linear(3, 2))
    holder = layer.parametrizations.weight[0]
    before = holder._u
    layer.eval()(ag.ones(3))
    assert holder._u is before
    layer.train()
    (layer(ag.ones(3)).sum() - layer(ag.zeros(3)).sum()).backward()
    assert layer.parametrizations.weight.original.grad is not None
    assert holder._u is not before
    vector = parametrizations.spectral_norm(nn.Linear(3, 2), "bias")
    assert ag.linalg.norm(vector.bias).item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda layer: parametrizations.weight_norm(layer, dim=-1), "weight_norm: dim=-1 is ambiguous"),
        (lambda layer: nn.utils.weight_norm(layer, dim=2), "weight_norm: dim 2 does not fit a tensor with 2 axes"),
        (lambda layer: nn.utils.weight_norm(layer, "gain"), "weight_norm: Linear has no parameter 'gain'"),
        (lambda layer: parametrizations.weight_norm(layer, "gain"), "Linear has no parameter and no buffer 'gain'"),
        (lambda layer: parametrizations.spectral_norm(layer, dim=2), "spectral_norm: dim 2 does not fit"),
        (lambda layer: parametrizations.spectral_norm(layer, n_power_iterations=0), "must be at least 1, got 0"),
        (lambda layer: nn.utils.spectral_norm(layer, n_power_iterations=0), "must be at least 1, got 0"),
        (lambda layer: parametrizations.orthogonal(layer, orthogonal_map="exp"), "must be 'matrix_exp', 'cayley' or"),
    ],
)
def test_settings_out_of_range(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make(nn.Linear(3, 2))


# --- orthogonal matrices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder", None])
@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 4)])
def test_a_weight_stays_orthogonal_in_training(kind: str | None, shape: tuple[int, int]) -> None:
    layer = parametrizations.orthogonal(nn.Linear(shape[1], shape[0]).double(), orthogonal_map=kind)
    optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.5, weight_decay=0.01)
    start = layer.weight.detach().clone()
    target = ag.tensor(irregular(shape, 0.4))
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = ((layer.weight - target) ** 2).sum()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    q = layer.weight.detach().numpy()
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)
    assert not ag.allclose(layer.weight, start)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 4), (2, 4, 3)])
def test_an_orthogonal_value_is_kept_and_another_made_orthogonal(kind: str, shape: tuple[int, ...]) -> None:
    values = irregular(shape, 0.7) + np.eye(*shape[-2:])
    tall = values if shape[-2] >= shape[-1] else np.swapaxes(values, -1, -2)
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    expected = q if shape[-2] >= shape[-1] else np.swapaxes(q, -1, -2)
    holder = nn.Module()
    holder.weight = nn.Parameter(ag.tensor(values))
    parametrizations.orthogonal(holder, orthogonal_map=kind)
    np.testing.assert_allclose(holder.weight.detach().numpy(), expected, atol=1e-12)
    holder.weight = ag.tensor(-expected)
    np.testing.assert_allclose(holder.weight.detach().numpy(), -expected, atol=1e-12)


# PyTorch 2.13: reflections without a base, from irregular values with 2 added on the diagonal.
REFLECTIONS = {
    (4, 3): (
        [
            [-1.0, -0.186471273456, 3.355569283906],
            [-0.220450109264, -1.0, 0.217230087143],
            [-0.288326457253, 0.002955039947, -1.0],
            [0.00248814231, -0.234543541486, 0.084743714715],
        ],
        [
            [0.0, 0.0, 0.0],
            [2.777997322139, 0.0, 0.0],
            [6.597397796365, -0.095278799726, 0.0],
            [2.964377498219, 7.815335933158, 2.487653254972],
        ],
    ),
    (2, 3): (
        [[-1.0, 0.275272253662, -0.1951177861], [-0.299431549806, -1.0, 0.099826203332]],
        [[0.0, -3.726559080284, 6.649405743814], [0.0, 0.0, -0.312592126661]],
    ),
}


@pytest.mark.parametrize("shape", REFLECTIONS)
def test_reflections_beside_torch(shape: tuple[int, int]) -> None:
    layer = nn.Linear(shape[1], shape[0], bias=False).double()
    parametrizations.orthogonal(layer, orthogonal_map="householder", use_trivialization=False)
    value = irregular(shape, 0.4) + 2 * np.eye(*shape)
    layer.weight = ag.tensor(value)
    original = layer.parametrizations.weight.original
    (layer.weight * ag.tensor(irregular(shape, 0.9) ** 2)).sum().backward()
    np.testing.assert_allclose(original.detach().numpy(), REFLECTIONS[shape][0], atol=1e-11)
    np.testing.assert_allclose(original.grad.numpy(), REFLECTIONS[shape][1], atol=1e-11)


def test_orthogonal_values_that_cannot_be() -> None:
    with pytest.raises(ShapeError, match=r"orthogonal: expected a matrix, got shape \(2,\)"):
        parametrizations.orthogonal(nn.Linear(3, 2), "bias")
    layer = parametrizations.orthogonal(nn.Linear(3, 3), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="with 'matrix_exp' and no base the matrix cannot be assigned to"):
        layer.weight = ag.eye(3)
    with pytest.raises(ShapeError, match=r"orthogonal: expected shape \(3, 3\), got \(2, 2\)"):
        layer.weight = ag.eye(2)
