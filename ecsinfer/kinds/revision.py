"""A revision that is there already and is to run again: what returning to it changes (C5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import ownership, reads
from ecsinfer.kinds import task_definition_content as content
from ecsinfer.model import Answer, Change, Observation, Ready, Step, Verb, Verdict


@dataclass(frozen=True, slots=True)
class Revision:
    """The revision that is wanted.

    Attributes:
        name: ``family:revision`` or an ARN.
        running: ARN of the revision that it takes the place of.
        application: who owns it.
        deployed: whether the service ran it before, whoever registered it.
    """

    name: str
    running: str
    application: str
    deployed: bool = False


@dataclass(frozen=True, slots=True)
class ObservedRevision:
    """What is there: DescribeTaskDefinition's answers."""

    wanted: Answer
    running: Answer


class RevisionKind:
    """Knows revisions that are returned to; it writes nothing."""

    name: ClassVar[str] = "task-definition-revision"

    def observe(
        self, desired: Revision, saved: Mapping[str, str]
    ) -> Observation[ObservedRevision | None]:
        """Both revisions; None when the wanted one does not exist."""
        wanted, running = yield (
            reads.task_definition(desired.name),
            reads.task_definition(desired.running),
        )
        return ObservedRevision(wanted, running) if wanted.get("taskDefinition") else None

    def diff(
        self, desired: Revision, observed: ObservedRevision | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Kept as it is; the changes are what its return means for the tasks.

        Raises:
            PreflightError: it does not exist, or it was deregistered.
            OwnershipError: it is not ours, and the service never ran it.
        """
        again = "deploy that version again (name its image in the spec): it is registered anew"
        if observed is None:
            raise PreflightError(f"task definition {desired.name} does not exist", hint=again)
        status = observed.wanted["taskDefinition"].get("status")
        if status != "ACTIVE":
            raise PreflightError(
                f"task definition {desired.name} is {status}: it was deregistered, and no service "
                "can be updated to it",
                hint=again,
            )
        ownership.require_ours(
            f"task definition {desired.name}",
            ownership.tag_map(observed.wanted.get("tags")),
            desired.application,
            adopt=desired.deployed,
        )
        running = observed.running.get("taskDefinition")
        found = content.differences(observed.wanted["taskDefinition"], running) if running else ()
        # It is the service that rolls, and says so.
        return Verb.KEEP, tuple(replace(change, effect="in-place") for change in found)

    def steps(
        self, desired: Revision, observed: ObservedRevision | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Nothing: it is there."""
        return ()

    def teardown(
        self, desired: Revision, observed: ObservedRevision | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: the family's own node removes revisions."""
        return Verb.KEEP, "", ()

    def verdict(
        self, desired: Revision, observed: ObservedRevision | None, saved: Mapping[str, str]
    ) -> Verdict:
        """Ready: a revision has no way to go."""
        return Ready()

    def outputs(self, desired: Revision, observed: ObservedRevision) -> Mapping[str, str]:
        """``arn`` and ``digest``."""
        found = observed.wanted["taskDefinition"]
        tagged = ownership.tag_map(observed.wanted.get("tags")).get(ownership.DIGEST)
        return {"arn": found["taskDefinitionArn"], "digest": tagged or content.digest(found)}
