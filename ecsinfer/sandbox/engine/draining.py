"""Container instances that leave: DRAINING by hand, or by managed draining before they terminate."""

from __future__ import annotations

from ecsinfer.sandbox.engine import registration, stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.state import ContainerInstance, Instance


def status_changed(core: Core, instance: ContainerInstance) -> None:
    """The instance is DRAINING or ACTIVE again.

    DRAINING: service tasks are replaced elsewhere within their percents, those that do not run
    yet stop at once. ACTIVE: there is room again.
    """
    if instance.status != "DRAINING":
        core.room_changed(instance.cluster)
        return
    for run in core.ledger.on_instance(instance.arn):
        _evict(core, run)
    core.wake_followers(instance.cluster)


def instance_terminating(core: Core, instance: Instance) -> bool:
    """Managed draining: True when the instance must wait until its tasks are gone."""
    core.running.pop(instance.id, None)
    registered = core.world.container_instances.get(core.instances.get(instance.id, ""))
    if registered is None or not _managed(core, instance, registered):
        return False
    if registered.status != "DRAINING":
        registered.status = "DRAINING"
        status_changed(core, registered)
    return bool(core.ledger.on_instance(registered.arn))


def emptied(core: Core, instance: ContainerInstance) -> None:
    """The last task has left the instance; one that waits to terminate may go."""
    group = _waiting_group(core, instance)
    if group:
        core.world.fleet.complete_termination(instance.ec2_id)


def _waiting_group(core: Core, instance: ContainerInstance) -> str:
    provider = core.provider(instance.cluster, instance.capacity_provider)
    if provider is None or not provider.group:
        return ""
    group = core.world.fleet.group(provider.group["autoScalingGroupArn"])
    found = group.instances.get(instance.ec2_id) if group else None
    return found.group if found and found.lifecycle == "Terminating:Wait" else ""


def _managed(core: Core, instance: Instance, registered: ContainerInstance) -> bool:
    """Whether managed draining is on for the instance's provider, and attached."""
    provider = registration.provider_of(core, instance.group)
    if provider is None or provider.group.get("managedDraining", "ENABLED") != "ENABLED":
        return False
    cluster = core.world.clusters.get(registered.cluster)
    return cluster is not None and provider.name in cluster.capacity_providers


def _evict(core: Core, run: Run) -> None:
    service = core.world.service_of(run.task)
    if service is None:
        return
    if run.task.last_status in ("PROVISIONING", "PENDING"):
        stopping.stop_all(
            core, service, [run], "Task stopped because its container instance is DRAINING."
        )
    core.wake(service)
