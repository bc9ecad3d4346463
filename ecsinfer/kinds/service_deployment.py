"""A service deployment that goes on: stop it and go back, or answer the hook it waits at (D24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import ownership, reads, service_verdict
from ecsinfer.kinds.service import ROLLOUT_WITHIN
from ecsinfer.kinds.service_verdict import UNDER_WAY, Rollout
from ecsinfer.model import (
    Call,
    Change,
    Failed,
    Observation,
    Pending,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)

STOPPABLE = frozenset({"PENDING", "IN_PROGRESS"})
"""Statuses in which AWS takes a request to stop (D24)."""


@dataclass(frozen=True, slots=True)
class ServiceDeployment:
    """What is wanted of a deployment that goes on.

    Attributes:
        service: the service's name.
        cluster: its cluster's name.
        application: who owns the service.
        arn: of the service deployment.
        revision: ARN of the task definition that it deploys.
        want: ``stop`` it and roll back; or answer its PAUSE hooks with ``continue`` or ``rollback``.
        within: seconds it may take.
    """

    service: str
    cluster: str
    application: str
    arn: str
    revision: str
    want: Literal["stop", "continue", "rollback"]
    within: float = ROLLOUT_WITHIN

    @property
    def goal(self) -> str:
        """The status that is the wanted end."""
        return "SUCCESSFUL" if self.want == "continue" else "ROLLBACK_SUCCESSFUL"


@dataclass(frozen=True, slots=True)
class ObservedDeployment:
    """What is there.

    Attributes:
        service: DescribeServices' entry.
        deployment: DescribeServiceDeployments' entry; empty when it is not visible.
    """

    service: Mapping[str, Any]
    deployment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The service deployment's status."""
        return str(self.deployment.get("status", ""))

    @property
    def hooks(self) -> tuple[str, ...]:
        """Ids of the PAUSE hooks that wait."""
        return tuple(str(hook["hookId"]) for hook in service_verdict.paused(self.deployment))


class ServiceDeploymentKind:
    """Knows service deployments that go on."""

    name: ClassVar[str] = "service-deployment"

    def observe(
        self, desired: ServiceDeployment, saved: Mapping[str, str]
    ) -> Observation[ObservedDeployment | None]:
        """The deployment, and whose the service is."""
        described, answer = yield (
            reads.services(desired.cluster, [desired.service]),
            reads.service_deployment(desired.arn),
        )
        service = reads.alive(reads.pick(described, "services", "serviceName", desired.service))
        if service is None:
            return None
        found = reads.pick(answer, "serviceDeployments", "serviceDeploymentArn", desired.arn)
        return ObservedDeployment(service, found or {})

    def diff(
        self, desired: ServiceDeployment, observed: ObservedDeployment | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """What is to be asked of it; once that was asked it is only followed.

        Raises:
            OwnershipError: the service is not ours.
            PreflightError: it is gone, or there is nothing to go back to.
        """
        if observed is None or not observed.deployment:
            raise PreflightError(f"the deployment {desired.arn} cannot be seen any more")
        ownership.require_ours(
            f"service {desired.service}",
            ownership.tag_map(observed.service.get("tags")),
            desired.application,
            adopt=False,
        )
        if desired.want == "stop":
            return _stop(desired, observed)
        answer = desired.want.upper()
        changes = tuple(
            Change(f"lifecycleHookDetails[{hook}]", "AWAITING_ACTION", answer)
            for hook in _answered(desired, observed)
        )
        return (Verb.UPDATE if changes else Verb.AWAIT), changes

    def steps(
        self, desired: ServiceDeployment, observed: ObservedDeployment | None, verb: Verb
    ) -> tuple[Step, ...]:
        """One request, and the wait for the end of the deployment."""
        ready = Settle("ready", desired.within)
        if observed is None or verb is not Verb.UPDATE:
            return (ready,) if verb is Verb.AWAIT else ()
        named = {"serviceDeploymentArn": desired.arn}
        if desired.want == "stop":
            return (_call("StopServiceDeployment", {**named, "stopType": "ROLLBACK"}), ready)
        action = desired.want.upper()
        answers = (
            _call("ContinueServiceDeployment", {**named, "hookId": hook, "action": action})
            for hook in _answered(desired, observed)
        )
        return (*answers, ready)

    def teardown(
        self, desired: ServiceDeployment, observed: ObservedDeployment | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: a deployment is part of its service."""
        return Verb.KEEP, "", ()

    def verdict(
        self,
        desired: ServiceDeployment,
        observed: ObservedDeployment | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """The wanted end is ready, every other end a failure."""
        if observed is None or not observed.deployment:
            return Pending("the deployment is not visible")
        if observed.status == desired.goal:
            return Ready()
        judged = service_verdict.verdict(
            Rollout(observed.service, desired.revision, deployment=observed.deployment)
        )
        if observed.status in UNDER_WAY:
            return judged
        if observed.status == "SUCCESSFUL":
            return Failed("the deployment had completed before it could be rolled back")
        return judged

    def outputs(
        self, desired: ServiceDeployment, observed: ObservedDeployment
    ) -> Mapping[str, str]:
        """``status``."""
        return {"status": observed.status}


def _call(operation: str, params: Mapping[str, Any]) -> Call:
    # What was to be asked of it may have come by itself since the plan was made.
    return Call("ecs", operation, params, retry_on=frozenset({"exists"}))


def _stop(
    desired: ServiceDeployment, observed: ObservedDeployment
) -> tuple[Verb, tuple[Change, ...]]:
    if observed.status not in STOPPABLE:
        return Verb.AWAIT, ()
    if not observed.deployment.get("sourceServiceRevisions"):
        raise PreflightError(
            f"service {desired.service}: its first deployment goes on, and there is no earlier "
            "revision to go back to",
            hint=f"correct the spec and deploy again, or ecsinfer destroy {desired.service}",
        )
    return Verb.UPDATE, (Change("status", observed.status, "ROLLBACK_REQUESTED", "rollout"),)


def _answered(desired: ServiceDeployment, observed: ObservedDeployment) -> tuple[str, ...]:
    """The hooks to answer: one is enough to go back."""
    if observed.status not in STOPPABLE:
        return ()
    return observed.hooks[:1] if desired.want == "rollback" else observed.hooks
