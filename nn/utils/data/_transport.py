"""Objects sent through a connection, with large arrays beside the pickle, written from and read into their own memory.

So a batch is copied twice, as it would be through shared memory, but nothing has to be named, mapped and unlinked, and
nothing is left behind when a process dies.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

__all__ = ["pack", "receive", "send"]

_COUNT = struct.Struct("<Q")
#: Smaller arrays travel inside the pickle: a write of their own would cost more than the copy.
_SMALL = 1 << 14


def pack(value: Any) -> list[memoryview]:
    """Return what `send` writes: a head (sizes and pickle), then the large buffers.

    Raises: what pickling raises.
    """
    buffers: list[memoryview] = []

    def outside(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _SMALL:
            return True  # inside
        buffers.append(raw)
        return False

    body = pickle.dumps(value, 5, buffer_callback=outside)
    sizes = [_COUNT.pack(n) for n in (len(buffers), *(raw.nbytes for raw in buffers))]
    return [memoryview(b"".join([*sizes, body])), *buffers]


def send(connection: Connection, parts: list[memoryview]) -> None:
    """Write what `pack` returned."""
    head, *buffers = parts
    connection.send_bytes(head)
    for raw in buffers:
        _write(connection, raw)


def receive(connection: Connection) -> Any:
    """Return the next object.

    Raises: EOFError or OSError if the other end is gone, also in the middle of an object.
    """
    head = memoryview(connection.recv_bytes())
    (count,) = _COUNT.unpack_from(head)
    sizes = struct.unpack_from(f"<{count}Q", head, _COUNT.size)
    buffers = [_read(connection, size) for size in sizes]
    return pickle.loads(head[_COUNT.size * (1 + count) :], buffers=buffers)  # noqa: S301 - written by our own worker


if sys.platform == "win32":

    def _write(connection: Connection, raw: memoryview) -> None:
        connection.send_bytes(raw)

    def _read(connection: Connection, size: int) -> np.ndarray[Any, Any]:
        buffer = np.empty(size, np.uint8)
        connection.recv_bytes_into(buffer)
        return buffer

else:
    # Connection's own methods would copy a large message twice and grow it in steps.

    def _write(connection: Connection, raw: memoryview) -> None:
        while raw.nbytes:
            raw = raw[os.write(connection.fileno(), raw) :]

    def _read(connection: Connection, size: int) -> np.ndarray[Any, Any]:
        buffer = np.empty(size, np.uint8)
        left = memoryview(buffer.data)
        while left.nbytes:
            count = os.readv(connection.fileno(), [left])
            if not count:
                raise EOFError("the other end was closed within an array")
            left = left[count:]
        return buffer
