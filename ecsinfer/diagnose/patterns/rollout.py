"""The rollout itself stands still."""

from __future__ import annotations

from datetime import timedelta

from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, events, sentence
from ecsinfer.events import Cause, plural
from ecsinfer.kinds.service_verdict import pause_words

NOTICED = timedelta(seconds=10)
LONG_DELAY = 60.0
"""A deregistration delay in seconds below which nobody asks what is going on."""

_DETECTED = sentence(r"deployment failed: alarm detected")


def paused(facts: Facts) -> Cause | None:
    """A PAUSE hook waits for ContinueServiceDeployment, and for nothing else (D20)."""
    if not facts.pauses:
        return None
    words = [pause_words(each.stage, each.until, each.then) for each in facts.pauses]
    return cause(
        "paused",
        words[0],
        [f"lifecycleHookDetails: AWAITING_ACTION, {each}" for each in words],
        f"ecsinfer continue {facts.key} lets it go on",
        f"ecsinfer continue {facts.key} --rollback lets it go back",
    )


def drain_held(facts: Facts) -> Cause | None:
    """Tasks that stop wait until the load balancer has let go of them (G3)."""
    delays = [group.delay for group in facts.target_groups]
    held = [
        task
        for task in facts.tasks
        if task.deployment != facts.deployment
        and task.status == "DEACTIVATING"
        and task.stopping
        and facts.now - task.stopping >= NOTICED
    ]
    draining = [each for each in facts.targets if each.state == "draining"]
    if not held or not draining or max(delays, default=0.0) < LONG_DELAY:
        return None
    return cause(
        "drain-held",
        f"connections of {plural(len(held), 'old task')} drain: the target group gives them "
        f"{max(delays):.0f} s",
        [
            *(f"{each.reason}: {each.description}" for each in draining),
            f"deregistration_delay.timeout_seconds: {max(delays):.0f}",
        ],
        "wait: it ends by itself",
        "or lower deregistration_delay.timeout_seconds of the target group to what your longest "
        "request takes",
    )


def task_protected(facts: Facts) -> Cause | None:
    """Old tasks that may not be stopped."""
    held = [task for task in facts.tasks if task.protected]
    if not held:
        return None
    return cause(
        "task-protected",
        f"scale-in protection keeps {plural(len(held), 'old task')} running, and the rollout waits",
        (f"protectionEnabled: task {', '.join(task.id for task in held)}",),
        "wait until the protection expires, or end it: aws ecs update-task-protection "
        "--no-protection-enabled",
    )


def alarm(facts: Facts) -> Cause | None:
    """What the deployment watches says no, or said so when the deployment was given up."""
    detected = [event.text for event in facts.events if _DETECTED.search(event.text)]
    if not facts.alarms and not detected:
        return None
    which = f"{', '.join(facts.alarms)} is in ALARM" if facts.alarms else "one was in ALARM"
    return cause(
        "alarm",
        f"the deployment watches alarms, and {which}",
        [*(f"{name}: ALARM" for name in facts.alarms), *detected],
        "look at the metric of the alarm, correct what it measures, and deploy again",
    )


PATTERNS: tuple[Pattern, ...] = (
    Telltale(
        "rollout-deadlock",
        sentence(r"because of the service deployment configuration"),
        "the rollout may neither start a task nor stop one",
        (
            (
                "lower rollout.minimum_healthy (minimumHealthyPercent) so that one task may stop, or "
                "raise rollout.maximum (maximumPercent) so that one more may start"
            ),
        ),
        events,
    ),
    Telltale(
        "service-throttled",
        sentence(r"is unable to consistently start tasks successfully"),
        "tasks keep failing, so ECS spaces out their starts, up to 15 minutes",
        ("correct why they fail; the next deployment starts at once",),
        events,
    ),
    alarm,
    task_protected,
    drain_held,
)
