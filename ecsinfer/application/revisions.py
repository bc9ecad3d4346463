"""What there is of a service's task definition: one line for every revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecsinfer.kinds import ownership
from ecsinfer.kinds.history import Deployed, History
from ecsinfer.spec import Spec


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One revision.

    Attributes:
        revision: its number.
        arn: its ARN.
        status: ``ACTIVE``, ``INACTIVE`` or ``DELETE_IN_PROGRESS``.
        ours: whether it carries our tag.
        image: of the service's own container, as the revision names it.
        digest: of that image, by the revision or by the deployment that resolved it (D8).
        registered_at: when it was registered.
        deployed_at: when its last deployment began.
        deployment: how that deployment is or ended.
        running: whether the service is to run it.
        rollback_target: whether a rollback would return to it.
    """

    revision: int
    arn: str
    status: str
    ours: bool
    image: str
    digest: str
    registered_at: datetime | None
    deployed_at: datetime | None
    deployment: str
    running: bool
    rollback_target: bool


def revision_lines(spec: Spec, key: str, seen: History) -> tuple[RevisionLine, ...]:
    """The newest revisions and those that were deployed, newest first."""
    last = {each.task_definition: each for each in reversed(seen.deployments)}
    target = seen.previous_good(spec.name)
    return tuple(
        _line(spec, key, answer["taskDefinition"], answer, last, (seen.running, target))
        for answer in seen.revisions
    )


def _line(
    spec: Spec,
    key: str,
    found: Mapping[str, Any],
    answer: Mapping[str, Any],
    last: Mapping[str, Deployed],
    named: tuple[str, str],
) -> RevisionLine:
    arn = str(found["taskDefinitionArn"])
    deployed = last.get(arn)
    container = spec.container_name(key)
    image = _image(found, container)
    digest = image.partition("@")[2]
    if not digest and deployed is not None:
        digest = deployed.images.get(container, "")
    running, target = named
    return RevisionLine(
        revision=int(found["revision"]),
        arn=arn,
        status=str(found.get("status", "")),
        ours=ownership.ours(ownership.tag_map(answer.get("tags")), spec.name),
        image=image.partition("@")[0],
        digest=digest,
        registered_at=found.get("registeredAt"),
        deployed_at=None if deployed is None else deployed.created_at,
        deployment="" if deployed is None else deployed.status,
        running=arn == running,
        rollback_target=arn == target,
    )


def _image(definition: Mapping[str, Any], container: str) -> str:
    """The image of the named container, else of the first."""
    boxes = definition.get("containerDefinitions", ())
    named = [each for each in boxes if each.get("name") == container]
    return str(next((each.get("image", "") for each in (*named, *boxes)), ""))
