from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from ecsinfer.aws.gateway import Gateway
from ecsinfer.aws.retry import PATIENCE
from ecsinfer.errors import (
    AwsDeniedError,
    AwsError,
    EcsInferError,
    ResponseLostError,
    TimedOutError,
)
from ecsinfer.model import Answer, Call, Ref
from ecsinfer.sandbox.clock import EPOCH, VirtualClock
from tests.aws.wire import Refused, Script, Wire

URL = "https://ecs.us-east-1.amazonaws.com/"
THROTTLED = Refused("ThrottlingException", "Rate exceeded")
BUSY = Refused("UpdateInProgressException", "The specified cluster is in a busy state.")
YOUNG = Refused("ClusterNotFoundException", "Cluster not found.")
IN_USE = Refused("ClusterContainsTasksException", "while Tasks are active.")
EXISTS = Refused("ClientException", "The specified capacity provider already exists.")
DONE = {"cluster": {"status": "ACTIVE"}}


class Attempt:
    """One call through a gateway on a virtual clock."""

    def __init__(self, script: Script, *retry_on: str, operation: str = "DeleteCluster") -> None:
        self.wire = Wire({operation: script})
        self.clock = VirtualClock()
        self.waits: list[tuple[str, float]] = []
        params = {"DeleteCapacityProvider": {"capacityProvider": "gpu"}}.get(
            operation, {"cluster": "c"}
        )
        self.call = Call("ecs", operation, params, retry_on=frozenset(retry_on))

    def __call__(self) -> Answer:
        gateway = Gateway(self.wire.session, clock=self.clock, jitter=random.Random(1))
        return gateway.execute(self.call, lambda why, seconds: self.waits.append((why, seconds)))

    @property
    def sent(self) -> int:
        return len(self.wire.asked)

    @property
    def seconds(self) -> float:
        return (self.clock.now() - EPOCH).total_seconds()


@pytest.mark.rule("I1", "I5")
def test_throttling_is_waited_out_for_every_call() -> None:
    attempt = Attempt([THROTTLED, THROTTLED, DONE])

    assert attempt() == DONE
    assert attempt.sent == 3
    assert [why for why, _ in attempt.waits] == ["ThrottlingException: Rate exceeded"] * 2


@pytest.mark.rule("0.5")
def test_the_wait_that_aws_asks_for_is_kept_within_reason() -> None:
    asks = [
        Refused("ThrottlingException", headers={"x-amz-retry-after": str(milliseconds)})
        for milliseconds in (7000, 3_600_000)
    ]
    attempt = Attempt([*asks, DONE])

    attempt()

    assert [seconds for _, seconds in attempt.waits] == [7.0, PATIENCE["throttle"].most + 5]


@pytest.mark.rule("I5")
@pytest.mark.parametrize(
    ("refusal", "name"), [(BUSY, "busy"), (YOUNG, "consistency"), (IN_USE, "in-use")]
)
def test_a_class_is_waited_out_only_for_a_call_that_names_it(refusal: Refused, name: str) -> None:
    named = Attempt([refusal, DONE], name)
    unnamed = Attempt([refusal, DONE])

    assert named() == DONE
    with pytest.raises(AwsError, match=refusal.code):
        unnamed()
    assert unnamed.sent == 1


@pytest.mark.rule("N")
@pytest.mark.parametrize(
    ("refusal", "name"),
    [(THROTTLED, "throttle"), (BUSY, "busy"), (YOUNG, "consistency"), (IN_USE, "in-use")],
)
def test_patience_with_a_class_ends_in_time(refusal: Refused, name: str) -> None:
    attempt = Attempt(refusal, name)

    with pytest.raises(AwsError, match=refusal.code):
        attempt()
    assert 0.8 * PATIENCE[name].within < attempt.seconds <= PATIENCE[name].within


@pytest.mark.rule("B2", "B13")
@pytest.mark.parametrize(
    ("refusal", "name"), [(EXISTS, "exists"), (YOUNG, "gone"), (Refused("ServiceNotFoundException"), "gone")]
)  # fmt: skip
def test_a_refusal_that_says_the_goal_is_reached_is_success(refusal: Refused, name: str) -> None:
    attempt = Attempt(refusal, name)

    assert attempt() == {}
    assert attempt.sent == 1


def test_a_final_refusal_names_operation_code_and_message() -> None:
    attempt = Attempt(Refused("InvalidParameterException", "Nope."), "busy", "consistency")

    with pytest.raises(AwsError, match=r"ecs:DeleteCluster .*InvalidParameterException: Nope"):
        attempt()
    assert attempt.sent == 1


@pytest.mark.rule("I6")
def test_a_quota_is_final_at_once() -> None:
    attempt = Attempt(Refused("LimitExceededException", "too many"), "busy")

    with pytest.raises(AwsError, match="LimitExceeded"):
        attempt()
    assert attempt.sent == 1


@pytest.mark.rule("0.6", "I7")
@pytest.mark.parametrize(
    "trouble",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        Refused("ServerException", "Service unavailable. Try again later.", 500),
        Refused("InternalFailure", "", 503),
    ],
)
def test_a_write_whose_answer_is_lost_is_sent_once_and_told(trouble: Exception) -> None:
    attempt = Attempt([trouble, DONE], "busy", "exists")

    with pytest.raises(ResponseLostError, match="may or may not"):
        attempt()
    assert attempt.sent == 1


@pytest.mark.rule("I5")
@pytest.mark.parametrize("error", [EndpointConnectionError, ConnectTimeoutError])
def test_a_write_that_never_left_is_sent_again(error: Any) -> None:
    attempt = Attempt([error(endpoint_url=URL), DONE])

    assert attempt() == DONE
    assert attempt.sent == 2


@pytest.mark.rule("B12")
def test_a_delete_that_fails_with_success_is_a_refusal() -> None:
    failed = {
        "capacityProvider": {
            "status": "ACTIVE",
            "updateStatus": "DELETE_FAILED",
            "updateStatusReason": "cannot be deleted because it is associated with cluster: c.",
        }
    }
    done = {"capacityProvider": {"status": "DEPROVISIONING"}}
    patient = Attempt([failed, done], "in-use", operation="DeleteCapacityProvider")
    impatient = Attempt([failed, done], operation="DeleteCapacityProvider")

    assert patient() == done
    with pytest.raises(AwsError, match="associated with cluster"):
        impatient()


def test_what_notify_raises_ends_the_attempts() -> None:
    attempt = Attempt(THROTTLED)

    def stop(_why: str, _seconds: float) -> None:
        raise TimedOutError("enough")

    with pytest.raises(TimedOutError):
        Gateway(attempt.wire.session, clock=attempt.clock).execute(attempt.call, stop)
    assert attempt.sent == 1


def test_a_denied_write_names_action_and_resource() -> None:
    message = (
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on "
        "resource: arn:aws:iam::123456789012:role/task because no policy allows it"
    )
    attempt = Attempt(Refused("AccessDeniedException", message))

    with pytest.raises(AwsDeniedError) as told:
        attempt()
    assert "iam:PassRole on arn:aws:iam::123456789012:role/task" in str(told.value)
    assert "iam:PassRole" in told.value.hint


def test_a_call_with_an_unbound_reference_is_not_sent() -> None:
    wire = Wire({})
    call = Call("ecs", "DeleteCluster", {"cluster": Ref.to("cluster/c", "arn")})

    with pytest.raises(EcsInferError, match="unbound"):
        Gateway(wire.session).execute(call, lambda _why, _seconds: None)
