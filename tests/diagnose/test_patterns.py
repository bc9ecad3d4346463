"""Patterns over facts made by hand: those that no scenario needs, and the laws of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.diagnose import explain
from ecsinfer.diagnose.catalogue import MEANINGS, MOST_EVIDENCE, cause
from ecsinfer.diagnose.facts import (
    Activity,
    Container,
    Facts,
    Group,
    Host,
    Provider,
    Said,
    Task,
    distinct,
)
from ecsinfer.sandbox.clock import EPOCH
from tests.diagnose.test_causes import CASES

NOW = EPOCH + timedelta(minutes=10)
FACTS = Facts(
    now=NOW,
    service={"serviceName": "llm", "desiredCount": 1, "clusterArn": "arn:aws:ecs:::cluster/c"},
    deployment="ecs-svc/1",
    since=EPOCH,
)
WAITING = Task("a", "ecs-svc/1", "PROVISIONING", provider="gpu", created=EPOCH)
GROUP = Group("asg", minimum=0, maximum=9, desired=1)


def provider(**changes: Any) -> Provider:
    """A provider over the group."""
    return replace(Provider("gpu", "ACTIVE", group=GROUP), **changes)


def stopped(reason: str, *containers: Container, stop_code: str = "TaskFailedToStart") -> Task:
    """A task that has stopped."""
    return Task(
        "b", "ecs-svc/1", "STOPPED", containers, stop_code, reason, started=EPOCH, stopping=NOW
    )


def codes(facts: Facts) -> list[str]:
    """The causes' codes."""
    return [each.code for each in explain(facts)]


OTHERS: dict[str, Facts] = {
    "capacity-provider-failed": replace(
        FACTS, providers=(provider(update_status="UPDATE_FAILED", update_reason="no such group"),)
    ),
    "group-suspended": replace(
        FACTS,
        tasks=(WAITING,),
        providers=(provider(group=replace(GROUP, suspended=("Launch",))),),
    ),
    "managed-scaling-off": replace(FACTS, tasks=(WAITING,), providers=(provider(scaling=False),)),
    "launch-failed": replace(
        FACTS,
        tasks=(WAITING,),
        providers=(
            provider(
                group=replace(
                    GROUP, activities=(Activity(NOW, "Failed", "The image id does not exist"),)
                )
            ),
        ),
    ),
    "agent-disconnected": replace(
        FACTS,
        tasks=(WAITING,),
        hosts=(Host("h", "i-1", "gpu", "us-east-1a", "g5.xlarge", "ACTIVE", connected=False),),
    ),
    "image-pull-throttled": replace(
        FACTS, tasks=(stopped("CannotPullContainerError: toomanyrequests: slow down"),)
    ),
    "target-group-missing": replace(
        FACTS, tasks=(stopped("Task failed ELB health checks: TARGET GROUP IS NOT FOUND"),)
    ),
    "alarm": replace(
        FACTS, events=(Said(NOW, "(deployment ecs-svc/1) deployment failed: alarm detected."),)
    ),
    "scaling-suspended": replace(
        FACTS, scaling={"SuspendedState": {"DynamicScalingOutSuspended": True}}
    ),
    "not-allowed-to-look": replace(
        FACTS, tasks=(WAITING,), denied=("autoscaling:DescribeScalingActivities",)
    ),
}


@pytest.mark.parametrize("code", OTHERS)
def test_a_cause_is_told_by_its_facts_and_is_not_without_them(code: str) -> None:
    assert codes(OTHERS[code]) == [code]
    assert codes(FACTS) == []


def test_what_no_pattern_knows_is_told_word_by_word() -> None:
    facts = replace(
        FACTS,
        events=(Said(NOW, "(service llm) fell down the stairs"),),
        tasks=(stopped("MoonPhaseError: it is full", Container("llm", reason="howling")),),
    )
    (told,) = explain(facts)
    assert told.code == "unexplained"
    assert told.evidence == (
        "(service llm) fell down the stairs",
        "MoonPhaseError: it is full",
        "howling",
    )


def test_a_task_of_another_deployment_is_not_evidence_against_this_one() -> None:
    other = replace(stopped("CannotPullContainerError: toomanyrequests"), deployment="ecs-svc/0")
    assert codes(replace(FACTS, tasks=(other,))) == []


def test_a_container_that_the_scheduler_stopped_has_not_crashed() -> None:
    ended = Container("llm", exit_code=143)
    by_scheduler = stopped("Scaling activity", ended, stop_code="ServiceSchedulerInitiated")
    assert "crash-loop" not in codes(replace(FACTS, tasks=(by_scheduler,)))
    by_itself = stopped("Essential container", ended, stop_code="EssentialContainerExited")
    assert "crash-loop" in codes(replace(FACTS, tasks=(by_itself,)))


def test_a_task_that_found_no_place_yet_is_no_trouble_before_scaling_had_its_time() -> None:
    said = "(service llm) was unable to place a task because no container instance met them all."
    waiting = replace(FACTS, tasks=(WAITING,), providers=(provider(),))
    assert codes(replace(waiting, events=(Said(NOW - timedelta(minutes=1), said),))) == []
    assert codes(replace(waiting, events=(Said(EPOCH, said),))) == ["unexplained"]


def test_only_causes_of_the_catalogue_can_be_told() -> None:
    with pytest.raises(KeyError):
        cause("no-such-code", "title")


def test_evidence_that_differs_by_identifiers_alone_is_told_once() -> None:
    many = [f"task {number:032x} stopped" for number in range(50)]
    assert cause("alarm", "title", many).evidence == (many[0],)
    assert (
        len(cause("alarm", "title", [f"word{'x' * n}" for n in range(50)]).evidence)
        == MOST_EVIDENCE
    )


@given(st.lists(st.text()))
def test_distinct_keeps_the_first_of_every_text_and_nothing_else(texts: list[str]) -> None:
    kept = distinct(texts)
    assert set(kept) <= set(texts)
    assert distinct(kept) == kept
    assert "" not in kept


def test_every_code_of_the_catalogue_is_reached_by_a_test() -> None:
    source = Path(__file__).with_name("test_any_time.py").read_text()
    scenarios = {name.partition(":")[0] for name in CASES}
    missing = MEANINGS.keys() - scenarios - OTHERS.keys() - {"unexplained"}
    assert {code for code in missing if f'"{code}"' not in source} == set()
