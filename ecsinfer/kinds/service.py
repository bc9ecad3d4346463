"""Services: one create, or one update with only what differs, and the rollout it starts (D)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import ownership, reads, scaling, service_content, service_verdict
from ecsinfer.kinds.service_content import primary
from ecsinfer.kinds.service_verdict import Rollout, number
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

ROLLOUT_WITHIN = 2700.0
"""EC2 launch, agent, image pull and model load; PROVISIONING alone may last 30 minutes (N)."""
DRAIN_WITHIN = 1200.0
DEREGISTRATION_DELAY = 300.0
"""AWS's default, where the target group was not asked (G3)."""

_GRACE = "healthCheckGracePeriodSeconds"
_SAVES = {"deployment": "service.deployments.0.id", "arn": "service.serviceArn"}


@dataclass(frozen=True, slots=True)
class Service:
    """What is wanted of a service.

    Attributes:
        name: of the service.
        cluster: its cluster's name.
        application: who owns it.
        task_definition: the revision's ARN, usually a Ref.
        params: the other declared fields in CreateService's form; an empty list or mapping means
            "none", which an update says explicitly (D7).
        tags: ours and the user's; ``ecsinfer:digest`` and ``ecsinfer:revision`` may be Refs.
        token: CreateService's clientToken, usually a Ref (D2).
        count: desiredCount; None for daemons.
        scaled: the spec declares scaling, so `count` is for the first create only (D27).
        insist: `count` is set all the same: somebody asks for that number now.
        stop_timeout: the containers' longest stopTimeout, in seconds.
        rollout_within: seconds a rollout may take.
        destroying: whether to read what a drain may take.
        forgotten: the spec names it no more, in words; empty when it does.
        adopt: whether a foreign namesake may be changed.
        allow_replace: whether it may be deleted and created anew.
        retain: why destroy must leave it, if it must.
    """

    name: str
    cluster: str
    application: str
    task_definition: str
    params: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    count: int | None = 1
    scaled: bool = False
    insist: bool = False
    stop_timeout: float = 30.0
    rollout_within: float = ROLLOUT_WITHIN
    destroying: bool = False
    forgotten: str = ""
    adopt: bool = False
    allow_replace: bool = False
    retain: str = ""


@dataclass(frozen=True, slots=True)
class ObservedService:
    """What is there.

    Attributes:
        service: DescribeServices' entry.
        deployment: the service deployment in question; empty when it was not needed or not shown.
        scaled: a scalable target moves desiredCount, whoever registered it.
        unscaled: the spec declares scaling, and there is no scalable target yet.
        delay: the longest deregistration delay of its target groups, in seconds.
    """

    service: Mapping[str, Any]
    deployment: Mapping[str, Any] = field(default_factory=dict)
    scaled: bool = False
    unscaled: bool = False
    delay: float = DEREGISTRATION_DELAY

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return ownership.tag_map(self.service.get("tags"))

    @property
    def daemon(self) -> bool:
        """Whether it runs one task on every instance, and so knows no scaling down (D25)."""
        return bool(self.service.get("schedulingStrategy") == "DAEMON")


class ServiceKind:
    """Knows services."""

    name: ClassVar[str] = "service"

    def observe(
        self, desired: Service, saved: Mapping[str, str]
    ) -> Observation[ObservedService | None]:
        """The service unless INACTIVE, and its deployment unless DescribeServices tells all."""
        described, targets = yield (
            reads.services(desired.cluster, [desired.name]),
            reads.scalable_targets(desired.cluster, desired.name),
        )
        service = reads.alive(reads.pick(described, "services", "serviceName", desired.name))
        if service is None:
            return None
        current = str(primary(service).get("id", ""))
        if current and any(name in desired.params for name in service_content.OF_THE_REVISION):
            (answer,) = yield (reads.service_revision(service, current),)
            service = service_content.with_revision(service, answer)
        service = yield from service_content.with_namespace(service, desired.params)
        service = yield from service_content.with_own_groups(service, desired.params)
        scaled = desired.scaled or (
            yield from scaling.others(targets, desired.cluster, desired.name, desired.application)
        )
        unscaled = desired.scaled and not scaling.target(targets, desired.cluster, desired.name)
        ours = saved.get("deployment", "")
        deployment: Mapping[str, Any] = {}
        if not service_verdict.settled(service) or (ours and ours != current):
            deployment = yield from _deployment(desired, service, number(ours or current))
        delay = DEREGISTRATION_DELAY
        if desired.destroying or desired.allow_replace:
            delay = yield from _deregistration_delay(service)
        return ObservedService(service, deployment, scaled, unscaled, delay)

    def diff(
        self, desired: Service, observed: ObservedService | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Declared fields, the revision, the count where the spec owns it, and tags.

        Raises:
            OwnershipError: it exists, is not ours, and would have to be changed.
            PreflightError: only a new service can have what is wanted, and that is not allowed.
        """
        if observed is None or observed.service.get("status") == "DRAINING":
            return Verb.CREATE, ()
        what = f"service {desired.name}"
        changes = _changes(desired, observed)
        if observed.unscaled:
            # A target that is registered carries no tags (E4): the service tells whether we may.
            ownership.require_ours(what, observed.tags, desired.application, adopt=desired.adopt)
        else:
            changes = ownership.permitted(
                what, changes, observed.tags, desired.application, adopt=desired.adopt
            )
        replaced = [change for change in changes if change.effect == "replace"]
        if not replaced:
            verdict = self.verdict(desired, observed, {})
            if changes:
                return Verb.UPDATE, changes
            return (Verb.KEEP if isinstance(verdict, Ready) else Verb.AWAIT), ()
        if not desired.allow_replace:
            fields = ", ".join(f"{each.path} ({each.old} to {each.new})" for each in replaced)
            raise PreflightError(
                f"service {desired.name}: AWS cannot change {fields} of a service",
                hint="--allow-replace deletes the service, waits until its tasks are gone, and "
                "creates it anew: it does not serve meanwhile",
            )
        return Verb.REPLACE, changes

    def steps(
        self, desired: Service, observed: ObservedService | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Create (after the predecessor is gone, D1), or one UpdateService and one TagResource.

        Before a service is replaced its scaling goes: AWS would remove it in its own time, and
        with it what is registered for the new service (E12).
        """
        ready = Settle("ready", desired.rollout_within)
        if verb is Verb.CREATE:
            gone = () if observed is None else (_gone(desired, observed),)
            return (*gone, _create(desired), ready)
        if verb is Verb.REPLACE and observed is not None:
            registered = desired.scaled and not observed.unscaled
            return (
                *((scaling.deregister(desired.cluster, desired.name),) if registered else ()),
                _delete(desired, observed),
                _gone(desired, observed),
                _create(desired),
                ready,
            )
        if verb is Verb.UPDATE and observed is not None:
            return (*_update(desired, observed), ready)
        return (ready,) if verb is Verb.AWAIT else ()

    def teardown(
        self, desired: Service, observed: ObservedService | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Delete with force, which scales down by itself, and wait until it is INACTIVE (D25)."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not ownership.ours(observed.tags, desired.application):
            return Verb.RETAIN, f"it has no tag {ownership.APP}={desired.application}", ()
        gone = _gone(desired, observed)
        if observed.service.get("status") == "DRAINING":
            return Verb.DELETE, "it is draining already", (gone,)
        return Verb.DELETE, desired.forgotten, (_delete(desired, observed), gone)

    def verdict(
        self, desired: Service, observed: ObservedService | None, saved: Mapping[str, str]
    ) -> Verdict:
        """By the deployment that our own call started, else by the PRIMARY one."""
        if observed is None:
            return Pending(f"service {desired.name} is not visible yet")
        ours = saved.get("deployment", "")
        if "deleted" in saved and not ours:
            running = observed.service.get("runningCount", 0)
            return Pending(f"service {desired.name} is draining: {running} tasks still run")
        return service_verdict.verdict(
            Rollout(
                observed.service,
                desired.task_definition,
                ours,
                observed.deployment,
                observed.scaled,
            )
        )

    def outputs(self, desired: Service, observed: ObservedService) -> Mapping[str, str]:
        """``name``, ``arn``, ``cluster``, ``cluster_arn`` and ``task_definition`` in use."""
        service = observed.service
        return {
            "name": desired.name,
            "arn": service.get("serviceArn", ""),
            "cluster": desired.cluster,
            "cluster_arn": service.get("clusterArn", ""),
            "task_definition": service.get("taskDefinition", ""),
        }


def _changes(desired: Service, observed: ObservedService) -> tuple[Change, ...]:
    service = observed.service
    changes = list(service_content.changes(desired.params, service))
    if service.get("taskDefinition") != desired.task_definition:
        old = service.get("taskDefinition")
        changes.append(Change("taskDefinition", old, desired.task_definition, "rollout"))
    counted = desired.count is not None and (desired.insist or not observed.scaled)
    if counted and service.get("desiredCount") != desired.count:
        changes.append(Change("desiredCount", service.get("desiredCount"), desired.count))
    rolls = any(change.effect != "in-place" for change in changes)
    if not rolls and primary(service).get("rolloutState") == "FAILED":
        # ECS has given this deployment up; only a new one makes it try again.
        changes.append(Change("forceNewDeployment", None, True, "rollout"))
    count = int(service.get("desiredCount", 0))
    sized = (
        change if change.effect == "in-place" else replace(change, tasks=count)
        for change in changes
    )
    return (*sized, *ownership.tag_changes(desired.tags, observed.tags))


def _create(desired: Service) -> Call:
    declared = {key: value for key, value in desired.params.items() if value not in ([], {}, ())}
    if not declared.get(_GRACE):
        declared.pop(_GRACE, None)  # the default; without a load balancer it may be refused (D9)
    params: dict[str, Any] = {
        "cluster": desired.cluster,
        "serviceName": desired.name,
        "taskDefinition": desired.task_definition,
        **declared,
        "tags": ownership.tag_list(desired.tags),
    }
    if desired.count is not None:
        params["desiredCount"] = desired.count
    if desired.token:
        params["clientToken"] = desired.token
    return Call(
        "ecs",
        "CreateService",
        params,
        saves=_SAVES,
        retry_on=frozenset({"busy", "consistency", "exists"}),
    )


def _update(desired: Service, observed: ObservedService) -> tuple[Call, ...]:
    touched = {change.path.partition(".")[0] for change in _changes(desired, observed)}
    wanted = {
        **service_content.with_clears(desired.params, observed.service),
        "taskDefinition": desired.task_definition,
        "desiredCount": desired.count,
    }
    fields = {name: wanted[name] for name in sorted(touched) if name in wanted}
    if touched & {"capacityProviderStrategy", "forceNewDeployment"}:
        fields["forceNewDeployment"] = True  # the strategy cannot change without (D4)
    calls = []
    if fields:
        calls.append(
            Call(
                "ecs",
                "UpdateService",
                {"cluster": desired.cluster, "service": desired.name, **fields},
                saves=_SAVES,
                retry_on=frozenset({"busy", "consistency"}),
            )
        )
    if "tags" in touched:
        calls.append(
            Call(
                "ecs",
                "TagResource",
                {
                    "resourceArn": observed.service["serviceArn"],
                    "tags": ownership.tag_list(desired.tags),
                },
            )
        )
    return tuple(calls)


def _delete(desired: Service, observed: ObservedService) -> Call:
    params = {"cluster": desired.cluster, "service": desired.name}
    return Call(
        "ecs",
        "DeleteService",
        params if observed.daemon else {**params, "force": True},
        saves={"deleted": "service.status"},
        retry_on=frozenset({"busy", "gone"}),
    )


def _gone(desired: Service, observed: ObservedService) -> Settle:
    return Settle("gone", DRAIN_WITHIN + observed.delay + desired.stop_timeout)


def _deployment(
    desired: Service, service: Mapping[str, Any], wanted: str
) -> Generator[tuple[Read, ...], tuple[Answer, ...], Mapping[str, Any]]:
    """The service deployment whose target revision carries this number; empty when unknown."""
    current = service.get("currentServiceDeployment")
    if current:
        (answer,) = yield (reads.service_deployment(current),)
        for found in answer.get("serviceDeployments", ()):
            if number(found.get("targetServiceRevision", {}).get("arn", "")) == wanted:
                return dict(found)
    (listed,) = yield (
        Read(
            "ecs",
            "ListServiceDeployments",
            {"cluster": desired.cluster, "service": desired.name},
            absent_on=("ServiceNotFoundException", "ClusterNotFoundException"),
            optional=True,
        ),
    )
    for brief in listed.get("serviceDeployments", ()):
        if number(brief.get("targetServiceRevisionArn", "")) == wanted:
            return dict(brief)
    return {}


def _deregistration_delay(
    service: Mapping[str, Any],
) -> Generator[tuple[Read, ...], tuple[Answer, ...], float]:
    """The longest deregistration delay, which every stopping task waits out (G3)."""
    balancers = service.get("loadBalancers", ())
    target_groups = [each["targetGroupArn"] for each in balancers if "targetGroupArn" in each]
    if not target_groups:
        return 0.0
    answers = yield tuple(
        Read(
            "elbv2",
            "DescribeTargetGroupAttributes",
            {"TargetGroupArn": arn},
            absent_on=("TargetGroupNotFound", "TargetGroupNotFoundException"),
            optional=True,
        )
        for arn in target_groups
    )
    delays = [
        float(attribute["Value"])
        for answer in answers
        for attribute in answer.get("Attributes", ())
        if attribute.get("Key") == "deregistration_delay.timeout_seconds"
    ]
    return max(delays, default=DEREGISTRATION_DELAY)
