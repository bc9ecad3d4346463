"""Where reports go: data to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from ecsinfer.events import Emit
from ecsinfer.report.jsonl import JsonLinesSink
from ecsinfer.report.live import LiveSink
from ecsinfer.report.plain import PlainSink


def data() -> Console:
    """Standard output."""
    return Console(highlight=False)


def messages() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def sink(output: str, now: Callable[[], datetime]) -> tuple[Emit, Callable[[], None]]:
    """The sink that fits the output format and the terminal, and what ends it."""
    if output == "jsonl":
        return JsonLinesSink(sys.stdout), lambda: None
    if output == "text" and sys.stderr.isatty():
        live = LiveSink(messages())
        return live, live.close
    return PlainSink(sys.stderr, now), lambda: None
