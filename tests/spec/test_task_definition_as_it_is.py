"""A task definition that is used as it is must fit the service around it."""

from __future__ import annotations

import pytest

from tests.spec.support import (
    BEHIND,
    ON_GPUS,
    load_document,
    only_problem_of,
    patched,
    with_service,
)

BASE = with_service(
    ON_GPUS,
    """
    image:
    port:
    resources:
    task_definition:
      family: llm
      networkMode: awsvpc
      containerDefinitions:
      - {name: server, image: a, memory: 512, portMappings: [{containerPort: 8000}]}
    """,
)


@pytest.mark.parametrize(
    ("service", "path", "words"),
    [
        ("command: [a]", "command", "used as it is"),
        ("health: {command: a}", "health.command", "used as it is"),
        ("logs: {retention_days: 30}", "logs", "used as it is"),
        ("volumes: {a: {host: /a}}", "volumes.a", "used as it is"),
        ("network: {mode: awsvpc}", "network.mode", "is the task definition's"),
        ("images: {nope: x}", "images.nope", "no container nope"),
        ("task_definition: {family: null}", "task_definition.family", "is missing"),
        ("task_definition: {containerDefinitions: []}", "task_definition", "each with a name"),
        (
            "task_definition: {containerDefinitions: [{image: a}]}",
            "task_definition.containerDefinitions[0].name",
            "is missing",
        ),
        ("task_definition: {requiresCompatibilities: [FARGATE]}", "task_definition", "FARGATE"),
        ("task_definition: {networkMode: null}", "network.subnets", "bridge"),
    ],
)
def test_what_it_is_and_the_service_says_must_agree(service: str, path: str, words: str) -> None:
    problem = only_problem_of(with_service(BASE, service))
    assert problem.path == f"services.llm.{path}"
    assert words in problem.text


def test_a_gpu_in_it_does_not_run_on_fargate() -> None:
    needs = [{"type": "GPU", "value": "1"}]
    container = {"name": "a", "image": "a", "resourceRequirements": needs}
    definition = {"cpu": "1 vCPU", "memory": "2GB", "containerDefinitions": [container]}
    document = patched(
        with_service(BASE, "capacity: {gpu: null, FARGATE: {weight: 1}}"),
        {"services": {"llm": {"task_definition": definition}}},
    )
    problem = only_problem_of(document)
    assert (problem.path, problem.text) == (
        "services.llm.task_definition",
        "Fargate has no GPUs",
    )


def test_a_load_balancer_finds_its_first_container() -> None:
    spec = load_document(with_service(BASE, f"{{{BEHIND}, image: b}}"))
    assert (spec.container_name("llm"), spec.family("llm")) == ("server", "llm")


def test_its_secrets_need_its_execution_role() -> None:
    secrets = [{"name": "A", "valueFrom": "/a"}]
    container = {"name": "a", "image": "a", "memory": 512, "secrets": secrets}
    definition = {"task_definition": {"containerDefinitions": [container]}}
    problem = only_problem_of(patched(BASE, {"services": {"llm": definition}}))
    assert problem.path == "services.llm.task_definition"
    assert "executionRoleArn" in problem.hint
