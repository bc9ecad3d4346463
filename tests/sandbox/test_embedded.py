"""The embedded AWS in process: sessions, isolation, the log of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox


def test_any_boto3_or_botocore_session_can_be_attached(sandbox: Sandbox) -> None:
    session = boto3.Session(region_name="us-east-1")
    core = botocore.session.Session()
    sandbox.attach(session)
    sandbox.attach(core)
    clients: list[Any] = [session.client("sts"), core.create_client("sts")]

    accounts = [client.get_caller_identity()["Account"] for client in clients]

    assert accounts == [sandbox.world.account] * 2


def test_its_sessions_read_nothing_of_the_users_account(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    session = sandbox.session()

    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "sandbox"
    assert session.client("ecs").meta.region_name == "us-east-1"


def test_two_sandboxes_in_one_process_see_nothing_of_each_other() -> None:
    first, second = Sandbox(), Sandbox()
    logs = [sandbox.session().client("logs") for sandbox in (first, second)]

    logs[0].create_log_group(logGroupName="of-the-first")
    logs[1].create_log_group(logGroupName="of-the-second")

    names = [
        [group["logGroupName"] for group in log.describe_log_groups()["logGroups"]] for log in logs
    ]
    assert "of-the-first" in names[0]
    assert "of-the-second" not in names[0]
    assert "of-the-second" in names[1]
    assert "of-the-first" not in names[1]
    assert first.world is not second.world


def test_equal_calls_get_equal_answers_in_every_sandbox() -> None:
    def identifiers() -> list[str]:
        ec2 = Sandbox().session().client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        return [vpc, *(subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"])]

    assert identifiers() == identifiers()


def test_two_runs_of_a_rollout_are_identical() -> None:
    def life() -> list[Any]:
        sandbox = Sandbox()
        ecs: Any = sandbox.session().client("ecs")
        ecs.create_cluster(clusterName="c", capacityProviders=["FARGATE"])
        ecs.register_task_definition(
            family="app",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=furniture.EXECUTION_ROLE,
            containerDefinitions=[{"name": "main", "image": f"{furniture.VLLM}:v1"}],
        )
        ecs.create_service(
            cluster="c",
            serviceName="s",
            taskDefinition="app",
            desiredCount=3,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": list(furniture.SUBNETS)}},
        )
        sandbox.clock.sleep(2700)
        tasks = ecs.list_tasks(cluster="c")["taskArns"]
        return [
            ecs.describe_services(cluster="c", services=["s"])["services"],
            ecs.describe_tasks(cluster="c", tasks=tasks)["tasks"],
        ]

    first, second = life(), life()

    assert first[0][0]["runningCount"] == 3
    assert first == second


def test_a_reset_begins_anew(sandbox: Sandbox) -> None:
    sandbox.session().client("logs").create_log_group(logGroupName="old")
    began = sandbox.clock.now()
    sandbox.clock.sleep(60)

    sandbox.reset()

    assert sandbox.calls == []
    assert sandbox.clock.now() == began
    groups = sandbox.session().client("logs").describe_log_groups()["logGroups"]
    assert "old" not in [group["logGroupName"] for group in groups]


def test_every_request_of_every_service_is_logged_with_its_parameters(
    sandbox: Sandbox, client: Callable[[str], Any]
) -> None:
    client("logs").create_log_group(logGroupName="group")
    client("iam").list_roles(PathPrefix="/x/")

    created, listed = sandbox.calls[-2:]
    assert created == ("logs", "CreateLogGroup", {"logGroupName": "group"})
    assert listed[:2] == ("iam", "ListRoles")
    assert listed.params["PathPrefix"] == "/x/"


def test_each_region_is_a_world_of_its_own_on_one_clock(sandbox: Sandbox) -> None:
    ireland = sandbox.world_of("eu-west-1")

    assert ireland is not sandbox.world
    assert ireland.clock is sandbox.clock
    assert ireland.arn("cluster/a") == f"arn:aws:ecs:eu-west-1:{sandbox.world.account}:cluster/a"


@pytest.mark.parametrize("operation", ["logs.describe_log_groups", "ecs.list_clusters"])
def test_a_region_that_there_is_not_is_refused_by_every_service(
    sandbox: Sandbox, operation: str
) -> None:
    service, _, name = operation.partition(".")
    client: Any = sandbox.session("mars-north-1").client
    with pytest.raises(ClientError, match=r"InvalidRegion.*There is no region mars-north-1\."):
        getattr(client(service), name)()


@pytest.mark.parametrize(
    ("service", "operation"),
    [("autoscaling", "describe_account_limits"), ("lambda", "get_account_settings")],
)
def test_what_nobody_answers_is_refused_by_name(
    client: Callable[[str], Any], service: str, operation: str
) -> None:
    with pytest.raises(ClientError, match=f"The simulated {service} does not have"):
        getattr(client(service), operation)()


def test_sixteen_threads_of_mixed_calls_lose_nothing(sandbox: Sandbox) -> None:
    session: Any = sandbox.session()
    logs, ecr, ecs = (session.client(service) for service in ("logs", "ecr", "ecs"))
    ecs.create_cluster(clusterName="c")
    box = {"name": "main", "image": "model:1", "memory": 128}
    ecs.register_task_definition(family="app", containerDefinitions=[box])
    before = len(sandbox.calls)

    def work(number: int) -> None:
        for turn in range(10):
            name = f"{number}-{turn}"
            logs.create_log_group(logGroupName=f"group-{name}")
            ecr.create_repository(repositoryName=f"repository-{name}")
            ecs.create_service(cluster="c", serviceName=name, taskDefinition="app", desiredCount=1)
            ecs.update_service(cluster="c", service=name, desiredCount=2)
            sandbox.clock.sleep(1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    began = sandbox.clock.now()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sandbox.calls) - before == 16 * 10 * 4
    assert (sandbox.clock.now() - began).total_seconds() == 16 * 10
    assert {name for _, name in sandbox.world.services} == {
        f"{number}-{turn}" for number in range(16) for turn in range(10)
    }
    assert {service.desired for service in sandbox.world.services.values()} == {2}
    repositories = ecr.get_paginator("describe_repositories")
    names = [r["repositoryName"] for page in repositories.paginate() for r in page["repositories"]]
    assert len([name for name in names if name.startswith("repository-")]) == 16 * 10
