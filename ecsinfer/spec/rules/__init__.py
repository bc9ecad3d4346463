"""Combinations that AWS refuses or that cannot work: pure functions from a spec to findings."""

from __future__ import annotations

from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules import (
    capacity,
    containers,
    definitions,
    fargate,
    identifiers,
    names,
    network,
    operation,
    regions,
    rollout,
    scaling,
    secrets,
    volumes,
)
from ecsinfer.spec.rules.findings import Finding, Findings, ServiceRule, SpecRule, Subject

SPEC_RULES: tuple[SpecRule, ...] = (
    *names.RULES,
    *capacity.RULES,
    *regions.RULES,
    *identifiers.RULES,
)
SERVICE_RULES: tuple[ServiceRule, ...] = tuple(
    rule
    for room in (
        capacity, fargate, containers, definitions, volumes, network, secrets, scaling, rollout, operation,
        regions, identifiers,
    )
    for rule in room.SERVICE_RULES
)  # fmt: skip


def findings(spec: Spec) -> Findings:
    """Everything that the rules find."""
    for rule in SPEC_RULES:
        yield from rule(spec)
    for key in spec.services:
        subject = Subject(spec, key)
        for service_rule in SERVICE_RULES:
            yield from service_rule(subject)


__all__ = ["Finding", "findings"]
