"""How many replicas there are: one way of saying it, and targets that there is a metric for (E)."""

from __future__ import annotations

from ecsinfer.spec import schedules
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.scaling import Scaling, ScheduledAction

_POLICY_TYPES = frozenset({"TargetTrackingScaling", "StepScaling", "PredictiveScaling"})


def limits(subject: Subject) -> Findings:
    """Replicas or scaling, and no more at least than at most."""
    service = subject.service
    scaling = service.scaling
    if scaling is None:
        return
    if service.replicas is not None:
        yield subject.find(
            "replicas",
            "the service scales by itself, and a fixed number would work against that",
            "remove replicas, or scaling",
            because=("scaling",),
        )
    if scaling.min > scaling.max:
        yield subject.find(
            "scaling.min",
            f"at least {scaling.min} replicas are more than at most {scaling.max}",
            f"min: {scaling.max}",
            because=("scaling.max",),
        )
    if scaling.requests_per_replica is not None and not service.load_balancer:
        yield subject.find(
            "scaling.requests_per_replica",
            "requests are counted by a load balancer, and the service has none",
            "load_balancer: {target_group: arn:...}, or another target such as cpu",
            because=("load_balancer",),
        )


def metrics(subject: Subject) -> Findings:
    """A metric of your own is one metric with its namespace, or metric maths."""
    scaling = subject.service.scaling or Scaling(min=0, max=0)
    for name, metric in scaling.metrics.items():
        where = f"scaling.metrics.{name}"
        single = metric.namespace is not None and metric.metric is not None
        if metric.metrics and (metric.namespace or metric.metric or metric.dimensions):
            yield subject.find(
                f"{where}.metrics",
                "metric maths and a single metric exclude each other",
                "keep metrics, or namespace and metric",
            )
        elif not metric.metrics and not single:
            yield subject.find(
                where,
                "it does not say which metric to keep at the target",
                "namespace: ..., metric: ...",
                because=(f"{where}.namespace", f"{where}.metric", f"{where}.metrics"),
            )


def scheduled(subject: Subject) -> Findings:
    """A scheduled action says when, and changes a limit."""
    scaling = subject.service.scaling or Scaling(min=0, max=0)
    seen: dict[str, str] = {}
    for name, action in scaling.scheduled.items():
        where = f"scaling.scheduled.{name}"
        first = seen.setdefault(action.name or "", where)
        if action.name and first != where:
            yield subject.find(
                f"{where}.name",
                f"{action.name!r} is the name of another scheduled action",
                "one name for one action",
                because=(f"{first}.name",),
            )
        yield from _times(subject, where, action)
        if action.min is None and action.max is None:
            yield subject.find(
                where,
                "it changes nothing",
                "min: 2, max: 10, or one of them",
                because=(f"{where}.min", f"{where}.max"),
            )
        if action.min is not None and action.max is not None and action.min > action.max:
            yield subject.find(
                f"{where}.min", "at least is more than at most", f"min: {action.max}"
            )


def _times(subject: Subject, where: str, action: ScheduledAction) -> Findings:
    """When it applies, as far as that is known without asking AWS."""
    said = {
        name: value
        for name in ("schedule", "timezone", "start", "end")
        if (value := getattr(action, name)) is not None and not unresolved(value)
    }
    wrong = schedules.trouble(said["schedule"]) if "schedule" in said else ""
    if wrong:
        yield subject.find(f"{where}.schedule", wrong, "cron(0 8 ? * MON-FRI *)")
    if "timezone" in said and not schedules.known_zone(said["timezone"]):
        yield subject.find(
            f"{where}.timezone", "there is no time zone of that name", "Europe/Berlin"
        )
    times = {name: schedules.moment(said[name]) for name in ("start", "end") if name in said}
    for name in (name for name, time in times.items() if time is None):
        yield subject.find(f"{where}.{name}", "this is no time in ISO 8601", "2030-01-31T08:00:00Z")
    start, end = times.get("start"), times.get("end")
    if start and end and end <= start:
        yield subject.find(
            f"{where}.end", "it ends before it begins", "a later time", because=(f"{where}.start",)
        )


def policies(subject: Subject) -> Findings:
    """Raw policies are complete and have limits; a name is that of one policy."""
    raw, scaling = subject.service.overrides.scaling_policies, subject.service.scaling
    if raw and scaling is None:
        yield subject.find(
            "overrides.scaling_policies",
            "scaling policies move the replicas between limits, and there are none",
            "scaling: {min: 1, max: 4}",
            because=("scaling",),
        )
    for name, policy in raw.items():
        kind = str(policy.get("PolicyType", ""))
        if kind not in _POLICY_TYPES or f"{kind}PolicyConfiguration" not in policy:
            yield Finding(
                subject.at("overrides", "scaling_policies", name),
                "it is no policy in PutScalingPolicy's form",
                "PolicyType: StepScaling, StepScalingPolicyConfiguration: {...}",
            )
    if scaling is not None:
        yield from _names(subject, scaling)


def _names(subject: Subject, scaling: Scaling) -> Findings:
    declared = scaling.policy_names
    named: dict[tuple[str, ...], tuple[str | None, object]] = {
        ("policy_names", "cpu"): (declared.cpu, scaling.cpu),
        ("policy_names", "memory"): (declared.memory, scaling.memory),
        ("policy_names", "requests"): (declared.requests, scaling.requests_per_replica),
        **{("metrics", key, "name"): (each.name, each) for key, each in scaling.metrics.items()},
    }
    raw = subject.at("overrides", "scaling_policies")
    seen = dict.fromkeys(subject.service.overrides.scaling_policies, raw)
    for steps, (name, target) in named.items():
        if name is None:
            continue
        where = subject.at("scaling", *steps)
        if target is None:
            yield Finding(where, "there is no such target, so no policy to name", "remove it")
        first = seen.setdefault(name, where)
        if first != where:
            yield Finding(
                where,
                f"{name!r} is the name of another policy",
                "one name for one policy",
                (first,),
            )


SERVICE_RULES = (limits, metrics, scheduled, policies)
