"""How many replicas a service has: Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ecsinfer.spec.fields import Count, Duration, Flag, Number, Raw, Section, Text, Words

Percent: TypeAlias = Annotated[Number, Field(gt=0, le=100)]
Replicas: TypeAlias = Annotated[Count, Field(ge=0, le=5000)]


class CustomMetric(Section):
    """A CloudWatch metric that scaling keeps at a target."""

    name: Words | None = Field(
        None, description="Name of the policy; `ecsinfer.<application>.metric-<key>` otherwise."
    )
    target: Annotated[Number, Field(gt=0)] = Field(description="Value that scaling aims at.")
    namespace: Words | None = Field(None, description="Namespace of the metric.")
    metric: Words | None = Field(None, description="Name of the metric.")
    dimensions: Mapping[str, Text] = Field(
        default_factory=dict, description="Dimensions of the metric."
    )
    statistic: Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"] = Field(
        "Average", description="Statistic of the metric."
    )
    unit: Words | None = Field(None, description="Unit of the metric.")
    metrics: tuple[Raw, ...] = Field(
        (), description="Metric maths in the API's form, in place of a single metric."
    )


class ScheduledAction(Section):
    """New limits at a time."""

    name: Words | None = Field(
        None, description="Name of the action; `ecsinfer.<application>.<key>` otherwise."
    )
    schedule: Words = Field(
        description="When: cron(0 8 ? * MON-FRI *), rate(1 day) or at(2030-01-31T08:00:00)."
    )
    timezone: Words = Field("UTC", description="Time zone of the schedule.")
    min: Replicas | None = Field(None, description="Fewest replicas from then on.")
    max: Replicas | None = Field(None, description="Most replicas from then on.")
    start: Words | None = Field(None, description="First time it applies, in ISO 8601.")
    end: Words | None = Field(None, description="Last time it applies, in ISO 8601.")


class Suspended(Section):
    """What scaling does not do for now; what is not said is left as operators set it."""

    scale_in: Flag | None = Field(None, description="Whether scale-in is suspended.")
    scale_out: Flag | None = Field(None, description="Whether scale-out is suspended.")
    scheduled: Flag | None = Field(None, description="Whether scheduled actions are suspended.")


class PolicyNames(Section):
    """Names of policies that were there before; `ecsinfer.<application>.<key>` otherwise."""

    cpu: Words | None = Field(None, description="Name of the policy for `cpu`.")
    memory: Words | None = Field(None, description="Name of the policy for `memory`.")
    requests: Words | None = Field(
        None, description="Name of the policy for `requests_per_replica`."
    )


class Scaling(Section):
    """Limits of the number of replicas, and what moves it between them."""

    min: Replicas = Field(description="Fewest replicas.")
    max: Replicas = Field(description="Most replicas.")
    cpu: Percent | None = Field(None, description="Average CPU use to keep, in percent.")
    memory: Percent | None = Field(None, description="Average memory use to keep, in percent.")
    requests_per_replica: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="Requests per minute and replica to keep; needs a load balancer."
    )
    metrics: Mapping[str, CustomMetric] = Field(
        default_factory=dict, description="CloudWatch metrics to keep at a target, by a name."
    )
    scale_in_cooldown: Duration = Field(
        300, description="Time after a scale-in until the next one."
    )
    scale_out_cooldown: Duration = Field(
        300, description="Time after a scale-out until the next one."
    )
    scale_in: Flag = Field(True, description="Whether the targets above remove replicas, too.")
    scheduled: Mapping[str, ScheduledAction] = Field(
        default_factory=dict, description="New limits at certain times, by a name."
    )
    policy_names: PolicyNames = Field(
        default_factory=PolicyNames,
        description="Names of policies that somebody else made: they are changed, never deleted.",
    )
    suspended: Suspended = Field(
        default_factory=Suspended, description="What scaling does not do for now."
    )
