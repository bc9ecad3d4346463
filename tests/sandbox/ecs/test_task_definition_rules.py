from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.ecs.task_definition_defaults import normalised
from ecsinfer.sandbox.ecs.task_definition_rules import refusals
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import container, definition, fargate_definition

AWSLOGS = {"awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
CHECK = {"command": ["CMD-SHELL", "true"]}
MPS = {"nvidiaMps": {"memory": 1024}}


def refused(request: dict[str, Any], text: str) -> None:
    """The request is refused for this reason and no other."""
    reasons = list(refusals(normalised(request)))
    assert reasons
    assert all(text.lower() in reason.lower() for reason in reasons), reasons


def accepted(request: dict[str, Any]) -> None:
    assert list(refusals(normalised(request))) == []


def gpu(**need: Any) -> dict[str, Any]:
    return container(resourceRequirements=[{"type": "GPU", **need}])


def log(driver: str = "awslogs", **options: str) -> dict[str, Any]:
    return container(logConfiguration={"logDriver": driver, "options": options})


def waiting(condition: str, **first: Any) -> dict[str, Any]:
    needs = [{"containerName": "first", "condition": condition}]
    return definition(container(dependsOn=needs), container(name="first", **first))


def port(**mapping: Any) -> dict[str, Any]:
    return container(portMappings=[mapping])


def test_a_refusal_is_a_client_exception_and_makes_no_revision(ecs: Any) -> None:
    with refusal("ClientException", "no fargate configuration exists for given values"):
        ecs.register_task_definition(**fargate_definition(cpu="777"))
    assert ecs.list_task_definition_families()["families"] == []


@pytest.mark.rule("C7")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (definition(family="a b"), "Family contains invalid characters."),
        ({"family": "web", "containerDefinitions": []}, "ntainer"),
        (definition(*(container(name=f"c{n}") for n in range(11))), "Too many containers."),
        (definition(container(name="a b")), "Container.name contains invalid characters."),
        (definition({"name": "web", "memory": 1}), "Container.image should not be null or empty."),
        (definition(container(), container()), "Container names must be unique"),
        (definition(container(essential=False)), "doesn't have any essential container"),
        (definition(container(command=["x" * 65_536])), "Max allowed length is '65536' bytes."),
    ],
)
def test_names_counts_and_size(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)


@pytest.mark.rule("C11")
@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "2048"), ("512", "4096"), ("1 vCPU", "8 GB"), ("4096", "30720"), ("16384", "122880")],
)
def test_fargate_sizes_that_exist(cpu: str, memory: str) -> None:
    accepted(fargate_definition(cpu=cpu, memory=memory))


@pytest.mark.rule("C11")
@pytest.mark.parametrize(
    ("cpu", "memory"),
    [
        ("777", "512"),
        ("256", "4096"),
        ("512", "1536"),
        ("8192", "17408"),
        ("16384", "131072"),
        ("32768", "122880"),
    ],
)
def test_fargate_sizes_that_do_not_exist(cpu: str, memory: str) -> None:
    refused(fargate_definition(cpu=cpu, memory=memory), "No Fargate configuration exists")


@pytest.mark.rule("C11", "C14")
@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("cpu", "Fargate requires that 'cpu' be defined at the task level."),
        ("memory", "Fargate requires that 'memory' be defined at the task level."),
        ("networkMode", "Fargate only supports network mode"),
    ],
)
def test_what_fargate_must_have(missing: str, text: str) -> None:
    request = fargate_definition()
    del request[missing]
    refused(request, text)


@pytest.mark.rule("C11")
@pytest.mark.parametrize("cpu", ["127", "196609"])
def test_a_cpu_out_of_range_on_ec2(cpu: str) -> None:
    refused(definition(cpu=cpu), "Invalid 'cpu' setting for task")


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            definition({"name": "web", "image": "nginx"}),
            (
                "Invalid setting for container 'web'. "
                "At least one of 'memory' or 'memoryReservation' must be specified."
            ),
        ),
        (
            definition(container(memoryReservation=256)),
            "'memory' must be greater than or equal to 'memoryReservation'",
        ),
        (
            definition(container(memory=1024, memoryReservation=64), memory="512"),
            "The 'memory' setting for container 'web' is greater than for the task.",
        ),
        (
            definition(container(memory=300), container(name="b", memory=300), memory="512"),
            "cannot be greater than the value of the task 'memory'",
        ),
        (definition(container(cpu=512), cpu="256"), "cannot be greater than the task-level 'cpu'"),
    ],
)
def test_memory_and_cpu_must_fit(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)


@pytest.mark.rule("C12")
def test_memory_at_the_task_is_enough() -> None:
    accepted(definition({"name": "web", "image": "nginx"}, memory="512"))


@pytest.mark.rule("C13")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            fargate_definition(gpu(value="1")),
            "Tasks using the Fargate launch type do not support GPU resource requirements",
        ),
        (definition(gpu(value="none")), "Invalid value 'none'"),
        (definition(gpu(value="0")), "Invalid value '0'"),
        (definition(gpu(value="1", sharingStrategy=MPS)), "exactly one of"),
        (definition(gpu()), "exactly one of"),
        (
            definition(gpu(value="1"), {**gpu(sharingStrategy=MPS), "name": "b"}),
            "must use the same GPU sharing option",
        ),
        (
            definition(gpu(sharingStrategy=MPS), requiresCompatibilities=["EXTERNAL"]),
            "external launch type does not support GPU sharing",
        ),
        (
            definition(gpu(sharingStrategy={"nvidiaMps": {"memory": 1, "maxComputePercent": 101}})),
            "maxComputePercent must be between 1 and 100",
        ),
        (
            definition(
                gpu(value="1"),
                runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
            ),
            "not supported on Windows",
        ),
        (
            definition(container(resourceRequirements=[{"type": "NeuronDevice", "value": "ALL"}])),
            "only supported on Managed Instances",
        ),
        (
            definition(
                container(resourceRequirements=[{"type": "NeuronDevice", "value": "1"}]),
                requiresCompatibilities=["MANAGED_INSTANCES"],
            ),
            "must be ALL",
        ),
    ],
)
def test_accelerators(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)


@pytest.mark.rule("C13")
@pytest.mark.parametrize(
    "need", [{"value": "4"}, {"value": "ALL"}, {"sharingStrategy": MPS}], ids=str
)
def test_gpus_by_count_all_of_them_or_shared(need: dict[str, Any]) -> None:
    accepted(definition(gpu(**need)))


@pytest.mark.rule("C14")
@pytest.mark.parametrize(
    ("mode", "changes", "text"),
    [
        ("awsvpc", {"links": ["db"]}, "Links are not supported when networkMode=awsvpc"),
        ("host", {"links": ["db"]}, "Links are not supported when networkMode=host"),
        ("awsvpc", {"hostname": "h"}, "hostname is not supported on container"),
        (
            "awsvpc",
            {"extraHosts": [{"hostname": "h", "ipAddress": "10.0.0.1"}]},
            "Extra hosts are not supported on container",
        ),
        ("awsvpc", {"disableNetworking": True}, "Disable Networking is not supported"),
        (
            "awsvpc",
            port(containerPort=80, hostPort=8080),
            "When networkMode=awsvpc, the host ports and container ports in port mappings must",
        ),
        ("host", port(containerPort=80, hostPort=8080), "When networkMode=host"),
        ("none", port(containerPort=80), "Port mappings are not supported"),
        ("bridge", port(containerPort=0), "Container port must be between"),
        ("bridge", port(containerPort=80, hostPort=65_536), "Host port must be between"),
        ("bridge", port(containerPort=80, containerPortRange="1-2"), "both single port and port"),
        ("bridge", port(containerPortRange="2-1"), "Invalid container port range"),
    ],
)
def test_networks(mode: str, changes: dict[str, Any], text: str) -> None:
    refused(definition(container(**changes), networkMode=mode), text)


@pytest.mark.rule("C14")
def test_a_port_is_taken_once_where_ports_are_static() -> None:
    both = (port(containerPort=80), {**port(containerPort=80), "name": "b"})
    refused(definition(*both, networkMode="awsvpc"), "used multiple times in task")
    accepted(definition(*both, networkMode="bridge"))


@pytest.mark.rule("C15")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (definition(log()), "Log driver awslogs requires options: awslogs-region, awslogs-group"),
        (
            definition(log(**{"awslogs-region": "r"})),
            "Log driver awslogs requires options: awslogs-group",
        ),
        (
            fargate_definition(log(**AWSLOGS)),
            "execution role ARN to support log driver awslogs",
        ),
        (
            fargate_definition(
                log(**{key: AWSLOGS[key] for key in ("awslogs-group", "awslogs-region")}),
                executionRoleArn="r",
            ),
            "include awslogs-stream-prefix",
        ),
        (fargate_definition(log("gelf")), "gelf is not a valid log driver"),
        (
            definition(container(secrets=[{"name": "A", "valueFrom": "a"}])),
            (
                "When you are specifying container secrets, you must also specify a value for "
                "'executionRoleArn'."
            ),
        ),
        (
            fargate_definition(
                container(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1")
            ),
            "execution role ARN to support ECR images",
        ),
    ],
)
def test_logs_secrets_and_the_execution_role(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)


@pytest.mark.rule("C16")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (waiting("HEALTHY"), "must have health check configured"),
        (waiting("SUCCESS"), "condition cannot be an essential container"),
        (waiting("COMPLETE"), "condition cannot be an essential container"),
        (
            definition(container(dependsOn=[{"containerName": "b", "condition": "START"}])),
            "because it does not exist",
        ),
        (
            definition(container(dependsOn=[{"containerName": "web", "condition": "START"}])),
            "cycle",
        ),
        (definition(container(healthCheck={**CHECK, "interval": 301})), "'interval' setting"),
        (definition(container(healthCheck={**CHECK, "timeout": 1})), "'timeout' setting"),
        (definition(container(healthCheck={**CHECK, "retries": 11})), "'retries' setting"),
        (definition(container(healthCheck={**CHECK, "startPeriod": 301})), "'startPeriod' setting"),
        (definition(container(healthCheck={"command": ["true"]})), "must start with CMD"),
        (
            definition(container(restartPolicy={"enabled": True, "restartAttemptPeriod": 59})),
            "the 'restartAttemptPeriod' setting for container 'web' must be between 60 and 1800",
        ),
        (definition(container(stopTimeout=1)), "must be at least 2 seconds"),
        (fargate_definition(container(stopTimeout=121)), "less than 120 seconds"),
    ],
)
def test_order_health_and_timeouts(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)


@pytest.mark.rule("C16")
def test_a_container_may_wait_for_a_healthy_or_a_finished_one() -> None:
    accepted(waiting("HEALTHY", healthCheck=CHECK))
    accepted(waiting("SUCCESS", essential=False))


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            definition(container(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}])),
            "Unknown volume 'v'.",
        ),
        (
            definition(ephemeralStorage={"sizeInGiB": 30}),
            "EC2 launch type do not support EphemeralStorage",
        ),
        (fargate_definition(ephemeralStorage={"sizeInGiB": 20}), "between 21 and 200"),
        (fargate_definition(container(privileged=True)), "'privileged' setting be 'false'"),
        (
            fargate_definition(container(linuxParameters={"devices": [{"hostPath": "/dev/a"}]})),
            "do not support devices",
        ),
        (
            fargate_definition(volumes=[{"name": "v", "host": {"sourcePath": "/v"}}]),
            "do not support sourcePath",
        ),
        (fargate_definition(pidMode="host"), "do not support pidMode"),
        (
            fargate_definition(placementConstraints=[{"type": "memberOf", "expression": "x"}]),
            "do not support constraints",
        ),
    ],
)
def test_storage_and_what_fargate_hosts_do_not_give(request_: dict[str, Any], text: str) -> None:
    refused(request_, text)
