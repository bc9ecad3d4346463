"""Lines, and the streams that they are read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ecsinfer.logs.tasks import Seen, Task
from ecsinfer.model import Answer

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One log event.

    Attributes:
        at: when it was written, by the clock of whoever wrote it.
        task: the id of the task.
        container: the container's name.
        message: what it wrote, unchanged.
        group: the log group.
        stream: the log stream.
        id: AWS's own id of the event; empty where AWS does not tell it.
    """

    at: datetime
    task: str
    container: str
    message: str
    group: str
    stream: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Streams of one container that are read together.

    Attributes:
        group: the log group.
        container: the container's name.
        prefix: what the streams' names begin with.
        task: whose stream it is; empty when the rest of a stream's name is the task's id.
    """

    group: str
    container: str
    prefix: str
    task: str = ""

    def lines(self, answer: Answer) -> list[Line]:
        """The lines of a page of FilterLogEvents."""
        return [
            line(event, self.task or event["logStreamName"][len(self.prefix) :], self)
            for event in answer.get("events", ())
        ]


def line(event: Mapping[str, Any], task: str, source: Source) -> Line:
    """A log event as a line of the task."""
    return Line(
        at=_BEGIN + timedelta(milliseconds=event["timestamp"]),
        task=task,
        container=source.container,
        message=event.get("message", ""),
        group=source.group,
        stream=event.get("logStreamName", source.prefix),
        id=event.get("eventId", ""),
    )


def sources(seen: Seen, region: str, container: str = "") -> tuple[Source, ...]:
    """Every stream of the service's tasks that can be read, of one container or of all."""
    return tuple(dict.fromkeys(_sources(seen, region, container)))


def _sources(seen: Seen, region: str, container: str) -> Iterator[Source]:
    for arn, places in seen.definitions.items():
        for place in places:
            if not place.readable(region, container):
                continue
            if place.family:
                yield Source(place.group, place.container, place.family)
                continue
            for task in seen.tasks.values():
                name = task.runtime.get(place.container)
                if task.definition == arn and name:
                    yield Source(place.group, place.container, name, task.id)


def streams(task: Task, seen: Seen, region: str, container: str = "") -> Iterator[Source]:
    """The streams of one task, each for itself."""
    for place in seen.definitions.get(task.definition, ()):
        name = place.stream(task.id, task.runtime.get(place.container, ""))
        if name and place.readable(region, container):
            yield Source(place.group, place.container, name, task.id)
