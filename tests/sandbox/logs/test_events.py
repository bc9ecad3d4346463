"""CloudWatch Logs as it is searched: order, pages, prefixes, and the world's own time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.logs.keeping import milliseconds
from ecsinfer.sandbox.scenario import Scenario

GROUP = "/app"


class Group:
    """One log group of an account that has nothing else."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.sandbox = Sandbox(scenario, furnished=False)
        self.client: Any = self.sandbox.session().client("logs")
        self.client.create_log_group(logGroupName=GROUP)

    def now(self, **ago: float) -> int:
        return milliseconds(self.sandbox.clock.now() - timedelta(**ago))

    def put(self, stream: str, *events: tuple[int, str]) -> dict[str, Any]:
        named = {"logGroupName": GROUP, "logStreamName": stream}
        if not self.client.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=stream)[
            "logStreams"
        ]:
            self.client.create_log_stream(**named)
        put = [{"timestamp": at, "message": message} for at, message in events]
        return dict(self.client.put_log_events(**named, logEvents=put))

    def found(self, **how: Any) -> list[str]:
        return [event["message"] for event in self.events(**how)]

    def events(self, **how: Any) -> Iterator[dict[str, Any]]:
        asked = {"logGroupName": GROUP, **how}
        while True:
            answer = self.client.filter_log_events(**asked)
            yield from answer["events"]
            if "nextToken" not in answer:
                return
            asked["nextToken"] = answer["nextToken"]


@pytest.fixture
def group() -> Group:
    made = Group()
    made.put("llm/a", (made.now(seconds=30), "a1"), (made.now(seconds=10), "a2"))
    made.put("llm/b", (made.now(seconds=20), "b1"))
    made.put("web/c", (made.now(seconds=25), "c1"))
    return made


def test_events_of_all_streams_come_in_order_of_time_whatever_the_page(group: Group) -> None:
    assert group.found() == group.found(limit=1) == ["a1", "c1", "b1", "a2"]
    assert group.found(startFromHead=False, limit=2) == ["a2", "b1", "c1", "a1"]
    ids = [event["eventId"] for event in group.events()]
    assert len(set(ids)) == 4


def test_streams_are_chosen_by_prefix_or_by_name_and_events_by_time(group: Group) -> None:
    assert group.found(logStreamNamePrefix="llm/") == ["a1", "b1", "a2"]
    assert group.found(logStreamNames=["llm/b", "web/c"]) == ["c1", "b1"]
    assert group.found(logStreamNamePrefix="nobody/") == []
    assert group.found(startTime=group.now(seconds=20)) == ["b1", "a2"]
    assert group.found(endTime=group.now(seconds=20)) == ["a1", "c1", "b1"]
    assert group.found(filterPattern="b1") == ["b1"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"logGroupName": "/nobody"}, "ResourceNotFoundException: The specified log group"),
        ({"logStreamNames": ["llm/z"]}, "ResourceNotFoundException: The specified log stream"),
        ({"logStreamNames": ["llm/a"], "logStreamNamePrefix": "l"}, "InvalidParameterException"),
    ],
)
def test_what_is_not_there_is_refused_by_name(group: Group, how: Any, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        group.found(**how)
    error = refused.value.response["Error"]
    assert f"{error['Code']}: {error['Message']}".startswith(code)


def test_the_window_of_what_is_taken_is_that_of_the_simulated_time(group: Group) -> None:
    answer = group.put("llm/d", (group.now(days=15), "too old"), (group.now(), "new"))
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = group.put("llm/d", (group.now(hours=-3), "too new"))
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    (event,) = group.events(logStreamNamePrefix="llm/d")
    assert event["message"] == "new"
    assert event["ingestionTime"] == event["timestamp"] == group.now()


def test_a_page_holds_at_most_a_megabyte(group: Group) -> None:
    events = [(group.now(), f"{number}" + "x" * 200_000) for number in range(9)]
    group.put("big/a", *events)
    asked = {"logGroupName": GROUP, "logStreamNamePrefix": "big/"}
    first = group.client.filter_log_events(**asked)
    assert len(first["events"]) == 4
    assert [message[0] for message in group.found(logStreamNamePrefix="big/")] == list("012345678")


def test_the_last_page_of_a_stream_may_be_empty_and_its_token_leads_to_what_is_before() -> None:
    group = Group(Scenario(log_pages_empty=True))
    group.put("a", *((group.now(), f"{number}") for number in range(5)))
    group.client.create_log_stream(logGroupName=GROUP, logStreamName="empty")
    for stream, expected in (("a", ["", "34", "12", "0", ""]), ("empty", ["", ""])):
        asked: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": stream, "limit": 2}
        pages = []
        while True:
            answer = group.client.get_log_events(**asked)
            pages.append("".join(each["message"] for each in answer["events"]))
            if answer["nextBackwardToken"] == asked.get("nextToken"):
                break
            asked["nextToken"] = answer["nextBackwardToken"]
        assert pages == expected
    with pytest.raises(ClientError, match="log stream does not exist"):
        group.client.get_log_events(logGroupName=GROUP, logStreamName="nobody")


def test_lines_for_a_group_that_was_deleted_are_lost_unless_the_driver_creates_it() -> None:
    sandbox = Sandbox(furnished=False)
    client: Any = sandbox.session().client("logs")
    sandbox.world.logs.write("/a", "s", ["lost"], creates=False)
    assert not sandbox.world.logs.exists("/a")
    sandbox.world.logs.write("/a", "s", ["kept"], creates=True)
    (event,) = client.filter_log_events(logGroupName="/a")["events"]
    assert event["message"] == "kept"
    answer = client.get_log_events(logGroupName="/a", logStreamName="s")
    assert [each["message"] for each in answer["events"]] == ["kept"]
