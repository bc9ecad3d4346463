"""What is refused of task definitions and of tasks run by hand."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.requests import container, definition, fargate_definition
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld
from tests.sandbox.messages.provoking import provokes

ONE_GPU = [{"type": "GPU", "value": "1"}]
BUCKETS = Scenario(api_buckets=True)


def impatient(services: ServiceWorld) -> Any:
    """A client that does not repeat what was throttled."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return services.sandbox.session().client("ecs", config=config)


def inactive(services: ServiceWorld) -> str:
    arn = services.register("old")
    services.ecs.deregister_task_definition(taskDefinition=arn)
    return arn


@provokes("tags can not be empty", "RegisterTaskDefinition")
def _no_tags(services: ServiceWorld) -> Any:
    return services.ecs.register_task_definition(**definition(), tags=[])


@provokes("no fargate configuration exists for given values", "RegisterTaskDefinition")
def _sizes_that_fargate_lacks(services: ServiceWorld) -> Any:
    return services.ecs.register_task_definition(**fargate_definition(cpu="256", memory="9999"))


@provokes("do not support gpu resource requirements", "RegisterTaskDefinition")
def _gpu_on_fargate(services: ServiceWorld) -> Any:
    request = fargate_definition(container(resourceRequirements=ONE_GPU))
    return services.ecs.register_task_definition(**request)


@provokes("unable to describe task definition", "DescribeTaskDefinition")
def _describe_a_family_without_an_active_revision(services: ServiceWorld) -> Any:
    inactive(services)
    return services.ecs.describe_task_definition(taskDefinition="old")


@provokes("taskdefinition is inactive", "RunTask")
def _run_an_inactive_revision(services: ServiceWorld) -> Any:
    return services.ecs.run_task(cluster=CLUSTER, taskDefinition=inactive(services))


@provokes("taskdefinition not found", "RunTask")
def _run_what_is_not_there(services: ServiceWorld) -> Any:
    return services.ecs.run_task(cluster=CLUSTER, taskDefinition="never")


@provokes("rate exceeded", "RegisterTaskDefinition", scenario=BUCKETS)
def _register_in_a_burst(services: ServiceWorld) -> Any:
    client = impatient(services)
    return [client.register_task_definition(**definition()) for _ in range(21)]


@provokes("rate exceeded", "DescribeServices", scenario=BUCKETS)
def _describe_in_a_burst(services: ServiceWorld) -> Any:
    client = impatient(services)
    return [client.describe_services(cluster=CLUSTER, services=["web"]) for _ in range(101)]
