"""Images at other sizes and places, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_L: tuple[Any, ...] = ((1, 2, 5),)
_HW: tuple[Any, ...] = ((1, 1, 3, 4),)
_DHW: tuple[Any, ...] = ((1, 1, 2, 2, 3),)
_PIXELS: tuple[Any, ...] = ((1, 4, 1, 2),)
_POINTS: tuple[Any, ...] = ((1, 2, 3, 4), (1, 2, 2, 2))
_PLACES: tuple[Any, ...] = ((1, 1, 2, 3, 2), (1, 1, 2, 2, 3))

LAYERS: dict[str, tuple[Any, ...]] = {
    "Upsample(scale_factor=2)": _L,
    "Upsample(7)": _L,
    "Upsample(size=(2, 6), mode='nearest')": _HW,
    "Upsample(scale_factor=1.7, mode='nearest-exact')": _HW,
    "Upsample(scale_factor=1.7, mode='linear')": _L,
    "Upsample(scale_factor=1.7, mode='linear', recompute_scale_factor=True)": _L,
    "Upsample(size=3, mode='linear', align_corners=True)": _L,
    "Upsample(scale_factor=(2, 1.5), mode='bilinear')": _HW,
    "Upsample(size=(2, 3), mode='bilinear', align_corners=False)": _HW,
    "Upsample(scale_factor=(1.4, 0.6), mode='bicubic')": _HW,
    "Upsample(size=(4, 3), mode='bicubic', align_corners=True)": _HW,
    "Upsample(scale_factor=1.5, mode='trilinear')": _DHW,
    "Upsample(size=(1, 3, 2), mode='trilinear', align_corners=True)": _DHW,
    "Upsample(size=(2, 3), mode='area')": _HW,
    "UpsamplingNearest2d(size=(2, 6))": _HW,
    "UpsamplingNearest2d(scale_factor=2)": _HW,
    "UpsamplingBilinear2d(scale_factor=2)": _HW,
    "UpsamplingBilinear2d((2, 6))": _HW,
    "PixelShuffle(2)": _PIXELS,
    "PixelShuffle(1)": ((2, 1, 2),),
    "PixelUnshuffle(2)": ((1, 1, 2, 4),),
    "PixelUnshuffle(downscale_factor=3)": ((1, 3, 3),),
    "ChannelShuffle(2)": ((1, 6, 2, 1),),
    "ChannelShuffle(3)": ((1, 6, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.interpolate(a, 8)": _L,
    "F.interpolate(a, scale_factor=0.7)": _L,
    "F.interpolate(a, scale_factor=0.7, mode='nearest-exact')": _L,
    "F.interpolate(a, 3, mode='area')": _L,
    "F.interpolate(a, scale_factor=0.6, mode='area')": _L,
    "F.interpolate(a, scale_factor=(1.4, 2.3), recompute_scale_factor=True)": _HW,
    "F.interpolate(a, (5, 3), None, 'bilinear', True)": _HW,
    "F.interpolate(a, (2, 6), mode='bilinear', antialias=True)": _HW,
    "F.interpolate(a, (2, 2), mode='bicubic', antialias=True)": _HW,
    "F.interpolate(a, scale_factor=0.5, mode='bicubic', align_corners=True, antialias=True)": _HW,
    "F.interpolate(a, 2, mode='area')": _DHW,
    "F.interpolate(a, 3)": _DHW,
    "F.grid_sample(a, b)": _POINTS,
    "F.grid_sample(a, b, align_corners=True)": _POINTS,
    "F.grid_sample(a, b, 'nearest', 'border', False)": _POINTS,
    "F.grid_sample(a, b, mode='nearest', align_corners=True)": _POINTS,
    "F.grid_sample(a, b, padding_mode='border', align_corners=True)": _POINTS,
    "F.grid_sample(a, b, padding_mode='reflection', align_corners=True)": _POINTS,
    "F.grid_sample(a, b, padding_mode='reflection', align_corners=False)": _POINTS,
    "F.grid_sample(a, b, mode='bicubic', padding_mode='reflection', align_corners=False)": _POINTS,
    "F.grid_sample(a, b, mode='bicubic', padding_mode='border', align_corners=True)": _POINTS,
    "F.grid_sample(a, b, mode='bicubic', padding_mode='zeros', align_corners=False)": _POINTS,
    "F.grid_sample(a, b, padding_mode='zeros')": _PLACES,
    "F.grid_sample(a, b, 'bilinear', 'reflection', True)": _PLACES,
    "F.affine_grid(a, (2, 1, 2, 3))": ((2, 2, 3),),
    "F.affine_grid(a, [1, 1, 3, 1], align_corners=True)": ((1, 2, 3),),
    "F.affine_grid(a, (1, 1, 2, 1, 2), False)": ((1, 3, 4),),
    "F.grid_sample(a, F.affine_grid(b, (1, 1, 2, 3), False), align_corners=False)": ((1, 1, 3, 4), (1, 2, 3)),
    "F.pixel_shuffle(a, 2)": _PIXELS,
    "ag.pixel_shuffle(a, 2)": _PIXELS,
    "ag.pixel_unshuffle(a, 1)": _PIXELS,
    "F.channel_shuffle(a, 2)": _PIXELS,
    "ag.channel_shuffle(a, 4)": _PIXELS,
}
