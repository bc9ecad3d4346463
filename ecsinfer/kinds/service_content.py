"""Services in comparable form, and what changing each field does (D5, D6, D29)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecsinfer.capacity import breaker as circuit_breaker
from ecsinfer.kinds import namespaces, reads
from ecsinfer.kinds.compare import differences
from ecsinfer.model import Answer, Change, Effect, Observation

_CONNECT = "serviceConnectConfiguration"

ROLLOUT_FIELDS = (
    "capacityProviderStrategy",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
"""Fields whose change starts a deployment (D6), besides the task definition."""

IMMUTABLE_FIELDS = ("launchType", "schedulingStrategy")
"""Fields that UpdateService does not take: only a new service can have another value (D5)."""

_OF_THE_DEPLOYMENT = (
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
"""Fields that DescribeServices shows on the PRIMARY deployment only (D29)."""

OF_THE_REVISION = ("gatewayConnectors", "monitoring")
"""Fields that only DescribeServiceRevisions shows (D29)."""

_DEFAULTS: Mapping[str, Any] = {
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "availabilityZoneRebalancing": "DISABLED",
    "enableExecuteCommand": False,
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "platformVersion": "LATEST",
    "healthCheckGracePeriodSeconds": 0,
    "serviceConnectConfiguration": {"enabled": False},
}
_DEPLOYMENT_DEFAULTS: Mapping[str, Any] = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "alarms": {"alarmNames": [], "enable": False, "rollback": False},
}
_CLEARED_RULES: Mapping[str, Any] = {
    "bakeTimeInMinutes": 0,
    "lifecycleHooks": [],
    "earlySuccessCriteria": {"enable": False},
}
_STEPS: Mapping[str, Mapping[str, Any]] = {
    "LINEAR": {"linearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}},
    "CANARY": {"canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}},
}
_BREAKER_DEFAULTS: Mapping[str, Any] = {
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {
        "type": circuit_breaker.DEFAULT_TYPE,
        "value": circuit_breaker.DEFAULT_VALUE,
    },
}
_DAEMON_DEFAULTS: Mapping[str, Any] = {"maximumPercent": 100, "minimumHealthyPercent": 0}

_LOAD_BALANCER_FIELDS = (
    "targetGroupArn",
    "loadBalancerName",
    "containerName",
    "containerPort",
    "advancedConfiguration",
)


def primary(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The PRIMARY deployment; empty when AWS shows none."""
    for deployment in service.get("deployments", ()):
        if deployment.get("status") == "PRIMARY":
            found: Mapping[str, Any] = deployment
            return found
    return {}


def with_revision(service: Mapping[str, Any], answer: Answer) -> Mapping[str, Any]:
    """The service with what DescribeServiceRevisions tells of its revision beside the rest."""
    for revision in answer.get("serviceRevisions", ()):
        return {**service, **{name: revision[name] for name in OF_THE_REVISION if name in revision}}
    return service


def with_namespace(
    service: Mapping[str, Any], params: Mapping[str, Any]
) -> Observation[Mapping[str, Any]]:
    """The service with the namespace of its Service Connect in the declared form, if it is that."""
    shown = primary(service).get(_CONNECT, {})
    connect = yield from namespaces.as_declared(
        params.get(_CONNECT, {}), shown, str(service.get("serviceArn", ""))
    )
    if connect is shown:
        return service
    deployments = [
        {**each, _CONNECT: connect} if each.get("status") == "PRIMARY" else each
        for each in service["deployments"]
    ]
    return {**service, "deployments": deployments}


def with_own_groups(
    service: Mapping[str, Any], params: Mapping[str, Any]
) -> Observation[Mapping[str, Any]]:
    """The service without the security group that AWS filled in, where the spec names none (D11)."""
    shown = service.get("networkConfiguration") or {}
    groups = shown.get("awsvpcConfiguration", {}).get("securityGroups")
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if not groups or not network or network.get("securityGroups"):
        return service
    (answer,) = yield (reads.security_groups(groups),)
    named = [
        each.get("GroupName")
        for each in answer.get("SecurityGroups", ())
        if each.get("GroupId") in groups
    ]
    # Who may not look, and what is there no more, tells nothing.
    if any(name != "default" for name in named):
        return service
    own = {**shown["awsvpcConfiguration"], "securityGroups": []}
    return {**service, "networkConfiguration": {"awsvpcConfiguration": own}}


def changes(params: Mapping[str, Any], service: Mapping[str, Any]) -> tuple[Change, ...]:
    """The declared fields that differ, each with its effect on the running tasks.

    Args:
        params: the declared fields of CreateService; an empty list means "none of it".
        service: DescribeServices' entry.
    """
    observed = _with_defaults(service)
    wanted = with_clears(params, service)
    found: list[Change] = []
    for name in sorted(wanted):
        new, old = _comparable({name: wanted[name]}), _comparable({name: observed.get(name)})
        found.extend(differences(new, old, effect=_effect(name)))
    return tuple(found)


def with_clears(params: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """The declared fields, and AWS's default for what a spec can say, does not, and AWS still has.

    UpdateService keeps what it is not told of, in ``deploymentConfiguration`` too (D7).
    """
    observed = _with_defaults(service)
    wanted = dict(params)
    rules = wanted.get("deploymentConfiguration")
    if rules is not None:
        found = observed["deploymentConfiguration"]
        wanted["deploymentConfiguration"] = _with_cleared_rules(rules, found)
    network = (wanted.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network:
        cleared = {"securityGroups": [], **network}
        wanted["networkConfiguration"] = {"awsvpcConfiguration": cleared}
    return wanted


def _with_cleared_rules(rules: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {**_CLEARED_RULES, **_STEPS.get(str(rules.get("strategy", "")), {})}
    cleared = {
        name: default
        for name, default in defaults.items()
        if name not in rules and differences({name: default}, {name: found.get(name, default)})
    }
    breaker = rules.get("deploymentCircuitBreaker")
    if breaker:
        known = found.get("deploymentCircuitBreaker", {})
        cleared["deploymentCircuitBreaker"] = {
            **{
                name: default
                for name, default in _BREAKER_DEFAULTS.items()
                if differences({name: default}, {name: known.get(name, default)})
            },
            **breaker,
        }
    return {**rules, **cleared}


def replaced(params: Mapping[str, Any], service: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes that need another service in its place (D5)."""
    return tuple(change for change in changes(params, service) if change.effect == "replace")


def _effect(name: str) -> Effect:
    if name in IMMUTABLE_FIELDS:
        return "replace"
    return "rollout" if name in ROLLOUT_FIELDS else "in-place"


def _with_defaults(service: Mapping[str, Any]) -> dict[str, Any]:
    deployment = primary(service)
    shown = {name: deployment[name] for name in _OF_THE_DEPLOYMENT if name in deployment}
    merged = {**_DEFAULTS, **{key: value for key, value in service.items() if value is not None}}
    daemon = merged["schedulingStrategy"] == "DAEMON"
    defaults = {**_DEPLOYMENT_DEFAULTS, **(_DAEMON_DEFAULTS if daemon else {})}
    rules = merged.get("deploymentConfiguration") or {}
    return {**merged, **shown, "deploymentConfiguration": {**defaults, **rules}}


def _comparable(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _FORMS[name](value) if name in _FORMS else value for name, value in fields.items()
    }


def _strategy(items: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    # A set with weight and base filled, and providers by short name (B18, B19, D4).
    filled = (
        {
            "capacityProvider": item["capacityProvider"].rpartition("/")[2],
            "weight": item.get("weight", 0),
            "base": item.get("base", 0),
        }
        for item in items or ()
    )
    return sorted(filled, key=lambda item: str(item["capacityProvider"]))


def _network(value: Mapping[str, Any] | None) -> dict[str, Any]:
    inner = (value or {}).get("awsvpcConfiguration")
    if not inner:
        return {}
    sets = {key: sorted(inner[key]) for key in ("subnets", "securityGroups") if key in inner}
    return {
        "awsvpcConfiguration": {
            **sets,
            "assignPublicIp": inner.get("assignPublicIp") or "DISABLED",
        }
    }


def _load_balancers(items: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    kept = (
        {key: item[key] for key in _LOAD_BALANCER_FIELDS if item.get(key) is not None}
        for item in items or ()
    )
    return sorted(kept, key=repr)


def _placement_strategy(items: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    # Their order is their meaning; `host` comes back as `instanceId` (D16).
    return [
        {
            key: "instanceId" if key == "field" and str(value).lower() == "host" else value
            for key, value in item.items()
        }
        for item in items or ()
    ]


def _unordered(items: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return sorted((dict(item) for item in items or ()), key=repr)


def _volumes(items: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return sorted((dict(item) for item in items or ()), key=lambda item: str(item.get("name")))


def _rules(value: Mapping[str, Any] | None) -> dict[str, Any]:
    rules = dict(value or {})
    if rules.get("alarms"):
        alarms = rules["alarms"]
        rules["alarms"] = {**alarms, "alarmNames": sorted(alarms.get("alarmNames") or ())}
    return rules


_FORMS: Mapping[str, Any] = {
    "capacityProviderStrategy": _strategy,
    "networkConfiguration": _network,
    "loadBalancers": _load_balancers,
    "placementStrategy": _placement_strategy,
    "placementConstraints": _unordered,
    "serviceRegistries": _unordered,
    "volumeConfigurations": _volumes,
    "deploymentConfiguration": _rules,
}
