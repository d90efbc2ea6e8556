"""Files fetched from the internet: resumed after a broken transfer, checked, and in place only when whole."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from nn.datasets.files import DatasetError, check_file

__all__ = ["download"]

_log = logging.getLogger("nn.datasets")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to https, or within one host; never from an encrypted address to an open one."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme != "https" and after[:2] != before[:2]:
            raise urllib.error.URLError(f"redirected off to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _UnfinishedError(OSError):
    """The transfer ended before the file did."""


def download(
    urls: Sequence[str],
    path: Path,
    checksum: str,
    *,
    limit: int = 1 << 28,
    timeout: float = 30.0,
    attempts: int = 3,
) -> None:
    """Fetch a file, unless it is there: whole and checked, or not at all.

    What a broken transfer has brought is kept beside the target as `.part`, and the next attempt asks for the rest.

    Args:
        urls: where it may come from, tried in order.
        path: where it goes; the folder is made.
        checksum: of the file, by SHA-256, in hexadecimal.
        limit: the most bytes that are accepted.
        timeout: seconds without an answer after which an attempt is given up.
        attempts: how often each place is tried.

    Raises: DatasetError, saying what was tried and what to do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent):
        if path.exists():
            with contextlib.suppress(DatasetError):
                check_file(path, checksum)
                return
        part = path.with_name(path.name + ".part")
        reasons = []
        for url in urls:
            reason = _fetch(url, part, checksum, limit, timeout, attempts)
            if reason is None:
                part.replace(path)
                return
            _log.info("failed: %s", reason)
            reasons.append(f"{url}: {reason}")
    listed = "\n    ".join(reasons)
    raise DatasetError(
        f"{path.name} could not be downloaded:\n    {listed}\n"
        f"  fix: check the network and try again (what has arrived is kept), or fetch the file elsewhere and put it "
        f"into {path.parent}"
    )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from downloading into the folder; on Windows the checksum alone guards it."""
    with (folder / ".lock").open("w") as file:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 - it does not exist on Windows

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(url: str, part: Path, checksum: str, limit: int, timeout: float, attempts: int) -> str | None:
    """Return None with the whole file in `part`, else why there is none."""
    reason = ""
    for attempt in range(attempts):
        resumed = part.exists() and part.stat().st_size > 0
        _log.info("fetching %s%s%s", url, ", the rest" if resumed else "", f", attempt {attempt + 1}" * bool(attempt))
        try:
            _transfer(url, part, limit, timeout)
            check_file(part, checksum)
        except (OSError, HTTPException, ValueError) as error:  # also for an address or a number that is none
            reason = str(error).partition("\n")[0] or type(error).__name__
            damaged = isinstance(error, DatasetError)
            if damaged:
                part.unlink(missing_ok=True)
            # Of a damaged file the old beginning may be to blame; a broken transfer may go better; a refusal stands.
            if isinstance(error, urllib.error.HTTPError) or (damaged and not resumed):
                return reason
        else:
            return None
    return reason


def _transfer(url: str, part: Path, limit: int, timeout: float) -> None:
    """Append the rest of the file to what is there, or write it anew where the server sends it from the beginning."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "autograd_np"} | ({"Range": f"bytes={start}-"} if start else {})
    opener = urllib.request.build_opener(_Redirects)
    try:
        # Our own addresses; a redirect elsewhere is refused above.
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - see there
        response = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:  # nothing is left to send; the checksum tells whether that is the whole
            return
        raise
    with response:
        begins = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        if response.status != 206 or not begins:
            if response.status == 206:
                raise DatasetError(f"the server sent another range than bytes {start}-")
            start = 0
        announced = response.headers.get("Content-Length", "")
        size = start + int(announced) if announced.isdecimal() else None
        if size is not None and size > limit:
            raise DatasetError(f"the file has {size} bytes, more than the {limit} that are accepted")
        with part.open("ab" if start else "wb") as file:
            there = start + _copy(response, file, limit - start)
            file.flush()
            os.fsync(file.fileno())
    if size is not None and there < size:
        raise _UnfinishedError(f"the transfer ended after {there} of {size} bytes")


def _copy(response: IO[bytes], file: IO[bytes], limit: int) -> int:
    received = 0
    while piece := response.read(1 << 16):
        received += len(piece)
        if received > limit:
            raise DatasetError("the file is larger than what is accepted")
        file.write(piece)
    return received
