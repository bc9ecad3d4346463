"""What both kinds of capacity provider have in common: statuses, and deletion (B11, B12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.model import Call, Change, Failed, Pending, Ready, Settle, Step, Verdict

CHANGE_WITHIN = 600.0
DELETE_WITHIN = 1200.0


def leaving(provider: Mapping[str, Any]) -> bool:
    """Whether its deletion is under way."""
    return (
        provider.get("status") == "DEPROVISIONING"
        or provider.get("updateStatus") == "DELETE_IN_PROGRESS"
    )


def failed_update(provider: Mapping[str, Any]) -> tuple[Change, ...]:
    """The last update failed: the same settings are sent again although none differs."""
    if provider.get("updateStatus") != "UPDATE_FAILED":
        return ()
    return (Change("updateStatus", "UPDATE_FAILED", "UPDATE_COMPLETE"),)


def delete(params: Mapping[str, Any], provider: Mapping[str, Any]) -> tuple[Step, ...]:
    """Delete the provider, unless AWS is at it already, and wait until it is gone."""
    gone = Settle("gone", DELETE_WITHIN)
    if leaving(provider):
        return (gone,)
    call = Call(
        "ecs",
        "DeleteCapacityProvider",
        params,
        saves={
            "delete_status": "capacityProvider.updateStatus",
            "delete_reason": "capacityProvider.updateStatusReason",
        },
        retry_on=frozenset({"busy", "in-use", "gone"}),
    )
    return (call, gone)


def verdict(name: str, provider: Mapping[str, Any] | None, saved: Mapping[str, str]) -> Verdict:
    """How far the provider is; a status that AWS adds later is waited out.

    A deletion that was refused with HTTP 200 fails at once instead of at the deadline (B12).
    """
    if provider is None:
        return Pending(f"capacity provider {name} is not visible yet")
    status, update = provider.get("status", ""), provider.get("updateStatus", "")
    reason = str(provider.get("updateStatusReason", ""))
    deleting = "delete_status" in saved
    if deleting and "DELETE_FAILED" in (update, saved["delete_status"]):
        evidence = reason or saved.get("delete_reason", "")
        return Failed(f"capacity provider {name} could not be deleted", (evidence,))
    if not deleting and update in ("CREATE_FAILED", "UPDATE_FAILED"):
        return Failed(f"capacity provider {name} is {update}", (reason,) if reason else ())
    if not deleting and status == "ACTIVE" and not update.endswith("_IN_PROGRESS"):
        return Ready()
    return Pending(f"capacity provider {name} is {update or status}")
