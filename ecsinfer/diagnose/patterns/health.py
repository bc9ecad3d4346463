"""The containers run, and somebody's health check is not content."""

from __future__ import annotations

import re

from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Task
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, events, sentence
from ecsinfer.events import Cause
from ecsinfer.spec.secretness import concealed

LONG_ENOUGH = 300
"""A grace period in seconds that a check which nobody answers cannot be blamed on."""

_OF_CONTAINER = sentence(r"failed container health checks")
_OF_TARGET = sentence(r"failed ELB health checks in")
_UNHEALTHY = sentence(r"is unhealthy in \(target-group .*?due to \(reason (?P<reason>.*)\)")
_CODES = re.compile(r"codes?: \[(?P<codes>[\d, ]+)\]")


def container_check(facts: Facts) -> Cause | None:
    """The command in the task definition says no."""
    said = [text for text in (*facts.reasons, *events(facts)) if _OF_CONTAINER.search(text)]
    if not said:
        return None
    checks = [
        f"{each['name']}: {' '.join(concealed(each['healthCheck']['command']))}"
        for each in facts.definition.get("containerDefinitions", ())
        if each.get("healthCheck")
    ]
    return cause(
        "container-health-check",
        "the container's own health check fails",
        [*said, *checks, *_lines(facts)],
        "run the command in the container: it must end with 0 once the model serves",
        "give it the time to load: health.start_period (at most 5 minutes), or health.grace",
    )


def target_check(facts: Facts) -> Cause | None:
    """The load balancer's check fails though the task had the time to come up."""
    why = _complaint(facts)
    if why is None or _too_early(facts, why):
        return None
    groups = ", ".join(f"{each.path} ({each.timeout} s)" for each in facts.target_groups)
    code = _CODES.search(why)
    if code:
        title = f"the load balancer's health check {groups} is answered with {code['codes']}"
        advice = "correct the check's path or success codes of the target group, or the container"
    elif "timed out" in why:
        title = f"the load balancer's health check {groups} gets no answer in time"
        advice = (
            "let the tasks' security groups accept the load balancer's on the container port, "
            "and give the check a longer time-out if the container answers slowly"
        )
    else:
        title = f"the load balancer's health check {groups} fails"
        advice = "the container must listen on `port` on all addresses, not on localhost"
    return cause("target-health-check", title, _evidence(facts, why), advice)


def grace_too_short(facts: Facts) -> Cause | None:
    """Tasks are stopped while nobody answers yet, soon after their start (G7)."""
    why = _complaint(facts)
    if why is None or not _too_early(facts, why):
        return None
    lived = max((task.lived for task in _killed(facts)), default=0.0)
    return cause(
        "grace-period-too-short",
        f"tasks are stopped {lived:.0f} s after their start, before anything answered the load "
        f"balancer: the grace period is {facts.grace} s",
        _evidence(facts, why),
        "raise health.grace (healthCheckGracePeriodSeconds) above the time the model takes to load",
        "if it never listens: the container must listen on `port` on all addresses",
    )


def _complaint(facts: Facts) -> str | None:
    """The load balancer's own words, once a task was stopped for them; None if none was."""
    if not _killed(facts):
        return None
    told = [match["reason"] for text in events(facts) if (match := _UNHEALTHY.search(text))]
    seen = [each.description for each in facts.targets if each.state == "unhealthy"]
    return next(iter([*told, *seen]), "")


def _killed(facts: Facts) -> list[Task]:
    return [task for task in facts.failed if _OF_TARGET.search(task.reason)]


def _too_early(facts: Facts, why: str) -> bool:
    return facts.grace < LONG_ENOUGH and not _CODES.search(why)


def _evidence(facts: Facts, why: str) -> list[str]:
    said = [text for text in events(facts) if _UNHEALTHY.search(text)]
    targets = [
        f"{each.reason}: {each.description}" for each in facts.targets if each.state == "unhealthy"
    ]
    killed = [task.reason for task in _killed(facts)]
    return [*said, *targets, *killed, *([why] if not said else []), *_lines(facts)]


def _lines(facts: Facts) -> list[str]:
    return [
        f"{each.name} | {line}"
        for task in facts.failed[:1]
        for each in task.containers
        for line in each.log[-5:]
    ]


def zone_not_enabled(facts: Facts) -> Cause | None:
    """The load balancer leaves the targets of a zone alone (G5)."""
    idle = [each for each in facts.targets if each.reason == "Target.NotInUse"]
    told = [each for each in idle if "not enabled" in each.description]
    if not told:
        return None
    zones = ", ".join(sorted({each.zone for each in told if each.zone}))
    enabled = ", ".join(dict.fromkeys(z for each in facts.target_groups for z in each.zones))
    return cause(
        "target-zone-not-enabled",
        f"tasks run in {zones or 'a zone'} where the load balancer is not enabled (it is in "
        f"{enabled})",
        (f"{each.reason}: {each.description}" for each in told),
        f"enable {zones or 'the zone'} on the load balancer, or name only subnets of its zones",
    )


def group_unused(facts: Facts) -> Cause | None:
    """No listener or rule forwards to the target group."""
    idle = [each for each in facts.targets if each.reason == "Target.NotInUse"]
    told = [each for each in idle if "not configured to receive traffic" in each.description]
    if not told:
        return None
    return cause(
        "target-group-unused",
        "no load balancer sends traffic to the service's target group",
        (f"{each.reason}: {each.description}" for each in told),
        "let a listener or a rule of the load balancer forward to the target group",
    )


PATTERNS: tuple[Pattern, ...] = (
    Telltale(
        "target-group-missing",
        sentence(r"TARGET GROUP IS NOT FOUND"),
        "the service's target group was deleted",
        (
            (
                "make it again under another ARN and name that in load_balancer.target_group; the "
                "service must be deployed again"
            ),
        ),
        lambda facts: (*facts.reasons, *events(facts)),
    ),
    zone_not_enabled,
    group_unused,
    container_check,
    grace_too_short,
    target_check,
)
