"""Services written down as `ecsinfer init` does it, and everything that was said to create them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import StructureShape

from ecsinfer.aws.gateway import Gateway
from ecsinfer.importing.document import Imported, imported
from ecsinfer.importing.looking import look
from ecsinfer.importing.writing import spec_text, task_definition_text
from ecsinfer.kinds.service_content import primary
from ecsinfer.reconcile.observe import observe
from ecsinfer.spec import Spec, load
from tests.importing.services import CLUSTER, create, furnish
from tests.kinds.living import Life


def _parameters() -> frozenset[str]:
    request = (
        botocore.session.get_session().get_service_model("ecs").shape_for("CreateServiceRequest")
    )
    assert isinstance(request, StructureShape)
    return frozenset(request.members)


_CREATED = _parameters()


def furnished() -> Life:
    """An account with a cluster."""
    account = Life()
    furnish(account.ecs)
    account.sandbox.clock.sleep(60)
    return account


def made(life: Life, name: str, **shape: Any) -> None:
    """Create a service, and give its rollout the time it takes."""
    create(life.ecs, name, shape)
    life.sandbox.clock.sleep(3600)


def looked(life: Life, *names: str) -> Imported:
    """What the spec of the services is made of."""
    gateway = Gateway(life.sandbox.session(), clock=life.sandbox.clock)
    found = observe(gateway, {name: look(CLUSTER, name) for name in names})
    files = [f"{name}.json" for name in names]
    return imported([found[name] for name in names], region="us-east-1", files=files)


def written(life: Life, folder: Path, *names: str) -> Spec:
    """The spec of the services, as the loader reads what was written."""
    result = looked(life, *names)
    path = folder / "ecsinfer.yaml"
    path.write_text(spec_text(result, ", ".join(f"{CLUSTER}/{name}" for name in names)))
    for file, definition in result.task_definitions.items():
        (folder / file).write_text(task_definition_text(definition))
    return load(path)


def created_with(life: Life, name: str) -> dict[str, Any]:
    """Every parameter of CreateService as AWS shows it, wherever it shows it.

    What is off, none or empty is left out: whether that was said or not makes no difference.
    """
    service = life.service(name)
    deployment = primary(service)
    (arn,) = [each["arn"] for each in service["currentServiceRevisions"]]
    answer = life.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    (revision,) = answer["serviceRevisions"]
    shown = {**revision, **deployment, **service}
    definition = life.ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    containers = definition["taskDefinition"]["containerDefinitions"]
    said: dict[str, Any] = _said({
        **{field: value for field, value in shown.items() if field in _CREATED},
        "taskDefinition": [{**each, "image": None} for each in containers],  # pinned to its digest
        "tags": [each for each in service.get("tags", ()) if "ecsinfer:" not in each["key"]],
    })  # fmt: skip
    return said


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {name: _said(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each}
    return [_said(each) for each in value] if isinstance(value, list) else value
