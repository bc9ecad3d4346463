"""What the kinds of Application Auto Scaling share: whose target and policies these are.

A scalable target cannot be tagged by the call that registers it again (E4), so ownership follows
the service, whose tags tell, and the names of policies and actions, which begin with ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.kinds import ownership, reads, service_content
from ecsinfer.model import Answer


def prefix(application: str) -> str:
    """What the names of our policies and scheduled actions begin with; those take no slash."""
    return f"ecsinfer.{application}."


def target(answer: Answer, cluster: str, service: str) -> Mapping[str, Any] | None:
    """The service's scalable target."""
    return reads.pick(answer, "ScalableTargets", "ResourceId", reads.resource_id(cluster, service))


def own_policies(answer: Answer, application: str) -> tuple[Mapping[str, Any], ...]:
    """Our policies among all."""
    start = prefix(application)
    return tuple(
        policy
        for policy in answer.get("ScalingPolicies", ())
        if str(policy.get("PolicyName", "")).startswith(start)
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


def ours(service: Mapping[str, Any] | None, application: str) -> bool:
    """Whether the scaled service is ours, and with it its scaling."""
    return service is not None and ownership.ours(
        ownership.tag_map(service.get("tags")), application
    )
