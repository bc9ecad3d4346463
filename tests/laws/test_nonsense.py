"""Whatever a user writes ends in an error that says what, why and what instead, never in a bug of ours."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecsinfer.aws.gateway import Gateway
from ecsinfer.aws.lookup import AwsLookup
from ecsinfer.errors import EcsInferError
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec, load
from ecsinfer.spec.aws_model import shapes
from tests.laws.world import DIRECTORY, Account

NONSENSE: tuple[Any, ...] = (
    None, True, 0, 1, -1, 1.5, 10**30, "", "x", "1", "tomorrow", "4vcpu", "arn:aws:s3:::x", [], {},
    [None], [[]], [{}], ["x"], {"a": 1}, {"a": None}, "${", "${ssm:/x}",
)  # fmt: skip
DEFINITION: Mapping[str, Any] = {
    "family": "f",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["EC2"],
    "cpu": ".25 vCPU",
    "memory": "1 GB",
    "executionRoleArn": furniture.EXECUTION_ROLE,
    "volumes": [{"name": "v", "host": {"sourcePath": "/x"}}],
    "placementConstraints": [{"type": "memberOf", "expression": "x"}],
    "runtimePlatform": {"cpuArchitecture": "X86_64"},
    "tags": [{"key": "a", "value": "b"}],
    "containerDefinitions": [
        {
            "name": "c",
            "image": "nginx:1",
            "cpu": 1,
            "memory": 100,
            "command": ["a"],
            "environment": [{"name": "A", "value": "b"}],
            "secrets": [{"name": "S", "valueFrom": furniture.SECRET}],
            "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
            "mountPoints": [{"sourceVolume": "v", "containerPath": "/x", "readOnly": True}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "g", "awslogs-region": "us-east-1"},
            },
            "healthCheck": {"command": ["CMD", "x"], "interval": 30},
            "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
            "resourceRequirements": [{"type": "GPU", "value": "1"}],
            "linuxParameters": {"initProcessEnabled": True, "sharedMemorySize": 64},
            "dockerLabels": {"a": "b"},
        }
    ],
}
AS_IT_IS = {
    "task_definition": "definition.json",
    "replicas": 0,
    "capacity": {"gpu": {"weight": 1}},
    "network": {"subnets": [furniture.SUBNETS[0]]},
}
SCALING = {
    "min": 1,
    "max": 3,
    "cpu": 50,
    "scheduled": {"day": {"schedule": "rate(1 day)", "min": 1, "start": "2030-01-01"}},
}
LLM = ("services", "llm")
PLACES = [
    ((*LLM, "overrides", "service"), "CreateServiceRequest"),
    ((*LLM, "overrides", "task_definition"), "RegisterTaskDefinitionRequest"),
    ((*LLM, "overrides", "container"), "ContainerDefinition"),
    (("cluster", "overrides"), "CreateClusterRequest"),
    (("capacity", "gpu", "overrides"), "AutoScalingGroupProvider"),
]
OVERRIDES = [
    (*place, member)
    for place, shape in PLACES
    for member in (*shapes("ecs")[shape]["members"], "bogus")
]


def written() -> dict[str, Any]:
    """A spec of one service in the spec's words and one with a task definition of its own."""
    document: dict[str, Any] = yaml.safe_load((DIRECTORY / "quickstart.yaml").read_text())
    llm = document["services"]["llm"]
    del llm["replicas"]
    llm["scaling"] = SCALING
    document["services"]["app"] = AS_IT_IS
    return document


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """All that can be replaced."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for step, item in inner:
        yield (*path, step)
        yield from paths(item, (*path, step))


def replaced(value: Any, path: tuple[str | int, ...], by: Any) -> Any:
    """The value with something else at the path."""
    changed = copy.deepcopy(value)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
    inner[path[-1]] = by
    return changed


class Living:
    """An account in which the spec runs, so that nonsense meets what is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.account = Account()
        self.account.client("ssm").put_parameter(Name="/x", Value="x", Type="String")
        self._lookup = AwsLookup(Gateway(self.account.session, clock=self.account.sandbox.clock))
        run = self.account.deploy(self.load(written(), DEFINITION))
        assert run.status == "done", run.error

    def load(self, document: Any, definition: Any) -> Spec:
        """The spec in a document, beside the file of the task definition, as the commands load it."""
        (self._folder / "definition.json").write_text(json.dumps(definition))
        path = self._folder / "ecsinfer.yaml"
        path.write_text(yaml.safe_dump(document))
        load(path)
        return load(path, lookup=self._lookup)

    def plan(self, document: Any, definition: Any = DEFINITION) -> None:
        """Plan it, if it can be planned: only a bug raises anything."""
        with contextlib.suppress(EcsInferError):
            self.account.plan(self.load(document, definition))


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Living:
    return Living(tmp_path_factory.mktemp("nonsense"))


@settings(max_examples=150)
@given(st.sampled_from(list(paths(written()))), st.sampled_from(NONSENSE))
@example((*LLM, "scaling", "scheduled", "day", "start"), "tomorrow")
@example((*LLM, "resources", "cpu"), 0)
def test_no_value_of_a_spec_ends_in_a_bug(
    living: Living, path: tuple[str | int, ...], nonsense: Any
) -> None:
    living.plan(replaced(written(), path, nonsense))


@settings(max_examples=150)
@given(st.sampled_from(OVERRIDES), st.sampled_from(NONSENSE))
@example((*LLM, "overrides", "service", "desiredCount"), "many")
@example((*LLM, "overrides", "service", "placementStrategy"), ["x"])
@example((*LLM, "overrides", "task_definition", "cpu"), "4 cores")
@example(("capacity", "gpu", "overrides", "managedDraining"), None)
@example(("cluster", "overrides", "settings"), [{}])
def test_no_override_ends_in_a_bug(living: Living, path: tuple[str, ...], nonsense: Any) -> None:
    living.plan(replaced(written(), path, nonsense))


@settings(max_examples=150)
@given(st.sampled_from(list(paths(DEFINITION))), st.sampled_from(NONSENSE))
@example(("containerDefinitions",), -1)
@example(("tags", 0), {})
def test_no_task_definition_ends_in_a_bug(
    living: Living, path: tuple[str | int, ...], nonsense: Any
) -> None:
    living.plan(written(), replaced(DEFINITION, path, nonsense))


@pytest.mark.rule("C10")
def test_vcpus_and_gigabytes_are_what_aws_makes_of_them(living: Living) -> None:
    assert living.account.plan(living.load(written(), DEFINITION)).empty
