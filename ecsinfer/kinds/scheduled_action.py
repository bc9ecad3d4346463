"""Scheduled actions of a service: bounds that change by the clock (E11, E13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from ecsinfer.kinds import reads, scaling
from ecsinfer.kinds.compare import differences
from ecsinfer.model import (
    Call,
    Change,
    Observation,
    Read,
    Ready,
    Step,
    Verb,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class ScheduledActions:
    """The scheduled actions that are wanted of a service.

    Attributes:
        cluster: the cluster's name.
        service: the service's name.
        application: who owns the service; begins the actions' names.
        actions: name without our prefix -> ``Schedule``, ``Timezone``, ``ScalableTargetAction``.
        params: the service's declared fields, which tell whether it will be replaced (E12).
    """

    cluster: str
    service: str
    application: str
    actions: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> dict[str, str]:
        """What every call names the service by."""
        return {
            **reads.NAMESPACE,
            "ResourceId": reads.resource_id(self.cluster, self.service),
            **reads.DIMENSION,
        }


Seen = Mapping[str, Mapping[str, Any]]
"""Full name -> the action, of ours."""


class ScheduledActionsKind:
    """Knows the scheduled actions of one service."""

    name: ClassVar[str] = "scheduled-actions"

    def observe(
        self, desired: ScheduledActions, saved: Mapping[str, str]
    ) -> Observation[Seen | None]:
        """Our actions; none while the target has lapsed, because they go with it."""
        answer, targets, described = yield (
            Read(
                "application-autoscaling",
                "DescribeScheduledActions",
                desired.address,
                items="ScheduledActions",
            ),
            reads.scalable_targets(desired.cluster, desired.service),
            reads.services(desired.cluster, [desired.service]),
        )
        found = scaling.target(targets, desired.cluster, desired.service)
        service = reads.pick(described, "services", "serviceName", desired.service)
        if found is None or scaling.lapsed(found, service, desired.params):
            return None
        start = scaling.prefix(desired.application)
        own = {
            each["ScheduledActionName"]: each
            for each in answer.get("ScheduledActions", ())
            if str(each.get("ScheduledActionName", "")).startswith(start)
        }
        return own or None

    def diff(
        self, desired: ScheduledActions, observed: Seen | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Every action whole; those of ours that are declared no more are pruned."""
        changes = _changes(desired, observed or {})
        if not changes:
            return Verb.KEEP, ()
        return (Verb.UPDATE if observed else Verb.CREATE), changes

    def steps(
        self, desired: ScheduledActions, observed: Seen | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Put what differs, then delete what is declared no more."""
        if verb is Verb.KEEP:
            return ()
        seen, wanted = observed or {}, _wanted(desired)
        puts = [
            Call(
                "application-autoscaling",
                "PutScheduledAction",
                {"ScheduledActionName": name, **desired.address, **action},
                retry_on=frozenset({"busy", "consistency"}),
            )
            for name, action in sorted(wanted.items())
            if name not in seen or differences(_comparable(action), _comparable(seen[name]))
        ]
        prunes = [
            Call(
                "application-autoscaling",
                "DeleteScheduledAction",
                {"ScheduledActionName": name, **desired.address},
                retry_on=frozenset({"busy", "gone"}),
            )
            for name in sorted(seen.keys() - wanted.keys())
        ]
        return (*puts, *prunes)

    def teardown(
        self, desired: ScheduledActions, observed: Seen | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: they go with the scalable target (E11)."""
        return Verb.KEEP, "they go with the scalable target", ()

    def verdict(
        self, desired: ScheduledActions, observed: Seen | None, saved: Mapping[str, str]
    ) -> Verdict:
        """Always ready: an action has no states."""
        return Ready()

    def outputs(self, desired: ScheduledActions, observed: Seen) -> Mapping[str, str]:
        """``names``: full names, separated by commas."""
        return {"names": ",".join(sorted(observed))}


def _wanted(desired: ScheduledActions) -> dict[str, dict[str, Any]]:
    start = scaling.prefix(desired.application)
    return {start + name: dict(action) for name, action in desired.actions.items()}


def _changes(desired: ScheduledActions, seen: Seen) -> tuple[Change, ...]:
    wanted = _wanted(desired)
    found: list[Change] = []
    for name, action in sorted(wanted.items()):
        if name not in seen:
            found.append(Change(f"actions[{name}]", None, action))
        else:
            differing = differences(
                _comparable(action), _comparable(seen[name]), path=f"actions[{name}]"
            )
            found.extend(differing)
    gone = sorted(seen.keys() - wanted.keys())
    return (*found, *(Change(f"actions[{name}]", "declared no more", None) for name in gone))


def _comparable(action: Mapping[str, Any]) -> dict[str, Any]:
    # Times are sent as text and come back as times; without zone they are UTC.
    times = {key: _moment(action[key]) for key in ("StartTime", "EndTime") if key in action}
    return {"Timezone": "UTC", **action, **times}


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
