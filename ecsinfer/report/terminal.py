"""Where reports go: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from ecsinfer.events import Emit, Event, Outcome
from ecsinfer.report import github, lines
from ecsinfer.report.jsonl import Answer
from ecsinfer.report.outcome_view import print_failure
from ecsinfer.report.plain import PlainSink
from ecsinfer.report.streams import discard

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Standard output, for what is drawn rather than written line by line."""
    return _console(sys.stdout)


def data() -> lines.Lines:
    """Standard output."""
    return _lines(sys.stdout)


def messages() -> lines.Lines:
    """Standard error."""
    return _lines(sys.stderr)


def rows() -> lines.Rows:
    """Standard output, for many lines at once."""
    if _colours(sys.stdout):
        return lines.coloured_rows(_console(sys.stdout))
    return lines.bare_rows(sys.stdout)


def fail(outcome: Outcome) -> None:
    """Tell on standard error why a run failed: as a person, or GitHub, reads it."""
    if github.active(os.environ):
        lines.bare(sys.stderr)(github.annotated_outcome(outcome))
    else:
        print_failure(outcome, messages())


def drawable(stream: TextIO) -> bool:
    """Whether what is on the stream can be drawn anew: a terminal that moves its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def sink(answer: Answer, now: Callable[[], datetime]) -> tuple[Emit, Callable[[], None]]:
    """The sink that fits the output format and the terminal, and what ends it."""
    if answer.output == "jsonl":
        return answer.event, lambda: None
    if github.active(os.environ):
        workflow = github.GithubSink(sys.stderr, now, os.environ)
        return _steady(workflow, sys.stderr), workflow.close
    if answer.output == "text" and drawable(sys.stderr):
        from ecsinfer.report.live import LiveSink  # noqa: PLC0415  only where there is a terminal

        live = LiveSink(_console(sys.stderr))
        return live, live.close
    return _steady(PlainSink(sys.stderr, now), sys.stderr), lambda: None


def _steady(emit: Emit, stream: TextIO) -> Emit:
    """The sink, with which a run goes on when the reader of its log goes away, or its disk is full."""

    def tell(event: Event) -> None:
        try:
            emit(event)
        except OSError as error:
            if error.filename:  # not the stream's
                raise
            discard(stream)

    return tell


def _lines(stream: TextIO) -> lines.Lines:
    return lines.coloured(_console(stream)) if _colours(stream) else lines.bare(stream)


def _colours(stream: TextIO) -> bool:
    # FORCE_COLOR is what a CI sets whose log shows colours.
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _console(stream: TextIO) -> Console:
    from rich.console import Console  # noqa: PLC0415  only where there is a terminal

    return Console(file=stream, highlight=False)
