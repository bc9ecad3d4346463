"""Health, logs and placement (C16, D9, D16, J1)."""

from __future__ import annotations

from ecsinfer.spec.container import HealthCheck
from ecsinfer.spec.rules.findings import Finding, Findings, Subject

RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes (J1)."""
_LONGEST_START = 300


def health(subject: Subject) -> Findings:
    """A container health check forgives five minutes at most; a grace period needs a check."""
    service = subject.service
    checks: dict[str, HealthCheck] = {"health": service.health}
    checks |= {f"sidecars.{name}.health": each.health for name, each in service.sidecars.items()}
    for where, check in checks.items():
        if check.start_period > _LONGEST_START:
            yield subject.find(
                f"{where}.start_period",
                f"AWS allows {_LONGEST_START} s at most",
                "leave the container health check out, and give a load-balanced service "
                "health.grace",
            )
        timings = sorted(
            check.model_fields_set & {"interval", "timeout", "retries", "start_period"}
        )
        if timings and not check.command:
            yield subject.find(
                f"{where}.{timings[0]}",
                "there is no container health check that it could belong to",
                "command: ..., or remove it",
                because=(f"{where}.command",),
            )
    checked = any(container.health_check for container in subject.task.containers)
    if service.health.grace and not (service.load_balancer or service.vpc_lattice or checked):
        yield subject.find(
            "health.grace",
            "nothing checks the service's health, so there is nothing to wait for",
            "remove it, or add a load_balancer or health.command",
            because=("load_balancer", "health.command", "vpc_lattice", "sidecars"),
        )


def logs(subject: Subject) -> Findings:
    """Retention is one of AWS's values; a group of somebody else's is left alone."""
    settings = subject.service.logs
    days = settings.retention_days
    if days is not None and days not in RETENTION_DAYS:
        longer = [each for each in RETENTION_DAYS if each >= days]
        yield subject.find(
            "logs.retention_days",
            f"AWS keeps logs for {', '.join(map(str, RETENTION_DAYS))} days, or for ever",
            f"retention_days: {longer[0] if longer else RETENTION_DAYS[-1]}",
        )
    if days is not None and settings.existing:
        yield subject.find(
            "logs.retention_days",
            "with existing: true the log group is never changed, so this would have no effect",
            "remove it, or existing: true",
            because=("logs.existing",),
        )
    first = _first_of_group(subject)
    if first != subject.key:
        other = subject.spec.services[first].logs
        if (other.retention_days, other.existing) != (days, settings.existing):
            yield subject.find(
                "logs.retention_days",
                f"service {first} says something else about the same log group",
                "say the same in both, or give each its own group",
                because=("logs.group", "logs.existing"),
            )


def _first_of_group(subject: Subject) -> str:
    group = subject.spec.log_group(subject.key)
    return next(key for key in subject.spec.services if subject.spec.log_group(key) == group)


def placement(subject: Subject) -> Findings:
    """Strategies and constraints in a form that AWS takes (D16)."""
    for index, strategy in enumerate(subject.service.placement.strategies):
        field = (strategy.field or "").lower()
        allowed = {
            "random": not field,
            "binpack": field in ("cpu", "memory"),
            "spread": field in ("instanceid", "host") or field.startswith("attribute:"),
        }
        if not allowed[strategy.type]:
            yield Finding(
                subject.at("placement", "strategies", index, "field"),
                f"{strategy.type} cannot go by this field",
                {
                    "random": "remove it",
                    "binpack": "cpu or memory; by GPU there is no packing",
                    "spread": "attribute:ecs.availability-zone, or instanceId",
                }[strategy.type],
            )
    for index, constraint in enumerate(subject.service.placement.constraints):
        given = constraint.expression is not None
        if given != (constraint.type == "memberOf"):
            yield Finding(
                subject.at("placement", "constraints", index, "expression"),
                f"{constraint.type} {'takes no' if given else 'needs an'} expression",
                "remove it" if given else "attribute:ecs.instance-type == g6e.xlarge",
            )


SERVICE_RULES = (health, logs, placement)
