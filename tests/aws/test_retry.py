from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.aws.mapping import Refusal
from ecsinfer.aws.retry import PATIENCE, ROWS, classes, classify


def refusal(operation: str, code: str, message: str, status: int = 400) -> Refusal:
    return Refusal(operation, code, message, status, "", 0.0)


@pytest.mark.rule("I5", "M", "0.2")
@pytest.mark.parametrize(
    ("operation", "code", "message", "name"),
    [
        ("CreateCluster", "InvalidParameterException", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).", "exists"),
        ("CreateCluster", "InvalidParameterException", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.", "consistency"),
        ("PutClusterCapacityProviders", "UpdateInProgressException", "The specified cluster is in a busy state.", "busy"),
        ("PutClusterCapacityProviders", "ResourceInUseException", "The specified capacity provider is in use and cannot be removed.", "in-use"),
        ("PutClusterCapacityProviders", "ClientException", "Cluster was not ACTIVE.", "consistency"),
        ("PutClusterCapacityProviders", "ClientException", "The specified capacity provider was not found.", "consistency"),
        ("DeleteCluster", "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.", "in-use"),
        ("DeleteCluster", "ClientException", "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached to the cluster.", "in-use"),
        ("DeleteCluster", "ClusterNotFoundException", "Cluster not found.", "gone"),
        ("CreateCapacityProvider", "ClientException", "The specified capacity provider already exists. To change the configuration ...", "exists"),
        ("DeleteCapacityProvider", "ClientException", "The specified capacity provider does not exist. Specify a valid name or ARN and try again.", "gone"),
        ("RegisterTaskDefinition", "ClientException", "Too many concurrent attempts to create a new revision of the specified family.", "busy"),
        ("CreateService", "InvalidParameterException", "Creation of service was not idempotent.", "exists"),
        ("CreateService", "InvalidParameterException", "Unable to Start a service that is still Draining.", "in-use"),
        ("CreateService", "ClusterNotFoundException", "Cluster not found.", "consistency"),
        ("CreateService", "InvalidParameterException", "The target group with targetGroupArn x does not have an associated load balancer.", "consistency"),
        ("UpdateService", "ServiceNotFoundException", "Service not found.", "consistency"),
        ("StopServiceDeployment", "ConflictException", "The service deployment is not in progress.", "exists"),
        ("ContinueServiceDeployment", "ConflictException", "No hook waits.", "exists"),
        ("DeleteService", "InvalidParameterException", "The service cannot be stopped while deployments are active.", "busy"),
        ("DeleteService", "ServiceNotActiveException", "Service was not ACTIVE.", "gone"),
        ("RegisterScalableTarget", "ValidationException", "ECS service doesn't exist: service/c/s", "consistency"),
        ("PutScalingPolicy", "ObjectNotFoundException", "No scalable target registered for service namespace: ecs", "consistency"),
        ("DeregisterScalableTarget", "ObjectNotFoundException", "No scalable target registered for service namespace: ecs", "gone"),
        ("CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists", "exists"),
        ("CreateLogGroup", "OperationAbortedException", "A conflicting operation is in progress.", "busy"),
        ("DeleteLogGroup", "ResourceNotFoundException", "The specified log group does not exist.", "gone"),
    ],
)  # fmt: skip
def test_what_aws_says_is_of_the_class_that_the_catalogue_says(
    operation: str, code: str, message: str, name: str
) -> None:
    assert classify(refusal(operation, code, message), {name}) == name


@pytest.mark.rule("M")
@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("CreateCapacityProvider", "ClientException", "The specified Auto Scaling group ARN is already being used by another capacity provider."),
        ("CreateCapacityProvider", "ClientException", "The specified capacity provider name is invalid."),
        ("CreateService", "ClientException", "TaskDefinition is inactive"),
        ("CreateService", "InvalidParameterException", "Specifying both a launch type and capacity provider strategy is not supported."),
        ("UpdateService", "InvalidParameterException", "you must force a new deployment"),
        ("RegisterScalableTarget", "ValidationException", "The scalable target that you tried to tag already exists."),
        ("PutScalingPolicy", "LimitExceededException", "too many policies"),
        ("UpdateService", "ConflictException", "something else"),
    ],
)  # fmt: skip
def test_what_is_final_stays_final_whatever_a_call_names(
    operation: str, code: str, message: str
) -> None:
    every_class = {row.name for row in ROWS}

    assert classify(refusal(operation, code, message), every_class) == ""


def test_a_429_is_throttling_whatever_it_is_called() -> None:
    assert classify(refusal("ListClusters", "Odd", "", 429), ()) == "throttle"


def test_every_class_that_is_waited_out_has_its_patience() -> None:
    assert {row.name for row in ROWS} - {"exists", "gone"} <= PATIENCE.keys()


def test_one_refusal_may_be_of_several_classes_and_the_call_decides() -> None:
    found = classes(refusal("DeleteCluster", "ClusterNotFoundException", ""))

    assert found == {"consistency", "gone"}


@given(st.sampled_from(sorted(PATIENCE)), st.integers(1, 10_000), st.integers(0, 99))
def test_a_wait_lies_between_its_least_and_its_most(name: str, attempt: int, seed: int) -> None:
    patience = PATIENCE[name]

    assert patience.least <= patience.seconds(attempt, random.Random(seed)) <= patience.most
