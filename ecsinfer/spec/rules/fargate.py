"""What Fargate cannot do, and what only Fargate can (C11, C13, C14, C15, C16, D10, D12, D16)."""

from __future__ import annotations

from ecsinfer.spec.rules.findings import Findings, Subject

_SIZES: dict[int, tuple[range, str]] = {
    256: (range(512, 2049, 512), "512 MiB, 1 GiB or 2 GiB"),
    512: (range(1024, 4097, 1024), "1 to 4 GiB"),
    1024: (range(2048, 8193, 1024), "2 to 8 GiB"),
    2048: (range(4096, 16385, 1024), "4 to 16 GiB"),
    4096: (range(8192, 30721, 1024), "8 to 30 GiB"),
    8192: (range(16384, 61441, 4096), "16 to 60 GiB in steps of 4"),
    16384: (range(32768, 122881, 8192), "32 to 120 GiB in steps of 8"),
}
"""CPU units -> MiB that Fargate offers with them (C11)."""
_NOT_OFFERED = {(256, 1536)}
_LONGEST_STOP = 120


def size(subject: Subject) -> Findings:
    """Fargate offers certain pairs of CPU and memory, and must be told one (C11)."""
    if not subject.on_fargate:
        return
    cpu, memory = subject.task.cpu, subject.task.memory
    where = _size_path(subject)
    if cpu is None or memory is None:
        missing = "cpu and memory" if cpu is memory else "cpu" if cpu is None else "memory"
        yield subject.find(
            where,
            f"Fargate must be told the task's {missing}",
            "resources: {cpu: 1 vCPU, memory: 2 GiB}",
            because=("capacity",),
        )
        return
    offered = _SIZES.get(cpu)
    if offered is None:
        yield subject.find(
            where,
            f"Fargate does not offer {cpu} CPU units",
            f"one of {', '.join(map(str, _SIZES))}",
            because=("capacity",),
        )
    elif memory not in offered[0] or (cpu, memory) in _NOT_OFFERED:
        yield subject.find(
            where,
            f"Fargate does not offer {memory} MiB with {cpu} CPU units",
            offered[1],
            because=("capacity",),
        )


def _size_path(subject: Subject) -> str:
    return "resources" if subject.service.task_definition is None else "task_definition"


def not_on_fargate(subject: Subject) -> Findings:
    """Fargate has no GPUs, no instances to place on or to share, and no large /dev/shm."""
    if not subject.on_fargate:
        return
    service, task = subject.service, subject.task
    own = service.task_definition is None
    stops = {"health": service.health.stop_timeout}
    stops |= {f"sidecars.{name}": each.stop_timeout for name, each in service.sidecars.items()}
    for refused, where, text, hint in (
        (
            any(container.gpu for container in task.containers),
            "resources.gpu" if own else "task_definition",
            "Fargate has no GPUs",
            "run it on an Auto Scaling group or Managed Instances",
        ),
        (
            any(container.shared_memory for container in task.containers),
            "resources.shared_memory" if own else "task_definition",
            "Fargate's /dev/shm has a fixed size",
            "remove it, or run the service on an Auto Scaling group or Managed Instances",
        ),
        (
            task.network_mode != "awsvpc",
            "network.mode" if own else "task_definition",
            "Fargate knows the network mode awsvpc only",
            "awsvpc",
        ),
        (
            bool(service.placement.strategies or service.placement.constraints),
            "placement",
            "on Fargate there are no instances to place tasks on",
            "remove it",
        ),
        *(
            (
                bool(volume.host or volume.docker),
                f"volumes.{name}",
                "on Fargate there are no directories or Docker volumes of an instance",
                "an empty mapping for a scratch directory, or efs or ebs",
            )
            for name, volume in service.volumes.items()
        ),
        *(
            (
                seconds is not None and seconds > _LONGEST_STOP,
                f"{where}.stop_timeout",
                f"Fargate kills a container {_LONGEST_STOP} s after SIGTERM at the latest",
                "2m",
            )
            for where, seconds in stops.items()
        ),
    ):
        if refused:
            yield subject.find(where, text, hint, because=("capacity",))


def only_on_fargate(subject: Subject) -> Findings:
    """Public addresses, platform versions and a sized disk are Fargate's (D10, D12)."""
    if not subject.on_instances:
        return
    service = subject.service
    vpc = service.overrides.service.get("networkConfiguration")
    raw = vpc.get("awsvpcConfiguration") if isinstance(vpc, dict) else None
    raw_public = isinstance(raw, dict) and raw.get("assignPublicIp") == "ENABLED"
    for refused, where, text, hint in (
        (
            service.network.public_ip or raw_public,
            "network.public_ip" if service.network.public_ip else "overrides.service",
            "tasks on EC2 capacity cannot have public addresses",
            "remove it, and reach the internet through a NAT gateway or VPC endpoints",
        ),
        (
            service.platform.version is not None,
            "platform.version",
            "only Fargate has platform versions",
            "remove it",
        ),
        (
            service.resources.ephemeral_storage is not None,
            "resources.ephemeral_storage",
            "on EC2 capacity tasks use the disk of their instance",
            "size the instance's volume, or give the task an ebs volume",
        ),
    ):
        if refused:
            yield subject.find(where, text, hint, because=("capacity",))


def only_on_managed_instances(subject: Subject) -> Findings:
    """Neuron devices as a whole are Managed Instances'; placement strategies are not."""
    managed = subject.spec.on_managed_instances(subject.key)
    if managed and subject.service.placement.strategies:
        yield subject.find(
            "placement.strategies",
            "Managed Instances do not know placement strategies: they spread over zones",
            "remove it; one subnet in managed_instances packs tasks densely",
            because=("capacity",),
        )
    existing = any(
        provider is not None and provider.existing
        for provider in map(subject.spec.capacity.get, subject.strategy)
    )
    if not managed and not existing and subject.service.resources.neuron_devices:
        yield subject.find(
            "resources.neuron_devices",
            "only Managed Instances hand out Neuron devices",
            "overrides.container.linuxParameters.devices: [{hostPath: /dev/neuron0}]",
            because=("capacity",),
        )


SERVICE_RULES = (size, not_on_fargate, only_on_fargate, only_on_managed_instances)
