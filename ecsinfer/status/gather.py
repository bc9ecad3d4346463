"""Asking for the facts: three dependent round trips, however many services there are.

1. services, scalable targets, providers, the ids of the container instances;
2. what those name: Auto Scaling groups, container instances, revisions, target health, and the
   deployments and scaling activities of the services that have any;
3. metrics, which need the load balancers' names.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ecsinfer.capacity.slots import Requirements
from ecsinfer.kinds import ownership, reads
from ecsinfer.kinds.capacity_provider import group_name
from ecsinfer.kinds.service_verdict import settled
from ecsinfer.model import Answer, Observation, Read
from ecsinfer.status import providers as provider_facts
from ecsinfer.status import services as service_facts
from ecsinfer.status import trends
from ecsinfer.status.facts import Provider, Service
from ecsinfer.status.providers import Wanting

_GROUP = "AutoScalingGroups"


@dataclass(frozen=True, slots=True)
class Subject:
    """What to look at.

    Attributes:
        cluster: the cluster's name.
        services: key in the spec -> name of the service.
        providers: key in the spec -> name of the capacity provider.
        cluster_scoped: names of those providers that belong to the cluster (Managed Instances).
        needs: key of a service -> what one task of it takes.
    """

    cluster: str
    services: Mapping[str, str]
    providers: Mapping[str, str]
    cluster_scoped: frozenset[str] = frozenset()
    needs: Mapping[str, Requirements] | None = None


Facts = tuple[tuple[Service, ...], tuple[Provider, ...]]
Entries = dict[str, Mapping[str, Any]]
_Round = Generator[tuple[Read, ...], tuple[Answer, ...], dict[Any, Answer]]


def gather(subject: Subject, now: datetime) -> Observation[Facts]:
    """The facts of the subject's services and providers."""
    first = yield from _ask(_first(subject))
    described = {
        key: reads.pick(first["service", key], "services", "serviceName", name) or {}
        for key, name in subject.services.items()
    }
    named = {
        key: reads.alive(reads.pick(first["provider", key], "capacityProviders", "name", name))
        or {}
        for key, name in subject.providers.items()
    }
    second = yield from _ask(_second(subject, first, described, named))
    seen = tuple(
        service_facts.service(key, name, described[key], _details(key, first, second))
        for key, name in subject.services.items()
    )
    queries = trends.queries(subject.cluster, seen, subject.providers.values())
    measured = trends.values((yield from _ask(trends.reads(queries, now))), queries)
    instances = second.get("instances", {}).get("containerInstances", ())
    wanting = _wanting(subject, described)
    capacity = tuple(
        provider_facts.provider(
            key,
            name,
            named[key],
            _group(second.get(("group", key), {}), named[key]),
            [each for each in instances if each.get("capacityProviderName") == name],
            wanting.get(name, ()),
            measured.get(name, {}).get(trends.RESERVATION, ()),
            now,
        )
        for key, name in subject.providers.items()
    )
    with_trends = tuple(
        replace(each, trends=trends.of_service(measured.get(each.node, {}))) for each in seen
    )
    return with_trends, capacity


def _ask(questions: Mapping[Any, Read]) -> _Round:
    """One round trip, unless there is nothing to ask."""
    if not questions:
        return {}
    answers = yield tuple(questions.values())
    return dict(zip(questions, answers, strict=True))


def _first(subject: Subject) -> dict[Any, Read]:
    asked: dict[Any, Read] = {}
    for key, name in subject.services.items():
        asked["service", key] = reads.services(subject.cluster, [name])
        asked["scaling", key] = reads.scalable_targets(subject.cluster, name)
    for key, name in subject.providers.items():
        read = reads.capacity_providers([name])
        if name in subject.cluster_scoped:
            params = {**read.params, "cluster": subject.cluster}
            read = replace(read, params=params, absent_on=("ClusterNotFoundException",))
        asked["provider", key] = read
    if subject.providers:
        asked["instances"] = Read(
            "ecs",
            "ListContainerInstances",
            {"cluster": subject.cluster},
            items="containerInstanceArns",
            absent_on=("ClusterNotFoundException",),
        )
    return asked


def _second(
    subject: Subject,
    first: Mapping[Any, Answer],
    described: Mapping[str, Mapping[str, Any]],
    named: Mapping[str, Mapping[str, Any]],
) -> dict[Any, Read]:
    asked: dict[Any, Read] = {}
    arns = first.get("instances", {}).get("containerInstanceArns", ())
    if arns:
        asked["instances"] = Read(
            "ecs",
            "DescribeContainerInstances",
            {"cluster": subject.cluster, "containerInstances": list(arns)},
            batch="containerInstances",
            limit=100,
        )
    for key, provider in named.items():
        name = _group_name(provider)
        if name:
            asked["group", key] = reads.auto_scaling_groups(name)
    for key, service in described.items():
        asked.update(_of_a_service(key, service))
        resource = reads.resource_id(subject.cluster, subject.services[key])
        if reads.pick(first["scaling", key], "ScalableTargets", "ResourceId", resource):
            asked["activities", key] = Read(
                "application-autoscaling",
                "DescribeScalingActivities",
                {**reads.NAMESPACE, "ResourceId": resource, "MaxResults": 1},
                optional=True,
            )
    return asked


def _of_a_service(key: str, service: Mapping[str, Any]) -> dict[Any, Read]:
    asked: dict[Any, Read] = {}
    revisions = [each["arn"] for each in service.get("currentServiceRevisions", ())]
    if revisions:
        asked["revisions", key] = Read(
            "ecs",
            "DescribeServiceRevisions",
            {"serviceRevisionArns": revisions},
            batch="serviceRevisionArns",
            limit=20,
            optional=True,
        )
    deployment = service.get("currentServiceDeployment")
    if deployment and _unclear(service):
        asked["deployment", key] = Read(
            "ecs",
            "DescribeServiceDeployments",
            {"serviceDeploymentArns": [deployment]},
            batch="serviceDeploymentArns",
            limit=20,
            optional=True,
        )
    groups = service_facts.target_groups(service)
    for arn in groups:
        asked["health", key, arn] = Read(
            "elbv2",
            "DescribeTargetHealth",
            {"TargetGroupArn": arn},
            absent_on=("TargetGroupNotFound", "TargetGroupNotFoundException"),
            optional=True,
        )
        asked["target group", key, arn] = Read(
            "elbv2",
            "DescribeTargetGroups",
            {"TargetGroupArns": [arn]},
            batch="TargetGroupArns",
            limit=20,
            absent_on=("TargetGroupNotFound", "TargetGroupNotFoundException"),
            optional=True,
        )
    return asked


def _unclear(service: Mapping[str, Any]) -> bool:
    """Whether only the service deployment tells how it went: it goes on, or was rolled back.

    After a rollback the service is as stable as ever, but it does not run what was deployed last.
    """
    wanted = ownership.tag_map(service.get("tags")).get(ownership.REVISION)
    return not settled(service) or wanted not in (None, service.get("taskDefinition"))


def _details(
    key: str, first: Mapping[Any, Answer], second: Mapping[Any, Answer]
) -> service_facts.Details:
    health: dict[str, Answer] = {}
    balancers: dict[str, Answer] = {}
    for name, answer in second.items():
        if name[:2] == ("health", key):
            health[name[2]] = answer
        elif name[:2] == ("target group", key):
            balancers[name[2]] = answer
    return service_facts.Details(
        targets=first["scaling", key],
        activities=second.get(("activities", key), {}),
        revisions=second.get(("revisions", key), {}),
        deployments=second.get(("deployment", key), {}),
        health=health,
        target_groups=balancers,
    )


def _group(answer: Answer, provider: Mapping[str, Any]) -> Mapping[str, Any]:
    """The provider's own group: the answer has those of all that were asked about together."""
    return reads.pick(answer, _GROUP, "AutoScalingGroupName", _group_name(provider)) or {}


def _group_name(provider: Mapping[str, Any]) -> str:
    arn = (provider.get("autoScalingGroupProvider") or {}).get("autoScalingGroupArn", "")
    return group_name(str(arn))


def _wanting(
    subject: Subject, described: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Wanting]]:
    """Provider -> the tasks that do not run yet, by service; all on its heaviest provider."""
    found: dict[str, list[Wanting]] = {}
    for key, service in described.items():
        need = (subject.needs or {}).get(key)
        items = service.get("capacityProviderStrategy") or ()
        # pendingCount does not tell whether a task has an instance already.
        missing = service.get("desiredCount", 0) - service.get("runningCount", 0)
        # A rollout wants instances while the old tasks still run.
        count = max(missing, service.get("pendingCount", 0))
        if need is None or not items or count <= 0:
            continue
        heaviest = max(items, key=lambda item: int(item.get("weight", 0)))
        found.setdefault(heaviest["capacityProvider"], []).append(Wanting(need, count))
    return found
