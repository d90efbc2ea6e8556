"""Downloads: whatever a server answers, a file is in place only if its SHA-256 is right, and nothing else is written"""

from __future__ import annotations

import hashlib
import os
import random
import socketserver
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from nn.datasets import MNIST, DatasetError, FashionMNIST
from nn.datasets.fetching import download
from tests.reliability.mutations import NUMBERS, bytes_changed
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]

CONTENT = random.Random(0).randbytes(4000)  # noqa: S311 - any bytes
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()
STATUSES = (b"200 OK", b"206 Partial Content", b"302 Found", b"404 Not Found", b"416 Range", b"500 x", b"999", b"x")


def _answer(rng: random.Random, request: bytes, port: int) -> bytes:
    """Return an answer of a server that is broken or lies, or does what it should."""
    start = 0
    for line in request.split(b"\r\n"):
        if line.lower().startswith(b"range: bytes="):
            start = int(line[13:].split(b"-")[0])
    body = CONTENT[start:]
    lines = [b"HTTP/1.1 " + (b"206 Partial Content" if start else b"200 OK"), b"Content-Length: %d" % len(body)]
    if start:
        lines.append(b"Content-Range: bytes %d-%d/%d" % (start, len(CONTENT) - 1, len(CONTENT)))
    kind = rng.randrange(8)
    if kind == 0:
        body = bytes_changed(body, rng)
    elif kind == 1:
        body = body[: rng.randrange(len(body) + 1)]
    elif kind == 2:
        lines[0] = b"HTTP/1.1 " + rng.choice(STATUSES)
        places = (
            "../../x",
            "file:///etc/passwd",
            f"http://127.0.0.1:{port}/y",
            "http://[",
            "https://127.0.0.1:1/z",
            "",
        )
        lines.append(b"Location: " + rng.choice(places).encode())
    elif kind == 3:
        lengths = (*(str(n) for n in NUMBERS), "-5", "²", "9" * 5000, "x", "")
        lines[1] = b"Content-Length: " + rng.choice(lengths).encode("latin1")
    elif kind == 4:
        lines.append(b"Content-Range: bytes %d-%d/*" % (rng.choice(NUMBERS), rng.choice(NUMBERS)))
        lines[0] = b"HTTP/1.1 206 Partial Content"
    elif kind == 5:
        lines += [b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"][: rng.randint(1, 2)]
    answer = b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body
    return bytes_changed(answer, rng) if kind == 6 else answer


class _Server(socketserver.ThreadingTCPServer):
    """Answers by the bytes of `_answer`."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, rng: random.Random) -> None:
        server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                request: bytes = self.request.recv(10_000)
                if request:
                    self.request.sendall(_answer(rng, request, server.server_address[1]))

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_: Any) -> None:
        """Say nothing: the client may close the connection."""


def _fetched(count: int) -> Counter[str]:
    """Fetch a file so many times from such a server."""
    outcomes: Counter[str] = Counter()
    with _Server(random.Random(count)) as server, tempfile.TemporaryDirectory() as above:  # noqa: S311 - reproducible
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        folder = Path(above, "a/b")
        url = f"http://127.0.0.1:{server.server_address[1]}/file"
        try:
            for _ in range(count):
                message = ""
                try:
                    download([url], folder / "file", CHECKSUM, timeout=2, limit=10_000)
                except DatasetError as error:
                    message = str(error)
                assert len(message) < 2000
                if not message:
                    assert (folder / "file").read_bytes() == CONTENT
                    (folder / "file").unlink()
                outcomes["refused" if message else "right"] += 1
                assert {path.name for path in folder.iterdir()} <= {".lock", "file.part"}
                assert [path.name for path in Path(above).iterdir()] == ["a"]
                part = folder / "file.part"
                assert not part.exists() or part.stat().st_size <= 10_000
        finally:
            server.shutdown()
            thread.join()
    return outcomes


def rows(full: bool) -> Iterator[Row]:
    """Fetch 20 000 times from a server that lies, or a hundred times."""
    with stopwatch() as seconds, mock.patch.dict(os.environ, {"no_proxy": "*"}):
        outcomes = _fetched(20_000 if full else 100)
        told = f"{sum(outcomes.values()):,} downloads: {', '.join(f'{n:,} {what}' for what, n in outcomes.items())}"
        found = "mended: an address or a length that is none was a bare ValueError"
        yield Row("a server that breaks off, lies, redirects", told, found, seconds())
    checksums = [*MNIST.checksums.values(), *FashionMNIST.checksums.values()]
    assert all(len(checksum) == 64 and int(checksum, 16) for checksum in checksums)
    found = "mended: the checksums were MD5's; a fetched file is now checked whenever it is read"
    yield Row("checksums of what can be downloaded", f"{len(checksums)} files by SHA-256", found, 0)
