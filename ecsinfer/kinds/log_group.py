"""CloudWatch log groups: created with a retention, kept by destroy (J1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.kinds import ownership, reads
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Observation,
    Pending,
    Read,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class LogGroup:
    """What is wanted of a log group.

    Attributes:
        name: of the log group.
        tags: ours and the user's.
        application: who owns it.
        retention_days: None leaves the retention alone.
        purge: whether destroy deletes it.
        adopt: whether a foreign namesake may be changed.
        retain: why destroy must leave it, if it must.
        forgotten: the spec names it no more.
        cluster: where the service is that writes to it.
        service: that service: it gets the same tags, and last, so that its own tell of these.
    """

    name: str
    application: str
    tags: Mapping[str, str] = field(default_factory=dict)
    retention_days: int | None = None
    purge: bool = False
    adopt: bool = False
    retain: str = ""
    forgotten: bool = False
    cluster: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class ObservedLogGroup:
    """What is there; `tags` is None where they are as wanted, by the service's, or of no interest."""

    group: Mapping[str, Any]
    tags: Mapping[str, str] | None = None

    @property
    def arn(self) -> str:
        """The ARN that tagging takes: without the ``:*`` that ``arn`` ends with."""
        return str(self.group.get("logGroupArn") or self.group.get("arn", "").removesuffix(":*"))


class LogGroupKind:
    """Knows CloudWatch log groups."""

    name: ClassVar[str] = "log-group"

    def observe(
        self,
        desired: LogGroup,
        saved: Mapping[str, str],
    ) -> Observation[ObservedLogGroup | None]:
        """The group of exactly this name: AWS searches by prefix."""
        service = (reads.services(desired.cluster, [desired.service]),) if desired.service else ()
        answer, *described = yield (
            Read(
                "logs",
                "DescribeLogGroups",
                {"logGroupNamePrefix": desired.name},
                items="logGroups",
            ),
            *service,
        )
        group = reads.pick(answer, "logGroups", "logGroupName", desired.name)
        if group is None:
            return None
        seen = ObservedLogGroup(group)
        known = described and _tagged(desired, described[0])
        if known and not desired.purge and not _retention_differs(desired, seen):
            return seen
        (tags,) = yield (
            Read(
                "logs",
                "ListTagsForResource",
                {"resourceArn": seen.arn},
                absent_on=("ResourceNotFoundException",),
            ),
        )
        return ObservedLogGroup(group, dict(tags.get("tags", {})))

    def diff(
        self, desired: LogGroup, observed: ObservedLogGroup | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """The retention; a foreign group that needs no write is used as it is."""
        if observed is None:
            return Verb.CREATE, ()
        changes: tuple[Change, ...] = ()
        if _retention_differs(desired, observed):
            ownership.require_ours(
                f"log group {desired.name}",
                observed.tags or {},
                desired.application,
                adopt=desired.adopt,
            )
            old = observed.group.get("retentionInDays")
            changes = (Change("retentionInDays", old, desired.retention_days),)
        changes = (*changes, *_tag_changes(desired, observed))
        return (Verb.UPDATE if changes else Verb.KEEP), changes

    def steps(
        self,
        desired: LogGroup,
        observed: ObservedLogGroup | None,
        verb: Verb,
    ) -> tuple[Step, ...]:
        """Create, then set the retention: CreateLogGroup cannot do both; and tag what is there."""
        calls: list[Step] = []
        if verb is Verb.CREATE:
            calls.append(
                Call(
                    "logs",
                    "CreateLogGroup",
                    {"logGroupName": desired.name, "tags": dict(desired.tags)},
                    retry_on=frozenset({"busy", "exists"}),
                )
            )
        differs = observed is None or _retention_differs(desired, observed)
        if desired.retention_days is not None and differs:
            calls.append(
                Call(
                    "logs",
                    "PutRetentionPolicy",
                    {"logGroupName": desired.name, "retentionInDays": desired.retention_days},
                    retry_on=frozenset({"busy", "consistency"}),
                )
            )
        if observed is not None and _tag_changes(desired, observed):
            tags = {"resourceArn": observed.arn, "tags": dict(desired.tags)}
            calls.append(Call("logs", "TagResource", tags, retry_on=frozenset({"busy"})))
        return tuple(calls)

    def teardown(
        self, desired: LogGroup, observed: ObservedLogGroup | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Logs outlive what wrote them unless the user purges."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not desired.purge:
            old = "not in the spec; " if desired.forgotten else ""
            return Verb.RETAIN, f"{old}logs are kept; destroy --purge deletes them", ()
        if not ownership.ours(observed.tags or {}, desired.application):
            return Verb.RETAIN, f"it has no tag {ownership.APP}={desired.application}", ()
        call = Call(
            "logs",
            "DeleteLogGroup",
            {"logGroupName": desired.name},
            retry_on=frozenset({"busy", "gone"}),
        )
        why = "not in the spec" if desired.forgotten else ""
        return Verb.DELETE, why, (call, Settle("gone", 120))

    def verdict(
        self,
        desired: LogGroup,
        observed: ObservedLogGroup | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """There or not: log groups have no states."""
        if observed is None:
            return Pending(f"log group {desired.name} is not visible yet")
        return Ready()

    def outputs(self, desired: LogGroup, observed: ObservedLogGroup) -> Mapping[str, str]:
        """``name`` and ``arn``."""
        return {"name": desired.name, "arn": observed.arn}


def _tagged(desired: LogGroup, described: Answer) -> bool:
    """Whether the service carries all that is wanted: it was tagged after this."""
    service = reads.pick(described, "services", "serviceName", desired.service) or {}
    return not ownership.tag_changes(desired.tags, ownership.tag_map(service.get("tags")))


def _tag_changes(desired: LogGroup, observed: ObservedLogGroup) -> tuple[Change, ...]:
    if observed.tags is None or not ownership.ours(observed.tags, desired.application):
        return ()
    return ownership.tag_changes(desired.tags, observed.tags)


def _retention_differs(desired: LogGroup, observed: ObservedLogGroup) -> bool:
    # An account-level policy wins and shows as retentionPolicyName: do not fight it (J1).
    return (
        desired.retention_days is not None
        and not observed.group.get("retentionPolicyName")
        and observed.group.get("retentionInDays") != desired.retention_days
    )
