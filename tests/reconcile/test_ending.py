from __future__ import annotations

from ecsinfer.errors import EcsInferError, NotAttemptedError, RolloutFailedError, TimedOutError
from ecsinfer.events import Cause
from ecsinfer.reconcile.ending import Failure, failed


def waits(count: int) -> Cause:
    return Cause(
        "group-at-maximum", f"{count} tasks wait for room in gpu-asg", (f"{count} events",)
    )


def test_services_that_share_a_cause_have_it_once_with_all_their_names() -> None:
    other = Cause("crash-loop", "container llm exits with code 1")
    outcome = failed(
        (
            Failure("service/a", TimedOutError("a: not ready"), causes=(waits(3), other)),
            Failure("service/b", TimedOutError("b: not ready"), causes=(waits(2),)),
        ),
        {},
    )
    assert [(each.title, each.nodes) for each in outcome.causes] == [
        ("3 tasks wait for room in gpu-asg", ("service/a", "service/b")),
        ("container llm exits with code 1", ("service/a",)),
    ]
    assert outcome.causes[0].evidence == ("3 events",)


def test_the_first_failure_gives_the_exit_code_and_the_hint() -> None:
    rolled_back = RolloutFailedError("a: rolled back", hint="correct it")
    outcome = failed(
        (Failure("service/a", rolled_back), Failure("service/b", TimedOutError("b: not ready"))), {}
    )
    assert (outcome.status, outcome.exit_code, outcome.hint) == ("failed", 3, "correct it")
    assert outcome.error == "a: rolled back\nb: not ready"


def test_what_aws_said_of_several_nodes_is_told_once() -> None:
    error = EcsInferError("no")
    outcome = failed(
        (Failure("a", error, evidence=("one", "two")), Failure("b", error, evidence=("two",))), {}
    )
    assert outcome.evidence == ("one", "two")


def test_what_was_not_attempted_is_told_once_for_every_reason() -> None:
    outcome = failed(
        (
            Failure("cluster/x", EcsInferError("cluster/x: refused")),
            Failure("service/a", NotAttemptedError("service/a", because="cluster/x")),
            Failure("service/b", NotAttemptedError("service/b", because="cluster/x")),
        ),
        {"log-group/l": {"arn": "arn"}},
    )
    assert outcome.error.splitlines() == [
        "cluster/x: refused",
        "not attempted, because cluster/x failed: service/a, service/b",
    ]
    assert outcome.outputs == {"log-group/l": {"arn": "arn"}}
