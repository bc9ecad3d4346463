"""Namespaces of Service Connect, which AWS takes by name or ARN and shows as it likes (A8, D29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.model import Observation, Read


def of(connect: Any) -> str | None:
    """The namespace that a Service Connect configuration names; it may be of any form yet."""
    namespace = connect.get("namespace") if isinstance(connect, Mapping) else None
    return namespace if isinstance(namespace, str) else None


def as_declared(
    declared: Any, shown: Mapping[str, Any], owner: str
) -> Observation[Mapping[str, Any]]:
    """What is shown, its namespace in the declared form where it is the declared one.

    Cloud Map is asked only where one side is an ARN and the other a name. Where it may not be
    asked the two are taken for the same: a deployment for nothing is worse than a late one.

    Args:
        declared: of Service Connect, in API form as far as the user keeps to it.
        shown: the same, as AWS describes it.
        owner: ARN of the service or cluster that it is of.
    """
    wanted, found = of(declared), of(shown)
    if wanted == "" and not found:
        return {**shown, "namespace": wanted}  # it is how a namespace is removed (A8)
    if not (wanted and found) or wanted.startswith("arn:") == found.startswith("arn:"):
        return shown
    arn, name = (wanted, found) if wanted.startswith("arn:") else (found, wanted)
    (answer,) = yield (_namespace(arn, owner),)
    same = "denied" in answer or answer.get("Namespace", {}).get("Name") == name
    return {**shown, "namespace": wanted} if same else shown


def _namespace(arn: str, owner: str) -> Read:
    """The namespace; one that another account shares is known by its ARN alone."""
    shared = arn.split(":")[4] != owner.split(":")[4]
    return Read(
        "servicediscovery",
        "GetNamespace",
        {"Id": arn if shared else arn.rpartition("/")[2]},
        absent_on=("NamespaceNotFound",),
        optional=True,
    )
