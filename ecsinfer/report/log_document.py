"""Log lines as data, for ``--output json`` and ``jsonl``; README documents every key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ecsinfer import events
from ecsinfer.logs.lines import Line
from ecsinfer.logs.tasks import Task
from ecsinfer.report.jsonl import Answer


class JsonLinesLog:
    """Writes every line and every failed task as one JSON object a line, as they come."""

    def __init__(self, answer: Answer, service: str) -> None:
        self._answer = answer
        self._service = service

    def task(self, task: Task) -> None:
        """Write why a task stopped."""
        self._answer.lines("task", [_task(self._service, task)])

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        self._answer.lines("log", (_line(self._service, each) for each in lines))

    def close(self) -> None:
        """Everything was written when it came."""


class JsonLog:
    """Writes one document at the end."""

    def __init__(self, answer: Answer, service: str) -> None:
        self._answer = answer
        self._service = service
        self._tasks: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []

    def task(self, task: Task) -> None:
        """Keep why a task stopped."""
        self._tasks.append(_task(self._service, task))

    def lines(self, lines: Iterable[Line]) -> None:
        """Keep lines."""
        self._lines += [_line(self._service, each) for each in lines]

    def close(self) -> None:
        """Write all of it."""
        document = {
            "version": events.VERSION,
            "service": self._service,
            "tasks": self._tasks,
            "lines": self._lines,
        }
        self._answer.document(document)


def _line(service: str, line: Line) -> dict[str, Any]:
    return {"service": service, **asdict(line), "at": _iso(line.at)}


def _task(service: str, task: Task) -> dict[str, Any]:
    return {
        "service": service,
        "task": task.id,
        "task_definition": task.revision,
        "stopped_at": _iso(task.stopped) if task.stopped and not task.stopping else None,
        "reason": task.reason,
        "exits": list(task.exits),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
