"""What AWS refuses about a deployment configuration (D13, D18, D20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.errors import invalid_parameter

Configuration = Mapping[str, Any]

DAY_IN_MINUTES = 1440


def check_deployment(spec: Mapping[str, Any]) -> None:
    """Check the deployment configuration of a service whose defaults are filled in.

    Raises:
        ServiceError: InvalidParameterException.
    """
    configuration = spec["deploymentConfiguration"]
    _check_percentages(configuration, daemon=spec["schedulingStrategy"] == "DAEMON")
    _check_circuit_breaker(configuration)
    _check_early_success(configuration)
    for hook in configuration.get("lifecycleHooks", ()):
        _check_hook(hook)
    if configuration["strategy"] != "ROLLING":
        _check_shifting(spec, configuration)
    _check_steps(configuration)


def _check_percentages(configuration: Configuration, *, daemon: bool) -> None:
    if daemon and configuration["maximumPercent"] > 100:
        raise invalid_parameter(
            "The daemon scheduling strategy does not support values above 100 for maximumPercent. "
            "Change the value and try again"
        )
    # The upper bound of maximumPercent is known from an emulator's captures only (O5).
    _check_range("maximumPercent", configuration["maximumPercent"], 100, 200)
    _check_range("minimumHealthyPercent", configuration["minimumHealthyPercent"], 0, 100)
    _check_range("bakeTimeInMinutes", configuration.get("bakeTimeInMinutes", 0), 0, DAY_IN_MINUTES)


def _check_circuit_breaker(configuration: Configuration) -> None:
    circuit_breaker = configuration["deploymentCircuitBreaker"]
    if circuit_breaker["enable"] and configuration["strategy"] != "ROLLING":
        raise invalid_parameter(
            "The deployment circuit breaker is only supported with the ROLLING deployment strategy."
        )
    threshold = circuit_breaker["thresholdConfiguration"]
    most = None if threshold["type"] == "COUNT" else 100
    _check_range("thresholdConfiguration.value", threshold["value"], 1, most)


def _check_early_success(configuration: Configuration) -> None:
    criteria = configuration.get("earlySuccessCriteria", {})
    if not criteria.get("enable"):
        return
    if configuration["strategy"] != "ROLLING":
        raise invalid_parameter(
            "earlySuccessCriteria is only supported with the ROLLING deployment strategy."
        )
    if not {"healthyPercent", "sourceServiceRevisionCleanup"} <= criteria.keys():
        raise invalid_parameter(
            "earlySuccessCriteria needs healthyPercent and sourceServiceRevisionCleanup."
        )
    least = configuration["minimumHealthyPercent"]
    _check_range("earlySuccessCriteria.healthyPercent", criteria["healthyPercent"], least, 100)


def _check_hook(hook: Mapping[str, Any]) -> None:
    if not hook.get("lifecycleStages"):
        raise invalid_parameter("lifecycleHooks.lifecycleStages can not be empty.")
    if hook["targetType"] == "AWS_LAMBDA" and not {"hookTargetArn", "roleArn"} <= hook.keys():
        raise invalid_parameter("A lifecycle hook needs hookTargetArn and roleArn.")


def _check_shifting(spec: Mapping[str, Any], configuration: Configuration) -> None:
    """Strategies that shift traffic need something to shift it with (D20)."""
    strategy = configuration["strategy"]
    if spec["schedulingStrategy"] == "DAEMON":
        raise invalid_parameter(
            f"The daemon scheduling strategy does not support the {strategy} deployment strategy."
        )
    if strategy == "BLUE_GREEN" and "bakeTimeInMinutes" not in configuration:
        raise invalid_parameter(
            "bakeTimeInMinutes must be specified with the BLUE_GREEN deployment strategy."
        )
    if spec.get("serviceConnectConfiguration", {}).get("enabled"):
        return
    needed = {"alternateTargetGroupArn", "productionListenerRule", "roleArn"}
    advanced = [item.get("advancedConfiguration", {}) for item in spec["loadBalancers"]]
    if not advanced or any(needed - item.keys() for item in advanced):
        raise invalid_parameter(
            f"The {strategy} deployment strategy needs a load balancer with an "
            "advancedConfiguration of alternateTargetGroupArn, productionListenerRule and roleArn, "
            "or Service Connect."
        )


_STEPS = (
    # strategy, structure, share of traffic, least share, wait
    ("LINEAR", "linearConfiguration", "stepPercent", 3.0, "stepBakeTimeInMinutes"),
    ("CANARY", "canaryConfiguration", "canaryPercent", 0.1, "canaryBakeTimeInMinutes"),
)


def _check_steps(configuration: Configuration) -> None:
    for strategy, structure, share, least, wait in _STEPS:
        steps = configuration.get(structure)
        if steps is None:
            continue
        if configuration["strategy"] != strategy:
            raise invalid_parameter(
                f"{structure} is only valid with the {strategy} deployment strategy."
            )
        _check_range(share, steps[share], least, 100.0)
        if abs(steps[share] * 10 - round(steps[share] * 10)) > 1e-6:
            raise invalid_parameter(f"{share} must be a multiple of 0.1")
        _check_range(wait, steps[wait], 0, DAY_IN_MINUTES)


def _check_range(name: str, value: float, least: float, most: float | None) -> None:
    if value < least:
        raise invalid_parameter(f"{name} must be at least {least}")
    if most is not None and value > most:
        raise invalid_parameter(f"{name} must be at most {most}")
