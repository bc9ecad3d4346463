"""Where reports go: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console

from ecsinfer.events import Emit
from ecsinfer.report import github
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
    if output == "text" and github.active(os.environ):
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        workflow = github.GithubSink(sys.stderr, now, Path(summary) if summary else None)
        return workflow, workflow.close
    if output == "text" and sys.stderr.isatty():
        live = LiveSink(messages())
        return live, live.close
    return PlainSink(sys.stderr, now), lambda: None
