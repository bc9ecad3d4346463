"""What a cause is tried on: a world that has it, and what puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec
from tests.application.specs import gpu
from tests.diagnose.changes import nothing
from tests.diagnose.trouble import Trouble

V2 = f"{furniture.VLLM}:v2"
FIRST, SECOND, THIRD = furniture.SUBNETS


@dataclass(frozen=True)
class Case:
    """A cause.

    Attributes:
        evidence: what AWS says first of it, or shows for longer than is normal.
        title: a part of how it is told.
        spec: what is deployed.
        remedy: the spec that follows the advice.
        scenario: the world.
        prepare: what is odd in the account.
        advice: what is done to the account in following the advice.
        before: a spec that is deployed, and served, beforehand.
        furnish: what is odd in the account before that.
        timeout: of the deploy that fails, in seconds.
    """

    evidence: str
    title: str
    spec: Spec = field(default_factory=gpu)
    remedy: Spec | None = None
    scenario: Scenario = field(default_factory=Scenario)
    prepare: Callable[[Trouble], None] = nothing
    advice: Callable[[Trouble], None] = nothing
    before: Spec | None = None
    furnish: Callable[[Trouble], None] = nothing
    timeout: float = 1200


def within(*subnets: str) -> dict[str, Any]:
    """The network of tasks in these subnets."""
    return {"subnets": list(subnets), "security_groups": [furniture.SECURITY_GROUP]}
