"""Archives of torch.save taken apart and put together, and pickles written instruction by instruction."""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from typing import Any

import autograd_np as ag
from tests.serialization.torch_files import FOLDER


def load(data: bytes) -> Any:
    return ag.load(io.BytesIO(data))


def entries(file: str) -> dict[str, bytes]:
    with zipfile.ZipFile(FOLDER / file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def archive(pickled: bytes, storage: bytes = bytes(16), **more: bytes) -> bytes:
    return zipped({"a/data.pkl": pickled, "a/data/0": storage, **{f"a/{name}": data for name, data in more.items()}})


class Assembler:
    """Writes a pickle instruction by instruction."""

    def __init__(self) -> None:
        self.code = b"\x80\x02"

    def name(self, module: str, name: str) -> Assembler:
        self.code += f"c{module}\n{name}\n".encode()
        return self

    def value(self, value: Any) -> Assembler:
        # Without the protocol in front, the places of its memory, and the end.
        self.code += pickletools.optimize(pickle.dumps(value, 2))[2:-1]
        return self

    def raw(self, code: bytes) -> Assembler:
        self.code += code
        return self

    def storage(self, kind: str = "FloatStorage", key: str = "0", length: Any = 4) -> Assembler:
        self.raw(b"(").value("storage").name("torch", kind).value(key).value("cpu").value(length)
        return self.raw(b"tQ")

    def tensor(
        self, offset: Any = 0, shape: Any = (4,), steps: Any = (1,), wanted: Any = False, **of: Any
    ) -> Assembler:
        self.name("torch._utils", "_rebuild_tensor_v2").raw(b"(").storage(**of)
        for value in (offset, shape, steps, wanted, {}):
            self.value(value)
        return self.raw(b"tR")

    def loaded(self, storage: bytes = bytes(16)) -> Any:
        return load(archive(self.code + b".", storage))
