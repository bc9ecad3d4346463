"""Reading lines page by page, and giving them out as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ecsinfer.logs import questions
from ecsinfer.logs.lines import Line, Source, line, streams
from ecsinfer.logs.merging import Merging
from ecsinfer.logs.paging import last_events
from ecsinfer.logs.tasks import Seen, Task
from ecsinfer.model import Observation, Reader


class Reading:
    """One look at the lines of several sources.

    Attributes:
        missing: log groups that are not there.
    """

    def __init__(self, reader: Reader, sources: Iterable[Source], since: datetime) -> None:
        self.missing: dict[str, None] = {}
        self._reader = reader
        self._since = since
        self._tokens = dict.fromkeys(sources, "")

    def __iter__(self) -> Iterator[list[Line]]:
        """Lines in order of time, a batch for every round of pages.

        Raises:
            AwsDeniedError: the caller may not read the lines.
        """
        merging = Merging(self._tokens)
        while self._tokens:
            asked = list(self._tokens.items())
            answers = self._reader.gather(
                [
                    questions.page(source.group, source.prefix, self._since, token)
                    for source, token in asked
                ]
            )
            for (source, token), answer in zip(asked, answers, strict=True):
                if "events" not in answer:
                    self.missing[source.group] = None
                following = answer.get("nextToken") or ""
                more = following not in ("", token)
                if more:
                    self._tokens[source] = following
                else:
                    del self._tokens[source]
                merging.take(source, source.lines(answer), more=more)
            if batch := merging.ready():
                yield batch


def last_words(
    tasks: Iterable[Task], seen: Seen, region: str, *, container: str, most: int
) -> Observation[list[tuple[Task, list[Line]]]]:
    """The last lines of every container of the tasks, by task, in order of time."""
    asked = [(task, list(streams(task, seen, region, container))) for task in tasks]
    reads = tuple(
        questions.last_lines(each.group, each.prefix, most) for _, found in asked for each in found
    )
    pages = iter((yield from last_events(reads, (yield reads), most)))
    told = []
    for task, found in asked:
        lines = [line(event, task.id, each) for each in found for event in next(pages)]
        told.append((task, sorted(lines, key=lambda each: each.at)))
    return told
