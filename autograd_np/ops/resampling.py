"""Images at other sizes and places: interpolation, sampling at points, and pixels exchanged with channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, raise_shape
from autograd_np.kernels import resampling as kernels
from autograd_np.kernels import sampling
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.kernels.resampling import AxisMap
from autograd_np.kernels.windows import per_axis
from autograd_np.ops.joining import _stack
from autograd_np.ops.reductions import _sum

__all__ = ["channel_shuffle", "grid_sample", "interpolate", "pixel_shuffle", "pixel_unshuffle"]

#: One factor for all spatial axes, or one per axis.
Factors: TypeAlias = float | Sequence[float]

# --- rows ---------------------------------------------------------------------------------------------------------

#: A linear map and its adjoint: each is the other's derivative.
_interpolate = UnaryOp("interpolate", kernels.resample, lambda g, _y, _x, axes: _interpolate_adjoint(g, axes=axes))
_interpolate_adjoint = UnaryOp(
    "interpolate_adjoint", kernels.resample_adjoint, lambda h, _y, _g, axes: _interpolate(h, axes=axes)
)


def _in_points(g: Any, x: Any, p: Any, orders: tuple[int, ...], **how: str) -> Any:
    """Return the cotangent of points: along each coordinate the values' slope, weighted by g over the channels."""
    slopes = []
    for i in range(len(orders)):
        raised = (*orders[:i], orders[i] + 1, *orders[i + 1 :])
        slopes.append(_sum(g * _sample(x, p, orders=raised, **how), axes=(1,), keepdims=False))
    return _stack(*slopes, axis=len(g.shape) - 1)


#: Linear in the image, with derivatives of the same form in the points: `orders` counts them along each coordinate.
_sample = Op(
    "grid_sample",
    sampling.sample,
    lambda g, _y, _x, p, mode, orders, beyond: _sample_adjoint(
        g, p, size=_x.shape[2:], mode=mode, orders=orders, beyond=beyond
    ),
    lambda g, _y, x, p, mode, orders, beyond: _in_points(g, x, p, orders, mode=mode, beyond=beyond),
)
_sample_adjoint = Op(
    "grid_sample_adjoint",
    sampling.sample_adjoint,
    lambda h, _y, _g, p, size, mode, orders, beyond: _sample(h, p, mode=mode, orders=orders, beyond=beyond),
    lambda h, _y, g, p, size, mode, orders, beyond: _in_points(g, h, p, orders, mode=mode, beyond=beyond),
)
_into_image_slope = UnaryOp("into_image_slope", sampling.into_image_slope, None)
_into_image = UnaryOp(
    "into_image",
    sampling.into_image,
    lambda g, _y, p, size, beyond: g * _into_image_slope(p, size=size, beyond=beyond),
)


# --- other sizes --------------------------------------------------------------------------------------------------

#: Of each mode, what it does along an axis, and to inputs of how many spatial axes.
_MODES = {
    "nearest": ("nearest", (1, 2, 3)),
    "nearest-exact": ("nearest-exact", (1, 2, 3)),
    "area": ("area", (1, 2, 3)),
    "linear": ("linear", (1,)),
    "bilinear": ("linear", (2,)),
    "trilinear": ("linear", (3,)),
    "bicubic": ("cubic", (2,)),
}


def interpolate(
    input: TensorLike,
    size: int | Sequence[int] | None = None,
    scale_factor: Factors | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize sequences, images or volumes.

    Args:
        input: values.
        size: the new size, one number for all spatial axes or one for each.
        scale_factor: the new size as a multiple of the old one, rounded down; given instead of `size`.
        mode: 'nearest' (the element whose place is rounded down to), 'nearest-exact' (the nearest one), 'linear',
            'bilinear', 'trilinear' (for one, two and three spatial axes), 'bicubic', or 'area' (means of windows).
        align_corners: the centres of the outermost elements stay in their place; else their outer edges do. For the
            linear and cubic modes.
        recompute_scale_factor: take the ratio of the sizes for the step between elements where it differs from
            `scale_factor` by rounding.
        antialias: where 'bilinear' or 'bicubic' shrinks an image, average over all that a new pixel covers.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> the same axes.

    Raises:
        ShapeError: for another number of axes.
        ArgumentError: unless one of size and scale_factor is given and gives at least one element, and the options fit
            the mode and the mode the axes.
        DTypeError: for integers in a mode that computes means.

    Source: torch.nn.functional.interpolate; Keys (1981) for the cubic mode.

    Example:
        >>> x = as_tensor([[[1.0, 3.0]]])
        >>> interpolate(x, 4), interpolate(x, scale_factor=2, mode="linear")
        (tensor([[[1., 1., 3., 3.]]]), tensor([[[1. , 1.5, 2.5, 3. ]]]))
    """
    x = as_tensor(input)
    if x.ndim not in {3, 4, 5}:
        expected = "the input must be (N, C, L), (N, C, H, W) or (N, C, D, H, W)"
        raise_shape("interpolate", {"input": x.shape}, expected, "add the axes that are missing, as in x.unsqueeze(0)")
    kind = _checked_mode(x, mode, align_corners, antialias)
    old = x.shape[2:]
    steps: Sequence[float | None] = (None,) * len(old)
    if scale_factor is None:
        if size is None:
            raise ArgumentError("interpolate: neither size nor scale_factor is given\n  fix: pass one of them")
        if recompute_scale_factor:
            raise ArgumentError("interpolate: recompute_scale_factor belongs to scale_factor, but size is given")
        new = per_axis("interpolate", "size", size, len(old))
    elif size is not None:
        raise ArgumentError("interpolate: both size and scale_factor are given\n  fix: pass one of them")
    else:
        factors = _factors(scale_factor, len(old))
        new = tuple(math.floor(n * factor) for n, factor in zip(old, factors, strict=True))
        if not recompute_scale_factor and mode != "area":
            steps = [1 / factor for factor in factors]
    if min(new) < 1 or min(old) < 1:
        raise ArgumentError(f"interpolate: every axis needs at least one element, got {old} to be resized to {new}")
    axes = tuple(
        AxisMap(kind, n, m, step, bool(align_corners), antialias) for n, m, step in zip(old, new, steps, strict=True)
    )
    return _interpolate(x, axes=axes)


def _factors(scale_factor: Factors, rank: int) -> tuple[float, ...]:
    """Return one factor per spatial axis."""
    given = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * rank
    if len(given) != rank or not all(float(factor) > 0 for factor in given):
        raise ArgumentError(
            f"interpolate: scale_factor must be a positive number, or {rank} of them, one per spatial axis, "
            f"got {scale_factor}"
        )
    return tuple(float(factor) for factor in given)


def _checked_mode(x: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> str:
    """Return what a mode does along each axis, after checking that it fits the input and the options."""
    kind, ranks = _MODES.get(mode, ("", ()))
    if x.ndim - 2 not in ranks:
        fitting = [name for name, (_, allowed) in _MODES.items() if x.ndim - 2 in allowed]
        raise ArgumentError(
            f"interpolate: the mode {mode!r} does not fit an input of shape {x.shape}\n"
            f"  fix: with {x.ndim} axes it is one of {', '.join(fitting)}"
        )
    if align_corners is not None and kind not in {"linear", "cubic"}:
        raise ArgumentError(f"interpolate: align_corners belongs to linear and cubic modes, but the mode is {mode!r}")
    if antialias and mode not in {"bilinear", "bicubic"}:
        raise ArgumentError(f"interpolate: antialias belongs to 'bilinear' and 'bicubic', but the mode is {mode!r}")
    if x.dtype.kind != "f" and not kind.startswith("nearest"):
        raise DTypeError(f"interpolate: the mode {mode!r} computes means, got {x.dtype}\n  fix: x.float()")
    return kind


# --- other places -------------------------------------------------------------------------------------------------

_SAMPLING = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}


def grid_sample(
    input: TensorLike,
    grid: TensorLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Read images at points between their pixels; gradients reach the images and the points.

    Args:
        input: images or volumes.
        grid: the points: from -1 to 1 across the image, the horizontal coordinate first.
        mode: 'bilinear' (trilinear for volumes), 'nearest', or for images 'bicubic'.
        padding_mode: what lies outside: 'zeros', 'border' (the nearest pixel) or 'reflection'.
        align_corners: -1 and 1 are the centres of the outermost pixels; else (also if None) their outer edges.

    Shapes: input (N, C, H, W) and grid (N, OH, OW, 2) -> (N, C, OH, OW); or input (N, C, D, H, W) and grid
        (N, OD, OH, OW, 3) -> (N, C, OD, OH, OW).
    Raises: ShapeError if the shapes do not fit; ArgumentError for an unknown mode; DTypeError unless both are of one
        floating type.
    Source: torch.nn.functional.grid_sample; Jaderberg et al., Spatial Transformer Networks (2015).

    Example:
        >>> image = as_tensor([[[[1.0, 3.0]]]])
        >>> grid_sample(image, as_tensor([[[[-0.5, 0.0], [0.0, 0.0]]]]))
        tensor([[[[1., 2.]]]])
    """
    x, points = as_tensor(input), as_tensor(grid)
    _check_grid(x, points)
    if mode not in _SAMPLING or (mode == "bicubic" and x.ndim == 5):
        fitting = "'bilinear', 'nearest' or 'bicubic'" if x.ndim == 4 else "'bilinear' or 'nearest' for volumes"
        raise ArgumentError(f"grid_sample: mode must be {fitting}, got {mode!r}")
    if padding_mode not in {"zeros", "border", "reflection"}:
        expected = "'zeros', 'border' or 'reflection'"
        raise ArgumentError(f"grid_sample: padding_mode must be {expected}, got {padding_mode!r}")
    beyond = padding_mode
    if padding_mode == "reflection":
        beyond = "reflect" if align_corners else "symmetric"
    size = x.shape[:1:-1]
    if align_corners:
        p = (points + 1) * as_tensor([(n - 1) / 2 for n in size], x.dtype)
    else:
        p = (points + 1) * as_tensor([n / 2 for n in size], x.dtype) - 0.5
    if mode != "bicubic" and beyond != "zeros":
        # A cubic's outer taps look further than its point, and are brought inside one by one.
        p = _into_image(p, size=size, beyond=beyond)
        beyond = "zeros"
    y: Tensor = _sample(x, p, mode=_SAMPLING[mode], orders=(0,) * len(size), beyond=beyond)
    return y


def _check_grid(x: Tensor, grid: Tensor) -> None:
    rank = x.ndim - 2
    if rank not in {2, 3} or grid.ndim != x.ndim or grid.shape[-1] != rank or grid.shape[0] != x.shape[0]:
        raise_shape(
            "grid_sample",
            {"input": x.shape, "grid": grid.shape},
            "expected input (N, C, H, W) with grid (N, OH, OW, 2), or input (N, C, D, H, W) with grid "
            "(N, OD, OH, OW, 3)",
            "affine_grid makes such a grid; both need the same N",
        )
    check_one_type("grid_sample", x.dtype, grid.dtype)
    if x.dtype.kind != "f":
        raise DTypeError(f"grid_sample: the input must hold floating-point numbers, got {x.dtype}\n  fix: x.float()")
    if 0 in x.shape[2:]:
        raise_shape("grid_sample", {"input": x.shape}, "an image without pixels has no values to read")


# --- pixels and channels ------------------------------------------------------------------------------------------


def _image(name: str, input: TensorLike, least: int) -> Tensor:
    x = as_tensor(input)
    if x.ndim < least:
        raise_shape(name, {"input": x.shape}, f"the input needs at least {least} axes, the channels among them")
    return x


def _positive(name: str, what: str, value: int) -> int:
    if not hasattr(value, "__index__") or value < 1:
        raise ArgumentError(f"{name}: {what} must be a positive integer, got {value!r}")
    return value.__index__()


def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """Make each r² channels the r × r pixels of one channel: images grow by r in height and width.

    Shapes: (*, C·r·r, H, W) -> (*, C, H·r, W·r) with r = upscale_factor.
    Raises: ShapeError if the channels cannot be divided by r²; ArgumentError for a factor below 1.
    Source: torch.pixel_shuffle; Shi et al. (2016).

    Example:
        >>> pixel_shuffle(as_tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
        tensor([[[1., 2.],
                 [3., 4.]]])
    """
    x, r = _image("pixel_shuffle", input, 3), _positive("pixel_shuffle", "upscale_factor", upscale_factor)
    *lead, channels, h, w = x.shape
    if channels % (r * r):
        raise_shape("pixel_shuffle", {"input": x.shape}, f"the {channels} channels must be a multiple of {r}²")
    split = x.reshape((*lead, channels // (r * r), r, r, h, w))
    n = len(lead)
    turned = split.permute((*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return turned.reshape((*lead, channels // (r * r), h * r, w * r))


def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """Make the pixels of each r × r block r² channels: the inverse of `pixel_shuffle`.

    Shapes: (*, C, H·r, W·r) -> (*, C·r·r, H, W) with r = downscale_factor.
    Raises: ShapeError if height or width cannot be divided by r; ArgumentError for a factor below 1.
    Source: torch.pixel_unshuffle; Shi et al. (2016).

    Example:
        >>> pixel_unshuffle(as_tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2).shape
        (4, 1, 1)
    """
    x, r = _image("pixel_unshuffle", input, 3), _positive("pixel_unshuffle", "downscale_factor", downscale_factor)
    *lead, channels, h, w = x.shape
    if h % r or w % r:
        raise_shape("pixel_unshuffle", {"input": x.shape}, f"height {h} and width {w} must be multiples of {r}")
    split = x.reshape((*lead, channels, h // r, r, w // r, r))
    n = len(lead)
    turned = split.permute((*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return turned.reshape((*lead, channels * r * r, h // r, w // r))


def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """Deal the channels of all groups out in turn, so that a grouped convolution sees some of each group.

    Shapes: (N, C, *) -> the same.
    Raises: ShapeError if the channels cannot be divided by the groups; ArgumentError for groups below 1.
    Source: torch.channel_shuffle; Zhang et al., ShuffleNet (2018).

    Example:
        >>> channel_shuffle(as_tensor([[[1], [2], [3], [4]]]), 2).flatten()
        tensor([1, 3, 2, 4])
    """
    x, g = _image("channel_shuffle", input, 3), _positive("channel_shuffle", "groups", groups)
    n, channels = x.shape[:2]
    if channels % g:
        raise_shape("channel_shuffle", {"input": x.shape}, f"the {channels} channels must be a multiple of {g} groups")
    return x.reshape((n, g, channels // g, *x.shape[2:])).transpose(1, 2).reshape(x.shape)
