"""Statements of IAM policies, and the ARNs in them."""

from __future__ import annotations

from typing import Any

from ecsinfer.spec import Spec

Statement = dict[str, Any]


def statement(sid: str, actions: str, resources: Any = "*", **condition: Any) -> Statement:
    """Allow the actions, which are separated by spaces, on the resources under the condition."""
    made: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions.split())}
    made["Resource"] = resources
    if condition:
        made["Condition"] = condition
    return made


def partition(spec: Spec) -> str:
    """The partition of the spec's region."""
    region = spec.region or ""
    named = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
    return next((value for key, value in named.items() if region.startswith(f"{key}-")), "aws")


def arn(spec: Spec, service: str, resource: str) -> str:
    """An ARN in the spec's region, of whatever account."""
    return f"arn:{partition(spec)}:{service}:{spec.region or '*'}:*:{resource}"
