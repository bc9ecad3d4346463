from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario
from tests.sandbox.ecs.service_world import AWSVPC, CLUSTER, ServiceWorld, case, refusal


def run(services: ServiceWorld, **changes: Any) -> dict[str, Any]:
    request = {"cluster": CLUSTER, "taskDefinition": "web", **changes}
    answer: dict[str, Any] = services.ecs.run_task(**request)
    return answer


def described(services: ServiceWorld, arn: str, **changes: Any) -> dict[str, Any]:
    answer = services.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn], **changes)
    task: dict[str, Any] = answer["tasks"][0]
    return task


def listed(services: ServiceWorld, **filters: Any) -> list[str]:
    arns: list[str] = services.ecs.list_tasks(cluster=CLUSTER, **filters)["taskArns"]
    return arns


# --- run and start


def test_a_task_runs_on_an_instance_with_room(services: ServiceWorld) -> None:
    instance = services.add_instance()
    arn = run(services, group="batch", startedBy="me")["tasks"][0]["taskArn"]
    services.sleep(120)
    task = described(services, arn)
    assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "RUNNING")
    assert task["containerInstanceArn"] == instance.arn
    assert (task["group"], task["startedBy"], task["launchType"]) == ("batch", "me", "EC2")
    assert task["createdAt"] < task["startedAt"]
    binding = task["containers"][0]["networkBindings"][0]
    assert (binding["containerPort"], binding["protocol"]) == (80, "tcp")


def test_the_group_is_the_family_unless_it_is_said(services: ServiceWorld) -> None:
    services.add_instance()
    assert run(services)["tasks"][0]["group"] == "family:web"


@pytest.mark.rule("J7")
def test_what_finds_no_place_is_a_failure_that_names_the_resource(services: ServiceWorld) -> None:
    services.add_instance("m5.large")
    services.register("big", container={"cpu": 100_000})
    answer = run(services, taskDefinition="big", count=2)
    assert answer["tasks"] == []
    assert [item["reason"] for item in answer["failures"]] == ["RESOURCE:CPU"] * 2
    assert listed(services) == []


@pytest.mark.rule("J7", "B20")
def test_with_a_provider_a_task_waits_for_capacity_instead_of_failing(
    services: ServiceWorld,
) -> None:
    strategy = [{"capacityProvider": "gpu", "weight": 1}]
    answer = run(services, capacityProviderStrategy=strategy)
    assert answer["failures"] == []
    assert answer["tasks"][0]["lastStatus"] == "PROVISIONING"
    assert answer["tasks"][0]["capacityProviderName"] == "gpu"


REFUSED = [
    case("C14", {"taskDefinition": "vpc"}, "Network Configuration must be provided"),
    case("C14", {"networkConfiguration": AWSVPC}, "Network Configuration is not valid"),
    case("C11", {"launchType": "FARGATE"}, "Task definition does not support launch_type FARGATE"),
    case("D12", {"platformVersion": "1.4.0"}, "The platform version must be null"),
    case(
        "D16",
        {"placementStrategy": [{"type": "binpack", "field": "gpu"}]},
        "binpack field 'gpu' is invalid",
    ),
    case(
        "D3",
        {
            "launchType": "EC2",
            "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1}],
        },
        "Specifying both a launch type and capacity provider strategy",
    ),
    case("B20", {"capacityProviderStrategy": [{"capacityProvider": "x"}]}, "not associated"),
    case("0.2", {"count": 11}, "between 1 and 10"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_aws_refuses_to_run(services: ServiceWorld, changes: dict[str, Any], message: str) -> None:
    services.register_awsvpc()
    request = {"cluster": CLUSTER, "taskDefinition": "web", **changes}
    code, text = refusal(services.ecs.run_task, **request)
    assert code == "InvalidParameterException"
    assert message in text


@pytest.mark.rule("0.2", "M")
def test_an_inactive_task_definition_is_an_invalid_parameter_of_run_task(
    services: ServiceWorld,
) -> None:
    services.ecs.deregister_task_definition(taskDefinition="web:1")
    for name, message in (
        ("web:1", "TaskDefinition is inactive"),
        ("web", "TaskDefinition not found."),
    ):
        found = refusal(services.ecs.run_task, cluster=CLUSTER, taskDefinition=name)
        assert found == ("InvalidParameterException", message)


@pytest.mark.rule("D2")
def test_a_client_token_runs_tasks_once(services: ServiceWorld) -> None:
    services.add_instance()
    first = run(services, clientToken="t", count=2)["tasks"]
    again = run(services, clientToken="t", count=2)["tasks"]
    assert [task["taskArn"] for task in again] == [task["taskArn"] for task in first]
    request = {"cluster": CLUSTER, "taskDefinition": "web", "clientToken": "t", "count": 3}
    assert refusal(services.ecs.run_task, **request)[0] == "ConflictException"
    assert len(listed(services)) == 2


def test_a_task_starts_on_the_instance_that_is_named(services: ServiceWorld) -> None:
    services.add_instance()
    second = services.add_instance()
    answer = services.ecs.start_task(
        cluster=CLUSTER,
        taskDefinition="web",
        containerInstances=[second.arn.rpartition("/")[2], "unknown"],
    )
    assert [task["containerInstanceArn"] for task in answer["tasks"]] == [second.arn]
    assert [item["reason"] for item in answer["failures"]] == ["MISSING"]


def test_tags_of_a_task_show_where_asked_for(services: ServiceWorld) -> None:
    services.add_instance()
    tags = [{"key": "team", "value": "a"}]
    arn = run(services, tags=tags)["tasks"][0]["taskArn"]
    assert described(services, arn)["tags"] == []
    assert described(services, arn, include=["TAGS"])["tags"] == tags


@pytest.mark.rule("D28")
@pytest.mark.parametrize(
    ("source", "expected"),
    [("SERVICE", {"from": "service"}), ("TASK_DEFINITION", {"from": "definition"}), ("NONE", {})],
)
def test_tags_are_propagated_at_launch_only(
    services: ServiceWorld, source: str, expected: dict[str, str]
) -> None:
    def tag(origin: str) -> list[dict[str, str]]:
        return [{"key": "from", "value": origin}]

    def tags_of(arn: str) -> dict[str, str]:
        described_tags = described(services, arn, include=["TAGS"])["tags"]
        return {item["key"]: item["value"] for item in described_tags}

    services.register_awsvpc(tags=tag("definition"))
    service = services.create_on_fargate(propagateTags=source, tags=tag("service"))
    services.sleep(300)
    first = services.running_tasks()[0]
    services.ecs.tag_resource(resourceArn=service["serviceArn"], tags=tag("later"))
    assert tags_of(first) == expected
    services.update(desiredCount=2, enableECSManagedTags=True, propagateTags="SERVICE")
    services.sleep(300)
    second = next(arn for arn in services.running_tasks() if arn != first)
    assert tags_of(first) == expected
    assert tags_of(second) == {
        "from": "later",
        "aws:ecs:clusterName": CLUSTER,
        "aws:ecs:serviceName": "web",
    }


def test_overrides_are_described_for_every_container(services: ServiceWorld) -> None:
    services.add_instance()
    override = {"name": "web", "command": ["serve"]}
    arn = run(services, overrides={"containerOverrides": [override]})["tasks"][0]["taskArn"]
    assert described(services, arn)["overrides"]["containerOverrides"] == [override]


# --- stop


def test_a_stopped_task_says_who_stopped_it_and_why(services: ServiceWorld) -> None:
    services.add_instance()
    arn = run(services)["tasks"][0]["taskArn"]
    services.sleep(120)
    stopping = services.ecs.stop_task(cluster=CLUSTER, task=arn, reason="enough")["task"]
    assert (stopping["desiredStatus"], stopping["stoppedReason"]) == ("STOPPED", "enough")
    services.sleep(60)
    task = described(services, arn)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "UserInitiated")
    assert task["stoppingAt"] <= task["stoppedAt"]
    again = services.ecs.stop_task(cluster=CLUSTER, task=arn, reason="again")["task"]
    assert again["stoppedReason"] == "enough"


def test_an_unknown_task_cannot_be_stopped(services: ServiceWorld) -> None:
    code, message = refusal(services.ecs.stop_task, cluster=CLUSTER, task="0" * 32)
    assert (code, message) == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )


@pytest.mark.rule("J8")
def test_a_stopped_task_is_described_for_an_hour(services: ServiceWorld) -> None:
    services.add_instance()
    arn = run(services)["tasks"][0]["taskArn"]
    services.sleep(120)
    services.ecs.stop_task(cluster=CLUSTER, task=arn)
    services.sleep(3540)
    assert described(services, arn)["lastStatus"] == "STOPPED"
    assert listed(services, desiredStatus="STOPPED") == [arn]
    services.sleep(120)
    answer = services.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    assert listed(services, desiredStatus="STOPPED") == []


@pytest.mark.rule("J8", "J7")
def test_why_a_task_never_started_is_described() -> None:
    services = ServiceWorld(Scenario(images=(("absent", ImageBehaviour("missing")),)))
    services.add_instance()
    services.register("absent", container={"image": "absent"})
    arn = run(services, taskDefinition="absent")["tasks"][0]["taskArn"]
    services.sleep(300)
    task = described(services, arn)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "startedAt" not in task


# --- describe and list


@pytest.mark.rule("0.8")
def test_describing_takes_a_hundred_tasks(services: ServiceWorld) -> None:
    for tasks in ([], [f"{number:032x}" for number in range(101)]):
        code, _ = refusal(services.ecs.describe_tasks, cluster=CLUSTER, tasks=tasks)
        assert code == "InvalidParameterException"


def test_a_gpu_task_shows_its_gpus(services: ServiceWorld) -> None:
    instance = services.add_instance("g5.xlarge")
    services.register("gpu", container={"resourceRequirements": [{"type": "GPU", "value": "1"}]})
    arn = run(services, taskDefinition="gpu")["tasks"][0]["taskArn"]
    assert described(services, arn)["containers"][0]["gpuIds"] == [instance.gpus[0].id]


def test_an_awsvpc_task_shows_its_network_interface(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    task = described(services, services.running_tasks()[0])
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    interface = task["containers"][0]["networkInterfaces"][0]
    assert details["subnetId"] == AWSVPC["awsvpcConfiguration"]["subnets"][0]
    assert interface == {
        "attachmentId": task["attachments"][0]["id"],
        "privateIpv4Address": details["privateIPv4Address"],
    }


def test_tasks_are_listed_by_what_they_are(services: ServiceWorld) -> None:
    instance = services.add_instance()
    services.register("other")
    alone = run(services, startedBy="me", taskDefinition="other")["tasks"][0]["taskArn"]
    services.create_on_fargate()
    services.sleep(300)
    served = services.running_tasks()
    assert listed(services) == [alone, *served]
    assert listed(services, family="other") == [alone]
    assert listed(services, startedBy="me") == [alone]
    assert listed(services, launchType="FARGATE") == served
    assert listed(services, containerInstance=instance.arn) == [alone]
    assert listed(services, serviceName="web", family="other") == []
    deployment = services.describe()["deployments"][0]["id"]
    assert listed(services, startedBy=deployment) == served


@pytest.mark.rule("J8")
def test_no_task_ever_has_the_desired_status_pending(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(2)
    assert services.describe()["pendingCount"] == 1
    assert listed(services, desiredStatus="PENDING") == []


def test_started_by_is_the_only_filter(services: ServiceWorld) -> None:
    code, _ = refusal(services.ecs.list_tasks, cluster=CLUSTER, startedBy="me", family="web")
    assert code == "InvalidParameterException"


def test_tasks_of_an_unknown_service_are_not_found(services: ServiceWorld) -> None:
    code, _ = refusal(services.ecs.list_tasks, cluster=CLUSTER, serviceName="nothing")
    assert code == "ServiceNotFoundException"


@pytest.mark.rule("D22")
def test_botocore_waits_until_tasks_run_and_stop(services: ServiceWorld) -> None:
    services.add_instance()
    arn = run(services)["tasks"][0]["taskArn"]
    services.sleep(120)
    request = {"cluster": CLUSTER, "tasks": [arn], "WaiterConfig": {"Delay": 0, "MaxAttempts": 1}}
    services.ecs.get_waiter("tasks_running").wait(**request)
    services.ecs.stop_task(cluster=CLUSTER, task=arn)
    services.sleep(60)
    services.ecs.get_waiter("tasks_stopped").wait(**request)
