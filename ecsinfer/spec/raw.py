"""What the spec says in AWS's own names, against AWS's own model of the requests.

A wrong name or type is told with its line, not by AWS in the middle of a deployment; and what
ecsinfer has a key for, and would overwrite, is refused where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ecsinfer.errors import Problem
from ecsinfer.spec.api_form import Against, Fitted, Misfit, fit
from ecsinfer.spec.aws_model import shapes
from ecsinfer.spec.tree import Node, Path, Stage, placed, related


class _Section(NamedTuple):
    """A place in the spec that holds AWS's own names.

    Attributes:
        place: its path; `*` stands for every key and every index.
        shape: its shape in the model.
        instead: fields that have a key of the spec -> what to write.
        said: fields that are always said, so that null cannot take them away -> what to write.
        whole: whether it stands alone, or is merged over what the spec says otherwise.
        service: whose model it is.
    """

    place: Path
    shape: str
    instead: Mapping[str, str] = {}
    said: Mapping[str, str] = {}
    whole: bool = False
    service: str = "ecs"


_SERVICE = ("services", "*")
_TARGET = {"ServiceNamespace": "", "ResourceId": "", "ScalableDimension": ""}
_SECTIONS = (
    _Section(
        ("cluster", "overrides"),
        "CreateClusterRequest",
        {
            "clusterName": "cluster: {name: ...}",
            "tags": "cluster: {tags: {...}}",
            "capacityProviders": "capacity: {...} at the top, or {FARGATE: {}} in a service",
            "defaultCapacityProviderStrategy": "capacity: {...} in every service",
        },
    ),
    _Section(
        (*_SERVICE, "overrides", "service"),
        "CreateServiceRequest",
        {
            "cluster": "cluster: {name: ...} at the top of the spec",
            "serviceName": "name: ... in the service",
            "taskDefinition": "task_definition: taskdef.json in the service",
            "desiredCount": "replicas: 2 in the service",
            "tags": "tags: {...} in the service",
            "clientToken": "",
        },
        {"deploymentConfiguration": "what of it is to be otherwise, or rollout: {...}"},
    ),
    _Section(
        (*_SERVICE, "overrides", "task_definition"),
        "RegisterTaskDefinitionRequest",
        {
            "family": "family: ... in the service, or in its task definition",
            "tags": "tags: {...} in the service",
        },
    ),
    _Section(
        (*_SERVICE, "overrides", "container"),
        "ContainerDefinition",
        {"name": "container: ... in the service"},
        {"image": "image: ... in the service"},
    ),
    _Section(
        (*_SERVICE, "sidecars", "*", "overrides"),
        "ContainerDefinition",
        {"name": "the name as the side-car's key"},
        {"image": "image: ... in the side-car"},
    ),
    _Section((*_SERVICE, "task_definition"), "RegisterTaskDefinitionRequest", whole=True),
    _Section((*_SERVICE, "service_connect"), "ServiceConnectConfiguration", whole=True),
    _Section((*_SERVICE, "service_registries", "*"), "ServiceRegistry", whole=True),
    _Section((*_SERVICE, "vpc_lattice", "*"), "VpcLatticeConfiguration", whole=True),
    _Section(
        (*_SERVICE, "overrides", "scaling_policies", "*"),
        "PutScalingPolicyRequest",
        {"PolicyName": "the name as the policy's key", **_TARGET},
        service="application-autoscaling",
    ),
    _Section(
        (*_SERVICE, "scaling", "metrics", "*", "metrics", "*"),
        "TargetTrackingMetricDataQuery",
        whole=True,
        service="application-autoscaling",
    ),
)
_OF_GROUPS = _Section(
    (),
    "AutoScalingGroupProvider",
    {"autoScalingGroupArn": "auto_scaling_group: ... in the capacity"},
    {
        "managedScaling": "managed_scaling: false in the capacity",
        "managedTerminationProtection": "termination_protection: false in the capacity",
        "managedDraining": "draining: false in the capacity",
    },
)
_OF_MANAGED = _Section((), "CreateManagedInstancesProviderConfiguration")


def check(root: Node, before: tuple[Path, ...] = (), literal: Collection[Path] = ()) -> Stage:
    """The tree without what AWS's model does not have, and what that is.

    Args:
        root: the tree.
        before: where something is wrong already.
        literal: where an interpolation is text like any other.
    """
    problems: list[Problem] = []
    touched: list[Path] = []
    checked = root
    for section, path in _places(root):
        node = root.find(path)
        if not isinstance(node.value, Mapping) or any(path[: len(each)] == each for each in before):
            continue
        fitted = _fitted(node, section, path, literal=path in literal)
        for misfit in fitted.misfits:
            touched.append(misfit.path)
            if not any(related(misfit.path, each) for each in before):
                found = root.find(misfit.path)
                problems.append(found.problem(misfit.text, misfit.path, misfit.hint))
        if fitted.misfits:
            checked = placed(checked, path, fitted.node or replace(node, value={}))
    return Stage(checked, tuple(problems), tuple(touched))


def _places(root: Node) -> Iterator[tuple[_Section, Path]]:
    for section in _SECTIONS:
        yield from ((section, path) for path in _matching(root, section.place))
    for path in _matching(root, ("capacity", "*", "overrides")):
        provider = root.find(path[:-1]).entries
        yield (_OF_MANAGED if "managed_instances" in provider else _OF_GROUPS), path


def _matching(node: Node, place: Path, path: Path = ()) -> Iterator[Path]:
    if not place:
        yield path
        return
    for key, child in node.children:
        if place[0] in ("*", key):
            yield from _matching(child, place[1:], (*path, key))


def _fitted(node: Node, section: _Section, path: Path, *, literal: bool) -> Fitted:
    model = shapes(section.service)
    if section.shape not in model:
        return Fitted(node)
    misfits = []
    for key, item in node.entries.items():
        if key in section.instead:
            text = "the spec says it elsewhere, so here it would have no effect"
            misfits.append(Misfit((*path, key), text, section.instead[key] or "remove it"))
        elif key in section.said and item.value is None:
            text = "ecsinfer always says it, so it cannot be removed"
            misfits.append(Misfit((*path, key), text, section.said[key]))
    wrong = {str(misfit.path[-1]) for misfit in misfits}
    rest = {key: item for key, item in node.entries.items() if key not in wrong}
    fitted = fit(
        replace(node, value=rest),
        section.shape,
        Against(model, literal),
        path,
        whole=section.whole,
    )
    return Fitted(fitted.node, (*misfits, *fitted.misfits))
