"""A log group is created with its retention and outlives what wrote to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError
from ecsinfer.kinds.log_group import LogGroup, LogGroupKind
from ecsinfer.model import Read, Verb
from tests.kinds.driving import drive, outline

KIND = LogGroupKind()
ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/ecsinfer/llm"
DESIRED = LogGroup("/ecsinfer/llm", "inference", {"ecsinfer:app": "inference"}, retention_days=30)


def observe(desired: LogGroup = DESIRED, *, owner: str = "inference", **fields: Any) -> Any:
    def tags(read: Read) -> Any:
        assert read.params["resourceArn"] == ARN
        return {"tags": {"ecsinfer:app": owner}}

    group = {"logGroupName": desired.name, "arn": f"{ARN}:*", **fields}
    longer = {"logGroupName": f"{desired.name}-2", "arn": "other"}
    answers = {"DescribeLogGroups": {"logGroups": [longer, group]}, "ListTagsForResource": tags}
    return drive(KIND.observe(desired, {}), answers)


@pytest.mark.rule("J1")
def test_a_group_whose_name_only_begins_the_same_is_another() -> None:
    answers = {"DescribeLogGroups": {"logGroups": [{"logGroupName": f"{DESIRED.name}-2"}]}}
    assert drive(KIND.observe(DESIRED, {}), answers) is None
    assert outline(KIND.steps(DESIRED, None, Verb.CREATE)) == [
        "CreateLogGroup", "PutRetentionPolicy",
    ]  # fmt: skip


def test_retention_is_put_where_it_is_declared_and_differs() -> None:
    found = observe()
    verb, changes = KIND.diff(DESIRED, found)
    assert [(each.path, each.old, each.new) for each in changes] == [("retentionInDays", None, 30)]
    assert outline(KIND.steps(DESIRED, found, verb)) == ["PutRetentionPolicy"]
    assert KIND.diff(DESIRED, observe(retentionInDays=30)) == (Verb.KEEP, ())
    undeclared = replace(DESIRED, retention_days=None)
    assert KIND.diff(undeclared, observe(undeclared, retentionInDays=7)) == (Verb.KEEP, ())


@pytest.mark.rule("J1")
def test_a_policy_of_the_account_is_not_fought() -> None:
    assert KIND.diff(DESIRED, observe(retentionPolicyName="all")) == (Verb.KEEP, ())


def test_a_foreign_group_is_used_but_not_changed() -> None:
    assert KIND.diff(DESIRED, observe(owner="another", retentionInDays=30))[0] is Verb.KEEP
    with pytest.raises(OwnershipError, match="log group"):
        KIND.diff(DESIRED, observe(owner="another"))


def test_a_destroy_keeps_the_logs_unless_they_are_purged() -> None:
    assert KIND.teardown(DESIRED, observe())[0] is Verb.RETAIN
    purge = replace(DESIRED, purge=True)
    verb, _, steps = KIND.teardown(purge, observe(purge))
    assert (verb, outline(steps)) == (Verb.DELETE, ["DeleteLogGroup", "gone"])
    assert KIND.teardown(purge, observe(purge, owner="another"))[0] is Verb.RETAIN
    assert KIND.teardown(purge, None)[0] is Verb.KEEP
