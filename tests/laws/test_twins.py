"""What is created and not yet to be seen, or started anew by force, is there once all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import ImageBehaviour
from tests.laws.contents import contents
from tests.laws.faults import KINDS, fault
from tests.laws.lives import SPECS, account, require_undisturbed, run, undisturbed, unfinished
from tests.laws.world import QUICK, Account, Door, Kill, KilledError, config

SLOW_NEWS = replace(QUICK, describe_lag=8)
"""What was created is to be seen only after a second look for a lost answer would have been."""

BREAKS = config(
    "quickstart", "services.llm.rollout.circuit_breaker={enable: true, rollback: false}"
)


def creates(name: str) -> list[tuple[str, int]]:
    """The writes of a deploy whose result is seen late, each with its number of that operation."""
    seen: list[str] = []
    found = []
    for operation in undisturbed(name, "deploy").writes:
        seen.append(operation)
        if operation in {"CreateCluster", "CreateCapacityProvider", "CreateService"}:
            found.append((operation, seen.count(operation)))
    return found


def kill_after(operation: str, nth: int = 1) -> Kill:
    """Ends the process once that write was answered."""

    def kill(door: Door, now: str) -> None:
        sent = [call.operation for call in door.executed]
        if now == "written" and sent[-1] == operation and sent.count(operation) == nth:
            raise KilledError

    return kill


@pytest.mark.rule("0.9", "A1", "D2", "I7")
@pytest.mark.parametrize("name", SPECS)
def test_killed_before_its_create_was_to_be_seen_nothing_is_made_twice(name: str) -> None:
    for operation, nth in creates(name):
        where = account(SLOW_NEWS)
        assert run(where, name, "deploy", kill_after(operation, nth)).status == "killed"
        again = run(where, name, "deploy")
        assert again.error == "", (operation, nth)
        require_undisturbed(where, name, "deploy", (operation, nth))


@pytest.mark.rule("0.9", "A1", "D2", "I7")
@pytest.mark.parametrize("name", SPECS)
def test_a_create_whose_answer_is_lost_may_not_be_to_be_seen_yet(name: str) -> None:
    for operation, nth in creates(name):
        where = account(SLOW_NEWS)
        where.sandbox.faults.add(fault("lost", operation, nth))
        met = run(where, name, "deploy")
        assert (met.status, met.error) == ("done", ""), (operation, nth)
        require_undisturbed(where, name, "deploy", (operation, nth))


def given_up() -> Account:
    """An account with a service whose only deployment has failed, and whose image is mended."""
    where = account(replace(QUICK, images=((f"{furniture.VLLM}*", ImageBehaviour("crash")),)))
    assert where.deploy(BREAKS).status == "failed"
    where.sandbox.behave(QUICK)
    return where


def deployments(where: Account) -> Any:
    """The states of the deployments of the only service."""
    (states,) = contents(where)["deployments"].values()
    return states


@pytest.mark.rule("I7", "D4")
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_deployment_is_forced_once_whatever_befalls_the_call(kind: str) -> None:
    where = given_up()
    where.sandbox.faults.add(fault(kind, "UpdateService", 1))
    met = where.deploy(BREAKS)
    assert (met.status, met.error) == ("done", "")
    assert deployments(where) == ["SUCCESSFUL", "STOPPED"]
    assert where.deploy(BREAKS).writes == []


@pytest.mark.rule("I7", "D4")
def test_a_new_deployment_that_was_forced_before_the_kill_is_waited_for() -> None:
    where = given_up()
    assert where.deploy(BREAKS, kill=kill_after("UpdateService")).status == "killed"
    again = where.deploy(BREAKS)
    assert (again.status, again.writes) == ("done", [])
    assert list(unfinished(where)) == []
    assert deployments(where) == ["SUCCESSFUL", "STOPPED"]


def borrowed(where: Account, seconds: float) -> Kill:
    """Somebody has the provider on a cluster of theirs just before it is deleted, for a while."""
    ecs = where.client("ecs")

    def put(providers: list[str]) -> None:
        ecs.put_cluster_capacity_providers(
            cluster="theirs", capacityProviders=providers, defaultCapacityProviderStrategy=[]
        )

    def borrow(door: Door, now: str) -> None:
        if now == "write" and door.executed[-1].operation == "DeleteCapacityProvider":
            ecs.create_cluster(clusterName="theirs")
            put(["quickstart-gpu"])
            where.sandbox.clock.sleep(5)  # until it is associated
            where.sandbox.clock.after(seconds, lambda: put([]))

    return borrow


@pytest.mark.rule("B12", "I7")
def test_a_delete_that_failed_with_a_good_status_is_repeated_until_nobody_has_the_provider() -> (
    None
):
    where = account()
    run(where, "quickstart", "deploy")
    met = where.destroy(SPECS["quickstart"], kill=borrowed(where, 30))
    assert (met.status, met.error) == ("done", "")
    assert met.writes.count("DeleteCapacityProvider") > 1
    assert "quickstart-gpu" not in providers(where)


@pytest.mark.rule("B12", "I7")
def test_a_delete_that_failed_before_the_kill_is_sent_again_by_the_next_run() -> None:
    where = account()
    run(where, "quickstart", "deploy")

    def die() -> None:
        assert providers(where)["quickstart-gpu"] == "DELETE_FAILED"
        raise KilledError

    def kill(door: Door, now: str) -> None:
        borrow(door, now)
        if now == "write" and door.executed[-1].operation == "DeleteCapacityProvider":
            where.sandbox.clock.after(3, die)

    borrow = borrowed(where, 1)
    assert where.destroy(SPECS["quickstart"], kill=kill).status == "killed"
    again = where.destroy(SPECS["quickstart"])
    assert (again.status, again.error) == ("done", "")
    assert "quickstart-gpu" not in providers(where)


def providers(where: Account) -> dict[str, str]:
    """The providers that are there, with what became of their last change."""
    answer = where.client("ecs").describe_capacity_providers()
    return {
        each["name"]: each.get("updateStatus", "")
        for each in answer["capacityProviders"]
        if each["status"] == "ACTIVE"
    }
