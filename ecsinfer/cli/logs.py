"""``ecsinfer logs``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, Duration, aws_options, service_argument

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session
    from ecsinfer.logs.lines import Line
    from ecsinfer.logs.merging import Following
    from ecsinfer.logs.tasks import Seen
    from ecsinfer.model import Clock
    from ecsinfer.report.log_document import JsonLinesLog, JsonLog
    from ecsinfer.report.log_view import LogView

SINCE = 600.0
FAILED_SINCE = 3600.0
"""ECS tells of a stopped task for an hour (J8)."""

FAILED_TASKS = 5
LAST_WORDS = 50
"""Lines of every container of a failed task."""

DAY = 86_400.0
PAUSE = 2.0
"""Seconds between two looks of --follow: FilterLogEvents is allowed five times a second."""


@click.command()
@service_argument
@aws_options
@click.option("--follow", is_flag=True, help="Go on with what is written next, until Ctrl-C.")
@click.option(
    "--since",
    type=Duration(),
    metavar="DURATION",
    help="How far back to begin, such as 90s or 2h.  [default: 10m; 1h with --failed]",
)
@click.option(
    "--failed",
    is_flag=True,
    help=f"The last lines of the last {FAILED_TASKS} tasks that failed, and why they stopped.",
)
@click.option("--container", metavar="NAME", help="Only the lines of this container.")
@click.option(
    "--tail",
    type=click.IntRange(min=1, max=10_000),
    metavar="N",
    help="Begin with the last N lines at most; with --failed of every container.",
)
def logs(
    common: Common,
    service: str | None,
    follow: bool,
    since: float | None,
    failed: bool,
    container: str | None,
    tail: int | None,
) -> int:
    """Show what the containers of a service wrote: of all its tasks, in order of time.

    Tasks of every deployment, those that stopped meanwhile, too. It reads CloudWatch Logs, so
    containers must log by awslogs, as they do by default. Times are UTC.
    """
    from ecsinfer.cli.operation import one_service
    from ecsinfer.cli.session import open_session
    from ecsinfer.errors import UsageError

    if follow and failed:
        raise UsageError(
            "--failed shows tasks that have ended, and --follow goes on",
            hint="use one of them",
        )
    if follow and common.output == "json":
        raise UsageError(
            "--follow never ends, and --output json prints one document",
            hint="use --output jsonl: one line of the log a line",
        )
    with open_session(common) as session:
        look = Look(session, one_service(session.spec, service), container or "", tail)
        session.started("logs")
        back = since if since is not None else FAILED_SINCE if failed else SINCE
        if failed:
            return show_failed(look, back)
        if follow:
            from ecsinfer.aws.clock import SystemClock

            # A person reads along: the pause is one of the wall's clock, not of a simulated one.
            return go_on(look, back, SystemClock())
        return show(look, back)


@dataclass(slots=True)
class Look:
    """What is looked at, by whom.

    Attributes:
        session: of the command.
        key: the service in the spec.
        container: the one container that matters; empty for all.
        tail: how many lines to begin with; None for all.
    """

    session: Session
    key: str
    container: str = ""
    tail: int | None = None
    _told: set[str] = field(default_factory=set)

    def tasks(self, before: Seen | None = None) -> Seen:
        """The service's tasks, as far as they are known now.

        Raises:
            PreflightError: there is no such service, and was none before.
            UsageError: no task definition of it has the container.
        """
        from ecsinfer.cli.operation import look
        from ecsinfer.errors import PreflightError, UsageError
        from ecsinfer.logs import notes, tasks

        spec, region = self.session.spec, self.session.gateway.region
        name = spec.service_name(self.key)
        asked = tasks.look(spec.cluster_name, name, before or tasks.NOTHING)
        seen: Seen | None = look(self.session, {self.key: asked})[self.key] or before
        if seen is None:
            raise PreflightError(
                f"service {name} does not run in cluster {spec.cluster_name}",
                hint=f"ecsinfer deploy {self.key} creates it",
            )
        places = seen.destinations
        known = dict.fromkeys(place.container for place in places)
        if self.container and known and self.container not in known:
            raise UsageError(
                f"service {self.key} has no container {self.container!r}",
                hint=f"its containers are {', '.join(known)}",
            )
        self.note(notes.elsewhere(places, region, self.container))
        return seen

    def lines(self, seen: Seen, since: datetime) -> Iterator[list[Line]]:
        """Lines of the service's tasks in order of time, as they are read.

        Of a task that ECS does not list any more only the log group can tell whose it was: one
        that is this service's alone.
        """
        from ecsinfer.logs import notes
        from ecsinfer.logs.lines import sources
        from ecsinfer.logs.reading import Reading

        gateway, spec = self.session.gateway, self.session.spec
        own = "" if spec.services[self.key].logs.group else spec.log_group(self.key)
        reading = Reading(gateway, sources(seen, gateway.region, self.container), since)
        for batch in reading:
            yield [line for line in batch if line.task in seen.tasks or line.group == own]
        self.note(notes.missing(reading.missing))

    def note(self, texts: Iterable[str]) -> None:
        """Say what is to be known beside the lines, once."""
        from ecsinfer.events import Warned

        for text in texts:
            if text not in self._told:
                self._told.add(text)
                self.session.emit(Warned(text, f"service/{self.key}"))


def show(look: Look, since: float) -> int:
    """Show what was written since so many seconds ago; the exit code."""
    from ecsinfer.events import duration

    begin = look.session.now() - timedelta(seconds=since)
    seen = look.tasks()
    write = writer(look, seen, since)
    found = 0
    for batch in tailed(look.lines(seen, begin), look.tail):
        found += len(batch)
        write.lines(batch)
    write.close()
    if not found:
        tasks = "" if seen.tasks else "; the service has no tasks"
        look.note([f"nothing was written in the last {duration(since)}{tasks}"])
    return 0


def go_on(look: Look, since: float, clock: Clock, now: Callable[[], datetime] | None = None) -> int:
    """Show what was written, then what is written, until Ctrl-C, which is how it ends well."""
    from ecsinfer.logs.merging import Following

    now = now or look.session.now
    following = Following(now() - timedelta(seconds=since))
    seen = look.tasks()
    write = writer(look, seen, since)
    try:
        for batch in tailed(_fresh(look, seen, following, now()), look.tail):
            write.lines(batch)
        while True:
            clock.sleep(PAUSE)
            began = now()
            seen = look.tasks(seen)
            for batch in _fresh(look, seen, following, began):
                write.lines(batch)
    except KeyboardInterrupt:
        return 0


def _fresh(look: Look, seen: Seen, following: Following, now: datetime) -> Iterator[list[Line]]:
    for batch in look.lines(seen, following.start):
        yield following.new(batch, now)


def show_failed(look: Look, since: float) -> int:
    """Show why the last failed tasks stopped, and their last lines; the exit code."""
    from ecsinfer.events import duration, plural
    from ecsinfer.logs.reading import last_words
    from ecsinfer.reconcile.observe import observe

    session = look.session
    begin = session.now() - timedelta(seconds=since)
    seen = look.tasks()
    failures = seen.failures(begin, FAILED_TASKS)
    words = last_words(
        failures,
        seen,
        session.gateway.region,
        container=look.container,
        most=look.tail or LAST_WORDS,
    )
    told = observe(session.gateway, {"words": words})["words"]
    write = writer(look, seen, since)
    for task, lines in told:
        write.task(task)
        write.lines(lines)
    write.close()
    if not failures:
        others = sum(task.stopped is not None and not task.failed for task in seen.tasks.values())
        stopped = f"; {plural(others, 'task')} stopped as wanted" if others else ""
        look.note([f"no task failed in the last {duration(since)}{stopped}"])
    return 0


def tailed(batches: Iterable[list[Line]], most: int | None) -> Iterator[Sequence[Line]]:
    """All batches, or only the last lines of them."""
    if most is None:
        yield from batches
        return
    kept: deque[Line] = deque(maxlen=most)
    for batch in batches:
        kept.extend(batch)
    yield list(kept)


def writer(look: Look, seen: Seen, since: float) -> LogView | JsonLinesLog | JsonLog:
    """What writes lines in the form that was asked for."""
    from ecsinfer.report import terminal
    from ecsinfer.report.log_document import JsonLinesLog, JsonLog
    from ecsinfer.report.log_view import LogView

    common = look.session.common
    if common.output == "jsonl":
        return JsonLinesLog(common.answer, look.key)
    if common.output == "json":
        return JsonLog(common.answer, look.key)
    containers = (
        [look.container] if look.container else [each.container for each in seen.destinations]
    )
    dated = since > DAY
    return LogView(terminal.rows(), terminal.messages(), containers, dated=dated)
