"""What the kinds of Application Auto Scaling share: whose target and policies these are.

A scalable target cannot be tagged by the call that registers it again (E4), so ownership follows
the service, whose tags tell, and the names of policies and actions, which begin with ours.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.kinds import ownership, reads, service_content
from ecsinfer.model import Answer, Call, Read


def prefix(application: str) -> str:
    """What the names of our policies and scheduled actions begin with; those take no slash."""
    return f"ecsinfer.{application}."


def target(answer: Answer, cluster: str, service: str) -> Mapping[str, Any] | None:
    """The service's scalable target."""
    return reads.pick(answer, "ScalableTargets", "ResourceId", reads.resource_id(cluster, service))


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a service's scalable target, and goes when that is deregistered (E11).

    Attributes:
        policies: names of our scaling policies.
        actions: names of our scheduled actions.
        shared: somebody else's hang on it, too.
    """

    policies: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    shared: bool = False

    @property
    def ours(self) -> bool:
        """Whether the target may be deregistered: we put something on it, and nobody else did."""
        return bool(self.policies or self.actions) and not self.shared


def hanging(
    cluster: str, service: str, application: str
) -> Generator[tuple[Read, ...], tuple[Answer, ...], Hanging]:
    """Ask for it."""
    answers = yield (
        reads.scaling_policies(cluster, service),
        reads.scheduled_actions(cluster, service),
    )
    policies = [str(each["PolicyName"]) for each in answers[0].get("ScalingPolicies", ())]
    actions = [str(each["ScheduledActionName"]) for each in answers[1].get("ScheduledActions", ())]
    start = prefix(application)
    return Hanging(
        tuple(name for name in policies if name.startswith(start)),
        tuple(name for name in actions if name.startswith(start)),
        any(not name.startswith(start) for name in (*policies, *actions)),
    )


def others(
    targets: Answer, cluster: str, service: str, application: str
) -> Generator[tuple[Read, ...], tuple[Answer, ...], bool]:
    """Whether a scalable target that is not ours to remove moves desiredCount (D27)."""
    if target(targets, cluster, service) is None:
        return False
    found = yield from hanging(cluster, service, application)
    return not found.ours


def address(cluster: str, service: str) -> dict[str, str]:
    """What every call names the service by."""
    resource = {"ResourceId": reads.resource_id(cluster, service)}
    return {**reads.NAMESPACE, **resource, **reads.DIMENSION}


def deregister(cluster: str, service: str) -> Call:
    """Remove the scalable target with all that hangs on it (E11)."""
    return Call(
        "application-autoscaling",
        "DeregisterScalableTarget",
        address(cluster, service),
        retry_on=frozenset({"busy", "gone"}),
    )


def lapsed(
    found: Mapping[str, Any], service: Mapping[str, Any] | None, params: Mapping[str, Any]
) -> bool:
    """Whether the target was registered for a service that is gone, or is about to be replaced.

    AWS deregisters it with the service, but in its own time (E12): it must be registered again.
    """
    if service is None or service.get("status") != "ACTIVE":
        return True
    if service_content.replaced(params, service):
        return True
    born, registered = service.get("createdAt"), found.get("CreationTime")
    return bool(born is not None and registered is not None and registered < born)


def require_ours(
    service: Mapping[str, Any] | None, name: str, application: str, *, adopt: bool
) -> None:
    """Refuse to change what scales a service that is not ours; it carries no tags itself (E4).

    Raises:
        OwnershipError: the service is there, and no tag says that it is ours.
    """
    if service is not None and service.get("status") == "ACTIVE":
        tags = ownership.tag_map(service.get("tags"))
        ownership.require_ours(f"service {name}", tags, application, adopt=adopt)


def ours(service: Mapping[str, Any] | None, application: str) -> bool:
    """Whether the scaled service is ours, and with it its scaling."""
    return service is not None and ownership.ours(
        ownership.tag_map(service.get("tags")), application
    )
