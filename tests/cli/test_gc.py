"""``ecsinfer gc``: what goes, and what never does."""

from __future__ import annotations

import pytest

from ecsinfer.cli.gc import collect
from ecsinfer.cli.rollback import go_back
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault
from tests.cli.operating import V1, Operator, deployed, operator

IMAGES = tuple(V1.replace("v1", f"v{number}") for number in range(1, 6))


def statuses(someone: Operator) -> dict[int, str]:
    found = someone.sandbox.world.task_definitions["inference-llm"]
    return {each.revision: each.status for each in found}


def active(someone: Operator) -> set[int]:
    return {number for number, status in statuses(someone).items() if status == "ACTIVE"}


@pytest.mark.rule("C5")
def test_the_newest_what_runs_and_the_way_back_stay(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES)
    assert go_back(someone.session, "llm", "2") == 0

    # 5 is the newest, 2 runs, and 1 is what ran before it.
    assert collect(operator(sandbox).session, keep=1) == 0
    assert active(someone) == {1, 2, 5}
    assert go_back(operator(sandbox).session, "llm") == 0
    assert someone.revision == 1


def test_collecting_again_writes_nothing(sandbox: Sandbox) -> None:
    collect(deployed(sandbox, *IMAGES).session, keep=2)
    again = operator(sandbox)
    assert collect(again.session, keep=2) == 0
    assert again.writes == []
    assert active(again) == {4, 5}


def test_everything_stays_while_there_are_no_more_than_are_kept(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES[:3])
    assert collect(someone.session) == 0
    assert someone.writes == []


@pytest.mark.rule("C5")
def test_what_a_running_deployment_replaces_stays(sandbox: Sandbox) -> None:
    deployed(sandbox, *IMAGES[:3])
    rolling = operator(sandbox, IMAGES[3])
    rolling.deploy(wait=False)
    assert collect(rolling.session, keep=1) == 0
    assert active(rolling) == {3, 4}


def test_what_a_service_outside_the_spec_runs_stays(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES)
    sandbox.session().client("ecs").create_service(
        cluster="inference",
        serviceName="other",
        taskDefinition="inference-llm:1",
        desiredCount=0,
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d000000001"]}},
    )
    collect(someone.session, keep=1)
    assert active(someone) == {1, 4, 5}


def test_what_the_same_application_runs_in_another_cluster_stays_and_its_way_back(
    sandbox: Sandbox,
) -> None:
    someone = deployed(sandbox, *IMAGES)
    ecs = sandbox.session().client("ecs")
    tags = [{"key": "ecsinfer:app", "value": "inference"}]
    ecs.create_cluster(clusterName="other", tags=tags)
    network = {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d000000001"]}}
    ecs.create_service(
        cluster="other",
        serviceName="llm",
        taskDefinition="inference-llm:1",
        desiredCount=0,
        networkConfiguration=network,
        tags=tags,
    )
    sandbox.clock.sleep(60)
    ecs.update_service(cluster="other", service="llm", taskDefinition="inference-llm:2")
    sandbox.clock.sleep(60)
    collect(someone.session, keep=1)
    # Here 5 runs and 4 is the way back; there it is 2 and 1.
    assert active(someone) == {1, 2, 4, 5}


def test_a_revision_without_our_tag_stays(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES)
    first = sandbox.world.task_definitions["inference-llm"][0]
    sandbox.session().client("ecs").untag_resource(resourceArn=first.arn, tagKeys=["ecsinfer:app"])
    collect(someone.session, keep=1)
    assert active(someone) == {1, 4, 5}


@pytest.mark.rule("C6")
def test_deletion_takes_what_was_deregistered_before_too(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES)
    collect(someone.session, keep=3)

    assert collect(someone.session, keep=1, delete=True) == 0

    gone = {number for number, status in statuses(someone).items() if "DELETE" in status}
    assert gone == {1, 2, 3}
    again = operator(sandbox)
    assert collect(again.session, keep=1, delete=True) == 0
    assert again.writes == []


@pytest.mark.rule("I7")
@pytest.mark.parametrize("operation", ["DeregisterTaskDefinition", "DeleteTaskDefinitions"])
def test_a_lost_answer_is_overcome(operation: str, sandbox: Sandbox) -> None:
    someone = deployed(sandbox, *IMAGES[:3])
    sandbox.faults.add(Fault(operation, kind="lost"))
    assert collect(someone.session, keep=1, delete=True) == 0
    assert active(someone) == {2, 3}
    assert someone.writes == ["DeregisterTaskDefinition", "DeleteTaskDefinitions"]
