"""Cloud Map namespaces, as ECS knows them for Service Connect (A8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.state import World


def default_of(world: World, namespace: str) -> str:
    """ARN of the namespace that a cluster gives its services; one with a new name is made."""
    found = arn_of(world, namespace)
    if not found.startswith("arn:"):
        request = {"Name": namespace, "CreatorRequestId": world.uuid()}
        world.ask("servicediscovery", "CreateHttpNamespace", request)
        found = arn_of(world, namespace)
    return found


def arn_of(world: World, namespace: str) -> str:
    """ARN of a namespace that is given by ARN or name; what is given where there is none."""
    return _arns(world).get(namespace, namespace)


def with_namespace(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """A request for a service as AWS keeps it: its namespace in the form of the scenario."""
    connect = request.get("serviceConnectConfiguration", {})
    form = world.scenario.namespaces
    if form == "given" or not connect.get("namespace"):
        return dict(request)
    forms = _arns(world)
    if form == "name":
        forms = {arn: name for name, arn in forms.items()}
    namespace = forms.get(connect["namespace"], connect["namespace"])
    return {**request, "serviceConnectConfiguration": {**connect, "namespace": namespace}}


def _arns(world: World) -> dict[str, str]:
    """Name -> ARN of every namespace."""
    found = world.ask("servicediscovery", "ListNamespaces", {}).get("Namespaces", ())
    return {str(each["Name"]): str(each["Arn"]) for each in found}
