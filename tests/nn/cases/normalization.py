"""Normalisation, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_IMAGES: tuple[Any, ...] = ((3, 2, 2, 2),)
_CHANNELS: tuple[Any, ...] = ((2, 4, 3),)

LAYERS: dict[str, tuple[Any, ...]] = {
    "BatchNorm1d(3)": ((4, 3),),
    "BatchNorm1d(3, eps=0.01, momentum=0.3)": ((4, 3, 2),),
    "BatchNorm1d(3, bias=False)": ((4, 3),),
    "BatchNorm2d(2)": _IMAGES,
    "BatchNorm2d(2, momentum=None)": _IMAGES,
    "BatchNorm2d(2, affine=False)": _IMAGES,
    "BatchNorm2d(2, track_running_stats=False)": _IMAGES,
    "BatchNorm3d(2)": ((2, 2, 2, 1, 2),),
    "BatchNorm3d(2, 0.1, 0.5, False, False)": ((2, 2, 2, 1, 2),),
    "BatchNorm3d(2, bias=False, momentum=None)": ((2, 2, 2, 1, 2),),
    "LayerNorm(4)": ((2, 3, 4),),
    "LayerNorm((3, 4), eps=0.1)": ((2, 3, 4),),
    "LayerNorm(4, elementwise_affine=False)": ((2, 4),),
    "LayerNorm([4], bias=False)": ((2, 4),),
    "RMSNorm(4)": ((2, 3, 4),),
    "RMSNorm((3, 4), eps=0.1)": ((2, 3, 4),),
    "RMSNorm([4], elementwise_affine=False)": ((2, 4),),
    "GroupNorm(2, 4)": _CHANNELS,
    "GroupNorm(4, 4, eps=0.1)": _CHANNELS,
    "GroupNorm(1, 4, affine=False)": _CHANNELS,
    "GroupNorm(2, 4, bias=False)": ((2, 4),),
    "InstanceNorm1d(3)": ((2, 3, 4),),
    "InstanceNorm1d(3, affine=True)": ((3, 4),),
    "InstanceNorm1d(3, eps=0.1, momentum=0.3, affine=True, track_running_stats=True)": ((2, 3, 4),),
    "InstanceNorm2d(2)": _IMAGES,
    "InstanceNorm2d(2, affine=True, bias=False)": _IMAGES,
    "InstanceNorm2d(2, track_running_stats=True)": ((2, 2, 2),),
    "InstanceNorm2d(2, momentum=None, track_running_stats=True)": _IMAGES,
    "InstanceNorm3d(2, affine=True)": ((2, 2, 2, 1, 2),),
    "InstanceNorm3d(2, track_running_stats=True)": ((2, 2, 1, 2),),
    "LocalResponseNorm(2)": _CHANNELS,
    "LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0)": _CHANNELS,
    "LocalResponseNorm(4, 0.1, 2, 0.5)": ((2, 3, 2, 2),),
    "LocalResponseNorm(5, alpha=1.0)": ((1, 3, 2, 1, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.batch_norm(a, None, None, b, c, True, 0.1, 0.01)": ((4, 3), (3,), (3,)),
    "F.batch_norm(a, b.detach(), c.detach() ** 2)": ((4, 3), (3,), (3,)),
    "F.layer_norm(a, (3, 4), b, c, 0.1)": ((2, 3, 4), (3, 4), (3, 4)),
    "F.rms_norm(a, (4,), b, 0.1)": ((2, 3, 4), (4,)),
    "F.rms_norm(a, [4])": ((2, 3, 4),),
    "F.group_norm(a, 2, b, c, 0.1)": ((2, 4, 3), (4,), (4,)),
    "F.instance_norm(a, weight=b, bias=c, eps=0.1)": ((2, 3, 4), (3,), (3,)),
    "F.instance_norm(a, b.detach(), c.detach() ** 2, use_input_stats=False)": ((2, 3, 4), (3,), (3,)),
    "F.local_response_norm(a, 3, alpha=0.5, beta=0.6, k=2.0)": ((2, 4, 3),),
    "F.normalize(a)": ((2, 4),),
    "F.normalize(a, p=1, dim=0)": ((2, 4),),
    "F.normalize(a, p=3.0, dim=-1, eps=0.5)": ((2, 4),),
    "F.normalize(a, eps=20.0)": ((2, 4),),
    "F.normalize(a * 0, dim=0)": ((2, 4),),
}
