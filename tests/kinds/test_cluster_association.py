"""The cluster's providers are merged: what is not ours is never dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.kinds.cluster_association import (
    ClusterAssociation,
    ClusterAssociationKind,
    ObservedAssociation,
)
from ecsinfer.model import Failed, Pending, Ready, Verb
from tests.kinds.driving import calls, drive, outline

KIND = ClusterAssociationKind()
DESIRED = ClusterAssociation(
    cluster="inference", application="inference", providers=("gpu", "FARGATE"), created=("gpu",)
)
THEIRS = [{"capacityProvider": "theirs", "weight": 1, "base": 0}]


def observe(*attached: str, ours: bool = True, **fields: Any) -> ObservedAssociation | None:
    cluster = {
        "clusterName": "inference",
        "status": "ACTIVE",
        "capacityProviders": list(attached),
        "defaultCapacityProviderStrategy": THEIRS,
        **fields,
    }
    tags = [{"key": "ecsinfer:app", "value": "inference" if ours else "another"}]
    answers = {
        "DescribeClusters": {"clusters": [cluster]},
        "DescribeCapacityProviders": {"capacityProviders": [{"name": "gpu", "tags": tags}]},
    }
    found: ObservedAssociation | None = drive(KIND.observe(DESIRED, {}), answers)
    return found


def put(steps: Any) -> tuple[list[str], Any]:
    (call,) = calls(steps)
    return call.params["capacityProviders"], call.params["defaultCapacityProviderStrategy"]


@pytest.mark.rule("B15")
def test_what_is_attached_stays_attached_and_the_default_strategy_stays() -> None:
    found = observe("theirs")
    verb, changes = KIND.diff(DESIRED, found)
    assert changes[0].new == ["theirs", "gpu", "FARGATE"]
    assert put(KIND.steps(DESIRED, found, verb)) == (["theirs", "gpu", "FARGATE"], THEIRS)


@pytest.mark.rule("B15")
def test_nothing_is_put_when_all_ours_are_attached() -> None:
    assert KIND.diff(DESIRED, observe("theirs", "gpu", "FARGATE")) == (Verb.KEEP, ())


@pytest.mark.rule("A9")
def test_the_cluster_is_idle_before_and_after_every_put() -> None:
    verb, _ = KIND.diff(DESIRED, None)
    assert outline(KIND.steps(DESIRED, None, verb)) == [
        "ready", "PutClusterCapacityProviders", "ready",
    ]  # fmt: skip


def test_a_declared_default_strategy_replaces_the_clusters() -> None:
    mine = ({"capacityProvider": "gpu", "weight": 1},)
    desired = replace(DESIRED, default_strategy=mine)
    verb, _ = KIND.diff(desired, observe("gpu", "FARGATE"))
    _, strategy = put(KIND.steps(desired, observe("gpu", "FARGATE"), verb))
    assert strategy == list(mine)


@pytest.mark.rule("B15")
def test_a_destroy_detaches_ours_and_nothing_else() -> None:
    verb, _, steps = KIND.teardown(DESIRED, observe("theirs", "gpu", "FARGATE"))
    assert verb is Verb.DELETE
    assert put(steps) == (["FARGATE", "theirs"], THEIRS)
    for nothing in (observe("theirs", "FARGATE"), observe("gpu", ours=False), None):
        assert KIND.teardown(DESIRED, nothing)[0] is Verb.KEEP


@pytest.mark.rule("A9")
@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        ("UPDATE_IN_PROGRESS", Pending, Pending),
        ("UPDATING", Pending, Pending),
        ("UPDATE_COMPLETE", Ready, Ready),
        ("UPDATE_FAILED", Ready, Failed),
        ("", Ready, Ready),
    ],
)
def test_attachments_decide_when_the_cluster_is_idle(
    status: str, before: type, after: type
) -> None:
    found = observe("gpu", "FARGATE", attachmentsStatus=status)
    assert isinstance(KIND.verdict(DESIRED, found, {}), before)
    assert isinstance(KIND.verdict(DESIRED, found, {"attached": "inference"}), after)


@pytest.mark.rule("B15")
def test_a_lost_update_race_is_noticed() -> None:
    verdict = KIND.verdict(DESIRED, observe("theirs"), {"attached": "inference"})
    assert isinstance(verdict, Failed)
    assert verdict.superseded


@pytest.mark.rule("B22")
def test_managed_instances_are_listed_by_aws_and_named_by_no_put() -> None:
    desired = replace(DESIRED, cluster_scoped=("mi",))
    found = observe("mi", "theirs")
    assert put(KIND.steps(desired, found, Verb.UPDATE))[0] == ["theirs", "gpu", "FARGATE"]
    assert put(KIND.teardown(desired, observe("mi", "gpu"))[2])[0] == []
