"""Terraform with its own AWS provider lives a whole life on the embedded AWS.

The provider comes from a filesystem mirror: that of ``ECSINFER_TERRAFORM_MIRROR``, else the first
of Terraform's implied ones and ``/opt/tf-plugins`` that holds it. Nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.daemon import endpoint_environment
from ecsinfer.sandbox.server import Server

CONFIGURATION = Path(__file__).parent / "terraform" / "main.tf"
PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")
INSTALLATION = 'provider_installation { filesystem_mirror { path = "%s" } }'
SPEED = 1000  # simulated seconds in a second
LONGEST = 180  # seconds of wall time for one command of Terraform
TARGET = {"ServiceNamespace": "ecs", "ResourceIds": ["service/inference/llm"]}


def mirror() -> Path | None:
    """The filesystem mirror that holds the AWS provider."""
    data = os.environ.get("XDG_DATA_HOME", "~/.local/share")
    implied = [
        "~/.terraform.d/plugins",
        *(f"{place}/terraform/plugins" for place in (data, "/usr/local/share", "/usr/share")),
    ]
    named = os.environ.get("ECSINFER_TERRAFORM_MIRROR")
    places = [named] if named else [*implied, "/opt/tf-plugins"]
    paths = [Path(place).expanduser().absolute() for place in places]
    return next((path for path in paths if (path / PROVIDER).is_dir()), None)


pytestmark = [
    pytest.mark.server,
    pytest.mark.external,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
    pytest.mark.skipif(
        mirror() is None,
        reason="no filesystem mirror holds Terraform's AWS provider (ECSINFER_TERRAFORM_MIRROR)",
    ),
]


class Terraform:
    """Terraform in a directory of its own, against one server."""

    def __init__(self, place: Path, server: Server) -> None:
        self._place = place
        self._server = server
        shutil.copy(CONFIGURATION, place)
        (place / "terraform.tfvars.json").write_text(json.dumps(variables()))
        settings = place / "terraform.rc"
        settings.write_text(INSTALLATION % mirror())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        self._environment = {
            **kept,
            **endpoint_environment(server.url),
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }

    def __call__(self, command: str, *options: str) -> str:
        """What a command says, which must succeed."""
        done = subprocess.run(
            ["terraform", command, "-no-color", *options],
            cwd=self._place,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def apply(self, tag: str) -> str:
        """Apply the configuration with the image of that tag."""
        return self("apply", "-auto-approve", f"-var=image={furniture.VLLM}:{tag}")

    def client(self, service: str) -> Any:
        """A boto3 client of the same account."""
        session: Any = self._server.sandbox.session()
        return session.client(service)


def variables() -> dict[str, Any]:
    return {
        "image": f"{furniture.VLLM}:v1",
        "group": furniture.CPU_GROUP,
        "target_group": furniture.IP_TARGETS,
        "subnets": furniture.SUBNETS,
        "security_group": furniture.SECURITY_GROUP,
        "execution_role": furniture.EXECUTION_ROLE,
    }


@pytest.fixture
def terraform(tmp_path: Path) -> Iterator[Terraform]:
    """Terraform with its provider installed, on a furnished account of its own."""
    server = Server(speed=SPEED)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        made = Terraform(tmp_path, server)
        made("init")
        yield made
    finally:
        server.stop()
        thread.join()


def test_a_whole_life(terraform: Terraform) -> None:
    create(terraform)
    terraform("plan", "-detailed-exitcode")  # 2 were changes
    roll(terraform)
    destroy(terraform)


def create(terraform: Terraform) -> None:
    terraform.apply("v1")

    [cluster] = terraform.client("ecs").describe_clusters(
        clusters=["inference"], include=["SETTINGS"]
    )["clusters"]
    assert {"name": "containerInsights", "value": "enabled"} in cluster["settings"]
    assert cluster["defaultCapacityProviderStrategy"] == [
        {"capacityProvider": "furnished", "weight": 100, "base": 1}
    ]
    assert images(terraform) == [f"{furniture.VLLM}:v1"] * 2


def roll(terraform: Terraform) -> None:
    said = terraform.apply("v2")

    assert "1 added, 1 changed, 1 destroyed" in said
    [service] = terraform.client("ecs").describe_services(cluster="inference", services=["llm"])[
        "services"
    ]
    assert service["taskDefinition"].endswith("llm:2")
    assert [one["rolloutState"] for one in service["deployments"]] == ["COMPLETED"]
    assert images(terraform) == [f"{furniture.VLLM}:v2"] * 2


def destroy(terraform: Terraform) -> None:
    terraform("destroy", "-auto-approve")

    ecs = terraform.client("ecs")
    [cluster] = ecs.describe_clusters(clusters=["inference"])["clusters"]
    assert (cluster["status"], cluster["registeredContainerInstancesCount"]) == ("INACTIVE", 0)
    [provider] = ecs.describe_capacity_providers(capacityProviders=["furnished"])[
        "capacityProviders"
    ]
    assert provider["status"] == "INACTIVE"
    scaling = terraform.client("application-autoscaling")
    assert scaling.describe_scalable_targets(**TARGET)["ScalableTargets"] == []


def images(terraform: Terraform) -> list[str]:
    """The images of the service's running tasks."""
    ecs = terraform.client("ecs")
    arns = ecs.list_tasks(cluster="inference", serviceName="llm")["taskArns"]
    tasks = ecs.describe_tasks(cluster="inference", tasks=arns)["tasks"]
    return [container["image"] for task in tasks for container in task["containers"]]
