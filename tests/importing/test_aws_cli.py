"""Services that somebody made with the real AWS CLI: `ecsinfer init` writes what plans empty."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from ecsinfer.cli.main import run
from ecsinfer.sandbox.daemon import endpoint_environment
from tests.importing.services import CLUSTER, SHAPES, create, furnish
from tests.sandbox.aws_cli import AwsCli, serving

pytestmark = [
    pytest.mark.server,
    pytest.mark.external,
    pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed"),
]

MADE = ("fargate-launch-type", "bridge", "service-connect", "ebs", "blue-green")
"""Shapes of which no two have a target group in common."""


class Ecs:
    """A client of ECS of which every call is one of ``aws ecs``, its parameters as options."""

    def __init__(self, aws: AwsCli) -> None:
        self._aws = aws

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            options = (word for each in parameters.items() for word in option(*each))
            return self._aws("ecs", operation.replace("_", "-"), *options)

        return call


def option(name: str, value: Any) -> list[str]:
    """A parameter as somebody types it."""
    word = xform_name(name, "-")
    if isinstance(value, bool):
        return [f"--{word}" if value else f"--no-{word}"]
    return [f"--{word}", json.dumps(value) if isinstance(value, (list, dict)) else str(value)]


def test_services_made_by_the_aws_cli_plan_empty_and_are_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving() as server:
        aws = AwsCli(server)
        for name, value in endpoint_environment(server.url).items():
            monkeypatch.setenv(name, value)
        ecs = Ecs(aws)
        furnish(ecs, {shape: SHAPES[shape].get("taskDefinition", "web") for shape in MADE})
        for shape in MADE:
            create(ecs, shape, {**SHAPES[shape], "taskDefinition": shape})
        server.sandbox.clock.sleep(3600)

        sources = (word for each in MADE for word in ("--from-service", f"{CLUSTER}/{each}"))
        assert run(["init", *sources]) == 0
        assert run(["plan", "--detailed-exitcode"]) == 0
        assert run(["deploy", "--adopt", "--yes"]) == 0
        assert run(["plan", "--detailed-exitcode"]) == 0

        services = aws(
            "ecs", "describe-services", "--include", "TAGS",
            "--cluster", CLUSTER, "--services", *MADE,
        )["services"]  # fmt: skip
    assert {each["serviceName"] for each in services} == set(MADE)
    for each in services:
        assert {"key": "ecsinfer:app", "value": CLUSTER} in each["tags"]
        assert len(each["deployments"]) == 1  # nothing was rolled out
