"""Tags of the spec are on everything that the application owns, and no tag makes a revision (C9)."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from tests.application.specs import CPU, GPU, LLM, RAW
from tests.laws.test_tagged import log_groups, revisions
from tests.laws.world import Account, KilledError, operations


def spec(**more: Any) -> Spec:
    return Spec.model_validate(
        {
            "name": "inference",
            "region": furniture.REGION,
            "capacity": {"gpu": GPU},
            "services": {"llm": LLM},
            **more,
        }
    )


def log_group_tags(account: Account) -> dict[str, str]:
    logs = account.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    found: dict[str, str] = logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"]
    return found


def revision_tags(account: Account, name: str) -> dict[str, str]:
    answer = account.client("ecs").describe_task_definition(taskDefinition=name, include=["TAGS"])
    return {tag["key"]: tag["value"] for tag in answer["tags"]}


@pytest.mark.rule("C9", "J1")
def test_a_changed_tag_reaches_the_log_group_and_the_revision_without_a_new_one() -> None:
    account = Account()
    account.deploy(spec(tags={"team": "a"}))
    run = account.deploy(spec(tags={"team": "b"}))
    assert run.error == ""
    assert log_group_tags(account)["team"] == "b"
    assert revision_tags(account, "inference-llm:1")["team"] == "b"
    assert revisions(account) == ["inference-llm:1"]
    assert account.deploy(spec(tags={"team": "b"})).status == "nothing-to-do"


@pytest.mark.parametrize("number", range(5))
def test_killed_before_any_tag_is_written_the_next_run_writes_the_rest(number: int) -> None:
    account = Account()
    account.deploy(spec(tags={"team": "a"}))

    def kill(door: Any, now: str) -> None:
        if now == "write" and len(door.executed) == number + 1:
            raise KilledError

    assert account.deploy(spec(tags={"team": "b"}), kill=kill).status == "killed"
    assert operations(account.plan(spec(tags={"team": "b"}))) == ["TagResource"] * (5 - number)
    account.deploy(spec(tags={"team": "b"}))
    assert (log_group_tags(account)["team"], revision_tags(account, "inference-llm")["team"]) == (
        "b",
        "b",
    )


def test_a_foreign_log_group_is_written_to_and_not_tagged() -> None:
    account = Account()
    account.client("logs").create_log_group(logGroupName="/ecsinfer/inference/llm")
    theirs = spec(tags={"team": "a"}, services={"llm": {**LLM, "logs": {}}})
    assert account.deploy(theirs).error == ""
    assert log_group_tags(account) == {}
    assert account.deploy(theirs).status == "nothing-to-do"
    assert log_groups(account) == ["/ecsinfer/inference/llm"]


@pytest.mark.rule("C9")
def test_tags_of_a_task_definition_file_are_compared_too() -> None:
    def with_tag(value: str) -> Spec:
        raw = {**RAW, "tags": [{"key": "model", "value": value}]}
        return spec(capacity={"cpu": CPU}, services={"app": {"task_definition": raw}})

    account = Account()
    assert account.deploy(with_tag("a")).error == ""
    run = account.deploy(with_tag("b"))
    assert (run.error, run.writes) == ("", ["TagResource"])
    family = revisions(account)[0]
    assert revision_tags(account, family)["model"] == "b"
    assert account.deploy(with_tag("b")).status == "nothing-to-do"
