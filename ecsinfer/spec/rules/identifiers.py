"""What names a thing of AWS's must have the form of such names (D11, D17, H3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ecsinfer.spec.container import Container
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.tree import Path


class _Form(NamedTuple):
    """What a name looks like, what it is of, and one that is right."""

    pattern: re.Pattern[str]
    what: str
    example: str


def _arn(service: str, resource: str, what: str) -> _Form:
    # Partitions are aws, aws-cn, aws-us-gov and others; what IAM has is in no region.
    pattern, region = ("", "") if service == "iam" else (r"[a-z0-9-]+", "...")
    return _Form(
        re.compile(rf"arn:aws[a-z-]*:{service}:{pattern}:\d{{12}}:{resource}/\S+"),
        f"the ARN of {what}",
        f"arn:aws:{service}:{region}:...:{resource.removesuffix('(-rule)?')}/...",
    )


_ROLE = _arn("iam", "role", "an IAM role")
_PROFILE = _arn("iam", "instance-profile", "an instance profile")
_TARGETS = _arn("elasticloadbalancing", "targetgroup", "a target group")
_LISTENER = _arn("elasticloadbalancing", "listener(-rule)?", "a listener or a rule of one")
_SUBNET = _Form(re.compile(r"subnet-[0-9A-Za-z]+"), "the id of a subnet", "subnet-...")
_GROUP = _Form(re.compile(r"sg-[0-9A-Za-z]+"), "the id of a security group", "sg-...")

_Named = Iterator[tuple[Path, str | None, _Form]]


def of_capacity(spec: Spec) -> Findings:
    """Roles, profiles and subnets of Managed Instances."""
    for key, provider in spec.capacity.items():
        managed, path = provider.managed_instances, ("capacity", key, "managed_instances")
        if managed is None:
            continue
        named: _Named = iter(
            (
                ((*path, "infrastructure_role"), managed.infrastructure_role, _ROLE),
                ((*path, "instance_profile"), managed.instance_profile, _PROFILE),
            )
        )
        yield from _misnamed(named)
        yield from _listed((*path, "subnets"), managed.subnets, _SUBNET)
        yield from _listed((*path, "security_groups"), managed.security_groups, _GROUP)


def of_service(subject: Subject) -> Findings:
    """Roles, subnets and target groups of a service."""
    network = subject.service.network
    yield from _misnamed(_roles(subject))
    yield from _misnamed(_balancers(subject))
    yield from _listed(subject.at("network", "subnets"), network.subnets, _SUBNET)
    yield from _listed(subject.at("network", "security_groups"), network.security_groups, _GROUP)


def _roles(subject: Subject) -> _Named:
    service = subject.service
    yield subject.at("roles", "execution"), service.roles.execution, _ROLE
    yield subject.at("roles", "task"), service.roles.task, _ROLE
    for name, volume in service.volumes.items():
        if volume.ebs is not None:
            yield subject.at("volumes", name, "ebs", "role"), volume.ebs.role, _ROLE
    for index, hook in enumerate(service.rollout.hooks):
        yield subject.at("rollout", "hooks", index, "role"), hook.role, _ROLE


def _balancers(subject: Subject) -> _Named:
    for index, balancer in enumerate(subject.service.load_balancer):
        path = subject.at("load_balancer", index)
        if ":loadbalancer/" not in balancer.target_group:  # which is told in words of its own
            yield (*path, "target_group"), balancer.target_group, _TARGETS
        yield (*path, "alternate_target_group"), balancer.alternate_target_group, _TARGETS
        yield (*path, "production_rule"), balancer.production_rule, _LISTENER
        yield (*path, "test_rule"), balancer.test_rule, _LISTENER
        yield (*path, "role"), balancer.role, _ROLE


def _misnamed(named: _Named) -> Findings:
    for path, name, form in named:
        if name is not None and not unresolved(name) and not form.pattern.fullmatch(name):
            yield Finding(path, f"this is not {form.what}", form.example)


def _listed(path: Path, names: tuple[str, ...], form: _Form) -> Findings:
    yield from _misnamed(((*path, index), name, form) for index, name in enumerate(names))
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding((*path, index), "it is in the list already", "remove it")


def variables(subject: Subject) -> Findings:
    """A variable has a name, which ends at the first =."""
    sidecars = subject.service.sidecars.items()
    containers: list[tuple[Path, Container]] = [((), subject.service)]
    containers += ((("sidecars", name), each) for name, each in sidecars)
    for path, container in containers:
        for section in ("environment", "secrets"):
            for name in getattr(container, section):
                if not name or "=" in name:
                    yield Finding(
                        subject.at(*path, section, name),
                        "the name of a variable has at least one character, and no =",
                        f"{name.partition('=')[0] or 'NAME'}: ...",
                    )


RULES = (of_capacity,)
SERVICE_RULES = (of_service, variables)
