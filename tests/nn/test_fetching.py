"""The downloader against a server that breaks off, lies and sends elsewhere."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.datasets.fetching import download
from nn.datasets.files import DatasetError

CONTENT = np.random.default_rng(0).bytes(300_000)
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """Answers each request by the next of the planned answers, and the rest whole; remembers the ranges asked for."""

    def __init__(self) -> None:
        self.plan: list[Callable[[Any], None]] = []
        self.ranges: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.ranges.append(self.headers.get("Range"))
                (server.plan.pop(0) if server.plan else whole)(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/file.gz"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def start_of(handler: Any) -> int:
    return int(handler.headers.get("Range", "bytes=0-")[6:-1])


def send(handler: Any, data: bytes, *, start: int = 0, length: int | None = None, **headers: str) -> None:
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
    handler.send_header("Content-Length", str(len(data) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def whole(handler: Any) -> None:
    start = start_of(handler)
    send(handler, CONTENT[start:], start=start)


def breaks_off(handler: Any) -> None:
    start = start_of(handler)
    send(handler, CONTENT[start : start + 100_000], start=start, length=len(CONTENT) - start)


def without_ranges(handler: Any) -> None:
    send(handler, CONTENT)


def corrupt(handler: Any) -> None:
    start = start_of(handler)
    send(handler, bytes(len(CONTENT) - start), start=start)


def another_range(handler: Any) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-9/{len(CONTENT)}")
    handler.send_header("Content-Length", "10")
    handler.end_headers()
    handler.wfile.write(CONTENT[:10])


def without_length(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(CONTENT)


def status(code: int, **headers: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    running = Server()
    yield running
    running.close()


def fetch(server: Server, path: Path, **options: Any) -> bytes:
    download([server.url], path, CHECKSUM, timeout=5, **options)
    return path.read_bytes()


def test_a_whole_file(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "new/folder/file.gz"
    assert fetch(server, path) == CONTENT
    assert fetch(server, path) == CONTENT
    assert server.ranges == [None]  # the second time it was there
    path.write_bytes(CONTENT[:-1])
    assert fetch(server, path) == CONTENT
    assert {p.name for p in path.parent.iterdir()} == {"file.gz", ".lock"}


def test_an_interrupted_transfer_is_resumed(server: Server, tmp_path: Path) -> None:
    server.plan = [breaks_off, breaks_off]
    assert fetch(server, tmp_path / "file.gz") == CONTENT
    assert server.ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_what_has_arrived_is_kept_for_the_next_run(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    server.plan = [breaks_off]
    with pytest.raises(
        DatasetError, match=r"(?s)the transfer ended after 100000 of 300000 bytes.*fix: check the network"
    ):
        fetch(server, path, attempts=1)
    assert not path.exists()
    assert (tmp_path / "file.gz.part").stat().st_size == 100_000
    assert fetch(server, path) == CONTENT
    assert server.ranges == [None, "bytes=100000-"]


def test_servers_that_do_not_resume(server: Server, tmp_path: Path) -> None:
    server.plan = [breaks_off, without_ranges]
    assert fetch(server, tmp_path / "a.gz") == CONTENT
    server.plan = [breaks_off, another_range, whole]
    assert fetch(server, tmp_path / "b.gz") == CONTENT
    server.plan = [without_length]
    assert fetch(server, tmp_path / "c.gz") == CONTENT


def test_nothing_is_left_to_resume(server: Server, tmp_path: Path) -> None:
    part = tmp_path / "file.gz.part"
    part.write_bytes(CONTENT)
    server.plan = [status(416)]
    assert fetch(server, tmp_path / "file.gz") == CONTENT
    (tmp_path / "file.gz").unlink()
    part.write_bytes(CONTENT + b"more")
    server.plan = [status(416)]
    assert fetch(server, tmp_path / "file.gz") == CONTENT
    assert server.ranges == ["bytes=300000-", "bytes=300004-", None]


def test_a_corrupted_file_never_gets_in_place(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    server.plan = [corrupt]
    with pytest.raises(
        DatasetError, match=r"(?s)file\.gz could not be downloaded:.*the SHA-256 checksum is .*, expected"
    ):
        fetch(server, path)
    assert not path.exists()
    assert not (tmp_path / "file.gz.part").exists()
    # The beginning was of another file: the whole is fetched anew.
    (tmp_path / "file.gz.part").write_bytes(bytes(1000))
    assert fetch(server, path) == CONTENT
    assert server.ranges == [None, "bytes=1000-", None]


def test_the_next_mirror_is_tried(server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server.plan = [status(404)]
    path = tmp_path / "file.gz"
    with caplog.at_level(logging.INFO, "nn.datasets"):
        download([server.url, server.url.replace("file", "mirror")], path, CHECKSUM)
    assert path.read_bytes() == CONTENT
    assert "failed: HTTP Error 404" in caplog.text


def test_redirects(server: Server, tmp_path: Path) -> None:
    other = Server()
    try:
        server.plan = [status(302, Location="/elsewhere")]
        assert fetch(server, tmp_path / "a.gz") == CONTENT
        for target in (other.url, "file:///etc/hostname", "ftp://127.0.0.1/file.gz"):
            server.plan = [status(302, Location=target)] * 3
            with pytest.raises(DatasetError, match=r"redirected off to|not allowed"):
                fetch(server, tmp_path / "b.gz", attempts=1)
        assert other.ranges == []
    finally:
        other.close()


@pytest.mark.parametrize("told", [{"Location": "http://[half"}, {"Location": "http://x:port/"}], ids=str)
def test_addresses_that_are_none(server: Server, tmp_path: Path, told: dict[str, str]) -> None:
    server.plan = [status(302, **told)] * 3
    with pytest.raises(DatasetError, match="could not be downloaded"):
        fetch(server, tmp_path / "file.gz")


@pytest.mark.parametrize("length", ["²", "9" * 5000, "-1", "1e3"], ids=lambda text: text[:5])
def test_lengths_that_are_none(server: Server, tmp_path: Path, length: str) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(CONTENT)

    server.plan = [answer] * 3
    try:
        assert fetch(server, tmp_path / "file.gz") == CONTENT
    except DatasetError:
        assert not (tmp_path / "file.gz").exists()


def test_too_large_a_file(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="the file has 300000 bytes, more than the 1000 that are accepted"):
        fetch(server, tmp_path / "file.gz", limit=1000)
    server.plan = [without_length]
    with pytest.raises(DatasetError, match="larger than what is accepted"):
        fetch(server, tmp_path / "file.gz", limit=1000)
    assert not (tmp_path / "file.gz.part").exists()


def test_offline(tmp_path: Path, server: Server) -> None:
    server.close()
    with pytest.raises(DatasetError, match=r"(?s)127.0.0.1.*refused.*\n  fix: check the network .* put it into "):
        fetch(server, tmp_path / "file.gz")


def test_two_downloads_at_once_do_not_mix(server: Server, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            assert fetch(server, tmp_path / "file.gz") == CONTENT
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server.ranges == [None]
