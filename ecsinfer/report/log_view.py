"""Log lines as a person reads them, a colour for every task."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from ecsinfer.logs.lines import Line
from ecsinfer.logs.tasks import Task
from ecsinfer.report.harmless import line as one_line
from ecsinfer.report.harmless import parts
from ecsinfer.report.lines import Lines, Rows

SHORT = 8
"""As much of a task id as tells tasks apart; machines get all of it."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green",
            "bright_yellow", "bright_magenta", "bright_blue")  # fmt: skip


class LogView:
    """Writes lines with time, task and, where there are several, container before them.

    Args:
        rows: where to.
        messages: where to say why a task stopped.
        containers: the names of the service's containers; more may come.
        dated: whether the lines are of more than one day.
    """

    def __init__(
        self,
        rows: Rows,
        messages: Lines,
        containers: Iterable[str],
        *,
        dated: bool = False,
    ) -> None:
        self._rows = rows
        self._messages = messages
        self._containers = set(containers)
        self._time = "%Y-%m-%d %H:%M:%S" if dated else "%H:%M:%S"
        self._colours = itertools.cycle(_COLOURS)
        self._style: dict[str, str] = {}

    def task(self, task: Task) -> None:
        """Say why a task stopped, before its lines."""
        when = f"{task.stopped:{self._time}}" if task.stopped else "?"
        since = "stopping since" if task.stopping else "stopped at"
        said = "; ".join([task.reason or "no reason is told", *task.exits])
        text = f"task {task.id[:SHORT]} ({task.revision}) {since} {when}: {said}"
        self._messages(one_line(text), f"bold {self._colour(task.id)}")

    def lines(self, lines: Iterable[Line]) -> None:
        """Write the lines."""
        self._rows(
            (self._head(line), self._colour(line.task), text)
            for line in lines
            for text in parts(line.message)
        )

    def close(self) -> None:
        """Everything was written when it came."""

    def _head(self, line: Line) -> str:
        self._containers.add(line.container)
        container = ""
        if len(self._containers) > 1:
            container = f"{line.container:<{max(map(len, self._containers))}} "
        return f"{line.at:{self._time}} {line.task[:SHORT]} {container}| "

    def _colour(self, task: str) -> str:
        if task not in self._style:
            self._style[task] = next(self._colours)
        return self._style[task]
