"""Starting tasks: which provider, which instance, and the wait in PROVISIONING for capacity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ecsinfer.capacity.managed_scaling import PROVISIONING_LIMIT
from ecsinfer.sandbox.engine import behaviour, events, lifecycle, managed_instances, stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.engine.placement import Candidate, Refusal, Wish, explain, place
from ecsinfer.sandbox.state import ContainerInstance, Deployment, Service, Task

PATIENCE = 1800.0
"""Seconds after which a task that waits for capacity is given up."""

RETRY = 60.0
"""Seconds until a service looks again for a Fargate host; AWS publishes none."""

FARGATE = ("FARGATE", "FARGATE_SPOT")


def launch(core: Core, service: Service, count: int) -> list[Task]:
    """Start up to `count` tasks of the service's PRIMARY deployment.

    Fewer are started when launch type EC2 finds no room, or too many tasks of the cluster wait.
    """
    deployment = service.deployments[0]
    strategy = deployment.revision.config.get("capacityProviderStrategy") or []
    used = Counter(
        run.task.capacity_provider
        for run in core.ledger.of_service(service)
        if run.task.deployment == deployment.number and run.task.desired_status == "RUNNING"
    )
    begun: list[Task] = []
    for _ in range(count):
        task = new_task(core, service, deployment)
        if strategy:
            task.capacity_provider = next_provider(strategy, used)
        run = lifecycle.admit(core, task)
        if not _start(core, run, service):
            break
        used[task.capacity_provider] += 1
        begun.append(task)
    if begun:
        events.started(core.world, service, begun)
    return begun


def launch_on(core: Core, service: Service, instance: ContainerInstance) -> Task | None:
    """Start a DAEMON service's task on one instance; None when it does not fit there."""
    task = new_task(core, service, service.deployments[0])
    task.capacity_provider = instance.capacity_provider
    run = lifecycle.admit(core, task, daemon=True)
    chosen = place([Candidate(instance, core.ledger.room(instance))], wish(core, run))
    if isinstance(chosen, Refusal):
        _refuse(core, run, service, chosen)
        return None
    lifecycle.begin(core, run, instance)
    events.started(core.world, service, [task])
    return task


def run_task(core: Core, task: Task, strategy: Sequence[Mapping[str, Any]]) -> str:
    """Start a stand-alone task, on `task.container_instance` where that is given already.

    Returns:
        RunTask's failure reason; empty when the task was started.
    """
    if strategy:
        used = Counter(
            run.task.capacity_provider
            for run in core.ledger.runs.values()
            if run.task.group == task.group
        )
        task.capacity_provider = next_provider(strategy, used)
    wanted = core.world.container_instances.get(task.container_instance)
    run = lifecycle.admit(core, task)
    if wanted is None:
        reason = "" if _start(core, run, None) else _reason(core, run)
    else:
        chosen = place([Candidate(wanted, core.ledger.room(wanted))], wish(core, run))
        reason = chosen.code if isinstance(chosen, Refusal) else ""
        if not reason:
            lifecycle.begin(core, run, wanted)
    if reason:
        _withdraw(core, run)
    return reason


def place_waiting(core: Core, cluster: str) -> None:
    """Give waiting tasks the room there is, oldest first; equal tasks are refused together."""
    refused: set[tuple[str, ...]] = set()
    for run in list(core.ledger.waiting.get(cluster, {}).values()):
        task = run.task
        key = (task.definition, task.capacity_provider, task.group, task.deployment)
        if key in refused:
            continue
        chosen = find_place(core, run)
        if isinstance(chosen, Refusal):
            refused.add(key)
        else:
            lifecycle.begin(core, run, chosen)


def find_place(core: Core, run: Run) -> ContainerInstance | Refusal:
    """The instance for a task among those of its provider, or of its cluster."""
    candidates = [
        Candidate(instance, core.ledger.room(instance))
        for instance in core.instances_of(run.task.cluster, run.task.capacity_provider)
        if instance.status == "ACTIVE"
    ]
    return place(candidates, wish(core, run))


def wish(core: Core, run: Run) -> Wish:
    """What placement has to know of a task."""
    task = run.task
    service = core.world.service_of(task)
    own = task.config.get("placementConstraints", ()) if service is None else ()
    rules = service.spec.get("placementConstraints") if service else own
    peers = core.ledger.of_service(service) if service else ()
    return Wish(
        need=run.need,
        strategy=(
            service.spec.get("placementStrategy")
            if service
            else task.config.get("placementStrategy")
        )
        or (),
        constraints=[
            *(rules or ()),
            *lifecycle.definition_of(core, task).get("placementConstraints", ()),
        ],
        zones=zones_of(core, run),
        peers=[
            peer.task.container_instance
            for peer in peers
            if peer.task.deployment == task.deployment
            and peer.task.container_instance
            and peer.task.desired_status == "RUNNING"
        ],
    )


def next_provider(strategy: Sequence[Mapping[str, Any]], used: Mapping[str, int]) -> str:
    """The provider of the next task: bases first, then whoever is furthest below its weight."""
    for item in strategy:
        if used.get(item["capacityProvider"], 0) < item.get("base", 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight", 0) > 0]

    def share(item: Mapping[str, Any]) -> float:
        above = used.get(item["capacityProvider"], 0) - int(item.get("base", 0))
        return (above + 1) / float(item["weight"])

    return str(min(weighted or strategy[:1], key=share if weighted else len)["capacityProvider"])


def new_task(core: Core, service: Service, deployment: Deployment) -> Task:
    """The record of a new task of a deployment."""
    world = core.world
    config = deployment.revision.config
    return Task(
        arn=world.arn(f"task/{service.cluster}/{world.hex()}"),
        cluster=service.cluster,
        definition=deployment.revision.task_definition,
        group=f"service:{service.name}",
        created_at=world.now(),
        started_by=f"ecs-svc/{deployment.number}",
        service=service.name,
        deployment=deployment.number,
        launch_type=config.get("launchType") or "EC2",
        network=config.get("networkConfiguration") or {},
        config={
            "enableExecuteCommand": bool(service.spec.get("enableExecuteCommand")),
            "platformVersion": config.get("platformVersion") or "LATEST",
        },
    )


def _start(core: Core, run: Run, service: Service | None) -> bool:
    """Place a task, or let it wait where a capacity provider may bring room."""
    task = run.task
    if task.capacity_provider in FARGATE or task.launch_type == "FARGATE":
        return _start_on_fargate(core, run, service)
    provider = core.provider(task.cluster, task.capacity_provider)
    if provider is not None and provider.managed_instances:
        task.launch_type = "MANAGED_INSTANCES"
    chosen = find_place(core, run)
    if not isinstance(chosen, Refusal):
        lifecycle.begin(core, run, chosen)
        return True
    if not task.capacity_provider:
        _refuse(core, run, service, chosen)
        return False
    if len(core.ledger.waiting.get(task.cluster, ())) >= PROVISIONING_LIMIT:
        if service:
            events.provisioning_limit(core.world, service)
            core.short[service.cluster, service.name] = service
        _withdraw(core, run)
        return False
    if service:
        events.unplaced(core.world, service, explain(chosen, provider=True))
    _wait(core, run)
    return True


def _start_on_fargate(core: Core, run: Run, service: Service | None) -> bool:
    """A Fargate host is there or it is not: no task waits for one."""
    run.task.launch_type = "FARGATE"
    if _choose_subnet(core, run):
        lifecycle.begin(core, run, None)
        return True
    if service:
        events.no_fargate(core.world, service)
        core.wake(service, RETRY)
        _withdraw(core, run)
    return False


def _wait(core: Core, run: Run) -> None:
    core.ledger.wait(run)

    def give_up() -> None:
        # AWS documents the half hour; the words are those that users report.
        chosen = find_place(core, run)
        code = chosen.code if isinstance(chosen, Refusal) else ""
        failure = behaviour.Failure(code or "EMPTY CAPACITY PROVIDER")
        stopping.fail_to_start(core, run, failure)

    run.timers.append(core.world.clock.after(PATIENCE, give_up))
    managed_instances.demanded(core, run)


def _refuse(core: Core, run: Run, service: Service | None, refusal: Refusal) -> None:
    """Launch type EC2 has no room: there is no task, and the service tries again later."""
    if service:
        events.unplaced(core.world, service, explain(refusal, provider=False))
        core.short[service.cluster, service.name] = service
        _withdraw(core, run)


def _reason(core: Core, run: Run) -> str:
    if run.task.launch_type == "FARGATE":
        return events.NO_FARGATE
    chosen = find_place(core, run)
    if isinstance(chosen, Refusal) and chosen.code:
        return chosen.code
    return "No Container Instances were found in your cluster."


def _withdraw(core: Core, run: Run) -> None:
    """A task that could not be placed never was."""
    core.ledger.remove(run, None)
    stopping.forget(core.world, run.task.arn)


def zones_of(core: Core, run: Run) -> frozenset[str] | None:
    """The zones of an awsvpc task's subnets; None when one of them is not known."""
    subnets = lifecycle.subnets_of(run.task)
    zones = frozenset(core.zone(subnet) for subnet in subnets)
    return zones if zones and "" not in zones and run.need.interface else None


def _choose_subnet(core: Core, run: Run) -> bool:
    """Fargate spreads a group's tasks over those of its subnets whose zones have a host.

    Returns:
        Whether there is a host.
    """
    kind = run.task.capacity_provider or "FARGATE"
    scarce = core.world.scenario.no_capacity
    every = lifecycle.subnets_of(run.task)
    subnets = [subnet for subnet in every if f"{kind}@{core.zone(subnet)}" not in scarce]
    if kind in scarce or (every and not subnets):
        return False
    if subnets:
        service = core.world.service_of(run.task)
        runs = core.ledger.of_service(service) if service else ()
        peers = Counter(peer.task.subnet for peer in runs)
        run.task.subnet = min(subnets, key=lambda subnet: peers.get(subnet, 0))
        run.task.zone = core.zone(run.task.subnet)
    return True
