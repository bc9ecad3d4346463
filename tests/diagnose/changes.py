"""What is odd in an account, and what puts it right: changes made to it between two deploys."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Scenario
from tests.diagnose.trouble import Trouble


def nothing(_: Trouble) -> None:
    """The account is as it is furnished, and the advice is in the spec alone."""


def healthy(trouble: Trouble) -> None:
    """What was missing, broken or forbidden is in order now."""
    trouble.behave(Scenario())


def healthy_instances(trouble: Trouble) -> None:
    """The same, and new instances that were made after that."""
    healthy(trouble)
    trouble.replace_instances()


def resize(group: str = furniture.GPU_GROUP, **sizes: Any) -> Callable[[Trouble], None]:
    """Another size, or other subnets, of a group."""
    return lambda trouble: trouble.resize(group, **sizes)


def launches(**data: Any) -> Callable[[Trouble], None]:
    """Another launch template of the GPU group, and new instances by it."""

    def change(trouble: Trouble) -> None:
        trouble.launch(**data)
        trouble.replace_instances()

    return change


def user_data(text: str) -> str:
    """User data as a launch template has it."""
    return base64.b64encode(text.encode()).decode()


def join_default(trouble: Trouble) -> None:
    """There is a cluster ``default``, which instances join whose user data names none."""
    trouble.client("ecs").create_cluster(clusterName="default")
    trouble.launch(UserData=user_data("#!/bin/bash"))


def balanced_in(*subnets: str) -> Callable[[Trouble], None]:
    """The load balancer is enabled in these subnets' zones."""

    def change(trouble: Trouble) -> None:
        trouble.client("elbv2").set_subnets(
            LoadBalancerArn=furniture.LOAD_BALANCER, Subnets=list(subnets)
        )

    return change


def protect(*, enabled: bool) -> Callable[[Trouble], None]:
    """Scale-in protection of all tasks."""

    def change(trouble: Trouble) -> None:
        ecs = trouble.client("ecs")
        tasks = ecs.list_tasks(cluster="inference")["taskArns"]
        ecs.update_task_protection(cluster="inference", tasks=tasks, protectionEnabled=enabled)

    return change


def alarm(*, after: float) -> Callable[[Trouble], None]:
    """An alarm that goes off after so many seconds."""

    def change(trouble: Trouble) -> None:
        trouble.client("cloudwatch").put_metric_alarm(
            AlarmName="p99",
            Namespace="llm",
            MetricName="latency",
            Statistic="Average",
            ComparisonOperator="GreaterThanThreshold",
            Threshold=2.0,
            Period=60,
            EvaluationPeriods=3,
        )
        trouble.sandbox.clock.after(after, lambda: _set_alarm(trouble, "ALARM"))

    return change


def alarm_ends(trouble: Trouble) -> None:
    """What the alarm measures is in order again."""
    _set_alarm(trouble, "OK")


def _set_alarm(trouble: Trouble, state: str) -> None:
    trouble.client("cloudwatch").set_alarm_state(
        AlarmName="p99", StateValue=state, StateReason="the test says so"
    )
    trouble.note(f"p99 is in {state}")
