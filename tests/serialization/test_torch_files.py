"""Files of torch.save: what PyTorch put into them comes out."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from nn import optim
from tests.serialization.pickles import entries, load, zipped
from tests.serialization.torch_files import FOLDER, NUMBERS, PLAIN
from tests.serialization.trees import assert_same


@pytest.mark.parametrize("file", ["numbers.pt", "legacy.pt"])
def test_every_element_type(file: str) -> None:
    with pytest.warns(UserWarning, match=r"obj\['bfloat16'\] was stored as bfloat16"):
        loaded = ag.load(FOLDER / file)
    for name, values in NUMBERS.items():
        dtype = "float32" if name == "bfloat16" else name
        assert_same(loaded[name], ag.as_tensor(np.array(values, dtype)))


@pytest.mark.parametrize("file", ["plain.pt", "plain_protocol_5.pt"])
def test_containers_and_numbers(file: str) -> None:
    assert_same(ag.load(FOLDER / file), PLAIN)


@pytest.mark.filterwarnings("ignore:.* stored as bfloat16")
@pytest.mark.parametrize("file", ["views.pt", "legacy.pt"])
def test_views_of_shared_storages(file: str) -> None:
    loaded = ag.load(FOLDER / file)
    base = np.arange(12, dtype=np.float32).reshape(3, 4)
    expected = {
        "base": base,
        "row": base[1],
        "column": base[:, 2],
        "turned": base.T,
        "steps": base[::2, 1::2],
        "expanded": np.array([[1, 1, 1], [2, 2, 2]], np.float32),
        "scalar": base[2, 3],
        "empty": np.zeros((0, 3), np.float32),
    }
    for name, array in expected.items():
        assert_same(loaded[name].numpy(), np.asarray(array))
    assert loaded["again"] is loaded["base"]
    assert loaded["size"] == (3, 4)
    for name, wanted in {"parameter": True, "fixed": False, "wants": True, "base": False}.items():
        assert loaded[name].requires_grad == wanted
    x = ag.ones(4, requires_grad=True)
    y = (x * loaded["row"]).sum()
    loaded["base"].zero_()
    for name in ("row", "column", "turned", "steps", "scalar"):
        assert loaded[name].abs().sum().item() == 0
    with pytest.raises(ag.errors.MutationError):
        y.backward()
    with pytest.raises(ag.errors.MutationError):
        loaded["expanded"].zero_()


def test_training_goes_on_from_a_checkpoint_of_pytorch() -> None:
    saved = ag.load(FOLDER / "training.pt")
    model = nn.Sequential(OrderedDict(a=nn.Linear(3, 4), n=nn.BatchNorm1d(4), b=nn.Linear(4, 2)))
    optimizer = optim.Adam(model.parameters())
    schedule = optim.lr_scheduler.MultiStepLR(optimizer, [1])
    assert repr(model.load_state_dict(saved["model"])) == "<All keys matched successfully>"
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    for _ in range(2):
        optimizer.zero_grad()
        ((model(saved["x"]) - saved["t"]) ** 2).mean().backward()
        optimizer.step()
        schedule.step()
    # a.bias only shifts what the normalisation takes away again: its gradient is rounding error, which Adam enlarges.
    for key, value in model.state_dict().items():
        if key not in {"a.bias", "n.running_mean"}:
            np.testing.assert_allclose(value.numpy(), saved["later"][key].numpy(), rtol=1e-4, atol=1e-6, err_msg=key)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("module.pt", r"names torch.nn.modules.linear.Linear, [\s\S]*fix: in PyTorch, save the model's state_dict\(\)"),
        ("complex.pt", r"holds tensors of complex64"),
        ("program.pt", r"TorchScript program[\s\S]*torch.jit.load"),
    ],
)
def test_files_of_pytorch_that_hold_more(file: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        ag.load(FOLDER / file)


def test_files_of_big_endian_machines() -> None:
    parts = entries("views.pt")
    for name, data in parts.items():
        if "/data/" in name:
            parts[name] = np.frombuffer(data, "<f4").astype(">f4").tobytes()
        if name.endswith("/byteorder"):
            parts[name] = b"big"
    assert load(zipped(parts))["row"].tolist() == [4, 5, 6, 7]
    # Files of PyTorch before 2.1 do not say.
    parts = {name: data for name, data in entries("views.pt").items() if not name.endswith("/byteorder")}
    assert load(zipped(parts))["row"].tolist() == [4, 5, 6, 7]
