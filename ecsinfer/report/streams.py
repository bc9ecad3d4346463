"""Streams whose reader has gone away, or that take no more."""

from __future__ import annotations

import os
from typing import TextIO


def discard(stream: TextIO) -> None:
    """Throw away what is written to the stream from now on, and what it still holds.

    Otherwise Python would try to write it again at its end, and fail with a code of its own.
    """
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)
