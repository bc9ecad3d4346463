"""A service as DescribeServices shows it, in CreateService's form and in the spec's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ecsinfer.kinds.service_content import primary
from ecsinfer.spec.capacity import FARGATE
from ecsinfer.spec.units import format_duration

Fields = Mapping[str, Any]

_AS_DESCRIBED = (
    "availabilityZoneRebalancing", "capacityProviderStrategy", "deploymentConfiguration",
    "deploymentController", "enableECSManagedTags", "enableExecuteCommand", "gatewayConnectors",
    "healthCheckGracePeriodSeconds", "launchType", "loadBalancers", "monitoring",
    "networkConfiguration", "placementConstraints", "placementStrategy", "platformVersion",
    "propagateTags", "schedulingStrategy", "serviceRegistries",
)  # fmt: skip
_OF_THE_DEPLOYMENT = (
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
_THRESHOLD = {"type": "BOUNDED_PERCENT", "value": 50}
"""The circuit breaker's threshold where nobody chose one (D18)."""
_SERVICE_LINKED = ":role/aws-service-role/"
_BALANCER_WORDS = {"targetGroupArn", "containerName", "containerPort", "advancedConfiguration"}


def key_of(name: str) -> str:
    """A key of the spec for a name of AWS."""
    key = re.sub(r"^[^A-Za-z0-9]+", "", re.sub(r"[^A-Za-z0-9_-]", "-", name))
    return key[:100] or "service"


def whole(number: float) -> float:
    """The number, as an int where it is one: 60, not 60.0."""
    return int(number) if float(number).is_integer() else number


def create_form(service: Fields) -> dict[str, Any]:
    """The fields of CreateService that would make the service; what is empty is left out.

    Args:
        service: DescribeServices' entry, with what only its revision shows.
    """
    deployment = primary(service)
    form = {name: service.get(name) for name in _AS_DESCRIBED}
    form |= {name: deployment.get(name) for name in _OF_THE_DEPLOYMENT}
    form["deploymentConfiguration"] = _chosen(form["deploymentConfiguration"] or {})
    role = str(service.get("roleArn") or "")
    form["role"] = "" if _SERVICE_LINKED in role else role
    if form["schedulingStrategy"] == "REPLICA":
        form["schedulingStrategy"] = None  # what everybody means
    if form["capacityProviderStrategy"]:
        form["launchType"] = None  # the two exclude each other (D3)
    return {name: value for name, value in form.items() if value not in (None, "", [], {})}


def _chosen(rules: Fields) -> dict[str, Any]:
    """How deployments proceed, without what AWS fills in where nobody said anything (D18)."""
    chosen = dict(rules)
    breaker = dict(chosen.pop("deploymentCircuitBreaker", None) or {})
    if breaker.get("resetOnHealthyTask"):
        del breaker["resetOnHealthyTask"]
    if breaker.get("thresholdConfiguration") == _THRESHOLD:
        del breaker["thresholdConfiguration"]
    if breaker.keys() - {"enable", "rollback"} or any(breaker.values()):
        chosen["deploymentCircuitBreaker"] = breaker
    alarms = chosen.get("alarms") or {}
    if not any(alarms.values()):
        chosen.pop("alarms", None)
    return chosen


def words(service: Fields, form: Fields, *, awsvpc: bool) -> dict[str, Any]:
    """What of the service has a word in the spec; it may say less than `form`, never more.

    Args:
        service: DescribeServices' entry.
        form: its `create_form`.
        awsvpc: whether its tasks have a network of their own.
    """
    daemon = form.get("schedulingStrategy") == "DAEMON"
    said = {
        "replicas": None if daemon else service.get("desiredCount", 0),
        "capacity": _capacity(form),
        "platform": _platform(form),
        "network": _network(form) if awsvpc else {},
        "load_balancer": _load_balancers(form),
        "service_connect": _connect(form),
        "service_registries": form.get("serviceRegistries"),
        "vpc_lattice": form.get("vpcLatticeConfigurations"),
        "health": _grace(form),
        "placement": _placement(form),
        "rollout": _rollout(form, daemon=daemon),
        "execute_command": form.get("enableExecuteCommand") or None,
        "propagate_tags": _propagated(form),
    }
    return {name: value for name, value in said.items() if value not in (None, [], {})}


def _propagated(form: Fields) -> str | None:
    whose = str(form.get("propagateTags", "NONE")).lower()
    return None if whose == "service" else whose  # the spec's own default


def providers(form: Fields) -> tuple[str, ...]:
    """Names of the capacity providers that the spec must declare: all but Fargate's."""
    names = (str(item["capacityProvider"]) for item in form.get("capacityProviderStrategy", ()))
    return tuple(name for name in names if name not in FARGATE)


def _on_fargate(form: Fields) -> bool:
    return "capacityProviderStrategy" in form and not providers(form)


def _capacity(form: Fields) -> dict[str, Any]:
    strategy: Iterable[Fields] = form.get("capacityProviderStrategy", ())
    return {
        item["capacityProvider"]
        if item["capacityProvider"] in FARGATE
        else key_of(item["capacityProvider"]): {
            "weight": item.get("weight", 0),
            **({"base": item["base"]} if item.get("base") else {}),
        }
        for item in strategy
    }


def _platform(form: Fields) -> dict[str, Any]:
    version = form.get("platformVersion")
    return {"version": version} if _on_fargate(form) and version not in (None, "LATEST") else {}


def _network(form: Fields) -> dict[str, Any]:
    inner = form.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    said: dict[str, Any] = {}
    for word, field in (("subnets", "subnets"), ("security_groups", "securityGroups")):
        if inner.get(field):
            said[word] = list(inner[field])
    if _on_fargate(form) and inner.get("assignPublicIp") == "ENABLED":
        said["public_ip"] = True
    return said


def _load_balancers(form: Fields) -> list[dict[str, Any]]:
    balancers: list[Fields] = form.get("loadBalancers", [])
    if any(set(each) - _BALANCER_WORDS or "targetGroupArn" not in each for each in balancers):
        return []  # a Classic Load Balancer has no word
    return [_load_balancer(each) for each in balancers]


def _load_balancer(balancer: Fields) -> dict[str, Any]:
    shifting = balancer.get("advancedConfiguration") or {}
    said = {
        "target_group": balancer["targetGroupArn"],
        "container": balancer.get("containerName"),
        "port": balancer.get("containerPort"),
        "alternate_target_group": shifting.get("alternateTargetGroupArn"),
        "production_rule": shifting.get("productionListenerRule"),
        "test_rule": shifting.get("testListenerRule"),
        "role": shifting.get("roleArn"),
    }
    return {name: value for name, value in said.items() if value is not None}


def _connect(form: Fields) -> Any:
    connect = form.get("serviceConnectConfiguration", {})
    return connect if connect.get("enabled") else None


def _grace(form: Fields) -> dict[str, Any]:
    seconds = form.get("healthCheckGracePeriodSeconds", 0)
    return {"grace": format_duration(seconds)} if seconds else {}


def _placement(form: Fields) -> dict[str, Any]:
    said = {
        "strategies": list(form.get("placementStrategy", ())),
        "constraints": list(form.get("placementConstraints", ())),
    }
    return {name: value for name, value in said.items() if value}


def _rollout(form: Fields, *, daemon: bool) -> dict[str, Any]:
    rules = form.get("deploymentConfiguration", {})
    strategy = rules.get("strategy", "ROLLING").lower().replace("_", "-")
    rolling = strategy == "rolling"
    alarms = rules.get("alarms") or {}
    bake = rules.get("bakeTimeInMinutes")
    said = {
        "strategy": strategy,
        "minimum_healthy": None if daemon else rules.get("minimumHealthyPercent", 100),
        "maximum": None if daemon else rules.get("maximumPercent", 200),
        "linear": _linear(rules.get("linearConfiguration")),
        "canary": _canary(rules.get("canaryConfiguration")),
        "circuit_breaker": _breaker(rules.get("deploymentCircuitBreaker")) if rolling else None,
        "alarms": _alarms(alarms) if alarms.get("enable") else None,
        "bake": None if rolling or bake is None else format_duration(60 * bake),
        "availability_zone_rebalancing": None
        if daemon
        else form.get("availabilityZoneRebalancing") == "ENABLED",
    }
    return {name: value for name, value in said.items() if value is not None}


def _linear(steps: Fields | None) -> dict[str, Any] | None:
    if not steps:
        return None
    return {
        "step_percent": whole(steps.get("stepPercent", 10)),
        "step_bake": format_duration(60 * steps.get("stepBakeTimeInMinutes", 6)),
    }


def _canary(steps: Fields | None) -> dict[str, Any] | None:
    if not steps:
        return None
    return {
        "percent": whole(steps.get("canaryPercent", 5)),
        "bake": format_duration(60 * steps.get("canaryBakeTimeInMinutes", 10)),
    }


def _breaker(breaker: Fields | None) -> Any:
    if not breaker or not breaker.get("enable"):
        return False
    threshold = breaker.get("thresholdConfiguration") or {}
    said = {
        "rollback": None if breaker.get("rollback") else False,
        "reset_on_healthy_task": breaker.get("resetOnHealthyTask"),
        "threshold": {
            "type": threshold["type"].lower().replace("_", "-"),
            "value": threshold["value"],
        }
        if {"type", "value"} <= set(threshold)
        else None,
    }
    return {name: value for name, value in said.items() if value is not None} or True


def _alarms(alarms: Fields) -> Any:
    names = list(alarms.get("alarmNames", ()))
    return names if alarms.get("rollback") else {"names": names, "rollback": False}
