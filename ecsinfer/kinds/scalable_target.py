"""Scalable targets of services: bounds of desiredCount (E1 to E5, E12)."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.kinds import reads, scaling
from ecsinfer.kinds.compare import differences
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

WITHIN = 120.0

_BOUND = re.compile(r"\b(min|max) capacity to (\d+)")
"""In the description of what a scheduled action did."""


@dataclass(frozen=True, slots=True)
class ScalableTarget:
    """What is wanted of a service's scalable target.

    Attributes:
        cluster: the cluster's name.
        service: the service's name.
        application: who owns the service, and with it the target.
        minimum: least tasks; None with `maximum` and nothing suspended means that the spec declares
            no scaling, and a target that we registered earlier is to go.
        maximum: most tasks.
        suspended: ``SuspendedState``; what is not declared is the operator's (E5). Without bounds
            it is all that changes of a target that is there (E2).
        scheduled: whether the spec declares scheduled actions: bounds that one of them has set are
            as wanted, and stay.
        forgotten: the spec names the service no more; its tags alone say whose the target is.
        params: the service's declared fields, which tell whether it will be replaced (E12).
        adopt: whether the target of a foreign service may be changed.
        retain: why destroy must leave it, if it must.
    """

    cluster: str
    service: str
    application: str
    minimum: int | None = None
    maximum: int | None = None
    suspended: Mapping[str, bool] = field(default_factory=dict)
    scheduled: bool = False
    forgotten: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    adopt: bool = False
    retain: str = ""

    @property
    def declared(self) -> dict[str, Any]:
        """The declared fields in API form."""
        bounds = {"MinCapacity": self.minimum, "MaxCapacity": self.maximum}
        stated = {"SuspendedState": self.suspended} if self.suspended else {}
        return {**({} if self.minimum is None else bounds), **stated}

    @property
    def undeclared(self) -> bool:
        """Whether nobody wants the target."""
        return self.minimum is None and not self.suspended and not self.forgotten

    @property
    def address(self) -> dict[str, str]:
        """What every call names it by."""
        return scaling.address(self.cluster, self.service)


@dataclass(frozen=True, slots=True)
class ObservedTarget:
    """What is there.

    Attributes:
        target: DescribeScalableTargets' entry.
        ours: the service is ours; or, where nobody declares scaling, only policies of ours are on
            the target.
        lapsed: it was registered for a service that is gone or will be replaced.
        service: the service; None when it is not there.
        hanging: what hangs on the target; not asked where the spec declares scaling, unless it
            outlived its service.
        outlived: its service is gone, and nobody else uses it: AWS may yet remove it, even after
            it was registered again, which would not change its date.
    """

    target: Mapping[str, Any]
    ours: bool
    lapsed: bool
    service: Mapping[str, Any] | None = None
    hanging: scaling.Hanging = field(default_factory=scaling.Hanging)
    outlived: bool = False
    scheduled: Mapping[str, int] = field(default_factory=dict)


class ScalableTargetKind:
    """Knows scalable targets."""

    name: ClassVar[str] = "scalable-target"

    def observe(
        self, desired: ScalableTarget, saved: Mapping[str, str]
    ) -> Observation[ObservedTarget | None]:
        """The target, and what the service says about it."""
        targets, described = yield (
            reads.scalable_targets(desired.cluster, desired.service),
            reads.services(desired.cluster, [desired.service]),
        )
        found = scaling.target(targets, desired.cluster, desired.service)
        if found is None:
            return None
        service = reads.pick(described, "services", "serviceName", desired.service)
        lapsed = scaling.lapsed(found, service, desired.params)
        outlived = scaling.lapsed(found, service, {})
        own = scaling.ours(service, desired.application)
        if not (desired.undeclared or outlived):
            scheduled = yield from _scheduled(desired, found)
            return ObservedTarget(found, own, lapsed, service, scheduled=scheduled)
        hanging = yield from scaling.hanging(desired.cluster, desired.service, desired.application)
        if desired.undeclared:  # only what hangs on the target tells whose it is
            own = hanging.ours
        alone = outlived and not hanging.shared
        return ObservedTarget(found, own, lapsed, service, hanging, alone)

    def diff(
        self, desired: ScalableTarget, observed: ObservedTarget | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Bounds and suspension; a target of ours that nobody declares any more goes.

        Where others' policies or actions hang on it, only ours go (E13).

        Raises:
            PreflightError: it is to be suspended or resumed, and is not there.
            OwnershipError: or its service is not ours, and the target would have to be changed.
        """
        if desired.undeclared:
            return _given_up(observed)
        if desired.minimum is None:
            _require_there(desired, observed)
        if observed is None:
            return Verb.CREATE, ()
        changes = () if observed.lapsed else _changes(desired, observed)
        if not changes and not observed.lapsed:
            return Verb.KEEP, ()
        scaling.require_ours(
            observed.service, desired.service, desired.application, adopt=desired.adopt
        )
        return (Verb.CREATE if observed.lapsed else Verb.UPDATE), changes

    def steps(
        self, desired: ScalableTarget, observed: ObservedTarget | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Register, which creates and updates alike (E2); never with tags (E4).

        One that outlived its service is not registered again but anew (E12).
        """
        if verb is Verb.DELETE:
            return _deregister(desired)
        if desired.undeclared:
            return _leave(desired, observed) if observed is not None else ()
        register = Call(
            "application-autoscaling",
            "RegisterScalableTarget",
            {**desired.address, **_wanted(desired, observed)},
            saves={"arn": "ScalableTargetARN"},
            retry_on=frozenset({"busy", "consistency"}),
        )
        if verb is Verb.KEEP:
            return ()
        outlived = observed is not None and observed.outlived
        former = (scaling.deregister(desired.cluster, desired.service),) if outlived else ()
        return (*former, register, Settle("ready", WITHIN))

    def teardown(
        self, desired: ScalableTarget, observed: ObservedTarget | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Deregister before the service goes, or it would be scaled up again (E12)."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not observed.ours:
            why = f"its service is not of the application {desired.application}"
            return Verb.RETAIN, why, ()
        return Verb.DELETE, "its policies and scheduled actions go with it", _deregister(desired)

    def verdict(
        self, desired: ScalableTarget, observed: ObservedTarget | None, saved: Mapping[str, str]
    ) -> Verdict:
        """Registered or not: a target has no states."""
        if observed is None and not desired.undeclared:
            return Pending(f"the scalable target of {desired.service} is not visible yet")
        return Ready()

    def outputs(self, desired: ScalableTarget, observed: ObservedTarget) -> Mapping[str, str]:
        """``resource_id``, and ``arn`` where AWS shows it."""
        arn = observed.target.get("ScalableTargetARN", "")
        return {"resource_id": desired.address["ResourceId"], **({"arn": arn} if arn else {})}


def _scheduled(
    desired: ScalableTarget, found: Mapping[str, Any]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], dict[str, int]]:
    """The bounds that a scheduled action has set, asked where they are not the declared ones.

    Nothing but the activities tells: the target is changed as RegisterScalableTarget would.
    """
    if not (desired.scheduled and differences(desired.declared, found)):
        return {}
    (answer,) = yield (
        Read(
            "application-autoscaling",
            "DescribeScalingActivities",
            {**desired.address, "MaxResults": 50},
            optional=True,
        ),
    )
    for activity in answer.get("ScalingActivities", ()):
        if "scheduled action name" in activity.get("Cause", ""):
            words = f"{activity.get('Description', '')}".lower()
            set_by = {f"{bound.title()}Capacity": int(to) for bound, to in _BOUND.findall(words)}
            return {key: to for key, to in set_by.items() if found.get(key) == to}
    return {}


def _changes(desired: ScalableTarget, observed: ObservedTarget) -> tuple[Change, ...]:
    """What differs, but for bounds that a scheduled action has set."""
    found = differences(desired.declared, observed.target)
    return tuple(change for change in found if change.path not in observed.scheduled)


def _wanted(desired: ScalableTarget, observed: ObservedTarget | None) -> dict[str, Any]:
    """What is registered: bounds that a scheduled action has set are left out, and so kept (E2)."""
    if observed is None or observed.lapsed or not observed.scheduled:
        return desired.declared
    wanted = {
        key: value for key, value in desired.declared.items() if key not in observed.scheduled
    }
    bounds = {**observed.target, **wanted}
    return wanted if bounds["MinCapacity"] <= bounds["MaxCapacity"] else desired.declared


def _given_up(observed: ObservedTarget | None) -> tuple[Verb, tuple[Change, ...]]:
    if observed is None:
        return Verb.KEEP, ()
    if observed.ours:
        return Verb.DELETE, ()
    paths = (
        *(f"policies[{name}]" for name in observed.hanging.policies),
        *(f"actions[{name}]" for name in observed.hanging.actions),
    )
    gone = tuple(Change(path, "declared no more", None) for path in paths)
    return (Verb.UPDATE if gone else Verb.KEEP), gone


def _leave(desired: ScalableTarget, observed: ObservedTarget) -> tuple[Step, ...]:
    """Remove what is ours from a target that others use."""
    names = (
        *(("DeleteScalingPolicy", "PolicyName", name) for name in observed.hanging.policies),
        *(
            ("DeleteScheduledAction", "ScheduledActionName", name)
            for name in observed.hanging.actions
        ),
    )
    return tuple(
        Call(
            "application-autoscaling",
            operation,
            {key: name, **desired.address},
            retry_on=frozenset({"busy", "gone"}),
        )
        for operation, key, name in names
    )


def _require_there(desired: ScalableTarget, observed: ObservedTarget | None) -> None:
    if observed is None or observed.lapsed:
        raise PreflightError(
            f"service {desired.service} has no autoscaling",
            hint="declare `scaling` in the spec and deploy",
        )
    if not observed.ours:
        raise OwnershipError(
            f"service {desired.service} is not of the application {desired.application}",
            hint="take it over with ecsinfer deploy --adopt",
        )


def _deregister(desired: ScalableTarget) -> tuple[Step, ...]:
    return (scaling.deregister(desired.cluster, desired.service), Settle("gone", WITHIN))
