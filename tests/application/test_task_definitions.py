"""The short form says in a few words what RegisterTaskDefinition wants in many."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.application.task_definitions import network_mode, own_tags, task_definition
from ecsinfer.kinds import task_definition_content as content
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.spec import Spec
from tests.application.specs import API, CPU, LLM, RAW, REGION, SPECS, gpu, spec
from tests.data import registrable_task_definitions
from tests.kinds.driving import validate


def request(made: Spec, key: str = "llm") -> dict[str, Any]:
    found = task_definition(made, key, REGION)
    validate("ecs", "RegisterTaskDefinition", found)
    return found


def container(made: Spec, key: str = "llm", index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = request(made, key)["containerDefinitions"][index]
    return found


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, made in SPECS.items() for key in made.services]
)
def test_every_service_is_a_request_that_botocore_accepts(name: str, key: str) -> None:
    request(SPECS[name], key)


def test_the_gpu_service_in_api_form() -> None:
    assert request(gpu()) == {
        "family": "inference-llm",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["EC2"],
        "cpu": "2048",
        "memory": "8192",
        "executionRoleArn": furniture.EXECUTION_ROLE,
        "taskRoleArn": furniture.TASK_ROLE,
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [
            {
                "name": "llm",
                "image": f"{furniture.VLLM}:v1",
                "essential": True,
                "command": ["--model", "/models/llama"],
                "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
                "environment": [{"name": "MODEL_DIR", "value": "/models"}],
                "secrets": [{"name": "HF_TOKEN", "valueFrom": furniture.SECRET}],
                "linuxParameters": {"initProcessEnabled": True, "sharedMemorySize": 1024},
                "resourceRequirements": [{"type": "GPU", "value": "1"}],
                "stopTimeout": 120,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecsinfer/inference/llm",
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "llm",
                        "mode": "non-blocking",
                        "max-buffer-size": "25m",
                    },
                },
            }
        ],
    }


def test_what_surrounds_the_container_is_said_too() -> None:
    made = spec(capacity={"cpu": CPU}, services={"api": API})
    own = container(made, "api")
    assert own["healthCheck"]["command"] == ["CMD-SHELL", "curl -f localhost/health"]
    assert own["dependsOn"] == [{"containerName": "agent", "condition": "START"}]
    assert own["ulimits"] == [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}]
    assert own["mountPoints"] == [
        {"sourceVolume": "models", "containerPath": "/models", "readOnly": True}
    ]
    assert "max-buffer-size" not in own["logConfiguration"]["options"]
    assert request(made, "api")["volumes"] == [
        {"name": "scratch"},
        {"name": "models", "host": {"sourcePath": "/mnt/models"}},
    ]
    agent = container(made, "api", 1)
    assert (agent["name"], agent["memory"], agent["essential"]) == ("agent", 128, True)
    assert agent["logConfiguration"] == own["logConfiguration"]


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (
            {"efs": {"file_system": "fs-1", "access_point": "fsap-1", "iam": True}},
            {
                "efsVolumeConfiguration": {
                    "fileSystemId": "fs-1",
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
                }
            },
        ),
        ({"ebs": {"role": "arn:aws:iam::1:role/ebs", "size": 100}}, {"configuredAtLaunch": True}),
        ({"docker": {"driver": "local"}}, {
            "dockerVolumeConfiguration": {"scope": "task", "driver": "local"},
        }),
    ],
)  # fmt: skip
def test_volumes_in_api_form(volume: dict[str, Any], expected: dict[str, Any]) -> None:
    assert request(gpu(volumes={"data": volume}))["volumes"] == [{"name": "data", **expected}]


def test_a_share_of_a_gpu_has_no_value() -> None:
    shared = {**LLM["resources"], "gpu": None, "gpu_sharing": {"memory": 4096}}
    made = gpu(resources={key: value for key, value in shared.items() if value is not None})
    assert container(made)["resourceRequirements"] == [
        {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 4096}}}
    ]


def test_raw_fields_are_merged_last_and_null_removes() -> None:
    made = gpu(
        overrides={
            "task_definition": {"pidMode": "task", "runtimePlatform": None},
            "container": {"linuxParameters": {"sharedMemorySize": 2048}, "stopTimeout": None},
        }
    )
    assert request(made)["pidMode"] == "task"
    assert "runtimePlatform" not in request(made)
    own = container(made)
    assert own["linuxParameters"] == {"initProcessEnabled": True, "sharedMemorySize": 2048}
    assert "stopTimeout" not in own


def test_an_exported_task_definition_is_used_as_it_is_but_for_the_images() -> None:
    exported = {
        **RAW,
        "revision": 7,
        "status": "ACTIVE",
        "tags": [{"key": "team", "value": "ml"}],
    }
    service = {"task_definition": exported, "images": {"main": "example.com/main:2"}}
    made = spec(capacity={"cpu": CPU}, services={"app": service})
    found = request(made, "app")
    assert set(found) == {"family", "containerDefinitions"}
    assert found["containerDefinitions"][0] == {
        **RAW["containerDefinitions"][0],
        "image": "example.com/main:2",
    }
    assert own_tags(made.services["app"]) == {"team": "ml"}
    assert network_mode(made, "app") == "bridge"


@pytest.mark.rule("C10")
def test_every_real_task_definition_comes_back_as_the_same() -> None:
    ecs = Sandbox().session().client("ecs")
    for name, exported in registrable_task_definitions().items():
        made = spec(services={"app": {"task_definition": exported}})
        wanted = task_definition(made, "app", REGION)
        arn = ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
        described = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        assert content.differences(wanted, described) == (), name
        assert content.digest(wanted) == content.digest(described), name
