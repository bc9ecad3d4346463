"""What the spec has forgotten, as nodes that only know how to go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ecsinfer.application import capacity, log_groups
from ecsinfer.application.services import service_params
from ecsinfer.kinds.capacity_provider import CapacityProvider, CapacityProviderKind
from ecsinfer.kinds.cluster import ClusterKind
from ecsinfer.kinds.cluster_association import ClusterAssociation, ClusterAssociationKind
from ecsinfer.kinds.forgotten import Forgotten, Named
from ecsinfer.kinds.managed_instances import ManagedInstances, ManagedInstancesKind
from ecsinfer.kinds.others import Leaving
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.service import Service, ServiceKind
from ecsinfer.kinds.tagged import Elsewhere
from ecsinfer.kinds.task_definition import TaskDefinition, TaskDefinitionKind
from ecsinfer.model import Node
from ecsinfer.spec import Spec

AnyNode = Node[Any, Any]


def named(spec: Spec) -> Named:
    """What the spec names, to tell it from what it has forgotten."""
    declared = [spec.provider_name(key) for key in spec.capacity]
    used = [
        item["capacityProvider"]
        for key in spec.services
        for item in service_params(spec, key).get("capacityProviderStrategy", ())
    ]
    return Named(
        spec.name,
        spec.cluster_name,
        tuple(spec.service_name(key) for key in spec.services),
        frozenset((*declared, *used)),
        frozenset(spec.family(key) for key in spec.services),
        frozenset(log_groups.names(spec).values()),
    )


def warnings(forgotten: Forgotten) -> Iterator[str]:
    """What to tell whoever does not remove it."""
    found = [f"service {name}" for name in sorted(forgotten.services)]
    found += [f"capacity provider {name}" for name in sorted(forgotten.providers)]
    for each in found:
        yield f"{each} carries our tag and is not in the spec: ecsinfer deploy --prune removes it"


def kept(spec: Spec, elsewhere: Elsewhere) -> Iterator[str]:
    """What a destroy leaves although it carries our tag, or could not look for."""
    if elsewhere.denied:
        yield (
            "old revisions and log groups, and what other clusters have, were not looked for: "
            f"{elsewhere.denied} is not allowed, or out of reach"
        )
    for name in elsewhere.clusters:
        yield (
            f"cluster {name} carries the tag of {spec.name} too, and is kept: the spec is of "
            f"cluster {spec.cluster_name}; ecsinfer destroy --set cluster.name={name} removes it"
        )


def groups(forgotten: Forgotten) -> tuple[str, ...]:
    """Names of the forgotten providers that have an Auto Scaling group."""
    return tuple(name for name, group in forgotten.providers.items() if group)


def providers(
    spec: Spec, forgotten: Forgotten, leaving: Leaving, *, unwanted: bool
) -> Iterator[AnyNode]:
    """The capacity providers; and what detaches them, where the spec's own association does not.

    Args:
        spec: the spec.
        forgotten: what was found.
        leaving: what tells other people's use from ours.
        unwanted: whether this is a deploy, whose association attaches what the spec wants.
    """
    cluster = (f"{ClusterKind.name}/{spec.cluster_name}",)
    common: dict[str, Any] = {"application": spec.name, "leaving": leaving, "forgotten": True}
    for name, group in forgotten.providers.items():
        if group:
            desired = CapacityProvider(name=name, group=group, **common)
            yield Node(CapacityProviderKind(), name, desired, (), cluster, unwanted)
        else:
            managed = ManagedInstances(name=name, cluster=spec.cluster_name, provider={}, **common)
            yield Node(ManagedInstancesKind(), name, managed, cluster, unwanted=unwanted)
    detached = groups(forgotten)
    if not detached or not unwanted:
        return
    association = ClusterAssociation(
        cluster=spec.cluster_name,
        application=spec.name,
        providers=(),
        created=detached,
        joining=capacity.attached(spec),
        cluster_scoped=capacity.cluster_scoped(spec),
        leaving=leaving,
    )
    yield Node(
        ClusterAssociationKind(),
        f"{spec.cluster_name}/forgotten",
        association,
        tuple(f"{CapacityProviderKind.name}/{name}" for name in detached),
        unwanted=unwanted,
    )


def services(
    spec: Spec,
    forgotten: Forgotten,
    elsewhere: Elsewhere,
    needs: tuple[str, ...],
    *,
    unwanted: bool,
) -> Iterator[AnyNode]:
    """The services, the last of their own to go: they are what the others are found by.

    Args:
        spec: the spec.
        forgotten: what was found.
        elsewhere: what another cluster needs.
        needs: keys of the nodes that they run on, and that go after them.
        unwanted: whether this is a deploy.
    """
    running: defaultdict[str, list[str]] = defaultdict(list)
    for name, family in forgotten.services.items():
        node = f"{spec.cluster_name}/{name}"
        desired = Service(
            name=name,
            cluster=spec.cluster_name,
            application=spec.name,
            task_definition="",
            params={},
            destroying=True,
            forgotten="not in the spec; its logs are kept" if unwanted else "not in the spec",
        )
        service = Node(ServiceKind(), node, desired, needs, unwanted=unwanted)
        yield service
        target = ScalableTarget(spec.cluster_name, name, spec.name, forgotten=True)
        yield Node(ScalableTargetKind(), node, target, (), (service.key,), unwanted)
        running[family].append(service.key)
    for family in sorted({*forgotten.families, *running} - named(spec).families):
        revisions = TaskDefinition(
            family=family,
            application=spec.name,
            request={},
            tags={},
            cluster=spec.cluster_name,
            region=spec.region or "",
            destroying=True,
            forgotten=True,
            retain=elsewhere.families.get(family, ""),
        )
        # Tasks go on that run a deregistered revision (C5).
        node = f"{spec.cluster_name}/{family}"
        after = tuple(running.get(family, ()))
        yield Node(TaskDefinitionKind(), node, revisions, after, unwanted=unwanted)
