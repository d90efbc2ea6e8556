r"""The lines between the driver and the process that measures a library: one message, one line of JSON.

    driver                          worker
                                    {"kind": "hello", "version": …, "imported": seconds, "threads": …}
    {"kind": "make", "row": key}    {"kind": "made"}, or {"kind": "absent", "why": text}
    {"kind": "time", "turn": 0.1}   {"kind": "times", "seconds": […]}
    {"kind": "memory", "runs": 3}   {"kind": "peak", "before": bytes, "after": bytes}

Each request has one answer. The end of the requests ends the worker; the end of the answers means that it died.
"""

from __future__ import annotations

import json
from typing import IO, Any

#: What a message of each kind carries.
KINDS = {
    "hello": {"version", "imported", "threads"},
    "make": {"row"},
    "made": set(),
    "absent": {"why"},
    "time": {"turn"},
    "times": {"seconds"},
    "memory": {"runs"},
    "peak": {"before", "after"},
}


class ProtocolError(Exception):
    """A line that is not a message, or not the one that was due."""


class Ended(ProtocolError):  # noqa: N818 (the ordinary end of a conversation)
    """The other side closed its end."""


class Channel:
    """One end of the conversation."""

    def __init__(self, reader: IO[str], writer: IO[str]) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        if fields.keys() != KINDS[kind]:
            raise ProtocolError(f"{kind} carries {sorted(KINDS[kind])}, not {sorted(fields)}")
        try:
            self.writer.write(json.dumps({"kind": kind, **fields}) + "\n")
            self.writer.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: the file is closed
            raise Ended("the other side is gone") from error

    def receive(self, *kinds: str) -> dict[str, Any]:
        """Return the next message, which is of one of these kinds."""
        line = self.reader.readline()
        if not line.endswith("\n"):
            raise Ended("the other side is gone")
        try:
            message = json.loads(line)
            kind = message["kind"]
        except (ValueError, TypeError, KeyError) as error:
            raise ProtocolError(f"not a message: {line.rstrip()[:200]!r}") from error
        if kind not in kinds or message.keys() - {"kind"} != KINDS[kind]:
            raise ProtocolError(f"{' or '.join(kinds)} was due, not {line.rstrip()[:200]!r}")
        return message
