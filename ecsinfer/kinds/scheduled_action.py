"""Scheduled actions of a service: bounds that change by the clock (E11, E13).

As with policies, what is called by its name in AWS is changed and never deleted.
"""

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
        named: name in AWS -> the same, of actions with other names.
        params: the service's declared fields, which tell whether it will be replaced (E12).
        adopt: whether the scaling of a foreign service may be changed.
    """

    cluster: str
    service: str
    application: str
    actions: Mapping[str, Mapping[str, Any]]
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    adopt: bool = False

    @property
    def address(self) -> dict[str, str]:
        """What every call names the service by."""
        return scaling.address(self.cluster, self.service)


@dataclass(frozen=True, slots=True)
class ObservedActions:
    """What is there.

    Attributes:
        actions: name in AWS -> the action, of ours and of those that are called by their names;
            none while the target has lapsed, because they go with it.
        service: the service that they scale; None when it is not there.
    """

    actions: Mapping[str, Mapping[str, Any]]
    service: Mapping[str, Any] | None = None


class ScheduledActionsKind:
    """Knows the scheduled actions of one service."""

    name: ClassVar[str] = "scheduled-actions"

    def observe(
        self, desired: ScheduledActions, saved: Mapping[str, str]
    ) -> Observation[ObservedActions | None]:
        """The actions; never None, because whose they are follows from an answer."""
        answer, targets, described = yield (
            reads.scheduled_actions(desired.cluster, desired.service),
            reads.scalable_targets(desired.cluster, desired.service),
            reads.services(desired.cluster, [desired.service]),
        )
        target = scaling.target(targets, desired.cluster, desired.service)
        service = reads.pick(described, "services", "serviceName", desired.service)
        lapsed = target is None or scaling.lapsed(target, service, desired.params)
        start = scaling.prefix(desired.application)
        named = {
            str(each["ScheduledActionName"]): each
            for each in (() if lapsed else answer.get("ScheduledActions", ()))
        }
        actions = {
            name: each
            for name, each in named.items()
            if name in desired.named or name.startswith(start)
        }
        return ObservedActions(actions, service)

    def diff(
        self, desired: ScheduledActions, observed: ObservedActions | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Every action whole; those of ours that are declared no more are pruned.

        Raises:
            OwnershipError: the service is not ours, and its scaling would have to be changed.
        """
        seen = observed or ObservedActions({})
        changes = _changes(desired, seen.actions)
        if not changes:
            return Verb.KEEP, ()
        scaling.require_ours(
            seen.service, desired.service, desired.application, adopt=desired.adopt
        )
        return (Verb.UPDATE if seen.actions else Verb.CREATE), changes

    def steps(
        self, desired: ScheduledActions, observed: ObservedActions | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Put what differs, then delete what is declared no more."""
        if verb is Verb.KEEP:
            return ()
        seen = observed.actions if observed else {}
        wanted = _wanted(desired)
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
        self, desired: ScheduledActions, observed: ObservedActions | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: they go with the scalable target (E11)."""
        return Verb.KEEP, "they go with the scalable target", ()

    def verdict(
        self, desired: ScheduledActions, observed: ObservedActions | None, saved: Mapping[str, str]
    ) -> Verdict:
        """Always ready: an action has no states."""
        return Ready()

    def outputs(self, desired: ScheduledActions, observed: ObservedActions) -> Mapping[str, str]:
        """``names``: full names, separated by commas."""
        return {"names": ",".join(sorted(observed.actions))}


def _wanted(desired: ScheduledActions) -> dict[str, dict[str, Any]]:
    start = scaling.prefix(desired.application)
    own = {start + name: dict(action) for name, action in desired.actions.items()}
    return {**own, **{name: dict(action) for name, action in desired.named.items()}}


def _changes(
    desired: ScheduledActions, seen: Mapping[str, Mapping[str, Any]]
) -> tuple[Change, ...]:
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
