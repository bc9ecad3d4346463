"""Rollouts that can make progress, and settings that belong to their strategy (D13-D15, D18, D20)."""

from __future__ import annotations

from ecsinfer.spec.models import rebalancing_allowed
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.tree import Path

_SHIFTING = ("bake", "hooks", "linear", "canary")
_MINUTE = 60


def deadlock(subject: Subject) -> Findings:
    """A rolling update needs room to start a task more, or leave to stop one (D14)."""
    rollout = subject.service.rollout
    if rollout.strategy != "rolling":
        return
    count = _replicas(subject)
    most = count * rollout.maximum // 100
    fewest = -(-count * rollout.minimum_healthy // 100)
    if count and most <= count <= fewest:
        room = -(-100 * (count + 1) // count)
        yield subject.find(
            "rollout",
            f"with {count} replicas, minimum_healthy {rollout.minimum_healthy} keeps {fewest} "
            f"running and maximum {rollout.maximum} allows {most}: no task could be replaced",
            f"maximum: {min(room, 200)}, or minimum_healthy: {100 * (count - 1) // count}",
            because=("replicas", "scaling"),
        )


def _replicas(subject: Subject) -> int:
    scaling = subject.service.scaling
    if scaling is not None:
        return scaling.min
    replicas = subject.service.replicas
    return 1 if replicas is None else replicas


def strategy_settings(subject: Subject) -> Findings:
    """Every strategy has its own settings."""
    rollout = subject.service.rollout
    declared = rollout.model_fields_set
    rolling = rollout.strategy == "rolling"
    misplaced = {name: "blue-green, linear or canary" for name in _SHIFTING if rolling}
    misplaced |= {
        name: name for name in ("linear", "canary") if not rolling and rollout.strategy != name
    }
    if not rolling:
        misplaced |= dict.fromkeys(("circuit_breaker", "early_success"), "rolling")
    for name in sorted(declared & set(misplaced)):
        if name == "circuit_breaker" and not rollout.circuit_breaker.enable:
            continue
        yield subject.find(
            f"rollout.{name}",
            f"it has no effect in a {rollout.strategy} rollout",
            f"remove it, or strategy: {misplaced[name]}",
            because=("rollout.strategy",),
        )
    if rollout.strategy == "blue-green" and rollout.bake is None:
        yield subject.find(
            "rollout.bake", "a blue-green rollout must be told how long to bake", "bake: 5m"
        )


def whole_minutes(subject: Subject) -> Findings:
    """AWS counts these times in minutes."""
    rollout = subject.service.rollout
    times: dict[Path, int | None] = {("bake",): rollout.bake}
    times["linear", "step_bake"] = rollout.linear.step_bake if rollout.linear else None
    times["canary", "bake"] = rollout.canary.bake if rollout.canary else None
    for index, hook in enumerate(rollout.hooks):
        times["hooks", index, "timeout"] = hook.timeout
    for path, seconds in times.items():
        if seconds and seconds % _MINUTE:
            yield Finding(
                subject.at("rollout", *path),
                "AWS takes whole minutes here",
                f"{-(-seconds // _MINUTE)}m",
            )


def hooks(subject: Subject) -> Findings:
    """A function needs a role; a pause needs neither."""
    for index, hook in enumerate(subject.service.rollout.hooks):
        for name in ("function", "role"):
            given = getattr(hook, name) is not None
            if given != (hook.type == "lambda"):
                yield Finding(
                    subject.at("rollout", "hooks", index, name),
                    f"a hook of type {hook.type} {'has none' if given else 'needs it'}",
                    "remove it" if given else f"{name}: arn:aws:...",
                    because=(subject.at("rollout", "hooks", index, "type"),),
                )


def rebalancing(subject: Subject) -> Findings:
    """Zones can be balanced only where tasks may be started first (D15)."""
    if not subject.service.rollout.availability_zone_rebalancing:
        return
    if not rebalancing_allowed(subject.service):
        yield subject.find(
            "rollout.availability_zone_rebalancing",
            "AWS balances zones only with maximum above 100, with no placement strategy or one "
            "that spreads over zones first, and with no constraint on zones",
            "availability_zone_rebalancing: false, or change what stands in its way",
            because=("rollout.maximum", "placement"),
        )


def thresholds(subject: Subject) -> Findings:
    """Percentages that make sense beside each other (D18)."""
    rollout = subject.service.rollout
    threshold = rollout.circuit_breaker.threshold
    if threshold and threshold.type == "bounded-percent" and threshold.value > 100:
        yield subject.find(
            "rollout.circuit_breaker.threshold.value",
            "it is a percentage, at most 100",
            "type: count for a number of tasks",
            because=("rollout.circuit_breaker.threshold.type",),
        )
    early = rollout.early_success
    if early and early.healthy_percent < rollout.minimum_healthy:
        yield subject.find(
            "rollout.early_success.healthy_percent",
            f"it cannot be less than minimum_healthy, {rollout.minimum_healthy}",
            f"healthy_percent: {max(rollout.minimum_healthy, 1)}",
            because=("rollout.minimum_healthy",),
        )


SERVICE_RULES = (deadlock, strategy_settings, whole_minutes, hooks, rebalancing, thresholds)
