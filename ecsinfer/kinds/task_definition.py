"""Task definitions: a revision is registered for new content, and for nothing else (C1).

The content's digest rides on the revision's tags and, with the revision's ARN, on the service's
own: as long as the service's tags name what is wanted, the revision is not even read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.events import plural
from ecsinfer.kinds import ownership, reads
from ecsinfer.kinds import task_definition_content as content
from ecsinfer.kinds.images import ecr_images, pin
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Observation,
    Pending,
    Read,
    Ready,
    Step,
    Verb,
    Verdict,
)

LOOK_BACK = 10
"""Newest revisions among which the wanted content is looked for, when what runs is another."""


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """What is wanted of a task definition.

    Attributes:
        family: its family.
        application: who owns its revisions.
        request: RegisterTaskDefinition's parameters without tags.
        tags: ours and the user's; the digest is added.
        cluster: where the service is that runs it.
        service: the service that runs it, whose tags name the revision in use.
        region: where ECR is asked for digests; empty leaves every image as it is.
        salt: what else makes a create of the service another one (D2).
        destroying: whether to look for every revision that is ours.
        adopt: whether revisions may be added to a foreign family.
        retain: why destroy must leave it, if it must.
        forgotten: the spec names the family no more.
        own_tags: keys of the tags that the service does not get, too.
    """

    family: str
    application: str
    request: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    cluster: str = ""
    service: str = ""
    region: str = ""
    salt: str = ""
    destroying: bool = False
    adopt: bool = False
    retain: str = ""
    forgotten: bool = False
    own_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ObservedTaskDefinition:
    """What is wanted, now that ECR was asked, and what is there.

    Attributes:
        request: the request with images pinned.
        digest: its digest.
        arn: the revision of that content; empty when none is registered.
        latest: DescribeTaskDefinition's answer for the latest active revision, when it was asked.
        running: the same for the revision that the service runs, when that is another one.
        ours: ARNs of active revisions that carry our tag, as far as anybody asked.
        adopted: the latest revision came with a service that was taken over.
        tags: of the revision of that content; None where the service's tell that they are as
            wanted: it is tagged last.
    """

    request: Mapping[str, Any]
    digest: str
    arn: str = ""
    latest: Answer = field(default_factory=dict)
    running: Answer = field(default_factory=dict)
    ours: tuple[str, ...] = ()
    adopted: bool = False
    tags: Mapping[str, str] | None = None


class TaskDefinitionKind:
    """Knows task definitions."""

    name: ClassVar[str] = "task-definition"

    def observe(
        self, desired: TaskDefinition, saved: Mapping[str, str]
    ) -> Observation[ObservedTaskDefinition | None]:
        """The revision of the wanted content, by the cheapest way that is sure.

        It is never None but while destroying: what is wanted depends on ECR's answer.
        """
        if desired.destroying:
            return (yield from _own_revisions(desired))
        images = ecr_images(desired.request, desired.region)
        described, *resolved = yield (
            reads.services(desired.cluster, [desired.service]),
            *(image.read for image in images),
        )
        request = pin(desired.request, images, resolved)
        digest = content.digest(request)
        if "arn" in saved:
            return ObservedTaskDefinition(request, digest, saved["arn"])
        service = reads.pick(described, "services", "serviceName", desired.service) or {}
        tags = ownership.tag_map(service.get("tags"))
        known = tags.get(ownership.REVISION, "") if tags.get(ownership.DIGEST) == digest else ""
        running = str(service.get("taskDefinition", "")) if reads.alive(service) else ""
        # A service that is going tells nothing of a revision: a new one needs an ACTIVE one (C5).
        if known and known == running and service.get("status") == "ACTIVE":
            if not desired.own_tags and not ownership.tag_changes(desired.tags, tags):
                return ObservedTaskDefinition(request, digest, known)
            (answer,) = yield (reads.task_definition(known),)
            return ObservedTaskDefinition(request, digest, known, tags=_tags(answer))
        # What runs comes first: after a rollback it is neither what the tags say nor the latest.
        candidates = dict.fromkeys(name for name in (running, known, desired.family) if name)
        found = yield tuple(reads.task_definition(name) for name in candidates)
        # Of a service that is not ours yet the tag has not been pinned: as long as it is written
        # alike, it is the same. Once taken over, its tags tell which digest that was.
        written = request if ownership.DIGEST in tags else desired.request
        for answer in found:
            if _active(answer) and (
                _same_content(answer, request, digest)
                or (_arn(answer) == running and _same_content(answer, written, digest))
            ):
                return ObservedTaskDefinition(
                    request, digest, _arn(answer), found[-1], tags=_tags(answer)
                )
        older = (yield from _older(desired, found)) if _active(found[-1]) else ()
        for answer in older:
            if _same_content(answer, request, digest):
                return ObservedTaskDefinition(
                    request, digest, _arn(answer), found[-1], tags=_tags(answer)
                )
        adopted = bool(running) and running == tags.get(ownership.REVISION) == _arn(found[-1])
        now = found[0] if running and _active(found[0]) else {}
        return ObservedTaskDefinition(request, digest, "", found[-1], now, adopted=adopted)

    def diff(
        self, desired: TaskDefinition, observed: ObservedTaskDefinition | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """The content of the revision that runs, else the latest, against the wanted one.

        Raises:
            OwnershipError: the family is in use and its latest revision is not ours.
        """
        if observed is not None and observed.arn:
            changes = _tag_changes(desired, observed)
            return (Verb.UPDATE if changes else Verb.KEEP), changes
        if observed is None or not _active(observed.latest):
            return Verb.CREATE, ()
        ownership.require_ours(
            f"task definition family {desired.family}",
            _tags(observed.latest),
            desired.application,
            adopt=desired.adopt or observed.adopted,
        )
        found = observed.running or observed.latest
        return Verb.REVISE, content.differences(observed.request, found["taskDefinition"])

    def steps(
        self, desired: TaskDefinition, observed: ObservedTaskDefinition | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Register; nothing to wait for, and nothing is ever deregistered by a deploy (C5).

        Tags need no new revision (C9).
        """
        if observed is not None and verb is Verb.UPDATE:
            tagged = {"resourceArn": observed.arn, "tags": ownership.tag_list(desired.tags)}
            return (Call("ecs", "TagResource", tagged),)
        if observed is None or verb not in (Verb.CREATE, Verb.REVISE):
            return ()
        tags = {**desired.tags, ownership.DIGEST: observed.digest}
        register = Call(
            "ecs",
            "RegisterTaskDefinition",
            {**observed.request, "tags": ownership.tag_list(tags)},
            saves={"arn": "taskDefinition.taskDefinitionArn"},
            retry_on=frozenset({"busy"}),
        )
        return (register,)

    def teardown(
        self, desired: TaskDefinition, observed: ObservedTaskDefinition | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Deregister the active revisions that are ours; tasks that run them go on (C5)."""
        if observed is None:
            return Verb.KEEP, "", ()
        revisions = observed.ours
        if not revisions and _ours(observed.latest, desired):
            revisions = (observed.latest["taskDefinition"]["taskDefinitionArn"],)
        if not revisions:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        calls = tuple(
            Call(
                "ecs",
                "DeregisterTaskDefinition",
                {"taskDefinition": arn},
                retry_on=frozenset({"busy", "gone"}),
            )
            for arn in revisions
        )
        old = "not in the spec; " if desired.forgotten else ""
        return Verb.DELETE, f"{old}deregisters {plural(len(calls), 'revision')}", calls

    def verdict(
        self,
        desired: TaskDefinition,
        observed: ObservedTaskDefinition | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """Registered or not: a revision has no way to go."""
        if observed is None or not observed.arn:
            return Pending(f"no revision of {desired.family} has the wanted content yet")
        return Ready()

    def outputs(
        self, desired: TaskDefinition, observed: ObservedTaskDefinition
    ) -> Mapping[str, str]:
        """``arn``, ``family``, ``revision``, ``digest``, and ``token``: the service's clientToken.

        The token follows the revision, whose number AWS never uses twice (C1): a create that is
        repeated after a lost answer is the same, one after a destroy is another (D2).
        """
        known = {"family": desired.family, "digest": observed.digest}
        if not observed.arn:
            return known
        made_of = f"{observed.arn}\n{desired.cluster}\n{desired.service}\n{desired.salt}"
        token = base64.b32encode(hashlib.sha256(made_of.encode()).digest()).decode()[:32].lower()
        revision = observed.arn.rpartition(":")[2]
        return {**known, "arn": observed.arn, "revision": revision, "token": token}


def _active(answer: Answer) -> bool:
    return bool(answer.get("taskDefinition", {}).get("status") == "ACTIVE")


def _arn(answer: Answer) -> str:
    return str(answer.get("taskDefinition", {}).get("taskDefinitionArn", ""))


def _tags(answer: Answer) -> dict[str, str]:
    return ownership.tag_map(answer.get("tags"))


def _tag_changes(desired: TaskDefinition, observed: ObservedTaskDefinition) -> tuple[Change, ...]:
    if observed.tags is None or not ownership.ours(observed.tags, desired.application):
        return ()
    return ownership.tag_changes(desired.tags, observed.tags)


def _ours(answer: Answer, desired: TaskDefinition) -> bool:
    return ownership.ours(_tags(answer), desired.application)


def _same_content(answer: Answer, request: Mapping[str, Any], digest: str) -> bool:
    if _tags(answer).get(ownership.DIGEST) == digest:
        return True
    return not content.differences(request, answer["taskDefinition"])


def _older(
    desired: TaskDefinition, known: Sequence[Answer]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], tuple[Answer, ...]]:
    """The newest of ours that were not looked at: who goes back to a version needs no new one."""
    (listed,) = yield (
        Read(
            "ecs",
            "ListTaskDefinitions",
            {
                "familyPrefix": desired.family,
                "status": "ACTIVE",
                "sort": "DESC",
                "maxResults": LOOK_BACK,
            },
        ),
    )
    seen = {_arn(answer) for answer in known}
    arns = [arn for arn in _of_family(listed, desired.family) if arn not in seen]
    if not arns:
        return ()
    answers = yield tuple(reads.task_definition(arn) for arn in arns)
    return tuple(answer for answer in answers if _active(answer) and _ours(answer, desired))


def _of_family(listed: Answer, family: str) -> list[str]:
    # familyPrefix is documented as the full name; an exact match is checked all the same (C3).
    return [
        arn
        for arn in listed.get("taskDefinitionArns", ())
        if arn.rpartition("/")[2].rpartition(":")[0] == family
    ]


def _own_revisions(
    desired: TaskDefinition,
) -> Generator[tuple[Read, ...], tuple[Answer, ...], ObservedTaskDefinition | None]:
    # One page of a hundred, newest first: deregistering goes at one a second (I2), and the next
    # destroy goes on where this one stopped.
    (listed,) = yield (
        Read(
            "ecs",
            "ListTaskDefinitions",
            {"familyPrefix": desired.family, "status": "ACTIVE", "sort": "DESC"},
        ),
    )
    arns = _of_family(listed, desired.family)
    if not arns:
        return None
    answers = yield tuple(reads.task_definition(arn) for arn in arns)
    ours = tuple(
        arn
        for arn, answer in zip(arns, answers, strict=True)
        if _active(answer) and _ours(answer, desired)
    )
    return ObservedTaskDefinition(desired.request, "", ours=ours) if ours else None
