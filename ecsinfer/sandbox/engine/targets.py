"""A task's registrations with target groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecsinfer.sandbox.elb.records import TargetHealth
from ecsinfer.sandbox.engine import behaviour, events
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run, Target
from ecsinfer.sandbox.state import Container, Service


def register(core: Core, run: Run, changed: Callable[[], None]) -> None:
    """Register the task with every target group of its revision.

    `changed` is told whenever the health of one of the targets has changed.
    """
    service = core.world.service_of(run.task)
    if service is None:
        return
    for balancer in _load_balancers(service, run):
        group = core.world.elb.target_group(balancer["targetGroupArn"])
        container = next(
            (item for item in run.task.containers if item.name == balancer["containerName"]), None
        )
        if group is None or container is None:
            run.sick = _not_found(balancer["targetGroupArn"])
            continue
        target = _target(core, run, container, balancer, group.target_type)
        run.targets[target] = None
        _register_one(core, run, container, target, changed)
        _announce(core, service, target.group)


def deregister(core: Core, run: Run, done: Callable[[], None]) -> None:
    """Drain every target of the task; `done` is called when the last one is unused."""
    for target in list(run.targets):
        core.world.elb.deregister(target.group, target.id, target.port, _drained(run, target, done))


def _drained(run: Run, target: Target, done: Callable[[], None]) -> Callable[[], None]:
    def drained() -> None:
        run.targets.pop(target, None)
        if not run.targets:
            done()

    return drained


def _announce(core: Core, service: Service, group: str) -> None:
    """One event for all targets registered at the same moment."""
    key = (service.arn, group)
    core.registrations[key] += 1

    def tell() -> None:
        events.registered(core.world, service, group, core.registrations.pop(key))

    if core.registrations[key] == 1:
        core.world.clock.after(0, tell)


def _load_balancers(service: Service, run: Run) -> list[Mapping[str, Any]]:
    deployment = next(
        (item for item in service.deployments if item.number == run.task.deployment), None
    )
    config = deployment.revision.config if deployment else service.spec
    balancers = config.get("loadBalancers") or []
    resolved = config.get("resolvedConfiguration", {}).get("loadBalancers")
    if resolved:
        balancers = [{**item, **chosen} for item, chosen in zip(balancers, resolved, strict=True)]
    return [item for item in balancers if item.get("targetGroupArn")]


def _target(
    core: Core, run: Run, container: Container, balancer: Mapping[str, Any], target_type: str
) -> Target:
    port = int(balancer.get("containerPort", 0))
    if target_type == "instance":
        instance = core.instance_of(run)
        bound = [item for item in container.bindings if item["containerPort"] == port]
        host_port = int(bound[0]["hostPort"]) if bound else port
        return Target(balancer["targetGroupArn"], instance.ec2_id if instance else "", host_port)
    return Target(balancer["targetGroupArn"], run.task.private_ip, port)


def _register_one(
    core: Core, run: Run, container: Container, target: Target, changed: Callable[[], None]
) -> None:
    load = behaviour.load_time(core.world.scenario, container)

    def on_change(state: TargetHealth) -> None:
        if target in run.targets and run.task.desired_status == "RUNNING":
            run.targets[target] = _verdict(state)
            changed()

    core.world.elb.register(
        target.group,
        target.id,
        target.port,
        run.task.zone,
        None if load is None else core.later(load),
        on_change,
        behaviour.failing_check(core.world.scenario, container),
    )


def _verdict(state: TargetHealth) -> bool | None:
    return {"healthy": True, "unhealthy": False}.get(state.state)


def _not_found(arn: str) -> str:
    return f"Task failed ELB health checks in (target-group {arn}): TARGET GROUP IS NOT FOUND"
