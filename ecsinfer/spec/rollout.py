"""How a new revision replaces the old one."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from ecsinfer.spec.fields import Count, Duration, Flag, Number, Raw, Section, Words


class BreakerThreshold(Section):
    """How many failed tasks stop a deployment."""

    type: Literal["count", "bounded-percent", "unbounded-percent"] = Field(
        "bounded-percent",
        description="A count of tasks, or percent of the replicas, bounded to 3..200 tasks or not.",
    )
    value: Annotated[Count, Field(ge=1)] = Field(50, description="The count or the percent.")


class CircuitBreaker(Section):
    """What stops a deployment whose tasks keep failing."""

    enable: Flag = Field(True, description="Whether failing tasks stop the deployment.")
    rollback: Flag = Field(True, description="Whether the old revision is brought back.")
    threshold: BreakerThreshold | None = Field(
        None, description="How many failed tasks stop it; half of the replicas otherwise."
    )
    reset_on_healthy_task: Flag | None = Field(
        None, description="Whether a healthy task sets the count of failures back to 0."
    )


class Alarms(Section):
    """CloudWatch alarms that fail a deployment."""

    names: tuple[Words, ...] = Field(description="Names of the alarms.")
    rollback: Flag = Field(True, description="Whether the old revision is brought back.")


class Linear(Section):
    """Traffic that moves in equal steps."""

    step_percent: Annotated[Number, Field(ge=3, le=100)] = Field(
        10, description="Traffic that each step moves."
    )
    step_bake: Annotated[Duration, Field(le=86400)] = Field(
        360, description="Time between two steps, in whole minutes."
    )


class Canary(Section):
    """A small share of the traffic first, then all of it."""

    percent: Annotated[Number, Field(ge=0.1, le=100)] = Field(
        5, description="Traffic that moves first."
    )
    bake: Annotated[Duration, Field(le=86400)] = Field(
        600, description="Time until the rest moves, in whole minutes."
    )


class Hook(Section):
    """What happens at a stage of a deployment: a function is asked, or it pauses."""

    type: Literal["lambda", "pause"] = Field(
        "lambda", description="Whether a function decides, or an operator continues."
    )
    function: Words | None = Field(None, description="ARN of the Lambda function.")
    role: Words | None = Field(None, description="ARN of the role that may invoke it.")
    stages: Annotated[tuple[Words, ...], Field(min_length=1)] = Field(
        description="Stages in AWS's names, such as POST_TEST_TRAFFIC_SHIFT."
    )
    details: Raw = Field(default_factory=dict, description="What the function is given.")
    timeout: Duration | None = Field(None, description="How long it may take, in whole minutes.")
    on_timeout: Literal["rollback", "continue"] | None = Field(
        None, description="What happens when it takes longer."
    )


class EarlySuccess(Section):
    """When a rolling deployment counts as successful before the last task is replaced."""

    healthy_percent: Annotated[Count, Field(ge=1, le=100)] = Field(
        100, description="Healthy new tasks, in percent of the replicas."
    )
    cleanup: Literal["blocking", "deferred"] = Field(
        "blocking", description="Whether success waits for the old tasks to end."
    )


def _breaker(value: Any) -> Any:
    return {"enable": value} if isinstance(value, bool) else value


def _alarms(value: Any) -> Any:
    return {"names": value} if isinstance(value, list | tuple) else value


Breaker: TypeAlias = Annotated[
    CircuitBreaker, BeforeValidator(_breaker, json_schema_input_type=CircuitBreaker | bool)
]
AlarmList: TypeAlias = Annotated[
    Alarms, BeforeValidator(_alarms, json_schema_input_type=Alarms | tuple[Words, ...])
]


class Rollout(Section):
    """How a new revision replaces the old one."""

    strategy: Literal["rolling", "blue-green", "linear", "canary"] = Field(
        "rolling", description="How tasks, or traffic, move to the new revision."
    )
    minimum_healthy: Annotated[Count, Field(ge=0, le=100)] = Field(
        100, description="Tasks that must keep running, in percent of the replicas, rounded up."
    )
    maximum: Annotated[Count, Field(ge=100, le=200)] = Field(
        200, description="Tasks that may run at once, in percent of the replicas, rounded down."
    )
    circuit_breaker: Breaker = Field(
        default_factory=CircuitBreaker,
        description="What stops a rolling deployment whose tasks keep failing; false for nothing.",
    )
    alarms: AlarmList = Field(
        default=Alarms(names=()),
        description="CloudWatch alarms that fail a deployment: a list of names, or a mapping.",
    )
    bake: Annotated[Duration, Field(le=86400)] | None = Field(
        None,
        description="Time, in whole minutes, that the old revision is kept once all traffic moved.",
    )
    linear: Linear | None = Field(None, description="Steps of the linear strategy.")
    canary: Canary | None = Field(None, description="Steps of the canary strategy.")
    hooks: tuple[Hook, ...] = Field((), description="Functions and pauses at certain stages.")
    early_success: EarlySuccess | None = Field(
        None, description="When a rolling deployment counts as successful early."
    )
    availability_zone_rebalancing: Flag | None = Field(
        None,
        description="Whether ECS moves tasks to balance zones; on where AWS allows it otherwise.",
    )
