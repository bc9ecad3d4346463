"""What is of the spec's own region, or cannot be used: AWS reaches into no other (B4, D17)."""

from __future__ import annotations

from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.tree import Path

_OF_LOAD_BALANCERS = (
    "target_group",
    "alternate_target_group",
    "production_rule",
    "test_rule",
)

_PARTS_OF_AN_ARN = 6


def groups(spec: Spec) -> Findings:
    """A capacity provider launches instances where it is."""
    for key, provider in spec.capacity.items():
        arn = provider.auto_scaling_group
        yield from _foreign(spec, ("capacity", key, "auto_scaling_group"), arn)


def load_balancers(subject: Subject) -> Findings:
    """A load balancer sends to tasks where it is."""
    for index, balancer in enumerate(subject.service.load_balancer):
        for name in _OF_LOAD_BALANCERS:
            path = subject.at("load_balancer", index, name)
            yield from _foreign(subject.spec, path, getattr(balancer, name))


def _foreign(spec: Spec, path: Path, arn: str | None) -> Findings:
    if not arn or not spec.region or unresolved(arn) or unresolved(spec.region):
        return
    parts = arn.split(":", 5)
    if parts[0] == "arn" and len(parts) == _PARTS_OF_AN_ARN and parts[3] not in ("", spec.region):
        yield Finding(
            path,
            f"this is in {parts[3]}, and the spec is for {spec.region}",
            f"one of {spec.region}, or region: {parts[3]}",
            because=(("region",),),
        )


RULES = (groups,)
SERVICE_RULES = (load_balancers,)
