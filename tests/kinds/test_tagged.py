"""What is made of the tagging service's answer, which lags and tells of the deleted."""

from __future__ import annotations

from typing import Any

from ecsinfer.kinds.forgotten import Named
from ecsinfer.kinds.tagged import Elsewhere, Tagged, elsewhere, look
from tests.kinds.driving import drive, rounds

ECS = "arn:aws:ecs:us-east-1:123456789012"
LOGS = "arn:aws:logs:us-east-1:123456789012"
NAMED = Named(
    "app", "here", families=frozenset({"app-llm"}), log_groups=frozenset({"/ecsinfer/app/llm"})
)
TAGS = [{"key": "ecsinfer:app", "value": "app"}]


def tagged(*arns: str) -> dict[str, Any]:
    return {"GetResources": {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]}}


def service(cluster: str, *, status: str = "ACTIVE", tags: Any = TAGS) -> dict[str, Any]:
    return {
        "serviceName": "llm",
        "clusterArn": f"{ECS}:cluster/{cluster}",
        "status": status,
        "taskDefinition": f"{ECS}:task-definition/app-llm:3",
        "tags": tags,
    }


THERE = f"{ECS}:service/there/llm"


def test_what_is_named_is_not_looked_up() -> None:
    found = tagged(f"{ECS}:task-definition/app-llm:1", f"{LOGS}:log-group:/ecsinfer/app/llm")
    seen, asked = rounds(look(NAMED), found)
    assert seen == Tagged()
    assert [read.operation for reads in asked for read in reads] == ["GetResources"]


def test_what_was_deregistered_or_deleted_is_not_there() -> None:
    found = tagged(f"{ECS}:task-definition/old:1", f"{LOGS}:log-group:/old")
    namesakes = {
        "ListTaskDefinitions": {"taskDefinitionArns": [f"{ECS}:task-definition/older:1"]},
        "DescribeLogGroups": {"logGroups": [{"logGroupName": "/older"}]},
    }
    assert drive(look(NAMED), {**found, **namesakes}) == Tagged()


def test_what_is_left_of_a_family_and_a_log_group_is() -> None:
    found = tagged(
        *(f"{ECS}:task-definition/old:{number}" for number in (1, 2)), f"{LOGS}:log-group:/old"
    )
    there = {
        "ListTaskDefinitions": {"taskDefinitionArns": [f"{ECS}:task-definition/old:2"]},
        "DescribeLogGroups": {"logGroups": [{"logGroupName": "/old"}, {"logGroupName": "/older"}]},
    }
    assert drive(look(NAMED), {**found, **there}) == Tagged(("old",), ("/old",))


def test_what_a_service_of_another_cluster_runs_and_writes_to_is_its_own() -> None:
    found = tagged(
        f"{ECS}:service/here/llm",
        THERE,
        f"{ECS}:cluster/here",
        f"{ECS}:cluster/there",
        f"{ECS}:task-definition/app-llm:3",
    )
    options = {"logDriver": "awslogs", "options": {"awslogs-group": "/there"}}
    answers = {
        "DescribeServices": {"services": [service("there")]},
        "DescribeClusters": {
            "clusters": [{"clusterName": "there", "status": "ACTIVE", "tags": TAGS}]
        },
        "DescribeTaskDefinition": {
            "taskDefinition": {"containerDefinitions": [{"logConfiguration": options}, {}]}
        },
    }
    why = "service llm of cluster there uses it"
    assert drive(elsewhere(NAMED), {**found, **answers}) == Elsewhere(
        ("there",),
        (("there", "llm"),),
        frozenset({f"{ECS}:task-definition/app-llm:3"}),
        {"app-llm": why},
        {"/there": why},
    )


def test_a_service_that_is_gone_or_not_ours_uses_nothing() -> None:
    for there in (service("there", status="INACTIVE"), service("there", tags=[])):
        answers = {**tagged(THERE), "DescribeServices": {"services": [there]}}
        assert drive(elsewhere(NAMED), answers) == Elsewhere()


def test_a_short_arn_does_not_tell_a_cluster() -> None:
    seen, asked = rounds(elsewhere(NAMED), tagged(f"{ECS}:service/llm"))
    assert seen == Elsewhere()
    assert len(asked[0]) == 1
    assert not any(asked[1:])


def test_who_may_not_look_closer_knows_nothing() -> None:
    denied = {"DescribeServices": {"denied": "ecs:DescribeServices"}}
    found = tagged(THERE, f"{ECS}:task-definition/old:1")
    unknown = Elsewhere(denied="ecs:DescribeServices")
    assert drive(elsewhere(NAMED), {**found, **denied}) == unknown
    assert drive(look(NAMED), {**found, **denied}) == Tagged(elsewhere=unknown)
    refused = {"GetResources": {"denied": "tag:GetResources"}}
    assert drive(look(NAMED), refused) == Tagged(elsewhere=Elsewhere(denied="tag:GetResources"))
