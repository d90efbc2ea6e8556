"""Parametrised layers that are compared with PyTorch, values that are drawn at random left out."""

from __future__ import annotations

LAYERS = {
    "utils.parametrizations.weight_norm(nn.Linear(4, 3))": [(2, 4)],
    "utils.parametrizations.weight_norm(nn.Linear(4, 3), dim=1)": [(2, 4)],
    "utils.parametrizations.weight_norm(nn.Linear(4, 3, bias=False), name='weight', dim=None)": [(2, 4)],
    "utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 2), dim=1)": [(1, 2, 3, 3)],
    "utils.weight_norm(nn.Linear(4, 3))": [(2, 4)],
    "utils.weight_norm(nn.Conv1d(2, 3, 2), dim=2)": [(1, 2, 4)],
    "utils.weight_norm(nn.Linear(4, 3), dim=None)": [(2, 4)],
    "utils.parametrizations.orthogonal(nn.Linear(3, 3), use_trivialization=False)": [(2, 3)],
    "utils.parametrizations.orthogonal(nn.Linear(3, 4), 'weight', 'matrix_exp', use_trivialization=False)": [(2, 3)],
    "utils.parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map='cayley', use_trivialization=False)": [(2, 3)],
    "utils.parametrizations.orthogonal(nn.Linear(4, 2), orthogonal_map='cayley', use_trivialization=False)": [(2, 4)],
}
