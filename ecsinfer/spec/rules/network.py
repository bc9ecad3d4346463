"""How tasks are connected, and who reaches them (C14, D11, D17, D20)."""

from __future__ import annotations

from ecsinfer.spec.container import Container
from ecsinfer.spec.models import ports
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.service import LoadBalancer


def subnets(subject: Subject) -> Findings:
    """Subnets belong to awsvpc, and only to it (C14)."""
    network, mode = subject.service.network, subject.task.network_mode
    raw = subject.service.overrides.service.get("networkConfiguration")
    source = _mode_key(subject)
    if mode == "awsvpc" and not network.subnets and not raw:
        yield subject.find(
            "network.subnets",
            "in network mode awsvpc tasks need subnets",
            "network: {subnets: [subnet-...], security_groups: [sg-...]}",
            because=(source,),
        )
    for name in ("subnets", "security_groups"):
        if mode != "awsvpc" and getattr(network, name):
            yield subject.find(
                f"network.{name}",
                f"in network mode {mode} tasks have the network of their instance",
                "remove it, or mode: awsvpc",
                because=(source,),
            )
    if subject.service.task_definition is not None and "mode" in network.model_fields_set:
        yield subject.find(
            "network.mode",
            "the network mode is the task definition's",
            "remove it",
            because=("task_definition",),
        )


def _mode_key(subject: Subject) -> str:
    return "network.mode" if subject.service.task_definition is None else "task_definition"


def host_ports(subject: Subject) -> Findings:
    """Only bridge mode maps ports (C14)."""
    mode = subject.task.network_mode
    for path, container in _containers(subject):
        if mode == "none" and ports(container):
            yield subject.find(
                ".".join((*path, "ports")),
                "in network mode none there are no ports",
                "remove it, or another mode",
                because=("network.mode", ".".join((*path, "port"))),
            )
        for index, port in enumerate(container.ports):
            if mode in ("awsvpc", "host") and port.host not in (None, port.container):
                yield Finding(
                    subject.at(*path, "ports", index, "host"),
                    f"in network mode {mode} the host's port is the container's, {port.container}",
                    "remove host, or mode: bridge",
                    because=(subject.at("network", "mode"),),
                )


def port_collisions(subject: Subject) -> Findings:
    """Containers that share a network cannot listen on the same port."""
    if subject.task.network_mode == "bridge":
        return
    seen: dict[tuple[int, str], str] = {}
    for path, container in _containers(subject):
        name = path[-1] if path else subject.spec.container_name(subject.key)
        for port in ports(container):
            first = seen.setdefault((port.container, port.protocol), name)
            if first != name:
                yield subject.find(
                    ".".join((*path, "port")),
                    f"containers {first} and {name} share one network, and both listen on port "
                    f"{port.container}",
                    "give one of them another port",
                    because=("port", "ports", ".".join((*path, "ports"))),
                )


def _containers(subject: Subject) -> list[tuple[tuple[str, ...], Container]]:
    sidecars = subject.service.sidecars.items()
    return [((), subject.service), *((("sidecars", name), each) for name, each in sidecars)]


def load_balancers(subject: Subject) -> Findings:
    """A load balancer sends to a container and port that there are (D17)."""
    for index, balancer in enumerate(subject.service.load_balancer):
        if ":loadbalancer/" in balancer.target_group:
            yield Finding(
                subject.at("load_balancer", index, "target_group"),
                "this is a load balancer, not a target group",
                "arn:aws:elasticloadbalancing:...:targetgroup/...",
            )
        yield from _reached(subject, index, balancer)


def _reached(subject: Subject, index: int, balancer: LoadBalancer) -> Findings:
    main = subject.spec.container_name(subject.key)
    named = balancer.container or main
    container = subject.task.container(named)
    if container is None:
        names = ", ".join(each.name for each in subject.task.containers)
        yield Finding(
            subject.at("load_balancer", index, "container"),
            f"there is no container {named}",
            f"one of {names}",
            because=(
                subject.at("container"),
                subject.at("sidecars"),
                subject.at("task_definition"),
            ),
        )
        return
    section = subject.at() if named == main else subject.at("sidecars", named)
    because = ((*section, "port"), (*section, "ports"), subject.at("task_definition"))
    if not container.ports:
        yield Finding(
            subject.at("load_balancer", index, "port"),
            f"container {named} has no port that the load balancer could send to",
            "port: 8000",
            because=because,
        )
    elif balancer.port is not None and balancer.port not in container.ports:
        yield Finding(
            subject.at("load_balancer", index, "port"),
            f"container {named} does not listen on port {balancer.port}",
            f"one of {', '.join(map(str, container.ports))}",
            because=because,
        )


def traffic_shifting(subject: Subject) -> Findings:
    """Moving traffic needs somewhere to move it to (D20)."""
    service = subject.service
    chosen = service.rollout.strategy
    if chosen == "rolling" or service.service_connect or service.vpc_lattice:
        return
    if not service.load_balancer:
        yield subject.find(
            "load_balancer",
            f"a {chosen} rollout moves traffic, which takes a load balancer or Service Connect",
            "strategy: rolling, or a load_balancer with an alternate_target_group",
            because=("rollout.strategy",),
        )
    for index, balancer in enumerate(service.load_balancer):
        for name in ("alternate_target_group", "production_rule", "role"):
            if getattr(balancer, name) is None:
                yield Finding(
                    subject.at("load_balancer", index, name),
                    f"a {chosen} rollout needs it to move traffic",
                    f"{name}: arn:aws:..., or strategy: rolling",
                    because=(subject.at("rollout", "strategy"),),
                )


SERVICE_RULES = (subnets, host_ports, port_collisions, load_balancers, traffic_shifting)
