"""``ecsinfer revisions``: what is told of every revision."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsinfer.cli.revisions import list_revisions
from ecsinfer.sandbox.embedded import Sandbox
from tests.cli.operating import CRASH, V1, V2, Operator, deployed, operator


def told(someone: Operator, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert list_revisions(someone.session) == 0
    assert someone.writes == []
    return capsys.readouterr().out


def test_every_revision_has_its_image_its_deployment_and_its_part(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, CRASH, V2)
    sandbox.session().client("ecs").register_task_definition(
        family="inference-llm", containerDefinitions=[{"name": "x", "image": "x:1", "memory": 64}]
    )

    lines = [line.split() for line in told(someone, capsys).splitlines()]

    assert lines[0] == ["llm:"]
    assert lines[1][-1] == "notes"
    assert [line[:2] for line in lines[2:]] == [
        ["4", "x:1"], ["3", "vllm:v2"], ["2", "vllm:crash"], ["1", "vllm:v1"],
    ]  # fmt: skip
    notes = [" ".join(line[7:]) for line in lines[3:]]
    assert notes == ["successful running", "rollback successful", "successful rollback target"]
    assert lines[2][-2:] == ["not", "ours"]


def test_a_deregistered_revision_that_ran_is_shown_as_what_it_is(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, V2)
    sandbox.session().client("ecs").deregister_task_definition(taskDefinition="inference-llm:1")
    assert told(someone, capsys).splitlines()[-1].endswith("rollback target, inactive")


def test_a_service_that_is_not_there_is_said_to_be_so(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no such service" in told(operator(sandbox), capsys)


def test_the_document_has_every_field(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    someone = deployed(sandbox, V1)
    document: Any = json.loads(told(Operator(sandbox, someone.spec, output="json"), capsys))

    [line] = document["llm"]
    digest = line.pop("digest")
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64
    for moment in ("registered_at", "deployed_at"):
        assert line.pop(moment).startswith("2026-01-05")
    assert line == {
        "revision": 1,
        "arn": someone.service.task_definition,
        "status": "ACTIVE",
        "ours": True,
        "image": V1,
        "deployment": "SUCCESSFUL",
        "running": True,
        "rollback_target": False,
    }
