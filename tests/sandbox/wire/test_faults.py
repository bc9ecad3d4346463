"""Single calls fail as they do on AWS: refused, cut off, or applied and their answer lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault, Scenario
from ecsinfer.sandbox.wire.faults import Faults

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


def logs_of(sandbox: Sandbox, config: Config = ONCE) -> Any:
    return sandbox.session().client("logs", config=config)


def groups(sandbox: Sandbox) -> set[str]:
    sandbox.faults.clear()
    return {group["logGroupName"] for group in logs_of(sandbox).describe_log_groups()["logGroups"]}


def with_fault(fault: Fault) -> Sandbox:
    return Sandbox(Scenario(faults=(fault,)))


def test_a_call_is_refused_with_the_code_and_status_and_not_applied() -> None:
    fault = Fault("CreateLogGroup", code="ServiceUnavailable", message="later", status=503)
    sandbox = with_fault(fault)

    with pytest.raises(ClientError) as raised:
        logs_of(sandbox).create_log_group(logGroupName="refused")

    assert raised.value.response["Error"] == {"Code": "ServiceUnavailable", "Message": "later"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "refused" not in groups(sandbox)


def test_a_reset_call_is_not_applied() -> None:
    sandbox = with_fault(Fault("CreateLogGroup", kind="reset"))

    with pytest.raises(ConnectionClosedError):
        logs_of(sandbox).create_log_group(logGroupName="cut")

    assert "cut" not in groups(sandbox)


@pytest.mark.rule("I7")
def test_a_lost_call_is_applied() -> None:
    sandbox = with_fault(Fault("CreateLogGroup", kind="lost"))

    with pytest.raises(ReadTimeoutError):
        logs_of(sandbox).create_log_group(logGroupName="applied")

    assert "applied" in groups(sandbox)


@pytest.mark.rule("0.6")
def test_a_client_that_retries_sends_a_lost_call_again() -> None:
    sandbox = with_fault(Fault("CreateLogGroup", kind="lost"))

    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        logs_of(sandbox, Config()).create_log_group(logGroupName="twice")

    assert [call.operation for call in sandbox.calls] == ["CreateLogGroup"] * 2


def test_only_the_nth_call_is_befallen() -> None:
    sandbox = with_fault(Fault("ListClusters", nth=2, service="ecs"))
    ecs = sandbox.session().client("ecs", config=ONCE)

    ecs.list_clusters()
    with pytest.raises(ClientError, match="Rate exceeded"):
        ecs.list_clusters()
    ecs.list_clusters()


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("ListClusters"), "Rate exceeded"),
        (Fault("ListClusters", code="ServerException", status=500), "Service unavailable."),
        (Fault("ListClusters", code="ServerException", status=500, message="no"), "no"),
    ],
)
def test_a_call_that_the_server_failed_is_not_told_that_it_was_throttled(
    fault: Fault, text: str
) -> None:
    ecs = with_fault(fault).session().client("ecs", config=ONCE)

    with pytest.raises(ClientError, match=f": {text}$"):
        ecs.list_clusters()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("*", nth=0), [True, True, True]),
        (Fault("*", nth=2), [False, True, False]),
        (Fault("*", service="ec2"), [False, False, True]),
        (Fault("CreateCluster", nth=2), [False, True, False]),
        (Fault("CreateCluster", service="ec2"), [False, False, False]),
        (Fault("DeleteCluster"), [False, False, False]),
    ],
)
def test_a_fault_counts_the_calls_it_is_about(fault: Fault, expected: list[bool]) -> None:
    faults = Faults([fault])
    calls = [("ecs", "CreateCluster"), ("ecs", "CreateCluster"), ("ec2", "DescribeVpcs")]

    assert [faults.due(*call) is fault for call in calls] == expected


def test_a_fault_added_at_run_time_counts_from_then_on(
    sandbox: Sandbox, client: Callable[[str], Any]
) -> None:
    sts = client("sts")
    sts.get_caller_identity()
    sandbox.faults.add(Fault("GetCallerIdentity", code="AccessDenied", message="no", status=403))

    with pytest.raises(ClientError, match="AccessDenied"):
        sts.get_caller_identity()
    assert sandbox.faults.in_force[0].code == "AccessDenied"
    sandbox.faults.clear()
    sts.get_caller_identity()


def test_latency_is_simulated_time_in_process() -> None:
    sandbox = Sandbox(Scenario(latency=0.25))
    began = sandbox.clock.now()

    sandbox.session().client("sts").get_caller_identity()

    assert (sandbox.clock.now() - began).total_seconds() == 0.25
