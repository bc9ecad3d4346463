"""What only its tag leads to: old revisions and log groups, and the application's other clusters."""

from __future__ import annotations

import pytest

from ecsinfer.cli import planning
from ecsinfer.errors import PlanStaleError
from ecsinfer.events import Retained, Warned
from ecsinfer.reconcile.codec import dump, load
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from tests.laws.contents import contents, ours
from tests.laws.world import Account, Run, config

RENAMED = ("services.llm.family=renamed", "services.llm.logs.group=/renamed")
NOW = config("quickstart", *RENAMED)
"""The same service with another family and another log group: the old ones are in no list."""

OTHER = config(
    "quickstart",
    "cluster.name=other",
    "capacity.gpu.name=other-gpu",
    f"capacity.gpu.auto_scaling_group={furniture.MY_GROUP}",
)
"""The same application in another cluster, with the same family and the same log group."""


def renamed() -> Account:
    account = Account()
    assert account.deploy(config("quickstart")).error == ""
    assert account.deploy(NOW).error == ""
    return account


def revisions(account: Account) -> list[str]:
    """What is ACTIVE, without the ARNs' common part."""
    answer = account.client("ecs").list_task_definitions(status="ACTIVE")
    return [arn.rpartition("/")[2] for arn in answer["taskDefinitionArns"]]


def log_groups(account: Account) -> list[str]:
    answer = account.client("logs").describe_log_groups()
    return [group["logGroupName"] for group in answer["logGroups"]]


def kept(run: Run) -> dict[str, str]:
    return {each.node: each.why for each in run.events if isinstance(each, Retained)}


def warned(run: Run) -> list[str]:
    return [each.text for each in run.events if isinstance(each, Warned)]


def test_a_destroy_deregisters_the_revisions_of_a_family_that_was_renamed() -> None:
    account = renamed()
    assert revisions(account) == ["quickstart-llm:1", "renamed:1"]
    run = account.destroy(NOW, scale_groups_to_zero=True)
    assert run.error == ""
    assert revisions(account) == []
    assert ours(account, "quickstart") == {}
    again = account.destroy(NOW, scale_groups_to_zero=True)
    assert (again.status, again.writes) == ("nothing-to-do", [])


def test_a_pruning_deploy_deregisters_them_too() -> None:
    account = renamed()
    run = account.deploy(NOW, prune=True)
    assert run.writes == ["DeregisterTaskDefinition"]
    assert revisions(account) == ["renamed:1"]
    assert account.deploy(NOW, prune=True).status == "nothing-to-do"


def test_a_log_group_that_was_renamed_is_told_and_goes_when_logs_are_purged() -> None:
    account = renamed()
    run = account.destroy(NOW)
    told = kept(run)["log-group/ecsinfer/quickstart/llm"]
    assert told == "not in the spec; logs are kept; destroy --purge deletes them"
    assert log_groups(account) == ["/ecsinfer/quickstart/llm", "/renamed"]
    assert account.destroy(NOW, purge=True).error == ""
    assert log_groups(account) == []


def test_a_log_group_of_a_removed_service_goes_when_logs_are_purged() -> None:
    account = Account()
    account.deploy(config("multi-service"))
    before = log_groups(account)
    assert len(before) > 1
    run = account.destroy(config("quickstart", "name=inference"), purge=True)
    assert run.error == ""
    account.destroy(config("multi-service"), purge=True)
    assert log_groups(account) == []


def test_what_somebody_else_has_registered_or_made_stays() -> None:
    account = renamed()
    account.client("ecs").register_task_definition(
        family="quickstart-llm",
        containerDefinitions=[{"name": "theirs", "image": "busybox", "memory": 64}],
    )
    account.client("logs").create_log_group(logGroupName="/theirs", tags={"ecsinfer:app": "other"})
    account.destroy(NOW, purge=True)
    assert revisions(account) == ["quickstart-llm:2"]
    assert log_groups(account) == ["/theirs"]


def test_what_the_same_application_uses_in_another_cluster_stays_and_is_told() -> None:
    account = Account()
    for spec in (OTHER, config("quickstart")):
        assert account.deploy(spec).error == ""
    before = contents(account)
    run = account.destroy(config("quickstart"), purge=True)
    assert run.error == ""
    why = "service llm of cluster other uses it"
    found = kept(run)
    assert found["task-definition/llm"] == found["log-group/ecsinfer/quickstart/llm"] == why
    (told,) = warned(run)
    assert told.startswith("cluster other carries the tag of quickstart too, and is kept")
    after = contents(account)
    assert after["revisions"] == before["revisions"]
    assert after["log groups"] == before["log groups"]
    assert account.deploy(OTHER).status == "nothing-to-do"


def test_a_destroy_of_some_services_leaves_what_another_cluster_uses() -> None:
    account = Account()
    for spec in (OTHER, config("quickstart")):
        account.deploy(spec)
    account.destroy(config("quickstart"), services=("llm",), purge=True)
    assert revisions(account) == ["quickstart-llm:1"]
    assert log_groups(account) == ["/ecsinfer/quickstart/llm"]


def test_the_last_cluster_to_go_takes_what_both_have_used() -> None:
    account = Account()
    for spec in (OTHER, config("quickstart")):
        account.deploy(spec)
    for spec in (config("quickstart"), OTHER):
        assert account.destroy(spec, purge=True, scale_groups_to_zero=True).error == ""
    assert (revisions(account), log_groups(account)) == ([], [])
    assert ours(account, "quickstart") == {}


def test_who_may_not_look_destroys_all_the_same_and_is_told() -> None:
    account = renamed()
    denied = Fault("GetResources", nth=0, code="AccessDeniedException", message="You may not.")
    account.sandbox.faults.add(denied)
    run = account.destroy(NOW)
    assert run.error == ""
    assert revisions(account) == ["quickstart-llm:1"]
    (told,) = warned(run)
    assert told.startswith("old revisions and log groups, and what other clusters have, were not")


def test_a_saved_plan_takes_them_and_nothing_more() -> None:
    account = renamed()
    run = account.prepare(NOW, destroy=True)
    plan = load(dump(run.plan))
    run.nodes = planning.saved(run.door, NOW, plan).nodes
    assert run.apply().status == "done"
    assert revisions(account) == []


def test_a_saved_plan_is_stale_when_they_are_gone() -> None:
    account = renamed()
    run = account.prepare(NOW, prune=True)
    account.client("ecs").deregister_task_definition(taskDefinition="quickstart-llm:1")
    with pytest.raises(PlanStaleError, match="task-definition/quickstart/quickstart-llm"):
        planning.saved(run.door, NOW, run.plan)


def test_a_saved_plan_leaves_what_another_cluster_has_come_to_use() -> None:
    account = Account()
    account.deploy(config("quickstart"))
    run = account.prepare(config("quickstart"), destroy=True)
    account.deploy(OTHER)
    run.nodes = planning.saved(run.door, config("quickstart"), run.plan).nodes
    assert run.apply().status == "done"
    assert revisions(account) == ["quickstart-llm:1"]
