from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.spec.support import (
    ON_GPUS,
    load_document,
    load_text,
    only_problem_of,
    patched,
    plain,
    problems_of,
    with_service,
)


@pytest.mark.parametrize(
    ("service", "path", "text", "hint"),
    [
        ("imag: x", "imag", "there is no such key", "image"),
        ("env: {A: b}", "env", "there is no such key", "environment"),
        ("desiredCount: 2", "desiredCount", "there is no such key", "replicas"),
        ("cpu: 256", "cpu", "there is no such key", "resources.cpu"),
        ("xyzzy: 1", "xyzzy", "there is no such key", "the keys here are capacity, command"),
        ("logs: {retention: 30}", "logs.retention", "there is no such key", "retention_days"),
        ("port: 70000", "port", "must be at most 65535", ""),
        ("port: web", "port", "expected a whole number, found text", ""),
        ("port: true", "port", "expected a number, found true or false", ""),
        ("port: 80.5", "port", "expected a whole number, found a fraction", ""),
        ("image: 5", "image", "expected text, found a number", "put it in quotes"),
        ("image: ''", "image", "must not be empty", ""),
        ("command: serve", "command", "expected a list, found text", "[first, second]"),
        ("resources: 5", "resources", "expected a mapping, found a number", ""),
        ("environment: [A=b]", "environment", "expected a mapping, found a list", ""),
        ("capacity: [gpu]", "capacity", "expected a mapping, found a list", ""),
        ("execute_command: maybe", "execute_command", "expected true or false", ""),
        ("network: {mode: awsvcp}", "network.mode", "must be one of awsvpc, bridge", "awsvpc"),
        ("health: {grace: soon}", "health.grace", "a duration is written as seconds", ""),
        ("resources: {memory: much}", "resources.memory", "a size is written as a number", ""),
        ("resources: {gpu: 0}", "resources.gpu", "GPUs are a whole number, all, or a", ""),
        ("load_balancer: {port: 1}", "load_balancer.target_group", "is required, and is missing", ""),
        ("ports: [99999]", "ports[0]", "must be at most 65535", ""),
        ("scaling: {min: 1}", "scaling.max", "is required, and is missing", ""),
        ("ulimits: {nofiles: {soft: 1, hard: 1}}", "ulimits.nofiles", "must be one of", "nofile"),
        ("sidecars: {a: {image: a, prt: 1}}", "sidecars.a.prt", "there is no such key", "port"),
        ("capacity: {gpu: {weight: 2000}}", "capacity.gpu.weight", "must be at most 1000", ""),
        ("alarms: []", "alarms", "there is no such key", ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_where_and_why_and_what_to_write(
    service: str, path: str, text: str, hint: str
) -> None:
    problem = only_problem_of(with_service(ON_GPUS, service))
    assert problem.path == f"services.llm.{path}"
    assert problem.text.startswith(text)
    assert hint in problem.hint


def test_the_line_and_column_are_those_of_the_key() -> None:
    text = "name: inference\nservices:\n  llm:\n    image: a\n    prot: 80\n"
    problem = problems_of(text)[-1]
    assert (problem.line, problem.column, problem.path) == (5, 5, "services.llm.prot")


def test_everything_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """
name: inference
region: Frankfurt
capacity:
  gpu: {auto_scaling_group: my-asg, target_capacity: 175, scaling_steps: [5, 1]}
services:
  llm:
    image: a
    launch_type: EC2
    prot: 80
    resources: {memory: much, gpu: 1}
    network: {public_ip: true, subnets: [subnet-1]}
    environment: {HF_TOKEN: abc}
    rollout: {maximum: 100}
"""
    problems = problems_of(text)
    assert [(each.line, each.path.rpartition(".")[2]) for each in problems] == [
        (3, "region"),
        (5, "target_capacity"),
        (5, "scaling_steps"),
        (9, "launch_type"),
        (10, "prot"),
        (11, "memory"),
        (12, "public_ip"),
        (13, "HF_TOKEN"),
        (14, "rollout"),
    ]


def test_what_only_follows_from_another_mistake_is_not_told() -> None:
    # Without the network there would be no subnets, without the image nothing to run.
    document = with_service(
        ON_GPUS, "{network: null, netwrok: {subnets: [a]}, image: null, imag: a}"
    )
    assert {each.path for each in problems_of(document)} == {
        "services.llm.netwrok",
        "services.llm.imag",
    }


def test_a_missing_name_does_not_hide_the_rest() -> None:
    document = patched(ON_GPUS, {"name": None, "region": 5})
    assert {each.path for each in problems_of(document)} == {"name", "region"}


@pytest.mark.parametrize("text", ["", "[]", "text", "- a", "5", "services: 5", "services: {llm: }"])
def test_what_is_no_spec_at_all_is_a_problem_with_a_line(text: str) -> None:
    assert all(problem.line >= 1 for problem in problems_of(text))


@pytest.mark.parametrize(
    ("field", "words"),
    [("environment", "HF_TOKEN"), ("secrets", "DB"), ("docker_labels", "A"), ("user", None)],
)
def test_a_value_never_comes_back_in_a_problem(field: str, words: str | None) -> None:
    value: Any = "hunter2 hunter2" if words is None else {words: "hunter2 hunter2"}
    bad = {field: value, "port": "hunter2", "command": "hunter2", "resources": {"cpu": "hunter2"}}
    document = patched(ON_GPUS, {"services": {"llm": bad}})
    assert "hunter2" not in "\n".join(map(str, problems_of(document)))


def test_short_forms_are_understood() -> None:
    service = load_document(
        with_service(
            ON_GPUS,
            yaml.safe_dump(
                {
                    "ports": [8001, {"container": 8002, "name": "grpc"}],
                    "command": ["--port", 8000, "--verbose", True],
                    "environment": {"PORT": 8000, "DEBUG": True, "RATE": 0.5, "LANG": "no"},
                    "health": {"command": "curl localhost"},
                    "capacity": {"gpu": {}},
                    "logs": False,
                    "execute_command": "no",
                    "rollout": {"circuit_breaker": False, "alarms": ["errors"]},
                    "placement": {"constraints": ["attribute:a == b"]},
                    "resources": {"gpu": "all"},
                }
            ),
        )
    ).services["llm"]
    assert [port.container for port in service.ports] == [8001, 8002]
    assert service.command == ("--port", "8000", "--verbose", "true")
    assert service.environment == {"PORT": "8000", "DEBUG": "true", "RATE": "0.5", "LANG": "no"}
    assert service.health.command == ("CMD-SHELL", "curl localhost")
    assert service.capacity["gpu"].weight == 1
    assert not service.logs.enabled
    assert not service.execute_command
    assert not service.rollout.circuit_breaker.enable
    assert service.rollout.alarms.names == ("errors",)
    assert service.placement.constraints[0].type == "memberOf"
    assert service.resources.gpu == "ALL"


@pytest.mark.parametrize(("gpu", "count"), [(1, "1"), ("2", "2"), (0.25, "0.25"), ("ALL", "ALL")])
def test_gpus_are_whole_all_or_a_fraction(gpu: object, count: str) -> None:
    document = patched(ON_GPUS, {"services": {"llm": {"resources": {"gpu": gpu}}}})
    assert load_document(document).services["llm"].resources.gpu == count


def test_a_capacity_without_settings_has_weight_1() -> None:
    text = yaml.safe_dump(plain(ON_GPUS)).replace("weight: 1", "")
    assert load_text(text).services["llm"].capacity["gpu"].weight == 1


def test_a_spec_never_changes() -> None:
    spec = load_document(ON_GPUS)
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "other"  # type: ignore[misc]  # that it is refused is the point
