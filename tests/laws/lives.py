"""The lives of specs, from the first deploy to the destroy, and what each command leaves.

A life that meets faults has to come to what the undisturbed one came to, command by command; so
the next command can follow it, with a fault of its own.
"""

from __future__ import annotations

import functools
import gc
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec
from tests.laws.contents import contents
from tests.laws.world import CONFIGS, QUICK, Account, Kill, Run, config

SPECS: Mapping[str, Spec] = {
    **CONFIGS,
    # Its instances come one after another; twenty looks at each of them would tell the same.
    "spot-with-base": config(
        "spot-with-base",
        "capacity.on-demand.instance_warmup=1m",
        "capacity.spot-gpu.instance_warmup=1m",
    ),
}

CHANGED: Mapping[str, Spec] = {
    "quickstart": config(
        "quickstart",
        f"services.llm.image={furniture.VLLM}:v2",
        "services.llm.replicas=3",
        "services.llm.logs.retention_days=7",
        "capacity.gpu.target_capacity=90",
        "cluster.insights=enabled",
        "tags.team=inference",
    ),
    "vllm-gpu": config(
        "vllm-gpu",
        f"services.llm.image={furniture.VLLM}:v2",
        "services.llm.capacity.gpu.weight=2",
        "services.llm.scaling.max=14",
        "services.llm.scaling.requests_per_replica=500",
        "services.llm.rollout.maximum=200",
    ),
}
"""What some of the specs become later in their lives."""


EMPTYING = "destroy, emptying groups"


class Undisturbed(NamedTuple):
    """A command that met no fault, on what the commands before it had made.

    Attributes:
        writes: the operations that it wrote with, in order.
        contents: what was in the account afterwards.
        groups: the sizes of the spec's Auto Scaling groups then.
    """

    writes: list[str]
    contents: dict[str, Any]
    groups: list[Any]


def commands(name: str) -> tuple[str, ...]:
    """What can happen in the life of a spec, which ends with either way to destroy it."""
    change = ("change",) if name in CHANGED else ()
    emptying = (EMPTYING,) if group_names(name) else ()
    return ("deploy", *change, "destroy", *emptying)


def before(name: str, command: str) -> tuple[str, ...]:
    """What has happened when the command is run."""
    return tuple(itertools.takewhile(lambda each: each not in {command, "destroy"}, commands(name)))


def group_names(name: str) -> list[str]:
    """The Auto Scaling groups of a spec."""
    capacity = SPECS[name].capacity.values()
    return [each.auto_scaling_group for each in capacity if each.auto_scaling_group]


def account(scenario: Scenario = QUICK) -> Account:
    """An account whose load balancer lets go at once: a minute's draining is many equal looks."""
    made = Account(scenario)
    for group in (furniture.IP_TARGETS, furniture.INSTANCE_TARGETS):
        made.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}],
        )
    return made


def run(where: Account, name: str, command: str, kill: Kill | None = None) -> Run:
    """One command."""
    if command == "deploy":
        return where.deploy(SPECS[name], kill=kill)
    spec = CHANGED.get(name, SPECS[name])
    if command == "change":
        return where.deploy(spec, kill=kill)
    return where.destroy(spec, kill=kill, scale_groups_to_zero=command == EMPTYING)


@functools.cache
def undisturbed(name: str, command: str) -> Undisturbed:
    """What all other lives must come to."""
    where = account()
    for earlier in before(name, command):
        run(where, name, earlier)
    done = run(where, name, command)
    assert (done.status, done.error) == ("done", "")
    assert list(unfinished(where)) == []
    found = Undisturbed(done.writes, contents(where), groups(where, name))
    # What is loaded by now stays: to look through it for garbage takes a third of a life.
    gc.collect()
    gc.freeze()
    return found


def require_undisturbed(where: Account, name: str, command: str, what: object) -> None:
    """The command, met by `what`, has come to its goal, and has nothing to do there."""
    require_as_undisturbed(where, name, command, what)
    last = run(where, name, command)
    assert (last.status, last.writes) == ("nothing-to-do", []), what


def require_as_undisturbed(where: Account, name: str, command: str, what: object) -> None:
    """The command, met by `what`, has come to its goal: nothing is left, nothing is there twice."""
    assert list(unfinished(where)) == [], what
    wanted = undisturbed(name, command)
    assert contents(where) == wanted.contents, what
    assert groups(where, name) == wanted.groups, what


def groups(where: Account, name: str) -> list[Any]:
    """The least and the wanted size of each of the spec's Auto Scaling groups, and its instances."""
    client, names = where.client("autoscaling"), group_names(name)
    if not names:
        return []
    answer = client.describe_auto_scaling_groups(AutoScalingGroupNames=names)
    return [
        (
            each["AutoScalingGroupName"],
            each["MinSize"],
            each["DesiredCapacity"],
            len(each["Instances"]),
        )
        for each in answer["AutoScalingGroups"]
    ]


def unfinished(where: Account) -> Iterator[str]:
    """What is still on its way: a command that waited leaves nothing of the sort."""
    world = where.sandbox.world
    for service in world.services.values():
        if service.status == "DRAINING":
            yield f"{service.name} is draining"
        if service.status == "ACTIVE" and service.history[0].state != "SUCCESSFUL":
            yield f"{service.name} is rolling"
    for provider in world.capacity_providers.values():
        if provider.update_status.endswith("_IN_PROGRESS"):
            yield f"{provider.name} is being changed"
    for cluster in world.clusters.values():
        if cluster.attachments_status == "UPDATE_IN_PROGRESS":
            yield f"{cluster.name} is being changed"
