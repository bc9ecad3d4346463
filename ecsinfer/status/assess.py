"""What is wrong, the gravest first: pure, over the facts alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ecsinfer.kinds.ownership import OWN_TAGS, REVISION
from ecsinfer.kinds.service_verdict import STRANDED, pause_words
from ecsinfer.status.facts import Drift, Group, Provider, Rollout, Service, Status, TargetGroup
from ecsinfer.status.services import ABSENT

Severity: TypeAlias = Literal["failed", "moving", "drift"]
Health: TypeAlias = Literal["healthy", "moving", "failed"]

EXIT_CODE: dict[Health, int] = {"healthy": 0, "failed": 3, "moving": 4}
"""Health -> exit code: the codes with which a deploy would end."""

ROLL_OUT_AGAIN = "forceNewDeployment"
"""The one field of a plan that is no difference: the last deployment of the same went wrong."""

_REVISION = "taskDefinition"

_ORDER: tuple[Severity, ...] = ("failed", "moving", "drift")

_GONE_WRONG = {
    "FAILED": "the deployment failed",
    "STOPPED": "the deployment was stopped",
    "ROLLBACK_SUCCESSFUL": "the last deployment failed and was rolled back",
    "ROLLBACK_FAILED": "the deployment failed, and so did its rollback",
}
_UNDER_WAY = {
    "PENDING": "a deployment is about to start",
    "IN_PROGRESS": "rolling out",
    "STOP_REQUESTED": "the deployment is being stopped",
    "ROLLBACK_REQUESTED": "a rollback was requested",
    "ROLLBACK_IN_PROGRESS": "rolling back",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        severity: ``failed`` needs somebody, ``moving`` needs time, ``drift`` needs a deploy.
        node: what it is about, such as ``service/llm``.
        text: one line for a human.
        said: AWS's own words; empty when it said nothing.
    """

    severity: Severity
    node: str
    text: str
    said: str = ""


def assess(status: Status) -> tuple[Finding, ...]:
    """Everything that is wrong, the gravest first, then in the spec's order."""
    found = [
        *(finding for each in status.services for finding in _of_service(each)),
        *(finding for each in status.providers for finding in _of_provider(each)),
        *_of_drift(status),
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def health(findings: Iterable[Finding]) -> Health:
    """The application's health; what serves and only differs from the spec is healthy."""
    severities = {finding.severity for finding in findings}
    if "failed" in severities:
        return "failed"
    return "moving" if "moving" in severities else "healthy"


def _of_service(service: Service) -> Iterator[Finding]:
    if service.status == ABSENT:
        yield Finding("failed", service.node, "there is no such service")
        return
    if service.status != "ACTIVE":
        text = f"the service is {service.status}, tasks that still run: {service.running}"
        yield Finding("failed", service.node, text)
        return
    rolling = _rolling(service)
    yield from _of_rollout(service)
    if not rolling:
        yield from _of_tasks(service)
    for group in service.target_groups:
        yield from _of_target_group(service, group, rolling=rolling)
    scaling = service.scaling
    if scaling is not None and scaling.last_status == "Failed":
        yield Finding("failed", service.node, "the last scaling action failed", scaling.last)
    if scaling is not None and scaling.suspended:
        yield Finding("drift", service.node, "automatic scaling is suspended")


def _rolling(service: Service) -> bool:
    return service.rollout.state not in ("", "COMPLETED", "SUCCESSFUL", *_GONE_WRONG)


def _of_rollout(service: Service) -> Iterator[Finding]:
    rollout = service.rollout
    if rollout.state in _GONE_WRONG:
        yield _gone_wrong(service.node, rollout)
    if not _rolling(service):
        return
    parts = [f"{rollout.running} of {rollout.desired} new tasks run"]
    if rollout.failed:
        parts.append(f"{rollout.failed} failed to start")
    if rollout.stage:
        parts.append(f"stage {rollout.stage}")
    if rollout.traffic is not None:
        parts.append(f"{rollout.traffic:g} % of the traffic")
    if rollout.paused:
        words = pause_words("", rollout.paused_until, rollout.paused_then)
        parts.append(f"{words}: ecsinfer continue {service.key} [--rollback]")
    what = _UNDER_WAY.get(rollout.state, f"the deployment is {rollout.state}")
    said = service.event if rollout.failed or not rollout.running else ""
    yield Finding("moving", service.node, f"{what}: {', '.join(parts)}", said)


def _gone_wrong(node: str, rollout: Rollout) -> Finding:
    if rollout.requested:
        text = "the last deployment was rolled back, as somebody asked"
        return Finding("drift", node, text, rollout.reason)
    text = STRANDED if rollout.stranded else _GONE_WRONG[rollout.state]
    return Finding("failed", node, text, rollout.reason)


def _of_tasks(service: Service) -> Iterator[Finding]:
    if service.running >= service.desired:
        return
    # Some tasks serve: that may be scaling out. With none nobody is served.
    severity: Severity = "moving" if service.running else "failed"
    text = f"{service.running} of {service.desired} tasks run, {service.pending} pending"
    yield Finding(severity, service.node, text, service.event)


def _of_target_group(service: Service, group: TargetGroup, *, rolling: bool) -> Iterator[Finding]:
    bad = sum(group.states.get(state, 0) for state in ("unhealthy", "unavailable"))
    coming = group.states.get("initial", 0)
    where = f"of {group.total} targets in {group.name}"
    if bad:
        # During a rollout new targets may fail while the old ones serve.
        severity: Severity = "moving" if rolling and group.healthy else "failed"
        yield Finding(severity, service.node, f"{bad} {where} unhealthy", group.reason)
    elif coming and not rolling:
        yield Finding("moving", service.node, f"{coming} {where} not checked yet")


def _of_provider(provider: Provider) -> Iterator[Finding]:
    if provider.status == ABSENT:
        yield Finding("failed", provider.node, "there is no such capacity provider")
        return
    if provider.update.endswith("_FAILED"):
        yield Finding("failed", provider.node, f"it is {provider.update}", provider.reason)
    elif provider.status != "ACTIVE" or provider.update.endswith("_IN_PROGRESS"):
        yield Finding("moving", provider.node, f"it is {provider.update or provider.status}")
    if provider.disconnected:
        text = f"agents not connected: {provider.disconnected} of {provider.joined} instances"
        yield Finding("failed", provider.node, text)
    if provider.group is not None:
        yield from _of_group(provider, provider.group)


def _of_group(provider: Provider, group: Group) -> Iterator[Finding]:
    short = (
        provider.reservation is not None
        and provider.target is not None
        and provider.reservation > max(provider.target, 100)
    )
    if short and group.desired >= group.maximum:
        text = f"tasks want more instances, and {group.name} is at its maximum of {group.maximum}"
        yield Finding("failed", provider.node, text)
    if "Launch" in group.suspended:
        yield Finding("failed", provider.node, f"{group.name} has its Launch process suspended")
    missing = group.in_service - provider.joined - provider.draining
    if missing > 0:
        text = f"{missing} of {group.in_service} instances have not joined the cluster"
        yield Finding("moving", provider.node, text)
    elif group.launching:
        text = f"instances being launched: {group.launching}"
        yield Finding("moving", provider.node, text)


def _differs(drift: Drift) -> str:
    """What differs: the user's own fields by name, the rest by what it means."""
    plain = [each for each in drift.fields if each not in {_REVISION, ROLL_OUT_AGAIN, *OWN_TAGS}]
    parts = [f"differs from the spec: {', '.join(plain)}"] if plain else []
    if _REVISION in drift.fields:
        named = f"the spec's revision, {drift.revision}, does not run"
        parts.append(named if drift.revision else "the spec wants a new revision")
    elif ROLL_OUT_AGAIN in drift.fields:
        parts.append("deploy would roll it out again")
    elif not plain:
        again = "runs the spec's revision, though another one was deployed last"
        parts.append(again if f"tags.{REVISION}" in drift.fields else "ecsinfer's own tags differ")
    return "; ".join(parts)


def _of_drift(status: Status) -> Iterator[Finding]:
    if status.undecided:
        yield Finding("drift", status.application, "drift is not known", status.undecided)
    whole: dict[str, list[str]] = {}
    for drift in status.drift:
        if drift.fields:
            yield Finding("drift", drift.node, _differs(drift))
        else:
            whole.setdefault(drift.verb, []).append(drift.node)
    for verb, nodes in whole.items():
        yield Finding("drift", status.application, f"deploy would {verb} {', '.join(nodes)}")
