"""Account settings: PutAccountSetting, PutAccountSettingDefault, ListAccountSettings, Delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecsinfer.sandbox.ecs.common import caller_arn, page
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import World

_SWITCH = ("enabled", "disabled")
_PAGE = 10


@dataclass(frozen=True, slots=True)
class _Setting:
    default: str
    values: tuple[str, ...] = _SWITCH
    type: str = "user"


SETTINGS = {
    "awsvpcTrunking": _Setting("disabled"),
    "containerInsights": _Setting("disabled", ("enabled", "disabled", "enhanced")),
    "containerInstanceLongArnFormat": _Setting("enabled"),
    # Since 2025-06-25 (C10.10).
    "defaultLogDriverMode": _Setting("non-blocking", ("blocking", "non-blocking")),
    "fargateEventWindows": _Setting("disabled"),
    "fargateFIPSMode": _Setting("disabled"),
    "fargateTaskRetirementWaitPeriod": _Setting("7", ("0", "7", "14")),
    "guardDutyActivate": _Setting("off", ("on", "off"), "aws_managed"),
    "serviceLongArnFormat": _Setting("enabled"),
    "tagResourceAuthorization": _Setting("on", ("on", "off")),
    "taskLongArnFormat": _Setting("enabled"),
}
"""Every setting, what it is where nobody set it, and what it may be set to."""


def effective(world: World, name: str, principal: str = "") -> str:
    """What a setting is for a principal: its own, else the account's, else AWS's (A5)."""
    return (
        world.settings.get((name, principal))
        or world.settings.get((name, ""))
        or SETTINGS[name].default
    )


@ecs_operation("PutAccountSetting")
def put_account_setting(world: World, request: Request) -> Response:
    """Set a setting for the caller or another principal; the root user's is the account's."""
    return _put(world, request, _principal(world, request))


@ecs_operation("PutAccountSettingDefault")
def put_account_setting_default(world: World, request: Request) -> Response:
    """Set a setting for everyone who has not set it."""
    return _put(world, request, "")


@ecs_operation("DeleteAccountSetting")
def delete_account_setting(world: World, request: Request) -> Response:
    """Forget what a principal set."""
    name, principal = request["name"], _principal(world, request)
    world.settings.pop((name, principal), None)
    return {"setting": _view(world, name, effective(world, name, principal), principal)}


@ecs_operation("ListAccountSettings")
def list_account_settings(world: World, request: Request) -> Response:
    """What a principal set, or with ``effectiveSettings`` what holds for it; pages of ten."""
    if request.get("value") and not request.get("name"):
        raise invalid_parameter("You must specify a setting name to filter by value.")
    principal = _principal(world, request)
    held = {
        name: effective(world, name, principal)
        for name in sorted(SETTINGS)
        if request.get("effectiveSettings") or (name, principal) in world.settings
    }
    settings = [
        _view(world, name, value, principal)
        for name, value in held.items()
        if request.get("name") in {None, name} and request.get("value") in {None, value}
    ]
    items, token = page(request, settings, default=_PAGE, most=_PAGE)
    return {"settings": items, **token}


def _put(world: World, request: Request, principal: str) -> Response:
    name, value = request["name"], request["value"]
    setting = SETTINGS[name]
    if setting.type == "aws_managed":
        raise invalid_parameter(f"The setting {name} is managed by AWS and can not be modified.")
    if value not in setting.values:
        raise invalid_parameter(
            f"Invalid value for the setting {name}. "
            f"Value should be one of [{','.join(setting.values)}]"
        )
    world.settings[name, principal] = value
    return {"setting": _view(world, name, value, principal)}


def _principal(world: World, request: Request) -> str:
    """The key of a principal in `World.settings`: the root user's settings are the account's."""
    arn = str(request.get("principalArn") or caller_arn(world))
    return "" if arn == _root(world) else arn


def _root(world: World) -> str:
    return f"arn:aws:iam::{world.account}:root"


def _view(world: World, name: str, value: str, principal: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "principalArn": principal or _root(world),
        "type": SETTINGS[name].type,
    }
