"""Volumes, and where containers see them (C10, D6)."""

from __future__ import annotations

from ecsinfer.spec.container import Mount, Volume
from ecsinfer.spec.rules.findings import Finding, Findings, Subject

_KINDS = ("efs", "ebs", "host", "docker")


def volumes(subject: Subject) -> Findings:
    """A volume is of one kind; a task has at most one EBS volume of its own."""
    ebs = []
    for name, volume in subject.service.volumes.items():
        chosen = [kind for kind in _KINDS if getattr(volume, kind) is not None]
        if len(chosen) > 1:
            yield subject.find(
                f"volumes.{name}", f"a volume is {' or '.join(chosen)}, not both", "make it two"
            )
        if volume.ebs is not None:
            ebs.append(name)
            yield from _ebs(subject, name, volume)
        if volume.efs is not None and volume.efs.iam and not subject.task.task_role:
            yield subject.find(
                f"volumes.{name}.efs.iam",
                "the task's role authorises the mount, and there is none",
                "roles: {task: arn:aws:iam::...:role/...}",
                because=("roles",),
            )
    if len(ebs) > 1:
        yield subject.find(
            f"volumes.{ebs[1]}",
            f"a task has at most one EBS volume of its own, and {ebs[0]} is one",
            "make it one, or efs",
        )


def _ebs(subject: Subject, name: str, volume: Volume) -> Findings:
    ebs = volume.ebs
    if ebs is None:
        return
    if ebs.size is None and ebs.snapshot is None:
        yield subject.find(
            f"volumes.{name}.ebs.size", "an EBS volume needs a size or a snapshot", "size: 100 GiB"
        )
    for refused, key, text in (
        (ebs.initialization_rate and not ebs.snapshot, "initialization_rate", "a snapshot"),
        (ebs.throughput and ebs.type != "gp3", "throughput", "type: gp3"),
        (ebs.kms_key and ebs.encrypted is False, "kms_key", "encrypted: true"),
    ):
        if refused:
            yield subject.find(f"volumes.{name}.ebs.{key}", f"it needs {text}", text)
    if ebs.type in ("io1", "io2") and ebs.iops is None:
        yield subject.find(
            f"volumes.{name}.ebs.iops", f"a volume of type {ebs.type} needs iops", "iops: 3000"
        )


def mounts(subject: Subject) -> Findings:
    """Containers mount volumes that there are, each in a place of its own."""
    service = subject.service
    yield from _mounts(subject, (), service.mounts)
    for name, sidecar in service.sidecars.items():
        yield from _mounts(subject, ("sidecars", name), sidecar.mounts)


def _mounts(subject: Subject, path: tuple[str, ...], mounts: tuple[Mount, ...]) -> Findings:
    known = subject.service.volumes
    taken: set[str] = set()
    for index, mount in enumerate(mounts):
        if mount.volume not in known:
            yield Finding(
                subject.at(*path, "mounts", index, "volume"),
                f"there is no volume {mount.volume}",
                f"one of {', '.join(known)}" if known else f"volumes: {{{mount.volume}: {{}}}}",
                because=(subject.at("volumes"),),
            )
        if mount.path in taken:
            yield Finding(
                subject.at(*path, "mounts", index, "path"),
                "another volume is mounted there already",
            )
        taken.add(mount.path)


SERVICE_RULES = (volumes, mounts)
