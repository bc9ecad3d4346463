from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from ecsinfer.aws.mapping import explain, refusal_of
from ecsinfer.errors import AwsDeniedError, AwsError, EcsInferError, UsageError


def refused(code: str, message: str = "no") -> exceptions.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": 400},
    }
    return exceptions.ClientError(response, "CreateCluster")


@pytest.mark.parametrize(
    ("error", "expected", "exit_code"),
    [
        (refused("AccessDeniedException"), AwsDeniedError, 8),
        (refused("UnauthorizedOperation"), AwsDeniedError, 8),
        (refused("ExpiredToken"), AwsDeniedError, 8),
        (refused("UnrecognizedClientException"), AwsDeniedError, 8),
        (refused("InvalidSignatureException"), AwsDeniedError, 8),
        (exceptions.NoCredentialsError(), AwsDeniedError, 8),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), AwsDeniedError, 8),
        (exceptions.NoRegionError(), UsageError, 2),
        (exceptions.ProfileNotFound(profile="x"), UsageError, 2),
        (refused("ClientException"), AwsError, 1),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), AwsError, 1),
        (ResponseParserError("html"), AwsError, 1),
    ],
)
def test_every_trouble_has_its_exit_code(
    error: Exception, expected: type[EcsInferError], exit_code: int
) -> None:
    explained = explain(error, "ecs", "CreateCluster")

    assert type(explained) is expected
    assert explained.exit_code == exit_code


def test_a_refusal_keeps_what_support_asks_for() -> None:
    explained = explain(refused("ClientException", "Busy."), "ecs", "CreateCluster")

    assert isinstance(explained, AwsError)
    assert explained.code == "ClientException"
    assert explained.operation == "CreateCluster"
    assert explained.request_id == "request-1"


def test_an_instance_that_left_meanwhile_is_no_dead_end() -> None:
    message = "The instance i-1 is not part of Auto Scaling group gpu-asg."
    explained = explain(refused("ValidationError", message), "autoscaling", "SetInstanceProtection")
    assert explained.hint.endswith("run the same command again")


def test_a_known_message_comes_with_a_hint() -> None:
    message = (
        "The managed termination protection setting for the capacity provider is invalid. To "
        "enable managed termination protection ..."
    )

    assert "scale-in" in explain(refused("ClientException", message), "ecs", "X").hint


def test_an_explicit_deny_is_not_cured_by_allowing() -> None:
    message = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: ecs:CreateCluster on resource: "
        "arn:aws:ecs:::cluster/c with an explicit deny in a service control policy"
    )
    explained = explain(refused("AccessDeniedException", message), "ecs", "CreateCluster")

    assert "explicit deny" in explained.hint


@pytest.mark.rule("0.1")
def test_an_answer_may_lack_every_part() -> None:
    refusal = refusal_of(exceptions.ClientError({}, "CreateCluster"))

    assert (refusal.code, refusal.message, refusal.status) == ("", "", 0)
