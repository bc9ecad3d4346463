"""Another number of tasks, or another range of autoscaling: what to write, and what to say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.application import headroom
from ecsinfer.application.headroom import Headroom
from ecsinfer.application.operations import AnyNode, require_ours
from ecsinfer.application.services import rollout_within
from ecsinfer.errors import PreflightError, UsageError
from ecsinfer.events import Warned
from ecsinfer.kinds import reads, scaling
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.service import Service, ServiceKind
from ecsinfer.kinds.service_content import primary
from ecsinfer.model import Node, Observation
from ecsinfer.spec import Spec

_ASSIGNMENT = re.compile(r"(?P<key>[^=]+)=(?P<least>\d+)(?:\.\.(?P<most>\d+))?")
MOST_TASKS = 5000
"""Tasks of a service that AWS allows at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``llm=6`` or ``llm=2..20`` asks for.

    Attributes:
        least: the count, or the range's minimum.
        most: the range's maximum; None for a count.
    """

    least: int
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Scaled:
    """What there is.

    Attributes:
        service: DescribeServices' entry; None when it is not there.
        target: its scalable target; empty when it has none.
        headroom: its capacity.
    """

    service: Mapping[str, Any] | None
    target: Mapping[str, Any]
    headroom: Headroom | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """The range of autoscaling."""
        return int(self.target["MinCapacity"]), int(self.target["MaxCapacity"])


def parse(text: str) -> tuple[str, Wanted]:
    """The service and what is wanted of it.

    Raises:
        UsageError: it is neither ``SERVICE=COUNT`` nor ``SERVICE=MIN..MAX``.
    """
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} cannot be read", hint="write llm=6 or llm=2..20")
    least, most = int(match["least"]), match["most"] and int(match["most"])
    if max(least, most or 0) > MOST_TASKS or (most is not None and least > int(most)):
        raise UsageError(
            f"{text!r} is out of range", hint=f"0 <= MIN <= MAX, and at most {MOST_TASKS} tasks"
        )
    return match["key"], Wanted(least, None if most is None else int(most))


def observe(cluster: str, name: str) -> Observation[Scaled]:
    """The service, what scales it, and how much its capacity can hold."""
    described, targets = yield (
        reads.services(cluster, [name]),
        reads.scalable_targets(cluster, name),
    )
    service = reads.alive(reads.pick(described, "services", "serviceName", name))
    target = scaling.target(targets, cluster, name) or {}
    if service is None:
        return Scaled(None, target)
    return Scaled(service, target, (yield from headroom.observe(service)))


def scale(spec: Spec, key: str, wanted: Wanted, seen: Scaled) -> tuple[AnyNode, tuple[Warned, ...]]:
    """The node that changes the count or the range, and what is to be said about it.

    Raises:
        PreflightError: there is no such service, it is a daemon, its last deployment failed, or a
            range is wanted and nothing scales it.
        OwnershipError: it is not ours.
    """
    service = require_ours(spec, key, seen.service)
    if service.get("schedulingStrategy") == "DAEMON":
        raise PreflightError(f"service {key} is a daemon: it runs once on every instance")
    if wanted.most is not None:
        node, said = _range(spec, key, wanted.least, wanted.most, seen)
        largest = wanted.most
    else:
        node, said = _count(spec, key, wanted.least, seen, service)
        largest = node.desired.count
    shortage = seen.headroom.shortage(largest) if seen.headroom else ""
    texts = [*said, *([shortage] if shortage else ())]
    return node, tuple(Warned(text, node=node.key) for text in texts)


def _range(spec: Spec, key: str, least: int, most: int, seen: Scaled) -> tuple[AnyNode, list[str]]:
    if not seen.target:
        raise PreflightError(
            f"service {key} has no autoscaling whose range could be set",
            hint=f"ecsinfer scale {key}={most} sets the count; or declare `scaling` in the spec",
        )
    names = (spec.cluster_name, spec.service_name(key), spec.name)
    node = Node(ScalableTargetKind(), key, ScalableTarget(*names, least, most))
    said = []
    desired = int((seen.service or {}).get("desiredCount", 0))
    if not least <= desired <= most:
        bound = least if desired < least else most
        said.append(f"the count moves from {desired} into the range, to {bound}")
    declared = spec.services[key].scaling
    if declared is not None and (declared.min, declared.max) != (least, most):
        said.append(_still(f"scaling {declared.min}..{declared.max}"))
    return node, said


def _count(
    spec: Spec, key: str, count: int, seen: Scaled, service: Mapping[str, Any]
) -> tuple[AnyNode, list[str]]:
    if primary(service).get("rolloutState") == "FAILED":
        raise PreflightError(
            f"service {key}: its last deployment failed, and another count would not mend it",
            hint=f"ecsinfer rollback {key}, or correct the spec and deploy",
        )
    said = []
    if seen.target:
        least, most = seen.limits
        clamped = min(max(count, least), most)
        said.append(f"autoscaling moves the count within {least}..{most} from here on")
        if clamped != count:
            said.insert(
                0,
                f"{count} is beyond the range of autoscaling, {least}..{most}: set to {clamped}; "
                f"ecsinfer scale {key}=MIN..MAX sets the range",
            )
        count = clamped
    declared = spec.services[key]
    replicas = 1 if declared.replicas is None else declared.replicas
    if not seen.target and declared.scaling is None and replicas != count:
        said.append(_still(f"replicas {replicas}"))
    desired = Service(
        name=spec.service_name(key),
        cluster=spec.cluster_name,
        application=spec.name,
        task_definition=str(service.get("taskDefinition", "")),
        params={},
        count=count,
        insist=True,
        rollout_within=rollout_within(declared),
    )
    return Node(ServiceKind(), key, desired), said


def _still(declared: str) -> str:
    return f"the spec still says {declared}: the next deploy sets it back"
