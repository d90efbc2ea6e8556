"""Records of autograd_np.ops.similarity."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import similarity
from tests.samples import Case, Record

_A = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_B = np.cos(np.arange(24.0) * 1.1 + 0.2).reshape(2, 3, 4)
_ROWS = np.sin(np.arange(12.0) * 2.1 + 0.3).reshape(4, 3)
_W = np.sin(np.arange(24.0) * 0.7 + 0.1).reshape(2, 4, 3)


def _norm(x, p, axis, keepdims=False):
    size = np.abs(x)
    if p == 0:
        return (size != 0).sum(axis, keepdims=keepdims).astype(x.dtype)
    if np.isinf(p):
        return size.max(axis, keepdims=keepdims)
    return (size**p).sum(axis, keepdims=keepdims) ** (1 / p)


def _cosine_similarity(x1, x2, dim=1, eps=1e-8):
    x1, x2 = np.broadcast_arrays(x1, x2)
    lengths = np.maximum(_norm(x1, 2, dim), eps) * np.maximum(_norm(x2, 2, dim), eps)
    return (x1 * x2).sum(dim) / lengths


def _torch_cosine_similarity(torch, x1, x2, dim=1, eps=1e-8):
    """Where a norm is less than eps PyTorch divides by eps, but differentiates as if by the norm."""
    x1, x2 = torch.broadcast_tensors(x1, x2)
    lengths = [torch.linalg.vector_norm(x, dim=dim).clamp_min(eps) for x in (x1, x2)]
    return (x1 * x2).sum(dim) / (lengths[0] * lengths[1])


def _bilinear(x1, x2, weight, bias=None):
    y = np.einsum("...m,omp,...p->...o", x1, weight, x2)
    return y if bias is None else y + bias


RECORDS = [
    Record(
        "cosine_similarity",
        similarity.cosine_similarity,
        _cosine_similarity,
        (
            Case((_A, _B)),
            Case((_A, _B[0, :1]), {"dim": -1}),
            Case((_A, _B), {"dim": 0, "eps": 1.2}),
            Case((_A[0, 0], _B[0, 0]), {"dim": 0}),
        ),
        rows=("norm_2", "div", "clamp", "mul", "sum", "expand"),
        torch=_torch_cosine_similarity,
    ),
    Record(
        "pairwise_distance",
        similarity.pairwise_distance,
        lambda x1, x2, p=2.0, eps=1e-6, keepdim=False: _norm(x1 - x2 + eps, p, -1, keepdim),
        (
            Case((_A, _B)),
            Case((_A, _B[0]), {"p": 1.0, "keepdim": True}),
            Case((_A[0], _B[0, 0]), {"p": 3.0, "eps": 0.1}),
            Case((_A[0, 0], _B[0, 0]), {"p": np.inf}),
        ),
        rows=("sub", "norm_2"),
    ),
    Record(
        "cdist",
        similarity.cdist,
        lambda a, b, p=2.0, compute_mode=None: _norm(a[..., :, None, :] - b[..., None, :, :], p, -1),
        (
            Case((_ROWS, _ROWS[:2] + 1)),
            Case((_A, _B), {"p": 1.0}),
            Case((_A, _B[:1, :2])),
            Case((_A[0], _B), {"compute_mode": "donot_use_mm_for_euclid_dist"}),
            Case((_ROWS, _ROWS[:2] + 1, 3.0)),
            Case((_ROWS, _ROWS[:2], 0.0)),
        ),
        rows=("cdist", "norm_p"),
    ),
    Record(
        "pdist",
        similarity.pdist,
        lambda x, p=2.0: np.array(
            [_norm(x[i] - x[j], p, -1) for i in range(len(x)) for j in range(i + 1, len(x))], x.dtype
        ),
        (*(Case((_ROWS,), {"p": p}) for p in (2.0, 1.0, 3.0, 0.0, np.inf)), Case((_ROWS[:1],))),
        rows=("index_select", "cdist", "norm_p"),
    ),
    Record(
        "bilinear",
        similarity.bilinear,
        _bilinear,
        (
            Case((_A, _B[..., :3], _W, np.array([0.5, -1.0]))),
            Case((_A[0], _B[0, :, :3], _W)),
            Case((_A[0, 0], _B[0, 0, :3], _W)),
        ),
        rows=("matmul", "reshape", "transpose"),
    ),
]
