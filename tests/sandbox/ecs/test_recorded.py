"""What real AWS answered, asked again of the embedded one: the same members, the same defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import CPU_GROUP, GPU_GROUP
from tests.data import Recorded, as_request, recorded
from tests.sandbox.ecs.requests import SETTLED, group_provider

GROUPS = (CPU_GROUP, GPU_GROUP)


def each(plural: str, singular: str, *operations: str) -> list[Any]:
    """Every resource in the recorded answers of some operations, as test parameters."""
    return [
        pytest.param(resource, id=f"{item.name}-{number}")
        for item in recorded(*operations)
        for number, resource in enumerate(_resources(item, plural, singular))
    ]


def _resources(item: Recorded, plural: str, singular: str) -> list[dict[str, Any]]:
    return list(item.answer[plural] if plural in item.answer else [item.answer[singular]])


CLUSTERS = [
    item
    for item in each(
        "clusters",
        "cluster",
        "CreateCluster",
        "DescribeClusters",
        "PutClusterCapacityProviders",
        "UpdateCluster",
        "UpdateClusterSettings",
    )
    if all(found["status"] != "DELETING" for found in item.values[0].get("attachments", ()))
]
"""Clusters at rest; one that detaches is asked for in the tests of associations."""

PROVIDERS = each(
    "capacityProviders",
    "capacityProvider",
    "DescribeCapacityProviders",
    "DeleteCapacityProvider",
    "UpdateCapacityProvider",
)
DEFINITIONS = each(
    "taskDefinitions",
    "taskDefinition",
    "DescribeTaskDefinition",
    "RegisterTaskDefinition",
    "DeregisterTaskDefinition",
    "DeleteTaskDefinitions",
)


def comparable(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition without the order of variables and secrets, which is AWS's own."""
    content = as_request(definition)
    content["containerDefinitions"] = [
        {
            key: sorted(value, key=str) if key in {"environment", "secrets"} else value
            for key, value in container.items()
        }
        for container in content["containerDefinitions"]
    ]
    return content


def with_newer_defaults(definition: dict[str, Any]) -> dict[str, Any]:
    """A recorded definition with what AWS has filled in only since then."""
    content = comparable(definition)
    content.setdefault("placementConstraints", [])
    for container in content["containerDefinitions"]:
        container.setdefault("systemControls", [])
        for mapping in container["portMappings"]:
            mapping.setdefault("protocol", "tcp")
    return content


@pytest.mark.rule("C10")
@pytest.mark.parametrize("real", DEFINITIONS)
def test_a_recorded_definition_comes_back_as_real_aws_gave_it(
    ecs: Any, real: dict[str, Any]
) -> None:
    ours = ecs.register_task_definition(**as_request(real))["taskDefinition"]
    assert comparable(ours) == with_newer_defaults(real)
    assert set(real) - {"deregisteredAt"} <= set(ours)


@pytest.mark.parametrize(
    "real", [item for item in DEFINITIONS if "requiresAttributes" in item.values[0]]
)
def test_compatibilities_and_attributes_are_those_of_real_aws(
    ecs: Any, real: dict[str, Any]
) -> None:
    ours = ecs.register_task_definition(**as_request(real))["taskDefinition"]
    assert set(real["compatibilities"]) <= set(ours["compatibilities"])
    assert {item["name"] for item in ours["requiresAttributes"]} == {
        item["name"] for item in real["requiresAttributes"]
    }


@pytest.fixture
def rebuilt(ecs: Any, sandbox: Sandbox) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes a recorded cluster again and describes it as the recording was asked for."""

    def rebuild(real: dict[str, Any]) -> dict[str, Any]:
        name = real["clusterName"]
        own = [item for item in real.get("capacityProviders", ()) if "FARGATE" not in item]
        for provider, group in zip(own, GROUPS, strict=False):
            ecs.create_capacity_provider(**group_provider(provider, group))
        ecs.create_cluster(
            clusterName=name,
            **{key: real[key] for key in ("settings", "serviceConnectDefaults") if real.get(key)},
        )
        arn = f"arn:aws:ecs:us-east-1:123456789012:cluster/{name}"
        tags = [tag for tag in real.get("tags", ()) if not tag["key"].startswith("aws:")]
        if tags:
            ecs.tag_resource(resourceArn=arn, tags=tags)
        ecs.put_cluster_capacity_providers(
            cluster=name,
            capacityProviders=real.get("capacityProviders", []),
            defaultCapacityProviderStrategy=real.get("defaultCapacityProviderStrategy", []),
        )
        sandbox.clock.sleep(SETTLED)
        include = [
            include
            for include, member in (
                ("ATTACHMENTS", "attachments"),
                ("SETTINGS", "settings"),
                ("TAGS", "tags"),
            )
            if real.get(member)
        ]
        return dict(ecs.describe_clusters(clusters=[name], include=include)["clusters"][0])

    return rebuild


@pytest.mark.rule("A7", "A10")
@pytest.mark.parametrize("real", CLUSTERS)
def test_a_recorded_cluster_is_described_with_the_same_members_and_defaults(
    rebuilt: Callable[[dict[str, Any]], dict[str, Any]], real: dict[str, Any]
) -> None:
    ours = rebuilt(real)
    assert set(real) <= set(ours)
    same = {"settings", "capacityProviders", "defaultCapacityProviderStrategy", "statistics"}
    assert {key: ours[key] for key in same & set(real)} == {
        key: real[key] for key in same & set(real)
    }
    managed = {"as_policy", "managed_draining"}
    shapes = [
        {
            (item["type"], *(detail["name"] for detail in item["details"]))
            for item in cluster.get("attachments", ())
            if item["type"] in managed
        }
        for cluster in (real, ours)
    ]
    assert shapes[0] <= shapes[1]


@pytest.mark.rule("B5")
@pytest.mark.parametrize("real", PROVIDERS)
def test_a_recorded_provider_is_described_with_the_same_members_and_defaults(
    ecs: Any, real: dict[str, Any]
) -> None:
    if "autoScalingGroupProvider" in real:
        scaling = real["autoScalingGroupProvider"]["managedScaling"]
        ecs.create_capacity_provider(**group_provider(real["name"], managedScaling=scaling))
    (ours,) = ecs.describe_capacity_providers(capacityProviders=[real["name"]])["capacityProviders"]
    assert set(real) - {"updateStatus"} <= set(ours)
    if "autoScalingGroupProvider" not in real:
        return
    ours_group, real_group = (item["autoScalingGroupProvider"] for item in (ours, real))
    assert set(real_group) <= set(ours_group)
    assert real_group["managedScaling"].items() <= ours_group["managedScaling"].items()


@pytest.mark.parametrize(
    "item",
    recorded("PutAccountSetting", "DeleteAccountSetting"),
    ids=lambda item: item.name,
)
def test_a_recorded_setting_is_answered_with_the_same_members(ecs: Any, item: Recorded) -> None:
    real = item.answer["setting"]
    asked = {key: real[key] for key in ("name", "value", "principalArn")}
    ours = ecs.put_account_setting(**asked)["setting"]
    assert real.items() <= ours.items()


@pytest.mark.parametrize("item", recorded("ListTagsForResource"), ids=lambda item: item.name)
def test_recorded_tags_come_back_as_they_were(ecs: Any, item: Recorded) -> None:
    arn = ecs.create_cluster(clusterName="x", **item.answer)["cluster"]["clusterArn"]
    ours = ecs.list_tags_for_resource(resourceArn=arn)
    assert {key: ours[key] for key in item.answer} == item.answer


@pytest.mark.parametrize("item", recorded("ListTaskDefinitions"), ids=lambda item: item.name)
def test_recorded_revisions_are_listed_in_the_same_order(ecs: Any, item: Recorded) -> None:
    names = [arn.rpartition("/")[2] for arn in item.answer["taskDefinitionArns"]]
    for name in reversed(names):
        family, _, revision = name.partition(":")
        for _ in range(int(revision) - _latest(ecs, family)):
            ecs.register_task_definition(
                family=family,
                containerDefinitions=[{"name": "a", "image": "a", "memory": 8}],
            )
    listed = ecs.list_task_definitions()["taskDefinitionArns"]
    ours = [arn.rpartition("/")[2] for arn in listed]
    assert [name for name in ours if name in names] == names


def _latest(ecs: Any, family: str) -> int:
    return len(ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"])
