"""``ecsinfer rollback``: the way back, and what is refused on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecsinfer.cli.rollback import go_back
from ecsinfer.cli.status import look
from ecsinfer.errors import (
    BusyError,
    EcsInferError,
    OwnershipError,
    PreflightError,
    UsageError,
)
from ecsinfer.model import Answer, Call
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.status.assess import assess, health
from tests.cli.operating import CRASH, V1, V2, deployed, operator

V3 = V2.replace("v2", "v3")
DENIED = Fault(
    "ListServiceDeployments",
    nth=0,
    code="AccessDeniedException",
    message="User: x is not authorized to perform: ecs:ListServiceDeployments",
)


def refused(kind: type[EcsInferError], sandbox: Sandbox, *arguments: str) -> str:
    """What is said, and what to do, when nobody rolls back."""
    someone = operator(sandbox)
    with pytest.raises(kind) as caught:
        go_back(someone.session, *(arguments or ("llm",)))
    assert someone.writes == []
    return f"{caught.value}; {caught.value.hint}"


def test_a_service_returns_to_the_previous_good_revision(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, V2)

    assert go_back(someone.session, None) == 0

    assert someone.revision == 1
    assert someone.writes == ["UpdateService", "TagResource"]
    assert f"containerDefinitions[llm].image: {V2} -> {V1}\n" in capsys.readouterr().out
    assert "the next deploy rolls out what it describes" in someone.warnings


def test_the_next_deploy_rolls_forward_to_the_revision_that_is_there(sandbox: Sandbox) -> None:
    go_back(deployed(sandbox, V1, V2).session, "llm")
    someone = operator(sandbox, V2)

    someone.deploy()

    assert someone.revision == 2
    assert "RegisterTaskDefinition" not in someone.writes


def test_after_a_rollback_a_plan_compares_with_what_runs(sandbox: Sandbox) -> None:
    go_back(deployed(sandbox, V1, V2).session, "llm")
    someone = operator(sandbox, V3)
    plan = someone.session.reconciler.plan(someone.session.nodes(), someone.spec.name)
    (revised,) = (each for each in plan.actions if each.node == "task-definition/llm")
    assert [(change.old, change.new) for change in revised.changes] == [(V1, V3)]


@pytest.mark.rule("C1")
def test_to_deploy_an_earlier_version_again_registers_no_new_revision(sandbox: Sandbox) -> None:
    deployed(sandbox, V1, V2, V3)
    someone = operator(sandbox, V1)
    someone.deploy()
    assert someone.revision == 1
    assert "RegisterTaskDefinition" not in someone.writes


def test_rolling_back_twice_leads_further_back(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, V2, V3)
    go_back(someone.session, "llm")
    assert someone.revision == 2
    go_back(someone.session, "llm")
    assert someone.revision == 1
    assert "taken back" not in someone.warnings


def test_where_nothing_older_ran_it_goes_where_it_came_from_and_says_so(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, V2)
    go_back(someone.session, "llm")
    go_back(someone.session, "llm")
    assert someone.revision == 2
    assert "this is the revision that the service was taken back from" in someone.warnings


@pytest.mark.rule("D24", "I7")
def test_a_deployment_that_ecs_has_begun_to_roll_back_meanwhile_is_followed_to_its_end(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(sandbox, V1)
    operator(sandbox, V2).deploy(wait=False)
    ecs = sandbox.session().client("ecs")
    someone = operator(sandbox, V2)
    send = someone.gateway.execute

    def late(call: Call, notify: Callable[[str, float], None]) -> Answer:
        ecs.stop_service_deployment(**call.params)
        sandbox.clock.sleep(1200)
        return send(call, notify)

    monkeypatch.setattr(someone.gateway, "execute", late)

    assert go_back(someone.session, "llm") == 0
    assert someone.revision == 1


@pytest.mark.rule("D24")
def test_a_running_deployment_is_stopped_and_its_rollback_is_the_wanted_end(
    sandbox: Sandbox,
) -> None:
    deployed(sandbox, V1)
    operator(sandbox, V2).deploy(wait=False)
    someone = operator(sandbox, V2)

    assert go_back(someone.session, "llm") == 0

    assert someone.writes == ["StopServiceDeployment"]
    assert someone.revision == 1
    assert someone.service.history[0].state == "ROLLBACK_SUCCESSFUL"
    findings = assess(look(operator(sandbox, V2).session, ()))
    assert health(findings) == "healthy"
    assert findings[0].text == "the last deployment was rolled back, as somebody asked"


@pytest.mark.rule("D24")
def test_a_rollback_that_runs_already_is_followed_to_its_end(sandbox: Sandbox) -> None:
    deployed(sandbox, V1)
    operator(sandbox, V2).deploy(wait=False)
    assert go_back(operator(sandbox).session, "llm", wait=False) == 0
    someone = operator(sandbox)

    assert go_back(someone.session, "llm") == 0

    assert someone.writes == []
    assert someone.service.history[0].state == "ROLLBACK_SUCCESSFUL"


@pytest.mark.rule("D24")
def test_the_first_deployment_has_nowhere_to_go_back_to(sandbox: Sandbox) -> None:
    operator(sandbox).deploy(wait=False)
    sandbox.clock.sleep(5)
    assert "first deployment" in refused(PreflightError, sandbox)


def test_a_revision_that_failed_is_no_good_one(sandbox: Sandbox) -> None:
    deployed(sandbox, V1, CRASH, V2)
    someone = operator(sandbox)
    assert go_back(someone.session, "llm") == 0
    assert someone.revision == 1


def test_where_deployments_may_not_be_seen_our_older_revision_is_returned_to(
    sandbox: Sandbox,
) -> None:
    deployed(sandbox, V1, V2)
    sandbox.faults.add(DENIED)
    someone = operator(sandbox)
    assert go_back(someone.session, "llm") == 0
    assert someone.revision == 1


@pytest.mark.parametrize("to", ["1", "inference-llm:1"])
def test_any_revision_can_be_chosen(to: str, sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, V2, V3)
    assert go_back(someone.session, "llm", to) == 0
    assert someone.revision == 1


def test_the_revision_that_runs_is_nothing_to_do(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    assert go_back(someone.session, "llm", "1") == 0
    assert someone.writes == []


@pytest.mark.rule("C5")
def test_a_deregistered_revision_is_refused_with_the_way_out(sandbox: Sandbox) -> None:
    deployed(sandbox, V1, V2)
    sandbox.session().client("ecs").deregister_task_definition(taskDefinition="inference-llm:1")

    for arguments in (("llm",), ("llm", "1")):
        said = refused(PreflightError, sandbox, *arguments)
        assert "is INACTIVE: it was deregistered" in said
        assert "deploy that version again" in said


def test_what_never_was_is_refused(sandbox: Sandbox) -> None:
    assert "ecsinfer deploy llm creates it" in refused(PreflightError, sandbox)
    deployed(sandbox, V1)
    assert "no earlier revision" in refused(PreflightError, sandbox)
    assert "does not exist" in refused(PreflightError, sandbox, "llm", "9")
    assert "is no revision" in refused(UsageError, sandbox, "llm", "newest")
    assert "its services are llm" in refused(UsageError, sandbox, "web")


def test_a_choice_waits_until_the_running_deployment_is_over(sandbox: Sandbox) -> None:
    deployed(sandbox, V1)
    operator(sandbox, V2).deploy(wait=False)
    assert "a deployment goes on" in refused(BusyError, sandbox, "llm", "1")


def test_a_service_that_is_not_ours_is_left_alone(sandbox: Sandbox) -> None:
    deployed(sandbox, V1, V2)
    service = operator(sandbox).service
    sandbox.session().client("ecs").untag_resource(
        resourceArn=service.arn, tagKeys=["ecsinfer:app"]
    )
    assert "service llm" in refused(OwnershipError, sandbox)


def test_a_foreign_revision_that_the_service_never_ran_is_refused(sandbox: Sandbox) -> None:
    deployed(sandbox, V1)
    sandbox.session().client("ecs").register_task_definition(
        family="inference-llm", containerDefinitions=[{"name": "x", "image": "x", "memory": 64}]
    )
    assert "inference-llm:2" in refused(OwnershipError, sandbox, "llm", "2")


def test_nobody_to_ask_and_no_yes_changes_nothing(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, V2)
    someone.session.simulated = False
    with pytest.raises(UsageError) as caught:
        go_back(someone.session, "llm")
    assert "--yes" in caught.value.hint
    assert someone.writes == []


@pytest.mark.rule("I7")
@pytest.mark.parametrize(
    "fault",
    [Fault("StopServiceDeployment", kind="lost"), Fault("StopServiceDeployment", kind="reset")],
)
def test_one_fault_at_the_stop_is_overcome(fault: Fault, sandbox: Sandbox) -> None:
    deployed(sandbox, V1)
    operator(sandbox, V2).deploy(wait=False)
    sandbox.faults.add(fault)
    someone = operator(sandbox)
    assert go_back(someone.session, "llm") == 0
    assert someone.revision == 1
