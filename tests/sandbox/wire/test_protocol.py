"""What goes over the wire is what botocore's model says, in both directions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from ecsinfer.sandbox import registry
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.wire import protocol
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest
from ecsinfer.sandbox.wire.routing import operation_model
from ecsinfer.sandbox.wire.shapes import AnswerShapeError
from ecsinfer.sandbox.wire.upstream import credential_scope

from .conftest import Answers

NOON = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)


def post(sandbox: Sandbox, operation: str, body: bytes) -> HttpReply:
    """What no SDK would send: a raw ECS request."""
    headers = {
        "authorization": credential_scope("ecs", "us-east-1"),
        "x-amz-target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        "content-type": "application/x-amz-json-1.1",
    }
    return sandbox.application.answer(HttpRequest("POST", "localhost", "/", "", headers, body))


def refused(reply: HttpReply) -> tuple[int, str, str]:
    told = json.loads(reply.body)
    return reply.status, told["__type"], told["message"]


def test_times_cross_the_wire_both_ways(ecs: Any, answers: Answers) -> None:
    requests = answers("ListServiceDeployments", {"serviceDeployments": [{"createdAt": NOON}]})
    since = NOON - timedelta(hours=1)

    answer = ecs.list_service_deployments(service="s", createdAt={"after": since})

    assert requests[0]["createdAt"]["after"] == since
    assert answer["serviceDeployments"][0]["createdAt"] == NOON


def test_null_members_are_absent_in_requests_and_answers(
    sandbox: Sandbox, ecs: Any, answers: Answers
) -> None:
    requests = answers("DescribeClusters", {"clusters": [{"clusterName": "a", "status": None}]})

    post(sandbox, "DescribeClusters", b'{"clusters": ["a"], "include": null}')

    assert requests == [{"clusters": ["a"]}]
    assert ecs.describe_clusters()["clusters"] == [{"clusterName": "a"}]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"clusters": [{"name": "a"}]}, r"clusters\[0\]: Cluster has no member \['name'\]"),
        ({"clusters": {"clusterName": "a"}}, "is not a list"),
        ({"clusters": [{"runningTasksCount": "3"}]}, "'3' is not of type integer"),
        ({"clusters": [{"runningTasksCount": True}]}, "True is not of type integer"),
        ({"clusters": [{"attachments": [{"details": "x"}]}]}, r"attachments\[0\].details"),
        ({"failures": [{"reason": 1}]}, r"failures\[0\].reason: 1 is not of type string"),
    ],
)
def test_an_answer_that_aws_could_not_give_is_never_sent(
    ecs: Any, answers: Answers, answer: Any, problem: str
) -> None:
    answers("DescribeClusters", answer)

    with pytest.raises(AnswerShapeError, match=problem):
        ecs.describe_clusters()


def test_an_answer_outside_an_enum_or_without_a_zone_is_never_sent(
    ecs: Any, answers: Answers
) -> None:
    naive = NOON.replace(tzinfo=None)
    for task in ({"launchType": "GPU"}, {"createdAt": naive}):
        answers("DescribeTasks", {"tasks": [task]})
        with pytest.raises(AnswerShapeError, match="is not"):
            ecs.describe_tasks(tasks=["t"])


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", "SerializationException", "not JSON"),
        (b"[]", "SerializationException", "Invalid type"),
        (b'{"desiredCount": "2"}', "SerializationException", "desiredCount"),
        (b'{"desiredCount": 2}', "InvalidParameterException", "serviceName"),
        (b'{"serviceName": "s", "replicas": 2}', "InvalidParameterException", "replicas"),
        (
            b'{"serviceName": "s", "launchType": "GPU"}',
            "InvalidParameterException",
            "enum value set: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]",
        ),
    ],
)
def test_a_request_that_fits_no_model_is_refused_before_a_handler_sees_it(
    sandbox: Sandbox, answers: Answers, body: bytes, code: str, message: str
) -> None:
    requests = answers("CreateService", {})

    status, told_code, told_message = refused(post(sandbox, "CreateService", body))

    assert (status, told_code) == (400, code)
    assert message in told_message
    assert requests == []


def test_a_refused_request_is_logged_too(sandbox: Sandbox) -> None:
    post(sandbox, "CreateService", b"{")

    assert sandbox.calls[-1] == ("ecs", "CreateService", {})


def test_a_refusal_of_ecs_is_the_modelled_exception(
    ecs: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")

    monkeypatch.setitem(registry.ECS, "ListServices", refuse)

    with pytest.raises(ecs.exceptions.ClusterNotFoundException) as raised:
        ecs.list_services()
    assert raised.value.response["Error"]["Message"] == "Cluster not found."
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("operation", ["SubmitTaskStateChange", "NoSuchOperation"])
def test_an_ecs_operation_that_is_not_built_is_refused_by_name(
    sandbox: Sandbox, operation: str
) -> None:
    status, code, message = refused(post(sandbox, operation, b"{}"))

    assert (status, code) == (400, "UnsupportedFeatureException")
    assert operation in message


class TestQuery:
    """Corrections of services that speak Query."""

    @pytest.fixture
    def correct(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        sandbox.world_of(sandbox.region)  # the rooms have registered theirs

        def register(service: str, operation: str, handler: registry.Corrector) -> None:
            monkeypatch.setitem(registry.CORRECTIONS, (service, operation), handler)

        return register

    def test_lists_structures_booleans_and_times_cross_the_wire(
        self, client: Callable[[str], Any], correct: Callable[..., None]
    ) -> None:
        seen: list[Mapping[str, Any]] = []
        answer = {
            "Activities": [
                {
                    "ActivityId": "a",
                    "AutoScalingGroupName": "g",
                    "Cause": "<why & where>",
                    "StartTime": NOON,
                    "StatusCode": "Successful",
                    "Progress": 100,
                }
            ],
            "NextToken": "n",
        }

        def answers(_world: Any, request: Any, _upstream: Any) -> Any:
            seen.append(request)
            return answer

        correct("autoscaling", "DescribeScalingActivities", answers)

        told = client("autoscaling").describe_scaling_activities(
            ActivityIds=["a", "b"], IncludeDeletedGroups=True, MaxRecords=5
        )

        assert seen == [{"ActivityIds": ["a", "b"], "IncludeDeletedGroups": True, "MaxRecords": 5}]
        told.pop("ResponseMetadata")
        assert told == answer

    def test_a_correction_asks_moto_the_same_or_another_question(
        self, client: Callable[[str], Any], correct: Callable[..., None]
    ) -> None:
        def first_three(_world: Any, request: Any, upstream: registry.Upstream) -> Any:
            return {"Limits": upstream("DescribeAccountLimits", request)["Limits"][:3]}

        correct("elbv2", "DescribeAccountLimits", first_three)

        assert len(client("elbv2").describe_account_limits()["Limits"]) == 3

    def test_what_moto_refuses_upstream_is_refused_in_its_words(
        self, client: Callable[[str], Any], correct: Callable[..., None]
    ) -> None:
        correct(
            "elbv2",
            "DescribeAccountLimits",
            lambda _w, _r, upstream: upstream("DescribeListeners", {"ListenerArns": ["none"]}),
        )

        with pytest.raises(ClientError) as raised:
            client("elbv2").describe_account_limits()
        assert raised.value.response["Error"]["Code"] == "ListenerNotFound"

    def test_a_required_parameter_that_is_missing_is_a_validation_error(
        self, sandbox: Sandbox, correct: Callable[..., None]
    ) -> None:
        correct("autoscaling", "SetDesiredCapacity", lambda *_: {})
        headers = {
            "authorization": credential_scope("autoscaling", "us-east-1"),
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        body = b"Action=SetDesiredCapacity&Version=2011-01-01&DesiredCapacity=two"
        reply = sandbox.application.answer(HttpRequest("POST", "localhost", "/", "", headers, body))

        assert reply.status == 400
        assert b"<Code>ValidationError</Code>" in reply.body


def test_an_error_in_cbor_is_read_by_a_client_that_speaks_it() -> None:
    operation = operation_model("cloudwatch", "ListMetrics")
    reply = protocol.refuse(
        "smithy-rpc-v2-cbor", ServiceError("UnsupportedFeatureException", "No such thing."), "id"
    )
    parsed = create_parser("smithy-rpc-v2-cbor").parse(
        {
            "status_code": reply.status,
            "headers": {name.lower(): value for name, value in reply.headers},
            "body": reply.body,
        },
        operation.output_shape,
    )
    assert parsed["Error"]["Code"] == "UnsupportedFeatureException"
    assert parsed["Error"]["Message"] == "No such thing."


def test_the_ec2_protocol_has_its_own_form_of_error(client: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError) as raised:
        client("ec2").describe_aws_network_performance_metric_subscriptions()

    assert raised.value.response["Error"]["Code"] == "UnsupportedFeatureException"
