from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given

from ecsinfer.spec.schema import json_schema, keys_at
from tests.spec.strategies import documents
from tests.spec.support import ON_FARGATE, ON_GPUS, plain, with_service

CONFIGS = Path(__file__).parents[2] / "configs"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
        for key, inner in schema.items():
            yield from properties(inner, f"{path}.{key}")


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_every_key_has_a_description() -> None:
    found = dict(properties(json_schema()))
    assert len(found) > 150
    assert [name for name, inner in found.items() if not inner.get("description")] == []


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = (CONFIGS / "ecsinfer.schema.json").read_text()
    assert committed == json.dumps(json_schema(), indent=2) + "\n", (
        "run: ecsinfer schema > configs/ecsinfer.schema.json"
    )


@pytest.mark.parametrize("document", [ON_GPUS, ON_FARGATE])
def test_what_loads_satisfies_the_schema(document: Any) -> None:
    VALIDATOR.validate(plain(document))


@given(documents())
def test_every_generated_spec_satisfies_the_schema(document: Any) -> None:
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "service",
    [
        "imag: x", "port: web", "command: serve", "network: {mode: awsvcp}", "resources: [1]",
        "capacity: {gpu: {weight: 2000}}", "load_balancer: {port: 1}", "ports: [99999]",
    ],
)  # fmt: skip
def test_editors_are_told_what_does_not_fit(service: str) -> None:
    assert list(VALIDATOR.iter_errors(plain(with_service(ON_GPUS, service))))


@pytest.mark.parametrize(
    "service",
    [
        "replicas: ${env:REPLICAS:-2}", "execute_command: ${env:EXEC}", "logs: false",
        "rollout: {circuit_breaker: false, alarms: [a]}", "capacity: {gpu: {}}",
        "health: {command: curl localhost, grace: 5m}", "ports: [80, {container: 81}]",
        "task_definition: taskdef.json", "resources: {gpu: all, cpu: 4 vCPU}",
    ],
)  # fmt: skip
def test_editors_accept_short_forms_and_interpolations(service: str) -> None:
    VALIDATOR.validate(plain(with_service(ON_GPUS, service)))


def test_the_keys_of_every_section_are_known() -> None:
    assert keys_at(("cluster",)) == ["existing", "insights", "name", "overrides", "tags"]
    assert "target_group" in keys_at(("services", "llm", "load_balancer", 0))
    assert keys_at(("services", "llm", "overrides", "service")) == []
    assert keys_at(("nowhere", 1)) == []


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_point_editors_at_it_and_satisfy_it(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=ecsinfer.schema.json\n")
    VALIDATOR.validate(yaml.safe_load(text))
