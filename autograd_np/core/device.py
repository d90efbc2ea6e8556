"""Where tensors live: the CPU. Other names are answered by an error that says so."""

from __future__ import annotations

from autograd_np.errors import DeviceError

__all__ = ["check_device", "device"]


class device:
    """Where a tensor lives: always the CPU here.

    Raises: DeviceError for any other device.
    Source: torch.device.

    Example:
        >>> device("cpu")
        device(type='cpu')
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, name: str | device = "cpu", index: int | None = None) -> None:
        text = name.type if isinstance(name, device) else str(name)
        kind = text.partition(":")[0]
        if kind != "cpu":
            message = (
                f"device: {text!r} is not here; autograd_np computes on the CPU through NumPy\n"
                "  fix: use device('cpu'), or choose with: 'cuda' if autograd_np.cuda.is_available() else 'cpu'"
            )
            raise DeviceError(message)
        self.type = kind
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash(self.type)

    def __repr__(self) -> str:
        return f"device(type='{self.type}')"

    def __str__(self) -> str:
        return self.type


def check_device(name: str | device | None) -> None:
    """Raise DeviceError unless the device is the CPU; None is the CPU."""
    if name is not None:
        device(name)
