from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.session import get_session

from ecsinfer.status.assess import EXIT_CODE, assess, health
from ecsinfer.status.facts import Drift, Provider, Rollout, Scaling, Service, Status, TargetGroup
from tests.status.facts import EVENT, GROUP, NOW, SERVICE, failing, fleet, provider, service, status


def told(seen: Status) -> list[tuple[str, str]]:
    return [(finding.severity, finding.text) for finding in assess(seen)]


def test_nothing_is_said_of_what_is_well() -> None:
    assert assess(status()) == ()
    assert health(()) == "healthy"


def test_every_health_has_the_exit_code_with_which_a_deploy_would_end() -> None:
    assert EXIT_CODE == {"healthy": 0, "failed": 3, "moving": 4}


@pytest.mark.parametrize(
    ("wrong", "severity", "text"),
    [
        (Service("llm", "llm", "ABSENT"), "failed", "there is no such service"),
        (service(status="DRAINING", running=1), "failed", "the service is DRAINING, tasks that still run: 1"),
        (service(rollout=Rollout("FAILED")), "failed", "the deployment failed"),
        (service(running=0, pending=1), "failed", "0 of 2 tasks run, 1 pending"),
        (service(running=1, pending=1), "moving", "1 of 2 tasks run, 1 pending"),
        (service(target_groups=(TargetGroup("t", {"healthy": 1, "unhealthy": 1}),)),
         "failed", "1 of 2 targets in t unhealthy"),
        (service(target_groups=(TargetGroup("t", {"healthy": 1, "initial": 1}),)),
         "moving", "1 of 2 targets in t not checked yet"),
        (service(scaling=Scaling(1, 2, suspended=True)), "drift", "automatic scaling is suspended"),
        (service(scaling=Scaling(1, 2, last_status="Failed")),
         "failed", "the last scaling action failed"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_service(wrong: Service, severity: str, text: str) -> None:
    assert told(status(wrong)) == [(severity, text)]


@pytest.mark.parametrize(
    ("wrong", "severity", "text"),
    [
        (Provider("gpu", "app-gpu", "ABSENT"), "failed", "there is no such capacity provider"),
        (provider(update="UPDATE_FAILED"), "failed", "it is UPDATE_FAILED"),
        (provider(update="UPDATE_IN_PROGRESS"), "moving", "it is UPDATE_IN_PROGRESS"),
        (provider(disconnected=1), "failed", "agents not connected: 1 of 3 instances"),
        (provider(joined=1), "moving", "2 of 3 instances have not joined the cluster"),
        (provider(group=replace(GROUP, launching=2)), "moving", "instances being launched: 2"),
        (provider(group=replace(GROUP, suspended=("Launch",))),
         "failed", "gpu-asg has its Launch process suspended"),
        (provider(reservation=133.0, group=replace(GROUP, maximum=3)),
         "failed", "tasks want more instances, and gpu-asg is at its maximum of 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_capacity(wrong: Provider, severity: str, text: str) -> None:
    assert told(status(providers=(wrong,))) == [(severity, text)]


def test_a_group_at_its_maximum_is_no_trouble_while_nothing_wants_more() -> None:
    assert assess(status(providers=(provider(group=replace(GROUP, maximum=3)),))) == ()


def test_an_instance_that_leaves_is_not_one_that_has_not_joined() -> None:
    assert assess(status(providers=(provider(joined=2, draining=1),))) == ()


def test_targets_that_leave_are_neither_healthy_nor_missed() -> None:
    group = TargetGroup("t", {"healthy": 2, "draining": 3})
    assert (group.healthy, group.total) == (2, 2)
    assert assess(status(service(target_groups=(group,)))) == ()


def test_a_rollout_tells_how_far_it_is_and_what_holds_it() -> None:
    rollout = Rollout(
        "IN_PROGRESS",
        "BAKE_TIME",
        25.0,
        desired=4,
        running=3,
        failed=1,
        paused=True,
        paused_until=NOW + timedelta(hours=1),
        paused_then="ROLLBACK",
    )
    text = (
        "rolling out: 3 of 4 new tasks run, 1 failed to start, stage BAKE_TIME, 25 % of the "
        "traffic, paused until 2026-11-24 01:20 UTC, then ROLLBACK: ecsinfer continue llm [--rollback]"
    )
    assert told(status(service(rollout=rollout, running=7))) == [("moving", text)]


def test_targets_that_fail_during_a_rollout_do_not_fail_what_still_serves() -> None:
    group = TargetGroup("t", {"healthy": 2, "unhealthy": 1})
    rolling = service(rollout=Rollout("IN_PROGRESS", desired=2), target_groups=(group,))
    assert health(assess(status(rolling))) == "moving"
    dead = replace(rolling, target_groups=(TargetGroup("t", {"unhealthy": 1}),))
    assert health(assess(status(dead))) == "failed"


@pytest.mark.rule("D24")
def test_a_rollback_that_somebody_asked_for_is_no_failure_but_is_said() -> None:
    reason = "Service deployment rolled back because of a user request."
    back = Rollout("ROLLBACK_SUCCESSFUL", reason=reason, requested=True)
    findings = assess(status(service(rollout=back)))
    assert [(each.severity, each.text, each.said) for each in findings] == [
        ("drift", "the last deployment was rolled back, as somebody asked", reason)
    ]
    assert health(findings) == "healthy"
    short = assess(status(service(rollout=back, running=0)))
    assert health(short) == "failed"


@pytest.mark.rule("D24")
def test_a_service_that_never_had_a_good_revision_is_not_told_of_a_rollback() -> None:
    stranded = service(rollout=Rollout("ROLLBACK_FAILED", stranded=True))
    text = "the deployment failed, and there is no earlier revision to go back to"
    assert told(status(stranded)) == [("failed", text)]


@pytest.mark.rule("D21", "D23")
def test_every_status_of_a_deployment_is_judged_and_only_success_is_healthy() -> None:
    model: Any = get_session().get_service_model("ecs").shape_for("ServiceDeploymentStatus")
    judged = {
        state: health(assess(status(service(rollout=Rollout(state))))) for state in model.enum
    }
    assert {state for state, health in judged.items() if health == "healthy"} == {"SUCCESSFUL"}
    assert {state for state, health in judged.items() if health == "failed"} == {
        "STOPPED",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    }


def test_the_gravest_comes_first_then_the_order_of_the_spec() -> None:
    severities = [finding.severity for finding in assess(failing())]
    assert severities == sorted(severities, key=("failed", "moving", "drift").index)
    assert [finding.node for finding in assess(fleet())] == [
        "service/broken",
        "service/rolling",
        "service/drifted",
    ]


def test_awss_own_words_come_with_a_failure() -> None:
    (finding,) = assess(status(service(running=0, event=EVENT)))
    assert finding.said == EVENT


def test_drift_alone_is_healthy_and_names_the_fields() -> None:
    findings = assess(status(drift=(Drift("service/llm", "update", ("desiredCount",)),)))
    assert [finding.text for finding in findings] == ["differs from the spec: desiredCount"]
    assert health(findings) == "healthy"


@pytest.mark.parametrize(
    ("fields", "revision", "text"),
    [
        (("taskDefinition",), "llm:4", "the spec's revision, llm:4, does not run"),
        (
            ("taskDefinition", "desiredCount", "tags.ecsinfer:digest", "tags.ecsinfer:revision"),
            "",
            "differs from the spec: desiredCount; the spec wants a new revision",
        ),
        (
            ("tags.ecsinfer:digest", "tags.ecsinfer:revision"),
            "",
            "runs the spec's revision, though another one was deployed last",
        ),
        (("tags.ecsinfer:app",), "", "ecsinfer's own tags differ"),
        (("forceNewDeployment",), "", "deploy would roll it out again"),
        (
            ("desiredCount", "forceNewDeployment"),
            "",
            "differs from the spec: desiredCount; deploy would roll it out again",
        ),
    ],
)
def test_a_drift_is_told_in_the_users_words(
    fields: tuple[str, ...], revision: str, text: str
) -> None:
    (finding,) = assess(status(drift=(Drift("service/llm", "update", fields, revision),)))
    assert finding.text == text


def test_what_is_missing_altogether_is_told_once_and_together() -> None:
    absent = Service("llm", "llm", "ABSENT")
    drift = tuple(
        Drift(node, "create") for node in ("cluster/app", "task-definition/llm", "service/llm")
    )
    assert told(status(absent, drift=drift)) == [
        ("failed", "there is no such service"),
        ("drift", "deploy would create cluster/app, task-definition/llm, service/llm"),
    ]


def test_a_drift_that_cannot_be_told_is_not_called_none() -> None:
    (finding,) = assess(status(SERVICE, undecided="ecs:ListTagsForResource was denied"))
    assert (finding.text, finding.said) == (
        "drift is not known",
        "ecs:ListTagsForResource was denied",
    )
