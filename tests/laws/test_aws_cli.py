"""What a deploy made of every spec that comes with ecsinfer, as the real AWS CLI sees it."""

from __future__ import annotations

import random
import shutil

import pytest

from ecsinfer.application import compile_spec
from ecsinfer.application.services import count
from ecsinfer.aws.gateway import Gateway
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.spec import Spec
from tests.laws.world import CONFIGS, QUICK
from tests.sandbox.aws_cli import AwsCli, serving

pytestmark = [
    pytest.mark.server,
    pytest.mark.external,
    pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed"),
]


def deploy(sandbox: Sandbox, spec: Spec) -> None:
    gateway = Gateway(sandbox.session(), clock=sandbox.clock, jitter=random.Random(1))
    reconciler = Reconciler(gateway, sandbox.clock, jitter=random.Random(2))
    nodes = compile_spec(spec)
    assert reconciler.apply(reconciler.plan(nodes, spec.name), nodes).error == ""


@pytest.mark.parametrize("spec", CONFIGS.values(), ids=CONFIGS)
def test_the_aws_cli_sees_what_the_spec_says(spec: Spec) -> None:
    with serving() as server:
        server.sandbox.behave(QUICK)
        deploy(server.sandbox, spec)
        aws = AwsCli(server)
        names = {key: spec.service_name(key) for key in spec.services}
        services = aws(
            "ecs", "describe-services", "--include", "TAGS",
            "--cluster", spec.cluster_name, "--services", *names.values(),
        )["services"]  # fmt: skip
        definitions = {
            each["serviceName"]: aws(
                "ecs", "describe-task-definition", "--task-definition", each["taskDefinition"]
            )["taskDefinition"]
            for each in services
        }
    by_name = {each["serviceName"]: each for each in services}
    for key, name in names.items():
        service, declared = by_name[name], spec.services[key]
        assert (service["status"], service["desiredCount"]) == ("ACTIVE", count(declared))
        assert {"key": "ecsinfer:app", "value": spec.name} in service["tags"]
        assert {each["capacityProvider"] for each in service["capacityProviderStrategy"]} == {
            spec.provider_name(each) for each in spec.strategy(key)
        }
        (own,) = (
            each
            for each in definitions[name]["containerDefinitions"]
            if each["name"] == spec.container_name(key)
        )
        assert own["image"].partition("@")[0] == declared.image
