"""An application as the tests tell it: healthy unless they say otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ecsinfer.status.facts import (
    Drift,
    Group,
    Provider,
    Rollout,
    Scaling,
    Service,
    Status,
    TargetGroup,
    Trend,
)

NOW = datetime(2026, 11, 24, 0, 20, 11, tzinfo=UTC)
TARGETS = TargetGroup("llm-targets", {"healthy": 2})
SERVICE = Service(
    key="llm",
    name="llm",
    status="ACTIVE",
    desired=2,
    running=2,
    task_definition="app-llm:3",
    images={"llm": "sha256:a180b5324b32ac905c07", "proxy": "sha256:ffff"},
    rollout=Rollout("COMPLETED", desired=2, running=2),
    target_groups=(TARGETS,),
)
GROUP = Group("gpu-asg", 0, 3, 20, in_service=3)
PROVIDER = Provider(
    key="gpu",
    name="app-gpu",
    status="ACTIVE",
    joined=3,
    gpus=12,
    gpus_free=4,
    reservation=100 * 2 / 3,
    target=75,
    group=GROUP,
)
TRENDS = (
    Trend("requests", "per minute", (60.0, 120.0, 240.0)),
    Trend("latency", "seconds", (0.2, 0.4, 0.8)),
    Trend("cpu", "percent", (20.0, 40.0, 80.0)),
    Trend("tasks", "tasks", (2.0, 2.0, 4.0)),
)
ROLLING = Rollout("IN_PROGRESS", desired=40, running=12, failed=2)
SCALING = Scaling(
    2, 8, False, "Setting desired count to 4.", "Successful", NOW - timedelta(minutes=12)
)
EVENT = (
    "(service llm) was unable to place a task because no container instance met all of its "
    "requirements. Reason: No Container Instances were found in your capacity provider."
)


def service(key: str = "llm", **facts: Any) -> Service:
    """A healthy service, but for what is given."""
    return replace(SERVICE, **{"key": key, "name": key, **facts})


def provider(**facts: Any) -> Provider:
    """A healthy provider, but for what is given."""
    return replace(PROVIDER, **facts)


def status(*services: Service, **facts: Any) -> Status:
    """An application of these services on one provider."""
    known: dict[str, Any] = {"services": services or (SERVICE,), "providers": (PROVIDER,)}
    return Status("app", "app", "123456789012", "us-east-1", NOW, **{**known, **facts})


def failing() -> Status:
    """Nearly everything that can be wrong at once with one service and its capacity."""
    return status(
        service(
            running=0,
            pending=2,
            rollout=Rollout("ROLLBACK_SUCCESSFUL", reason="The circuit breaker was triggered."),
            event=EVENT,
            target_groups=(TargetGroup("llm-targets", {"unhealthy": 2}, "Health checks failed"),),
            scaling=SCALING,
            trends=TRENDS,
        ),
        providers=(provider(reservation=150.0, group=replace(GROUP, maximum=3)),),
        drift=(Drift("service/llm", "update", ("taskDefinition", "desiredCount")),),
    )


def fleet(count: int = 30) -> Status:
    """Many services: one has failed, one rolls, one has drifted, and they do not come first."""
    healthy = tuple(service(f"embed-{number:02d}", trends=TRENDS) for number in range(count - 3))
    return status(
        *healthy,
        service("drifted"),
        service("rolling", rollout=ROLLING),
        service("broken", running=0, event=EVENT),
        drift=(Drift("service/drifted", "update", ("desiredCount",)),),
    )
