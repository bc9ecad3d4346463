"""The lives of specs, from the first deploy to the destroy, and what each command leaves.

A life that meets faults has to come to what the undisturbed one came to, command by command; so
the next command can follow it, with a fault of its own.
"""

from __future__ import annotations

import functools
import gc
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ecsinfer.aws.gateway import Sent
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


class Undisturbed(NamedTuple):
    """A life without faults.

    Attributes:
        writes: the operations that each command wrote with, in order.
        requests: all that each command asked or wrote, in order.
        contents: what was in the account after each.
    """

    writes: dict[str, list[str]]
    requests: dict[str, list[Sent]]
    contents: dict[str, dict[str, Any]]


def commands(name: str) -> tuple[str, ...]:
    """What happens in the life of a spec."""
    return ("deploy", "change", "destroy") if name in CHANGED else ("deploy", "destroy")


def through(name: str, wanted: Collection[str]) -> tuple[str, ...]:
    """The commands up to the last wanted one: what comes after it tells nothing more."""
    reversed_life = itertools.dropwhile(lambda each: each not in wanted, commands(name)[::-1])
    return tuple(reversed_life)[::-1]


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
    return where.destroy(spec, kill=kill) if command == "destroy" else where.deploy(spec, kill=kill)


@functools.cache
def undisturbed(name: str) -> Undisturbed:
    """The life of a spec that all others must come to."""
    where = account()
    life = Undisturbed({}, {}, {})
    for command in commands(name):
        done = run(where, name, command)
        assert list(unfinished(where)) == []
        life.writes[command] = done.writes
        life.requests[command] = done.door.log
        life.contents[command] = contents(where)
    # What is loaded by now stays: to look through it for garbage takes a third of a life.
    gc.collect()
    gc.freeze()
    return life


def require_undisturbed(where: Account, name: str, command: str, what: object) -> None:
    """The command, met by `what`, has come to its goal: nothing is left, nothing is there twice."""
    assert list(unfinished(where)) == [], what
    assert contents(where) == undisturbed(name).contents[command], what
    last = run(where, name, command)
    assert (last.status, last.writes) == ("nothing-to-do", []), what


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
