"""Ready-made parametrisations: weight norm, spectral norm, and orthogonal matrices.

Source: torch.nn.utils.parametrizations.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from autograd_np import Tensor, as_tensor, cat, eye, linalg, no_grad, randn, zeros_like
from autograd_np.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.module import Module
from nn.utils._norms import as_matrix, checked_axis, norms_along, power_iterations, scaled
from nn.utils.parametrize import register_parametrization
from nn.utils.spectral_norm import output_axis

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

AnyModule = TypeVar("AnyModule", bound=Module)


def _tensor_of(module: Module, name: str, what: str) -> Tensor:
    value = getattr(module, name, None)
    if not isinstance(value, Tensor):
        raise ArgumentError(f"{what}: {type(module).__name__} has no parameter and no buffer {name!r}")
    return value


# --- weight norm ------------------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """Compute g·v / |v|."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """Return the weight."""
        return scaled(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return its lengths and itself."""
        return norms_along(weight, self.dim), weight.clone()


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    """Train the lengths and the directions of a weight's slices apart: w = g·v / |v|.

    'parametrizations.weight.original0' is g and 'original1' v; states with the older names 'weight_g' and 'weight_v'
    are loaded as well.

    Args:
        module: the module.
        name: which parameter.
        dim: axis along which each slice has a length of its own; None for one length.

    Raises: ArgumentError if there is no such parameter or axis.
    Source: Salimans and Kingma (2016); torch.nn.utils.parametrizations.weight_norm.

    Example:
        >>> import nn
        >>> layer = weight_norm(nn.Linear(3, 2)); layer
        ParametrizedLinear(
          in_features=3, out_features=2, bias=True
          (parametrizations): ModuleDict(
            (weight): ParametrizationList(
              (0): _WeightNorm()
            )
          )
        )
        >>> {key: tuple(value.shape) for key, value in layer.state_dict().items()}
        {'bias': (2,), 'parametrizations.weight.original0': (2, 1), 'parametrizations.weight.original1': (2, 3)}
    """
    axis = checked_axis(dim, _tensor_of(module, name, "weight_norm").ndim, "weight_norm")
    register_parametrization(module, name, _WeightNorm(axis), unsafe=True)
    module.register_load_state_dict_pre_hook(_OlderNames(name))
    return module


class _OlderNames:
    """Renames the keys of the hook's form of weight norm in a state that is about to be loaded."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Module, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        old = [f"{prefix}{self.name}_{which}" for which in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{self.name}.original{i}"] = state_dict.pop(key)


# --- spectral norm ----------------------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """Compute the weight over its largest singular value, by the power method."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if n_power_iterations < 1:
            raise ArgumentError(f"spectral_norm: n_power_iterations must be at least 1, got {n_power_iterations}")
        if not -weight.ndim <= dim < weight.ndim:
            raise ArgumentError(f"spectral_norm: dim {dim} does not fit a tensor with {weight.ndim} axes")
        self.dim = dim % weight.ndim
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, F.normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, count: int) -> None:
        # New tensors, because graphs recorded before still need the old ones.
        self._u, self._v = power_iterations(matrix, self._u, self._v, count, self.eps, first="u")

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight over its largest singular value; of a vector, over its length."""
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        return weight / (self._u @ (matrix @ self._v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return the value: it is its own original, up to its scale."""
        return value


def spectral_norm(
    module: AnyModule,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> AnyModule:
    """Divide a weight by its largest singular value, so that the layer stretches nothing.

    The value is found by the power method, which goes on by `n_power_iterations` whenever the weight is read in
    training.

    Args:
        module: the module.
        name: which parameter.
        n_power_iterations: steps of the power method.
        eps: smallest length that a vector is divided by.
        dim: axis of the outputs; None for 1 in transposed convolutions and 0 in all others.

    Raises: ArgumentError if there is no such parameter or axis, or for fewer iterations than 1.
    Source: Miyato et al. (2018), algorithm 1; torch.nn.utils.parametrizations.spectral_norm.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> layer = spectral_norm(nn.Linear(4, 3), n_power_iterations=30)
        >>> round(ag.linalg.norm(layer.weight, 2).item(), 3)
        1.0
    """
    weight = _tensor_of(module, name, "spectral_norm")
    axis = output_axis(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, axis, eps))


# --- orthogonal matrices ----------------------------------------------------------------------------------------------


class _Orthogonal(Module):
    """Compute a matrix with orthonormal columns (or rows, if they are fewer) from any matrix of its shape."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool) -> None:
        super().__init__()
        self.shape = tuple(weight.shape)
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        """Return the orthogonal matrix."""
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x  # (*, M, P) with M >= P
        q = _reflected(x) if self.orthogonal_map == "householder" else self._rotated(x)
        if self.use_trivialization and self.base is not None:
            q = self.base @ q
        return q.mT if wide else q

    def _rotated(self, x: Tensor) -> Tensor:
        """Return the first columns of exp(A), or of Cayley's map of A, for the skew A that has x below its diagonal."""
        size, columns = x.shape[-2:]
        lower = x.tril()
        if size != columns:
            lower = cat([lower, lower.new_zeros((*x.shape[:-1], size - columns))], -1)
        skew = lower - lower.mT
        if self.orthogonal_map == "matrix_exp":
            return linalg.matrix_exp(skew)[..., :columns]
        one = eye(size, dtype=x.dtype)
        return linalg.solve(one - skew / 2, one + skew / 2)[..., :columns]

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return what is computed to `value`, made orthogonal.

        Raises: NotImplementedError without a base, except for reflections; ShapeError for another shape.
        """
        if tuple(value.shape) != self.shape:
            raise ShapeError(f"orthogonal: expected shape {self.shape}, got {tuple(value.shape)}")
        wide = value.shape[-2] < value.shape[-1]
        q = value.mT if wide else value
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    f"orthogonal: with {self.orthogonal_map!r} and no base the matrix cannot be assigned to\n"
                    "  fix: use_trivialization=True"
                )
            start = as_tensor(_reflectors(q.numpy(force=True)))
            return start.mT if wide else start
        size, columns = q.shape[-2:]
        if size != columns:
            q = cat([q, randn(*q.shape[:-1], size - columns, dtype=q.dtype)], -1)
        self.base = as_tensor(_orthogonalised(q.numpy(force=True)))
        # The zero of all three maps: no rotation, and reflections that -1 turns into none.
        start = zeros_like(value)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1)
        return start


def _reflected(x: Tensor) -> Tensor:
    """Return the first columns of the product of the reflections whose vectors stand below x's diagonal.

    H₁·H₂·… = 1 - V·T·Vᵀ with T⁻¹ = the upper triangle of VᵀV, its diagonal halved. Source: Joffrain et al. (2006).
    """
    size, columns = x.shape[-2:]
    v = x.tril(-1) + eye(size, columns, dtype=x.dtype)
    gram = v.mT @ v
    inverse = gram.triu(1) + gram * eye(columns, dtype=x.dtype) / 2
    q = eye(size, columns, dtype=x.dtype) - v @ linalg.solve(inverse, v[..., :columns, :].mT)
    # The diagonal of x holds the columns' signs, which are not trained.
    return q * x.detach().diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


def _reflectors(matrix: Any) -> Any:
    """Return the reflections of a matrix's Q factor below the diagonal, and its columns' signs on it."""
    packed, scale = np.linalg.qr(matrix, mode="raw")
    found = np.swapaxes(packed, -1, -2).copy()
    on = np.arange(found.shape[-1])
    signs = np.where(found[..., on, on] < 0, -1, 1)
    found[..., on, on] = np.where(scale == 0, -signs, signs)
    return found


def _orthogonalised(matrix: Any) -> Any:
    """Return the Q factor whose R has a positive diagonal: of an orthogonal matrix itself."""
    q, r = np.linalg.qr(matrix)
    return q * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(q.dtype)[..., None, :]


def orthogonal(
    module: AnyModule, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> AnyModule:
    """Keep a matrix orthogonal: its columns orthonormal, or its rows, if they are fewer.

    Args:
        module: the module.
        name: which parameter; of more than two axes the last two are matrices.
        orthogonal_map: 'matrix_exp' and 'cayley' map skew matrices, 'householder' multiplies reflections; None for
            'matrix_exp' if the matrix is square and 'householder' otherwise.
        use_trivialization: multiply by a fixed orthogonal matrix from which training starts, so that the weight keeps
            its value if that is orthogonal; without it only reflections can be assigned to.

    Raises: ArgumentError for an unknown map, or if there is no such parameter; ShapeError for a vector.
    Source: Lezcano-Casado (2019); torch.nn.utils.parametrizations.orthogonal.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> q = orthogonal(nn.Linear(3, 5)).weight
        >>> bool(ag.allclose(q.T @ q, ag.eye(3), atol=1e-6))
        True
    """
    weight = _tensor_of(module, name, "orthogonal")
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal: expected a matrix, got shape {tuple(weight.shape)}")
    kind = orthogonal_map or ("matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder")
    if kind not in ("matrix_exp", "cayley", "householder"):
        raise ArgumentError(
            f"orthogonal: orthogonal_map must be 'matrix_exp', 'cayley' or 'householder', got {orthogonal_map!r}"
        )
    with no_grad():
        made = _Orthogonal(weight, kind, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
