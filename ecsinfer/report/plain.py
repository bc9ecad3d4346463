"""The sink for logs: a timestamped line per change and a heartbeat while the world is slow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from ecsinfer import events
from ecsinfer.events import duration, plural
from ecsinfer.model import Verb
from ecsinfer.report import harmless
from ecsinfer.report.causes_view import lines
from ecsinfer.report.words import DONE, PHRASE, place, progress_line

HEARTBEAT = 60.0
"""Seconds of silence after which a wait that has not changed says that it is still there."""


class PlainSink:
    """Writes one line per change to a stream.

    A wait is told when what it waits for changes, and every `HEARTBEAT` seconds otherwise.
    """

    def __init__(self, stream: TextIO, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now
        self._waits: dict[str, tuple[str, float]] = {}

    def __call__(self, event: events.Event) -> None:
        """Write the event's line, when it has one."""
        line = self._waiting(event) if isinstance(event, events.Waiting) else _line(event)
        if line:
            told = "\n    ".join(harmless.plain(line))
            self._stream.write(f"{self._now():%H:%M:%S} {told}\n")
            self._stream.flush()

    def _waiting(self, event: events.Waiting) -> str:
        numbers = progress_line(event.progress)
        said, told_at = self._waits.get(event.node, ("", -HEARTBEAT))
        what = f"{event.why}{f' ({numbers})' if numbers else ''}"
        if what == said and event.elapsed - told_at < HEARTBEAT:
            return ""
        self._waits[event.node] = (what, event.elapsed)
        clock = f"{duration(event.elapsed)} of at most {duration(event.within)}"
        if what == said and numbers:  # what was told a minute ago need not be told at length
            return f"{event.node}: still waiting: {numbers} [{clock}]"
        return f"{event.node}: waiting: {what} [{clock}]"


def _line(event: events.Event) -> str:
    match event:
        case events.Started(command=command, application=application):
            where = place(event.account, event.region, event.endpoint, simulated=event.simulated)
            return f"{command} {application}: {where}"
        case events.ActionStarted(node=node, verb=verb, why=why):
            return f"{node}: {PHRASE[Verb(verb)]}{f' ({why})' if why else ''}"
        case events.CallSent(node=node, service=service, operation=operation):
            return f"{node}: {service}:{operation}"
        case events.CallRetried(node=node, operation=operation, why=why, seconds=seconds):
            return f"{node}: {operation} again in {duration(seconds)}: {why}"
        case events.Explained(node=node, causes=causes):
            told = (line for cause in causes for line in lines(cause, advice=False))
            return "\n".join([f"{node}: this is why it is not ready:", *told])
        case events.ResponseLost(node=node, operation=operation, applied=applied):
            found = "it was applied" if applied else "it was not applied; sending it again"
            return f"{node}: the answer to {operation} was lost; {found}"
        case _:
            return _closing_line(event)


def _closing_line(event: events.Event) -> str:
    match event:
        case events.ActionFinished(node=node, verb=verb, seconds=seconds):
            return f"{node}: {DONE[Verb(verb)]} after {duration(seconds)}"
        case events.ActionFailed(node=node, error=error):
            return f"{node}: failed: {error.removeprefix(f'{node}: ')}"
        case events.ActionSkipped(node=node, because=because):
            return f"{node}: not attempted, because {because} failed"
        case events.Retained(node=node, why=why):
            return f"{node}: kept: {why}"
        case events.Warned(text=text, node=node):
            return f"warning: {f'{node}: ' if node else ''}{text}"
        case events.Finished(status=status, seconds=seconds, reads=reads, writes=writes):
            made = f"{plural(reads, 'read')}, {plural(writes, 'write')}"
            return f"{status.replace('-', ' ')} after {duration(seconds)} ({made})"
        case _:
            return ""
