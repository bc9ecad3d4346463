"""Patterns over facts made by hand: those that no scenario needs, and the laws of the table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.diagnose import answers, explain
from ecsinfer.diagnose.catalogue import ASIDE, MEANINGS, MOST_EVIDENCE, cause
from ecsinfer.diagnose.facts import (
    Activity,
    Container,
    Facts,
    Group,
    Host,
    Instance,
    Pause,
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


def present(state: str) -> dict[str, str]:
    """The deployment, as the service's PRIMARY one."""
    return {"status": "PRIMARY", "id": "ecs-svc/1", "rolloutState": state}


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
    "spot-interruption": replace(
        FACTS,
        tasks=(
            stopped(
                "Your Spot Task was interrupted.",
                Container("llm", exit_code=137),
                Container("agent", exit_code=143),
                stop_code="SpotInterruption",
            ),
        ),
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


DEPENDENCY = (
    "CannotStartContainerError: dependency graph: {} [init(example.com/init:1) (STOPPED->RUNNING)] "
    "for target [llm(vllm:1) (NONE->RUNNING)] {}"
)


def test_a_container_that_was_never_started_has_not_crashed() -> None:
    said = DEPENDENCY.format("container ordering dependency", "because dependency will never start")
    (told,) = explain(replace(FACTS, tasks=(stopped(said, Container("llm", "", 143, said)),)))
    assert told.code == "dependency-not-met"
    assert told.title.endswith("waits for container init, which never starts")
    said = DEPENDENCY.format("container ordering dependency", "for reasons of its own")
    (told,) = explain(replace(FACTS, tasks=(stopped(said),)))
    assert told.title.endswith("which for reasons of its own")


def test_a_task_that_found_no_place_yet_is_no_trouble_before_scaling_had_its_time() -> None:
    said = "(service llm) was unable to place a task because no container instance met them all."
    waiting = replace(FACTS, tasks=(WAITING,), providers=(provider(),))
    assert codes(replace(waiting, events=(Said(NOW - timedelta(minutes=1), said),))) == []
    assert codes(replace(waiting, events=(Said(EPOCH, said),))) == ["unexplained"]


MISSING = Said(
    EPOCH,
    "(service llm) was unable to place a task because no container instance met all of its "
    "requirements. The closest matching container-instance h is missing an attribute required by "
    "your task.",
)


def somewhere(*zones: str, **group: Any) -> Facts:
    """A task waits since `EPOCH`; its subnets are in a and b, and instances in these zones."""
    instances = tuple(Instance(f"i-{zone}", "g5.xlarge", zone, "InService") for zone in zones)
    made = replace(GROUP, instances=instances, zones=("a", "b", "c"), **group)
    return replace(
        FACTS,
        tasks=(WAITING,),
        events=(MISSING,),
        zones=("a", "b"),
        hosts=tuple(
            Host(each.zone, each.id, "gpu", each.zone, each.type, "ACTIVE", connected=True)
            for each in instances
        ),
        providers=(provider(group=made),),
    )


@pytest.mark.parametrize("zones", ["c", "abc"])
def test_an_instance_in_a_zone_without_subnet_is_trouble_once_growing_had_its_time(
    zones: str,
) -> None:
    early = replace(somewhere(*zones), now=EPOCH + timedelta(minutes=9))
    assert "subnets-outside-zones" not in codes(early)
    (told,) = explain(replace(early, now=EPOCH + timedelta(minutes=11)))
    assert told.code == "subnets-outside-zones"
    full, at_once = explain(replace(somewhere(*zones, maximum=1), now=early.now))
    assert (full.code, at_once) == ("group-at-maximum", told)


def test_one_instance_in_vain_is_told_as_one() -> None:
    _, told = explain(somewhere("a", "c", maximum=1))
    assert told.title == (
        "1 of the 2 instances of Auto Scaling group asg is in c, where the tasks have no subnet: "
        "theirs are in a, b"
    )


def test_placement_constraints_are_blamed_only_where_there_are_any() -> None:
    elsewhere = replace(somewhere("a"), now=EPOCH + timedelta(hours=1))
    assert codes(elsewhere) == ["unexplained"]
    constraint = {"type": "memberOf", "expression": "attribute:x == y"}
    limited = replace(elsewhere, definition={"placementConstraints": [constraint]})
    assert codes(limited) == ["placement-constraint-impossible"]
    distinct_only = {"placementConstraints": [{"type": "distinctInstance"}]}
    assert codes(replace(elsewhere, definition=distinct_only)) == ["unexplained"]


def test_no_larger_group_is_advised_where_another_instance_of_it_would_not_help() -> None:
    full = somewhere("c", maximum=1)
    assert codes(full) == ["group-at-maximum", "subnets-outside-zones"]
    (there,) = full.groups
    only_there = provider(group=replace(there, zones=("c",)))
    assert codes(replace(full, providers=(only_there,))) == ["subnets-outside-zones"]
    constraint = {"type": "memberOf", "expression": "attribute:x == y"}
    limited = {"placementConstraints": [constraint]}
    full = replace(somewhere("a", maximum=1), definition=limited)
    assert codes(full) == ["placement-constraint-impossible"]


def test_every_zone_that_has_no_capacity_is_named() -> None:
    said = "We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested ({})."
    activities = tuple(Activity(NOW, "Failed", said.format(zone)) for zone in "bac")
    group = replace(GROUP, activities=activities)
    (told,) = explain(replace(FACTS, tasks=(WAITING,), providers=(provider(group=group),)))
    assert told.title == "EC2 has no g5.xlarge instances left in a, b, c"


def test_the_instances_that_are_not_named_are_counted() -> None:
    seven = tuple(Instance(f"i-{n}", "g5.xlarge", "a", "InService", since=EPOCH) for n in range(7))
    group = replace(GROUP, instances=seven, activities=(Activity(NOW, "Successful", ""),))
    (told,) = explain(replace(FACTS, tasks=(WAITING,), providers=(provider(group=group),)))
    assert told.title.startswith("7 instances of Auto Scaling group asg, in service for more than")
    assert told.evidence[0].endswith("i-0, i-1, i-2, i-3, i-4 and 2 more")


JOINED = replace(
    GROUP,
    maximum=1,
    instances=(Instance("i-1", "g5.xlarge", "a", "InService", since=EPOCH),),
    activities=(Activity(EPOCH, "Successful", ""),),
)


def test_an_instance_of_unknown_age_may_be_on_its_way() -> None:
    young = replace(JOINED, maximum=9, instances=(replace(JOINED.instances[0], since=None),))
    facts = replace(FACTS, tasks=(WAITING,), providers=(provider(group=young),))
    assert "instances-never-join" not in codes(facts)


@pytest.mark.parametrize("denied", ["ecs:ListContainerInstances", "ecs:DescribeContainerInstances"])
def test_who_may_not_see_container_instances_is_not_told_that_none_joined(denied: str) -> None:
    facts = replace(FACTS, tasks=(WAITING,), providers=(provider(group=JOINED),), denied=(denied,))
    assert codes(facts) == ["group-at-maximum", "not-allowed-to-look"]
    assert codes(replace(facts, denied=())) == ["instances-never-join"]


def test_an_agent_of_somebody_elses_provider_is_not_to_blame() -> None:
    lost = Host("h", "i-9", "other", "a", "g5.xlarge", "ACTIVE", connected=False)
    service = {**FACTS.service, "capacityProviderStrategy": [{"capacityProvider": "gpu"}]}
    facts = replace(FACTS, service=service, tasks=(WAITING,), hosts=(lost,))
    assert "agent-disconnected" not in codes(facts)
    assert "agent-disconnected" in codes(replace(facts, hosts=(replace(lost, provider="gpu"),)))


def test_where_container_instances_may_not_be_seen_their_groups_tell_the_zones() -> None:
    said = "(service llm) was unable to place a task: missing an attribute required by your task"
    facts = replace(
        FACTS,
        service={**FACTS.service, "placementConstraints": [{"type": "memberOf"}]},
        tasks=(WAITING,),
        events=(Said(EPOCH, said),),
        providers=(provider(group=replace(JOINED, maximum=9)),),
        zones=("b",),
        denied=("ecs:ListContainerInstances",),
    )
    assert codes(facts) == ["subnets-outside-zones", "not-allowed-to-look"]
    assert "placement-constraint-impossible" in codes(replace(facts, zones=("a",)))


def test_suspended_scaling_is_told_how_to_go_on() -> None:
    (told,) = (each for each in explain(OTHERS["scaling-suspended"]) if "suspended" in each.title)
    assert told.advice == ("ecsinfer resume llm lets it go on, when the trouble is over",)


@pytest.mark.rule("J7")
@pytest.mark.parametrize(("state", "left"), [("COMPLETED", ["late"]), ("IN_PROGRESS", "all")])
@pytest.mark.parametrize(
    "rest", ["has reached a steady state.", "(deployment ecs-svc/1) deployment completed."]
)
def test_what_was_said_before_the_last_steady_state_is_over(
    state: str, left: object, rest: str
) -> None:
    texts = ["late", rest, "operations are being throttled"]
    service = {
        "deployments": [present(state)],
        "events": [
            {"createdAt": NOW - timedelta(minutes=age), "message": text}
            for age, text in enumerate(texts)
        ],
    }
    told = [each.text for each in answers.said(service, "ecs-svc/1", EPOCH)]
    assert told == (texts if left == "all" else left)


def test_what_ec2_refused_before_the_tasks_waited_is_over_once_the_rollout_has_completed() -> None:
    late = NOW + timedelta(minutes=1)
    facts = replace(OTHERS["launch-failed"], now=late, tasks=(replace(WAITING, created=late),))
    assert codes(facts) == ["launch-failed"]
    serves = replace(facts, service={**FACTS.service, "deployments": [present("COMPLETED")]})
    assert codes(serves) == []
    assert codes(replace(serves, tasks=(WAITING,))) == ["launch-failed"]


def test_one_is_not_told_as_several() -> None:
    (told,) = explain(OTHERS["agent-disconnected"])
    assert told.title == "the ECS agent of 1 container instance is not connected"
    old = Task("o", "ecs-svc/0", "RUNNING", protected=True)
    (told,) = explain(replace(FACTS, tasks=(old,)))
    assert "keeps 1 old task running" in told.title
    full = provider(group=replace(GROUP, maximum=1))
    (told,) = explain(replace(FACTS, tasks=(WAITING,), providers=(full,)))
    assert told.title.startswith("1 task waits for room")
    assert told.title.endswith("its maximum of 1 instance")


def test_a_pause_tells_until_when_it_lasts_as_far_as_aws_does() -> None:
    tomorrow = Pause("BAKE_TIME", NOW + timedelta(days=1), "CONTINUE")
    (told,) = explain(replace(FACTS, pauses=(tomorrow,), key="chat"))
    assert (
        told.title
        == f"paused at BAKE_TIME until {tomorrow.until:%Y-%m-%d %H:%M} UTC, then CONTINUE"
    )
    assert told.advice[0] == "ecsinfer continue chat lets it go on"
    (told,) = explain(replace(FACTS, pauses=(Pause("BAKE_TIME"),)))
    assert told.title == "paused at BAKE_TIME until somebody answers"


def test_what_only_holds_scaling_in_is_not_told_to_who_waits_for_a_rollout() -> None:
    assert MEANINGS.keys() > ASIDE
    facts = OTHERS["scaling-suspended"]
    assert explain(facts, aside=False) == ()
    denied = replace(facts, denied=("ecs:GetTaskProtection",))
    assert explain(denied, aside=False) == ()
    assert codes(denied) == ["scaling-suspended", "not-allowed-to-look"]


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


def test_every_code_of_the_catalogue_is_timed_in_a_world_or_made_by_hand() -> None:
    source = Path(__file__).with_name("test_any_time.py").read_text()
    timed = set(re.findall(r'(?:named\([^"]*|seconds_until_told\()"([\w-]+)"', source))
    shown = timed | {name.partition(":")[0] for name in CASES}
    assert MEANINGS.keys() - shown - OTHERS.keys() == {"unexplained"}
    assert timed < MEANINGS.keys()
