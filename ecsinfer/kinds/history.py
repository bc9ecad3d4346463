"""What ran before: a service's deployments, the revisions they deployed, and how they ended (D23).

Several kinds ask this, and commands do: it is where a way back is found, and what must be kept
so that there is one (C5).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecsinfer.kinds import ownership, reads
from ecsinfer.kinds.service_content import primary
from ecsinfer.kinds.service_verdict import UNDER_WAY
from ecsinfer.model import Answer, Observation, Read

MOST_DEPLOYMENTS = 100
"""Deployments looked back at: one page."""

MOST_REVISIONS = 20
"""Revisions of a family that are described for a person; newest first."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One service deployment.

    Attributes:
        arn: of the service deployment.
        status: its status.
        task_definition: ARN of the revision it deployed; empty when that is not known.
        images: container -> the digest that its image had (D8).
        created_at: when it began.
        finished_at: when it ended; None while it goes on.
    """

    arn: str
    status: str
    task_definition: str
    images: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A service and what it ran.

    Attributes:
        service: DescribeServices' entry.
        current: the service deployment that the service names; empty when it may not be seen.
        deployments: newest first; empty when they may not be seen.
        revisions: DescribeTaskDefinition's answers for revisions of the family, newest first.
    """

    service: Mapping[str, Any]
    current: Mapping[str, Any] = field(default_factory=dict)
    deployments: tuple[Deployed, ...] = ()
    revisions: tuple[Answer, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """The service's tags."""
        return ownership.tag_map(self.service.get("tags"))

    @property
    def running(self) -> str:
        """ARN of the revision that the service is to run."""
        return str(self.service.get("taskDefinition", ""))

    @property
    def under_way(self) -> bool:
        """Whether a deployment goes on, by its own word or else by the PRIMARY one's (D21)."""
        if self.current:
            return self.current.get("status") in UNDER_WAY
        return primary(self.service).get("rolloutState") == "IN_PROGRESS"

    @property
    def in_use(self) -> frozenset[str]:
        """ARNs of the revisions that a deployment of the service has (C5)."""
        return in_use(self.service)

    def previous_good(self, application: str) -> str:
        """ARN of the revision to go back to; empty when there is none.

        It is what the last successful deployment of another revision deployed, but for revisions
        that the service was taken back from: going back twice leads further back. Only where
        nothing else ran with success is it one of those. Where no deployment tells, it is our
        newest active revision older than the running one that none is known to have failed with.
        """
        left = ""
        for each in self.deployments:
            if each.status != "SUCCESSFUL" or each.task_definition in ("", self.running):
                continue
            if not older(self.running, each.task_definition):
                return each.task_definition
            left = left or each.task_definition
        if left:
            return left
        tried = {each.task_definition for each in self.deployments}
        for answer in self.revisions:
            arn = str(answer["taskDefinition"]["taskDefinitionArn"])
            if arn not in tried and older(arn, self.running) and own_active(answer, application):
                return arn
        return ""


def in_use(service: Mapping[str, Any]) -> frozenset[str]:
    """ARNs of the revisions that a service's deployments have."""
    named = (service, *service.get("deployments", ()))
    return frozenset(str(each["taskDefinition"]) for each in named if each.get("taskDefinition"))


def number(arn: str) -> int:
    """A revision's number."""
    return int(arn.rpartition(":")[2])


def older(one: str, other: str) -> bool:
    """Whether `one` is an earlier revision of the same family."""
    same = one.rpartition(":")[0] == other.rpartition(":")[0]
    return same and number(one) < number(other)


def own_active(answer: Answer, application: str) -> bool:
    """Whether a described revision is active and carries our tag."""
    tags = ownership.tag_map(answer.get("tags"))
    active = answer.get("taskDefinition", {}).get("status") == "ACTIVE"
    return active and ownership.ours(tags, application)


def revisions(family: str, status: str = "ACTIVE") -> Read:
    """The revisions of a family, newest first; filter by `of_family` (C3)."""
    return Read(
        "ecs",
        "ListTaskDefinitions",
        {"familyPrefix": family, "status": status, "sort": "DESC"},
        items="taskDefinitionArns",
    )


def of_family(answer: Answer, family: str) -> list[str]:
    """The listed ARNs that are of exactly that family."""
    return [
        arn
        for arn in answer.get("taskDefinitionArns", ())
        if arn.rpartition("/")[2].rpartition(":")[0] == family
    ]


def observe(
    cluster: str, service: str, family: str, *, most: int = MOST_REVISIONS
) -> Observation[History | None]:
    """A service's history; None when there is no such service.

    Described are the `most` newest active revisions of `family`, and those that were deployed.
    """
    described, listed = yield (reads.services(cluster, [service]), revisions(family))
    found = reads.alive(reads.pick(described, "services", "serviceName", service))
    if found is None:
        return None
    current = yield from _current(found)
    deployments = yield from deployed(cluster, service)
    arns = (
        *of_family(listed, family)[:most],
        *(each.task_definition for each in deployments),
        *in_use(found),
    )
    answers = yield from describe(arns)
    return History(found, current, deployments, answers)


def deployed(
    cluster: str, service: str
) -> Generator[tuple[Read, ...], tuple[Answer, ...], tuple[Deployed, ...]]:
    """A service's deployments, newest first; none where the caller may not see them."""
    (listed,) = yield (
        Read(
            "ecs",
            "ListServiceDeployments",
            {"cluster": cluster, "service": service, "maxResults": MOST_DEPLOYMENTS},
            absent_on=("ServiceNotFoundException", "ClusterNotFoundException"),
            optional=True,
        ),
    )
    briefs = listed.get("serviceDeployments", ())
    arns = dict.fromkeys(
        each["targetServiceRevisionArn"] for each in briefs if each.get("targetServiceRevisionArn")
    )
    answers = yield tuple(_service_revision(arn) for arn in arns)
    known = {
        each["serviceRevisionArn"]: each
        for answer in answers
        for each in answer.get("serviceRevisions", ())
    }
    return tuple(
        _deployed(each, known.get(each.get("targetServiceRevisionArn"), {})) for each in briefs
    )


def describe(
    arns: Iterable[str],
) -> Generator[tuple[Read, ...], tuple[Answer, ...], tuple[Answer, ...]]:
    """The revisions that exist, newest first within a family."""
    wanted = sorted({arn for arn in arns if arn}, key=_newest_first)
    answers = yield tuple(reads.task_definition(arn) for arn in wanted)
    return tuple(answer for answer in answers if answer.get("taskDefinition"))


def _current(
    service: Mapping[str, Any],
) -> Generator[tuple[Read, ...], tuple[Answer, ...], Mapping[str, Any]]:
    arn = service.get("currentServiceDeployment")
    if not arn:
        return {}
    (answer,) = yield (reads.service_deployment(arn),)
    return reads.pick(answer, "serviceDeployments", "serviceDeploymentArn", arn) or {}


def _service_revision(arn: str) -> Read:
    return Read(
        "ecs",
        "DescribeServiceRevisions",
        {"serviceRevisionArns": [arn]},
        batch="serviceRevisionArns",
        limit=20,
        optional=True,
    )


def _deployed(brief: Mapping[str, Any], revision: Mapping[str, Any]) -> Deployed:
    images = {
        each["containerName"]: each["imageDigest"]
        for each in revision.get("containerImages", ())
        if each.get("containerName") and each.get("imageDigest")
    }
    return Deployed(
        arn=str(brief.get("serviceDeploymentArn", "")),
        status=str(brief.get("status", "")),
        task_definition=str(revision.get("taskDefinition", "")),
        images=images,
        created_at=brief.get("createdAt"),
        finished_at=brief.get("finishedAt"),
    )


def _newest_first(arn: str) -> tuple[str, int]:
    return arn.rpartition(":")[0], -number(arn)
