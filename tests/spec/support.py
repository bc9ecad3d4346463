"""Specs as texts and as documents, and what is wrong with them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec import Spec, load

ROLE = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
TARGETS = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/0a1b2c3d00000001"
BEHIND = f"load_balancer: {{target_group: '{TARGETS}'}}"

ON_GPUS: Mapping[str, Any] = {
    "name": "inference",
    "capacity": {"gpu": {"auto_scaling_group": "my-asg"}},
    "services": {
        "llm": {
            "image": "vllm:v1",
            "port": 8000,
            "resources": {"cpu": 4096, "memory": "14 GiB", "gpu": 1},
            "network": {"subnets": ["subnet-1"]},
            "capacity": {"gpu": {"weight": 1}},
            "replicas": 2,
        }
    },
}
"""A spec with nothing wrong, on an Auto Scaling group."""

ON_FARGATE: Mapping[str, Any] = {
    "name": "inference",
    "services": {
        "llm": {
            "image": "gateway:v1",
            "port": 8000,
            "resources": {"cpu": 1024, "memory": "2 GiB"},
            "roles": {"execution": ROLE},
            "network": {"subnets": ["subnet-1"]},
            "capacity": {"FARGATE": {"weight": 1}},
            "replicas": 2,
        }
    },
}
"""A spec with nothing wrong, on Fargate."""


def load_text(text: str, **options: Any) -> Spec:
    """The spec in a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ecsinfer.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, **options)


def load_document(document: Mapping[str, Any], **options: Any) -> Spec:
    """The spec in a document."""
    return load_text(text_of(document), **options)


def text_of(document: Mapping[str, Any]) -> str:
    """The document as YAML."""
    return yaml.safe_dump(plain(document), sort_keys=False)


def problems_of(source: str | Mapping[str, Any], **options: Any) -> tuple[Problem, ...]:
    """What is wrong with a spec; something must be."""
    text = source if isinstance(source, str) else text_of(source)
    with pytest.raises(SpecError) as raised:
        load_text(text, **options)
    return raised.value.problems


def only_problem_of(source: str | Mapping[str, Any], **options: Any) -> Problem:
    """The one thing that is wrong with a spec."""
    problems = problems_of(source, **options)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def patched(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the patch laid over it, by RFC 7386; None takes a key away."""
    merged = dict(base)
    for key, value in patch.items():
        below = merged.pop(key, None)
        if isinstance(value, Mapping):
            merged[key] = patched(below if isinstance(below, Mapping) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def with_service(base: Mapping[str, Any], text: str) -> dict[str, Any]:
    """`base` with YAML laid over its service ``llm``."""
    return patched(base, {"services": {"llm": yaml.safe_load(text)}})


def plain(value: Any) -> Any:
    """Nothing but dicts and lists, which YAML can write."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
