"""Which revisions can go, and what AWS says of those that cannot (C6)."""

from __future__ import annotations

import pytest

from ecsinfer.kinds.surplus_revisions import (
    ObservedSurplus,
    SurplusRevisions,
    SurplusRevisionsKind,
)
from ecsinfer.model import Failed, Ready, Verb
from tests.kinds.driving import calls, outline

KIND = SurplusRevisionsKind()
WANTED = SurplusRevisions("llm", "app", "c", ("llm",), keep=1, delete=True)


def revision(number: int) -> str:
    return f"arn:aws:ecs:us-east-1:123456789012:task-definition/llm:{number}"


@pytest.mark.rule("C6")
def test_ten_at_a_time_are_deleted_the_oldest_first() -> None:
    seen = ObservedSurplus(tuple(map(revision, range(5, 13))), tuple(map(revision, (1, 2, 3, 4))))
    steps = KIND.steps(WANTED, seen, Verb.DELETE)
    assert outline(steps) == [
        *["DeregisterTaskDefinition"] * 8, "DeleteTaskDefinitions", "DeleteTaskDefinitions", "ready",
    ]  # fmt: skip
    first, second = (call.params["taskDefinitions"] for call in calls(steps)[8:])
    assert [*first, *second] == list(map(revision, range(1, 13)))


@pytest.mark.rule("C6")
def test_a_failure_inside_an_answer_is_a_failure() -> None:
    seen = ObservedSurplus(())
    assert KIND.verdict(WANTED, seen, {}) == Ready()
    refused = {"refused": revision(1), "reason": "still in ACTIVE status"}
    assert KIND.verdict(WANTED, seen, refused) == Failed(
        f"{revision(1)} was not deleted", ("still in ACTIVE status",)
    )
