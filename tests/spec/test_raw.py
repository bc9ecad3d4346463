"""What is in AWS's own names is what AWS has, and each mistake is told with its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecsinfer.errors import SpecError
from ecsinfer.spec import load
from tests.spec.support import (
    ON_GPUS,
    load_document,
    only_problem_of,
    patched,
    problems_of,
    with_service,
)

SCALED = with_service(ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2}}")


def overriding(raw: str, base: Mapping[str, Any] = ON_GPUS) -> dict[str, Any]:
    """The base with overrides as they are written, null and all."""
    service = {**base["services"]["llm"], "overrides": yaml.safe_load(f"{{{raw}}}")}
    return {**base, "services": {"llm": service}}


@pytest.mark.parametrize(
    ("raw", "where", "words"),
    [
        ("service: {bogus: 1}", "service.bogus", "no such field"),
        ("service: {bogus: 1}", "service.bogus", "upgrade boto3"),
        ("service: {placement_strategy: []}", "service.placement_strategy", "placementStrategy"),
        ("service: {placementStrategy: [x]}", "service.placementStrategy[0]", "a mapping, found text"),
        ("service: {placementStrategy: [null]}", "service.placementStrategy[0]", "null says"),
        ("service: {deploymentConfiguration: {maximumPercent: many}}",
         "service.deploymentConfiguration.maximumPercent", "a whole number, found text"),
        ("service: {schedulingStrategy: DEAMON}", "service.schedulingStrategy", "DAEMON"),
        ("service: {enableExecuteCommand: 1}", "service.enableExecuteCommand", "true or false"),
        ("service: {networkConfiguration: []}", "service.networkConfiguration", "found a list"),
        ("service: {healthCheckGracePeriodSeconds: 2147483648}",
         "service.healthCheckGracePeriodSeconds", "less than"),
        ("service: {desiredCount: many}", "service.desiredCount", "replicas"),
        ("service: {desiredCount: 3}", "service.desiredCount", "no effect"),
        ("service: {taskDefinition: a}", "service.taskDefinition", "task_definition"),
        ("service: {serviceName: a}", "service.serviceName", "name: ... in the service"),
        ("service: {cluster: a}", "service.cluster", "cluster: {name"),
        ("service: {tags: []}", "service.tags", "tags: {"),
        ("service: {clientToken: a}", "service.clientToken", "remove it"),
        ("service: {deploymentConfiguration: null}", "service.deploymentConfiguration", "rollout"),
        ("task_definition: {cpu: 4096}", "task_definition.cpu", "in quotes"),
        ("task_definition: {cpu: lots}", "task_definition.cpu", "no amount of CPU"),
        ("task_definition: {memory: ''}", "task_definition.memory", "no amount of memory"),
        ("task_definition: {family: a}", "task_definition.family", "family: ..."),
        ("task_definition: {containerDefinitions: null}",
         "task_definition.containerDefinitions", "cannot be removed"),
        ("task_definition: {containerDefinitions: [{image: a}]}",
         "task_definition.containerDefinitions[0].name", "is missing"),
        ("container: {name: a}", "container.name", "container: ..."),
        ("container: {image: null}", "container.image", "cannot be removed"),
        ("container: {command: run}", "container.command", "a list, found text"),
        ("container: {environment: [{value: a}]}", "container.environment[0].name", "is missing"),
        ("container: {resourceRequirements: [{type: GPU, value: some}]}",
         "container.resourceRequirements[0].value", "a whole number, ALL"),
        ("container: {dockerLabels: {a: 1}}", "container.dockerLabels.a", "in quotes"),
    ],
)  # fmt: skip
def test_an_override_that_aws_would_refuse_is_told_where_it_stands(
    raw: str, where: str, words: str
) -> None:
    problem = only_problem_of(overriding(raw))
    assert problem.path == f"services.llm.overrides.{where}"
    assert words in f"{problem.text} {problem.hint}"
    assert problem.line > 1


@pytest.mark.parametrize(
    ("patch", "path", "words"),
    [
        ("cluster: {overrides: {settings: [{name: containerInsights}]}}", "cluster.overrides.settings[0].value", "missing"),
        ("cluster: {overrides: {clusterName: a}}", "cluster.overrides.clusterName", "cluster: {name"),
        ("cluster: {overrides: {capacityProviders: [a]}}", "cluster.overrides.capacityProviders",
         "no effect"),
        ("capacity: {gpu: {overrides: {managedScaling: {status: ENABLE}}}}",
         "capacity.gpu.overrides.managedScaling.status", "must be one of ENABLED, DISABLED"),
        ("capacity: {gpu: {overrides: {autoScalingGroupArn: a}}}",
         "capacity.gpu.overrides.autoScalingGroupArn", "auto_scaling_group"),
        ("services: {llm: {sidecars: {a: {image: a, overrides: {essential: 1}}}}}",
         "services.llm.sidecars.a.overrides.essential", "true or false"),
        ("services: {llm: {service_connect: {services: []}}}",
         "services.llm.service_connect.enabled", "is missing"),
        ("services: {llm: {service_registries: [{arn: a}]}}",
         "services.llm.service_registries[0].arn", "registryArn"),
        ("services: {llm: {vpc_lattice: [{roleArn: a, targetGroupArn: b, portName: 1}]}}",
         "services.llm.vpc_lattice[0].portName", "in quotes"),
    ],
)  # fmt: skip
def test_so_is_all_else_in_the_form_of_aws(patch: str, path: str, words: str) -> None:
    problem = only_problem_of(patched(ON_GPUS, yaml.safe_load(patch)))
    assert problem.path == path
    assert words in f"{problem.text} {problem.hint}"


@pytest.mark.parametrize(
    ("raw", "where", "words"),
    [
        ("PolicyName: b", "PolicyName", "the policy's key"),
        ("StepScalingPolicyConfiguration: {Cooldown: soon}",
         "StepScalingPolicyConfiguration.Cooldown", "a whole number"),
    ],
)  # fmt: skip
def test_a_scaling_policy_has_the_form_of_its_request(raw: str, where: str, words: str) -> None:
    policy = f"PolicyType: StepScaling, StepScalingPolicyConfiguration: {{}}, {raw}"
    written = policy if "Cooldown" not in raw else f"PolicyType: StepScaling, {raw}"
    problem = only_problem_of(overriding(f"scaling_policies: {{x: {{{written}}}}}", SCALED))
    assert problem.path == f"services.llm.overrides.scaling_policies.x.{where}"
    assert words in f"{problem.text} {problem.hint}"


def test_null_cannot_take_away_what_is_always_said_of_a_provider() -> None:
    provider = {"auto_scaling_group": "my-asg", "overrides": {"managedDraining": None}}
    problem = only_problem_of({**ON_GPUS, "capacity": {"gpu": provider}})
    assert problem.path == "capacity.gpu.overrides.managedDraining"
    assert "draining: false" in problem.hint


def test_null_takes_away_and_what_only_aws_can_answer_fits_everywhere() -> None:
    raw = "{linuxParameters: null, logConfiguration: {options: {mode: null}}, memory: '${ssm:/m}'}"
    spec = load_document(overriding(f"container: {raw}"))
    assert spec.services["llm"].overrides.container == yaml.safe_load(raw)


def test_what_is_wrong_is_told_all_at_once_and_once() -> None:
    document = overriding("service: {bogus: 1, desiredCount: 2}, container: {command: a, cpu: b}")
    told = [problem.path.rpartition(".")[2] for problem in problems_of(document)]
    assert told == ["bogus", "desiredCount", "command", "cpu"]


def test_a_secret_value_of_the_wrong_type_is_not_repeated() -> None:
    problem = only_problem_of(overriding("container: {command: hunter2}"))
    assert "hunter2" not in str(problem)


class TestTaskDefinitionFiles:
    @staticmethod
    def told(tmp_path: Path, name: str, text: str) -> list[tuple[str, int, str]]:
        """File, line and path of every problem of a spec with that task definition."""
        (tmp_path / name).write_text(text)
        patch = f"{{task_definition: {name}, image: null, port: null, resources: null}}"
        spec = tmp_path / "ecsinfer.yaml"
        spec.write_text(yaml.safe_dump(with_service(ON_GPUS, patch)))
        try:
            load(spec)
        except SpecError as error:
            prefix = "services.llm.task_definition."
            return [
                (Path(each.file).name, each.line, each.path.removeprefix(prefix))
                for each in error.problems
            ]
        return []

    def test_a_mistake_is_told_with_the_line_of_the_file(self, tmp_path: Path) -> None:
        definition = {
            "family": "llm",
            "networkMode": "awsvpc",
            "memory": None,
            "containerDefinitions": [{"name": "a", "image": "a", "comand": ["x"], "cpu": "1"}],
        }
        told = self.told(tmp_path, "a.json", json.dumps(definition, indent=1))
        assert told == [
            ("a.json", 4, "memory"),
            ("a.json", 9, "containerDefinitions[0].comand"),
            ("a.json", 12, "containerDefinitions[0].cpu"),
        ]
        told = self.told(tmp_path, "a.yaml", yaml.safe_dump(definition, sort_keys=False))
        assert told == [
            ("a.yaml", 3, "memory"),
            ("a.yaml", 7, "containerDefinitions[0].comand"),
            ("a.yaml", 9, "containerDefinitions[0].cpu"),
        ]

    @pytest.mark.rule("C14")
    def test_a_host_port_that_is_not_the_containers_is_refused(self, tmp_path: Path) -> None:
        ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]
        container = {"name": "a", "image": "a", "memory": 512, "portMappings": ports}
        definition = {"family": "llm", "containerDefinitions": [container]}
        awsvpc = json.dumps({**definition, "networkMode": "awsvpc"}, indent=1)
        (told,) = self.told(tmp_path, "a.json", awsvpc)
        assert told[2] == "containerDefinitions[0].portMappings[1].hostPort"

    @pytest.mark.rule("C10")
    def test_amounts_are_understood_as_aws_does(self, tmp_path: Path) -> None:
        container = {"name": "a", "image": "a", "memory": 512}
        definition = {
            "family": "llm",
            "networkMode": "awsvpc",
            "cpu": ".25 vCPU",
            "memory": "1 GB",
            "containerDefinitions": [container],
        }
        assert self.told(tmp_path, "a.json", json.dumps(definition)) == []

    def test_an_interpolation_in_it_is_text_like_any_other(self, tmp_path: Path) -> None:
        definition = {
            "family": "llm",
            "networkMode": "awsvpc",
            "cpu": "${ssm:/cpu}",
            "containerDefinitions": [{"name": "${ssm:/a}", "image": "a", "memory": "${ssm:/m}"}],
        }
        told = self.told(tmp_path, "a.json", json.dumps(definition))
        assert {path for _, _, path in told} == {"cpu", "containerDefinitions[0].memory"}
