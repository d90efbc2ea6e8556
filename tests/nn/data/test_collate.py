from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn.utils.data import DataLoader, default_collate, default_convert
from tests.nn.data.cases import Point


def test_collating_keeps_structure() -> None:
    batch = default_collate([{"p": Point(1, 2.0), "name": "a"}, {"p": Point(3, 4.0), "name": "b"}])
    assert isinstance(batch["p"], Point)
    assert batch["p"].x.tolist() == [1, 3]
    assert batch["p"].y.dtype == np.float64
    assert batch["name"] == ["a", "b"]
    assert default_collate([np.ones(2, np.float16), np.zeros(2, np.float16)]).dtype == np.float16
    assert default_collate([True, False]).dtype == np.bool_
    assert default_collate([np.float32(1), np.float32(2)]).dtype == np.float32


def test_collating_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"sample 1 of the batch has shape \(3,\), sample 0 has \(2,\)"):
        default_collate([ag.zeros(2), ag.zeros(3)])
    with pytest.raises(ShapeError, match=r"different lengths \[1, 2\]"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(DTypeError, match="got object"):
        default_collate([object()])


def test_errors_say_where_in_the_sample() -> None:
    samples = [{"boxes": (ag.zeros(2), ag.zeros(n))} for n in (2, 3)]
    with pytest.raises(ShapeError, match=r"sample 0 has \(2,\) \(at sample\['boxes'\]\[1\]\)\n  fix: bring"):
        default_collate(samples)
    with pytest.raises(DTypeError, match=r"got NoneType \(at sample\['y'\]\)"):
        default_collate([{"y": None}])
    with pytest.raises(ShapeError, match=r"different lengths \[1, 2\] \(at sample\[0\]\)"):
        default_collate([((1,),), ((1, 2),)])
    with pytest.raises(ArgumentError, match=r"sample 1 of the batch has the keys \['b'\], sample 0 has \['a'\]"):
        default_collate([{"a": 1}, {"b": 1}])
    with pytest.raises(ArgumentError, match="at least one sample"):
        default_collate([])


def test_converting_a_sample() -> None:
    sample = {
        "x": np.float32([1, 2]),
        "p": Point(np.int64(1), 2.5),
        "names": ("a", np.array(["b"])),
        "n": 3,
        "all": [np.ones(1), None],
    }
    converted = default_convert(sample)
    assert isinstance(converted["x"], ag.Tensor)
    assert converted["x"].dtype == np.float32
    assert isinstance(converted["p"], Point)
    assert isinstance(converted["p"].x, ag.Tensor)
    assert converted["p"].y == 2.5
    assert converted["names"][1] is sample["names"][1]  # type: ignore[index]  # text stays what it is
    assert converted["n"] == 3
    assert isinstance(converted["all"][0], ag.Tensor)
    assert converted["all"][1] is None
    (alone,) = DataLoader([np.ones(2)], batch_size=None)
    assert isinstance(alone, ag.Tensor)
