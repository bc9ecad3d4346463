"""One service: a container with its side-cars, where it runs, who reaches it, how it rolls out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from ecsinfer.spec.capacity import StrategyItem
from ecsinfer.spec.container import (
    Container,
    Health,
    PortNumber,
    Resources,
    Sidecar,
    Volume,
)
from ecsinfer.spec.fields import Flag, Mebibytes, Raw, Section, Tags, Words
from ecsinfer.spec.rollout import Rollout
from ecsinfer.spec.scaling import Replicas, Scaling


class Roles(Section):
    """IAM roles of the tasks."""

    execution: Words | None = Field(
        None,
        description="ARN of the role with which ECS pulls images, reads secrets and writes logs.",
    )
    task: Words | None = Field(None, description="ARN of the role that the containers have.")


class Network(Section):
    """How tasks are connected."""

    mode: Literal["awsvpc", "bridge", "host", "none"] = Field(
        "awsvpc", description="Network mode; awsvpc gives each task its own address."
    )
    subnets: Annotated[tuple[Words, ...], Field(max_length=16)] = Field(
        (), description="Ids of the tasks' subnets, in awsvpc mode."
    )
    security_groups: Annotated[tuple[Words, ...], Field(max_length=5)] = Field(
        (), description="Ids of the tasks' security groups; the VPC's default group otherwise."
    )
    public_ip: Flag = Field(False, description="Whether tasks get a public address; Fargate only.")


class LoadBalancer(Section):
    """A target group that the tasks are registered with."""

    target_group: Words = Field(
        description="ARN of the target group; type ip in awsvpc mode, instance otherwise."
    )
    container: Words | None = Field(
        None, description="Container that gets the traffic; the service's own otherwise."
    )
    port: PortNumber | None = Field(
        None, description="Port in that container; its first one otherwise."
    )
    alternate_target_group: Words | None = Field(
        None, description="ARN of the other target group, for blue-green, linear and canary."
    )
    production_rule: Words | None = Field(
        None, description="ARN of the listener (rule) of the production traffic."
    )
    test_rule: Words | None = Field(
        None, description="ARN of the listener (rule) of the test traffic."
    )
    role: Words | None = Field(
        None, description="ARN of the role with which ECS moves the traffic."
    )


class Logs(Section):
    """Where the containers' output goes: CloudWatch Logs."""

    enabled: Flag = Field(True, description="Whether the containers log to CloudWatch Logs.")
    group: Annotated[Words, Field(max_length=512)] | None = Field(
        None, description="Log group; `/ecsinfer/<application>/<service>` otherwise."
    )
    existing: Flag = Field(
        False, description="Somebody else manages the group: never create or change it."
    )
    retention_days: int | None = Field(
        None, description="Days that AWS keeps the logs; for ever, or as it is, otherwise."
    )
    stream_prefix: Words | None = Field(
        None, description="First part of the log streams' names; the service's key otherwise."
    )
    mode: Literal["non-blocking", "blocking"] = Field(
        "non-blocking",
        description="What happens when logs cannot be sent: lines are dropped, or the container "
        "waits.",
    )
    buffer: Annotated[Mebibytes, Field(ge=1)] = Field(
        25, description="Memory for lines not sent yet, in non-blocking mode."
    )


class PlacementStrategy(Section):
    """Which instance a task is placed on."""

    type: Literal["spread", "binpack", "random"] = Field(description="How instances are chosen.")
    field: Words | None = Field(
        None,
        description="What to spread over (attribute:ecs.availability-zone, instanceId) or to pack "
        "by (cpu, memory).",
    )


class PlacementConstraint(Section):
    """Which instances a task may be placed on."""

    type: Literal["memberOf", "distinctInstance"] = Field(
        "memberOf", description="Instances that match, or one task per instance."
    )
    expression: Words | None = Field(
        None, description="In the cluster query language: attribute:ecs.instance-type == g6e.xlarge"
    )


def _constraints(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [{"expression": item} if isinstance(item, str) else item for item in value]


Constraints: TypeAlias = Annotated[
    tuple[PlacementConstraint, ...],
    BeforeValidator(_constraints, json_schema_input_type=tuple[PlacementConstraint | str, ...]),
    Field(max_length=10),
]


class Placement(Section):
    """How tasks are placed on instances; not on Fargate."""

    strategies: Annotated[tuple[PlacementStrategy, ...], Field(max_length=5)] = Field(
        (), description="Strategies, applied in this order."
    )
    constraints: Constraints = Field((), description="Constraints: expressions or mappings.")


class Platform(Section):
    """What the tasks are built for."""

    cpu_architecture: Literal["x86_64", "arm64"] = Field(
        "x86_64", description="Architecture of the images."
    )
    version: Words | None = Field(
        None, description="Fargate platform version, LATEST otherwise; Fargate only."
    )


class Overrides(Section):
    """Fields of the AWS API in its own names, merged last; null removes a field."""

    task_definition: Raw = Field(
        default_factory=dict,
        description="Fields of RegisterTaskDefinition; family and tags have keys of their own.",
    )
    container: Raw = Field(
        default_factory=dict, description="Fields of the container definition of the service's own."
    )
    service: Raw = Field(
        default_factory=dict,
        description="Fields of CreateService; names, count and tags have keys of their own.",
    )
    scaling_policies: Mapping[str, Raw] = Field(
        default_factory=dict,
        description="More scaling policies, by their names: PolicyType and the configuration of "
        "PutScalingPolicy.",
    )


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


def _switched(value: Any) -> Any:
    return {"enabled": value} if isinstance(value, bool) else value


def _strategy_items(value: Any) -> Any:
    # `capacity: {gpu: }` means gpu with the default weight.
    if not isinstance(value, Mapping):
        return value
    return {key: {} if item is None else item for key, item in value.items()}


LoadBalancers: TypeAlias = Annotated[
    tuple[LoadBalancer, ...],
    BeforeValidator(_one_or_more, json_schema_input_type=tuple[LoadBalancer, ...] | LoadBalancer),
    Field(max_length=5),
]
Strategy: TypeAlias = Annotated[
    Mapping[str, StrategyItem],
    BeforeValidator(_strategy_items, json_schema_input_type=Mapping[str, StrategyItem | None]),
    Field(max_length=20),
]
LogSettings: TypeAlias = Annotated[
    Logs, BeforeValidator(_switched, json_schema_input_type=Logs | bool)
]


# The loader has put the file's content in the place of its name.
TaskDefinition: TypeAlias = Annotated[
    Raw, BeforeValidator(lambda value: value, json_schema_input_type=Raw | str)
]


class Service(Container):
    """One ECS service."""

    name: Words | None = Field(None, description="Name of the service; its key otherwise.")
    family: Words | None = Field(
        None, description="Family of its task definition; `<application>-<key>` otherwise."
    )
    container: Words | None = Field(
        None, description="Name of its own container; its key otherwise."
    )
    task_definition: TaskDefinition | None = Field(
        None,
        description="An existing task definition in API form, or the file that holds one; used as "
        "it is but for the images.",
    )
    images: Mapping[str, Words] = Field(
        default_factory=dict,
        description="Images by container name, to replace those of `task_definition`.",
    )
    port: PortNumber | None = Field(None, description="The one port that it serves on.")
    resources: Resources = Field(default_factory=Resources, description="What a task may use.")
    health: Health = Field(
        default_factory=Health, description="When it serves, how it starts and stops."
    )
    roles: Roles = Field(
        default_factory=Roles, description="Roles that ECS and the containers have."
    )
    network: Network = Field(
        default_factory=Network, description="Network mode, subnets and security groups."
    )
    load_balancer: LoadBalancers = Field(
        (), description="The target group, or several, that tasks are registered with."
    )
    service_connect: Raw | None = Field(
        None, description="serviceConnectConfiguration in API form."
    )
    service_registries: tuple[Raw, ...] = Field(
        (), description="serviceRegistries (AWS Cloud Map) in API form."
    )
    vpc_lattice: tuple[Raw, ...] = Field((), description="vpcLatticeConfigurations in API form.")
    capacity: Strategy = Field(
        default_factory=dict,
        description="Where tasks run: keys of the top-level `capacity`, FARGATE or FARGATE_SPOT. "
        "The only capacity there is otherwise.",
    )
    replicas: Replicas | None = Field(
        None, description="How many tasks run, 1 otherwise; not together with `scaling`."
    )
    scaling: Scaling | None = Field(None, description="Limits and targets of automatic scaling.")
    rollout: Rollout = Field(
        default_factory=Rollout, description="How deployments proceed, and what stops them."
    )
    logs: LogSettings = Field(
        default_factory=Logs, description="Where the containers' output goes; false for nowhere."
    )
    sidecars: Mapping[str, Sidecar] = Field(
        default_factory=dict, description="More containers of the task, by name."
    )
    volumes: Mapping[str, Volume] = Field(
        default_factory=dict, description="Volumes of the task, by name."
    )
    placement: Placement = Field(
        default_factory=Placement, description="How tasks are placed on instances."
    )
    platform: Platform = Field(
        default_factory=Platform, description="Architecture and platform version."
    )
    execute_command: Flag = Field(
        False, description="Whether ECS Exec works; the task role must allow it."
    )
    tags: Tags = Field(default_factory=dict, description="Tags of the service and its revisions.")
    propagate_tags: Literal["service", "task_definition", "none"] = Field(
        "service", description="Whose tags the tasks get."
    )
    overrides: Overrides = Field(
        default_factory=Overrides, description="Fields of the AWS API, merged last."
    )
