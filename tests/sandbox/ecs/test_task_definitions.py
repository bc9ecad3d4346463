from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault, Scenario
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import container, definition, fargate_definition

PREFIX = "arn:aws:ecs:us-east-1:123456789012:task-definition/"
HOUR = 3600


def register(ecs: Any, family: str = "web", **changes: Any) -> dict[str, Any]:
    answer = ecs.register_task_definition(**definition(family=family, **changes))
    return dict(answer["taskDefinition"])


def described(ecs: Any, name: str) -> dict[str, Any]:
    return dict(ecs.describe_task_definition(taskDefinition=name)["taskDefinition"])


def deleted(ecs: Any, *names: str) -> None:
    for name in names:
        ecs.deregister_task_definition(taskDefinition=name)
    assert ecs.delete_task_definitions(taskDefinitions=list(names))["failures"] == []


@pytest.mark.rule("C1")
def test_registering_always_makes_a_new_revision_and_never_a_number_twice(
    ecs: Any, sandbox: Sandbox
) -> None:
    assert [register(ecs)["revision"] for _ in range(2)] == [1, 2]
    deleted(ecs, "web:1", "web:2")
    sandbox.clock.sleep(2 * HOUR)
    assert ecs.list_task_definition_families()["families"] == []
    again = register(ecs)
    assert (again["revision"], again["taskDefinitionArn"]) == (3, PREFIX + "web:3")


@pytest.mark.rule("C2")
def test_concurrent_registrations_can_be_refused() -> None:
    text = "Too many concurrent attempts to create a new revision of the specified family."
    fault = Fault("RegisterTaskDefinition", code="ClientException", message=text)
    ecs = Sandbox(Scenario(faults=(fault,))).session().client("ecs")
    with refusal("ClientException", "too many concurrent attempts"):
        register(ecs)
    assert register(ecs)["revision"] == 1


@pytest.mark.rule("C3")
def test_the_newest_revisions_of_a_family_are_listed_first_when_asked_so(ecs: Any) -> None:
    for family in ("web", "web", "web-2", "web"):
        register(ecs, family)
    newest = ecs.list_task_definitions(familyPrefix="web", sort="DESC", maxResults=2)
    assert newest["taskDefinitionArns"] == [PREFIX + "web:3", PREFIX + "web:2"]
    everything = ecs.list_task_definitions()["taskDefinitionArns"]
    assert everything == [PREFIX + name for name in ("web:1", "web:2", "web:3", "web-2:1")]


@pytest.mark.rule("C4")
def test_a_family_means_its_latest_active_revision(ecs: Any) -> None:
    for _ in range(3):
        register(ecs)
    ecs.deregister_task_definition(taskDefinition="web:3")
    assert described(ecs, "web")["revision"] == 2
    assert described(ecs, "web:3")["status"] == "INACTIVE"
    assert described(ecs, PREFIX + "web:1")["revision"] == 1
    for number in (1, 2):
        ecs.deregister_task_definition(taskDefinition=f"web:{number}")
    for name in ("web", "never", "web:4", PREFIX.replace("123456789012", "1" * 12) + "web:1"):
        with refusal("ClientException", "unable to describe task definition."):
            described(ecs, name)


@pytest.mark.rule("C5")
def test_a_deregistered_revision_keeps_its_service_and_takes_no_new_one(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    arn = register(ecs)["taskDefinitionArn"]
    ecs.create_service(cluster="x", serviceName="a", taskDefinition="web", desiredCount=0)
    gone = ecs.deregister_task_definition(taskDefinition="web:1")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert ecs.deregister_task_definition(taskDefinition="web:1")["taskDefinition"] == gone
    service = ecs.describe_services(cluster="x", services=["a"])["services"][0]
    assert (service["status"], service["taskDefinition"]) == ("ACTIVE", arn)
    with refusal("ClientException", "TaskDefinition is inactive"):
        ecs.create_service(cluster="x", serviceName="b", taskDefinition="web:1", desiredCount=0)


def test_deregistering_needs_a_revision_that_is_there(ecs: Any) -> None:
    register(ecs)
    with refusal("ClientException", "revision is missing"):
        ecs.deregister_task_definition(taskDefinition="web")
    with refusal("InvalidParameterException", "invalid revision number"):
        ecs.deregister_task_definition(taskDefinition="web:latest")
    with refusal("ClientException", "unable to describe task definition"):
        ecs.deregister_task_definition(taskDefinition="web:2")
    deleted(ecs, "web:1")
    with refusal("ClientException", "in the process of being deleted"):
        ecs.deregister_task_definition(taskDefinition="web:1")


@pytest.mark.rule("C6")
def test_deleting_answers_failures_with_200_and_takes_ten_at_most(ecs: Any) -> None:
    for _ in range(2):
        register(ecs)
    ecs.deregister_task_definition(taskDefinition="web:1")
    answer = ecs.delete_task_definitions(taskDefinitions=["web:1", "web:2", "web:9", "web"])
    assert [item["status"] for item in answer["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert (
        answer["taskDefinitions"][0]["deregisteredAt"]
        <= answer["taskDefinitions"][0]["deleteRequestedAt"]
    )
    reasons = {item["arn"]: item["reason"] for item in answer["failures"]}
    assert "still in ACTIVE status" in reasons["web:2"]
    assert "does not exist" in reasons["web:9"]
    assert "identifier is invalid" in reasons["web"]
    for names in ([], [f"web:{number}" for number in range(1, 12)]):
        with refusal("InvalidParameterException", "between 1 and 10"):
            ecs.delete_task_definitions(taskDefinitions=names)


@pytest.mark.rule("C6")
def test_a_revision_being_deleted_stays_while_a_service_refers_to_it(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_cluster(clusterName="x")
    register(ecs)
    ecs.create_service(cluster="x", serviceName="a", taskDefinition="web", desiredCount=0)
    deleted(ecs, "web:1")
    sandbox.clock.sleep(2 * HOUR)
    assert described(ecs, "web:1")["status"] == "DELETE_IN_PROGRESS"
    listed = ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"]
    assert listed == [PREFIX + "web:1"]
    with sandbox.lock:
        sandbox.world.services["x", "a"].status = "INACTIVE"
    sandbox.clock.sleep(2 * HOUR)
    with refusal("ClientException", "unable to describe task definition"):
        described(ecs, "web:1")


@pytest.mark.rule("C9")
def test_tags_stand_beside_the_definition_and_only_where_asked_for(ecs: Any) -> None:
    tags = [{"key": "a", "value": "b"}]
    registered = ecs.register_task_definition(**definition(), tags=tags)
    assert registered["tags"] == tags
    assert "tags" not in registered["taskDefinition"]
    assert ecs.describe_task_definition(taskDefinition="web")["tags"] == []
    asked = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    assert asked["tags"] == tags
    assert register(ecs)["revision"] == 2
    assert ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])["tags"] == []


def test_families_are_listed_by_status_and_prefix(ecs: Any) -> None:
    for family in ("web", "worker", "api"):
        register(ecs, family)
    ecs.deregister_task_definition(taskDefinition="api:1")
    families = ecs.list_task_definition_families
    assert families()["families"] == ["api", "web", "worker"]
    assert families(status="ACTIVE")["families"] == ["web", "worker"]
    assert families(status="INACTIVE")["families"] == ["api"]
    assert families(familyPrefix="w", maxResults=1)["families"] == ["web"]


def test_a_definition_says_who_registered_it_and_when(ecs: Any, sandbox: Sandbox) -> None:
    described_ = register(ecs)
    assert described_["registeredAt"] == sandbox.clock.now()
    assert described_["registeredBy"].startswith("arn:aws:iam::123456789012:")
    assert described_["status"] == "ACTIVE"


@pytest.mark.rule("C13", "C17")
def test_registering_looks_neither_at_images_nor_at_gpus(ecs: Any) -> None:
    gpu = container(
        image="no.such.registry/none:never",
        resourceRequirements=[{"type": "GPU", "value": "64"}],
    )
    ecs.register_task_definition(**definition(gpu))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (definition(), {"EC2", "EXTERNAL"}),
        (definition(networkMode="host"), {"EC2", "EXTERNAL", "MANAGED_INSTANCES"}),
        (definition(networkMode="awsvpc"), {"EC2", "MANAGED_INSTANCES"}),
        (fargate_definition(), {"EC2", "MANAGED_INSTANCES", "FARGATE"}),
    ],
)
def test_compatibilities_are_where_it_could_run(
    ecs: Any, request_: dict[str, Any], expected: set[str]
) -> None:
    answer = ecs.register_task_definition(**request_)["taskDefinition"]
    assert set(answer["compatibilities"]) == expected


def test_required_attributes_are_those_of_what_it_uses(ecs: Any) -> None:
    uses = container(
        healthCheck={"command": ["CMD", "true"]},
        dependsOn=[{"containerName": "first", "condition": "START"}],
        secrets=[{"name": "A", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:a"}],
        firelensConfiguration={"type": "fluentbit"},
        memoryReservation=64,
    )
    answer = ecs.register_task_definition(
        **definition(uses, container(name="first"), executionRoleArn="r", pidMode="task")
    )
    names = {item["name"] for item in answer["taskDefinition"]["requiresAttributes"]}
    assert names >= {
        "ecs.capability.container-health-check",
        "ecs.capability.container-ordering",
        "ecs.capability.secrets.asm.environment-variables",
        "ecs.capability.firelens.fluentbit",
        "ecs.capability.pid-ipc-namespace-sharing",
        "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    }
