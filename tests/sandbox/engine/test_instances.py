"""Instances come, register, drain and go."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ecsinfer.sandbox.furniture import JOINS_PROVIDER
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.state import CapacityProvider, Service
from tests.sandbox.engine.account import (
    Account,
    cpu_container,
    deploying,
    gpu_container,
    strategy,
)


def test_an_instance_registers_with_what_tasks_can_get() -> None:
    account = Account()
    account.group(instance_type="g5.12xlarge", desired=1)
    account.run(121)
    [instance] = account.instances()
    assert (instance.cpu, len(instance.gpus), instance.enis) == (48 * 1024, 4, 14)
    assert instance.memory < 192 * 1024
    assert instance.attributes["ecs.cpu-architecture"] == "x86_64"


@pytest.mark.rule("J6")
def test_trunking_counts_for_instances_that_register_afterwards() -> None:
    account = Account()
    account.world.settings["awsvpcTrunking", ""] = "enabled"
    account.group(instance_type="g5.12xlarge", desired=1)
    account.run(121)
    assert account.instances()[0].enis == 120


@pytest.mark.rule("F7")
@pytest.mark.parametrize(
    ("user_data", "cluster"),
    [
        ("#!/bin/bash\necho ECS_CLUSTER=main >> /etc/ecs/ecs.config", "main"),
        (base64.b64encode(b"ECS_CLUSTER='main'").decode(), "main"),
        ('[settings.ecs]\ncluster = "main"\n', "main"),
        ("", ""),
        ("ECS_CLUSTER=elsewhere", ""),
    ],
)
def test_user_data_names_the_cluster(user_data: str, cluster: str) -> None:
    account = Account()
    account.group(desired=1, user_data=user_data)
    account.run(300)
    assert [item.cluster for item in account.instances()] == ([cluster] if cluster else [])


def test_a_furnished_group_joins_the_cluster_of_its_provider() -> None:
    account = Account()
    group = account.group(desired=1, user_data=JOINS_PROVIDER)
    account.run(300)
    assert account.instances() == []
    account.provider(group)
    account.run(120)
    assert len(account.instances()) == 1


@pytest.mark.rule("B8")
def test_an_instance_older_than_the_provider_has_none() -> None:
    account = Account()
    group = account.group(desired=1)
    account.run(200)
    account.provider(group)
    account.fleet.set_desired("gpu", 2, "more")
    account.run(200)
    assert [item.capacity_provider for item in account.instances()] == ["", "asg"]


@pytest.mark.rule("B8")
def test_scenarios_keep_instances_out_or_without_a_provider() -> None:
    account = Account(Scenario(never_join=("lost",), untagged=("gpu",)))
    account.provider(account.group(desired=1))
    account.group(name="lost", desired=1)
    account.run(300)
    assert [item.capacity_provider for item in account.instances()] == [""]


def settled(**spec: Any) -> tuple[Account, Service]:
    account = Account()
    account.provider(account.group(desired=3))
    account.run(130)
    service = account.service(
        account.definition(), desired=2, capacityProviderStrategy=strategy("asg"), **spec
    )
    account.run(300)
    return account, service


def used(account: Account, service: Service) -> str:
    return account.running(service)[0].container_instance


def test_draining_replaces_the_task_before_it_stops() -> None:
    account, service = settled()
    instance = account.world.container_instances[used(account, service)]
    instance.status = "DRAINING"
    account.engine.instance_status_changed(instance)
    counts: list[int] = []
    account.run(600, lambda: counts.append(len(account.running(service))))
    assert min(counts) == 2
    assert instance.arn not in {task.container_instance for task in account.running(service)}


def test_draining_without_spare_capacity_goes_as_low_as_the_minimum_allows() -> None:
    account, service = settled(deploymentConfiguration=deploying(50, 100))
    instance = account.world.container_instances[used(account, service)]
    instance.status = "DRAINING"
    account.engine.instance_status_changed(instance)
    counts: list[int] = []
    account.run(600, lambda: counts.append(len(account.running(service))))
    assert min(counts) == 1
    assert counts[-1] == 2


def test_managed_draining_holds_the_termination_until_the_tasks_are_gone() -> None:
    account, service = settled()
    instance = account.world.container_instances[used(account, service)]
    account.fleet.terminate(instance.ec2_id, "test", decrement=True)
    counts: list[int] = []
    account.run(600, lambda: counts.append(len(account.running(service))))
    assert min(counts) == 2
    assert instance.arn not in account.world.container_instances
    assert instance.ec2_id not in account.fleet.groups["gpu"].instances


def test_without_managed_draining_the_tasks_are_lost_and_replaced() -> None:
    account = Account()
    account.provider(account.group(desired=2), managedDraining="DISABLED")
    account.run(130)
    service = account.service(account.definition(), capacityProviderStrategy=strategy("asg"))
    account.run(300)
    [task] = account.running(service)
    instance = account.world.container_instances[task.container_instance]
    account.fleet.terminate(instance.ec2_id, "test", decrement=True)
    assert (task.last_status, task.stop_code) == ("STOPPED", "TerminationNotice")
    assert task.stopped_reason == f"Host EC2 (instance {instance.ec2_id}) terminated."
    account.run(300)
    assert len(account.running(service)) == 1


@pytest.mark.rule("F4")
def test_a_disconnected_instance_stays_registered_when_it_is_terminated() -> None:
    account = Account()
    account.group(desired=1)
    account.run(130)
    [instance] = account.instances()
    instance.agent_connected = False
    account.fleet.terminate(instance.ec2_id, "test", decrement=True)
    assert account.instances() == [instance]


def test_forced_deregistration_frees_the_service_to_replace_its_tasks() -> None:
    account, service = settled()
    account.engine.instance_deregistered(account.world.container_instances[used(account, service)])
    assert len(account.running(service)) == 1
    account.run(300)
    assert len(account.running(service)) == 2


def test_a_daemon_runs_once_on_every_instance() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=2)
    account.run(130)
    service = account.service(
        account.definition(cpu_container()), schedulingStrategy="DAEMON", launchType="EC2"
    )
    account.run(200)
    assert service.desired == 2
    account.fleet.set_desired("gpu", 3, "more")
    account.run(400)
    places = [task.container_instance for task in account.running(service)]
    assert len(places) == len(set(places)) == 3
    account.deploy(service, account.definition(cpu_container("web:2")))
    account.run(600)
    assert {task.containers[0].image for task in account.running(service)} == {"web:2"}
    assert len(account.running(service)) == 3


def managed(account: Account, **requirements: Any) -> None:
    """A Managed Instances provider of the cluster."""
    template = {
        "networkConfiguration": {"subnets": ["subnet-a", "subnet-b"]},
        "instanceRequirements": requirements,
    }
    provider = CapacityProvider(
        "mi",
        account.world.arn("capacity-provider/main/mi"),
        account.world.now(),
        managed_instances={
            "instanceLaunchTemplate": template,
            "infrastructureOptimization": {"scaleInAfter": 60},
        },
        cluster="main",
    )
    account.world.capacity_providers["main", "mi"] = provider
    account.cluster.capacity_providers.append("mi")


def test_managed_instances_launches_what_fits_and_takes_it_back() -> None:
    account = Account()
    managed(account, acceleratorNames=["a10g"], acceleratorCount={"min": 1, "max": 1})
    service = account.service(
        account.definition(), desired=2, capacityProviderStrategy=strategy("mi")
    )
    account.run(300)
    assert [item.instance_type for item in account.instances()] == ["g5.xlarge", "g5.xlarge"]
    assert {task.launch_type for task in account.running(service)} == {"MANAGED_INSTANCES"}
    service.desired = 0
    account.engine.service_changed(service)
    account.run(300)
    assert account.instances() == []


def test_managed_instances_packs_small_tasks_on_one_instance() -> None:
    account = Account()
    managed(account, allowedInstanceTypes=["m5.*"])
    service = account.service(
        account.definition(cpu_container()), desired=4, capacityProviderStrategy=strategy("mi")
    )
    account.run(300)
    assert [item.instance_type for item in account.instances()] == ["m5.large"]
    assert len(account.running(service)) == 4


def test_managed_instances_launches_nothing_for_what_fits_nowhere() -> None:
    account = Account()
    managed(account, allowedInstanceTypes=["m5.*"])
    account.service(account.definition(gpu_container()), capacityProviderStrategy=strategy("mi"))
    account.run(600)
    assert account.instances() == []
