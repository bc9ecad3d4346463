"""The stages of BLUE_GREEN, LINEAR and CANARY deployments, as data; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ecsinfer.sandbox.state import Deployment

ROLLING = "ROLLING"
PRE_PRODUCTION = "PRE_PRODUCTION_TRAFFIC_SHIFT"
"""A stage that only hooks see: lifecycleStage never shows it."""

BEFORE_TRAFFIC = (
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a deployment.

    Attributes:
        name: its lifecycleStage.
        traffic: the production traffic of the new revision from this stage on, percent.
        bake: minutes to wait in it.
    """

    name: str
    traffic: float
    bake: float = 0.0


@dataclass(slots=True)
class Progress:
    """Where a deployment stands among its stages.

    Attributes:
        stages: all of them.
        at: index of the present one.
        entered: whether its hooks were called.
    """

    stages: list[Stage]
    at: int = 0
    entered: bool = False


def strategy_of(deployment: Deployment) -> str:
    """The deployment strategy; ROLLING where none is named."""
    return str(deployment.configuration.get("strategy") or ROLLING)


def stages_of(deployment: Deployment) -> list[Stage]:
    """The stages of a deployment; the first one of a service has nothing to bake against."""
    first = not deployment.sources
    bake = 0.0 if first else float(deployment.configuration.get("bakeTimeInMinutes") or 0)
    reconcile = ("RECONCILE_SERVICE",) if len(deployment.sources) > 1 else ()
    shift: list[Stage] = []
    traffic = 0.0
    for weight, minutes in [(100.0, 0.0)] if first else _steps(deployment):
        shift.append(Stage(PRE_PRODUCTION, traffic))
        shift.append(Stage("PRODUCTION_TRAFFIC_SHIFT", weight, minutes))
        traffic = weight
    return [
        *(Stage(name, 0.0) for name in (*reconcile, *BEFORE_TRAFFIC)),
        *shift,
        Stage("POST_PRODUCTION_TRAFFIC_SHIFT", 100.0),
        Stage("BAKE_TIME", 100.0, bake),
        Stage("CLEAN_UP", 100.0),
    ]


def _steps(deployment: Deployment) -> Iterator[tuple[float, float]]:
    """The production traffic steps, percent, and the minutes after each (D20)."""
    if strategy_of(deployment) == "CANARY":
        canary = deployment.configuration.get("canaryConfiguration") or {}
        percent = float(canary.get("canaryPercent", 5.0))
        if percent < 100:
            yield percent, float(canary.get("canaryBakeTimeInMinutes", 10))
    elif strategy_of(deployment) == "LINEAR":
        linear = deployment.configuration.get("linearConfiguration") or {}
        step = float(linear.get("stepPercent", 10.0))
        for index in range(1, math.ceil(100 / step)):
            yield round(index * step, 1), float(linear.get("stepBakeTimeInMinutes", 6))
    yield 100.0, 0.0
