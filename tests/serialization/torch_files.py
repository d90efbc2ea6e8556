"""The files that PyTorch wrote for these tests, and what was put into them.

`python -m tests.serialization.torch_files` writes them anew where PyTorch is installed.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("files")

#: Element types, by PyTorch's name, with the values that are stored in each.
NUMBERS: dict[str, list[Any]] = {
    "float64": [0.1, -2.5],
    "float32": [0.5, -2.5],
    "float16": [0.5, -2.5],
    "bfloat16": [0.5, -2.5],
    "int64": [2**40, -3],
    "int32": [70000, -3],
    "int16": [300, -3],
    "int8": [100, -3],
    "uint8": [200, 3],
    "bool": [True, False],
    "uint16": [65535, 3],
    "uint32": [2**32 - 1, 3],
    "uint64": [2**64 - 1, 3],
}

#: What a pickle can hold beside tensors.
PLAIN: dict[Any, Any] = {
    "none": None,
    "flags": (True, False),
    "numbers": [0, 255, 65535, -1, 2**31, 2**100, -(2**100), 0.25, float("inf")],
    "text": ["", "ä", "x" * 300],
    "bytes": b"\x00\xff",
    "nested": {1: {2.5: [(), [], {}]}, None: {("a", 1): "key"}},
    "ordered": OrderedDict([("z", 1), ("a", 2)]),
    "counted": Counter({30: 1, 80: 2}),
    "set": {1, 2},
}


def views(torch: Any) -> dict[str, Any]:
    """Return tensors that look into shared storages in every way that PyTorch knows."""
    base = torch.arange(12.0).reshape(3, 4)
    return {
        "base": base,
        "again": base,
        "row": base[1],
        "column": base[:, 2],
        "turned": base.T,
        "steps": base[::2, 1::2],
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "scalar": base[2, 3],
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        "fixed": torch.nn.Parameter(torch.tensor([3.0]), requires_grad=False),
        "wants": torch.tensor([4.0], requires_grad=True),
        "size": base.shape,
    }


def training(torch: Any) -> dict[str, Any]:
    """Return a checkpoint after three steps, and the parameters after two more."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        OrderedDict(a=torch.nn.Linear(3, 4), n=torch.nn.BatchNorm1d(4), b=torch.nn.Linear(4, 2))
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, amsgrad=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4], gamma=0.5)
    x, t = torch.randn(5, 3), torch.randn(5, 2)

    def train(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = ((model(x) - t) ** 2).mean()
            loss.backward()
            optimizer.step()
            schedule.step()

    def snapshot() -> Any:
        return OrderedDict((key, value.clone()) for key, value in model.state_dict().items())

    train(3)
    saved = {
        "model": snapshot(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "x": x,
        "t": t,
    }
    # The optimiser goes on writing into the tensors of its state.
    saved = torch.load(_bytes(torch, saved), weights_only=True)
    train(2)
    return {**saved, "later": snapshot()}


def _bytes(torch: Any, obj: Any) -> Any:
    import io

    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return file


def main() -> None:
    """Write the files with the installed PyTorch."""
    import torch

    FOLDER.mkdir(exist_ok=True)
    numbers = {name: torch.tensor(values, dtype=getattr(torch, name)) for name, values in NUMBERS.items()}
    torch.save(numbers, FOLDER / "numbers.pt")
    torch.save(PLAIN, FOLDER / "plain.pt")
    torch.save(PLAIN, FOLDER / "plain_protocol_5.pt", pickle_protocol=5)
    torch.save(views(torch), FOLDER / "views.pt")
    torch.save({**views(torch), **numbers}, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(training(torch), FOLDER / "training.pt")
    torch.save(torch.nn.Linear(1, 1), FOLDER / "module.pt")
    torch.save({"phase": torch.tensor([1j])}, FOLDER / "complex.pt")
    torch.jit.script(torch.nn.Linear(1, 1)).save(FOLDER / "program.pt")


if __name__ == "__main__":
    main()
