"""A browser without a window: what a script finds in a page, what a page looks like, and what it asks for."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")

DARK = "--blink-settings=preferredColorScheme=0"
STILL = "--force-prefers-reduced-motion"


def chromium(address: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[bytes]:
    """Open an address, and return what the page has become and what the browser said."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", "--window-size=1600,1200", "--virtual-time-budget=5000",
        "--dump-dom", *flags, address,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True, timeout=120)  # noqa: S603 (our own pages)


def page_of(*parts: str) -> str:
    """Return a page around drawings."""
    return f'<!DOCTYPE html><meta charset="utf-8"><body>{"".join(parts)}</body>'


def written(page: str, folder: Path) -> str:
    """Write a page into a folder and return its address."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


def with_script(page: str, script: str) -> str:
    """Return the page with a script at its end; what the script returns stands then in an element of the page."""
    end = (
        "<script>(() => { let found; try { found = (() => {" + script + "})(); } "
        "catch (error) { found = {error: String(error)}; } const out = document.createElement('pre'); "
        "out.id = 'found'; out.textContent = JSON.stringify(found); document.body.append(out); })();</script>"
    )
    return page.replace("</body>", f"{end}</body>")


def found_in(result: subprocess.CompletedProcess[bytes]) -> Any:
    """Return what the script of a page returned."""
    found = re.search(r'<pre id="found">(.*?)</pre>', result.stdout.decode("utf-8"), re.DOTALL)
    errors = result.stderr.decode("utf-8")
    assert found is not None, errors[-500:]
    data = json.loads(html.unescape(found[1]))
    assert "error" not in data, data
    assert "Refused to" not in errors, errors
    return data


def run(page: str, script: str, folder: Path, *flags: str) -> Any:
    """Return what a script computes inside a page."""
    return found_in(chromium(written(with_script(page, script), folder), folder, *flags))


@contextmanager
def served(page: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a page, and yield its address and the list of everything that is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            data = page.encode() if self.path == "/page.html" else b""
            self.send_response(200 if data else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
