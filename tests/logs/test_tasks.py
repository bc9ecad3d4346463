"""Which tasks a service has and which streams are theirs, from AWS's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ecsinfer.logs import notes
from ecsinfer.logs.lines import Line, Source, sources, streams
from ecsinfer.logs.reading import Reading
from ecsinfer.logs.tasks import NOTHING, Seen, Task, look
from ecsinfer.model import Answer, Read
from ecsinfer.reconcile.observe import observe
from ecsinfer.sandbox.clock import EPOCH

ARN = "arn:aws:ecs:us-east-1:123456789012"
REVISIONS = {number: f"{ARN}:task-definition/llm:{number}" for number in (1, 2)}
HERE = "us-east-1"


def awslogs(name: str = "llm", **options: str) -> dict[str, Any]:
    given = {"awslogs-group": "/app", "awslogs-region": HERE, "awslogs-stream-prefix": "ecs"}
    merged = {key: value for key, value in {**given, **options}.items() if value}
    return {"name": name, "logConfiguration": {"logDriver": "awslogs", "options": merged}}


class Account:
    """One service's tasks, by their answers; knows what it was asked."""

    def __init__(self, *containers: Mapping[str, Any]) -> None:
        self.containers = containers or (awslogs(),)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.revision = 1
        self.asked: list[Read] = []

    def task(self, key: str, revision: int = 1, **members: Any) -> None:
        self.tasks[key] = {
            "taskArn": f"{ARN}:task/c/{key}",
            "taskDefinitionArn": REVISIONS[revision],
            "containers": [{"name": "llm", "runtimeId": f"{key}-1"}],
            **members,
        }

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        self.asked += reads
        return [self._answer(read.operation, read.params) for read in reads]

    def _answer(self, operation: str, params: Mapping[str, Any]) -> Answer:
        match operation:
            case "DescribeServices":
                found = {"serviceName": "s", "status": "ACTIVE", "deployments": []}
                return {"services": [{**found, "taskDefinition": REVISIONS[self.revision]}]}
            case "ListTasks":
                stops = params["desiredStatus"] == "STOPPED"
                each = self.tasks.values()
                return {"taskArns": [t["taskArn"] for t in each if ("stoppingAt" in t) == stops]}
            case "DescribeTasks":
                return {"tasks": [self.tasks[arn.rpartition("/")[2]] for arn in params["tasks"]]}
            case _:
                return {"taskDefinition": {"containerDefinitions": list(self.containers)}}

    def look(self, before: Seen = NOTHING) -> Seen:
        self.asked.clear()
        seen: Seen = observe(self, {"s": look("c", "s", before)})["s"]
        return seen


def test_a_task_is_asked_again_only_while_it_changes() -> None:
    account = Account()
    account.task("run")
    account.task("young", containers=[{"name": "llm"}])
    first = account.look()
    account.task("new")
    account.task("young")
    second = account.look(first)
    (details,) = [read for read in account.asked if read.operation == "DescribeTasks"]
    assert [arn.rpartition("/")[2] for arn in details.params["tasks"]] == ["young", "new"]
    account.task("run", stoppingAt=EPOCH, stoppedReason="Essential container in task exited")
    third = account.look(second)
    assert third.tasks["run"].failed
    account.look(third)
    assert [read.operation for read in account.asked] == [
        "DescribeServices", "ListTasks", "ListTasks",
    ]  # fmt: skip


def test_a_task_stopped_when_its_containers_had_and_is_stopping_until_then() -> None:
    account = Account()
    account.task("slow", stoppingAt=EPOCH)
    account.task("gone", stoppingAt=EPOCH, stoppedAt=EPOCH + timedelta(minutes=1))
    seen = account.look().tasks
    assert (seen["slow"].stopped, seen["slow"].stopping) == (EPOCH, True)
    assert (seen["gone"].stopped, seen["gone"].stopping) == (EPOCH + timedelta(minutes=1), False)


def test_a_service_without_tasks_is_known_by_its_task_definition() -> None:
    assert sources(Account().look(), HERE) == (Source("/app", "llm", "ecs/llm/"),)


def test_streams_of_both_revisions_are_read_and_equal_ones_once() -> None:
    account = Account()
    account.task("old", 1)
    account.task("new", 2)
    assert sources(account.look(), HERE) == (Source("/app", "llm", "ecs/llm/"),)


@pytest.mark.rule("C15")
def test_a_stream_without_prefix_is_named_by_the_container_s_runtime_id() -> None:
    account = Account(awslogs(**{"awslogs-stream-prefix": ""}))
    account.task("one")
    account.task("young", containers=[{"name": "llm"}])
    seen = account.look()
    own = Source("/app", "llm", "one-1", "one")
    assert sources(seen, HERE) == (own,)
    assert list(streams(seen.tasks["one"], seen, HERE)) == [own]
    assert list(streams(seen.tasks["young"], seen, HERE)) == []


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"name": "llm"}, "container llm has no log driver"),
        (
            {"name": "llm", "logConfiguration": {"logDriver": "awsfirelens"}},
            "container llm logs by awsfirelens",
        ),
        (awslogs(**{"awslogs-region": "eu-west-1"}), "container llm logs to region eu-west-1"),
    ],
)
def test_what_cannot_be_read_here_is_said_and_not_asked_for(container: Any, words: str) -> None:
    seen = Account(container).look()
    assert sources(seen, HERE) == ()
    (text,) = notes.elsewhere(seen.destinations, HERE)
    assert text.startswith(words)
    assert list(notes.elsewhere(seen.destinations, HERE, "another")) == []


@pytest.mark.parametrize(
    ("reason", "failed"),
    [
        ("Essential container in task exited", True),
        ("Task failed ELB health checks in (target-group x)", True),
        ("CannotPullContainerError: not found", True),
        ("Your Spot Task was interrupted.", True),
        ("Scaling activity initiated by (deployment ecs-svc/1)", False),
        ("Task stopped by user", False),
    ],
)
def test_a_task_failed_unless_somebody_wanted_it_to_stop(reason: str, failed: bool) -> None:
    task = Task("1", REVISIONS[1], stopped=EPOCH, reason=reason)
    assert task.failed is failed
    assert not replace(task, stopped=None).failed


def test_the_last_failures_are_the_newest_and_end_with_the_newest() -> None:
    tasks = {
        str(minute): Task(str(minute), REVISIONS[1], stopped=EPOCH + timedelta(minutes=minute))
        for minute in (3, 1, 4, 2)
    }
    seen = Seen(tasks)
    assert [task.id for task in seen.failures(EPOCH, 2)] == ["3", "4"]
    later = EPOCH + timedelta(minutes=4)
    assert [task.id for task in seen.failures(later, 2)] == ["4"]


class Pages:
    """FilterLogEvents of several prefixes, page by page; a page may be empty and not the last."""

    def __init__(self, **pages: list[list[tuple[int, str]]] | None) -> None:
        self._pages = pages
        self.tokens: list[str] = []

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        return [self._page(read) for read in reads]

    def _page(self, read: Read) -> Answer:
        token = read.params.get("nextToken", "0")
        self.tokens.append(token)
        pages = self._pages[read.params["logGroupName"]]
        if pages is None:
            return {}
        number = int(token)
        events = [
            {
                "timestamp": int(EPOCH.timestamp() * 1000) + second * 1000,
                "message": message,
                "logStreamName": "ecs/llm/1",
                "eventId": message,
            }
            for second, message in pages[number]
        ]
        more = number + 1 < len(pages)
        return {"events": events, **({"nextToken": str(number + 1)} if more else {})}


def read(pages: Pages, *groups: str) -> tuple[list[list[Line]], list[str]]:
    reading = Reading(pages, [Source(each, "llm", "ecs/llm/") for each in groups], EPOCH)
    return list(reading), list(reading.missing)


def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    pages = Pages(a=[[(1, "one")], [], [], [(2, "two")]])
    batches, missing = read(pages, "a")
    assert [[line.message for line in batch] for batch in batches] == [["one"], ["two"]]
    assert (pages.tokens, missing) == (["0", "1", "2", "3"], [])
    (line,) = batches[0]
    assert (line.at, line.task, line.id) == (EPOCH + timedelta(seconds=1), "1", "one")


def test_pages_of_several_groups_are_one_order_and_a_missing_group_is_told() -> None:
    pages = Pages(a=[[(1, "a1")], [(4, "a4")]], b=[[(2, "b2"), (3, "b3"), (5, "b5")]], c=None)
    batches, missing = read(pages, "a", "b", "c")
    assert [line.message for batch in batches for line in batch] == ["a1", "b2", "b3", "a4", "b5"]
    assert missing == ["c"]


class Repeating:
    """An answer whose token never changes."""

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        return [{"events": [], "nextToken": "x"} for _ in reads]


def test_a_token_that_is_repeated_is_the_end() -> None:
    assert list(Reading(Repeating(), [Source("a", "llm", "ecs/llm/")], EPOCH)) == []


def test_the_beginning_is_asked_in_milliseconds() -> None:
    asked: list[datetime] = []

    class Once:
        def gather(self, reads: Sequence[Read]) -> list[Answer]:
            asked.extend(
                datetime.fromtimestamp(r.params["startTime"] / 1000, EPOCH.tzinfo) for r in reads
            )
            return [{"events": []} for _ in reads]

    assert list(Reading(Once(), [Source("a", "llm", "ecs/llm/")], EPOCH)) == []
    assert asked == [EPOCH]
