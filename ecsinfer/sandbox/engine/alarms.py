"""The CloudWatch alarms that a deployment watches: one that goes into ALARM fails it.

AWS documents what happens and the event; how it words the reasons is not known to us.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecsinfer.sandbox.engine import deployments, events, strategies
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.state import Deployment, Service

INTERVAL = 15.0
"""Seconds between two looks at the alarms; AWS publishes none."""

DETECTED = "ECS deployment failed: alarm detected."
WHY = "Service deployment rolled back because alarms were detected:"
WHY_STOPPED = "Service deployment failed because alarms were detected:"


def watch(core: Core, service: Service, deployment: Deployment) -> None:
    """Watch the deployment's alarms until it is over, unless one is in ALARM as it begins.

    Such a one says nothing about the deployment: AWS leaves its alarms alone then.
    """
    settings = deployment.configuration.get("alarms") or {}
    names = settings.get("alarmNames")
    if not settings.get("enable") or not names or core.alarms_named is None:
        return
    found = core.alarms_named(names)
    if any(alarm.alarming for alarm in found):
        return
    deployment.alarms = "MONITORING"
    core.alarm_bakes[deployment.number] = max((alarm.minutes for alarm in found), default=0.0)
    core.world.clock.after(INTERVAL, lambda: _look(core, service, deployment, names))


def _look(core: Core, service: Service, deployment: Deployment, names: Sequence[str]) -> None:
    if deployment.alarms != "MONITORING" or core.alarms_named is None:
        return
    present = service.deployments and service.deployments[0] is deployment
    if not present or deployment.rollout != "IN_PROGRESS":
        deployment.alarms = "MONITORING_COMPLETE"
        return
    alarming = [alarm.name for alarm in core.alarms_named(names) if alarm.alarming]
    if alarming:
        _trip(core, service, deployment, alarming)
    else:
        core.world.clock.after(INTERVAL, lambda: _look(core, service, deployment, names))


def _trip(core: Core, service: Service, deployment: Deployment, names: Sequence[str]) -> None:
    deployment.alarms, deployment.alarms_triggered = "TRIGGERED", list(names)
    events.of_deployment(
        core.world, service, deployment.number, "deployment failed: alarm detected."
    )
    listed = f"{', '.join(names)}."
    if deployment.configuration["alarms"].get("rollback"):
        strategies.roll_back(core, service, deployment, f"{WHY} {listed}", DETECTED)
    else:
        deployments.fail(core, service, deployment, DETECTED, f"{WHY_STOPPED} {listed}")
