"""A cluster is made once, changed in place, and deleted only when it is ours and empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.kinds.cluster import Cluster, ClusterKind, ObservedCluster
from ecsinfer.kinds.others import Leaving
from ecsinfer.model import Failed, Pending, Ready, Verb
from tests.kinds.driving import calls, drive, outline

KIND = ClusterKind()
DESIRED = Cluster(
    name="inference",
    application="inference",
    tags={"ecsinfer:app": "inference"},
    settings={"containerInsights": "enhanced"},
    groups=("my-asg",),
)

LEAVING = replace(DESIRED, leaving=Leaving("inference", "inference", ("llm",)))


def as_aws_describes(**fields: Any) -> dict[str, Any]:
    return {
        "clusterName": "inference",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/inference",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "activeServicesCount": 0,
        "settings": [{"name": "containerInsights", "value": "enhanced"}],
        "configuration": {},
        "tags": [{"key": "ecsinfer:app", "value": "inference"}],
        **fields,
    }


def observe(desired: Cluster = DESIRED, **fields: Any) -> ObservedCluster | None:
    answers = {
        "DescribeClusters": {"clusters": [as_aws_describes(**fields)]},
        "DescribeServices": {
            "services": [
                {
                    "serviceName": "llm",
                    "status": "ACTIVE",
                    "tags": [{"key": "ecsinfer:app", "value": "inference"}],
                }
            ]
        },
        "ListContainerInstances": {"containerInstanceArns": ["arn:aws:ecs:r:a:c/inference/i1"]},
    }
    found: ObservedCluster | None = drive(KIND.observe(desired, {}), answers)
    return found


def test_a_cluster_as_desired_is_kept() -> None:
    assert KIND.diff(DESIRED, observe()) == (Verb.KEEP, ())


@pytest.mark.rule("A3")
def test_an_inactive_cluster_is_absent_and_one_on_its_way_out_is_waited_for() -> None:
    assert observe(status="INACTIVE") is None
    assert outline(KIND.steps(DESIRED, None, Verb.CREATE)) == ["CreateCluster", "ready"]
    leaving = observe(status="DEPROVISIONING")
    assert KIND.diff(DESIRED, leaving)[0] is Verb.CREATE
    steps = KIND.steps(DESIRED, leaving, Verb.CREATE)
    assert outline(steps) == ["gone", "CreateCluster", "ready"]


@pytest.mark.rule("A2", "C8")
def test_a_create_names_no_provider_and_no_empty_list() -> None:
    bare = replace(DESIRED, settings={})
    (create,) = calls(KIND.steps(bare, None, Verb.CREATE))
    assert set(create.params) == {"clusterName", "tags"}


@pytest.mark.rule("A5")
def test_what_is_not_declared_is_left_to_the_account() -> None:
    assert KIND.diff(replace(DESIRED, settings={}), observe()) == (Verb.KEEP, ())


@pytest.mark.rule("A8")
def test_a_changed_setting_is_one_update() -> None:
    found = observe(settings=[{"name": "containerInsights", "value": "disabled"}])
    verb, changes = KIND.diff(DESIRED, found)
    assert [(each.path, each.old, each.new) for each in changes] == [
        ("settings.containerInsights", "disabled", "enhanced")
    ]
    assert outline(KIND.steps(DESIRED, found, verb)) == ["UpdateCluster", "ready"]


def test_a_namesake_is_refused_until_it_is_adopted() -> None:
    with pytest.raises(OwnershipError, match="cluster inference"):
        KIND.diff(DESIRED, observe(tags=[]))
    adopted = replace(DESIRED, adopt=True)
    verb, _ = KIND.diff(adopted, observe(tags=[]))
    assert outline(KIND.steps(adopted, observe(tags=[]), verb)) == ["TagResource", "ready"]


def test_a_cluster_marked_as_existing_is_only_read() -> None:
    existing = replace(DESIRED, existing=True)
    assert KIND.diff(existing, observe(tags=[], settings=[])) == (Verb.KEEP, ())
    assert KIND.teardown(existing, observe())[0] is Verb.RETAIN
    with pytest.raises(PreflightError, match="does not exist"):
        KIND.diff(existing, None)


@pytest.mark.rule("A11")
def test_an_empty_cluster_of_ours_is_deleted() -> None:
    verb, _, steps = KIND.teardown(LEAVING, observe(LEAVING, activeServicesCount=1))
    assert verb is Verb.DELETE
    assert outline(steps) == ["DeleteCluster", "gone"]


@pytest.mark.rule("A11", "F4")
def test_a_cluster_with_instances_is_kept_and_says_what_to_do() -> None:
    found = observe(LEAVING, registeredContainerInstancesCount=1)
    verb, why, steps = KIND.teardown(DESIRED, found)
    assert (verb, steps) == (Verb.RETAIN, ())
    assert "i1" in why
    assert "my-asg" in why


def test_a_cluster_with_other_peoples_services_or_tags_is_kept() -> None:
    assert KIND.teardown(LEAVING, observe(LEAVING, activeServicesCount=2))[0] is Verb.RETAIN
    assert KIND.teardown(DESIRED, observe(tags=[]))[0] is Verb.RETAIN
    assert KIND.teardown(DESIRED, None) == (Verb.KEEP, "", ())


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ACTIVE", Ready),
        ("PROVISIONING", Pending),
        ("DEPROVISIONING", Pending),
        ("FAILED", Failed),
        ("A_STATUS_OF_NEXT_YEAR", Pending),
    ],
)
def test_every_status_has_a_verdict(status: str, expected: type) -> None:
    assert isinstance(KIND.verdict(DESIRED, observe(status=status), {}), expected)
