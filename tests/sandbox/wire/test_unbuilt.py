from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from ecsinfer.sandbox import registry
from ecsinfer.sandbox.embedded import Sandbox

MODEL = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")

# Named, so that an operation that ceases to be answered is noticed.
UNBUILT = [
    "AssociateGatewayWithCluster",
    "CreateDaemon",
    "CreateExpressGatewayService",
    "CreateGateway",
    "CreateTaskSet",
    "DeleteDaemon",
    "DeleteDaemonTaskDefinition",
    "DeleteExpressGatewayService",
    "DeleteGateway",
    "DeleteTaskSet",
    "DescribeDaemon",
    "DescribeDaemonDeployments",
    "DescribeDaemonRevisions",
    "DescribeDaemonTaskDefinition",
    "DescribeExpressGatewayService",
    "DescribeGateway",
    "DescribeGatewayResources",
    "DescribeGatewayRoute",
    "DescribeTaskSets",
    "DisassociateGatewayFromCluster",
    "DiscoverPollEndpoint",
    "ListDaemonDeployments",
    "ListDaemonTaskDefinitions",
    "ListDaemons",
    "ListGatewayClusterAssociations",
    "ListGatewayRoutes",
    "ListGateways",
    "RegisterContainerInstance",
    "RegisterDaemonTaskDefinition",
    "SubmitAttachmentStateChanges",
    "SubmitContainerStateChange",
    "SubmitTaskStateChange",
    "UpdateContainerAgent",
    "UpdateDaemon",
    "UpdateExpressGatewayService",
    "UpdateGateway",
    "UpdateServicePrimaryTaskSet",
    "UpdateTaskSet",
]


def least(shape: Any) -> Any:
    """The smallest value that botocore sends as this shape."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        names = shape.metadata.get("required", ())
        if shape.is_tagged_union:
            names = list(shape.members)[:1]
        return {name: least(shape.members[name]) for name in names}
    if shape.type_name == "list":
        return [least(shape.member)]
    if shape.type_name == "string":
        return next(iter(shape.metadata.get("enum", ())), "x")
    return {"map": {}, "boolean": True, "double": 1.0, "float": 1.0}.get(shape.type_name, 1)


@pytest.fixture(scope="module")
def ecs() -> Any:
    sandbox = Sandbox()
    assert sandbox.world.region  # its rooms have said what they answer
    return sandbox.session().client("ecs")


@pytest.mark.usefixtures("ecs")
def test_every_operation_of_the_model_is_answered_or_known_not_to_be(ecs: Any) -> None:
    assert set(MODEL.operation_names) - registry.ECS.keys() == set(UNBUILT)


@pytest.mark.parametrize("operation", UNBUILT)
def test_what_is_not_built_is_refused_by_its_name(ecs: Any, operation: str) -> None:
    request = least(MODEL.operation_model(operation).input_shape)
    with pytest.raises(ClientError) as caught:
        getattr(ecs, xform_name(operation))(**request)

    answer = caught.value.response
    assert answer["Error"]["Code"] == "UnsupportedFeatureException"
    assert answer["Error"]["Message"].endswith(f"does not have the operation {operation}.")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
