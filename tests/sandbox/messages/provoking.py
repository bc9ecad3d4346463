"""How a case says which message of which operation it provokes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.service_world import ServiceWorld

Provocation: TypeAlias = Callable[[ServiceWorld], Any]
"""Sets up what it needs and ends with the call that is refused."""


class Case(NamedTuple):
    """A provocation and the scenario it happens in."""

    provoke: Provocation
    scenario: Scenario | None


CASES: dict[tuple[str, str], Case] = {}
"""By operation and text."""


def provokes(
    text: str, *operations: str, scenario: Scenario | None = None
) -> Callable[[Provocation], Provocation]:
    """Register a function as the case of a text of these operations; each has one case."""

    def register(provoke: Provocation) -> Provocation:
        for operation in operations:
            key = (operation, text)
            if key in CASES:
                raise ValueError(f"{operation} has two cases of {text!r}")
            CASES[key] = Case(provoke, scenario)
        return provoke

    return register
