"""Linear layers, dropout and shapes, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "Linear(4, 3)": ((2, 4),),
    "Linear(4, 3, bias=False)": ((2, 2, 4),),
    "Linear(4, 3) | layer(a)": ((4,),),
    "Bilinear(3, 4, 2)": ((2, 3), (2, 4)),
    "Bilinear(3, 4, 2, bias=False)": ((2, 2, 3), (2, 2, 4)),
    "Bilinear(3, 1, 2) | layer(a, b)": ((3,), (1,)),
    "Flatten()": ((2, 2, 3),),
    "Flatten(0, 1)": ((2, 2, 3),),
    "Unflatten(1, (2, 3))": ((2, 6),),
    "Unflatten(-1, (3, -1))": ((2, 6),),
    "Identity()": ((2, 2),),
    "Identity(54, unused=True)": ((2, 2),),
    "Dropout(0.0)": ((2, 2),),
    "Dropout(1.0)": ((2, 2),),
    "Dropout(0.0, inplace=True)": ((2, 2),),
    "Dropout1d(0.0)": ((1, 2, 2),),
    "Dropout2d(0.0)": ((1, 2, 2, 2),),
    "Dropout2d(1.0, inplace=True)": ((1, 2, 2, 2),),
    "Dropout3d(0.0)": ((1, 2, 2, 1, 2),),
    "Dropout3d(1.0)": ((2, 2, 1, 2),),
    "AlphaDropout(0.0)": ((2, 2),),
    "AlphaDropout(1.0)": ((2, 2),),
    "FeatureAlphaDropout(0.0, inplace=True)": ((2, 2, 2),),
    "FeatureAlphaDropout(1.0)": ((2, 2, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.linear(a, b, c)": ((2, 4), (3, 4), (3,)),
    "F.bilinear(a, b, c, d)": ((2, 3), (2, 4), (2, 3, 4), (2,)),
    "ag.bilinear(a, b, c, None)": ((3,), (4,), (2, 3, 4)),
    "F.dropout(a, 0.3, False)": ((2, 2),),
    "F.dropout1d(a, 1.0)": ((2, 2),),
    "F.dropout3d(a, 0.5, training=False)": ((2, 2, 1, 2),),
    "F.alpha_dropout(a, 0.5)": ((2, 2),),
    "F.alpha_dropout(a, 1.0, True)": ((2, 2),),
    "F.feature_alpha_dropout(a, 0.3)": ((2, 2, 2),),
    "F.feature_alpha_dropout(a, p=1.0, training=True)": ((2, 2),),
}
