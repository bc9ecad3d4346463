from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from ecsinfer.aws.gateway import Gateway
from ecsinfer.errors import AwsDeniedError, AwsError, EcsInferError, UsageError
from ecsinfer.model import Call, Read, Target
from ecsinfer.sandbox.clock import VirtualClock
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario
from tests.aws.wire import Refused, Reply, Wire

ACCOUNT = "123456789012"


def services(*names: str, cluster: str = "c") -> Read:
    return Read(
        "ecs",
        "DescribeServices",
        {"cluster": cluster, "services": list(names)},
        batch="services",
        limit=10,
        absent_on=("ClusterNotFoundException",),
    )


def describe(params: Mapping[str, Any]) -> Reply:
    """Every service exists."""
    return {"services": [{"serviceName": name} for name in params["services"]]}


def names(answer: Mapping[str, Any]) -> list[str]:
    return [each["serviceName"] for each in answer["services"]]


def test_equal_reads_are_asked_once() -> None:
    wire = Wire({"DescribeServices": describe})

    answers = Gateway(wire.session).gather([services("a"), services("a")])

    assert [names(answer) for answer in answers] == [["a"], ["a"]]
    assert len(wire.asked) == 1


@pytest.mark.rule("0.7")
def test_a_thousand_services_are_a_hundred_calls_and_each_asker_finds_its_own() -> None:
    wire = Wire({"DescribeServices": describe})
    wanted = [f"s{number}" for number in range(1000)]

    answers = Gateway(wire.session).gather([services(name) for name in wanted])

    assert len(wire.asked) == 100
    assert all(name in names(answer) for name, answer in zip(wanted, answers, strict=True))


def test_an_asker_of_more_than_one_call_holds_gets_all_of_it() -> None:
    wire = Wire({"DescribeServices": describe})
    wanted = [f"s{number}" for number in range(25)]

    (answer,) = Gateway(wire.session).gather([services(*wanted)])

    assert names(answer) == wanted


def test_reads_that_differ_in_more_than_their_batch_are_not_merged() -> None:
    wire = Wire({"DescribeServices": describe})

    Gateway(wire.session).gather([services("a", cluster="c"), services("a", cluster="d")])

    assert {asked["cluster"] for asked in wire.asked_for("DescribeServices")} == {"c", "d"}


def test_a_missing_cluster_is_an_empty_answer_and_costs_one_call() -> None:
    wire = Wire({"DescribeServices": Refused("ClusterNotFoundException", "Cluster not found.")})

    answers = Gateway(wire.session).gather([services("a"), services("b")])

    assert answers == [{}, {}]
    assert len(wire.asked) == 1


def test_one_entry_that_is_not_there_does_not_hide_the_others() -> None:
    def answer(params: Mapping[str, Any]) -> Reply:
        if "b" in params["logGroupIdentifiers"]:
            return Refused("ResourceNotFoundException", "The specified log group does not exist.")
        return {"logGroups": [{"logGroupName": name} for name in params["logGroupIdentifiers"]]}

    wire = Wire({"DescribeLogGroups": answer})
    reads = [
        Read(
            "logs",
            "DescribeLogGroups",
            {"logGroupIdentifiers": [name]},
            batch="logGroupIdentifiers",
            limit=50,
            absent_on=("ResourceNotFoundException",),
        )
        for name in ("a", "b", "c")
    ]

    answers = Gateway(wire.session).gather(reads)

    assert [[each["logGroupName"] for each in answer["logGroups"]] for answer in answers] == [
        ["a", "c"]
    ] * 3


@pytest.mark.rule("0.7")
@pytest.mark.parametrize(
    ("service", "operation", "items", "token"),
    [
        ("ecs", "DescribeCapacityProviders", "capacityProviders", "nextToken"),
        ("ecs", "ListServiceDeployments", "serviceDeployments", "nextToken"),
        ("application-autoscaling", "DescribeScalableTargets", "ScalableTargets", "NextToken"),
    ],
)
def test_pages_are_followed_also_where_botocore_has_no_paginator(
    service: str, operation: str, items: str, token: str
) -> None:
    params = {
        "DescribeCapacityProviders": {},
        "ListServiceDeployments": {"service": "s"},
        "DescribeScalableTargets": {"ServiceNamespace": "ecs"},
    }[operation]
    wire = Wire(
        {operation: [{items: [{}], token: "2"}, {items: [{}, {}], token: "3"}, {items: []}]}
    )

    (answer,) = Gateway(wire.session).gather([Read(service, operation, params, items=items)])

    assert len(answer[items]) == 3
    assert token not in answer
    assert [asked.get(token) for asked in wire.asked_for(operation)] == [None, "2", "3"]


def test_a_token_that_repeats_ends_the_pages() -> None:
    wire = Wire({"ListClusters": {"clusterArns": ["a"], "nextToken": "same"}})

    Gateway(wire.session).gather([Read("ecs", "ListClusters", {}, items="clusterArns")])

    assert len(wire.asked) == 2


def test_reads_of_one_round_are_under_way_at_the_same_time() -> None:
    together = threading.Barrier(9, timeout=20)

    def answer(_: Mapping[str, Any]) -> Reply:
        together.wait()  # breaks unless nine requests are there at once
        return {"taskDefinition": {}}

    wire = Wire({"DescribeTaskDefinition": answer})
    reads = [
        Read("ecs", "DescribeTaskDefinition", {"taskDefinition": f"f:{number}"})
        for number in range(9)
    ]

    assert len(Gateway(wire.session).gather(reads)) == 9


@pytest.mark.parametrize("operation", ["CreateCluster", "GetSecretValue", "UpdateService"])
def test_what_is_no_harmless_read_is_not_asked(operation: str) -> None:
    wire = Wire({})

    with pytest.raises(EcsInferError, match="not a read"):
        Gateway(wire.session).gather([Read("ecs", operation, {})])
    assert wire.asked == []


def test_while_planning_nothing_can_be_written() -> None:
    wire = Wire({"CreateCluster": {}})
    gateway = Gateway(wire.session)

    with gateway.planning(), pytest.raises(EcsInferError, match="while planning"):
        gateway.execute(Call("ecs", "CreateCluster", {}), lambda _why, _seconds: None)
    assert wire.asked == []


@pytest.mark.rule("I2", "I5")
def test_a_read_is_asked_again_for_as_long_as_aws_throttles_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # botocore's own pauses
    throttled: list[Reply] = [Refused("ThrottlingException", "Rate exceeded")] * 20
    wire = Wire({"DescribeServices": [*throttled, {"services": [{"serviceName": "a"}]}]})
    clock = VirtualClock()

    (answer,) = Gateway(wire.session, clock=clock).gather([services("a")])

    assert names(answer) == ["a"]
    assert len(wire.asked) == 21


@pytest.mark.rule("I2")
def test_a_sweep_of_more_than_a_bucket_holds_is_answered_in_full(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecs = sandbox.session().client("ecs")
    containers = [{"name": "a", "image": "example.com/a:1", "memory": 8}]
    for _ in range(150):
        ecs.register_task_definition(family="f", containerDefinitions=containers)
    sandbox.behave(Scenario(api_buckets=True))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    gateway = Gateway(sandbox.session(), clock=sandbox.clock)

    answers = gateway.gather(
        [
            Read("ecs", "DescribeTaskDefinition", {"taskDefinition": f"f:{number}"})
            for number in range(1, 151)
        ]
    )

    found = [answer["taskDefinition"]["revision"] for answer in answers]
    assert found == list(range(1, 151))
    assert gateway.counts.reads > 150  # some were refused for now


def test_an_optional_read_that_is_denied_says_which_action_was() -> None:
    wire = Wire({"ListServiceDeployments": Refused("AccessDeniedException", "no")})
    read = Read("ecs", "ListServiceDeployments", {"service": "s"}, optional=True)

    assert Gateway(wire.session).gather([read]) == [{"denied": "ecs:ListServiceDeployments"}]


def test_a_read_that_is_denied_is_an_error_otherwise() -> None:
    wire = Wire({"DescribeServices": Refused("AccessDeniedException", "no")})

    with pytest.raises(AwsDeniedError, match="ecs:DescribeServices"):
        Gateway(wire.session).gather([services("a")])


def test_the_account_is_taken_from_an_answer_without_asking_for_it() -> None:
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/x"
    wire = Wire({"DescribeClusters": {"failures": [{"arn": arn, "reason": "MISSING"}]}})
    gateway = Gateway(wire.session)
    gateway.gather([Read("ecs", "DescribeClusters", {"clusters": ["x"]})])

    assert gateway.target() == Target(ACCOUNT, "us-east-1", "")
    assert [operation for operation, _ in wire.asked] == ["DescribeClusters"]


def test_requests_are_counted_by_what_they_do() -> None:
    wire = Wire({"DescribeServices": describe, "CreateCluster": {}})
    gateway = Gateway(wire.session)

    gateway.gather([services("a")])
    gateway.execute(Call("ecs", "CreateCluster", {}), lambda _why, _seconds: None)

    assert (gateway.counts.reads, gateway.counts.writes) == (1, 1)


@pytest.mark.rule("I6")
def test_expired_credentials_are_looked_up_again_once() -> None:
    expired = Refused("ExpiredTokenException", "The security token has expired")
    wire = Wire({"DescribeServices": [expired, {"services": []}]})

    assert Gateway(wire.session).gather([services("a")]) == [{"services": []}]


def test_credentials_that_stay_expired_are_told() -> None:
    wire = Wire({"DescribeServices": Refused("ExpiredTokenException", "expired")})

    with pytest.raises(AwsDeniedError, match="expired"):
        Gateway(wire.session).gather([services("a")])
    assert len(wire.asked) == 2


def test_without_a_region_the_user_is_told_where_to_set_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(UsageError) as told:
        Gateway().target()
    assert "--region" in told.value.hint


def test_an_unknown_profile_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="nobody"):
        Gateway(profile="nobody").target()


def test_without_credentials_the_user_is_told_how_to_log_in() -> None:
    wire = Wire({"DescribeServices": NoCredentialsError()})

    with pytest.raises(AwsDeniedError) as told:
        Gateway(wire.session).gather([services("a")])
    assert "--profile" in told.value.hint


def test_tagging_that_a_network_has_no_way_to_is_a_question_that_nobody_may_ask() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    wire = Wire({"GetResources": gone})
    asked = Read("resourcegroupstaggingapi", "GetResources", {}, optional=True)

    assert Gateway(wire.session).gather([asked]) == [{"denied": "tag:GetResources"}]


def test_an_endpoint_out_of_reach_is_told_with_what_to_check() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    wire = Wire({"DescribeServices": gone})

    with pytest.raises(AwsError) as told:
        Gateway(wire.session).gather([services("a")])
    assert "--endpoint-url" in told.value.hint
