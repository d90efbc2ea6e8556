"""Padding, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_L: tuple[Any, ...] = ((1, 2, 4),)
_HW: tuple[Any, ...] = ((1, 1, 3, 4),)
_DHW: tuple[Any, ...] = ((1, 1, 2, 2, 3),)

LAYERS: dict[str, tuple[Any, ...]] = {
    "ConstantPad1d(1, 3.5)": _L,
    "ConstantPad1d((2, -1), -1)": ((4,),),
    "ConstantPad2d(1, 3.5)": _HW,
    "ConstantPad2d((0, 1, 2, -1), 0.5)": ((3, 4),),
    "ConstantPad3d(1, 3.5)": ((1, 1, 1, 1, 2),),
    "ConstantPad3d((0, 1, 1, 0, -1, 1), 2)": _DHW,
    "ZeroPad1d(1)": _L,
    "ZeroPad1d((0, 2))": _L,
    "ZeroPad2d(1)": _HW,
    "ZeroPad2d([1, 0, -1, 2])": _HW,
    "ZeroPad3d(1)": ((1, 1, 1, 1, 2),),
    "ZeroPad3d((0, 1, 1, 0, 2, 0))": _DHW,
    "ReflectionPad1d(2)": _L,
    "ReflectionPad1d((3, 0))": ((2, 4),),
    "ReflectionPad2d(2)": _HW,
    "ReflectionPad2d((3, 0, 1, 2))": ((1, 3, 4),),
    "ReflectionPad3d(1)": _DHW,
    "ReflectionPad3d((2, 0, 1, 0, 0, 1))": ((1, 2, 2, 3),),
    "ReplicationPad1d(2)": _L,
    "ReplicationPad1d((3, 0))": ((2, 4),),
    "ReplicationPad2d(1)": _HW,
    "ReplicationPad2d((5, 0, 1, 2))": ((1, 3, 4),),
    "ReplicationPad3d(1)": _DHW,
    "ReplicationPad3d((2, 0, 1, 0, 0, 3))": ((1, 2, 2, 3),),
    "CircularPad1d(2)": _L,
    "CircularPad1d((4, 0))": ((2, 4),),
    "CircularPad2d(2)": _HW,
    "CircularPad2d((3, 0, 1, 2))": ((1, 3, 4),),
    "CircularPad3d(1)": _DHW,
    "CircularPad3d((2, 0, 1, 0, 0, 1))": ((1, 2, 2, 3),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.pad(a, (1, 2, 0, 1), value=2.5)": _HW,
    "F.pad(a, (1, 2), mode='reflect')": _L,
    "F.pad(a, (1, 0, 2, 1), 'replicate')": _HW,
    "F.pad(a, (1, 2, 1, 0), mode='circular')": _HW,
}
