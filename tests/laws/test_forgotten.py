"""What a spec has forgotten is told; what is pruned or destroyed is exactly what carries our tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ecsinfer.cli import planning
from ecsinfer.errors import PlanStaleError, UsageError
from ecsinfer.events import Retained, Warned
from ecsinfer.reconcile.codec import dump, load
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.spec import Spec
from tests.application.specs import CPU, GPU, LLM, MANAGED, WEB
from tests.laws import neighbours
from tests.laws.contents import contents, ours
from tests.laws.world import Account, Door, Kill, KilledError, Run, config

PLAIN_LLM = {key: LLM[key] for key in LLM if key not in {"load_balancer", "health"}}
CHAT = {
    **{key: PLAIN_LLM[key] for key in PLAIN_LLM if key != "replicas"},
    "capacity": {"mi": {"weight": 1}},
    "scaling": {"min": 1, "max": 2, "cpu": 60},
}


def spec(services: Mapping[str, Any], capacity: Mapping[str, Any]) -> Spec:
    """An application in a cluster of its own."""
    return Spec.model_validate(
        {
            "name": "inference",
            "region": furniture.REGION,
            "capacity": dict(capacity),
            "services": dict(services),
        }
    )


BEFORE = spec({"llm": PLAIN_LLM, "chat": CHAT}, {"gpu": GPU, "mi": {"managed_instances": MANAGED}})
"""Two services, one of them scaled, on a provider of each kind."""

NOW = spec({"web": {**WEB, "replicas": 1}}, {"cpu": CPU})
"""Nothing of it is left in the spec."""

PRUNED = {"service/inference/llm", "service/inference/chat"}


def lived_in() -> Account:
    """The old application, and a guest in its cluster."""
    account = Account()
    assert account.deploy(BEFORE).error == ""
    neighbours.intrude(account, "inference")
    return account


def warned(run: Run) -> list[str]:
    return [each.text for each in run.events if isinstance(each, Warned)]


def services(account: Account, cluster: str = "inference") -> set[str]:
    """Names of the services that are there."""
    answer = account.client("ecs").list_services(cluster=cluster)
    return {arn.rpartition("/")[2] for arn in answer["serviceArns"]}


def providers(account: Account, cluster: str = "inference") -> set[str]:
    """What is attached to the cluster."""
    answer = account.client("ecs").describe_clusters(clusters=[cluster])
    return set(answer["clusters"][0]["capacityProviders"])


def without_guests(found: dict[str, Any]) -> dict[str, Any]:
    """The contents without the guests' provider, whose group is another one in every world."""
    own = [each for each in found["providers"] if neighbours.TAG not in each["tags"]]
    return {**found, "providers": own}


def kill_after(number: int) -> Kill:
    """Ends the process after its n-th write."""

    def kill(door: Door, now: str) -> None:
        if now == "written" and len(door.executed) == number + 1:
            raise KilledError

    return kill


def test_what_the_spec_has_forgotten_is_told_and_left() -> None:
    account = lived_in()
    run = account.deploy(NOW)
    assert (run.status, run.error) == ("done", "")
    assert warned(run) == [
        f"{each} carries our tag and is not in the spec: ecsinfer deploy --prune removes it"
        for each in (
            "service chat",
            "service llm",
            "capacity provider inference-gpu",
            "capacity provider inference-mi",
        )
    ]
    assert services(account) == {"web", "llm", "chat", neighbours.THEIRS}
    again = account.deploy(NOW)
    assert again.status == "nothing-to-do"
    assert warned(again) == warned(run)


@pytest.mark.rule("B14", "B15", "B22", "E12")
def test_a_pruning_deploy_ends_where_a_fresh_one_does() -> None:
    account = lived_in()
    run = account.deploy(NOW, prune=True)
    assert (run.status, run.error, warned(run)) == ("done", "", [])
    assert services(account) == {"web", neighbours.THEIRS}
    assert account.deploy(NOW, prune=True).status == "nothing-to-do"
    fresh = Account()
    fresh.deploy(NOW)
    neighbours.intrude(fresh, "inference")
    found, wanted = contents(account), contents(fresh)
    assert providers(account) == providers(fresh)
    # Logs outlive what wrote them.
    assert found.pop("log groups") != wanted.pop("log groups")
    assert without_guests(found) == without_guests(wanted)


@pytest.mark.rule("B14", "E12")
def test_what_is_forgotten_goes_when_what_is_wanted_is_there_and_in_the_order_of_a_destroy() -> (
    None
):
    plan = lived_in().plan(NOW, prune=True)
    order = [action.node for action in plan.actions if action.verb.value in {"create", "delete"}]
    wanted = order.index("service/web")
    assert wanted < min(map(order.index, PRUNED))
    assert order[wanted + 1 :] == [
        "task-definition/inference/inference-llm",
        "task-definition/inference/inference-chat",
        "service/inference/llm",
        "scalable-target/inference/chat",
        "service/inference/chat",
        "cluster-association/inference/forgotten",
        "managed-instances/inference-mi",
        "capacity-provider/inference-gpu",
    ]


def test_a_service_whose_successor_does_not_come_up_goes_on_serving() -> None:
    account = Account()
    account.deploy(config("quickstart"))
    account.sandbox.faults.add(
        Fault("CreateService", nth=0, code="InvalidParameterException", message="No such subnet.")
    )
    run = account.deploy(config("quickstart", "services.llm.name=other"), prune=True)
    assert run.status == "failed"
    assert "DeleteService" not in run.writes
    assert services(account, "quickstart") == {"llm"}


@pytest.mark.rule("B3")
def test_a_provider_that_gets_another_name_and_group_is_exchanged_in_one_deploy() -> None:
    account = Account()
    account.deploy(spec({"llm": PLAIN_LLM}, {"gpu": GPU}))
    large = {**GPU, "auto_scaling_group": furniture.MY_GROUP}
    moved = {**PLAIN_LLM, "capacity": {"large": {"weight": 1}}}
    run = account.deploy(spec({"llm": moved}, {"large": large}), prune=True)
    assert (run.status, run.error) == ("done", "")
    assert providers(account) == {"inference-large"}
    names = account.client("ecs").describe_capacity_providers()["capacityProviders"]
    assert "inference-gpu" not in {each["name"] for each in names if each["status"] == "ACTIVE"}


def test_a_saved_plan_that_prunes_prunes_and_nothing_more() -> None:
    account = Account()
    account.deploy(BEFORE)
    run = account.prepare(NOW, prune=True)
    plan = load(dump(run.plan))
    assert plan == run.plan
    assert {action.node for action in plan.actions} >= PRUNED
    run.nodes = planning.saved(run.door, NOW, plan).nodes
    assert run.apply().status == "done"
    assert services(account) == {"web"}
    with pytest.raises(PlanStaleError, match=r"service/inference/llm.* are gone already"):
        planning.saved(run.door, NOW, plan)


def test_a_saved_plan_is_stale_when_something_else_was_forgotten_since() -> None:
    account = Account()
    account.deploy(BEFORE)
    run = account.prepare(NOW, prune=True)
    account.deploy(spec({"late": {**WEB, "replicas": 1}}, {}))
    run.nodes = planning.saved(run.door, NOW, run.plan).nodes
    outcome = run.apply()
    assert (outcome.status, run.writes) == ("stale", [])


def test_a_deploy_of_some_services_leaves_the_rest_alone() -> None:
    account = Account()
    account.deploy(BEFORE)
    run = account.deploy(NOW, services=("web",))
    assert (run.error, warned(run)) == ("", [])
    with pytest.raises(UsageError, match="--prune"):
        account.prepare(NOW, services=("web",), prune=True)
    assert services(account) == {"web", "llm", "chat"}


def test_who_may_not_list_services_deploys_all_the_same() -> None:
    account = lived_in()
    account.deploy(NOW)
    denied = Fault("ListServices", code="AccessDeniedException", message="not authorized")
    account.sandbox.faults.add(denied)
    run = account.deploy(NOW)
    assert run.status == "nothing-to-do"
    assert not any("service" in text.split() for text in warned(run))


@pytest.mark.rule("B14", "D25", "E12")
def test_a_destroy_takes_what_the_spec_has_forgotten_and_leaves_the_guests() -> None:
    account = lived_in()
    run = account.destroy(NOW)
    assert run.error == ""
    assert set(ours(account, "inference")) == {"clusters"}
    assert services(account) == {neighbours.THEIRS}
    assert providers(account) == {"guest-capacity"}
    kept = {each.node: each.why for each in run.events if isinstance(each, Retained)}
    assert kept["cluster/inference"] == f"service {neighbours.THEIRS} is not of this application"
    assert account.destroy(NOW).writes == []


WRITES = 16
"""More than any of the runs below makes."""


@pytest.mark.parametrize("command", ["prune", "destroy"])
def test_killed_after_any_write_the_next_run_finishes(command: str) -> None:
    number = 0
    while True:
        account = Account()
        account.deploy(BEFORE)
        kill = kill_after(number)
        if command == "prune":
            first = account.deploy(NOW, prune=True, kill=kill)
            second = account.deploy(NOW, prune=True)
            left = services(account), providers(account)
            assert left == ({"web"}, {"inference-cpu", "FARGATE", "FARGATE_SPOT"})
        else:
            first = account.destroy(NOW, scale_groups_to_zero=True, kill=kill)
            second = account.destroy(NOW, scale_groups_to_zero=True)
            assert ours(account, "inference") == {}
        assert second.error == ""
        if first.status != "killed":
            break
        number += 1
        assert number < WRITES
    assert number > 5


@pytest.mark.rule("0.7")
def test_in_a_cluster_that_is_shared_a_look_for_the_forgotten_costs_three_questions() -> None:
    account = Account()
    account.deploy(NOW)
    alone = len(account.deploy(NOW).door.log)
    neighbours.intrude(account, "inference")
    run = account.deploy(NOW)
    assert (run.status, warned(run)) == ("nothing-to-do", [])
    assert len(run.door.log) == alone + 3
    assert run.door.rounds <= 3


def test_an_application_of_the_same_name_in_another_cluster_keeps_its_providers() -> None:
    account = Account()
    elsewhere = BEFORE.model_copy(
        update={"cluster": BEFORE.cluster.model_copy(update={"name": "elsewhere"})}
    )
    account.deploy(elsewhere)
    account.deploy(NOW)
    run = account.destroy(NOW)
    assert run.error == ""
    assert providers(account, "elsewhere") == {"inference-gpu", "inference-mi"}
    assert services(account, "elsewhere") == {"llm", "chat"}
