"""Every spec that comes with ecsinfer: deployed, deployed again, destroyed, destroyed again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsinfer import events
from ecsinfer.application import outputs
from ecsinfer.model import Verb
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec, load
from ecsinfer.spec.capacity import FARGATE
from tests.laws import neighbours
from tests.laws.contents import contents, ours
from tests.laws.world import CONFIGS, DIRECTORY, Account, busy

CONFIG = pytest.mark.parametrize("spec", CONFIGS.values(), ids=CONFIGS)


def described(account: Account, spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every service by its key, as AWS shows it."""
    for key in spec.services:
        answer = account.client("ecs").describe_services(
            cluster=spec.cluster_name, services=[spec.service_name(key)], include=["TAGS"]
        )
        yield key, answer["services"][0]


@CONFIG
def test_a_spec_is_deployed_as_it_says_and_then_there_is_nothing_to_do(spec: Spec) -> None:
    account = Account()
    run = account.deploy(spec)
    assert (run.status, run.error) == ("done", "")
    ecs = account.client("ecs")
    for key, service in described(account, spec):
        declared = spec.services[key]
        assert service["status"] == "ACTIVE"
        assert service["deployments"][0]["rolloutState"] == "COMPLETED"
        assert service["runningCount"] == service["desiredCount"]
        strategy = spec.strategy(key)
        assert {
            each["capacityProvider"]: (each["weight"], each["base"])
            for each in service["capacityProviderStrategy"]
        } == {spec.provider_name(name): (each.weight, each.base) for name, each in strategy.items()}
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        (own,) = (
            each
            for each in definition["taskDefinition"]["containerDefinitions"]
            if each["name"] == spec.container_name(key)
        )
        # The tag is pinned to the digest that it means now.
        assert own["image"].partition("@")[0] == declared.image
        assert [each["containerPort"] for each in own["portMappings"]] == [declared.port]
    before = contents(account)
    again = account.deploy(spec)
    assert again.plan.empty, busy(again.plan)
    assert again.status == "nothing-to-do"
    assert again.writes == []
    assert contents(account) == before


def test_a_spec_of_another_region_is_deployed_there_just_the_same(tmp_path: Path) -> None:
    file = tmp_path / "ireland.yaml"
    text = (DIRECTORY / "quickstart.yaml").read_text()
    file.write_text(text.replace(furniture.REGION, "eu-west-1"))
    spec, account = load(file), Account(region="eu-west-1")
    assert account.deploy(spec).status == "done"
    ((_, service),) = described(account, spec)
    assert service["serviceArn"].startswith("arn:aws:ecs:eu-west-1:")
    assert service["runningCount"] == 2
    assert account.deploy(spec).status == "nothing-to-do"
    assert account.sandbox.session().client("ecs").list_clusters()["clusterArns"] == []


@CONFIG
def test_destroy_leaves_nothing_of_ours_but_what_it_says_it_keeps(spec: Spec) -> None:
    account = Account()
    untouched = contents(account)
    account.deploy(spec)
    run = account.destroy(spec, purge=True)
    assert (run.status, run.error) == ("done", "")
    kept = [each.node for each in run.events if isinstance(each, events.Retained)]
    left = ours(account, spec.name)
    assert [f"cluster/{each['clusterName']}" for each in left.pop("clusters", [])] == kept
    assert left == {}
    again = account.destroy(spec, purge=True)
    assert (again.status, again.writes) == ("nothing-to-do", [])
    empty_the_groups(account)
    assert account.destroy(spec, purge=True).status in {"done", "nothing-to-do"}
    assert contents(account) == untouched


def empty_the_groups(account: Account) -> None:
    """What the user does to have the cluster deleted too: the instances are the user's (F4)."""
    groups = account.client("autoscaling")
    for group in groups.describe_auto_scaling_groups()["AutoScalingGroups"]:
        name = group["AutoScalingGroupName"]
        ids = [each["InstanceId"] for each in group["Instances"]]
        if ids:
            groups.set_instance_protection(
                AutoScalingGroupName=name, InstanceIds=ids, ProtectedFromScaleIn=False
            )
        groups.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0)
    account.sandbox.clock.sleep(7200)


def theirs(account: Account) -> dict[str, Any]:
    """What the neighbours have."""
    found = contents(account)
    marked = {
        kind: [each for each in found[kind] if neighbours.TAG in each["tags"]]
        for kind in ("providers", "services")
    }
    return {
        **marked,
        "clusters": [
            each for each in found["clusters"] if each["clusterName"] == neighbours.THEIRS
        ],
        "revisions": [each for each in found["revisions"] if each["family"] == neighbours.THEIRS],
        "policies": [each for each in found["policies"] if each["PolicyName"] == "their-policy"],
        "log groups": [each for each in found["log groups"] if each["logGroupName"] == "/theirs"],
    }


@CONFIG
@pytest.mark.rule("B15", "A11")
def test_what_others_have_in_the_account_and_in_the_cluster_stays(spec: Spec) -> None:
    account = Account()
    neighbours.move_in(account)
    account.deploy(spec)
    neighbours.intrude(account, spec.cluster_name)
    for key, each in spec.services.items():
        if each.scaling:
            name = spec.service_name(key)
            neighbours.scale(account, spec.cluster_name, name, "their-policy-on-ours")
    before = theirs(account)
    assert account.deploy(spec).writes == []
    run = account.destroy(spec)
    assert run.error == ""
    assert theirs(account) == before
    (cluster,) = account.client("ecs").describe_clusters(
        clusters=[spec.cluster_name], include=["TAGS"]
    )["clusters"]
    assert set(cluster["capacityProviders"]) - set(FARGATE) == {"guest-capacity"}
    assert neighbours.TAG in cluster["tags"]
    (kept,) = (each for each in run.plan.actions if each.node.startswith("cluster/"))
    assert kept.verb is Verb.RETAIN
    assert "not of this application" in kept.why


def test_the_classic_service_has_every_name_as_given() -> None:
    spec, account = CONFIGS["capacity-provider-service"], Account()
    run = account.deploy(spec)
    ecs = account.client("ecs")
    (provider,) = ecs.describe_capacity_providers(
        capacityProviders=["myCapacityProvider"], include=["TAGS"]
    )["capacityProviders"]
    assert {"key": "Name", "value": "ecsCapacityProvider"} in provider["tags"]
    group = provider["autoScalingGroupProvider"]
    assert group["autoScalingGroupArn"].endswith("autoScalingGroupName/my-asg")
    assert group["managedTerminationProtection"] == "ENABLED"
    scaling = group["managedScaling"]
    assert (scaling["status"], scaling["targetCapacity"]) == ("ENABLED", 75)
    steps = scaling["minimumScalingStepSize"], scaling["maximumScalingStepSize"]
    assert steps == (1, 1000)
    (service,) = ecs.describe_services(cluster="ecsCluster", services=["appService"])["services"]
    assert service["runningCount"] == 3
    assert service["capacityProviderStrategy"] == [
        {"capacityProvider": "myCapacityProvider", "weight": 1, "base": 1}
    ]
    (balancer,) = service["loadBalancers"]
    assert balancer == {
        "targetGroupArn": furniture.IP_TARGETS,
        "containerName": "my-inference-service",
        "containerPort": 80,
    }
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert sorted(network["subnets"]) == list(furniture.SUBNETS[:2])
    assert network["securityGroups"] == [furniture.SECURITY_GROUP]
    definition = ecs.describe_task_definition(taskDefinition="service:1")["taskDefinition"]
    assert (definition["cpu"], definition["memory"]) == ("256", "512")
    (container,) = definition["containerDefinitions"]
    assert container["name"] == "my-inference-service"
    assert run.outcome is not None
    found = outputs(spec, run.outcome.outputs)
    assert (found["service_name"], found["cluster_name"]) == ("appService", "ecsCluster")
