"""Lifecycle hooks of a deployment: Lambda functions succeed, PAUSE hooks wait to be answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.state import Deployment, Service

AWAITING = "AWAITING_ACTION"
DEFAULT_TIMEOUT = 1440
"""Minutes a hook may take."""


def call(core: Core, service: Service, deployment: Deployment, stage: str) -> None:
    """Call the hooks of a stage."""
    for hook in deployment.configuration.get("lifecycleHooks") or ():
        if stage in hook.get("lifecycleStages", ()):
            deployment.hooks.append(_begin(core, service, deployment, hook))


def waiting(deployment: Deployment) -> bool:
    """Whether the deployment waits for an answer."""
    return any(item["status"] == AWAITING for item in deployment.hooks)


def resolve(deployment: Deployment, hook: str, status: str) -> None:
    """A hook is over."""
    for item in deployment.hooks:
        if item["hookId"] == hook:
            item["status"] = status


def abandon(deployment: Deployment) -> None:
    """Nobody waits for the hooks of a deployment that is rolled back."""
    for item in deployment.hooks:
        if item["status"] == AWAITING:
            item["status"] = "FAILED"


def _begin(
    core: Core, service: Service, deployment: Deployment, hook: dict[str, Any]
) -> dict[str, Any]:
    timeout = hook.get("timeoutConfiguration") or {}
    ends = core.world.now() + timedelta(minutes=timeout.get("timeoutInMinutes", DEFAULT_TIMEOUT))
    action = str(timeout.get("action", "ROLLBACK"))
    kind = hook.get("targetType", "AWS_LAMBDA")
    detail = {
        "hookId": core.world.uuid(),
        "targetType": kind,
        "expiresAt": ends,
        "timeoutAction": action,
    }
    if kind != "PAUSE":
        # No function is run here: a hook that is there is a hook that says yes.
        return {**detail, "targetArn": hook.get("hookTargetArn", ""), "status": "SUCCEEDED"}
    detail["status"] = AWAITING

    def times_out() -> None:
        if detail["status"] == AWAITING:
            detail["status"] = "TIMED_OUT"
            core.hook_timed_out(service, deployment, action)

    core.world.clock.after((ends - core.world.now()).total_seconds(), times_out)
    return detail
